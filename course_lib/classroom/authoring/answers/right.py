"""Right answers of many kinds, which a hidden test must let pass."""

import functools
import random

import numpy as np
import torch

from ...checking.pretended_device import tensors_in
from .values import copies_first, has_module, has_mutable, has_tensors, is_float, is_tensor, mapped, parts_of


def looks_first(function):
    """Asserts on what came in and on what goes out, looking at values."""
    def answer(*args, **kwargs):
        out = function(*args, **kwargs)
        for part in parts_of((args, kwargs)):
            if is_tensor(part):
                assert not part.isnan().any() and part.dim() >= 0, "NaN"
        for part in parts_of(out):
            assert not (is_tensor(part) and part.detach().isnan().any().item())
        return out
    return answer


def numpy_floats(function):
    return lambda *args, **kwargs: mapped(
        function(*args, **kwargs), lambda x: np.float64(x) if isinstance(x, float) else x
    )


def tuples(function):
    def answer(*args, **kwargs):
        out = function(*args, **kwargs)
        return tuple(out) if type(out) is list else out
    return answer


def in_double(function):
    """Computes with float64 and gives what was asked for: what comes out in float64 in the dtype of what came in."""
    def answer(*args, **kwargs):
        kinds = [x.dtype for x in tensors_in((args, kwargs)) if x.is_floating_point()]
        up = [mapped(part, lambda x: x if isinstance(x, float) else x.double()) for part in args]
        return mapped(function(*up, **kwargs), lambda x: x.to(kinds[0]) if is_double(x) else x)
    return answer


def is_double(x):
    return isinstance(x, torch.Tensor) and x.dtype == torch.float64


def other_words(function):
    """Its errors are of a class of its own, and say nothing, or only names where the docstring promises "the name"."""
    promised = "with the name" in (function.__doc__ or "")

    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except NotImplementedError:
            raise
        except Exception as error:
            said = [str([part for part in args if isinstance(part, (str, dict))])] if promised else []
            raise type("Refused", (type(error),), {})(*said) from None
    return answer


def prints(function):
    def answer(*args, **kwargs):
        print("working")
        return function(*args, **kwargs)
    return answer


def throws_its_own_dice(function):
    def answer(*args, **kwargs):
        random.Random(0).random(), torch.rand(1, generator=torch.Generator()), np.random.default_rng(0).random()
        return function(*args, **kwargs)
    return answer


def cached(function):
    remembered = functools.cache(function)

    def answer(*args, **kwargs):
        try:
            return remembered(*args, **kwargs)
        except TypeError:           # what cannot be hashed
            return function(*args, **kwargs)
    return answer


def is_hashable(calls):
    return all(type(part) in (int, float, str, bytes) for args, _ in calls.given for part in args) and calls.given


def only_tensors(calls):
    return (
        has_tensors(calls)
        and not has_module(calls)
        and not calls.of_class
        and not calls.given_any(callable)
        and all(
            part.dtype.is_floating_point for args, _ in calls.given for part in args if isinstance(part, torch.Tensor)
        )
    )


RIGHT = {
    "asserts, and looks for NaN": (looks_first, lambda c: not c.came_any(
        lambda x: is_tensor(x) and bool(x.detach().isnan().any()))),
    "numpy's floats": (numpy_floats, lambda c: c.came_any(is_float)),
    "a tuple for a list": (tuples, lambda c: any(type(out) is list for out in c.came)),
    "computes in double": (in_double, only_tensors),
    "works on copies": (copies_first, lambda c: has_mutable(c) and not c.changed),
    "errors in other words": (other_words, lambda c: c.raised),
    "prints": (prints, lambda c: True),
    "throws dice of its own": (throws_its_own_dice, lambda c: True),
    "functools.cache": (cached, is_hashable),
}

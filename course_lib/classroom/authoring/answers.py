"""Wrong and right answers of many kinds: WRONG holds what a hidden test must kill, RIGHT what it must let pass.

Each kind wraps the reference (of a class: the methods that are left to the learner). It applies to an exercise where
the reference, run through the hidden test, meets what it changes: rounding wants floats, a device wants tensors. What
was met are the Calls of `trying`.
"""

import copy
import functools
import pickle
import random

import numpy as np
import torch
from torch import nn

from ..checking.plain_values import Foreign, plain
from ..checking.pretended_device import tensors_in

LARGE = 64      # a fixed size that a learner might choose


def parts_of(value, depth=6):
    """A value and all that lies inside it."""
    yield value
    if depth and isinstance(value, (list, tuple, set)):
        for item in value:
            yield from parts_of(item, depth - 1)
    elif depth and isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from parts_of(item, depth - 1)


def is_inexact(value):
    return isinstance(value, float) or is_tensor(value)


def mapped(value, change, fits=is_inexact):
    """A value with everything in it changed that fits: every float and every tensor of floats."""
    if fits(value):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(mapped(item, change, fits) for item in value)
    return {key: mapped(item, change, fits) for key, item in value.items()} if type(value) is dict else value


def is_float(value):
    return isinstance(value, float)


def is_tensor(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def is_ids(value):
    return isinstance(value, torch.Tensor) and value.dtype == torch.int64


def has_floats(calls):
    return calls.came_any(is_float) or calls.came_any(is_tensor)


def has_tensors(calls):
    return calls.came_any(is_tensor) and calls.given_any(lambda x: isinstance(x, torch.Tensor))


def has_mutable(calls):
    return calls.given_any(lambda x: isinstance(x, list) and x or is_tensor(x) or isinstance(x, dict) and x)


def has_module(calls):
    return calls.given_any(lambda x: isinstance(x, nn.Module))


def size_of(value):
    shape = tuple(value.shape) if isinstance(value, torch.Tensor) else ()
    return max(shape, default=0) if shape else len(value) if isinstance(value, (list, tuple, dict, str, bytes)) else 0


# --- wrong -----------------------------------------------------------------------------------------------------------

def rounds(places):
    def kind(function):
        factor = 10**places

        def change(x):
            return round(x, places) if isinstance(x, float) and abs(x) < 1e300 else (
                x if isinstance(x, float) else (x * factor).round() / factor)
        return lambda *args, **kwargs: mapped(function(*args, **kwargs), change)
    return kind


def clamps(function):
    def change(x):
        return max(min(x, 8.0), -8.0) if isinstance(x, float) else x.clamp(-8, 8)
    return lambda *args, **kwargs: mapped(function(*args, **kwargs), change)


def floors(function):
    """Nothing comes out that is nearer to zero than 1e-6."""
    def change(x):
        return (x if abs(x) > 1e-6 else 0.0) if isinstance(x, float) else x * (x.abs() > 1e-6)
    return lambda *args, **kwargs: mapped(function(*args, **kwargs), change)


def in_16_bits(function):
    """Ids as the small numbers that most vocabularies fit into."""
    return lambda *args, **kwargs: mapped(function(*args, **kwargs), lambda x: x.short().long(), is_ids)


def spoils_arguments(function):
    """The answer is right, and the first thing that can be changed is changed."""
    def spoil(value):
        for part in parts_of(value):
            if isinstance(part, list) and part:
                part.append(part.pop(0)) if len(part) > 1 and part[0] is not part[1] else part.clear()
                return True
            if isinstance(part, dict) and part:
                part.clear()
                return True
            if is_tensor(part):
                with torch.no_grad():
                    part.mul_(2)
                return True
        return False

    def answer(*args, **kwargs):
        out = copy.copy(function(*args, **kwargs))
        spoil((args, kwargs))
        return out
    return answer


def casts(kind_of_number):
    def kind(function):
        return lambda *args, **kwargs: mapped(
            function(*args, **kwargs), lambda x: x if isinstance(x, float) else x.to(kind_of_number))
    return kind


def fixed_size(function):
    """Nothing longer than a table of 64 places."""
    def answer(*args, **kwargs):
        if any(size_of(part) > LARGE for part in parts_of((args, kwargs))):
            raise IndexError(f"index {LARGE} is out of bounds")
        return function(*args, **kwargs)
    return answer


def remembers_shapes(function):
    """What came once for inputs of these sizes comes again."""
    kept = {}

    def answer(*args, **kwargs):
        key = str([(type(arg), size_of(arg), getattr(arg, "shape", "")) if size_of(arg) else arg
                   for arg in (*args, *kwargs.values()) if not callable(arg)])
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        return kept[key]
    return answer


def forgets(which):
    """What came once comes again, whatever one of the arguments is now. which: its place, -1 the last one's"""
    def kind(function):
        kept = {}

        def answer(*args, **kwargs):
            given = [*args, *kwargs.values()]
            if len(given) < 2:
                return function(*args, **kwargs)
            looked_at = [id(part) if isinstance(plain(part), Foreign) else plain(part) for part in given]
            looked_at.pop(which)
            key = pickle.dumps(looked_at)
            if key not in kept:
                kept[key] = given, function(*args, **kwargs)    # what is held cannot lend its id to another
            return kept[key][1]
        return answer
    return kind


def leaves_gradients_off(function):
    def answer(*args, **kwargs):
        out = function(*args, **kwargs)
        torch.set_grad_enabled(False)
        return out
    return answer


def leaves_gradients_off_after_an_error(function):
    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception:
            torch.set_grad_enabled(False)
            raise
    return answer


def seeds(function):
    def answer(*args, **kwargs):
        torch.manual_seed(0)
        return function(*args, **kwargs)
    return answer


def leaves_eval_mode(function):
    def answer(*args, **kwargs):
        out = function(*args, **kwargs)
        for part in parts_of((args, kwargs)):
            if isinstance(part, nn.Module):
                part.eval()
        return out
    return answer


def leaves_eval_mode_after_an_error(function):
    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception:
            for part in parts_of((args, kwargs)):
                if isinstance(part, nn.Module):
                    part.eval()
            raise
    return answer


def on_the_cpu(function):
    return lambda *args, **kwargs: mapped(function(*args, **kwargs), lambda x: x.cpu(), is_tensor)


def cuts_the_graph(function):
    return lambda *args, **kwargs: mapped(function(*args, **kwargs), lambda x: x.detach(), is_tensor)


def gives_nothing(function):
    def answer(*args, **kwargs):
        function(*args, **kwargs)
    return answer


def swallows_errors(function):
    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except NotImplementedError:
            raise
        except Exception:
            return None
    return answer


def copies_first(function):
    def copied(part):
        if isinstance(part, torch.Tensor):
            return part.clone()
        if type(part) is list:
            return [copied(item) for item in part]
        return copy.copy(part) if type(part) is dict else part
    return lambda *args, **kwargs: function(*map(copied, args), **kwargs)


def does_nothing(function):
    """The body is `pass`, as of what is a class's own."""
    return lambda *args, **kwargs: None


def had_gradients(calls):
    return calls.came_any(lambda x: is_tensor(x) and x.requires_grad)


def is_pure(calls):
    """It gives a value for its arguments, which are plain data, two or more, and leaves them as they are."""
    return not calls.of_class and not calls.changed and calls.came_any(lambda x: x is not None) and all(
        len(args) + len(kwargs) > 1 and not any(isinstance(plain(part), Foreign) for part in (*args, *kwargs.values()))
        for args, kwargs in calls.given)


WRONG = {  # name: (what it does to a function, to which exercises it applies)
    "rounds to three digits": (rounds(3), has_floats),
    "rounds to six digits": (rounds(6), has_floats),
    "clamps at 8": (
        clamps,
        lambda c: c.came_any(
            lambda x: is_float(x) and abs(x) > 8 or is_tensor(x) and bool((x.detach().abs() > 8).any())
        ),
    ),
    "tiny numbers become 0": (
        floors,
        lambda c: (
            has_floats(c)
            and c.came_any(
                lambda x: (
                    is_float(x)
                    and 0 < abs(x) < 1e-6
                    or is_tensor(x)
                    and bool(((x.detach() != 0) & (x.detach().abs() < 1e-6)).any())
                )
            )
        ),
    ),
    "changes an argument": (spoils_arguments, has_mutable),
    "gives float64": (casts(torch.float64), lambda c: c.came_any(is_tensor)),
    "gives float32 always": (
        casts(torch.float32),
        lambda c: has_tensors(c) and c.came_any(lambda x: is_tensor(x) and x.dtype != torch.float32),
    ),
    "ids in 16 bits": (in_16_bits, lambda c: c.came_any(is_ids)),
    "a table of 64 places": (fixed_size, lambda c: c.given_any(size_of)),
    "remembers by sizes": (remembers_shapes, lambda c: c.given_any(size_of)),
    "whatever its first argument is": (forgets(0), is_pure),
    "whatever its last argument is": (forgets(-1), is_pure),
    "leaves gradients off": (leaves_gradients_off, lambda c: c.came_any(lambda x: True)),
    "leaves gradients off after an error": (leaves_gradients_off_after_an_error, lambda c: c.raised),
    "sets a seed": (seeds, lambda c: True),
    "leaves the model asleep": (leaves_eval_mode, has_module),
    "leaves the model asleep after an error": (leaves_eval_mode_after_an_error, lambda c: has_module(c) and c.raised),
    "gives its result on the CPU": (on_the_cpu, has_tensors),
    "cuts the graph": (cuts_the_graph, had_gradients),
    "gives nothing back": (gives_nothing, lambda c: c.came_any(lambda x: x is not None)),
    "swallows errors": (swallows_errors, lambda c: c.raised),
    "does nothing": (does_nothing, lambda c: True),
    "changes copies only": (copies_first, lambda c: c.changed),
}


# --- right -----------------------------------------------------------------------------------------------------------

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
    """Computes with float64 and gives what was asked for."""
    def answer(*args, **kwargs):
        kinds = [x.dtype for x in tensors_in((args, kwargs)) if x.is_floating_point()]
        up = [mapped(part, lambda x: x if isinstance(x, float) else x.double()) for part in args]
        return mapped(function(*up, **kwargs), lambda x: x if isinstance(x, float) else x.to(kinds[0]))
    return answer


def other_words(function):
    """Its errors are of a class of its own, and say nothing."""
    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except NotImplementedError:
            raise
        except Exception as error:
            raise type("Refused", (type(error),), {})() from None
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

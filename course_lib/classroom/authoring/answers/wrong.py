"""Wrong answers of many kinds, which a hidden test must kill."""

import copy
import pickle

import torch
from torch import nn

from ...checking.plain_values import Foreign, plain
from .values import (
    copies_first,
    has_floats,
    has_module,
    has_mutable,
    has_tensors,
    is_float,
    is_ids,
    is_tensor,
    mapped,
    parts_of,
    size_of,
)

LARGE = 64      # a fixed size that a learner might choose


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

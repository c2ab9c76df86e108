"""What lies in arguments and results, and which of it is met: by this a kind of answer knows where it applies."""

import copy

import torch
from torch import nn


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


def copies_first(function):
    def copied(part):
        if isinstance(part, torch.Tensor):
            return part.clone()
        if type(part) is list:
            return [copied(item) for item in part]
        return copy.copy(part) if type(part) is dict else part
    return lambda *args, **kwargs: function(*map(copied, args), **kwargs)

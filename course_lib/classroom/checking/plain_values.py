"""Plain values: what an implementation gave, reduced to data that cannot pretend to be something else.

An output may be any object, even one whose `__eq__` says yes to everything. So it is first taken apart into None,
bool, int, float, str, bytes, tuples, dicts, sets and `Array`s by exact type; only these are ever compared.
"""

from dataclasses import dataclass

import numpy as np
import torch

EXACT = {int: int.__int__, float: float.__float__, str: str.__str__, bytes: lambda value: bytes.join(b"", [value])}
DEPTH = 20      # nesting allowed in an output; deeper is not an answer to anything here


@dataclass(frozen=True)
class Array:
    """A tensor or numpy array: its dtype's name, its shape and its numbers (None where it lives on `meta`)."""

    dtype: str
    shape: tuple
    numbers: np.ndarray | None


@dataclass(frozen=True)
class Foreign:
    """Something that does not compare: the name of its type."""

    type: str


def plain(value, depth=DEPTH):
    """Reduce an output to plain data. Anything that is none of the kinds that compare becomes `Foreign`."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes):
        return value
    if depth == 0:
        return Foreign("a very deep nesting")
    if isinstance(value, torch.Tensor):
        return array(value)
    if isinstance(value, np.ndarray):
        return numpy_array(value)
    if isinstance(value, np.generic):
        return plain(np.generic.item(value), depth - 1)
    if isinstance(value, (list, tuple)):
        iterate = list.__iter__ if isinstance(value, list) else tuple.__iter__
        return tuple(plain(item, depth - 1) for item in iterate(value))
    if isinstance(value, dict):
        return {key_of(key): plain(item, depth - 1) for key, item in dict.items(value)}
    if isinstance(value, (set, frozenset)):
        base = set if isinstance(value, set) else frozenset
        return frozenset(key_of(item) for item in base.__iter__(value))
    for base, value_of in EXACT.items():
        if isinstance(value, base):                 # a subclass: an enum member, a string with extras
            return value_of(value)
    return Foreign(kind.__name__)


def key_of(value):
    """A plain value that can be a dict's key or a set's member."""
    found = plain(value)
    if isinstance(found, Array):
        found = found.numbers.item() if found.shape == () and found.numbers is not None else Foreign("Tensor")
    return Foreign("dict") if isinstance(found, dict) else found


def array(tensor):
    """A tensor as an Array. Its own methods are not asked: a subclass could answer anything."""
    tensor = torch.Tensor.detach(tensor).as_subclass(torch.Tensor)
    name, shape = str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape)
    if tensor.is_meta:
        return Array(name, shape, None)
    if tensor.is_sparse or tensor.is_quantized:
        return Foreign("sparse or quantised tensor")
    tensor = tensor.cpu()
    if tensor.dtype in (torch.bfloat16, torch.float16):
        tensor = tensor.float()
    return Array(name, shape, np.array(tensor.resolve_conj().resolve_neg().numpy()))


def numpy_array(value):
    value = np.array(np.ndarray.view(value, np.ndarray))
    if value.dtype.kind == "U" or value.dtype.kind == "O":
        return Foreign(f"numpy array of {value.dtype}")
    return Array(value.dtype.name, value.shape, value)

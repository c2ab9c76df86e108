"""Python values in JSON, exactly: what JSON has no word for (a tuple, a set, a number as key, a tensor) is named."""

from enum import Enum

import numpy as np
import torch

NAME = "python"  # the key under which the kind of a value stands that JSON cannot say


def encode(value, tensors, place="facts"):
    """A value as JSON can say it; tensors in it are put into `tensors` {name: tensor}, to be stored beside the JSON.

    raises: TypeError that names the place of what cannot be stored
    """
    def each(values):
        return [encode(part, tensors, f"{place}[{number}]") for number, part in enumerate(values)]

    def named(kind, said):
        return {NAME: kind, "value": said}

    def beside(tensor):
        name = f"facts.{len(tensors)}"
        tensors[name] = tensor.detach().clone()
        return name

    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return each(value)
    if kind is dict and all(type(key) is str for key in value) and NAME not in value:
        return {key: encode(part, tensors, f"{place}[{key!r}]") for key, part in value.items()}
    if kind is dict:
        return named("dict", each(map(list, value.items())))
    if kind in (tuple, set, frozenset):
        return named(kind.__name__, each(value))
    if kind is bytes:
        return named("bytes", value.hex())
    if kind is complex:
        return named("complex", [value.real, value.imag])
    if kind is torch.dtype:
        return named("dtype", str(value).removeprefix("torch."))
    if isinstance(value, torch.Tensor):
        return named("tensor", beside(value))
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc":
        return named("array" if kind is np.ndarray else "number", beside(torch.as_tensor(np.array(value))))
    if isinstance(value, (int, float, str)) and not isinstance(value, Enum):
        return next(base(value) for base in (int, float, str) if isinstance(value, base))  # a kind of number or text
    raise TypeError(f"{place} is {value!r:.60}, a {kind.__name__}, which a checkpoint cannot hold. It holds None, "
                    "numbers, texts, bytes, tensors, arrays, and lists, tuples, sets and dicts of these")


def _dtype(name):
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype):
        raise ValueError(f"{name!r} is no dtype of torch's")
    return found


DECODED = {"tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict, "bytes": bytes.fromhex,
           "complex": lambda parts: complex(*parts), "dtype": _dtype}


def decode(said, tensors):
    """The value that `encode` was given."""
    if isinstance(said, list):
        return [decode(part, tensors) for part in said]
    if not isinstance(said, dict):
        return said
    if NAME not in said:
        return {key: decode(part, tensors) for key, part in said.items()}
    kind, value = said[NAME], said.get("value")
    if kind in ("tensor", "array", "number"):
        tensor = tensors[value]
        return tensor if kind == "tensor" else tensor.numpy() if kind == "array" else tensor.numpy()[()]
    if kind not in DECODED:
        raise ValueError(f"a fact is of the kind {kind!r}, which this release does not know")
    return DECODED[kind](decode(value, tensors))

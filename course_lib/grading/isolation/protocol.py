"""Messages between the judge and a worker: a length, a JSON header, raw bytes. Nothing in them can run.

A frame is two big-endian lengths (of the header and of the bytes behind it), the header and the bytes. Plain values
(`classroom.values`) become tagged lists; arrays are a dtype from a fixed list, a shape and a place in the bytes.
Whoever reads trusts nothing: every length, type, dtype, shape and depth is checked, and what does not fit is a
`BadMessage`.
"""

import json
import math
import struct

import numpy as np

from ...classroom.checking.plain_values import Array, Foreign

HEAD = struct.Struct("!II")
MOST_HEADER, MOST_BYTES = 4_000_000, 32_000_000
DEEPEST, MOST_ITEMS = 40, 200_000
MOST_KEYS = 4000            # of all dicts and sets: a liar's could all have one hash, and cost the square of this
DTYPES = {      # of a tensor: how its numbers travel
    "bool": "?", "uint8": "<u1", "int8": "<i1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "uint16": "<u2",
    "uint32": "<u4", "uint64": "<u8", "float16": "<f4", "bfloat16": "<f4", "float32": "<f4", "float64": "<f8",
    "complex64": "<c8", "complex128": "<c16",
}  # fmt: skip


class BadMessage(ValueError):
    """What came is not a message: too long, cut short, or not of the agreed form."""


def pack(header, raw=b""):
    """One frame. header: what JSON can hold   raw: bytes"""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    if len(text) > MOST_HEADER or len(raw) > MOST_BYTES:
        raise BadMessage("an answer is too large")
    return HEAD.pack(len(text), len(raw)) + text + raw


def unpack(take):
    """(header, bytes) of the next frame, or None where there is no more. take: n -> n bytes, fewer at the end"""
    head = take(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise BadMessage("cut short")
    n_header, n_raw = HEAD.unpack(head)
    if n_header > MOST_HEADER or n_raw > MOST_BYTES:
        raise BadMessage("an answer is too large")
    text, raw = take(n_header), take(n_raw)
    if len(text) < n_header or len(raw) < n_raw:
        raise BadMessage("cut short")
    try:
        header = json.loads(text.decode("ascii"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadMessage(f"no JSON: {type(error).__name__}") from None
    return header, raw


class Writer:
    """Turns plain values into JSON, and collects the bytes that go behind it."""

    def __init__(self):
        self.raw = bytearray()

    def place(self, data):
        at = len(self.raw)
        self.raw += data
        return [at, len(data)]

    def value(self, value):
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return ["int", hex(value)]
        if isinstance(value, float):
            return ["float", "nan" if math.isnan(value) else value.hex()]
        if isinstance(value, str):
            return ["str", value]
        if isinstance(value, bytes):
            return ["bytes", *self.place(value)]
        if isinstance(value, tuple):
            return ["row", [self.value(item) for item in value]]
        if isinstance(value, frozenset):
            return ["set", [self.value(item) for item in value]]
        if isinstance(value, dict):
            return ["dict", [[self.value(key), self.value(item)] for key, item in value.items()]]
        if isinstance(value, Array) and value.dtype in DTYPES:
            return self.array(value)
        return ["foreign", str(getattr(value, "type", type(value).__name__))[:100]]

    def array(self, value):
        if value.numbers is None:
            return ["array", value.dtype, list(value.shape), None, 0]
        return ["array", value.dtype, list(value.shape),
                *self.place(value.numbers.astype(DTYPES[value.dtype], copy=False).tobytes())]


class Reader:
    """Turns such JSON back into plain values; it builds no object of a type that the message names."""

    def __init__(self, raw):
        self.raw, self.items, self.keys = raw, 0, 0

    def value(self, said, depth=DEEPEST):
        self.items += 1
        if self.items > MOST_ITEMS or depth == 0:
            raise BadMessage("an answer has too many parts")
        if said is None or isinstance(said, bool):
            return said
        if not isinstance(said, list) or not said or not isinstance(said[0], str):
            raise BadMessage("no value")
        kind, *rest = said
        read = getattr(self, "read_" + kind, None) if kind in KINDS else None
        try:
            if read is None:
                raise BadMessage(f"no kind of value: {kind[:20]!r}")
            return read(*rest) if kind not in ("row", "set", "dict") else read(*rest, depth=depth - 1)
        except BadMessage:
            raise
        except (TypeError, ValueError, OverflowError, AttributeError, MemoryError, RecursionError) as error:
            raise BadMessage(f"a {kind} that is none: {type(error).__name__}") from None

    def read_int(self, text):
        if len(text) > 20_000:
            raise BadMessage("an answer is too large")
        return int(text, 16)

    def read_float(self, text):
        return math.nan if text == "nan" else float.fromhex(text)

    def read_str(self, text):
        if not isinstance(text, str):
            raise BadMessage("no text")
        return text

    def read_foreign(self, name):
        return Foreign(self.read_str(name)[:100])

    def read_bytes(self, at, n):
        for number in (at, n):
            if type(number) is not int or number < 0:
                raise BadMessage("no place")
        if at + n > len(self.raw):
            raise BadMessage("a place that is not there")
        return bytes(self.raw[at:at + n])

    def read_row(self, items, depth):
        return tuple(self.value(item, depth) for item in listed(items))

    def read_set(self, items, depth):
        return frozenset(self.value(item, depth) for item in self.hashed(items))

    def read_dict(self, pairs, depth):
        return {self.value(key, depth): self.value(item, depth) for key, item in self.hashed(pairs)}

    def hashed(self, items):
        self.keys += len(listed(items))
        if self.keys > MOST_KEYS:
            raise BadMessage("an answer has too many keys")
        return items

    def read_array(self, dtype, shape, at, n):
        if dtype not in DTYPES or len(listed(shape)) > 32 or not all(type(s) is int and 0 <= s < 2**40 for s in shape):
            raise BadMessage("no array")
        if at is None:
            return Array(dtype, tuple(shape), None)
        data, travels = self.read_bytes(at, n), np.dtype(DTYPES[dtype])
        if math.prod(shape) * travels.itemsize != len(data):
            raise BadMessage("an array whose numbers do not fit its shape")
        return Array(dtype, tuple(shape), np.frombuffer(data, travels).reshape(shape))


KINDS = {name.removeprefix("read_") for name in vars(Reader) if name.startswith("read_")}


def listed(items):
    if not isinstance(items, list):
        raise BadMessage("no list")
    return items

"""GGUF, the files of llama.cpp: facts about the model, a list of its tensors, and their bytes.

The format is described in ggml's docs/gguf.md. Each number of the file that says how much follows is held against what
is left of the file before anything is made of it.
"""

import struct
from pathlib import Path

import gguf
import numpy as np

from .quantised import bytes_of, unpack

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, LIST = 8, 9
KINDS = {kind.value: kind.name for kind in gguf.GGMLQuantizationType}


class Reader:
    """Reads a file from its beginning, and never beyond its end."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if n > len(self.data) - self.at:
            left = len(self.data) - self.at
            raise ValueError(f"at byte {self.at:,} it should go on for {n:,} bytes, and only {left:,} are left: it was "
                             "cut short or changed")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, letter):
        return struct.unpack("<" + letter, self.take(struct.calcsize("<" + letter)))[0]

    def count(self, least):
        """How many of something follow, each at least so many bytes long."""
        n = self.number("Q")
        if n * least > len(self.data) - self.at:
            raise ValueError(f"at byte {self.at:,} {n:,} entries should follow, and {len(self.data) - self.at:,} bytes "
                             "are left, too few for them: it was cut short or changed")
        return n

    def text(self):
        try:
            return bytes(self.take(self.number("Q"))).decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"the text that ends at byte {self.at:,} is no UTF-8") from None

    def value(self, kind):
        if kind == TEXT:
            return self.text()
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind != LIST:
            raise ValueError(f"at byte {self.at:,} a value is of type {kind}; known are 0 to 12")
        kind = self.number("I")
        if kind in NUMBERS:
            size = struct.calcsize("<" + NUMBERS[kind])
            n = self.count(size)
            return list(struct.unpack(f"<{n}{NUMBERS[kind]}", self.take(n * size)))
        if kind != TEXT:
            raise ValueError(f"at byte {self.at:,} a list has entries of type {kind}; numbers and texts are read")
        return [self.text() for _ in range(self.count(8))]


class GGUF:
    """A GGUF file: its facts, and its tensors when they are asked for.

    facts: {key: number, bool, text, or list of these}   shapes: {name: tuple}, a row's length last
    kinds: {name: ggml's name of how its numbers are kept, such as "Q4_1"}
    read(name): that tensor, unpacked, in float32
    raises: FileNotFoundError; ValueError, with the path, for a file that is not whole or not true
    """

    def __init__(self, path):
        self.path = Path(path)
        self.data = np.memmap(self.path, np.uint8, "r") if self.path.stat().st_size else np.zeros(0, np.uint8)
        try:
            self._read()
        except ValueError as error:
            raise ValueError(f"{path} is no whole GGUF file: {error}") from None

    def _read(self):
        reader = Reader(self.data)
        if bytes(reader.take(4)) != b"GGUF":
            raise ValueError("it does not begin with the letters GGUF")
        version = reader.number("I")
        if version not in (2, 3):
            raise ValueError(f"its version is {version}; 2 and 3 are read" + " (big-endian)" * (version == 3 << 24))
        n_tensors, n_facts = reader.number("Q"), reader.number("Q")
        if n_tensors * 24 + n_facts * 13 > len(self.data) - reader.at:  # the least that an entry takes
            raise ValueError(f"{n_tensors:,} tensors and {n_facts:,} facts should follow, for which it is too short: "
                             "it was cut short or changed")
        self.facts, places, self.kinds, self.shapes = {}, {}, {}, {}
        for _ in range(n_facts):
            key = reader.text()
            if key in self.facts:
                raise ValueError(f"the fact {key!r:.80} stands there twice")
            self.facts[key] = reader.value(reader.number("I"))
        for _ in range(n_tensors):
            name, n = reader.text(), reader.number("I")
            if name in self.shapes or n > 4:
                raise ValueError(f"tensor {name!r:.80} stands there twice or has {n} sizes; 4 at most are read")
            shape = tuple(reader.number("Q") for _ in range(n))[::-1]
            kind, offset = reader.number("I"), reader.number("Q")
            if kind not in KINDS:
                raise ValueError(f"tensor {name!r:.80} is of the kind {kind}, which nobody knows")
            self.kinds[name], self.shapes[name] = KINDS[kind], shape
            places[name] = offset, offset + bytes_of(KINDS[kind], shape)
        step = self.facts.get("general.alignment", 32)
        if type(step) is not int or step < 1:
            raise ValueError(f"general.alignment is {step!r:.40}; it should be a number of bytes")
        start, end = -(-reader.at // step) * step, 0
        for name, (begin, after) in sorted(places.items(), key=lambda pair: pair[1]):
            if begin < end or begin % step or start + after > len(self.data):
                raise ValueError(f"tensor {name!r:.80} should be the bytes {start + begin:,} to {start + after:,}, "
                                 f"which are not all its own; the file has {len(self.data):,}")
            end = after
        self.places = {name: slice(start + begin, start + after) for name, (begin, after) in places.items()}

    def read(self, name):
        return unpack(np.array(self.data[self.places[name]]), self.kinds[name], self.shapes[name])

    def fact(self, key, kind):
        """A fact that has to be there, and of a kind. raises: ValueError where it is not"""
        found = self.facts.get(key)
        if type(found) is not kind:
            raise ValueError(f"{self.path}: the fact {key} is {found!r:.60}; it should be of the kind {kind.__name__}")
        return found

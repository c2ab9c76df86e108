"""A stream that memory cannot hold: files of ids, two or four bytes each, of which only what is asked for is read.

A shard is a header of 64 bytes and then nothing but ids. The header says what the file has to be, so that one that was
cut short, changed or left out is noticed when the folder is opened, and not as odd text after a night of training.
"""

import os
import shutil
import struct
import zlib
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

MAGIC, VERSION = b"smallids", 1
FIELDS = struct.Struct("<8sHH4sIQQQ16x")  # magic, version, is it the last, dtype, CRC-32, vocabulary, first, count
HEADER = FIELDS.size + 4  # and the CRC-32 of these fields
PER_SHARD = 2**27  # ids: a quarter or half a gigabyte
BLOCK = 2**18  # ids: of a stream that is written or searched, so many are in memory at a time
AGAIN = "write it again with stream(documents, tokenizer, folder)"


@dataclass(frozen=True)
class Shard:
    """One file: as long as it has ids, and a slice of it is an array in the file's own dtype."""

    path: Path
    dtype: np.dtype
    vocab_size: int
    first: int  # the place of its first id in the whole stream
    count: int
    last: bool
    crc: int

    def __len__(self):
        return self.count

    def __getitem__(self, part):
        start, stop, _ = part.indices(self.count)
        if stop <= start:
            return np.empty(0, self.dtype)
        # Mapped anew each time: of a mapping that stays, every page that was ever looked at counts as ours.
        where = HEADER + start * self.dtype.itemsize
        return np.memmap(self.path, self.dtype, "r", where, stop - start)


class Shards:
    """A stream of ids in a folder, used like a tensor (N,): `len(ids)`, and `ids[a:b]`, which is read there and then.

    Has: vocab_size, dtype of the files, shards.
    """

    def __init__(self, shards):
        self.shards = list(shards)
        self.vocab_size, self.dtype = self.shards[0].vocab_size, self.shards[0].dtype

    def __len__(self):
        return sum(map(len, self.shards))

    def __getitem__(self, part):
        """A slice without a step: (n,) int64."""
        if not isinstance(part, slice) or part.step not in (None, 1):
            raise TypeError(f"of a stream in a folder one takes slices, such as ids[100:200], and not [{part}]")
        start, stop, _ = part.indices(len(self))
        return torch.from_numpy(read_across(self.shards, start, max(start, stop)))

    def verify(self):
        """Read all of it and compare checksums. raises: ValueError that names the file with other ids than written"""
        for shard in self.shards:
            crc = 0
            for start in range(0, len(shard), BLOCK):
                crc = zlib.crc32(shard[start : start + BLOCK].tobytes(), crc)
            if crc != shard.crc:
                raise ValueError(f"{shard.path} does not hold what was written to it: {AGAIN}")


def read_across(shards, start, stop):
    """The ids from place `start` up to, and without, place `stop` of a stream that lies in shards.

    shards: a list of arrays (or of what has a len and gives arrays as slices), one stream together
    returns: (stop − start,) int64, a NumPy array of its own. Of each shard only
        the part that was asked for is read
    raises: IndexError unless 0 ≤ start ≤ stop ≤ ids in all shards

    >>> shards = [np.array([5, 6, 7], np.uint16), np.array([8, 9], np.uint16)]
    >>> read_across(shards, 1, 4).tolist()
    [6, 7, 8]
    """
    total = sum(len(shard) for shard in shards)
    if not 0 <= start <= stop <= total:
        raise IndexError(f"ids {start} to {stop} were asked for, of a stream with {total}")
    out, first = np.empty(stop - start, np.int64), 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))  # what this shard has of it
        if low < high:
            out[low - start : high - start] = shard[low - first : high - first]
        first += len(shard)
    return out


def open_stream(folder):
    """The stream that `stream(documents, tokenizer, folder)` has written: `Shards`, of which nothing is read yet.

    raises: FileNotFoundError where no shard is there, ValueError where one is no shard, was cut short or is missing
    """
    paths = sorted(Path(folder).glob("ids-*.bin"))
    if not paths:
        raise FileNotFoundError(f"there is no stream in {folder}: write one with stream(documents, tokenizer, folder)")
    shards, first = [read_header(path) for path in paths], 0
    for shard in shards:
        if (shard.first, shard.vocab_size, shard.dtype) != (first, shards[0].vocab_size, shards[0].dtype):
            raise ValueError(f"{shard.path.name} does not go on where the file before it ends: a shard of {folder} is "
                             f"missing, or comes from another stream: {AGAIN}")
        first += len(shard)
    if [shard.last for shard in shards] != [False] * (len(shards) - 1) + [True]:
        raise ValueError(f"{shards[-1].path.name} is not the last shard of {folder}, and the rest is missing: {AGAIN}")
    return Shards(shards)


def read_header(path):
    """A shard's header, checked against the file. raises: ValueError that says what is wrong with it"""
    with open(path, "rb") as file:
        header = file.read(HEADER)
    if len(header) < HEADER or header[:8] != MAGIC:
        raise ValueError(f"{path} is no shard of ids, or one that was never finished: {AGAIN}")
    _, version, last, dtype, crc, vocab_size, first, count = FIELDS.unpack(header[: FIELDS.size])
    if version != VERSION:
        raise ValueError(f"{path} has version {version} of the format, and this course reads {VERSION}: {AGAIN}")
    if zlib.crc32(header[: FIELDS.size]) != int.from_bytes(header[FIELDS.size :], "little"):
        raise ValueError(f"the header of {path} has been changed since it was written: {AGAIN}")
    dtype = np.dtype(dtype.rstrip(b"\0").decode("ascii"))
    wanted, size = HEADER + count * dtype.itemsize, path.stat().st_size
    if size != wanted:
        raise ValueError(f"{path} has {size:,} bytes, and by its header {count:,} ids of {dtype.itemsize} bytes make "
                         f"it {wanted:,}: it was {'cut short' if size < wanted else 'added to'}; {AGAIN}")
    return Shard(path, dtype, vocab_size, first, count, bool(last), crc)


def write_header(file, dtype, vocab_size, first, count, last, crc):
    """Fill in the 64 bytes at the beginning of an open file."""
    fields = FIELDS.pack(MAGIC, VERSION, last, dtype.str.encode("ascii"), crc, vocab_size, first, count)
    file.seek(0)
    file.write(fields + zlib.crc32(fields).to_bytes(4, "little"))


def write_stream(ids, vocab_size, folder, per_shard=PER_SHARD):
    """Write ids, an iterable of whole numbers, into a folder of shards, and open it. Never more than a block is held.

    raises: ValueError for an id outside the vocabulary, FileExistsError where the folder has other things in it
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or set(folder.iterdir()) - set(folder.glob("ids-*.bin"))):
        raise FileExistsError(f"{folder} has something else in it than a stream: give a folder of its own")
    beside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    dtype = np.dtype("<u2" if vocab_size <= 2**16 else "<u4")
    try:
        beside.mkdir(parents=True)
        ids, first, number, last = iter(ids), 0, 0, False
        while not last:
            with open(beside / f"ids-{number:05}.bin", "wb") as file:
                count, crc = write_ids(file, ids, dtype, vocab_size, per_shard)
                following = list(islice(ids, 1))
                last = not following
                write_header(file, dtype, vocab_size, first, count, last, crc)
            ids, first, number = chain(following, ids), first + count, number + 1
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(beside, folder)  # whole or not at all
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return open_stream(folder)


def write_ids(file, ids, dtype, vocab_size, most):
    """Write at most so many ids behind the header's place. returns: how many, and the CRC-32 of their bytes"""
    count = crc = 0
    file.write(bytes(HEADER))  # all zero until the shard is whole, so a broken one is no shard
    while len(block := np.fromiter(islice(ids, min(BLOCK, most - count)), np.int64)):
        if block.min() < 0 or block.max() >= vocab_size:
            wrong = block[(block < 0) | (block >= vocab_size)][0]
            raise ValueError(f"the id {wrong} does not belong to a vocabulary of {vocab_size}, and {dtype.name} might "
                             "turn it into another one: is it the tokenizer's own vocab_size?")
        data = block.astype(dtype).tobytes()
        file.write(data)
        count, crc = count + len(block), zlib.crc32(data, crc)
    return count, crc

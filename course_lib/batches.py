"""Batches: documents become one stream of ids, the stream becomes windows, and windows become `ids, targets`.

The targets are the ids moved by one: at every position the model is asked for the token that comes next.
Training and validation documents go into two streams, so no window ever reaches from one into the other.
"""

import operator
import os
from array import array
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def stream(documents, tokenizer, file=None):
    """Put documents one after the other, with an end-of-text token before the first and after each.

    documents: strings; an iterable that is read once (not one long string)
    tokenizer: anything with `encode(text)` and `end`, the id of its end-of-text token
    file: a path, for more text than memory holds: the ids go there, document by document, and stay there
    returns: (N,) int64; with a file (N,) int32, whose parts are read from it when they are looked at

    The end token is what the model sees when nothing has been said yet: it learns from it how stories begin.
    """
    if isinstance(documents, (str, bytes)):
        raise TypeError(f"stream() wants a list of documents and was given one {type(documents).__name__} "
                        "(whose characters would become documents): pass [text]")
    if file is not None:
        beside = Path(f"{file}.{os.getpid()}.part")
        try:
            with open(beside, "wb") as part:
                np.array([tokenizer.end], dtype=np.int32).tofile(part)
                for document in documents:
                    np.array([*tokenizer.encode(document), tokenizer.end], dtype=np.int32).tofile(part)
            os.replace(beside, file)  # whole or not at all
        finally:
            beside.unlink(missing_ok=True)
        return open_stream(file)
    ids = array("q", [tokenizer.end])
    for document in documents:
        ids.extend(tokenizer.encode(document))
        ids.append(tokenizer.end)
    return torch.from_numpy(np.array(ids, dtype=np.int64))


def open_stream(file):
    """The stream that `stream(…, file)` has written: (N,) int32, mapped, so that it takes no memory until it is read.

    A change of the tensor does not reach the file.
    """
    size = Path(file).stat().st_size
    if size == 0 or size % 4:
        raise ValueError(f"{file} has {size} bytes and is no stream, whose ids have 4 bytes each: write it again "
                         "with stream(documents, tokenizer, file)")
    return torch.from_file(str(file), shared=False, size=size // 4, dtype=torch.int32)


def whole(name, value, least):
    """The value as an int, also where it is a whole number of numpy's or torch's.

    raises: ValueError with the name and the value where it is not whole, or below `least`
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} is {value!r}: it must be a whole number, {least} or more")
    return number


class Windows(Dataset):
    """`windows[i]` is `ids, targets`, each (T,): a stretch of the stream, and the same stretch one token later."""

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].long()  # (T + 1,)
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        """Several windows at once. rows: (B,) window numbers; returns ids, targets, each (B, T)."""
        offsets = torch.arange(self.T + 1, device=self.ids.device)
        chunk = self.ids[self.starts[rows].to(self.ids.device)[:, None] + offsets].long()  # (B, T + 1)
        return chunk[:, :-1].contiguous(), chunk[:, 1:].contiguous()


def windows(ids, T, stride=None, *, end=None):
    """Cut a stream into windows of T tokens and their targets.

    ids: (N,) integers, from `stream`
    stride: how far the next window begins after this one. None means T: no token is asked for twice.
            A smaller stride makes windows that overlap.
    end: the end-of-text id. Given, every window begins with it: each document is read from its own beginning,
         and whatever follows it fills the window up. Only a document that does not fit, with its end among the
         targets, goes on in further windows.
    returns: a Dataset of `ids, targets`, both (T,) int64

    A window that would run past the end of the stream is left out, so up to T tokens there are never asked for.
    """
    T = whole("T", T, 1)
    stride = T if stride is None else whole("stride", stride, 1)
    if not torch.is_tensor(ids) or ids.dim() != 1 or ids.is_floating_point():
        given = f"{ids.dtype} {tuple(ids.shape)}" if torch.is_tensor(ids) else type(ids).__name__
        raise TypeError(f"windows() wants a stream, a tensor (N,) of integers, and was given {given}: see stream()")
    if len(ids) < T + 1:
        raise ValueError(f"a stream of {len(ids)} tokens has no window of T = {T}: a window and its targets take "
                         f"{T + 1} tokens. Use a smaller T or more text")
    last = len(ids) - T - 1
    if end is None:
        return Windows(ids, T, torch.arange(0, last + 1, stride))
    begins = (ids == end).nonzero().flatten().tolist()
    starts = []
    for here, after in zip(begins, begins[1:], strict=False):
        stop = min(after, max(here, after - T) + stride)  # a window from after − T on asks for this document's end
        starts += [start for start in range(here, stop, stride) if start <= last]
    if not starts:
        raise ValueError(f"no document of this stream (end-of-text id {end}) leaves room for a window of T = {T}: "
                         "use a smaller T or more documents")
    return Windows(ids, T, torch.tensor(starts))


class Batches:
    """Batches without end, any of which can be had by its number: `at(step)` gives `ids, targets`, each (B, T).

    An epoch is a shuffle of all windows that depends on `seed` and the epoch's number alone, and every window comes
    once in each. Nothing is remembered between steps, so a run that was broken off goes on with its step's number.
    """

    def __init__(self, ids, B, T, seed=0, *, stride=None, end=None):
        """ids: (N,), from `stream`; B: windows in a batch; T, stride and end: see `windows`."""
        self.B, self.seed = whole("B", B, 1), whole("seed", seed, 0)
        self.windows = windows(ids, T, stride, end=end)
        self.T = self.windows.T
        self._orders = {}

    @property
    def steps_per_epoch(self):
        """How many steps it takes to see every window once; seldom a whole number."""
        return len(self.windows) / self.B

    def order(self, epoch):
        """The numbers of all windows in the order in which this epoch takes them. returns: (n,)"""
        if epoch not in self._orders:
            if len(self._orders) > 1:  # a batch touches two epochs at most, unless it is larger than an epoch
                self._orders.clear()
            shuffled = np.random.default_rng([self.seed, epoch]).permutation(len(self.windows))
            self._orders[epoch] = torch.from_numpy(shuffled)
        return self._orders[epoch]

    def at(self, step):
        """The batch of this step: `ids, targets`, each (B, T). The same step always gives the same batch."""
        step = whole("step", step, 0)
        n, first = len(self.windows), step * self.B
        rows = [self.order(p // n)[p % n] for p in range(first, first + self.B)]
        return self.windows.gather(torch.stack(rows))


def loader(ids, B, T, seed=0, *, epoch=0, stride=None, end=None, drop_last=False, workers=0):
    """One epoch of the same windows through torch's DataLoader, in the order of `Batches`.

    drop_last: leave the last batch out when B does not divide the number of windows; else it is smaller
    workers: processes that prepare batches ahead of time. Slicing a stream is too quick to gain from them;
    they pay where preparing one example is work, as with pictures.
    """
    batches = Batches(ids, B, T, seed, stride=stride, end=end)
    return DataLoader(batches.windows, batch_size=batches.B, sampler=batches.order(epoch).tolist(),
                      drop_last=drop_last, num_workers=workers)

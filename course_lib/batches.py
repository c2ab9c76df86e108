"""Batches: documents become one stream of ids, the stream becomes windows, and windows become `ids, targets`.

The targets are the ids moved by one: at every position the model is asked for the token that comes next.
Training and validation documents go into two streams, so no window ever reaches from one into the other.
"""

from array import array

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def stream(documents, tokenizer):
    """Put documents one after the other, with an end-of-text token before the first and after each.

    documents: strings; an iterable that is read once (not one long string)
    tokenizer: anything with `encode(text)` and `end`, the id of its end-of-text token
    returns: (N,) int64

    The end token is what the model sees when nothing has been said yet: it learns from it how stories begin.
    """
    if isinstance(documents, (str, bytes)):
        raise TypeError(f"stream() wants a list of documents and was given one {type(documents).__name__} "
                        "(whose characters would become documents): pass [text]")
    ids = array("q", [tokenizer.end])
    for document in documents:
        ids.extend(tokenizer.encode(document))
        ids.append(tokenizer.end)
    return torch.from_numpy(np.array(ids, dtype=np.int64))


class Windows(Dataset):
    """`windows[i]` is `ids, targets`, each (T,): a stretch of the stream, and the same stretch one token later."""

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        return self.ids[start : start + self.T], self.ids[start + 1 : start + self.T + 1]

    def gather(self, rows):
        """Several windows at once. rows: (B,) window numbers; returns ids, targets, each (B, T)."""
        offsets = torch.arange(self.T + 1, device=self.ids.device)
        chunk = self.ids[self.starts[rows].to(self.ids.device)[:, None] + offsets]  # (B, T + 1)
        return chunk[:, :-1].contiguous(), chunk[:, 1:].contiguous()


def windows(ids, T, stride=None, *, end=None):
    """Cut a stream into windows of T tokens and their targets.

    ids: (N,) integers, from `stream`
    stride: how far the next window begins after this one. None means T: no token is asked for twice.
            A smaller stride makes windows that overlap.
    end: the end-of-text id. Given, every window begins with it: each document is read from its own beginning
         (one longer than T goes on in further windows), and whatever follows it fills the window up.
    returns: a Dataset of `ids, targets`, both (T,)

    A window that would run past the end of the stream is left out, so up to T tokens there are never asked for.
    """
    stride = T if stride is None else stride
    for name, value in ("T", T), ("stride", stride):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value!r}: it must be a whole number, 1 or more")
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
    pieces = [range(here, after, stride) for here, after in zip(begins, begins[1:], strict=False)]
    starts = [start for piece in pieces for start in piece if start <= last]
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
        for name, value, least in ("B", B, 1), ("seed", seed, 0):
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} is {value!r}: it must be a whole number, {least} or more")
        self.windows = windows(ids, T, stride, end=end)
        self.B, self.T, self.seed = B, T, seed
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
        if step < 0:
            raise ValueError(f"step is {step}: the first step is 0")
        n, first = len(self.windows), step * self.B
        rows = [self.order(p // n)[p % n] for p in range(first, first + self.B)]
        return self.windows.gather(torch.stack(rows))


def loader(ids, B, T, seed=0, *, epoch=0, stride=None, end=None, workers=0):
    """One epoch of the same windows through torch's DataLoader, in the order of `Batches`.

    The last batch is smaller when B does not divide the number of windows.
    workers: processes that prepare batches ahead of time. Slicing a stream is too quick to gain from them;
    they pay where preparing one example is work, as with pictures.
    """
    batches = Batches(ids, B, T, seed, stride=stride, end=end)
    return DataLoader(batches.windows, batch_size=B, sampler=batches.order(epoch).tolist(), num_workers=workers)

"""Windows: stretches of a stream, each beside the same stretch one token later."""

import operator
from array import array

import numpy as np
import torch
from torch.utils.data import Dataset

from .shards import BLOCK, Shards


def slide(ids, T, stride):
    """Cut a list of ids into windows of T, and their targets: the same places moved by one.

    ids: a list   T: tokens in a window   stride: how far each window begins behind the one before
    returns: a list of (inputs, targets), two lists of T ids. The first window begins at ids[0];
        one whose targets would run past the end of the list is left out
    raises: ValueError for a T or a stride below 1

    >>> slide([5, 6, 7, 8, 9], T=2, stride=2)
    [([5, 6], [6, 7]), ([7, 8], [8, 9])]
    """
    if T < 1 or stride < 1:
        raise ValueError(f"T is {T} and stride is {stride}: both must be 1 or more")
    return [(ids[i : i + T], ids[i + 1 : i + T + 1]) for i in range(0, len(ids) - T, stride)]


def whole(name, value, least):
    """The value as an int, also where it is a whole number of numpy's or torch's. True and False are none.

    raises: ValueError with the name and the value where it is not whole, or below `least`
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} is {value!r}: it must be a whole number, {least} or more")
    return number


class Windows(Dataset):
    """Windows of a stream: `windows[i]` is inputs, and targets one token later, each (T,) int64.

    ids: a stream (N,) of integers of any kind   T: tokens in a window
    starts: where in the stream each window begins: a list, a range or a tensor

    >>> Windows(torch.tensor([5, 6, 7, 8, 9]), T=2, starts=[0, 2])[1]
    (tensor([7, 8]), tensor([8, 9]))
    """

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].long()  # (T + 1)
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        """Several windows at once. rows: B window numbers; returns inputs, targets, each (B, T)."""
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))


def windows(ids, T, stride=None, *, end=None):
    """Cut a stream into windows of T tokens and their targets.

    ids: (N,) integers, from `stream`, or the `Shards` of one
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
    if not isinstance(ids, Shards) and (not torch.is_tensor(ids) or ids.dim() != 1 or ids.is_floating_point()):
        given = f"{ids.dtype} {tuple(ids.shape)}" if torch.is_tensor(ids) else type(ids).__name__
        raise TypeError(f"windows() wants a stream, a tensor (N,) of integers, and was given {given}: see stream()")
    if len(ids) < T + 1:
        raise ValueError(f"a stream of {len(ids)} tokens has no window of T = {T}: a window and its targets take "
                         f"{T + 1} tokens. Use a smaller T or more text")
    last = len(ids) - T - 1
    if end is None:
        return Windows(ids, T, range(0, last + 1, stride))
    starts = document_starts(places_of(end, ids), T, stride)
    starts = starts[starts <= last]
    if not len(starts):
        raise ValueError(f"no document of this stream (end-of-text id {end}) leaves room for a window of T = {T}: "
                         "use a smaller T or more documents")
    return Windows(ids, T, starts)


def places_of(end, ids):
    """Where in a stream an id stands. (M) places; the stream is searched in blocks, as it may be larger than memory."""
    places = array("q")  # small tensors that stay, between large ones that go, would keep holes in memory
    for first in range(0, len(ids), BLOCK):
        places.extend(((ids[first : first + BLOCK] == end).nonzero().flatten() + first).tolist())
    return torch.from_numpy(np.array(places, np.int64))  # (M)


def document_starts(ends, T, stride):
    """Where windows begin: with each document, and then every `stride` until its own end is among the targets.

    ends: (M) places of the end-of-text token, each of which begins a document but the last
    """
    here, after = ends[:-1], ends[1:]
    stop = torch.minimum(after, torch.maximum(here, after - T) + stride)  # a window from after − T on asks for its end
    counts = (stop - here + stride - 1) // stride  # of windows in each document
    nth = torch.arange(int(counts.sum())) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    return here.repeat_interleave(counts) + stride * nth

"""The order of windows: shuffled anew in every epoch, and yet any step's batch can be had without those before it."""

import numpy as np
import torch
from torch.utils.data import DataLoader

from .windowing import whole, windows


def batch_rows(step, n, B, order):
    """The numbers of the windows in one batch. Epochs follow one another, cut every B.

    step: 0 or more   n: windows in an epoch   B: windows in a batch
    order: order(epoch) gives a list of that epoch's n numbers in their order, for epoch 0, 1, …
    returns: a list of B numbers. A batch may begin in one epoch and end in a later one;
        only the epochs that it touches are asked for, each once

    >>> batch_rows(1, 5, 3, order=lambda epoch: [10 * epoch + i for i in range(5)])
    [3, 4, 10]
    """
    rows = []
    while len(rows) < B:
        epoch, place = divmod(step * B + len(rows), n)
        rows += [int(row) for row in order(epoch)[place : place + B - len(rows)]]
    return rows


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
        return self.windows.gather(batch_rows(step, len(self.windows), self.B, self.order))


def loader(ids, B, T, seed=0, *, epoch=0, stride=None, end=None, drop_last=False, workers=0):
    """One epoch of the same windows through torch's DataLoader, in the order of `Batches`.

    drop_last: leave the last batch out when B does not divide the number of windows; else it is smaller
    workers: processes that prepare batches ahead of time. Slicing a stream is too quick to gain from them;
    they pay where preparing one example is work, as with pictures.
    """
    batches = Batches(ids, B, T, seed, stride=stride, end=end)
    return DataLoader(batches.windows, batch_size=batches.B, sampler=batches.order(epoch).numpy(),
                      drop_last=drop_last, num_workers=workers)

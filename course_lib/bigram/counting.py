"""Models that only count: what comes how often, and what comes how often after what.

A model is anything that can be called: `model(ids)` gives logits (B, T, V), at each position one score for each
token that could come next.
"""

import torch
from torch import nn


def pair_shares(ids, vocab_size, smoothing=0.0):
    """How likely each token is after each other one, by counting pairs of neighbours.

    ids: a list of whole numbers from 0 to V − 1
    smoothing: what is added to each of the V · V counts, 0 or more
    returns: V rows of V probabilities; row a has what comes after a, each row adds up to 1.
        A row in which nothing was counted or added says that all V are alike

    >>> pair_shares([0, 1, 0, 1, 1], vocab_size=2)
    [[0.0, 1.0], [0.5, 0.5]]
    """
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:], strict=False):
        counts[a][b] += 1
    return [[count / total for count in row] if (total := sum(row))
            else [1 / vocab_size] * vocab_size
            for row in counts]


class Unigram(nn.Module):
    """How often does each token come, whatever stood before it?"""

    def __init__(self, ids, vocab_size, smoothing=0.01):
        """ids: (N,) a stream; smoothing: what is added to every count, so that nothing is impossible."""
        super().__init__()
        check_counting(ids, vocab_size, smoothing)
        counts = torch.bincount(ids.cpu(), minlength=vocab_size).double() + smoothing  # (V,)
        self.register_buffer("log_probs", (counts / counts.sum()).log().float())

    def forward(self, ids):
        """ids: (B, T)   returns: logits (B, T, V), the same at every position"""
        return self.log_probs.expand(*ids.shape, -1)  # (B, T, V)


class Bigram(nn.Module):
    """How often does each token come after this one?"""

    def __init__(self, ids, vocab_size, smoothing=0.01):
        """ids: (N,) a stream; smoothing: what is added to every count, so that nothing is impossible.

        The table has V x V entries: 4 MB for 1,024 tokens, 10 GB for GPT-2's 50,257.
        """
        super().__init__()
        check_counting(ids, vocab_size, smoothing)
        V, ids = vocab_size, ids.cpu().long()  # V x V may be more than a smaller integer holds
        pairs = ids[:-1] * V + ids[1:]  # (N - 1,) each pair of neighbours as one number
        counts = torch.bincount(pairs, minlength=V * V).double().view(V, V) + smoothing  # (V, V)
        self.register_buffer("log_probs", (counts / counts.sum(-1, keepdim=True)).log().float())

    def forward(self, ids):
        """ids: (B, T)   returns: logits (B, T, V); position t depends on ids[:, t] alone"""
        return self.log_probs[ids]  # (B, T, V)


def check_counting(ids, vocab_size, added, name="smoothing"):
    """Raise a ValueError that says what is wrong with a counting model's arguments.

    added: what is added to the counts   name: what the model calls it
    """
    if not added > 0:
        raise ValueError(f"{name} is {added}: it must be above 0, or what was never seen gets probability 0 "
                         "and one such token makes the loss infinite")
    if ids.dim() != 1 or len(ids) < 2:
        raise ValueError(f"counting wants a stream (N,) of two tokens or more and was given {tuple(ids.shape)}")
    if ids.min() < 0 or ids.max() >= vocab_size:
        raise ValueError(f"the stream has ids from {ids.min()} to {ids.max()}, but vocab_size is {vocab_size}: "
                         f"ids go from 0 to {vocab_size - 1}. Is it the vocabulary that made the stream?")

"""Longer contexts: what came after the last four tokens, and where that says little, after the last three."""

import torch
from torch import nn

from .counting import check_counting


def chances(counts, context, vocab_size, strength):
    """How likely each token is after a context, the shorter contexts asked as well.

    counts: {context: {token: how often it came next}}; contexts are tuples, () the shortest
    context: a tuple of the last tokens, the latest one at its end
    strength: for how many sightings the shorter context counts, a number above 0
    returns: V probabilities, each of them (its count + strength · p) / (all counts + strength);
        p is its chance after the context without its first token, and 1 / V below the empty one

    >>> chances({(): {0: 3, 1: 1}, (0,): {1: 1}}, (0,), vocab_size=2, strength=1)
    [0.35, 0.65]
    """
    alike = [1 / vocab_size] * vocab_size
    shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(token, 0) + strength * p) / total for token, p in enumerate(shorter)]


class NGram(nn.Module):
    """`chances` for every context of a stream at once: an n-gram model, as tables of sorted numbers.

    A stretch of k tokens that was read is a number: its place among all of that length. With the next token behind
    it, it is number · V + token among those of k + 1; so what followed a stretch lies side by side in the next table.
    """

    def __init__(self, ids, vocab_size, n=5, strength=10.0):
        """ids: (N,) a stream; n: the longest stretches counted, the context's n − 1 tokens and the next.

        strength: as in `chances`, above 0
        """
        super().__init__()
        check_counting(ids, vocab_size, strength, name="strength")
        if n < 1:
            raise ValueError(f"n is {n}: a stretch has one token or more (2 makes a bigram)")
        self.vocab_size, self.strength = vocab_size, strength
        self.n = n = min(n, len(ids))
        ids = ids.cpu().long()
        once = torch.bincount(ids, minlength=vocab_size) + strength / vocab_size  # (V,)
        self.register_buffer("probs", once.double() / once.sum())
        stretch = torch.zeros_like(ids)  # (N,) the number of the k tokens up to here; of none there is one kind
        for k in range(1, n + 1):
            before = stretch[: len(stretch) - (k > 1)]  # the stretch that ends one token earlier; the first has none
            found, stretch, counts = torch.unique(
                before * vocab_size + ids[k - 1 :], return_inverse=True, return_counts=True)
            self.register_buffer(f"found{k}", found)  # (K,) sorted
            self.register_buffer(f"counts{k}", counts.double())  # (K,)

    def forward(self, ids):
        """ids: (B, T)   returns: logits (B, T, V); position t depends on ids[:, : t + 1], the last n − 1 of them"""
        B, T = ids.shape
        probs = self.probs.repeat(B * T, 1)  # (B * T, V) in double: it is multiplied by small numbers n − 1 times
        stretch = torch.zeros_like(ids)  # (B, T)
        for k in range(1, self.n):
            stretch = self.longer(stretch, ids, k)
            self.mix(probs, stretch.flatten(), k + 1)
        return probs.log().float().view(B, T, -1)

    def longer(self, stretch, ids, k):
        """The numbers of the k tokens up to each place, (B, T), out of those of k − 1; −1 for what was never read."""
        before = stretch if k == 1 else nn.functional.pad(stretch[:, :-1], (1, 0), value=-1)  # (B, T)
        wanted = before * self.vocab_size + ids  # (B, T) below 0 after −1, and so never found
        found = getattr(self, f"found{k}")
        place = torch.searchsorted(found, wanted).clamp(max=len(found) - 1)  # (B, T)
        return torch.where(found[place] == wanted, place, -1)

    def mix(self, probs, stretch, k):
        """Mix into each row of probs (R, V) what came after its stretch (R,): the k-token stretches that begin so."""
        V, found, counts = self.vocab_size, getattr(self, f"found{k}"), getattr(self, f"counts{k}")
        # −1, which was never read, makes both negative, and so finds nothing
        first = torch.searchsorted(found, stretch * V)  # (R,)
        many = torch.searchsorted(found, (stretch + 1) * V) - first  # (R,)
        rows = torch.arange(len(many), device=many.device).repeat_interleave(many)
        places = torch.arange(len(rows), device=many.device) + (first + many - many.cumsum(0))[rows]
        total = torch.zeros_like(probs[:, 0]).index_add(0, rows, counts[places]) + self.strength  # (R,)
        probs *= (self.strength / total)[:, None]
        probs[rows, found[places] - stretch[rows] * V] += counts[places] / total[rows]

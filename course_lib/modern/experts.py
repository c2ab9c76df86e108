"""Experts: several MLPs, of which a router picks a few for each token.

Fedus, Zoph and Shazeer 2021, Switch Transformers, section 2.2 (the loss that balances them); Jiang et al. 2024, Mixtral
of Experts, section 2.1 (two for each token, weighed by their softmax).
"""

import torch
from torch import nn


def route(scores, used):
    """Which experts each token goes to, and how much each of them counts.

    scores: (N, E), a score of each expert for each token   used: how many a token goes to, 1 to E
    returns: chosen (N, used), int64, the experts with the highest scores, the highest first and of
        equal ones the smaller number; and shares (N, used), in the scores' dtype: the softmax over
        the scores of the chosen ones alone. Gradients reach scores
    raises: ValueError, with both numbers, unless 1 <= used <= E

    >>> chosen, shares = route(torch.tensor([[0.0, 2.0, 0.0]]), used=2)
    >>> chosen.tolist(), [round(share, 3) for share in shares[0].tolist()]
    ([[1, 0]], [0.881, 0.119])
    """
    E = scores.shape[-1]
    if not 1 <= used <= E:
        raise ValueError(f"used is {used}; a token goes to at least 1 and at most all {E} experts")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]  # (N, used)
    return chosen, scores.gather(-1, chosen).softmax(-1)


class Experts(nn.Module):
    """E MLPs side by side; each token goes to `used` of them, and what they say is added by their shares.

    x: (..., C)   returns: (..., C)
    make: a function that makes one MLP
    counts: (E,), of the last call, how many tokens had each expert as their first
    balance: (), of the last call, E · Σ (the share of tokens that have expert e first) · (its mean probability): 1 when
        all are used alike, up to E when one is used by all
    """

    def __init__(self, d_model, n_experts, used, make):
        super().__init__()
        self.used, self.counts, self.balance = used, None, None
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.experts = nn.ModuleList(make() for _ in range(n_experts))

    def forward(self, x):
        tokens = x.reshape(-1, x.shape[-1])  # (N, C)
        scores = self.router(tokens)  # (N, E)
        probs = scores.softmax(-1)  # (N, E)
        chosen, shares = route(scores, self.used)
        if self.used == 1:  # its share is 1 whatever its score; its probability keeps the router learning
            shares = probs.gather(-1, chosen)  # (N, 1)
        E = len(self.experts)
        self.counts = torch.bincount(chosen[:, 0], minlength=E)  # (E,)
        self.balance = E * (self.counts / len(tokens) * probs.mean(0)).sum()
        out = torch.zeros_like(tokens)  # (N, C)
        for number, expert in enumerate(self.experts):
            token, place = (chosen == number).nonzero(as_tuple=True)
            out = out.index_add(0, token, expert(tokens[token]) * shares[token, place, None])
        return out.view_as(x)

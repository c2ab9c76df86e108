"""The future must stay hidden: attention with a ready-made mask, and a test that finds masks that do nothing."""

import torch

from course_lib.attention import CausalSelfAttention
from course_lib.bigram import evaluating


class MaskedAttention(CausalSelfAttention):
    """Causal attention whose mask is made once, for the whole window, and cut to size when used.

    x: (B, T, C), T at most context_length   returns: (B, T, C)

    >>> MaskedAttention(6, 2, context_length=9)(torch.zeros(1, 5, 6)).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model, n_heads, context_length, bias=True):
        super().__init__(d_model, n_heads, bias)
        future = torch.ones(context_length, context_length, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)  # moves with the model

    def weights(self, q, k):
        """q: (B, H, T, D), the last T of S positions   k: (B, H, S, D)   returns: (B, H, T, S)"""
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        hidden = self.future[S - T : S, :S]  # (T, S)
        scores = (q / D**0.5) @ k.mT  # (B, H, T, S)
        scores = scores.masked_fill(hidden, -torch.inf)  # (B, H, T, S)
        return scores.softmax(-1)


@torch.no_grad()
def sees_ahead(model, ids):
    """Does any position know something of the tokens that come after it?

    model: an nn.Module that gives logits (B, T, V) for ids (B, T); V is its number of tokens
    ids: (B, T), T at least 2
    returns: True when changing a token changes a logit, at some position before it, by more than
        1e-5; else False. The model is asked without dropout, and its modes are left as they were

    >>> sees_ahead(torch.nn.Embedding(5, 5), torch.tensor([[3, 1, 4]]))
    False
    """
    with evaluating(model):
        logits = model(ids)  # (B, T, V)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()  # (B, t, V)
            if (moved > 1e-5).any():
                return True
    return False

"""Attention as models of today have it: grouped heads, positions as turns, queries and keys of one size, short windows.

Ainslie et al. 2023, GQA: Training Generalized Multi-Query Transformer Models, section 2.2; Henry et al. 2020, Query-Key
Normalization for Transformers, section 3; Beltagy et al. 2020, Longformer, section 3.1.
"""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from course_lib.training import register_fused

from .norm import RMSNorm
from .rotary import rotate


def visible(T, S, window=None, device=None):
    """Which places each of the last T of S positions may look at.

    T, S: whole numbers, 1 <= T <= S   window: how many places a position sees, itself the last of
        them; None: itself and all before it
    returns: (T, S) of bools, on `device`
    raises: ValueError when there are more queries than places

    >>> visible(3, 3, window=2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    if T > S:
        raise ValueError(f"{T} queries and only {S} keys: the queries are the last of all the "
                         "positions, so give the keys of every position that asks")
    asking = torch.arange(S - T, S, device=device)  # (T,)
    back = asking[:, None] - torch.arange(S, device=device)  # (T, S)
    return back >= 0 if window is None else (back >= 0) & (back < window)


def grouped_attention(q, k, v):
    """Causal attention in which several heads of queries share one head of keys and values.

    By hand, without torch's ready-made attention.

    q: (B, H, T, D)   k, v: (B, K, T, D), where K divides H: the first H / K heads of q use the
        first head of k and v, the next H / K the second, and so on
    returns: (B, H, T, D), on q's device and in its dtype; the weights are softmax(q · k / √D) over
        the position itself and those before it; gradients reach q, k and v
    raises: ValueError when K does not divide H

    >>> q, v = torch.zeros(1, 4, 2, 1), torch.tensor([[[[2.]] * 2, [[6.]] * 2]])
    >>> grouped_attention(q, v, v)[0, :, 1, 0].tolist()
    [2.0, 2.0, 6.0, 6.0]
    """
    (B, H, T, D), K = q.shape, k.shape[1]
    if H % K:
        raise ValueError(f"{K} heads of keys cannot be shared evenly by {H} heads of queries; "
                         f"choose a number that divides {H}")
    together = q.reshape(B, K, H // K * T, D)
    scores = (together / D**0.5) @ k.mT  # (B, K, G * T, T)
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)  # (T, T)
    mixed = scores.masked_fill(future.repeat(H // K, 1), -torch.inf).softmax(-1) @ v
    return mixed.view(B, H, T, D)


def cache_numbers(n_layers, n_kv_heads, head_width, tokens):
    """How many numbers a cache keeps for one text: a key and a value for each layer, key head and token.

    all: whole numbers, 0 or more   returns: a whole number

    >>> cache_numbers(n_layers=1, n_kv_heads=2, head_width=3, tokens=5)
    60
    """
    return 2 * n_layers * n_kv_heads * head_width * tokens


class ModernAttention(nn.Module):
    """Causal attention in which G = H / K heads of queries share each of the K heads of keys and values.

    x: (B, T, C)   positions: (T,), None means 0 to T − 1   returns: (B, T, C)
    config: a ModernConfig   window: see `visible`

    The G queries that share a key head stand one under the other: q is (B, K, G · T, D), k and v (B, K, T, D). So
    products, the cache and whatever reads the weights work as with heads that share nothing.
    """

    def __init__(self, config, window=None):
        super().__init__()
        H, K, D, C = config.n_heads, config.n_kv_heads, config.head_width, config.d_model
        self.n_heads, self.n_kv_heads, self.head_width, self.window = H, K, D, window
        self.rope_base = config.rope_base if config.positions == "rope" else None
        self.qkv = nn.Linear(C, (H + 2 * K) * D, bias=config.bias or config.qkv_bias)
        self.out = nn.Linear(H * D, C, bias=config.bias)
        self.q_norm = RMSNorm(D, config.norm_epsilon) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(D, config.norm_epsilon) if config.qk_norm else nn.Identity()

    def project(self, x, positions=None):
        """x: (B, T, C)   returns: q (B, K, G · T, D), k and v (B, K, T, D); q and k are turned by their positions"""
        B, T, _ = x.shape
        H, K, D = self.n_heads, self.n_kv_heads, self.head_width
        heads = self.qkv(x).view(B, T, H + 2 * K, D).transpose(1, 2)  # (B, H + 2 * K, T, D)
        q, k, v = heads.split([H, K, K], dim=1)
        q = self.q_norm(q)  # (B, H, T, D)
        k = self.k_norm(k)  # (B, K, T, D)
        if self.rope_base is not None:
            positions = torch.arange(T, device=x.device) if positions is None else positions
            q, k = rotate(q, positions, self.rope_base), rotate(k, positions, self.rope_base)
        return q.reshape(B, K, H // K * T, D), k, v

    def hidden(self, T, S, like):
        """returns: (G · T, S), -inf where a query must not look, else 0, on the device and in the dtype of `like`"""
        see = visible(T, S, self.window, like.device)  # (T, S)
        hide = torch.zeros(T, S, dtype=like.dtype, device=like.device).masked_fill_(~see, -torch.inf)  # (T, S)
        return hide.repeat(self.n_heads // self.n_kv_heads, 1)

    def weights(self, q, k):
        """q: (B, K, G · T, D), the last T of S positions   k: (B, K, S, D)

        returns: (B, K, G · T, S), rows of sum one
        """
        T, S, D = q.shape[-2] * self.n_kv_heads // self.n_heads, k.shape[-2], q.shape[-1]
        scores = (q / D**0.5) @ k.mT  # (B, K, G * T, S)
        if T > 1 or self.window is not None:  # a single query, the last, may look anywhere
            scores = scores + self.hidden(T, S, scores)
        return scores.softmax(-1)

    def merge(self, heads):
        """heads: (B, K, G · T, D)   returns: (B, T, C), mixed by the output layer"""
        B, K, rows, D = heads.shape
        heads = heads.reshape(B, self.n_heads, rows * K // self.n_heads, D)  # (B, H, T, D)
        return self.out(heads.transpose(1, 2).flatten(2))  # (B, T, C)

    def forward(self, x, positions=None):
        q, k, v = self.project(x, positions)
        return self.merge(self.weights(q, k) @ v)


def mix_by_products(attention, q, k, v):
    """What the weights do to the values, by one product, a softmax and one product. Shapes: those of `weights`"""
    B, K, rows, D = q.shape
    T = k.shape[-2]
    q, k, v = (part.reshape(B * K, -1, D) for part in (q, k, v))
    scores = torch.baddbmm(attention.hidden(T, T, q), q, k.mT, alpha=D**-0.5)  # (B * K, G * T, T)
    return (scores.softmax(-1) @ v).view(B, K, rows, D)


def mix_fused(attention, q, k, v):
    """The same by torch's own kernel."""
    B, K, rows, D = q.shape
    T, H = k.shape[-2], attention.n_heads
    see = None if attention.window is None else visible(T, T, attention.window, q.device)
    mixed = functional.scaled_dot_product_attention(q.view(B, H, T, D), k, v, see, is_causal=see is None,
                                                    enable_gqa=H != K)  # (B, H, T, D)
    return mixed.reshape(B, K, rows, D)


def attend(mix, attention, x, positions=None):
    return attention.merge(mix(attention, *attention.project(x, positions)))


register_fused(ModernAttention, partial(attend, mix_by_products), ["products"])
register_fused(ModernAttention, partial(attend, mix_fused), ["fused"])

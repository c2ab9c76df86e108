"""The block: attention moves between positions, an MLP thinks at each, and both only add to the stream they read."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.attention import CausalSelfAttention

ACTIVATIONS = ("gelu", "gelu_tanh")


class LayerNorm(nn.Module):
    """Give each position's channels mean 0 and variance 1, then a learned scale and shift.

    x: (..., C)   returns: (..., C)

    The statistics are of one position alone, so neither the batch nor the future can leak in.
    Ba, Kiros and Hinton 2016, Layer Normalization, section 3.
    """

    def __init__(self, d_model, bias=True, epsilon=1e-5):
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)  # each (..., 1)
        # epsilon stands inside the root, so that a position with equal channels gives 0 and not 0 / 0
        x = (x - mean) * torch.rsqrt(variance + self.epsilon) * self.weight
        return x if self.bias is None else x + self.bias


class MLP(nn.Module):
    """Widen each position to four times its channels, bend, and come back; no position sees another.

    x: (..., C)   returns: (..., C)

    activation: "gelu" is x · Φ(x) exactly (with erf); "gelu_tanh" is the approximation that GPT-2 was trained with.
    Hendrycks and Gimpel 2016, Gaussian Error Linear Units, section 2.
    """

    def __init__(self, d_model, activation="gelu", bias=True):
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}; choose one of {', '.join(ACTIVATIONS)}")
        self.approximate = "tanh" if activation == "gelu_tanh" else "none"
        self.up = nn.Linear(d_model, 4 * d_model, bias=bias)
        self.down = nn.Linear(4 * d_model, d_model, bias=bias)

    def forward(self, x):
        return self.down(functional.gelu(self.up(x), approximate=self.approximate))


class Block(nn.Module):
    """Attention, then an MLP; each reads a normed copy of the stream and adds what it found.

    x: (B, T, C)   positions: (T,) passed on to the attention   returns: (B, T, C)

    The norm stands before the part and not after the sum, so the stream itself runs untouched from the first block
    to the last (Xiong et al. 2020, On Layer Normalization in the Transformer Architecture, section 3).
    """

    def __init__(self, d_model, n_heads, activation="gelu", bias=True):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = CausalSelfAttention(d_model, n_heads, bias=bias)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)

    def forward(self, x, positions=None):
        x = x + self.attention(self.attention_norm(x), positions)
        return x + self.mlp(self.mlp_norm(x))

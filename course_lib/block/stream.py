"""The residual stream: how parts are joined to it, and the block that is made of two of them.

In a block the norms stand before the parts and not after the sums, so that the stream runs untouched from the first
block to the last. Xiong et al. 2020, On Layer Normalization in the Transformer Architecture, section 3.
"""

from torch import nn

from course_lib.attention import CausalSelfAttention

from .parts import MLP, Dropout, LayerNorm


def connect(x, part, norm, how):
    """Put one part (an attention, an MLP) to work on the stream x, in one of four ways.

    x: (..., C)   part, norm: functions of (..., C) that give (..., C)   returns: (..., C)
    how: "no residual"   what the part makes of the normed stream takes the stream's place
         "no norm"       what the part makes of the stream is added to it
         "post-norm"     x plus what the part makes of x, and the sum is normed
         "pre-norm"      what the part makes of the normed stream is added to the stream itself
    raises: ValueError for any other `how`

    >>> connect(1.0, lambda x: 10 * x, lambda x: x + 1, "no norm")
    11.0
    """
    if how == "no residual":
        return part(norm(x))
    if how == "no norm":
        return x + part(x)
    if how == "post-norm":
        return norm(x + part(x))
    if how == "pre-norm":
        return x + part(norm(x))
    raise ValueError(f"how is {how!r}; choose no residual, no norm, post-norm or pre-norm")


class DroppingAttention(CausalSelfAttention):
    """Causal attention that drops some of its weights while training.

    x: (B, T, C)   positions: (T,) or None   returns: (B, T, C)
    """

    def __init__(self, d_model, n_heads, bias=True, dropout=0.0):
        super().__init__(d_model, n_heads, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        q, k, v = self.project(x, positions)
        return self.merge(self.dropout(self.weights(q, k)) @ v)


class Block(nn.Module):
    """Attention, then an MLP; each reads a normed copy of the stream and adds what it found.

    x: (B, T, C)   positions: (T,), passed on to the attention   returns: (B, T, C)
    dropout: the share that is dropped of what each part adds, and of the attention's weights

    >>> Block(6, 2)(nn.Embedding(5, 6).weight[None]).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))

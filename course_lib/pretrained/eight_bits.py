"""Weights kept in 8 bits: writing a token at a time, a machine waits for the weights, and these are a quarter as many.

Dettmers et al. 2022, LLM.int8(), section 2.1 (a scale for each row).
"""

import torch
from torch import nn
from torch.nn import functional


def quantise_rows(weight):
    """Each row as whole numbers of 8 bits and one scale.

    weight: (N, K), floats
    returns: whole (N, K), int8, and scales (N,), float32, so that whole · scales[:, None] is the
        weight up to half a scale: a row's scale is its largest magnitude / 127, and of each number
        the nearest multiple is kept; of a row of zeros, or one so small that this is no normal
        float32, the scale is 1

    >>> whole, scales = quantise_rows(torch.tensor([[254.0, -1.2], [0.0, 0.0]]))
    >>> whole.tolist(), scales.tolist()
    ([[127, -1], [0, 0]], [2.0, 1.0])
    """
    largest = weight.float().abs().amax(1)  # (N,)
    scales = largest / 127  # (N,)
    normal = scales >= torch.finfo(torch.float32).tiny  # below it floats lose digits, down to 0
    scales = torch.where(normal, scales, torch.ones_like(scales))
    return (weight / scales[:, None]).round().to(torch.int8), scales


class EightBitLinear(nn.Module):
    """A Linear that keeps its weights in 8 bits, for use and not for learning. x: (..., K)   returns: (..., N)

    On CPUs torch multiplies the whole numbers as they are, by inputs in bfloat16; elsewhere, and where K or N is no
    multiple of 64, for which torch's kernel reads beyond the end, they are spelled out first.
    """

    def __init__(self, linear):
        super().__init__()
        whole, scales = quantise_rows(linear.weight.detach())
        self.register_buffer("whole", whole)
        self.register_buffer("scales", scales)
        self.register_buffer("ones", torch.ones_like(scales, dtype=torch.bfloat16), persistent=False)
        self.bias = linear.bias
        self.whole_blocks = all(size % 64 == 0 for size in whole.shape)

    def forward(self, x):
        if self.whole_blocks and x.device.type == "cpu":
            rows = x.reshape(-1, x.shape[-1]).bfloat16()
            out = torch._weight_int8pack_mm(rows, self.whole, self.ones).view(*x.shape[:-1], -1)  # (..., N)
        else:
            out = functional.linear(x, self.whole.to(x.dtype))  # (..., N)
        out = (out * self.scales).to(x.dtype)
        return out if self.bias is None else out + self.bias


def to_eight_bits(model):
    """Let every Linear of a model keep its weights in 8 bits. The model itself is changed, and returned.

    A head that is the token embedding gets a copy in 8 bits; the embedding, of which a row is read at a time, stays.
    """
    for module in list(model.modules()):
        for name, part in list(module.named_children()):
            if type(part) is nn.Linear:
                setattr(module, name, EightBitLinear(part))
    return model

"""RMSNorm: the size of a vector made one, its mean left alone.

Zhang and Sennrich 2019, Root Mean Square Layer Normalization, section 4.
"""

import torch
from torch import nn

from course_lib.training import register_fused


def rms_norm(x, weight, epsilon=1e-5):
    """RMSNorm of one position, in plain Python: the mean of the squares becomes 1, then a scale.

    x, weight: C numbers each
    returns: C numbers, each weight · number / √(mean of the squares of all numbers + epsilon)
    raises: ValueError when the two are not equally long, or empty

    >>> [round(y, 3) for y in rms_norm([1.0, 7.0], weight=[1.0, 10.0])]
    [0.2, 14.0]
    """
    if not len(x) == len(weight) > 0:
        raise ValueError(f"x has {len(x)} numbers and weight {len(weight)}; wanted are as many of each, one or more")
    size = (sum(number * number for number in x) / len(x) + epsilon) ** 0.5
    return [w * number / size for number, w in zip(x, weight, strict=True)]


class RMSNorm(nn.Module):
    """`rms_norm` of every position, with a learned scale. x: (..., C)   returns: (..., C), in x's dtype

    In half precision the squares are summed in float32, where they cannot overflow.
    """

    def __init__(self, d_model, epsilon=1e-5):
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        exact = x if x.dtype == torch.float64 else x.float()
        normed = exact * torch.rsqrt(exact.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return normed.to(x.dtype) * self.weight


def fused_rms_norm(norm, x):
    """The same in fewer steps. In bfloat16, which has float32's range, the squares themselves cannot overflow."""
    size = x.square().mean(-1, keepdim=True, dtype=torch.float32) + norm.epsilon
    return x * torch.rsqrt(size).to(x.dtype) * norm.weight


register_fused(RMSNorm, fused_rms_norm)

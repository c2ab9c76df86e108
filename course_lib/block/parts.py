"""What a block is made of, besides attention: a norm, an MLP, and dropout."""

import torch
from torch import nn
from torch.nn import functional

ACTIVATIONS = ("gelu", "gelu_tanh")


def layer_norm(x, weight, bias, epsilon=1e-5):
    """Layer norm of one position, in plain Python: mean 0 and variance 1, then a scale and a shift.

    x, weight, bias: C numbers each
    returns: C numbers, each weight · (number − mean) / √(variance + epsilon) + bias
        the variance is the mean of the squared distances from the mean
    raises: ValueError when the three are not equally long, or empty

    >>> [round(y, 3) for y in layer_norm([1.0, 3.0], weight=[1.0, 10.0], bias=[0.0, 5.0])]
    [-1.0, 15.0]
    """
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError(f"x has {len(x)} numbers, weight {len(weight)} and bias {len(bias)}; "
                         "wanted are as many of each, one or more")
    mean = sum(x) / len(x)
    variance = sum((number - mean) ** 2 for number in x) / len(x)
    size = (variance + epsilon) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=True)]


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
    """Widen each position to four times its channels, bend, come back; no position sees another.

    x: (..., C)   returns: (..., C)

    activation: "gelu" is x · Φ(x) exactly (with erf), "gelu_tanh" GPT-2's approximation of it
    Hendrycks and Gimpel 2016, Gaussian Error Linear Units, section 2.
    """

    def __init__(self, d_model, activation="gelu", bias=True):
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}; "
                             f"choose one of {', '.join(ACTIVATIONS)}")
        self.approximate = "tanh" if activation == "gelu_tanh" else "none"
        self.up = nn.Linear(d_model, 4 * d_model, bias=bias)
        self.down = nn.Linear(4 * d_model, d_model, bias=bias)

    def forward(self, x):
        return self.down(functional.gelu(self.up(x), approximate=self.approximate))


class Dropout(nn.Module):
    """While training, drop each number with probability p, by chance anew in every call.

    x: any shape, finite floats   returns: the same shape, dtype and device
        a number that is dropped becomes 0, one that is kept is divided by 1 − p, so that the mean
        stays what it was; in evaluation (`self.training` is False) and with p = 0 nothing changes
    raises: ValueError unless 0 <= p < 1

    >>> Dropout(0.5).eval()(torch.tensor([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"dropout is {p}; it is a probability, from 0 to below 1")
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped, 0.0) / (1 - self.p)

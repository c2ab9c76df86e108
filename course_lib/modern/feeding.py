"""What stands in place of the MLP with GELU: a gate beside it, or a simpler bend.

Shazeer 2020, GLU Variants Improve Transformer, section 2; So et al. 2021, Primer: Searching for Efficient Transformers
for Language Modeling, section 4.
"""

from torch import nn
from torch.nn import functional


class SwiGLU(nn.Module):
    """An MLP with a gate: down(silu(gate · x) · (up · x)), silu(z) = z · sigmoid(z).

    x: (..., C)   returns: (..., C)   d_hidden: how wide it is inside
    """

    def __init__(self, d_model, d_hidden, bias=False):
        super().__init__()
        self.gate = nn.Linear(d_model, d_hidden, bias=bias)
        self.up = nn.Linear(d_model, d_hidden, bias=bias)
        self.down = nn.Linear(d_hidden, d_model, bias=bias)

    def forward(self, x):
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class SquaredReLU(nn.Module):
    """An MLP whose bend is max(z, 0)². x: (..., C)   returns: (..., C)   d_hidden: how wide it is inside"""

    def __init__(self, d_model, d_hidden, bias=False):
        super().__init__()
        self.up = nn.Linear(d_model, d_hidden, bias=bias)
        self.down = nn.Linear(d_hidden, d_model, bias=bias)

    def forward(self, x):
        return self.down(functional.relu(self.up(x)).square())

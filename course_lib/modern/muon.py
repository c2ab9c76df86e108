"""Muon: a matrix moves by an orthogonal step, so that every direction of it learns at the same speed.

Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks. The iteration is that of Newton and Schulz:
Bernstein and Newhouse 2024, Old Optimizer, New Norm: An Anthology, appendix A.
"""

from dataclasses import dataclass

import torch

from course_lib.learning import adamw_step
from course_lib.training import Recipe
from course_lib.training.engine import DTYPES

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def newton_schulz(matrix, steps=5):
    """Bring all singular values of a matrix near 1 and keep its directions, by products alone.

    matrix: (..., M, N), floats; one of many matrices, each by itself   steps: how many times, 0 or more
    returns: (..., M, N), on the matrix's device and in its dtype
        X is at first matrix / (its Frobenius norm + 1e-7), and then, `steps` times, becomes
        a · X + (b · A + c · A · A) · X with A = X · Xᵀ and a, b, c = 3.4445, −4.7750, 2.0315;
        matrices of more rows than columns are transposed before and after, so that A is small

    >>> [round(x, 3) for x in newton_schulz(torch.diag(torch.tensor([3.0, -4.0])), 0).diag().tolist()]
    [0.6, -0.8]
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X


class Muon(torch.optim.Optimizer):
    """Muon for the groups that say "muon": True, `adamw_step` for the others.

    groups: as `learning.parameter_groups` makes them   momentum: of the running sum of gradients
    dtype: in which `newton_schulz` is computed; bfloat16 has digits enough, where the machine is quick in it
    A matrix (M, N) shrinks by the factor 1 − lr · weight_decay and then moves by −lr · √max(1, M / N) ·
    newton_schulz(gradient + momentum · velocity), where velocity is the gradient + momentum · the velocity before.
    """

    def __init__(self, groups, lr=0.02, momentum=0.95, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0,
                 dtype=torch.float32):
        self.dtype = dtype
        super().__init__(groups, dict(lr=lr, momentum=momentum, betas=betas, eps=eps, weight_decay=weight_decay,
                                      muon=False))

    @torch.no_grad()
    def step(self, closure=None):
        if closure is not None:
            raise ValueError("Muon computes no loss again: call step() without a closure")
        for group in self.param_groups:
            moving = [parameter for parameter in group["params"] if parameter.grad is not None]
            if group["muon"]:
                for shape in dict.fromkeys(parameter.shape for parameter in moving):
                    self.turn([parameter for parameter in moving if parameter.shape == shape], group)
            else:
                options = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
                for parameter in moving:
                    adamw_step(parameter, parameter.grad, self.state[parameter], **options)

    def turn(self, parameters, group):
        """Move matrices of one shape, all at once: many small products take longer than one of many."""
        for parameter in parameters:
            if "velocity" not in self.state[parameter]:
                self.state[parameter]["velocity"] = torch.zeros_like(parameter)
            self.state[parameter]["velocity"].mul_(group["momentum"]).add_(parameter.grad)
        ahead = torch.stack([parameter.grad + group["momentum"] * self.state[parameter]["velocity"]
                             for parameter in parameters])  # (n, M, N)
        M, N = ahead.shape[1:]
        far = group["lr"] * max(1, M / N) ** 0.5
        for parameter, step in zip(parameters, newton_schulz(ahead.to(self.dtype)), strict=True):
            parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(step.to(parameter.dtype), alpha=-far)


@dataclass(frozen=True)
class MuonRecipe(Recipe):
    """A training.Recipe whose matrices are moved by Muon.

    muon_rate: their peak; `rate` is that of norms and biases alone   muon_decay: how much they shrink
    muon_precision: "fp32" or "bf16", see Muon's dtype
    """

    muon_rate: float = 0.02
    muon_decay: float = 0.025
    muon_precision: str = "fp32"

    def optimizer(self, model):
        groups = Recipe.optimizer(self, model).param_groups
        chosen = []
        for group in groups:
            own = {"muon": True, "lr": self.muon_rate, "peak": self.muon_rate, "weight_decay": self.muon_decay}
            kept = {name: group[name] for name in ("name", "params", "lr", "peak", "weight_decay")}
            chosen.append({**kept, **(own if group["name"] == "matrices" else {})})
        return Muon(chosen, betas=self.betas, eps=self.eps, dtype=DTYPES[self.muon_precision])

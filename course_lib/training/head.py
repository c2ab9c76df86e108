"""The loss of a batch without all of its bets in memory at once: a few rows of logits at a time, and their slope too.

The logits are by far the largest thing in a training step: for 16 × 192 positions and 2,048 tokens 25 MB in float32,
written, read, written again. Here some hundred positions are bet on, their loss taken and their gradient computed
while they still lie in the processor's cache, and then they are forgotten.
Nothing is approximate: it is `cross_entropy(x @ weight.T, targets)`, softmax and sums in float32.
"""

import torch
from torch.nn import functional

ROWS = 512  # positions at a time: 4 MB of logits at 2,048 tokens


class HeadLoss(torch.autograd.Function):
    """`HeadLoss.apply(x, weight, targets, bias)`: the mean cross entropy of the bets `x @ weight.T + bias`, in nats.

    x: (N, C), what the last norm gives   weight: (V, C)   targets: (N,)   bias: (V,) or None   returns: (), float32
    The gradient of a mean of −log softmax at a logit is (probability − 1 if it is the target's) / N, so it is known
    as soon as the loss is: both are computed on the way forward.
    """

    @staticmethod
    def forward(context, x, weight, targets, bias=None):
        N = len(x)
        loss, dx, dweight = 0.0, torch.empty_like(x), torch.zeros_like(weight, dtype=torch.float32)
        dbias = None if bias is None else torch.zeros_like(bias, dtype=torch.float32)
        for first in range(0, N, ROWS):
            rows = x[first : first + ROWS]  # (R, C)
            wanted = targets[first : first + ROWS, None]  # (R, 1)
            bets = functional.linear(rows, weight, bias).float()  # (R, V)
            largest = bets.amax(-1, keepdim=True)  # (R, 1)
            slope = bets.softmax(-1)  # (R, V)
            # the largest probability is 1 / Σ exp(bet - largest bet): so its logarithm is that of the sum
            loss += (largest - bets.gather(-1, wanted) - slope.amax(-1, keepdim=True).log()).sum()
            slope.scatter_add_(-1, wanted, torch.full_like(largest, -1))
            if bias is not None:
                dbias += slope.sum(0)
            slope = slope.to(x.dtype)
            dx[first : first + ROWS] = slope @ weight
            dweight += slope.T @ rows
        context.save_for_backward(dx / N, (dweight / N).to(weight.dtype),
                                  None if bias is None else (dbias / N).to(bias.dtype))
        return loss / N

    @staticmethod
    def backward(context, slope):
        dx, dweight, dbias = context.saved_tensors
        return dx * slope, dweight * slope, None, None if dbias is None else dbias * slope

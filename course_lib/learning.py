"""Learning: AdamW, how fast to go, a gradient that is too long, what to shrink, and a plain loop of it all."""

import math

import torch

from course_lib.bigram import cross_entropy


class AdamW(torch.optim.Optimizer):
    """Steps of about lr in every direction whose gradient keeps its sign, and smaller ones where it keeps changing.

    parameters: tensors, or groups {"params": tensors, "lr": …, "betas": …, "eps": …, "weight_decay": …}, where what a
        group does not say is as given here
    Two running means are kept of each gradient: of itself (betas[0]) and of its square (betas[1]). Both start at zero
    and are divided by 1 − beta^t, so that the first steps are not too small. The decay shrinks the weight itself and
    never enters the means: that is the W.

    Kingma and Ba 2015, Adam, algorithm 1; Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, section 2.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        for name, value, allowed in (("lr", lr, lr >= 0), ("eps", eps, eps >= 0),
                                     ("betas", betas, all(0 <= beta < 1 for beta in betas)),
                                     ("weight_decay", weight_decay, weight_decay >= 0)):
            if not allowed:
                raise ValueError(f"{name} is {value}; rates, eps and decay are at least 0, betas from 0 to below 1")
        super().__init__(parameters, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        """Move every parameter that has a gradient; closure: computes the loss again, if given.   returns: its loss"""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.move(parameter, group)
        return loss

    def move(self, parameter, group):
        """One step of one parameter, in place."""
        state, gradient = self.state[parameter], parameter.grad
        if not state:
            state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(parameter),
                         exp_avg_sq=torch.zeros_like(parameter))  # torch's own names, so that either loads the other's
        (beta1, beta2), mean, square = group["betas"], state["exp_avg"], state["exp_avg_sq"]
        state["step"] += 1
        t = state["step"].item()
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        size = (square / (1 - beta2**t)).sqrt_().add_(group["eps"])
        parameter.addcdiv_(mean, size, value=-group["lr"] / (1 - beta1**t))


def learning_rate(step, peak, warmup, total, floor=0.0):
    """The rate of step 0, 1, 2, …: up in a line for `warmup` steps, then down along half a cosine to `floor`.

    Step 0 has already peak / warmup (a rate of zero would waste it), step warmup − 1 has the peak, step total − 1 has
    the floor, and so has every step after it: the rate never climbs again. A run of a single step takes it at the peak.
    raises: ValueError when the warm-up would not end before the run does, or the floor lies above the peak

    >>> [round(learning_rate(step, peak=1.0, warmup=2, total=6, floor=0.2), 3) for step in range(8)]
    [0.5, 1.0, 0.883, 0.6, 0.317, 0.2, 0.2, 0.2]
    """
    if not 0 <= warmup < total:
        raise ValueError(f"a warm-up of {warmup} steps does not end within a run of {total}; "
                         f"choose warmup from 0 to {total - 1}")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError(f"step is {step}, floor {floor} and peak {peak}; wanted are step >= 0 and 0 <= floor <= peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)  # the step that has the peak
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


def trapezoid_rate(step, peak, warmup, hold, total, floor=0.0):
    """The rate of step 0, 1, 2, …: up in a line for `warmup` steps, level to step `hold`, then in a line to `floor`.

    Step 0 has already peak / warmup, step `hold` is the last with the peak, step total − 1 has the floor, and so has
    every step after it. A hold that would end before the warm-up does waits for it. A run of a single step takes it at
    the peak.
    raises: ValueError when the warm-up or the hold would not end before the run does, or the floor lies above the peak

    Hägele et al. 2024, Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations, section 3.

    >>> [round(trapezoid_rate(step, peak=1.0, warmup=2, hold=3, total=6, floor=0.2), 3) for step in range(8)]
    [0.5, 1.0, 1.0, 1.0, 0.6, 0.2, 0.2, 0.2]
    """
    for name, steps, most in ("warm-up", warmup, total - 1), ("hold", hold, max(total - 2, 0)):
        if not 0 <= steps <= most:
            raise ValueError(f"a {name} of {steps} steps does not end within a run of {total}; "
                             f"choose it from 0 to {most}")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError(f"step is {step}, floor {floor} and peak {peak}; wanted are step >= 0 and 0 <= floor <= peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(hold, warmup - 1)  # the last step that has the peak
    done = min(max(step - top, 0) / max(total - 1 - top, 1), 1.0)
    return peak - (peak - floor) * done


class NotFinite(ValueError):
    """Gradients that are NaN or infinite."""


@torch.no_grad()
def clip_gradients(parameters, max_norm):
    """Shorten all gradients together, in place, so that they are no longer than max_norm; their direction stays.

    parameters: tensors with or without a gradient, or one tensor   returns: (), the length that they had
    raises: NotFinite, a ValueError, when a gradient is not finite: scaled down it would make every parameter NaN

    Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, section 3.2.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; it must be above 0 (math.inf measures and clips nothing)")
    parameters = [parameters] if torch.is_tensor(parameters) else parameters  # to walk through one gives its rows
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    if not norm.isfinite():
        raise NotFinite(f"the gradients' length is {norm.item()}: the loss is not finite or has overflowed; "
                        "look at the batch, lower the rate, or compute the loss in float32")
    scale = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(scale)
    return norm


def parameter_groups(model, weight_decay=0.1, lr=None, embedding_lr=None):
    """Parameters for AdamW: matrices, which decay; embeddings and the head; norms and biases. The last two do not.

    weight_decay: of the matrices   lr: of matrices, norms and biases   embedding_lr: of embeddings and head
        (None leaves a rate to the optimizer)
    returns: groups {"name", "params", "weight_decay"} and "lr" where one was given; each parameter is in exactly one.
    Shrinking a norm's scale, a bias or a rare token's vector towards zero makes nothing simpler, so they are left.
    """
    embeddings = {id(p) for module in model.modules() if isinstance(module, torch.nn.Embedding)
                  for p in module.parameters(recurse=False)}
    head = getattr(model, "head", None)
    if head is not None:
        embeddings.update(id(p) for p in head.parameters() if p.ndim == 2)
    parts = {"matrices": [], "embeddings": [], "vectors": []}
    for parameter in model.parameters():
        if parameter.requires_grad:
            part = "embeddings" if id(parameter) in embeddings else "matrices" if parameter.ndim >= 2 else "vectors"
            parts[part].append(parameter)
    groups = []
    for name, parameters in parts.items():
        rate = embedding_lr if name == "embeddings" else lr
        if parameters:
            groups.append({"name": name, "params": parameters, "weight_decay": weight_decay * (name == "matrices"),
                           **({} if rate is None else {"lr": rate})})
    return groups


def practise(model, at, steps, rate, curve=None):
    """The training loop: a step on at(0), at(1), …, each a pair of inputs and targets.

    returns: the model
    rate: the peak
    curve: a show.LossCurve, which shows each loss, and whose button ends the run early
    """
    optimizer = AdamW(model.parameters(), lr=rate)
    for step in range(steps) if curve is None else curve.steps(steps):
        now = learning_rate(step, rate, warmup=steps // 20 + 1, total=steps + 1)
        optimizer.param_groups[0]["lr"] = now
        inputs, targets = at(step)
        loss = cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if curve is not None:
            curve.log(step, train=loss)
    return model

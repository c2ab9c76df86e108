"""Which way to step once the gradients are there: SGD, AdamW, a length limit, and what to shrink.

Polyak 1964, Some methods of speeding up the convergence of iteration methods; Sutskever, Martens, Dahl and Hinton 2013,
On the importance of initialization and momentum in deep learning, section 2. Kingma and Ba 2015, Adam, algorithm 1;
Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, section 2.
"""

import torch


def momentum_step(parameter, gradient, state, lr, momentum):
    """One step of gradient descent with momentum, in place: a ball that each gradient pushes.

    parameter, gradient: tensors of one shape; the gradient is left as it is
    state: a dict, empty before the first step; state["velocity"] is the first gradient,
        and from then on momentum · itself + gradient
    Each step moves the parameter by −lr · velocity. With momentum 0 this is gradient descent.

    >>> w, g, state = torch.tensor([1.0]), torch.tensor([2.0]), {}
    >>> for _ in range(2): momentum_step(w, g, state, lr=0.1, momentum=0.5)
    >>> round(w.item(), 3)
    0.5
    """
    velocity = state.get("velocity")
    state["velocity"] = gradient.clone() if velocity is None else momentum * velocity + gradient
    parameter -= lr * state["velocity"]


def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    """One step of AdamW, in place: about lr in every direction whose gradient keeps its sign.

    parameter, gradient: tensors of one shape; the gradient is left as it is
    state: a dict, empty before the first step; then state["step"] counts the steps from 1, and
        state["exp_avg"] and state["exp_avg_sq"] are running means, which begin at 0, of the
        gradient (mean = beta1 · mean + (1 − beta1) · gradient) and of its square (with beta2)
    betas: the pair (beta1, beta2)
    First the parameter shrinks by the factor 1 − lr · weight_decay. Then it moves by
    −lr · m / (√s + eps), where m and s are the two means divided by 1 − beta ** step, each by
    its own beta.

    >>> w, g = torch.tensor([1.0, 1.0]), torch.tensor([8.0, -0.001])
    >>> adamw_step(w, g, {}, lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    >>> [round(x, 3) for x in w.tolist()]
    [0.9, 1.1]
    """
    if not state:  # torch's own names and kinds, so that either loads the other's
        state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(parameter),
                     exp_avg_sq=torch.zeros_like(parameter))
    (beta1, beta2), mean, square = betas, state["exp_avg"], state["exp_avg_sq"]
    state["step"] += 1
    t = state["step"].item()
    parameter.mul_(1 - lr * weight_decay)
    mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
    square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    size = (square / (1 - beta2**t)).sqrt_().add_(eps)
    parameter.addcdiv_(mean, size, value=-lr / (1 - beta1**t))


class Optimizer(torch.optim.Optimizer):
    """What moves a model's parameters: one `move` for each that has a gradient. The groups are torch's own."""

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
                    self.move(parameter, self.state[parameter], group)
        return loss


class SGD(Optimizer):
    """`momentum_step` for every parameter. parameters: tensors, or groups of them   momentum: from 0 to below 1"""

    def __init__(self, parameters, lr, momentum=0.0):
        if not (lr >= 0 and 0 <= momentum < 1):
            raise ValueError(f"lr is {lr} and momentum {momentum}; a rate is at least 0, momentum from 0 to below 1")
        super().__init__(parameters, dict(lr=lr, momentum=momentum))

    def move(self, parameter, state, group):
        momentum_step(parameter, parameter.grad, state, group["lr"], group["momentum"])


class AdamW(Optimizer):
    """`adamw_step` for every parameter.

    parameters: tensors, or groups {"params": tensors, "lr": …, "betas": …, "eps": …, "weight_decay": …}, where what a
        group does not say is as given here
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        for name, value, allowed in (("lr", lr, lr >= 0), ("eps", eps, eps >= 0),
                                     ("betas", betas, all(0 <= beta < 1 for beta in betas)),
                                     ("weight_decay", weight_decay, weight_decay >= 0)):
            if not allowed:
                raise ValueError(f"{name} is {value}; rates, eps and decay are at least 0, betas from 0 to below 1")
        super().__init__(parameters, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    def move(self, parameter, state, group):
        options = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
        adamw_step(parameter, parameter.grad, state, **options)


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

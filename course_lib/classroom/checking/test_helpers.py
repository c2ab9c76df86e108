"""Helpers for hidden tests: what an implementation raises, its gradients, how often a sampler draws what."""

import builtins

import torch


def raised(impl, *args, names=None, **kwargs):
    """What a call raises: None, or [its built-in base class, whether the message names the given value].

    names: the value that the message has to name; None asks for no name, and gives None in its place.
    """
    try:
        impl(*args, **kwargs)
    except NotImplementedError:
        raise                       # not an answer: the body has not been written yet
    except Exception as error:
        base = next(c.__name__ for c in type(error).__mro__ if vars(builtins).get(c.__name__) is c)
        return [base, None if names is None else str(names) in str(error)]
    return None


def grads(impl, inputs, upstream=None):
    """Gradients by name: of every floating-point input, and of the parameters where impl is a module.

    inputs: {name: tensor}, passed in this order. upstream: what flows back into the output, in its shape; None
    where the output is one number. A gradient that never arrives is None, which is not a zero.
    """
    leaves = {name: x.detach().clone().requires_grad_(x.is_floating_point()) for name, x in inputs.items()}
    wanted = {name: x for name, x in leaves.items() if x.requires_grad}
    if isinstance(impl, torch.nn.Module):
        wanted |= dict(impl.named_parameters())
    for p in wanted.values():
        p.grad = None
    out = impl(*leaves.values())
    if not (torch.is_tensor(out) and out.requires_grad):
        return {name: None for name in wanted}
    out.backward(upstream)
    return {name: p.grad for name, p in wanted.items()}


def parameters(model):
    """{name: a copy of the parameter}, to be compared after a step of training."""
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def frequencies(samples, n_kinds):
    """Which share of the samples is 0, 1, …, n_kinds - 1. (n_kinds)"""
    samples = torch.as_tensor(samples).flatten().long()
    return torch.bincount(samples, minlength=n_kinds).double() / max(len(samples), 1)


def near(measured, exact, within):
    """True where two rows of numbers have one shape and differ by no more than `within` anywhere."""
    measured, exact = torch.as_tensor(measured).double(), torch.as_tensor(exact).double()
    return measured.shape == exact.shape and bool(((measured - exact).abs() <= within).all())

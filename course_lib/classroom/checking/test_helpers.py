"""Helpers for hidden tests: what an implementation raises, its gradients, how often a sampler draws what."""

import builtins
import numbers
from dataclasses import dataclass

import torch

from .pretended_device import PretendedDevice, located, moved

CUT = "no gradient arrives: on the way something is detached, or made anew of plain numbers"
UNRAISED = "no error"


@dataclass(frozen=True)
class Precise:
    """A value of a hidden test that is compared at relative precision alone: small numbers count like large ones."""

    value: object
    within: float


def precise(value, within=1e-4):
    """Compare this step's numbers by their relative error alone, which hides no rounding and no floor.

    within: 1e-4 suits float32, where nothing cancels out; 1e-9 Python's own floats.
    """
    return Precise(value, within)


def in_place(impl):
    """The function where changing its arguments is what it is for: they are not watched, and not put back."""
    return impl.in_place


def elsewhere(impl, *things):
    """What impl gives where these tensors and modules live on another device: each tensor beside its device.

    What is not among `things` stays on the CPU, and so do the tensors that impl makes without a device.
    """
    with PretendedDevice():
        return located(impl(*map(moved, things)))


def type_of(value):
    """What kind of thing came back: "a plain number" (numpy's count) or the name of its type."""
    return "a plain number" if isinstance(value, numbers.Real) else type(value).__name__


def raised(impl, *args, names=None, **kwargs):
    """What a call raises: "no error", or its built-in base class, and whether the message names the given value.

    names: the value that the message has to name, where the exercise says so; then [base class, does it]
    """
    try:
        impl(*args, **kwargs)
    except NotImplementedError:
        raise                       # not an answer: the body has not been written yet
    except Exception as error:
        base = next(c.__name__ for c in type(error).__mro__ if vars(builtins).get(c.__name__) is c)
        return base if names is None else [base, str(names) in str(error)]
    return UNRAISED


def verdict(test, implementation):
    """What a test says of an implementation: "passes", or "fails" where it raises, whatever it raises.

    It is what pytest reports of a function that tests. A test that is still to be written says so itself.
    """
    try:
        test(implementation)
    except (NotImplementedError, KeyboardInterrupt):
        raise
    except BaseException:  # what pytest.raises raises is no Exception
        return "fails"
    return "passes"


def grads(impl, inputs, upstream=None):
    """Gradients by name: of every floating-point input, and of the parameters where impl is a module.

    inputs: {name: tensor}, passed in this order. upstream: what flows back into the output, in its shape; None
    where the output is one number. A gradient that never arrives is said in words: it is not a zero.
    """
    leaves = {name: x.detach().clone().requires_grad_(x.is_floating_point()) for name, x in inputs.items()}
    wanted = {name: x for name, x in leaves.items() if x.requires_grad}
    if isinstance(impl, torch.nn.Module):
        wanted |= dict(impl.named_parameters())
    for p in wanted.values():
        p.grad = None
    out = impl(*leaves.values())
    if out is None:
        return None
    if torch.is_tensor(out) and out.requires_grad:
        out.backward(upstream)
    return {name: CUT if p.grad is None else p.grad for name, p in wanted.items()}


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

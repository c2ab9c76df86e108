"""Which of torch's operators a run has called: a sign of a forbidden function that the source does not show.

A sign costs the points. That there is none proves nothing: where a student's code runs, it could undo the recording.
"""

from contextlib import contextmanager

MOST, LONGEST = 1000, 200       # names that a worker may send, and letters of each

# What a forbidden function runs, and what none who builds it by hand would: begins of operators' names.
SIGNS = {
    "torch.nn.functional.scaled_dot_product_attention": ("aten._scaled_dot_product_", "aten._safe_softmax"),
    "torch.nn.MultiheadAttention": ("aten._native_multi_head_attention",),
}


@contextmanager
def recorded(watched):
    """A set that fills with the names of the operators called inside the block. watched: False leaves it empty"""
    names = set()
    if not watched:
        yield names
        return
    from torch.utils._python_dispatch import TorchDispatchMode

    class Record(TorchDispatchMode):
        def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
            names.add(str(operator))
            return operator(*args, **(kwargs or {}))

    with Record():
        yield names


def refusal(by_hand, names):
    """Why an exercise earns nothing after such operators have run, or ""; nothing of the names is repeated."""
    ran = ", ".join(f"`{forbidden}`" for forbidden in signs(by_hand, names))
    return f"it is to be built by hand, and operators of {ran} have run" if ran else ""


def has_signs(by_hand):
    """True where something of BY_HAND can be known by its operators."""
    return any(name in SIGNS for name in by_hand)


def are_names(said):
    """True for what a worker may send as names."""
    return isinstance(said, list) and len(said) <= MOST and all(isinstance(n, str) and len(n) <= LONGEST for n in said)


def signs(by_hand, names):
    """The forbidden functions whose operators are among the names."""
    return [forbidden for forbidden in by_hand if any(name.startswith(SIGNS.get(forbidden, ())) for name in names)]

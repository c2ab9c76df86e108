"""What a run has really done: which of torch's operators it called, in whatever thread, and whether it read a library's
code. Both are signs of a forbidden function that the source does not show.

A sign costs the points. That there is none proves nothing: where a student's code runs, it could undo the recording.
"""

import _thread
import sys
import threading
from contextlib import ExitStack, contextmanager
from unittest import mock

MOST, LONGEST = 1000, 200       # names that a worker may send, and letters of each

# What a forbidden function runs, and what none who builds it by hand would: begins of operators' names.
SIGNS = {
    "torch.nn.functional.scaled_dot_product_attention": ("aten._scaled_dot_product_", "aten._safe_softmax"),
    "torch.nn.MultiheadAttention": ("aten._native_multi_head_attention",),
}
STARTERS = "start_new_thread", "start_new", "start_joinable_thread", "_start_new_thread", "_start_joinable_thread"
READ_CODE = "the code of a library"
# Nothing but these stands between an answer and a file that it reads; an import or a warning reads for itself.
READERS = {"inspect", "linecache", "tokenize", "pathlib", "codecs", "fileinput", "shutil", "functools", "contextlib"}


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

    def recording(start):
        """A mode holds for one thread: each that is started takes it up again."""
        def started(function, *arguments, **named):
            def inside(*its, **own):
                with Record():
                    return function(*its, **own)
            return start(inside, *arguments, **named)
        return started

    with Record(), ExitStack() as patches:
        for module in (_thread, threading):
            for name in [name for name in STARTERS if hasattr(module, name)]:
                patches.enter_context(mock.patch.object(module, name, recording(getattr(module, name))))
        yield names


def notice_reading(is_answer):
    """A set that READ_CODE enters once an answer opens a file of Python code. It cannot be undone in this process.

    is_answer: True for the filename of the answer's code
    """
    noticed = set()

    def hook(event, arguments):
        if event != "open" or not str(arguments[0]).endswith((".py", ".pyc")):
            return
        frame = sys._getframe(1)
        while frame is not None and not is_answer(frame.f_code.co_filename):
            if str(frame.f_globals.get("__name__")).split(".")[0] not in READERS:
                return
            frame = frame.f_back
        if frame is not None:
            noticed.add(READ_CODE)

    sys.addaudithook(hook)
    return noticed


def refusal(by_hand, names):
    """Why an exercise earns nothing after such operators have run, or ""; nothing of the names is repeated."""
    if by_hand and READ_CODE in names:
        return f"it is to be built by hand, and {READ_CODE} was read"
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

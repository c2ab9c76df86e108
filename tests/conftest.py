"""What holds for every test: one thread, no preset from outside, no progress noted, the same examples in every run."""

import signal

import pytest
import torch
from hypothesis import settings

# A test that fails now and then tells nothing; a busy machine is no reason to fail either.
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:       # as a shell starts what it puts into the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _calm():
    """Undone after each file: the notebooks, which pytest may run in the same process, have a preset of their own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_PRESET", raising=False)
        patch.delenv("COURSE_DEVICE", raising=False)
        patch.setenv("COURSE_PROGRESS", "off")
        yield
    torch.set_num_threads(threads)

"""One judge for all of these tests: it has to survive them."""

import sys

import pytest

from course_lib.classroom import layout
from course_lib.grading import Grader, Trouble

SECONDS = 3.0


@pytest.fixture(scope="session")
def grader():
    if sys.platform != "linux":
        pytest.skip("grading in isolation needs Linux")
    try:
        judge = Grader("attention", seed=20_26, seconds=SECONDS)
    except Trouble as trouble:
        pytest.skip(f"no fork server here: {trouble}")
    with judge:
        yield judge


@pytest.fixture
def lenient(grader, monkeypatch):
    """The same without the rules of what is to be built by hand, which would refuse many a submission unread."""
    plain = {name: said | {"by_hand": []} for name, said in grader.reading["exercises"].items()}
    monkeypatch.setitem(grader.reading, "exercises", plain)
    return grader


@pytest.fixture(scope="session")
def isolated(grader):
    if not {"files", "network", "processes"} <= set(grader.runner.layers):
        pytest.skip("this machine forbids namespaces, and hostile submissions are not tried without")
    return layout.ROOT

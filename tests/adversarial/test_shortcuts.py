"""What is to be built by hand is not taken from a library, however it is reached; and honest code is not refused."""

import os

import pytest

from course_lib.grading.judging.states import NOTHING, REFUSED, state

from .hostile import placed
from .notebooks import TARGET, notebook, write
from .shortcuts import SHORTCUTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_way_around_is_named_and_earns_nothing(name, grader, isolated, tmp_path):
    cells = placed(SHORTCUTS[name], prefix=os.path.dirname(os.__file__))
    result = grader.grade(write(tmp_path / "07_attention.ipynb", notebook(*cells)))
    found = {exercise.name: exercise for exercise in result.exercises}[TARGET]
    assert found.earned == 0 and found.reason.startswith(REFUSED), (found, found.error)
    assert state(vars(found)) == NOTHING and "by hand" in found.reason

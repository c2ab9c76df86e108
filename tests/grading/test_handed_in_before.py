"""Notebooks of the first release, solved: whoever hands one in later still gets every point."""

import sys
from pathlib import Path

import pytest

from course_lib.classroom import layout
from course_lib.grading import Grader

BOOKS = sorted((Path(__file__).parent / "handed_in_before").glob("*.json"))      # not .ipynb: nbval would run them


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_a_notebook_of_the_first_release_keeps_its_points(path):
    with Grader(layout.find_chapter(path.stem).word, seed=11, total=240, seconds=60) as grader:
        result = grader.grade_bytes(f"{path.stem}.ipynb", path.read_bytes())
    assert not result.problem
    lost = {one.name: one.reason for one in result.exercises if one.earned < one.points}
    assert result.exercises and not lost

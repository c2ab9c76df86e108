"""`check` in a kernel and `course grade` say the same of the same notebook, exercise by exercise."""

import ast
import json
import os
import sys

import pytest
from honest_chapters import FIRSTS, OTHERS
from honest_notebooks import FIRST, NOTEBOOKS, WRONG
from jupyter_client.manager import start_new_kernel

from course_lib.classroom import layout
from course_lib.grading import Grader

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
FRESH = "get_ipython().reset(); get_ipython().compile.reset_compiler_flags(); import sys; sys.setrecursionlimit(3000)"


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(layout.ROOT / "chapters"),
                                       env={**os.environ, "COURSE_PROGRESS": "off", "MPLBACKEND": "agg"})
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def graders():
    """One warm Grader for each chapter, made when it is first asked for."""
    made = {}

    def of(word):
        if word not in made:
            made[word] = Grader(word, seed=5)
        return made[word]

    yield of
    for judge in made.values():
        judge.close()


def in_a_kernel(client, first, cells):
    """The exercises that `check` was content with, one cell after another, whatever fails."""
    for cell in (FRESH, first, *cells):
        client.execute_interactive(cell, output_hook=lambda _: None, stop_on_error=False, timeout=120)
    asked = client.execute("", user_expressions={"held": "sorted(check._content)"}, silent=True)
    while (reply := client.get_shell_msg(timeout=120))["parent_header"]["msg_id"] != asked:
        pass
    return set(ast.literal_eval(reply["content"]["user_expressions"]["held"]["data"]["text/plain"]))


def by_the_judge(grader, name, first, cells):
    book = {"cells": [{"cell_type": "code", "source": cell} for cell in (first, *cells)], "nbformat": 4}
    result = grader.grade_bytes(name, json.dumps(book).encode())
    assert not result.problem, result.problem
    return {one.name for one in result.exercises if one.earned}, {one.name: one.reason for one in result.exercises}


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("name", [*NOTEBOOKS, *WRONG])
def test_kernel_and_judge_agree(name, kernel, graders):
    cells = (NOTEBOOKS | WRONG)[name]
    held, (earned, reasons) = in_a_kernel(kernel, FIRST, cells), by_the_judge(graders("start_here"), name, FIRST, cells)
    assert earned == held, reasons
    checked = {exercise for exercise in ("dot", "softmax", "matmul") if any(f"{exercise} = check(" in c for c in cells)}
    assert held == (set() if name in WRONG else checked)


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_kernel_and_judge_agree_in_other_chapters(name, kernel, graders):
    word, cells, right = OTHERS[name]
    held, (earned, reasons) = in_a_kernel(kernel, FIRSTS[word], cells), by_the_judge(
        graders(word), name, FIRSTS[word], cells)
    assert earned == held == right, reasons


def test_there_are_enough_of_them():
    assert len(NOTEBOOKS) >= 50

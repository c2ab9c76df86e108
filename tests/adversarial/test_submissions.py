"""No hostile submission earns what it should not, stops the run or leaves anything; no honest one is punished."""

import os
import re
import socket
import tempfile
from pathlib import Path

import psutil
import pytest

from course_lib.grading import Grader
from course_lib.grading.isolation.jobs import GRACE
from course_lib.grading.reports import feedback

from .conftest import SECONDS
from .honest import ELSEWHERE, HONEST
from .hostile import HOSTILE, placed
from .notebooks import RIGHT, TARGET, cell, notebook, witness, write

pytestmark = pytest.mark.slow
KINDS = {"forging", "patching", "lying", "reading", "taking", "wrong", "hanging", "crashing", "exhausting", "escaping",
         "poisoning", "markup"}  # fmt: skip


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 60
    assert {kind for kind, _ in HOSTILE.values()} == KINDS


@pytest.fixture(scope="module")
def listener():
    """A server on loopback that a submission would like to talk to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def outcome(grader, path):
    return {exercise.name: exercise for exercise in grader.grade(path).exercises}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_submission_earns_nothing_and_leaves_nothing(name, grader, isolated, listener, tmp_path, request):
    kind, cells = HOSTILE[name]
    if kind != "taking":
        request.getfixturevalue("lenient")
    cells = placed(cells, root=isolated, home=Path.home(), tmp=tmp_path, port=listener.getsockname()[1])
    book = write(tmp_path / "07_attention.ipynb", notebook(*cells, witness()))
    before = set(os.listdir(grader.runner.folder))
    found = outcome(grader, book)
    assert found[TARGET].earned == 0, f"{kind}: {name}"
    assert found[TARGET].reason and len(f"{found[TARGET]}") < 10_000
    # on a busy machine it is tried twice, and each time it is given a moment to be gone
    assert found[TARGET].seconds < 2 * (SECONDS + GRACE), "nothing that it sends keeps the judge busy"
    assert found["attend"].earned == 2, f"what stands beside it keeps its points: {found['attend'].reason}"
    assert set(os.listdir(grader.runner.folder)) == before
    assert [path.name for path in tmp_path.iterdir()] == [book.name]
    for folder in (tempfile.gettempdir(), "/var/tmp", "/dev/shm", "/usr", "/", str(isolated), str(Path.home())):
        assert not list(Path(folder).glob("small-world-escape*")) + list(Path(folder).glob("small-world-pickle*"))
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert len(psutil.Process(grader.runner.process.pid).children(recursive=True)) <= 1, "the fork server alone"


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_submission_earns_everything(name, grader, tmp_path):
    found = outcome(grader, write(tmp_path / "07_attention.ipynb", notebook(*HONEST[name], witness())))
    assert found[TARGET].earned == 3, (found[TARGET].reason, found[TARGET].expected, found[TARGET].got)
    assert found["attend"].earned == 2


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_honest_answer_to_another_exercise_earns_everything(name, isolated, tmp_path):
    word, exercise, cells = ELSEWHERE[name]
    first = cell(f"from course_lib.classroom import lesson\ncheck = lesson({word!r})\n")
    book = write(tmp_path / "handed_in.ipynb", {"cells": [first, *map(cell, cells)]})
    with Grader(word, seed=20_26) as judge:
        found = outcome(judge, book)[exercise]
    assert found.earned == found.points > 0, (found.reason, found.expected, found.got)


def test_after_all_of_them_the_first_fork_server_or_its_heir_still_grades(grader, tmp_path):
    found = outcome(grader, write(tmp_path / "07_attention.ipynb", notebook(RIGHT, witness())))
    assert (found[TARGET].earned, found["attend"].earned) == (3, 2)
    assert psutil.Process().memory_info().rss < 1.5e9


@pytest.mark.parametrize("name", [name for name, (kind, _) in HOSTILE.items() if kind == "markup"])
def test_nothing_of_it_becomes_markup_in_the_feedback(name, grader, isolated, lenient, tmp_path):
    book = write(tmp_path / "07_attention.ipynb", notebook(*HOSTILE[name][1], witness()))
    result = grader.grade(book).as_dict()
    entry = result | {"file": book.name, "chapter": "attention", "handed_in": None, "late_seconds": 0, "kept": 1.0,
                      "score": result["earned"]}  # fmt: skip
    text = feedback.page(name, [entry], [])
    assert not re.search(r"<(script|img|b)\b|[\x00-\x08\x1b\u202e\ud800]|\bimpl\(", text)
    assert "right" in text and "does not hold yet" in text

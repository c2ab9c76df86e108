"""A fresh process for each job: what Windows and macOS have, and what runs inside a container."""

import os
import sys

import pytest
from adversarial.honest import HONEST
from adversarial.hostile import HOSTILE
from adversarial.notebooks import RIGHT, TARGET, notebook, witness, write

from course_lib.grading import ISOLATION, Grader, Trouble
from course_lib.grading.isolation import choice, container
from course_lib.grading.judging.grader import WORKER

SOME = ["says that it ended well", "sends every label with a True", "sends a frame of four gigabytes", "leaves",
        "a loop without end", "output", "a fault in memory"]


@pytest.fixture(scope="module")
def grader():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "LINUX", False)
        with Grader("attention", seed=4, seconds=20, isolation="none") as judge:
            judge.reading["exercises"] = {n: s | {"by_hand": []} for n, s in judge.reading["exercises"].items()}
            yield judge


def outcome(judge, path, cells):
    result = judge.grade(write(path / "07_attention.ipynb", notebook(*cells, witness())))
    assert not result.problem, result.problem
    return {exercise.name: exercise for exercise in result.exercises}


@pytest.mark.slow
@pytest.mark.parametrize("cells", [[RIGHT], HONEST["prints as it goes"]], ids=["right", "prints"])
def test_an_honest_submission_earns_everything(grader, tmp_path, cells):
    found = outcome(grader, tmp_path, cells)
    assert (found[TARGET].earned, found["attend"].earned) == (3, 2), found[TARGET].reason
    assert grader.runner.layers == [], "nothing is claimed"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="these submissions use what only POSIX has")
@pytest.mark.parametrize("name", SOME)
def test_a_hostile_one_earns_nothing_and_stops_nothing(grader, tmp_path, monkeypatch, name):
    monkeypatch.setattr(grader, "seconds", 5)
    found = outcome(grader, tmp_path, HOSTILE[name][1])
    assert found[TARGET].earned == 0 and found[TARGET].reason
    assert found["attend"].earned == 2, found["attend"].reason
    assert grader.runner.process.poll() is not None, "nothing is left"
    assert os.listdir(grader.runner.folder) == ["course"]


def test_without_linux_one_must_ask_for_it(monkeypatch):
    monkeypatch.setattr(choice, "LINUX", False)
    for isolation in ("auto", "strict"):
        with pytest.raises(Trouble, match="Not isolated: .* --isolation none$"):
            choice.runner("attention", WORKER, isolation)
    with pytest.raises(Trouble, match="auto, strict, container, none"):
        choice.runner("attention", WORKER, "Auto")
    assert ISOLATION[0] == "auto"


@pytest.mark.parametrize("engines, answers, words", [
    ([], (), "Neither docker nor podman"), (["docker"], (), "docker info` works"),
    (["docker", "podman"], (["podman", "info"],), "podman build -t small-world-grader -f .*Containerfile"),
])
def test_what_a_container_lacks_is_said_with_its_mending(monkeypatch, engines, answers, words):
    monkeypatch.setattr(container.shutil, "which", lambda name: name if name in engines else None)
    monkeypatch.setattr(container, "quietly", lambda command: (command in answers, "cannot connect"))
    with pytest.raises(Trouble, match=words):
        container.engine()

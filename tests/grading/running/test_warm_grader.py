"""One unit of work: bytes in, plain data out, and one warm Grader in a process."""

import json
import pickle
import sys

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring.builder import solved
from course_lib.grading.judging import grader
from course_lib.grading.running import warm_grader
from course_lib.grading.running.warm_grader import Terms, judged

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")


class Judge:
    """Stands in for the Grader, and notes what is asked of it."""

    def __init__(self, *given):
        self.given, self.closed = given, False
        made.append(self)

    def grade_bytes(self, name, data):
        return grader.Result(name, self.given[0], self.given[1], [], problem=str(len(data)))

    def close(self):
        self.closed = True


made = []


@pytest.fixture
def judges(monkeypatch):
    monkeypatch.setattr(grader, "Grader", Judge)
    made.clear()
    yield made
    warm_grader.cool()


def test_terms_travel():
    terms = Terms(5, 2.5, "none")
    assert pickle.loads(pickle.dumps(terms)) == terms == Terms(**json.loads(json.dumps(vars(terms))))


def test_one_grader_serves_a_chapter_and_is_closed_for_the_next(judges):
    terms = Terms(5)
    said = [judged(terms, word, "ada", b"xyz") for word in ("bpe", "bpe", "attention", "bpe")]
    assert [one["word"] for one in said] == ["bpe", "bpe", "attention", "bpe"]
    assert [j.given[0] for j in judges] == ["bpe", "attention", "bpe"]
    assert [j.closed for j in judges] == [True, True, False]
    judged(Terms(6), "bpe", "ada", b"")
    assert judges[2].closed and judges[3].given[:2] == ("bpe", 6)
    warm_grader.cool()
    assert judges[3].closed


def test_a_longer_limit_for_an_exercise_is_one_for_the_submission_too(judges):
    judged(Terms(5), "bpe", "ada", b"")
    judged(Terms(5, seconds=30.0), "bpe", "ada", b"")
    assert [j.given[2:] for j in judges] == [(10.0, 60.0, "auto"), (30.0, 180.0, "auto")]


@LINUX
@pytest.mark.slow
def test_a_real_notebook_is_judged_without_touching_the_disk():
    chapter = layout.find_chapter("start_here")
    data = json.dumps(solved(chapter)).encode()
    try:
        said = judged(Terms(7), "start_here", "ada: solved", data)
        broken = judged(Terms(7), "start_here", "bob", data[:1000])
    finally:
        warm_grader.cool()
    assert said["earned"] == said["points"] == 12 and said["seed"] == 7 and said["notebook"] == "ada: solved"
    assert json.loads(json.dumps(said))["exercises"][0]["name"] == said["exercises"][0]["name"]
    assert "no complete JSON" in broken["problem"] and broken["earned"] == 0

"""`course check`: what it shows, and the status it ends with."""

import sys

import pytest
from click.testing import CliRunner

from course_lib import grading
from course_lib.classroom import layout
from course_lib.cli import main
from course_lib.cli.check import lines, plainly, warn
from course_lib.grading import ExerciseResult, Result


def result(**more):
    exercises = [
        ExerciseResult("dot", 1, 1, [("one", "held"), ("two", "held")]),
        ExerciseResult("matmul", 2, 0, [("one", "held"), ("two", "failed")], "two", "5", "\x1b[31m7", "a sign"),
        ExerciseResult("softmax", 3, 0, [("one", "not reached")], "not written yet"),
    ]
    return Result("a.ipynb", "start_here", 42, ["limits"], exercises, **more)


def test_each_exercise_has_its_line_and_what_is_wrong_below():
    assert list(lines(result())) == [
        "✓ dot · 1 of 1 points · all 2 properties hold",
        "✗ matmul · 0 of 2 points · two",
        "    expected      5",
        "    got           \ufffd[31m7",
        "    likely cause  a sign",
        "○ softmax · 0 of 3 points · not written yet",
        "1 of 6 points · seed 42 · isolation: limits",
    ]
    assert list(lines(result(problem="it is\nbroken"))) == ["✗ a.ipynb: it is\ufffdbroken"]


def test_control_characters_do_not_reach_the_terminal():
    assert plainly("a\x1b]0;x\x07\u202eb\ud800") == "a\ufffd]0;x\ufffd\ufffdb\ufffd"


def test_what_is_not_kept_out_is_said(capsys):
    warn(["files", "user", "limits"], "auto")
    assert not capsys.readouterr().err
    warn(["landlock", "user"], "auto")
    assert "forbids namespaces" in capsys.readouterr().err


class Judge:
    """Stands in for the Grader, and gives what it is told to."""

    outcome, runner = None, type("Runner", (), {"layers": ["files", "user"]})

    def __init__(self, *given, **more):
        Judge.given = given, more

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def grade(self, path):
        return Judge.outcome


@pytest.mark.parametrize("outcome, status", [
    (Result("a", "bpe", 1, [], [ExerciseResult("merge", 2, 2)]), 0), (result(), 1), (result(problem="broken"), 2)])
def test_the_status_says_how_it_went(monkeypatch, outcome, status):
    monkeypatch.setattr(grading, "Grader", Judge, raising=False)
    Judge.outcome = outcome
    ended = CliRunner().invoke(main, ["check", "07_attention.ipynb", "--seed", "5", "--limit-seconds", "3"])
    assert ended.exit_code == status, ended.output
    assert Judge.given == (("attention", 5, 3.0), {"isolation": "auto"})


def test_a_notebook_of_no_chapter_lists_the_chapters(tmp_path):
    (tmp_path / "x.ipynb").write_text("{}", encoding="utf-8")
    ended = CliRunner().invoke(main, ["check", str(tmp_path / "x.ipynb")])
    assert ended.exit_code == 1 and "07_attention" in ended.output


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
def test_an_untouched_chapter_is_judged():
    ended = CliRunner().invoke(main, ["check", str(layout.ROOT / "chapters" / "02_bpe.ipynb")])
    assert ended.exit_code == 1
    assert "○ merge" in ended.output and "0 of 14 points" in ended.output

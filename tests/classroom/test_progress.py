"""Progress: one small file, written whole, raised only by checks in work/, never lowered."""

import json
import os
import subprocess
import sys
import threading

import pytest

from course_lib.classroom import layout, progress, progress_file

pytest_plugins = ["toy_course"]      # the fixtures `toy` and `learner`


@pytest.fixture
def at_work(toy, monkeypatch):
    """The toy checkout with the current folder in work/ and progress on."""
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(progress_file, "_session", {})
    monkeypatch.chdir(toy / "work")
    return toy


RIGHT = "def halves(ns):\n    return [n / 2 for n in ns]\nhalves = check(halves, points=1)"
WRONG = "def halves(ns):\n    return [n / 3 for n in ns]\nhalves = check(halves, points=1)"


def points():
    return progress_file.earned_points(progress_file.read())


def test_a_right_check_in_work_is_kept_and_a_later_wrong_one_does_not_lower_it(at_work, learner):
    book = learner.another()     # begun in work/
    book.run(WRONG)
    assert not progress_file.path().exists()
    book.run(RIGHT)
    assert points() == {"toy": {"halves": 1}}
    book.run(WRONG)
    book.run(RIGHT.replace("points=1", "points=0"))
    assert points() == {"toy": {"halves": 1}}


def test_a_subfolder_counts_as_work(at_work, learner, monkeypatch):
    (at_work / "work" / "mine").mkdir()
    monkeypatch.chdir(at_work / "work" / "mine")
    learner.another().run(RIGHT)
    assert points() == {"toy": {"halves": 1}}


@pytest.mark.parametrize("folder", ["chapters", "solutions", "."])
def test_elsewhere_nothing_is_kept(folder, at_work, learner, monkeypatch):
    (at_work / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(at_work / folder)
    learner.another().run(RIGHT)
    assert not progress_file.path().exists()


def test_switched_off_nothing_is_kept(at_work, learner, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert learner.another().run(RIGHT).startswith("✓")
    assert not progress_file.path().exists()


def test_without_hidden_tests_nothing_is_earned(at_work, learner):
    (at_work / "tests" / "hidden" / "toy.py").unlink()
    assert "the examples pass" in learner.another().run(RIGHT)
    assert not progress_file.path().exists()


def test_the_table_counts_what_the_chapters_have(at_work):
    points = {"toy": {"halves": 1, "soften": 9, "gone": 5}, "lost": {"x": 3}}
    progress_file.path().write_text(json.dumps({"points": points}))
    table = progress()
    assert table.rows == [("03", "toy", "A toy", 3, 8)] and (table.earned, table.total) == (3, 8)
    assert "A toy" in str(table) and "3 of   8" in str(table)
    html = table._repr_html_()
    assert "<caption>" in html and "aria-hidden='true'" in html and "3 of 8" in html


def test_an_empty_course_has_a_table_too(at_work):
    (at_work / "chapters" / "03_toy.ipynb").unlink()
    assert progress().rows == [] and "0 of   0" in str(progress())


@pytest.mark.parametrize("broken", ["", "{", "[1]", "nonsense", "\x00" * 10, "[" * 100_000,
                                    '{"points": 3}', '{"points": {"toy": 3}}'])
def test_a_file_that_cannot_be_read_is_set_aside_not_lost(broken, at_work, learner):
    progress_file.path().write_text(broken)
    assert progress().earned == 0
    learner.another().run(RIGHT)
    assert points() == {"toy": {"halves": 1}}
    if "points" not in broken and len(broken) > 3:
        assert progress_file.path().with_suffix(".json.unreadable").read_text() == broken


def test_a_write_that_fails_leaves_the_old_file(at_work, monkeypatch):
    progress_file.earn("toy", "halves", 1)
    before = progress_file.path().read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError):
        progress_file.earn("toy", "soften", 2)
    assert progress_file.path().read_bytes() == before
    assert [p.name for p in progress_file.path().parent.iterdir()] == ["progress.json"]


def test_a_folder_that_cannot_be_written_is_said_and_the_answer_still_counts(at_work, learner, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(progress_file, "write", refuse)
    said = learner.another().run(RIGHT)
    assert said.startswith("✓") and "progress.json cannot be written: Permission denied" in said


def test_a_folder_without_room_for_the_lock_is_said_too(at_work, learner, monkeypatch):
    real = os.open

    def refuse(path, *rest):
        if str(path).endswith(".lock"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    said = learner.another().run(RIGHT)
    assert said.startswith("✓") and "progress.json cannot be written: Permission denied" in said


def test_many_at_once_lose_nothing(at_work):
    def work(i):
        for j in range(5):
            progress_file.earn("toy", f"exercise {i} {j}", 1)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(points()["toy"]) == 30


@pytest.mark.slow
def test_several_kernels_at_once_lose_nothing(at_work):
    code = ("import sys; from pathlib import Path; from course_lib.classroom import layout, progress_file;"
            "layout.ROOT = Path(sys.argv[1]); [progress_file.earn('toy', f'{sys.argv[2]} {i}', 1) for i in range(25)]")
    runs = [subprocess.Popen([sys.executable, "-c", code, str(at_work), str(i)]) for i in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert len(points()["toy"]) == 75


def test_a_lock_left_by_a_crash_does_not_stop_the_next(at_work, monkeypatch):
    progress_file.path().with_suffix(".lock").touch()
    os.utime(progress_file.path().with_suffix(".lock"), (0, 0))
    progress_file.earn("toy", "halves", 1)
    assert points() == {"toy": {"halves": 1}} and not progress_file.path().with_suffix(".lock").exists()
    assert layout.ROOT == at_work


def test_outside_of_work_the_table_counts_what_this_kernel_earned(at_work, learner, monkeypatch):
    monkeypatch.chdir(at_work)
    book = learner.another()
    book.run(WRONG)
    assert progress().earned == 0
    book.run(RIGHT)
    assert progress().earned == 1 and not progress_file.path().exists()
    progress_file.path().write_text(json.dumps({"points": {"toy": {"halves": 1, "soften": 2}}}))
    assert progress().earned == 3, "what is kept and what was earned here count once each"

"""What is graded, what is not graded again, and what is submitted again, with a pool that runs nothing."""

import os
from concurrent.futures import Future

import pytest

from course_lib.grading.intake import hand_ins
from course_lib.grading.running import class_run
from course_lib.grading.running.journal import Journal
from course_lib.grading.running.pool import WorkerDied

SAID = {"seed": 1, "seconds": 1.0, "isolation": "auto"}


class Pool:
    """Answers at once with a number; loses the work of a student as often as `deaths` says."""

    def __init__(self, **deaths):
        self.deaths, self.asked = deaths, []

    def submit(self, function, terms, word, name, data):
        student, future = name.split(":")[0], Future()
        self.asked.append(student)
        if self.asked.count(student) <= self.deaths.get(student, 0):
            future.set_exception(WorkerDied("the process that graded it ended"))
        else:
            future.set_result({"earned": len(self.asked), "word": word, "of": len(data)})
        return future


@pytest.fixture
def run(tmp_path):
    def go(pool, **texts):
        """(results by student, those lost) of a run over these notebooks, in the same RESULTS."""
        (tmp_path / "in").mkdir(exist_ok=True)
        for student, text in texts.items():
            (tmp_path / "in" / f"{student}_bpe.ipynb").write_text(text, encoding="utf-8")
        every = class_run.units(hand_ins.found(tmp_path / "in"))
        journal = Journal(tmp_path / "journal.jsonl", SAID)
        todo = [unit for unit in every if unit.key not in journal.results]
        lost = class_run.grade(todo, journal, pool, 2, lambda *_: None)
        journal.close()
        return {unit.hand_in.student: journal.results.get(unit.key) for unit in every}, lost
    return go


def test_only_what_is_new_is_graded_in_the_next_run(run):
    first, _ = run(Pool(), ada="{}", bob="{}")
    pool = Pool()
    assert run(pool, ada="{}", bob="{}") == (first, {}) and not pool.asked
    second, _ = run(pool, bob='{"again": 1}', eve="{}")
    assert sorted(pool.asked) == ["bob", "eve"] and second["ada"] == first["ada"]
    assert first["bob"]["of"] == 2 and second["bob"]["of"] == 12


def test_work_whose_worker_dies_is_submitted_again_twice_at_most(run):
    pool = Pool(bob=2, eve=3)
    results, lost = run(pool, ada="{}", bob="{}", eve="{}")
    assert [pool.asked.count(student) for student in ("ada", "bob", "eve")] == [1, 3, 3]
    assert results["ada"] and results["bob"] and results["eve"] is None
    assert [(key[0], reason) for key, reason in lost.items()] == [
        ("eve", "the process that graded it ended, 3 times; start again to try once more")]
    pool = Pool()
    assert run(pool)[0]["eve"] and pool.asked == ["eve"], "the next run tries once more"


def test_a_result_counts_only_when_it_is_on_the_disk(tmp_path, monkeypatch):
    path, synced = tmp_path / "journal.jsonl", []
    real = os.fsync

    def fsync(number):
        real(number)
        synced.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    journal = Journal(path, SAID)
    journal.add(("ada", "f", "0", "bpe"), {"earned": 1})
    assert len(synced) == 2 and synced[-1] == path.read_bytes() and synced[-1].endswith(b'{"earned": 1}}\n')
    assert synced[-1].startswith(synced[0])
    journal.close()


def test_a_journal_torn_at_any_byte_keeps_every_whole_line(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.grading.running.journal.fingerprint", lambda: "same")  # it reads the whole course
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, SAID)
    for student in ("ada", "bob"):
        journal.add((student, "f", "0", "bpe"), {"earned": 1})
    journal.close()
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        journal = Journal(path, SAID)
        assert len(journal.results) == max(whole[:cut].count(b"\n") - 1, 0)
        journal.add(("eve", "f", "0", "bpe"), {"earned": 2})
        journal.close()
        journal = Journal(path, SAID)
        assert journal.results["eve", "f", "0", "bpe"] == {"earned": 2}
        journal.close()

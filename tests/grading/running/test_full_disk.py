"""A disk that is full: a sentence says so, nothing is half-written, and the run goes on once there is room."""

import json
import signal
from contextlib import contextmanager

import pytest

from course_lib.grading.running import class_run
from course_lib.grading.running.journal import Journal

resource = pytest.importorskip("resource", reason="the limit that stands in for a full disk is POSIX's")
SAID = {"seed": 3, "seconds": 10, "isolation": "auto"}
RESULT = {"points": 1, "earned": 1, "exercises": [], "seconds": 0.1}


@contextmanager
def room_for(size):
    """Inside, no file of this process can grow beyond so many bytes: writing fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    said = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, said)


def test_a_journal_without_room_says_so_and_keeps_what_it_has(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, SAID)
    journal.add(("ann", "a.ipynb", "1", "attention"), RESULT)
    whole = path.stat().st_size
    with room_for(whole + 30), pytest.raises(OSError, match="journal.jsonl cannot be written: .* make room"):
        journal.add(("bob", "b.ipynb", "2", "attention"), RESULT)
    journal.close()
    assert path.stat().st_size == whole + 30
    again = Journal(path, SAID)
    assert list(again.results) == [("ann", "a.ipynb", "1", "attention")] and path.stat().st_size == whole
    again.add(("bob", "b.ipynb", "2", "attention"), RESULT)
    again.close()
    assert len([json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]) == 3


@pytest.mark.parametrize("size", [10, 300, 3000])
def test_tables_without_room_stay_as_they_were(tmp_path, size):
    entry = {"student": "ann", "file": "a.ipynb", "chapter": "attention", "sha256": "1", "handed_in": None,
             "late_seconds": 0, "kept": 1.0, "problem": "", "points": 1, "earned": 1, "score": 1, "exercises": [],
             "seconds": 0.1, "remark": ""}
    journal = Journal(tmp_path / "journal.jsonl", SAID)
    said = class_run.book([], journal, {}, None) | {"entries": [entry]}
    journal.close()
    class_run.write(said, tmp_path)
    before = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    entry["earned"] = entry["score"] = 0
    with room_for(size), pytest.raises(OSError, match="cannot be written: .* make room"):
        class_run.write(said, tmp_path)
    after = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.keys() == before.keys() and len(after) == 7, "each file is whole, and none is left over"
    small = [name for name in before if len(before[name]) < size]
    assert all(after[name] == before[name] for name in before if name not in small)
    class_run.write(said, tmp_path)
    assert json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))["entries"][0]["earned"] == 0

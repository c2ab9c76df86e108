"""A class: who handed in what, what cannot be graded, the tables, the journal, and a run that is killed."""

import csv
import io
import subprocess
import sys
import zipfile

import pytest
from class_folders import fill
from click.testing import CliRunner

from course_lib.classroom import layout
from course_lib.cli import main
from course_lib.grading import ISOLATION
from course_lib.grading.intake import hand_ins, lateness
from course_lib.grading.intake.notebook import Unfit
from course_lib.grading.reports import tables
from course_lib.grading.running import class_run
from course_lib.grading.running.journal import Journal, fingerprint

SAID = {"seed": 1, "seconds": 10.0, "isolation": "auto"}


@pytest.mark.parametrize("name, student, assignment, number", [
    ("submitted/ada/ps1/07_attention.ipynb", "ada", "ps1", ""),
    ("ada_attention.ipynb", "ada", "", ""),
    ("ada b_07_attention.ipynb", "ada b", "", ""),
    ("Zoë Y_77_assignsubmission_file_/attention.ipynb", "Zoë Y", "", "77"),
    ("doejane_12_345_07_attention-1.ipynb", "doejane", "", "12"),
    ("doejane_LATE_12_345_07_attention.ipynb", "doejane", "", "12"),
])  # fmt: skip
@pytest.mark.parametrize("zipped", [False, True])
def test_each_layout_in_a_folder_and_in_a_zip(name, student, assignment, number, zipped, tmp_path):
    place = tmp_path / "class"
    fill(place, name)
    if zipped:
        with zipfile.ZipFile(tmp_path / "hand-ins.zip", "w") as book:
            book.write(place / name, name)
        place = tmp_path / "hand-ins.zip"
    (unit,) = class_run.units(hand_ins.found(place))
    assert (unit.hand_in.student, unit.hand_in.assignment, unit.hand_in.id) == (student, assignment, number)
    assert unit.chapter == "attention" and not unit.hand_in.problem


def test_the_parent_of_a_class_does_without_torch():
    code = "import sys; from course_lib.cli import grade; from course_lib.grading.intake import hand_ins, lateness; " \
           "from course_lib.grading.running import class_run, journal, pool; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_late_policy():
    said = lateness.policy("10% a day after 2026-12-01 23:59+00:00, at most 50%")
    assert said.kept(said.due) == (0.0, 1.0) and said.kept(None) == (0.0, 1.0)
    assert said.kept(said.due + 1)[1] == 0.9 and said.kept(said.due + 86401)[1] == 0.8
    assert said.kept(said.due + 1e7)[1] == 0.5
    assert lateness.policy("100% once after 2026-12-01").kept(4e9)[1] == 0.0
    for text in ("", "10% a week after 2026-12-01", "10% a day after tomorrow", "0% once after 2026-12-01",
                 "200% once after 2026-01-01"):
        with pytest.raises(ValueError, match="10% a day after"):
            lateness.policy(text)


def test_nbgraders_timestamp_counts_with_its_zone(tmp_path):
    fill(tmp_path, "ada/ps1/bpe.ipynb")
    for text, seconds in (("2026-11-30 22:10:03.5 UTC", 0), ("2026-11-30 22:10:03 +02:00", 7200),
                          ("2026-11-30 22:10:03.1 Europe/Berlin", 3600)):
        (tmp_path / "ada/ps1/timestamp.txt").write_text(text, encoding="utf-8")
        assert hand_ins.found(tmp_path)[0].handed_in == 1796076603 - seconds


def test_the_tables_are_quoted_defused_and_complete():
    exercises = [{"name": "merge", "earned": 2}]
    common = {"file": "f", "chapter": "bpe", "earned": 2, "score": 1.5, "exercises": exercises, "problem": ""}
    book = {"chapters": [{"word": "bpe", "number": "02", "title": "Bytes", "points": 2, "exercises": exercises}],
            "entries": [{"student": '=1+1,"x"', "id": "", **common}, {"student": "ada", "id": "12", **common},
                        {"student": "tom", "id": "", **common, "problem": "torn", "exercises": []}]}
    read = {name: list(csv.reader(io.StringIO(getattr(tables, name)(book).removeprefix("\ufeff"))))
            for name in ("grades", "canvas", "moodle")}
    assert tables.grades(book).startswith("\ufeff")
    assert read["grades"] == [["student", "bpe.merge", "earned", "score", "not graded"],
                              ["'=1+1,\"x\"", "2", "2", "1.5", ""], ["ada", "2", "2", "1.5", ""],
                              ["tom", "", "", "", "f: torn"]]
    assert read["canvas"][:2] == [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "02 Bytes"],
                                  ["    Points Possible", "", "", "", "", "2"]]
    assert read["canvas"][3] == ["ada", "12", "", "", "", "1.5"]
    assert read["moodle"] == [
        ["Identifier", "Full name", "Username", "Grade", "Last modified (grade)", "02 Bytes"],
        ["", "", "'=1+1,\"x\"", "1.5", "-", "1.5"], ["Participant 12", "ada", "", "1.5", "-", "1.5"],
        ["", "", "tom", "", "-", ""]]


def test_a_torn_last_line_is_dropped_and_other_terms_are_refused(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, SAID)
    journal.add(("ada", "f", "0", "bpe"), {"earned": 1})
    if sys.platform != "win32":
        with pytest.raises(ValueError, match="Another run"):
            Journal(path, SAID)
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"key": ["bob", "f", "0", "bp')
    again = Journal(path, SAID | {"seed": None})
    assert again.results == {("ada", "f", "0", "bpe"): {"earned": 1}} and again.terms["seed"] == 1
    again.add(("eve", "f", "0", "bpe"), {"earned": 2})
    again.close()
    with pytest.raises(ValueError, match="another seed.*--regrade all"):
        Journal(path, SAID | {"seed": 2})
    last = Journal(path, SAID)
    assert len(last.results) == 2
    last.forget("ada")
    last.close()
    after = Journal(path, SAID)
    assert list(after.results) == [("eve", "f", "0", "bpe")]
    after.close()


@pytest.mark.parametrize("changed", [
    "course_lib/grading/judging/states.py", "course_lib/grading/judging/worker.py",
    "course_lib/classroom/checking/compare.py", "course_lib/bpe.py", "tests/hidden/bpe.py", "chapters/02_bpe.ipynb"])
def test_the_fingerprint_is_of_all_that_decides_marks(changed, tmp_path, monkeypatch):
    fill(tmp_path, "course_lib/grading/judging/states.py", "course_lib/grading/judging/worker.py",
         "course_lib/classroom/checking/compare.py",
         "course_lib/bpe.py", "tests/hidden/bpe.py", "chapters/02_bpe.ipynb")
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    before = fingerprint()
    assert before == fingerprint()
    fill(tmp_path, changed, text="other")
    assert before != fingerprint()


def test_a_large_notebook_is_not_parsed_where_memory_has_no_limit(monkeypatch):
    monkeypatch.setattr(class_run, "cells_of", lambda data: pytest.fail("parsed"))
    with pytest.raises(Unfit, match="cannot be told of which chapter"):
        class_run.chapter_of("ada", b"[" + b"[]," * 1_000_000 + b"[]]")
    assert class_run.chapter_of("ada", b"[" * 3_000_000 + b"lesson('attention')") == "attention"


def test_isolation_is_offered_as_check_offers_it(tmp_path):
    for name in ISOLATION:
        said = CliRunner().invoke(main, ["grade", str(tmp_path / "none"), "--out", str(tmp_path / "out"),
                                         "--isolation", name])
        assert said.exit_code == 2 and "is not there" in said.output
    said = CliRunner().invoke(main, ["grade", str(tmp_path), "--out", str(tmp_path / "out"), "--isolation", "magic"])
    assert said.exit_code == 2 and all(name in said.output for name in ISOLATION)

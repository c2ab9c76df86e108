"""No part of a cell becomes a formula, wherever a spreadsheet cuts it; and one page that fails costs no other."""

import json

import pytest

from course_lib.grading.reports import feedback, tables
from course_lib.grading.running import class_run


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1+1", "x;=1+1", "x; =1", "x;\"=1", "x\t=1+1", "x\n=1",
    "x,=1", "x|=1", "x;;=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(1)", "x;\uff1d1", "x\t\uff20a", ";=1;=2"])
def test_no_part_of_a_cell_is_a_formula(text):
    made = tables.cell(text)
    assert made.replace("'", "") == text
    for separator in (";", "\t", ",", "|", "\r", "\n", "\0"):
        for part in made.split(separator):
            assert not part.strip(" \"").startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")), made


@pytest.mark.parametrize("text", ["-", "ada", "a-b", "O'Brien", "a; b", "x=1", "3 + 4", "Müller, Jörg", "f: it is"])
def test_an_ordinary_cell_is_left_alone(text):
    assert tables.cell(text) == text


def test_half_of_a_character_pair_is_written_as_an_escape():
    assert tables.table([["a\ud800"]]).encode("utf-8").endswith(b"a\\ud800\r\n")


def entry(student):
    return {"student": student, "id": "", "file": f"{student}.ipynb", "assignment": "", "chapter": "bpe", "earned": 0,
            "sha256": "", "handed_in": None, "late_seconds": 0.0, "kept": 1.0, "problem": "it is empty", "points": 0,
            "score": 0.0, "exercises": [], "seconds": 0.0}  # fmt: skip


def book():
    return {"format": 1, "course": "small-world", "seed": 1, "isolation": [], "late": "", "chapters": [],
            "entries": [entry("ada"), entry("bob")]}  # fmt: skip


def test_a_page_that_cannot_be_made_costs_no_other(tmp_path, monkeypatch):
    real = feedback.page
    monkeypatch.setattr(feedback, "page", lambda student, *rest: 1 // 0 if student == "ada" else real(student, *rest))
    class_run.write(book(), tmp_path)
    assert "could not be made (ZeroDivisionError)" in (tmp_path / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert "it is empty" in (tmp_path / "feedback" / "bob.html").read_text(encoding="utf-8")
    assert len(json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))["entries"]) == 2
    assert (tmp_path / "report.html").exists()

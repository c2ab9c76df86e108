"""Every reason for which a hand-in cannot be graded says on the student's page how to mend it."""

import ast
import re
from pathlib import Path

import pytest

from course_lib import grading
from course_lib.grading.reports import advice

MODULES = ("intake/hand_ins", "intake/files", "intake/folder", "intake/zip_file", "intake/notebook",
           "judging/statements", "judging/plan", "judging/grader", "running/class_run", "running/pool")
REASON = re.compile(r"(it (is|has|cannot|changed)|its |there (is|are)|not graded yet|the (judge had|process that)) ?")
OF_AN_EXERCISE = "it is not defined", "it is nested", "it cannot be defined", "it is not of the agreed form"


def reasons():
    """The texts in the modules that begin as reasons do, with NAME for what is filled in."""
    for module in MODULES:
        tree = ast.parse((Path(grading.__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            text = ""
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "NAME" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                text = node.value
            if REASON.match(text) and not text.startswith(OF_AN_EXERCISE):
                yield text


def test_the_reasons_are_found():
    found = set(reasons())
    assert len(found) >= 22
    assert {"it is empty", "its folder is empty", "it is a link to somewhere else"} <= found


@pytest.mark.parametrize("reason", sorted(set(reasons())))
def test_every_reason_gets_advice(reason):
    assert advice.for_file(reason) != advice.ASK, reason


@pytest.mark.parametrize("reason, words", [
    ("it cannot be read: Permission denied", "Open the file"),
    ("there is no notebook in its folder, only encrypted zip.txt", "Hand in the notebook"),
    ("there are two notebooks or more of bpe by this student: a link.ipynb, 3 MB.ipynb; keep one", "only that one"),
    ("there is also a student 'zip': the names differ in their spelling alone; rename one of them", "capital"),
    ("it has 200 MB; a notebook of this course has less than one", "Clear Outputs"),
    ("it changed while it was read: grade again when nobody writes to it", "not your fault"),
    ("it is of the chapter 'bpe', not 'attention'", "Take this chapter"),
    ("the process that graded it ended, 3 times; start again to try once more", "not your fault"),
])  # fmt: skip
def test_the_advice_fits_whatever_the_names_are(reason, words):
    assert words in advice.for_file(reason)

"""Chapters make sense in the students' copy: nothing it lacks is named, and a bug hunt shows its symptom by itself."""

import ast
import importlib
import inspect
import json
import re

import pytest

from course_lib import cli
from course_lib.classroom import layout
from course_lib.classroom.authoring import builder, release

pytest_plugins = ["toy_course"]      # the fixtures `toy` and `learner`
CHAPTERS = layout.chapters()
HUNTS = [pytest.param(chapter, exercise, id=exercise.full_name)
         for chapter in CHAPTERS for exercise in chapter.exercises() if exercise.hunt]


@pytest.fixture(scope="module")
def copy():
    """The paths of all files in the students' copy, and of the folders that they are in."""
    files = {*release.files(CHAPTERS, [])}
    return files | {"/".join(name.split("/")[:n]) for name in files for n in range(1, name.count("/") + 1)}


def lacking(text, copy, code):
    """What a text names and the copy has not: commands, files and folders, modules.

    code: True for a cell of code, all of which counts; of prose only what stands between backticks or in brackets does
    """
    quoted = [ticks or link for ticks, link in re.findall(r"`([^`]+)`|\]\(([^)]+)\)", text)]
    spoken = text if code else " ".join(quoted)
    yield from (f"course {name}" for name in re.findall(r"\bcourse (\w+)", spoken) if name in cli.FOR_TEACHERS)
    tops = {path.name for path in layout.ROOT.iterdir()} - {"work", ".venv", ".git"}
    for path in re.findall(r"(?<![\w./])[\w.][\w.-]*/[\w./-]*", spoken):
        if path.split("/")[0] in tops and path.rstrip("/.") not in copy:
            yield path
    for name in re.findall(r"\b(?:course_lib|tests)(?:\.\w+)+", spoken):
        yield from [name] if module_lacks(name, copy) else []
    for name in imported(text) if code else ():
        yield from [name] if module_lacks(name, copy) else []


def imported(text):
    """Every dotted name that a cell imports."""
    for node in ast.walk(layout.parse(text) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_lacks(name, copy):
    """True where the longest part of a dotted name that is a file or a folder of this checkout is not in the copy."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        place = "/".join(parts[:n])
        for path in (f"{place}.py", place):
            if (layout.ROOT / path).exists():
                return path not in copy
    return False


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_a_chapter_names_nothing_that_the_students_copy_lacks(chapter, copy):
    found = [f"{cell['id']}: {what}" for cell in chapter.cells()
             for what in lacking(layout.source(cell), copy, cell["cell_type"] == "code")]
    assert found == []


@pytest.mark.parametrize("text, code", [
    ("run `course test` in a terminal", False), ("print('course build attention')", True),
    ("see `tests/bench/bpe.py`", False), ("`solutions/`", False), ("[solved](solutions/00_start_here.ipynb)", False),
    ("`python -m tests.bench.bpe`", False), ("from course_lib.grading import Grader", True),
    ("from course_lib.classroom.authoring import audit", True), ("`course_lib.classroom.authoring.mutate`", False),
])
def test_what_a_copy_lacks_would_be_found(text, code, copy):
    assert list(lacking(text, copy, code))


@pytest.mark.parametrize("text, code", [
    ("run `course lab 07`, and look into `work/`", False), ("from course_lib.classroom import lesson, progress", True),
    ("from course_lib.attention import look", True),
    ("`course_lib/attention.py` and `chapters/07_attention.ipynb`", False),
    ("in the course test yourself; and/or", False), ("a / b, q/k, http://a.org/tests/", True),
])
def test_what_a_copy_has_is_not_found(text, code, copy):
    assert list(lacking(text, copy, code)) == []


# --- what is shown is no wider than a laptop shows -------------------------------------------------------------------

def shown(chapter):
    """(name, source) of the code that a chapter shows beside its cells: what it prints, and its solutions."""
    for cell in chapter.cells():
        text = layout.source(cell)
        for name in re.findall(r"inspect\.getsource\((\w+)\)", text) if cell["cell_type"] == "code" else ():
            yield name, inspect.getsource(found(chapter, name))
    for exercise in chapter.exercises():
        yield exercise.name, layout.reference_source(exercise.of, exercise.name)


def found(chapter, name):
    """The object of course_lib that a chapter imports under a name."""
    for cell in chapter.cells():
        for dotted in imported(layout.source(cell)) if cell["cell_type"] == "code" else ():
            module, _, last = dotted.rpartition(".")
            if last == name and module.startswith("course_lib"):
                return getattr(importlib.import_module(module), name)
    raise LookupError(f"{chapter.path.name} shows the source of {name}, and imports none from course_lib")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_what_a_chapter_shows_is_no_wider_than_its_cells_may_be(chapter):
    from course_lib.classroom.authoring import form

    assert [f"{name}, {problem}" for name, text in shown(chapter) for problem in form.wide_lines(text)] == []


# --- bug hunts -------------------------------------------------------------------------------------------------------

def asking(cells, exercise):
    """The code cells that show what is wrong: they ask check for the definition as it is. (Prose may quote them.)"""
    asks = f'check.latest("{exercise.name}")'
    return [cell for cell in cells if cell["cell_type"] == "code" and asks in layout.source(cell)]


def symptom_cell(chapter, exercise):
    return next(iter(asking(chapter.cells(), exercise)), None)


def mending(chapter, exercise):
    """A chapter up to a hunt; then the symptom's cell, the hunt unmended, the symptom, the hunt mended, the symptom."""
    cells, symptom = chapter.cells(), symptom_cell(chapter, exercise)
    text = builder.replaced(layout.source(cells[exercise.cell]), exercise.stub,
                            layout.reference_source(exercise.of, exercise.name))
    mended = dict(cells[exercise.cell], source=text.splitlines(keepends=True))
    after = [cells[exercise.cell], symptom, mended, symptom]
    book = json.loads(chapter.path.read_text(encoding="utf-8"))
    book["cells"] = cells[:exercise.cell] + [dict(cell, id=f"{cell['id']}-{n}") for n, cell in enumerate(after)]
    return json.loads(json.dumps(book))


def said(cell):
    return "".join("".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
                   for output in cell["outputs"])


def seen(exercise, book):
    """What the symptom's cell shows: before the hunt is run, after it is run as it stands, after it is mended."""
    return [said(cell) for cell in asking(book["cells"], exercise)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The students' copy, as a folder."""
    folder = tmp_path_factory.mktemp("students") / "copy"
    release.release(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("complete", [True, False], ids=["with hidden tests", "in the students' copy"])
@pytest.mark.parametrize("chapter, exercise", HUNTS)
def test_a_hunt_shows_its_symptom_until_it_is_mended(chapter, exercise, complete, bundle, monkeypatch):
    assert symptom_cell(chapter, exercise), "no cell shows the symptom"
    for name, value in {"PYTHONPATH": layout.ROOT if complete else bundle, "OMP_NUM_THREADS": 1,
                        "COURSE_PRESET": "smoke"}.items():
        monkeypatch.setenv(name, str(value))        # of the kernel, which finds the course there
    first, unmended, mended = seen(exercise, builder.executed(mending(chapter, exercise), "it"))
    assert first and first == unmended, "the symptom is there before the hunt is run, and is the same after it"
    assert mended != first, "mending changes nothing that one can see"


def test_latest_is_the_hunt_and_then_what_was_handed_in(toy, learner):
    hunt = learner.run("print(check.latest('running_mean')(torch.tensor([1.0, 3.0])).tolist())")
    assert "[1.0, 2.0]" not in hunt
    learner.run("def running_mean(x):\n    return x\nrunning_mean = check(running_mean, points=2)")
    assert "[1.0, 3.0]" in learner.run("print(check.latest('running_mean')(torch.tensor([1.0, 3.0])).tolist())")
    learner.run("running_mean = check(running_mean, points=2)")        # the finished one, which is not the learner's
    assert "[1.0, 3.0]" in learner.run("print(check.latest('running_mean')(torch.tensor([1.0, 3.0])).tolist())")
    with pytest.raises(LookupError, match="'soften' is no bug hunt"):
        learner.run("check.latest('soften')")

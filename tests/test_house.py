"""The house holds together: names join up, and rungs import only downward."""

import ast
import re
from pathlib import Path

import pytest

from course_lib.classroom import house

LIBRARY = house.ROOT / "course_lib"
LADDER = house.LADDER
FLOOR = {"stories", "device", "show", "classroom", "grading", "cli", "data"}
CHAPTERS = house.chapters()


def rung_of(path):
    """The rung, or the part of the floor, that a file of course_lib belongs to; "" for the package's own __init__."""
    first = path.relative_to(LIBRARY).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports(path):
    """(rung, line, True where it is at the top level) for everything of course_lib that a file imports."""
    tree, package = ast.parse(path.read_text(encoding="utf-8")), ["course_lib", *path.relative_to(LIBRARY).parent.parts]
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            base += (node.module or "").split(".") if node.module else []
            names = [".".join([*base, alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "course_lib" and len(parts) > 1:
                yield parts[1], node.lineno, id(node) in top


MODULES = sorted(path for path in LIBRARY.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path):
    return path.relative_to(house.ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rungs_import_only_lower_rungs_and_the_floor_imports_none(path):
    own = rung_of(path)
    for rung, line, at_the_top in imports(path):
        where = f"{name_of(path)}:{line} imports {rung}"
        if own in LADDER and rung in LADDER:
            assert LADDER.index(rung) <= LADDER.index(own), f"{where}, which stands above it"
        elif own in FLOOR and rung in LADDER:       # a command or the builder may fetch a rung when it runs
            assert own in ("cli", "classroom") and not at_the_top, f"{where}, and the floor imports no rung"


def test_everything_in_the_library_is_a_rung_or_the_floor():
    known = {*LADDER, *FLOOR, ""}
    assert {rung_of(path) for path in MODULES} <= known


def test_the_import_test_can_fail(tmp_path, monkeypatch):
    for text, expected in [("import course_lib.gpt", "gpt"), ("from course_lib import sampling", "sampling"),
                           ("from course_lib.gpt import GPT", "gpt"), ("from . import gpt", "gpt"),
                           ("from .gpt import GPT", "gpt"), ("def f():\n    from .gpt import GPT", "gpt")]:
        path = tmp_path / "attention.py"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr("test_house.LIBRARY", tmp_path)
        assert [rung for rung, *_ in imports(path)] == [expected]
    (tmp_path / "show").mkdir()
    inner = tmp_path / "show" / "a.py"
    inner.write_text("from ..gpt import GPT\nfrom .b import c", encoding="utf-8")
    assert [rung for rung, *_ in imports(inner)] == ["gpt", "show"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.path.stem)
def test_one_word_finds_everything(chapter):
    assert chapter.path.stem == f"{LADDER.index(chapter.word):02}_{chapter.word}"
    assert (LIBRARY / f"{chapter.word}.py").is_file() or (LIBRARY / chapter.word / "__init__.py").is_file()
    assert (house.ROOT / "tests" / "hidden" / f"{chapter.word}.py").is_file()
    assert list((house.ROOT / "tests").glob(f"test_{chapter.word}*.py")), f"no tests/test_{chapter.word}.py"


def test_nothing_stands_there_that_no_chapter_knows():
    words, stems = {chapter.word for chapter in CHAPTERS}, {chapter.path.stem for chapter in CHAPTERS}
    assert len(words) == len(CHAPTERS)
    assert {path.stem for path in (house.ROOT / "solutions").glob("*.ipynb")} <= stems
    if CHAPTERS:
        assert {path.stem for path in (house.ROOT / "tests" / "hidden").glob("*.py")} <= words
    assert {path.stem for path in (house.ROOT / "chapters").glob("*.ipynb")} == stems


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.path.stem)
def test_hidden_tests_are_of_exercises_and_import_only_lower_rungs(chapter):
    path = house.ROOT / "tests" / "hidden" / f"{chapter.word}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = {*FLOOR, *LADDER[:LADDER.index(chapter.word)]}
    assert {rung for (rung,) in imports_of(tree)} <= allowed, "it runs where its own rung and the higher ones are not"
    names = {exercise.name for exercise in chapter.exercises()}
    for table in ("MISTAKES", "EQUIVALENT", "BY_HAND"):
        assert set(house.table(chapter.word, table)) <= names, f"{table} speaks of what is no exercise"
    takes = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)
             and [a.arg for a in node.args.args] == ["impl", "draw"]}
    assert takes == names, "every exercise has one hidden test, and every hidden test an exercise"


def imports_of(tree):
    """The rungs that a file outside course_lib imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("course_lib."):
                yield (name.split(".")[1],)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.path.stem)
def test_a_chapter_uses_only_rungs_up_to_its_own_and_what_it_says_it_borrows(chapter):
    opening = ""
    for cell in chapter.cells():
        if cell["cell_type"] == "markdown":
            opening += house.source(cell) if not opening else ""
            continue
        tree = house.parse(house.source(cell))
        for (rung,) in imports_of(tree) if tree else ():
            if rung in LADDER and LADDER.index(rung) > LADDER.index(chapter.word):
                assert re.search(rf"\b{rung}\b", opening), f"{rung} stands above and is not named among what it needs"


def test_every_exercise_goes_by_one_full_name():
    names = [exercise.full_name for chapter in CHAPTERS for exercise in chapter.exercises()]
    assert len(names) == len(set(names))
    for chapter in CHAPTERS:
        for exercise in chapter.exercises():
            if exercise.of != chapter.word:
                assert exercise.hunt, f"{exercise.full_name}: only a bug hunt uses another rung's reference"
                assert LADDER.index(exercise.of) < LADDER.index(chapter.word)
            assert house.reference(exercise.of, exercise.name).__module__.split(".")[1] == exercise.of, \
                f"{exercise.full_name}: its reference is defined in course_lib.{exercise.of}"


def test_no_absolute_path_or_address_of_a_machine_stands_in_the_project():
    found = []
    for folder in ("course_lib", "chapters", "tests/hidden"):
        for path in (house.ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".ipynb", ".md") and "__pycache__" not in path.parts:
                text = Path(path).read_text(encoding="utf-8")
                found += [f"{name_of(path)}: {hit}" for hit in re.findall(r"/(?:home|Users|root)/\w+[\w/]*", text)]
    assert not found

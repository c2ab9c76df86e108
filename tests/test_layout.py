"""The house holds together: names join up, and rungs import only downward."""

import ast
import re
from pathlib import Path

import pytest

from course_lib.classroom import layout

LIBRARY = layout.ROOT / "course_lib"
LADDER, ABOVE = layout.LADDER, layout.ABOVE
FLOOR = {"stories", "device", "show", "classroom", "grading", "cli", "data"}
CHAPTERS = layout.chapters()


def rung_of(path):
    """The rung, or the part of the floor, that a file of course_lib belongs to; "" for the package's own __init__."""
    first = path.relative_to(LIBRARY).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def full_names(path):
    """The full dotted names of all that a file imports, wherever in it."""
    for names, _ in imports_with_nodes(path):
        yield from names


def imports_with_nodes(path):
    """([full dotted names], node) of each import statement of a file of course_lib."""
    package = ["course_lib", *path.relative_to(LIBRARY).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield [alias.name for alias in node.names], node
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            base += (node.module or "").split(".") if node.module else []
            yield [".".join([*base, alias.name]) for alias in node.names], node


def imports(path):
    """(rung, line, True where it is at the top level) for everything of course_lib that a file imports."""
    for names, node in imports_with_nodes(path):
        for name in names:
            parts = name.split(".")
            if parts[0] == "course_lib" and len(parts) > 1:
                yield parts[1], node.lineno, not node.col_offset


MODULES = sorted(path for path in LIBRARY.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path):
    return path.relative_to(layout.ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rungs_import_only_lower_rungs_and_the_floor_imports_none(path):
    own = rung_of(path)
    for rung, line, at_the_top in imports(path):
        where = f"{name_of(path)}:{line} imports {rung}"
        if own in LADDER and rung in LADDER:
            assert LADDER.index(rung) <= LADDER.index(own), f"{where}, which stands above it"
        elif own in ABOVE and rung in LADDER:
            assert LADDER.index(rung) <= LADDER.index(ABOVE[own]), f"{where}, which stands above {ABOVE[own]}"
        elif own in FLOOR and rung in LADDER:       # a command or the builder may fetch a rung when it runs
            assert own in ("cli", "classroom") and not at_the_top, f"{where}, and the floor imports no rung"
        elif rung in ABOVE:
            assert own == rung or (own == "cli" and not at_the_top), f"{where}, which only a command uses"


def test_everything_in_the_library_is_a_rung_or_the_floor():
    known = {*LADDER, *ABOVE, *FLOOR, ""}
    assert {rung_of(path) for path in MODULES} <= known


def test_the_import_test_can_fail(tmp_path, monkeypatch):
    for text, expected in [("import course_lib.gpt", "gpt"), ("from course_lib import sampling", "sampling"),
                           ("from course_lib.gpt import GPT", "gpt"), ("from . import gpt", "gpt"),
                           ("from .gpt import GPT", "gpt"), ("def f():\n    from .gpt import GPT", "gpt")]:
        path = tmp_path / "attention.py"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr("test_layout.LIBRARY", tmp_path)
        assert [rung for rung, *_ in imports(path)] == [expected]
    (tmp_path / "show").mkdir()
    inner = tmp_path / "show" / "a.py"
    inner.write_text("from ..gpt import GPT\nfrom .b import c", encoding="utf-8")
    assert [rung for rung, *_ in imports(inner)] == ["gpt", "show"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.path.stem)
def test_one_word_finds_everything(chapter):
    assert chapter.path.stem == f"{LADDER.index(chapter.word):02}_{chapter.word}"
    assert (LIBRARY / f"{chapter.word}.py").is_file() or (LIBRARY / chapter.word / "__init__.py").is_file()
    assert (layout.ROOT / "tests" / "hidden" / f"{chapter.word}.py").is_file()
    assert list((layout.ROOT / "tests").glob(f"test_{chapter.word}*.py")), f"no tests/test_{chapter.word}.py"


def test_nothing_stands_there_that_no_chapter_knows():
    words, stems = {chapter.word for chapter in CHAPTERS}, {chapter.path.stem for chapter in CHAPTERS}
    assert len(words) == len(CHAPTERS)
    assert {path.stem for path in (layout.ROOT / "solutions").glob("*.ipynb")} <= stems
    if CHAPTERS:
        assert {path.stem for path in (layout.ROOT / "tests" / "hidden").glob("*.py")} <= words
    assert {path.stem for path in (layout.ROOT / "chapters").glob("*.ipynb")} == stems


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.path.stem)
def test_hidden_tests_are_of_exercises_and_import_only_lower_rungs(chapter):
    path = layout.ROOT / "tests" / "hidden" / f"{chapter.word}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = {*FLOOR, *LADDER[:LADDER.index(chapter.word)]}
    assert {rung for (rung,) in imports_of(tree)} <= allowed, "it runs where its own rung and the higher ones are not"
    names = {exercise.name for exercise in chapter.exercises()}
    for table in ("MISTAKES", "EQUIVALENT", "BY_HAND"):
        assert set(layout.table(chapter.word, table)) <= names, f"{table} speaks of what is no exercise"
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
            opening += layout.source(cell) if not opening else ""
            continue
        tree = layout.parse(layout.source(cell))
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
            assert layout.reference(exercise.of, exercise.name).__module__.split(".")[1] == exercise.of, \
                f"{exercise.full_name}: its reference is defined in course_lib.{exercise.of}"


def test_no_absolute_path_or_address_of_a_machine_stands_in_the_project():
    found = []
    for folder in ("course_lib", "chapters", "tests/hidden"):
        for path in (layout.ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".ipynb", ".md") and "__pycache__" not in path.parts:
                text = Path(path).read_text(encoding="utf-8")
                found += [f"{name_of(path)}: {hit}" for hit in re.findall(r"/(?:home|Users|root)/\w+[\w/]*", text)]
    assert not found


ROOMS = {       # of a package: its folders and files, lower ones first; those in one row do not know each other
    "grading": [{"intake", "isolation"}, {"judging"}, {"reports", "similarity"}, {"running"}, {"nbgrader"}],
    "classroom": [{"layout"}, {"progress_file"}, {"ladder", "checking"}, {"authoring", "workspace"}],
}


@pytest.mark.parametrize("package", ROOMS)
def test_no_folder_knows_a_higher_one(package):
    ranks = {name: rank for rank, names in enumerate(ROOMS[package]) for name in names}
    folder = LIBRARY / package
    there = {path.stem for path in folder.iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert there == set(ranks)
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for name in set(imported_of(path, package)) & set(ranks) if own in ranks else ():
            assert name == own or ranks[name] < ranks[own], f"{name_of(path)} imports {package}.{name}"


def imported_of(path, package):
    """What stands directly in the package, for everything of it that a file imports."""
    for full in full_names(path):
        parts = full.split(".")
        if parts[:2] == ["course_lib", package] and len(parts) > 2:
            yield parts[2]


def test_no_modules_import_each_other_in_a_circle():
    graph = {}
    for path in MODULES:
        parts = ["course_lib", *path.relative_to(LIBRARY).with_suffix("").parts]
        graph[".".join(parts).removesuffix(".__init__")] = set(full_names(path))
    left = {name: {n for n in names for n in (n, n.rpartition(".")[0]) if n in graph and n != name and not
                   name.startswith(n + ".")} for name, names in graph.items()}
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    assert not left, f"a circle among {', '.join(sorted(left))}"

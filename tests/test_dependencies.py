"""What the course imports comes with it: each package is named in pyproject.toml, and not only for the tests."""

import ast
import importlib.metadata
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.classroom import layout

#: What may be missing: the extra that brings it, and the room that alone imports it.
OF_AN_EXTRA = {"distributed": ("grade", "course_lib/grading/"), "nbgrader": ("grade", "course_lib/grading/"),
               "datasets": ("hub", "course_lib/instructions/")}


def named(project):
    """{the extra's name, or "": packages} that a pyproject.toml asks for."""
    lists = re.findall(r'(?ms)^([\w-]+) = \[\n(.*?)^\]', project)
    return {"" if name == "dependencies" else name:
            {canonicalize_name(Requirement(line).name) for line in re.findall(r'^\s*"([^"]+)"', text, re.M)}
            for name, text in lists if name in ("dependencies", "test", "grade", "hub")}


NAMED = named((layout.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES_OF = importlib.metadata.packages_distributions()


def third_party(text):
    """The names at the top of what a text imports that is neither Python's nor the course's."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        yield from {name.split(".")[0] for name in names} - {*sys.stdlib_module_names, "course_lib"}


def texts():
    """(where, text) of all code that is not a test."""
    for path in sorted((layout.ROOT / "course_lib").rglob("*.py")):
        yield path.relative_to(layout.ROOT).as_posix(), path.read_text(encoding="utf-8")
    for chapter in layout.chapters():
        for cell in chapter.cells():
            if cell["cell_type"] == "code" and layout.parse(layout.source(cell)):
                yield f"{chapter.path.name}: {cell['id']}", layout.source(cell)


def unnamed(where, text):
    """The packages that a text imports and pyproject.toml does not bring for everybody."""
    for module in third_party(text):
        packages = {canonicalize_name(package) for package in PACKAGES_OF.get(module, [module])}
        extra, room = OF_AN_EXTRA.get(module, ("", ""))
        if not packages & NAMED[extra] or not where.startswith(room):
            yield f"{where} imports {module}"


def test_every_package_that_the_course_imports_is_a_dependency_of_it():
    assert [found for where, text in texts() for found in unnamed(where, text)] == []


@pytest.mark.parametrize("text", ["import transformers", "from hypothesis import given", "import distributed",
                                  "def f():\n    import nosuchpackage"])
def test_an_import_that_only_tests_or_an_extra_bring_would_be_found(text):
    assert list(unnamed("course_lib/gpt.py", text))


def test_both_tables_were_read():
    assert {"torch", "jupyterlab"} <= NAMED[""] and "pytest" in NAMED["test"] and "nbgrader" in NAMED["grade"]
    assert not NAMED[""] & NAMED["test"], "said twice"

"""A small checkout of its own for the tests of the classroom: one module, one chapter, its hidden tests."""

import json
import linecache
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

import course_lib
from course_lib.classroom import layout

MODULE = '''
"""A toy rung."""

import torch
from torch import nn

HALF = 0.5


def halves(numbers):
    """Half of each number.

    >>> halves([2.0, 3.0])
    [1.0, 1.5]
    """
    return [number * HALF for number in numbers]


def soften(x, by):
    """Divide by `by`, then softmax along the last axis.

    x: (..., T)   returns: (..., T)

    >>> soften(torch.zeros(2), 3.0).tolist()
    [0.5, 0.5]
    """
    scaled = x / by  # (..., T)
    if by <= 0:
        raise ValueError(f"by must be positive, not {by}")
    return scaled.softmax(-1)  # (..., T)


class Affine(nn.Module):
    """A line for each channel.

    >>> Affine(3)(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """

    def __init__(self, width):
        super().__init__()
        self.slope = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        """x: (B, C)   returns: (B, C)"""
        return x * self.slope + self.shift


def running_mean(x):
    """The mean of all numbers so far.

    x: (T)   returns: (T)

    >>> running_mean(torch.tensor([2.0])).tolist()
    [2.0]
    """
    T = x.shape[0]
    return x.cumsum(0) / torch.arange(1, T + 1, device=x.device)  # (T)
'''

HIDDEN = '''
import torch

from course_lib.classroom import elsewhere, grads, raised


def halves(impl, draw):
    numbers = draw(5).tolist()
    yield "an empty list stays empty", impl([])
    yield "each number is halved", impl(numbers)
    yield "negative numbers are halved too", impl([-3.0, -7.0])


def soften(impl, draw):
    x = draw(3, 5)
    yield "every row adds up to one", impl(x, 2.0).sum(-1)
    yield "the numbers are divided first", impl(x, 3.0)
    yield "each row stands alone", impl(torch.cat([x, draw(2, 5)]), 3.0)[:3]
    yield "zero is refused, and named", raised(impl, x, 0.0, names=0.0)
    yield "gradients reach x", grads(lambda x: impl(x, 3.0), {"x": x}, upstream=draw(3, 5))
    yield "works on its input's device", elsewhere(lambda x: impl(x, 3.0), x)


def Affine(impl, draw):
    line = draw.fill(impl(5))
    yield "zero gives the shift", line(torch.zeros(2, 5))
    yield "the slope is per channel", line(draw(3, 5))
    yield "gradients reach the parameters", grads(line, {"x": draw(3, 5)}, upstream=draw(3, 5))
    yield "works on its input's device", elsewhere(lambda line, x: line(x), line, draw(3, 5))


def running_mean(impl, draw):
    yield "one number is its own mean", impl(draw(1))
    yield "the mean runs", impl(draw(7))
    yield "works on its input's device", elsewhere(impl, draw(7))["device"]


MISTAKES = {
    "halves": [
        ("* HALF", "", "each number", "nothing is halved"),
        ("* HALF", "+ HALF", "each number", "a half is added"),
        ("number * HALF", "abs(number) * HALF", "each number", "the sign is lost"),
        ("in numbers]", "in numbers[1:]]", "each number", "the first is dropped"),
        ("return [", "return [0.0] + [", "an empty list", "a number too many"),
    ],
    "soften": [
        ("x / by", "x", "the numbers are divided", "they are not divided"),
        ("x / by", "x * by", "the numbers are divided", "they are multiplied"),
        ("softmax(-1)", "softmax(0)", "every row", "the softmax runs along the wrong axis"),
        ("if by <= 0:", "if by < 0:", "zero is refused", "zero is let through"),
        ("{by}", "that", "zero is refused", "the message does not name it"),
        ("x / by", "x.detach() / by", "gradients reach", "the graph is cut"),
    ],
    "Affine": [
        ("x * self.slope + self.shift", "x * self.slope", "zero gives", "the shift is left out"),
        ("x * self.slope", "x", "the slope", "the slope is left out"),
        ("x * self.slope", "x * self.slope[0]", "the slope", "one slope for all"),
        ("x * self.slope", "x * self.slope.detach()", "gradients reach", "the graph is cut"),
        ("+ self.shift", "- self.shift", "zero gives", "the shift is taken away"),
    ],
    "running_mean": [
        ("cumsum(0)", "sum(0)", "the mean runs", "the sum does not run"),
        (" / torch.arange(1, T + 1, device=x.device)", "", "the mean runs", "a sum, no mean"),
        ("arange(1, T + 1,", "arange(1, T + 1).flip(0) + torch.zeros(T,", "the mean runs", "backwards"),
        ("arange(1, T + 1,", "arange(2, T + 2,", "one number", "one too many"),
        ("x.cumsum(0)", "x", "the mean runs", "each number stands alone"),
    ],
}
EQUIVALENT = {
    "soften": {
        "if by <= 0:\\n    ... → if by <= 1:\\n    ...": "listed to see that a list is believed",
        "return scaled.softmax(-1) → return scaled.softmax(+1)": "two axes in all inputs",
    },
    "running_mean": {
        "T = x.shape[0] → T = x.shape[-1]": "there is one axis",
        "return x.cumsum(0) / torch.arange(1, T + 1, device=x.device) → "
        "return x.cumsum(-1) / torch.arange(1, T + 1, device=x.device)": "there is one axis",
    },
}
BY_HAND = {"soften": ["torch.logsumexp", "softmin"], "halves": ["torch.*", "numpy.*", "map"]}
'''
MISTAKEN_MEAN = ("arange(1, T + 1,", "arange(1, T + 1).flip(0) + torch.zeros(T,")      # what is wrong in the hunt


def dedent(text):
    return textwrap.dedent(text).strip("\n")


def blank(name):
    """The toy module's definition with its body (a class's forward) taken out, as an author would write it."""
    from course_lib.classroom.checking import variants

    names = {"forward"} if name[0].isupper() else {name}
    return variants.blanked_text(layout.reference_source("toy", name), names).rstrip("\n")


def cell(kind, identity, text, tags=()):
    code = {"execution_count": None} if kind == "code" else {}
    outputs = {"outputs": []} if kind == "code" else {}
    return {"cell_type": kind, **code, "id": identity, "metadata": {"tags": list(tags)} if tags else {}, **outputs,
            "source": text.splitlines(keepends=True)}


HINTS = "\n".join(f"<details><summary>A {n} push</summary>Think.</details>" for n in ("first", "second", "third"))


def chapter_cells():
    """The toy chapter: three stubs and a hunt."""
    hunt = layout.reference_source("toy", "running_mean").replace(*MISTAKEN_MEAN).rstrip("\n")
    bodies = [("halves", blank("halves"), 1, "halve"), ("soften", blank("soften"), 2, "soften"),
              ("Affine", blank("Affine"), 3, "a line"), ("running_mean", hunt, 2, "Bug hunt: the mean so far")]
    cells = [cell("markdown", "top", "# 3 · A toy\n\nTen minutes, 8 points."),
             cell("code", "imports", 'import torch\nfrom torch import nn\n\nfrom course_lib.classroom import lesson\n\n'
                                     'HALF = 0.5\ncheck = lesson("toy")')]
    for number, (name, body, points, title) in enumerate(bodies, start=1):
        worth = f"{points} point" + "s" * (points > 1)
        if title.startswith("Bug hunt"):
            cells += [cell("code", f"ex{number}-symptom", f'check.latest("{name}")(torch.tensor([[1.0, 2.0]]))')]
        heading = f"### Exercise {number} · {title}  (● easy · 5 minutes · {worth})\n\nDo."
        cells += [cell("markdown", f"ex{number}", heading),
                  cell("code", f"ex{number}-stub", f"{body}\n\n\n{name} = check({name}, points={points})"),
                  cell("markdown", f"ex{number}-hints", HINTS)]
    return cells + [cell("code", "use", "soften(torch.tensor([1.0, 2.0]), 1.0).shape", ["nbval-check-output"])]


def notebook(cells):
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4, "nbformat_minor": 5}


def written(path, book):
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A checkout in a temporary folder, in which `course_lib.toy` and `chapters/03_toy.ipynb` stand; gives its root."""
    for folder in ("chapters", "course_lib", "tests/hidden", "work"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "course_lib" / "toy.py").write_text(MODULE.lstrip("\n"), encoding="utf-8")
    (tmp_path / "tests" / "hidden" / "toy.py").write_text(HIDDEN.lstrip("\n"), encoding="utf-8")
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    monkeypatch.setattr(course_lib, "__path__", [*course_lib.__path__, str(tmp_path / "course_lib")])
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    monkeypatch.delitem(sys.modules, "course_lib.toy", raising=False)
    written(tmp_path / "chapters" / "03_toy.ipynb", notebook(chapter_cells()))
    yield tmp_path
    sys.modules.pop("course_lib.toy", None)
    vars(course_lib).pop("toy", None)
    layout._hidden.pop("toy", None)


@pytest.fixture
def making():
    """The functions of this file that make notebooks."""
    return sys.modules[__name__]


@pytest.fixture
def standing_toy(toy):
    """The same with a copy of the real classroom in it, so that another process can use it through PYTHONPATH."""
    real = Path(course_lib.__file__).parent
    shutil.copy(real / "__init__.py", toy / "course_lib" / "__init__.py")
    shutil.copytree(real / "classroom", toy / "course_lib" / "classroom", ignore=shutil.ignore_patterns("__pycache__"))
    return toy


class Notebook:
    """A notebook's namespace without a kernel: `run` executes a cell and gives what it printed."""

    def __init__(self, capsys, first="import torch\nfrom torch import nn\nHALF = 0.5\n"):
        self.capsys, self.names, self.cells = capsys, {"__name__": "__main__"}, 0
        self.run(first + 'from course_lib.classroom import lesson\ncheck = lesson("toy")')

    def run(self, text):
        self.cells += 1
        text = textwrap.dedent(text)
        place = f"<cell {self.cells} of {id(self)}>"
        linecache.cache[place] = len(text), None, text.splitlines(keepends=True), place
        self.capsys.readouterr()
        exec(compile(text, place, "exec", dont_inherit=True), self.names)
        return self.capsys.readouterr().out

    def __getitem__(self, name):
        return self.names[name]

    def another(self):
        """A fresh notebook, begun in the folder that is now the current one."""
        return Notebook(self.capsys)


@pytest.fixture
def learner(toy, capsys):
    """A learner's notebook in the toy checkout."""
    return Notebook(capsys)

# ruff: noqa: E501  (programs within programs)
"""What is to be built by hand, judged by the text alone: every way to a library is seen, and no honest code is."""

import ast
import json

import pytest

from course_lib.classroom import layout
from course_lib.grading.judging.exam import Exam
from course_lib.grading.judging.plan import plan


@pytest.fixture(scope="module")
def jobs():
    return {word: Exam(word, 1).reading_job() for word in ("start_here", "sampling", "attention")}


def said(job, name, *cells):
    """Why an exercise earns nothing, or ""."""
    book = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    found = plan(json.dumps(book).encode(), job)["exercises"][name]
    assert not found["missing"], found
    return found["refusal"]


USE = "def dot(a, b):\n    return float({})\n"
WAYS = {
    "an import in a try": ["try:\n    import numpy as n\nexcept ImportError:\n    n = None\n", USE.format("n.dot(a, b)")],
    "an import in an except": ["try:\n    import nothing\nexcept ImportError:\n    import numpy as n\n", USE.format("n.dot(a, b)")],
    "an import under an if": ["if 1 < 2:\n    from numpy import dot as d\n", USE.format("d(a, b)")],
    "an import in a with": ["from contextlib import suppress\nwith suppress(Exception):\n    from numpy import dot as d\n", USE.format("d(a, b)")],
    "an import in a class": ["class A:\n    from numpy import dot as d\n", USE.format("A.d(a, b)")],
    "an import in a method": ["class A:\n    def m(self):\n        import numpy\n        return numpy\n", USE.format("A().m().dot(a, b)")],
    "an import in the function": ["def dot(a, b):\n    import numpy as n\n    return float(n.dot(a, b))\n"],
    "an import in a function within": ["def dot(a, b):\n    def inner():\n        from numpy import dot as d\n        return d(a, b)\n    return float(inner())\n"],
    "an import that makes a global": ["def get():\n    global n\n    import numpy as n\n", "def dot(a, b):\n    get()\n    return float(n.dot(a, b))\n"],
    "an import of which a part is used": ["try:\n    from numpy import add, multiply\nfinally:\n    pass\n", USE.format("add.reduce(multiply(a, b))")],
    "an import hidden behind a local name": ["if True:\n    from numpy import dot as d\n    def other():\n        d = 1\n        return d\n", USE.format("d(a, b)")],
    "an import with a star, in a try": ["try:\n    from numpy import *\nexcept ImportError:\n    pass\n", USE.format("inner(a, b)")],
    "an expression": [USE.format("__import__('num' + 'py').dot(a, b)")],
    "an expression in a constant": ["n = __import__('numpy')\n", USE.format("n.dot(a, b)")],
    "importlib": ["import importlib\n", USE.format("importlib.import_module('num' + 'py').dot(a, b)")],
    "importlib, in a class": ["class A:\n    from importlib import import_module as m\n", USE.format("A.m('num' + 'py').dot(a, b)")],
    "a module below": ["import numpy.matlib as m\n", USE.format("m.dot(a, b)")],
    "what a module below hands on": ["from numpy.matlib import dot as d\n", USE.format("d(a, b)")],
    "the door of matplotlib": ["import matplotlib.cbook\n", USE.format("matplotlib.cbook.np.dot(a, b)")],
    "the door of matplotlib, in a variable": ["from matplotlib import cbook\n", "def dot(a, b):\n    m = cbook\n    return float(m.np.dot(a, b))\n"],
    "the door of matplotlib, in a list": ["from matplotlib import cbook\n", USE.format("[cbook][0].np.dot(a, b)")],
    "the door of matplotlib, as a default": ["from matplotlib import cbook\ndef dot(a, b, m=cbook):\n    return float(m.np.dot(a, b))\n"],
    "what lies in the door of matplotlib": ["from matplotlib.cbook import np as n\n", USE.format("n.dot(a, b)")],
    "the door of safetensors": ["import safetensors.torch as s\n", USE.format("s.torch.tensor(a).dot(s.torch.tensor(b))")],
    "sys, by the door of webbrowser": ["import webbrowser\n", USE.format("webbrowser.sys.modules['num' + 'py'].dot(a, b)")],
    "sys, by that door in a variable": ["import webbrowser\n", "def dot(a, b):\n    m = webbrowser\n    return float(m.sys.modules['num' + 'py'].dot(a, b))\n"],
    "sys's modules, imported": ["from webbrowser import sys as s\n", USE.format("s.modules['num' + 'py'].dot(a, b)")],
    "a child process": ["import os\n", USE.format("os.popen('python -c 1').read()")],
    "a child process, in a variable": ["import webbrowser\n", "def dot(a, b):\n    o = webbrowser.os\n    return float(o.popen('python').read())\n"],
    "a module among other things": ["import webbrowser\n", "def dot(a, b):\n    n, o = 1, webbrowser.os\n    if (p := o):\n        return float(p.popen('python').read())\n"],
    "a text that is run": ["import timeit\n", USE.format("timeit.timeit('import numpy')")],
    "the file of a library": [USE.format("open(__import__.__file__).read()")],
    "the rest of a line after a call": ["print(1); from numpy import dot as d\n", USE.format("d(a, b)")],
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_a_way_to_a_library_is_seen(name, jobs):
    assert "by hand" in said(jobs["start_here"], "dot", *WAYS[name])


HONEST = {
    "imports in a try": ["try:\n    import math as m\nexcept ImportError:\n    m = None\n", USE.format("m.fsum(x * y for x, y in zip(a, b))")],
    "imports in the function": ["def dot(a, b):\n    from operator import mul\n    return sum(map(mul, a, b))\n"],
    "imports in a class": ["class A:\n    import math\n    def s(self, x):\n        return self.math.fsum(x)\n", USE.format("A().s(x * y for x, y in zip(a, b))")],
    "numpy in another cell": ["import numpy as np\nx = np.zeros(3)\n", USE.format("sum(x * y for x, y in zip(a, b))")],
    "an import that nobody has": ["try:\n    import nothing_like_this as n\nexcept ImportError:\n    n = None\n", "def dot(a, b):\n    assert n is None\n    return sum(x * y for x, y in zip(a, b))\n"],
    "a star in a text": ["def dot(a, b):\n    '''a * b'''\n    if len(a) != len(b):\n        raise ValueError('*')\n    return sum(x * y for x, y in zip(a, b))\n"],
    "words of libraries as names": ["def dot(a, b):\n    code, trace, np, site = a, b, 0, 1\n    return sum(x * y for x, y in zip(code, trace))\n"],
    "os's paths": ["import os\n", "def dot(a, b):\n    os.path.join('a', 'b'), os.getcwd()\n    return sum(x * y for x, y in zip(a, b))\n"],
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_not_refused(name, jobs):
    assert said(jobs["start_here"], "dot", *HONEST[name]) == ""


def test_the_many_heads_of_the_library_are_not_built_by_hand(jobs):
    for name in ("look", "causal_attention", "local_attention"):
        for code in ("nn.MultiheadAttention(4, 1)(q, k, v)", "nn.TransformerEncoderLayer(4, 1)(q)",
                     "nn.functional.multi_head_attention_forward(q, k, v)"):
            text = f"from torch import nn\ndef {name}(q, k, v, *more):\n    return {code}\n"
            assert "MultiheadAttention" in said(jobs["attention"], name, text)


def test_no_finished_one_is_refused():
    for chapter in layout.chapters():
        if not chapter.exercises():
            continue
        job = Exam(chapter.word, 1).reading_job()
        for exercise in chapter.exercises():
            if exercise.hunt:
                continue
            setup = "\n".join(ast.unparse(node) for cell in chapter.cells() if cell["cell_type"] == "code"
                              for node in (layout.parse(layout.source(cell)) or ast.Module([], [])).body
                              if isinstance(node, (ast.Import, ast.ImportFrom)))
            text = layout.reference_source(exercise.of, exercise.name)
            assert said(job, exercise.name, setup, text) == "", (chapter.word, exercise.name)

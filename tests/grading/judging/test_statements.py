"""Which statements of a notebook are an answer's: read as a kernel reads them, run as the kernel ran them."""

import ast
import json
import symtable
import sys
import sysconfig
from pathlib import Path

import pytest

from course_lib.grading.judging import stand_ins
from course_lib.grading.judging.names import Names
from course_lib.grading.judging.plan import plan
from course_lib.grading.judging.statements import Book

SAID = {"blanks": ["f"], "given": ["g"], "helpers": [], "by_hand": []}
JOB = {"exercises": {"f": SAID}, "closed": ["course_lib.x"]}


def planned(*cells):
    book = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()
    return plan(book, JOB)["exercises"]["f"]


def answer(*cells):
    """What f() gives when the statements of f run as a worker runs them."""
    found, before = planned(*cells), {name: sys.modules.get(name) for name in ("__main__",)}
    assert not found["missing"] and not found["refusal"], found
    try:
        space = stand_ins.Namespace(check=lambda f, **_: f)
        for number, (_, text) in enumerate(found["statements"]):
            try:
                space.run(text, f"<{number}>")
            except Exception:
                pass  # as in the worker: what fails is left out
        return space.names["f"]()
    finally:
        sys.modules.update(before)


F = "def f(): return n\n"


@pytest.mark.parametrize(
    "cells, value",
    [
        # magics, prompts, indentation
        (["%%time\nn = 2  # is it?\n", F], 2),
        (["%%capture out\n%%time\nn = 2\n", F], 2),
        (["%%prun -q\nn = 2\n", F], 2),
        (["x = !ls\ny = %timeit -o 1+1\n!pip install x \\\n  y\nn = 2\n", F], 2),
        (["n = !ls\n", F], []),
        (["try:\n    %matplotlib inline\n    n = 2\nfinally:\n    !ls\n", F], 2),
        (["n = 1\n%time n = 2\n", F], 2),
        (["%prun -l 3 n = 2\n", F], 2),
        (["n = %time 1 + 1\n", F], 2),
        (["for n in 1, 2:\n    %time n = n * 10\n", F], 20),
        ([">>> n = 2\n", ">>> def f():\n...     return n\n"], 2),
        (["In [1]: n = 2\n", F], 2),
        (["  n = 2\n", F], 2),
        (["int?\nn = 2\n", F], 2),
        (["n = 2\nn?\n", F], 2),
        (["def f():\n    %timeit 1\n    !ls\n    return 2\n"], 2),
        (["def f():\n    x = %time 1 + 1\n    return x\n"], 2),
        (["%%timeit -n 1 n = 2\ndef f(): return n\nf = check(f)\n"], 2),
        # ends of lines
        (["# a\u2028b\nn = 2\n", "# c\u0085d\x0c\x1ce\n" + F], 2),
        (["n = 'a\u2028b'\n", F], "a\u2028b"),
        (["n = 1\r\nn += 1\r\n", F.replace("\n", "\r")], 2),
        (["\x0cn = 2\n", F], 2),
        # several on a line, decorators, continued lines
        (["n = 1; n += 1; m = 3\n", F], 2),
        (["import functools\n", "@\\\nfunctools.cache\ndef f(): return 2\n"], 2),
        (["é = 'ä'; n = 'ö'; z = 1\n", F], "ö"),
        (["n = \\\n  2\n", F], 2),
        (["n = '''a\n  b'''; z = 1\n", F], "a\n  b"),
        # statements that change what a name means
        (["n = 5.0", "while n > 1: n -= 1", F], 1.0),
        (["n = 1", "n += 1", F], 2),
        (["n = {}", "n.update(a=1)", F], {"a": 1}),
        (["n = []", "for i in range(3):\n    n.append(i)", F], [0, 1, 2]),
        (["print(n := 2)", F], 2),
        (["n = [1, 2]", "del n[0]", F], [2]),
        (["n = {}", "n['a'] = n['b'] = 1", F], {"a": 1, "b": 1}),
        (["import contextlib", "with contextlib.nullcontext(2) as n: pass", F], 2),
        (["n = [3]", "n[0] += 1", F], [4]),
        (["match 2:\n    case n: pass", F], 2),
        (["*n, last = 1, 2, 3", F], [1, 2]),
        (["n = 1\nm = n\nn = 2\n", F], 2),
        (["n = [2, 1]", "n.sort()", F], [1, 2]),
        (["n = [1]", "alias = n", "alias.append(2)", F], [1, 2]),
        (["n = [[1]]", "for row in n: row[0] = 5", F], [[5]]),
        (["n = [[1]]", "[row.append(2) for row in n]", F], [[1, 2]]),
        (["n = {}", "n.setdefault('a', []).append(1)", F], {"a": [1]}),
        (["n = 1\nif n: n = 2\nelse: n = 3", F], 2),
        (["n = [1]", "last = n.pop()", F], []),
        (["n = [1]", "import heapq; heapq.heappush(n, 0)", F], [0, 1]),
        (["n = [1]", "list.append(n, 2)", F], [1, 2]),
        (["n = [1]", "setattr(n, 'x', 2) if 0 else n.append(3)", F], [1, 3]),
        (["n = []", "def fill(row): row.append(1)", "fill(n)", F], [1]),
        (["n = [1, 2]\nit = iter(n)\nnext(it)\nn = it", F.replace("n\n", "next(n)\n")], 2),
        (["n = []", "def more():\n    n.append(1)", "more()", "more()", F], [1, 1]),
        (["n = 1", "def more():\n    global n\n    n += 1", "more()", F], 2),
        (["exec('n = 2')", F], 2),
        (
            [
                "R = {}\ndef put(h):\n    R[h.__name__] = h\n    return h",
                "@put\ndef two(): return 2",
                "def f(): return R['two']()",
            ],
            2,
        ),
        (["def outer(row): inner(row)\ndef inner(row): row.append(1)", "n = []", "outer(n)", F], [1]),
        (["class A: n = 1", "A.n = 2", "def f(): return A.n"], 2),
        (["n = m = []", "m.append(1)", F], [1]),
        (["async def two(): return 2", "n = await two()", F], 2),
        (["from math import *", "def f(): return pow(2, 2)"], 4.0),
        (["n = 1", "try:\n    n = 2\n    1 / 0\nexcept ZeroDivisionError as error: n = 3", F], 3),
        (["if __name__ == '__main__':\n    n = 2", F], 2),
        # what a name means when the answer is tried
        (["n = 1\n" + F + "n = 2\nf = check(f)\n", "n = 3"], 2),
        (["n = 1\ndef h(): return n", "n = 2", "def f(): return h()"], 2),
        (["n = 1\ndef h(): return n", "m = h()", "n = 2", "def f(): return m, h()"], (1, 2)),
        (["def f(): return h()", "def h(): return 2"], 2),
        (["n = 2", F + "f = check(f)", "n.append(3)", "n = 4"], 2),
        ([F, "n = 2", "f = check(f)", "n = 3"], 2),
        (["n = 2", F, "f = check(f)", "f = f()", "for f in (): pass"], 2),
        (["n = 2", "def f(): return 1", "f = check(f)", F], 2),
        (["n = 2", "f = check(lambda: n)"], 2),
        (["n = 2", F + "check(f)", "f = 5"], 2),
        (["def w(h): return lambda: h() + 1", "def f(): return 1", "f = w(f)\nf = check(f)"], 2),
        (["from __future__ import annotations", "def f(a: Nowhere = 2): return a"], 2),
        (["n = 2; from __future__ import annotations\ndef f() -> No: return n"], 2),
        (["import sys; old = sys.getrecursionlimit()", "sys.setrecursionlimit(old)", "def f(): return 2"], 2),
        # what a kernel gives
        (["def f():\n    display(1)\n    return 2"], 2),
        (["from IPython.display import display", "def f():\n    display(1)\n    return 2"], 2),
        (
            [
                "from IPython import get_ipython",
                "def f():\n    get_ipython().run_line_magic('time', '1')\n    return 2",
            ],
            2,
        ),
        (["def f():\n    exit()\n    quit()\n    display(1, display_id=True).update(2)\n    return 2"], 2),
        (["def f():\n    return _, In[0], Out, __IPYTHON__"], ("", "", {}, True)),
    ],
    ids=str,
)
def test_an_answer_means_what_it_meant_in_the_kernel(cells, value):
    found = answer(*cells)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "cells, left_out",
    [
        (["n = 1\n", "n = 2\n", F, "n = 3\n"], ["n = 1", "n = 3"]),
        (["n = []", "print(n)", "n.append(1)", F], ["print"]),
        (["model = 1", "loss = train(model)", "n = 2", F], ["model", "train"]),
        (["n = 2", F + "f = check(f)", "n.append(1)"], ["append"]),
        (["import torch", "torch.softmax(x)", "def f(): return torch.pi"], ["softmax"]),
        (["n = 2", "def f(x): return x + n", "x = 5", "f(x)"], ["x = 5"]),
        (["from IPython.display import display", "def f(): display(1)"], ["import"]),
        (["x = 1", "def f(x): return [y for y in x]", "y = 2"], ["x = 1", "y = 2"]),
        (["m = []", "n = [1]", "for k in n: m.append(k)", F], ["m.append"]),
    ],
)
def test_what_an_answer_does_not_need_is_not_run(cells, left_out):
    text = "".join(text for _, text in planned(*cells)["statements"])
    assert not [part for part in left_out if part in text], text


@pytest.mark.parametrize(
    "cells, words",
    [
        (
            ["n = [1]", "import plotting", "plotting.change(n)", F],
            "this statement was not run: `plotting.change(n)` (cell 3)",
        ),
        (
            ["%run helpers.py", F],
            "this statement was not run: `get_ipython().run_line_magic('run', 'helpers.py')` (cell 1)",
        ),
        (["n = (", F], "`n`: cell 1 cannot be read: SyntaxError"),
    ],
)
def test_what_may_matter_and_was_not_run_is_named(cells, words):
    assert any(words in note for note in planned(*cells)["notes"])


@pytest.mark.parametrize(
    "cell, words",
    [
        ("%%writefile answer.py\n" + F, "it begins with `%%writefile`"),
        ("def f(:\n", "SyntaxError"),
        ("<<<<<<< HEAD\n" + F + "=======\n" + F + ">>>>>>> theirs\n", "the marks of an unfinished merge"),
    ],
)
def test_a_cell_that_cannot_be_read_is_said_with_its_reason(cell, words):
    assert words in planned(cell)["missing"]


def test_text_and_tree_of_a_statement_are_one():
    for path in sorted((Path(sysconfig.get_path("stdlib")) / "json").glob("*.py")):
        for statement in Book({0: path.read_text(encoding="utf-8")}).statements:
            assert ast.dump(ast.parse(statement.text).body[0]) == ast.dump(statement.node)


def taken(text):
    """An independent view: the names that the compiler's own tables look up outside of a statement."""
    found, todo = set(), [(symtable.symtable(text, "cell", "exec"), True)]
    while todo:
        table, top = todo.pop()
        todo += [(inner, False) for inner in table.get_children()]
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (s.is_global() or top)}
    return found


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="its tables mix a comprehension's names with those around it")
@pytest.mark.parametrize("module", ["ast", "dataclasses", "functools", "tokenize", "typing", "unittest.mock"])
def test_the_names_that_a_statement_takes_are_the_compilers(module):
    text = (Path(sysconfig.get_path("stdlib")) / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        names, expected = Names(node), taken(ast.unparse(node))
        in_classes = {
            name
            for part in ast.walk(node)
            if isinstance(part, ast.ClassDef)
            for name in Names(ast.Module(part.body, [])).binds
        }
        got = names.uses | names.later
        assert expected - {"__class__"} <= got and got - expected <= in_classes, ast.unparse(node)[:80]

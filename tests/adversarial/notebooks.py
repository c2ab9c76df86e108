"""Small notebooks for these tests: the chapter `attention` with some definitions in it."""

import json
import textwrap

from course_lib.classroom import layout

SETUP = "import math\nimport torch\nfrom torch import nn\nfrom course_lib.classroom import lesson\n" \
        "from course_lib.start_here import dot, softmax\n\ncheck = lesson('attention')\n"
TARGET = "causal_attention"
RIGHT = """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q @ k.mT / D**0.5).masked_fill(future, -torch.inf).softmax(-1) @ v
"""
WRONG = """
def causal_attention(q, k, v):
    return v.cumsum(-2)
"""


def cell(text, kind="code", **more):
    book = {"cell_type": kind, "metadata": {}, "source": textwrap.dedent(text).splitlines(keepends=True), **more}
    return book | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook(*cells):
    """A notebook's JSON of the usual first cell and these."""
    every = [cell(SETUP), *(c if isinstance(c, dict) else cell(c) for c in cells)]
    return {"cells": every, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def witness():
    """A right answer to another exercise: whatever goes on beside it, it keeps its points."""
    return layout.reference_source("attention", "attend") + "\nattend = check(attend, points=2)\n"


def write(path, book):
    path.write_text(book if isinstance(book, str) else json.dumps(book), encoding="utf-8")
    return path

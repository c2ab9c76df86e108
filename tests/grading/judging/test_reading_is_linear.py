"""Twice the statements are twice the work, whatever they are: the calls are counted, not the seconds."""

import json
import sys

import pytest

from course_lib.grading.judging.plan import plan

SAID = {"blanks": ["f"], "given": [], "helpers": [], "by_hand": []}
JOB = {"exercises": {"f": SAID}, "closed": []}
F = "\ndef f(): return n\n"


def work(cells):
    """How many calls of functions, Python's own too, reading a notebook takes."""
    data, count = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode(), 0

    def notice(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(notice)
    try:
        found = plan(data, JOB)["exercises"]["f"]
    finally:
        sys.setprofile(None)
    assert not found["missing"] and not found["refusal"]
    return count


KINDS = {
    "items": lambda k: ["n = {}\n" + "".join(f"n[{i}] = '…'\n" for i in range(k)) + F],
    "items, a cell each": lambda k: ["n = {}", *(f"n[{i}] = '…'" for i in range(k)), F],
    "one name again and again": lambda k: ["n = 0\n" + "n = n + 1\n" * k + F],
    "one name in a loop": lambda k: ["n = 0\n" + "for i in range(3): n += 1\n" * k + F],
    "a chain of functions": lambda k: [
        "def g0(): return 1\n"
        + "".join(f"def g{i}(): return g{i - 1}()\n" for i in range(1, k))
        + f"n = g{k - 1}()"
        + F
    ],
    "a chain of values": lambda k: [
        "g0 = 1\n" + "".join(f"g{i} = g{i - 1} + 1\n" for i in range(1, k)) + f"n = g{k - 1}" + F
    ],
    "calls of a function with many names": lambda k: [
        "".join(f"c{i} = {i}\n" for i in range(k))
        + f"def h(): return {'+'.join(f'c{i}' for i in range(0, k, 9))}\nn = {{}}\n"
        + "".join(f"n[{i}] = h()\nc{i} = 0\n" for i in range(k))
        + F
    ],
    "other names for one object": lambda k: ["n = []\n" + "".join(f"a{i} = n\na{i}.append(1)\n" for i in range(k)) + F],
    "functions that change it": lambda k: [
        "n = []\n" + "".join(f"def p{i}(): n.append({i})\np{i}()\n" for i in range(k)) + F
    ],
    "on one line": lambda k: ["n = 0; " + "; ".join(f"n += {i}" for i in range(k)) + F],
    "imports": lambda k: ["".join(f"import m{i} as n\n" for i in range(k)) + "n = 1" + F],
    "copies of the answer": lambda k: [F] * k,
    "checks": lambda k: ["n = 1" + F + "f = check(f)\n" * k],
    "not needed": lambda k: ["".join(f"m{i} = print({i})\n" for i in range(k)) + "n = 1" + F],
}


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_statements_are_twice_the_work(kind):
    once, twice = work(KINDS[kind](300)), work(KINDS[kind](600))
    assert twice < 2.2 * once


@pytest.mark.slow
def test_thousands_of_statements_in_a_cell():
    cell = "n = {}\n" + "".join(f"n[{i}] = '…'\n" for i in range(5000)) + F
    found = plan(json.dumps({"cells": [{"cell_type": "code", "source": cell}]}).encode(), JOB)["exercises"]["f"]
    assert len(found["statements"]) == 5002


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    [repr("x" * 5_000_000), "[" + "1, " * 200_000 + "]", "(\n" + "'a'\n" * 700_000 + ")"],
    ids=["a text", "many numbers", "many texts"],
)
def test_a_large_constant_costs_no_answer_that_does_without_it(value):
    source = [f"DATA = {value}", "n = 1" + F]
    found = plan(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in source]}).encode(), JOB)
    assert [text for _, text in found["exercises"]["f"]["statements"]] == ["n = 1\n", F.lstrip()]

"""The audit and the mutator: what an author forgets is found; what is sound passes."""

import ast
import importlib
import os
import sys
import time

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring import audit, messages, mutate

pytest_plugins = ["toy_course"]      # the fixtures `toy` and `making`


def exercise(name):
    return next(e for e in layout.chapters()[0].exercises() if e.name == name)


def edit(path, *changes):
    """Change a file of the toy checkout; each old text has to stand there once."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    later = path.stat().st_mtime + 2  # Python takes a file of the same size and second for the one it has compiled
    os.utime(path, (later, later))
    layout._hidden.clear()
    sys.modules.pop("course_lib.toy", None)
    importlib.invalidate_caches()


def test_a_sound_chapter_passes(toy, capsys):
    assert audit.main(["toy", "--mutants", "--shapes"]) == 0
    said = capsys.readouterr().out
    assert said.count("✓") == 6 and "✗" not in said
    assert audit.main([]) == 2 and audit.main(["toy", "--mutant"]) == 2


def test_what_is_said_of_wrong_answers_is_counted_by_whether_it_points_at_the_cause(toy, capsys, monkeypatch):
    """Listed mistakes and what is left behind need no reader; of the others it counts what one has said."""
    assert audit.main(["toy", "halves", "--messages"]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = [line for line in lines if "→" in line]
    # where the example fails, the first broken property is named beside it: none is left at its example
    assert len(listed) == 5 and all(line.startswith("at the cause") for line in listed)
    assert sum("example" in line.split(" · ", 3)[3] for line in listed) == 4
    assert sum(line.startswith("at the cause") and "likely cause the sign is lost" in line for line in listed) == 1
    spoilt = next(line for line in lines if "changes an argument" in line)
    assert spoilt.startswith("at the cause") and "its inputs are left as they were" in spoilt
    unread = next(line for line in lines if "rounds to six digits" in line)
    assert unread.startswith("not read yet")
    label = unread.split(" · ")[2]
    for verdict, ended in ((messages.NEAR, 0), (messages.AWAY, 1)):
        monkeypatch.setattr(messages, "kept", lambda verdict=verdict: {
            "toy.halves": {"rounds to six digits": [label, verdict], "sets a seed": ["another label", verdict],
                           "a table of 64 places": ["another label", verdict]}})
        assert audit.main(["toy", "halves", "--messages"]) == ended
        lines = capsys.readouterr().out.splitlines()
        assert f"{verdict}: 1 of {len(lines) - 1}" in lines[-1]     # the other was said of another message


def test_it_works_before_the_notebook_is_there(toy, capsys):
    (toy / "chapters" / "03_toy.ipynb").unlink()
    assert audit.main(["toy"]) == 0
    assert "no chapters/NN_toy.ipynb yet" in capsys.readouterr().out


LEFT_OUT = '    yield "the slope is per channel", line(draw(3, 5))\n'
NO_DEVICE = '    yield "works on its input\'s device", elsewhere(impl, draw(7))["device"]'
ONE_AXIS = '        "T = x.shape[0] → T = x.shape[-1]": "there is one axis",\n'
CLOCK = 'torch.tensor([float(__import__("time").perf_counter_ns() % 9973), 1.0])'
BUSY = "from time import process_time as t; begun = t(); any(t() - begun > 1.1 for _ in iter(int, 1))"
HIDDEN = [      # what is changed in the hidden tests, the exercise, and what must be said
    (LEFT_OUT, "", "Affine", "should be caught by"),
    ('"negative numbers are halved too"', '"each number is halved"', "halves", "comes twice"),
    ('yield "the mean runs"', 'yield "the mean runs."', "running_mean", "ends in a stop"),
    (NO_DEVICE, "", "running_mean", "no label"),
    ("impl(draw(1))", "impl(nothing)", "running_mean", "breaks on the reference: NameError"),
    ("def halves(impl", "def holves(impl", "halves", "has no halves"),
    ("impl(draw(7))", f"impl({CLOCK})", "running_mean", "two runs"),
    ("numbers = draw(5).tolist()", "numbers = [3.0, 5.0, -2.5]", "halves", "same with every seed"),
    ('yield "each number is halved"', 'yield f"each number is halved, {numbers}"', "halves", "labels are others"),
    ("x = draw(3, 5)\n", f"x = draw(3, 5); {BUSY}\n", "soften", "takes 1."),
    ('("+ self.shift", "- self.shift"', '("+ self.shift", "+ 1 * self.shift"', "Affine", "is not caught"),
    ('("* HALF", "",', '("* HALFS", "",', "halves", "stand once in the reference, and stands 0"),
    ('("* HALF", "",', '("* HALF", "*",', "halves", "invalid syntax"),
    ('"zero gives", "the shift is left', '"the slope", "the shift is left', "Affine", "is caught by"),
    ('        ("* HALF", "", "each number", "nothing is halved"),\n', "", "halves", "4 MISTAKES"),
    ('"softmin"]', '"softmax"]', "soften", "the reference itself uses"),
]


@pytest.mark.slow
@pytest.mark.parametrize("old, new, name, words", HIDDEN, ids=[row[3] for row in HIDDEN])
def test_a_fault_in_the_hidden_tests_is_found(old, new, name, words, toy):
    edit(toy / "tests" / "hidden" / "toy.py", (old, new))
    found = audit.problems(exercise(name))
    assert any(words in problem for problem in found), found


@pytest.mark.parametrize("old, new, words", [
    (ONE_AXIS, "", "survives: 'T = x.shape[0] → T = x.shape[-1]'"),
    ("→ T = x.shape[-1]", "→ T = x.shape[3]", "no longer made"),
    ("impl(draw(7))\n", "impl(draw(7)).shape\n", "survives: 'return x.cumsum(0) / torch.arange(1, T + 1"),
])
def test_survivors_are_found_and_so_is_a_list_that_has_drifted(old, new, words, toy):
    edit(toy / "tests" / "hidden" / "toy.py", (old, new))
    found = audit.survivor_problems(exercise("running_mean"))
    assert any(words in problem for problem in found), found


SOLVED = "    return [n / 2 for n in numbers]\n\n\nhalves"
CHAPTER = [
    ("def soften(x, by)", "def soften(x, by=1)", "soften", "not its reference with the body taken out"),
    ("x.shape[0]", "x.shape[-1]", "running_mean", "not its reference with exactly one"),
    ("    raise NotImplementedError\n\n\nhalves", SOLVED, "halves", "the untouched exercise passes"),
]


@pytest.mark.parametrize("old, new, name, words", CHAPTER, ids=[row[2] for row in CHAPTER])
def test_a_fault_in_the_chapter_is_found(old, new, name, words, toy, making):
    cells = making.chapter_cells()
    texts = ["".join(cell["source"]) for cell in cells]
    assert sum(text.count(old) for text in texts) == 1
    for cell, text in zip(cells, texts, strict=True):
        cell["source"] = text.replace(old, new).splitlines(keepends=True)
    making.written(toy / "chapters" / "03_toy.ipynb", making.notebook(cells))
    found = audit.problems(exercise(name))
    assert any(words in problem for problem in found), found


def test_names_that_are_not_bound_above_are_found(toy, making):
    assert audit.name_problems(layout.chapters()[0]) == []
    cells = making.chapter_cells()
    cells[1]["source"] = [line for line in cells[1]["source"] if "HALF" not in line and "nn" not in line]
    cells[-1]["source"] = ["HALF = 0.5"]
    making.written(toy / "chapters" / "03_toy.ipynb", making.notebook(cells))
    found = audit.name_problems(layout.chapters()[0])
    assert len(found) == 2 and "halves: its reference uses `HALF`" in found[0] and "`nn`" in found[1]


def test_an_example_that_fails_or_gives_a_hunt_away_is_found(toy):
    edit(toy / "course_lib" / "toy.py", ("[1.0, 1.5]", "[1.0, 1.6]"), ("    [2.0]\n", "    [3.0]\n"))
    assert "shows [1.0, 1.5] on the reference" in audit.example_problems(exercise("halves"))[0]
    edit(toy / "course_lib" / "toy.py", ("tensor([2.0])", "tensor([2.0, 2.0])"), ("    [3.0]\n", "    [2.0, 2.0]\n"))
    assert "gives the hunt away" in audit.example_problems(exercise("running_mean"))[0]
    edit(toy / "course_lib" / "toy.py", ("    >>> halves([2.0, 3.0])\n    [1.0, 1.6]\n", ""))
    assert audit.example_problems(exercise("halves")) == ["the docstring has no example"]


SOURCE = '''
def f(a, b, flag=True):
    """Not 1 of these 2 words."""
    c = a[-1] + b * 2
    if flag and a < b:
        raise ValueError(f"{a} is 3 too small", 4)
    while a < b:
        a = g(a, b)
    return -c
'''


def test_the_mutator_changes_what_it_says():
    tree = ast.parse(SOURCE.strip()).body[0]
    before = ast.dump(tree)
    made = list(mutate.mutants(tree))
    said = [what for what, _ in made]
    assert ast.dump(tree) == before and len(said) == len(set(said))
    assert all(ast.dump(changed) != before for _, changed in made)
    for wanted in ["c = a[-1] + b * 2 → c = a[-1] - b * 2", "c = a[-1] + b * 2 → c = a[-1] + (b + 2)",
                   "c = a[-1] + b * 2 → c = a[-1] + b * 3", "c = a[-1] + b * 2 → c = a[-2] + b * 2",
                   "c = a[-1] + b * 2 → (dropped)", "a = g(a, b) → a = g(b, a)", "return -c → return +c",
                   "if flag and a < b:\n    ... → if flag or a < b:\n    ...",
                   "if flag and a < b:\n    ... → if flag and a <= b:\n    ..."]:
        assert wanted in said, said
    assert not any("words" in what or "flag=" in what or "too small" in what.split(" → ")[1] for what in said)
    for what, changed in made:
        compile(ast.unparse(changed), what, "exec")


def test_what_is_given_in_a_class_is_left_alone(toy):
    tree = ast.parse(layout.reference_source("toy", "Affine")).body[0]
    given = [layout.functions(tree)["__init__"]]
    said = [what for what, _ in mutate.mutants(tree, given)]
    assert said and not any("Parameter" in what or "super" in what for what in said)


def test_the_deadline_stops_a_loop_and_leaves_no_alarm():
    began = time.process_time()
    with pytest.raises(mutate.Late), mutate.deadline(0.2):
        while True:
            pass
    assert time.process_time() - began < 2
    with mutate.deadline(0.05):
        pass
    time.sleep(0.1)


def test_the_deadline_works_without_an_alarm(monkeypatch):
    monkeypatch.delattr(mutate.signal, "setitimer", raising=False)

    def endless():
        while True:
            pass

    with pytest.raises(mutate.Late), mutate.deadline(0.2):
        endless()
    assert sys.gettrace() is None

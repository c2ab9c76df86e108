"""check: what it says of right, wrong, unwritten and borrowed answers, what it gives back, what it leaves as it was."""

import importlib
import os
import random
import re
import signal
import threading

import numpy as np
import pytest
import torch

from course_lib.classroom import layout, lesson
from course_lib.classroom.checking.judge import Broken
from course_lib.classroom.checking.likely_cause import alike
from course_lib.classroom.checking.report import Report

pytest_plugins = ["toy_course"]      # the fixtures `toy` and `learner`

RIGHT = """
def soften(x, by):
    if by <= 0:
        raise ValueError(f"by must be positive, not {by}")
    e = torch.exp(x / by)
    return e / e.sum(-1, keepdim=True)

mine = soften
soften = check(soften, points=2)
"""


def finished(name):
    return getattr(importlib.import_module("course_lib.toy"), name)


def test_a_right_answer_is_told_so_and_comes_back(learner):
    said = learner.run(RIGHT)
    assert said.startswith("✓ soften · 2 points · all 6 properties hold")
    assert learner["soften"] is learner["mine"]


def test_an_unwritten_answer_is_told_so_kindly_and_the_finished_one_stands_in(learner):
    said = learner.run("def soften(x, by):\n    raise NotImplementedError\nsoften = check(soften, points=2)")
    assert said.startswith("○ soften · not written yet")
    assert "✗" not in said and "Error" not in said
    assert learner["soften"] is finished("soften")


def test_a_method_that_is_still_to_do_is_named(learner):
    said = learner.run("""
        class Affine(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.slope = nn.Parameter(torch.ones(width))
                self.shift = nn.Parameter(torch.zeros(width))
            def forward(self, x):
                raise NotImplementedError
        Affine = check(Affine, points=3)""")
    assert said.startswith("○ Affine · not written yet: `forward` is still to do")


WRONG = {       # the change, and what must be said: the label, what was expected and got, the likely cause
    "not divided": ("x / by", "x * 1.0", ["the numbers are divided first", "expected", "got", "they are not divided"]),
    "wrong axis": ("(-1, keep", "(0, keep", ["every row adds up to one", "the softmax runs along the wrong axis"]),
    "zero let through": ("by <= 0", "by < -1", ["zero is refused, and named", "ValueError", "no error"]),
    "message without the value": ("not {by}", "so", ["zero is refused, and named", "does not name it"]),
    "no graph": ("x / by", "x.detach() / by", ["gradients reach x", "the graph is cut"]),
    "on the CPU": ("torch.exp(x / by)", "torch.exp(x / by) * torch.ones(x.shape)", ["works on its input's device"]),
    "nothing returned": ("return e", "e", ["not yet", "is there a return"]),
    "writes into its input": ("e = torch.exp(x / by)", "x.div_(by); e = torch.exp(x)", ["left as they were", "a copy"]),
    "a list": ("return e / e.sum(-1, keepdim=True)", "return (e / e.sum(-1, keepdim=True)).tolist()", ["not yet"]),
    "an error of its own": ("torch.exp(x / by)", "torch.exp(x + bias)", ["NameError", "e = torch.exp(x + bias)"]),
    "exits": ("    e = ", "    raise SystemExit(3)\n    e = ", ["SystemExit: 3", "raise SystemExit(3)"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told_the_first_broken_property(name, learner):
    old, new, words = WRONG[name]
    assert RIGHT.count(old) == 1
    said = learner.run(RIGHT.replace(old, new))
    assert said.startswith("✗ soften · ")
    for word in words:
        assert word in said, said
    assert learner["soften"] is finished("soften")
    assert "assert" not in said and "yield" not in said and "impl(" not in said     # never the test's own code


def test_beside_an_example_that_fails_stands_the_property_that_is_broken_and_the_likely_cause(learner):
    said = learner.run("def halves(numbers):\n    return numbers\nhalves = check(halves, points=1)")
    assert "its example does not come out" in said and "halves([2.0, 3.0])" in said
    assert "broken property  each number is halved" in said and "likely cause     nothing is halved" in said
    said = learner.run("def halves(numbers):\n    return [1.0, 1.5][: len(numbers)]\nhalves = check(halves, points=1)")
    assert "not yet: each number is halved" in said and "broken property" not in said


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="a signal is needed to interrupt a loop")
def test_an_example_that_fails_is_shown_also_where_other_inputs_never_end(learner):
    def interrupt(signum, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.5)
    try:
        said = learner.run("def halves(numbers):\n    while not numbers: pass\n    return numbers\n"
                           "halves = check(halves, points=1)")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert "its example does not come out" in said and "halves([2.0, 3.0])" in said


def test_the_examples_come_from_the_exercise_not_from_what_is_left_of_the_docstring(learner):
    said = learner.run("def halves(numbers):\n    return [n for n in numbers]\nhalves = check(halves, points=1)")
    assert "its example does not come out" in said
    assert "halves([2.0, 3.0])" in said and "[1.0, 1.5]" in said and "[2.0, 3.0]" in said


def test_what_the_answer_prints_does_not_count_against_it_but_is_shown_when_it_fails(learner):
    right = "def halves(numbers):\n    print('looking at', numbers)\n    return [n / 2 for n in numbers]\n"
    assert learner.run(right + "halves = check(halves, points=1)").startswith("✓")
    said = learner.run(right.replace("/ 2", "/ 3") + "halves = check(halves, points=1)")
    assert said.startswith("✗") and "looking at [2.0, 3.0]" in said


def test_an_object_that_check_handed_out_changes_nothing(learner):
    learner.run("def soften(x, by):\n    raise NotImplementedError\nsoften = check(soften, points=2)")
    given = learner["soften"]
    said = learner.run("soften = check(soften, points=2)")
    assert "run the cell with your definition again" in said and "✓" not in said
    assert learner["soften"] is given
    assert learner.run(RIGHT).startswith("✓")


BORROWED = {
    "imported": "from course_lib.toy import soften",
    "assigned": "import course_lib.toy\nsoften = course_lib.toy.soften",
    "wrapped": "from course_lib import toy\ndef soften(x, by):\n    return toy.soften(x, by)",
    "wrapped in a lambda": "from course_lib import toy\nsoften = lambda x, by: toy.soften(x, by)",
    "wrapped two deep": "from course_lib import toy\ndef help(*a):\n    return toy.soften(*a)\n"
                        "def soften(x, by):\n    return list(map(lambda y: help(y, by), [x]))[0]",
    "a partial": "from course_lib import toy\nimport functools\nsoften = functools.partial(toy.soften)",
    "decorated": "from course_lib import toy\nimport functools\n@functools.wraps(toy.soften)\n"
                 "def soften(x, by):\n    return toy.soften(x, by)",
    "copied code": "from course_lib import toy\nimport types\n"
                   "soften = types.FunctionType(toy.soften.__code__, vars(toy), 'soften')",
    "another one of the course": "from course_lib import toy\nsoften = toy.halves",
}


@pytest.mark.parametrize("how", BORROWED)
def test_what_comes_from_the_course_earns_nothing_and_is_named(how, learner):
    said = learner.run(BORROWED[how] + "\nsoften = check(soften, points=2)")
    assert said.startswith("✗") and "earns nothing" in said and "course_lib" in said


@pytest.mark.parametrize("body", [
    "class Affine(toy.Affine):\n    pass",
    "class Affine(nn.Module):\n    __init__, forward = toy.Affine.__init__, toy.Affine.forward",
    "class Affine(nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"
    "        self.inner = toy.Affine(width)\n    def forward(self, x):\n        return self.inner(x)",
])
def test_a_class_built_upon_the_finished_one_earns_nothing(body, learner):
    said = learner.run(f"from course_lib import toy\n{body}\nAffine = check(Affine, points=3)")
    assert said.startswith("✗") and "course_lib" in said


def test_the_finished_one_used_after_it_was_handed_out_is_seen_through(learner):
    learner.run("def soften(x, by):\n    raise NotImplementedError\nsoften = given = check(soften, points=2)")
    said = learner.run("def soften(x, by):\n    return given(x, by)\nsoften = check(soften, points=2)")
    assert "it calls the finished one of course_lib" in said


def test_other_finished_parts_of_the_chapter_may_be_used(learner):
    learner.run("def halves(numbers):\n    raise NotImplementedError\nhalves = check(halves, points=1)")
    said = learner.run(RIGHT.replace("    e = ", "    by = halves([2.0 * by])[0]\n    e = "))
    assert said.startswith("✓")


FORBIDDEN = {
    "its name": "import torch\ndef halves(numbers):\n    return torch.tensor(numbers).div(2).tolist()",
    "an alias": "from torch import tensor as t\ndef halves(numbers):\n    return (t(numbers) / 2).tolist()",
    "an import inside": "def halves(numbers):\n    import numpy as n\n    return list(n.asarray(numbers) / 2)",
    "from an import inside": "def halves(ns):\n    from torch import tensor\n    return (tensor(ns) / 2).tolist()",
    "a helper": "def help(x):\n    return torch.tensor(x)\ndef halves(n):\n    return (help(n) / 2).tolist()",
    "a built-in": "def halves(numbers):\n    return list(map(lambda n: n / 2, numbers))",
    "a lambda": "import torch\nhalves = lambda numbers: (torch.tensor(numbers) / 2).tolist()",
}


@pytest.mark.parametrize("how", FORBIDDEN)
def test_what_must_be_built_by_hand_is_found_and_named(how, learner):
    said = learner.run(FORBIDDEN[how] + "\nhalves = check(halves, points=1)")
    assert "earns nothing: it is to be built by hand" in said, said
    assert "by hand" in said and "without `torch.*`, `numpy.*`, `map`" in said


def test_methods_and_own_names_are_told_apart(learner):
    method = RIGHT.replace("e = torch.exp(x / by)", "e = (x / by - (x / by).logsumexp(-1, keepdim=True)).exp()")
    assert "yours uses `torch.logsumexp`" in learner.run(method)
    own = "def softmin(x):\n    return torch.exp(x)\n" + RIGHT.replace("torch.exp(x / by)", "softmin(x / by)")
    assert learner.run(own).startswith("✓")         # the learner's own function may be called as it likes
    local = RIGHT.replace("e = torch", "softmin = 0\n    e = softmin + torch")
    assert learner.run(local).startswith("✓")


def test_lambdas_partials_helpers_and_own_bases_count_as_written_here(learner):
    assert learner.run("halves = lambda ns: [n / 2 for n in ns]\nhalves = check(halves, points=1)").startswith("✓")
    assert learner.run("import functools\ndef part(by, ns):\n    return [n / by for n in ns]\n"
                       "halves = functools.partial(part, 2)\nhalves = check(halves, points=1)").startswith("✓")
    assert learner.run("""
        class Base(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.shift, self.slope = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.ones(width))
        class Affine(Base):
            def forward(self, x):
                return torch.addcmul(self.shift, x, self.slope)
        Affine = check(Affine, points=3)""").startswith("✓")


def test_parameters_named_otherwise_are_said(learner):
    said = learner.run("""
        class Affine(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.weight, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
            def forward(self, x):
                return x * self.weight + self.shift
        Affine = check(Affine, points=3)""")
    assert "the exercise has `slope`" in said and "yours has `weight`" in said


def test_unusual_but_right_answers_are_not_punished(learner):
    double = RIGHT.replace("x / by", "x.double() / by")
    assert "the right dtype" in learner.run(double)
    assert learner.run(double.replace("by)\n    return e", "by).to(x.dtype)\n    return e")).startswith("✓")
    assert learner.run("import array\ndef halves(ns):\n    return tuple(n / 2 for n in ns)\n"
                       "halves = check(halves, points=1)").startswith("✓")


@pytest.mark.parametrize("leaves, label", [
    ("torch.set_grad_enabled(False)", "the switches of torch are afterwards as they were"),
    ("torch.set_default_dtype(torch.float64)", "the switches of torch are afterwards as they were"),
    ("torch.manual_seed(3)", "no seed is set"),
])
def test_what_is_left_otherwise_already_by_an_example_is_noticed(leaves, label, learner):
    """The examples run first: from then on it is as it was left, unless it is put back."""
    said = learner.run(RIGHT.replace("    e =", f"    {leaves}\n    e ="))
    assert said.startswith(f"✗ soften · not yet: {label}"), said
    assert learner.run(RIGHT).startswith("✓")


LYING = """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __hash__(self): return 0
class Nice(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
"""


@pytest.mark.parametrize("answer", [
    "def halves(ns):\n    return [Yes(9) for n in ns]\nhalves = check(halves, points=1)",
    "def soften(x, by):\n    return torch.zeros(x.shape).as_subclass(Nice)\nsoften = check(soften, points=2)",
    "torch.allclose = torch.equal = lambda *a: 1\ndef soften(x, by):\n    return x\nsoften = check(soften, points=2)",
])
def test_what_an_answer_says_of_itself_does_not_matter(answer, learner, monkeypatch):
    monkeypatch.setattr(torch, "allclose", torch.allclose)
    monkeypatch.setattr(torch, "equal", torch.equal)
    assert learner.run(LYING + answer).startswith("✗")


def test_an_untouched_hunt_fails_and_its_cause_is_not_given_away(learner, toy):
    exercise = layout.chapters()[0].exercises()[3]
    assert exercise.hunt
    text = "".join(layout.chapters()[0].cells()[exercise.cell]["source"])
    said = learner.run(text)
    assert said.startswith("✗ running_mean · not yet: the mean runs") and "backwards" not in said
    assert learner["running_mean"] is finished("running_mean")


def test_of_a_hunt_it_is_said_that_digits_are_lost_for_that_is_no_bug_that_is_hunted(learner):
    said = learner.run("def running_mean(x):\n    mean = x.cumsum(0) / torch.arange(1, len(x) + 1)\n"
                       "    return (100 * mean).round() / 100\nrunning_mean = check(running_mean, points=2)")
    assert "not yet" in said and "rounded to 2 digits" in said


@pytest.mark.parametrize("kept, told", [("halved", True), ("fresh", False)])
def test_what_is_kept_from_call_to_call_is_told(kept, told, learner):
    said = learner.run("def halves(numbers, halved=[], fresh=()):\n    fresh = []\n    for n in numbers:\n        "
                       f"{kept}.append(n / 2 + 1e-3)\n    return list({kept})\nhalves = check(halves, points=1)")
    assert "not yet" in said and ("kept from call to call" in said) is told


def test_one_cause_is_named_and_not_the_same_one_twice(learner):
    said = learner.run("def soften(x, by):\n    x / by\nsoften = check(soften, points=2)")
    assert said.count("is there a return") == said.count("likely cause") == 1


def test_an_error_of_the_same_kind_is_no_sign_of_a_mistake():
    one = Broken("ValueError", "no room")
    assert alike(one, Broken("ValueError", "no room", "in another line"))
    assert not alike(one, Broken("ValueError", "nothing given"))


def test_without_hidden_tests_only_the_examples_are_spoken_of(learner, toy):
    (toy / "tests" / "hidden" / "toy.py").unlink()
    said = learner.run(RIGHT)
    assert said.startswith("· soften · the examples pass") and "✓" not in said
    assert learner["soften"] is learner["mine"]
    assert learner.run("def halves(ns):\n    return ns\nhalves = check(halves, points=1)").startswith("✗")


def test_it_leaves_the_house_as_it_found_it(learner, tmp_path):
    messy = RIGHT.replace("    e =", "    import os; os.chdir('/'); torch.set_num_threads(3)\n    e =")
    before = os.getcwd(), torch.get_num_threads()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    expected = torch.Generator().manual_seed(1)
    try:
        assert learner.run(messy).startswith("✓")       # gradients are tested although the notebook has them off
        assert not torch.is_grad_enabled() and torch.get_default_dtype() == torch.float64
        assert (os.getcwd(), torch.get_num_threads()) == before
        assert torch.equal(torch.rand(3, dtype=torch.float32), torch.rand(3, generator=expected, dtype=torch.float32))
        assert np.random.random() == np.random.RandomState(1).random()
        assert random.random() == random.Random(1).random()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        os.chdir(before[0])


def test_the_same_is_said_on_every_run(learner):
    wrong = RIGHT.replace("return e /", "raise ValueError(f'{object()}')\n    return e /")
    said = learner.run(wrong)
    assert said == learner.run(wrong) and "0x…" in said
    assert learner.run(RIGHT) == learner.another().run(RIGHT)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="a signal is needed to interrupt a loop")
def test_an_interrupted_loop_says_which_test_was_running(learner):
    assert threading.current_thread() is threading.main_thread()

    def interrupt(signum, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        said = learner.run(RIGHT.replace("    e =", "    while by > 2.5: pass\n    e ="))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert said.startswith("✗ soften · interrupted")
    assert "while testing  the examples of soften" in said
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        said = learner.run(RIGHT.replace("    e =", "    while by == 3.0 and len(x) == 3: pass\n    e ="))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert "while testing  “the numbers are divided first”" in said
    assert learner["soften"] is finished("soften")


def test_bad_calls_are_refused_in_words(learner):
    with pytest.raises(LookupError, match="no exercise 'sofen' in the chapter 'toy'"):
        learner.run("def sofen(x, by):\n    pass\nsofen = check(sofen, points=2)")
    with pytest.raises(LookupError, match="no exercise 'NoneType'"):
        learner.run("nothing = check(None, points=2)")
    with pytest.raises(LookupError, match="no course_lib/tyo.py"):
        lesson("tyo")
    said = learner.run("soften = torch.softmax\nsoften = check(soften, points=2)")
    assert "a definition is wanted, and this is a library's own function" in said


def test_the_report_is_escaped_readable_and_without_a_second_colour_scheme():
    report = Report("wrong", "f · not yet: <b> & `x < y`", [("got", "<script>alert(1)</script>\nline 2"), ("", "tail")])
    bundle = report._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[2] == "         line 2"
    html = bundle["text/html"]
    assert "<script>" not in html and "&lt;script&gt;" in html and "<code>x &lt; y</code>" in html
    assert "role='status'" in html and "✗" in html
    assert not re.search(r"(?<!color1, )#[0-9a-f]{6}", html)        # every fixed colour is only a theme's fallback
    assert Report("note", "one ` only").html().count("<code>") == 0

"""What `check` asks for, a grade asks for: the examples of the docstring are the last step of every hidden test."""

import doctest
import math
import sys

import numpy as np
import pytest
import torch
from adversarial.notebooks import write

from course_lib.classroom import layout, lesson
from course_lib.classroom.authoring.builder import solved
from course_lib.classroom.checking import docstring_examples, variants
from course_lib.classroom.checking.judge import judge, record
from course_lib.grading import Grader
from course_lib.grading.judging.exam import Exam
from course_lib.grading.judging.worker import finished

# the example has two logits and no batch, as no step of the hidden test has at temperature 0
UNLIKE = "scatter(-1, best, 0.0)", "scatter(-1, best, float(logits.shape == (2,)))"
EXERCISES = [exercise for chapter in layout.chapters() for exercise in chapter.exercises()]


def unlike():
    return variants.mistaken_source("sampling", "apply_temperature", UNLIKE)


def test_an_answer_that_only_the_examples_tell_from_a_right_one_is_wrong_in_check_and_in_a_grade(monkeypatch, capsys):
    exam, answer = Exam("sampling", 3), variants.made("sampling", "apply_temperature", unlike())
    bare = layout.hidden_test("sampling", "apply_temperature")
    assert judge(bare, answer, record(bare, layout.reference("sampling", "apply_temperature"), 3), 3) is None
    said = exam.examples("apply_temperature")
    whole = docstring_examples.with_examples(bare, said["examples"], "apply_temperature", finished(said["around"]))
    wrong = judge(whole, answer, exam.expected("apply_temperature"), 3)
    assert wrong.label == docstring_examples.EXAMPLES and "1, -inf" in wrong.difference.got
    assert lesson("sampling")(answer, points=2) is not answer
    assert "its example does not come out" in capsys.readouterr().out


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.full_name)
def test_the_examples_of_every_exercise_are_its_last_step(exercise):
    said, expected = Exam(exercise.word, 3).examples(exercise.name), Exam(exercise.word, 3).expected(exercise.name)
    assert expected[-1].label == docstring_examples.EXAMPLES
    assert sum(map(len, said["examples"])) == len(expected[-1].value) > 0, "an exercise has an example"


@pytest.mark.parametrize("source, want, outcome", [
    ("f(1)", "2", 2), ("x = f(1)", "", ""), ("print(f(1))", "2", 2), ("[f(1), 'x']", "[2, 'x']", (2, "x")),
    ("{f(1)}", "{2}", frozenset({2})), ("f(1) / 3", "0.6667", 2 / 3), ("[f(math.inf)]", "[inf]", (math.inf,)),
    ("torch.zeros(f(1), 3).shape", "torch.Size([2, 3])", (2, 3)), ("np.float64(f(1))", "2.0", 2.0),
    ("[np.int64(f(1))]", "[2]", (2,)), ("print('a  b')", "a b", "a b"),
])
def test_what_an_example_comes_to(source, want, outcome):
    """In a grade as in `check`."""
    space = {"math": math, "np": np, "torch": torch}
    group = [[source + "\n", bool(want), False]]
    assert docstring_examples.outcomes(group, "f", lambda x: x + 1, space) == [outcome]
    (example,) = doctest.DocTestParser().get_examples(f">>> {source}\n{want}\n")
    assert docstring_examples.run(example, {**space, "f": lambda x: x + 1}) is None
    other = docstring_examples.run(example, {**space, "f": lambda x: 7}) is None
    assert other == (docstring_examples.outcomes(group, "f", lambda x: 7, space) == [outcome])


def test_an_example_may_raise_and_an_answer_may_not():
    group = [["f()\n", True, True]]

    def raises():
        raise KeyError("x")

    assert docstring_examples.outcomes(group, "f", raises) == ["KeyError"]
    assert docstring_examples.outcomes(group, "f", lambda: 1) == [1]
    with pytest.raises(KeyError):
        docstring_examples.outcomes([["f()\n", True, False]], "f", raises)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
def test_it_earns_nothing_for_that_exercise_and_all_for_the_others(tmp_path):
    book = solved(layout.find_chapter("sampling"))
    right = layout.reference_source("sampling", "apply_temperature")
    for cell in book["cells"]:
        text = "".join(cell["source"])
        cell["source"] = text.replace(right.strip(), unlike().strip())
    with Grader("sampling", seed=3) as grader:
        found = {e.name: e for e in grader.grade(write(tmp_path / "11_sampling.ipynb", book)).exercises}
    wrong = found.pop("apply_temperature")
    assert (wrong.earned, wrong.reason) == (0, docstring_examples.EXAMPLES) and "1, -inf" in wrong.got
    assert all(exercise.earned == exercise.points for exercise in found.values())

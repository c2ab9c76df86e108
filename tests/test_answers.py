"""Answers as learners write them, and as the audit makes them: the wrong ones are caught, the right ones pass."""

import importlib.util
from pathlib import Path

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring import audit, trying
from course_lib.classroom.checking import variants
from course_lib.classroom.checking.judge import judge
from course_lib.classroom.checking.own_work import not_written_here

EXERCISES = {e.full_name: e for chapter in layout.chapters() for e in chapter.exercises()}
SEEDS = 0, 7


def written(table):
    """Every answer of tests/answers/<word>.py, as parameters: the exercise and the answer's text."""
    found = []
    for path in sorted((Path(__file__).parent / "answers").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [pytest.param(f"{path.stem}.{name}", text, id=f"{path.stem}.{name}: {title}")
                  for name, listed in vars(module)[table].items() for title, text in listed.items()]
    return found


def verdicts(full_name, text):
    exercise = EXERCISES[full_name]
    test = layout.hidden_test(exercise.word, exercise.name)
    return [judge(test, variants.made(exercise.of, exercise.name, text), audit.expected(exercise, seed), seed)
            for seed in SEEDS]


@pytest.mark.parametrize("full_name, text", written("WRONG"))
def test_a_wrong_answer_is_caught_with_each_seed(full_name, text):
    assert all(verdicts(full_name, text))


@pytest.mark.parametrize("full_name, text", written("RIGHT"))
def test_a_right_answer_of_unusual_shape_passes(full_name, text):
    exercise = EXERCISES[full_name]
    obj = variants.made(exercise.of, exercise.name, text)
    assert not_written_here(obj, layout.reference(exercise.of, exercise.name)) is None
    assert verdicts(full_name, text) == [None] * len(SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("full_name", EXERCISES)
def test_what_the_audit_makes_of_the_reference_is_judged_right(full_name):
    exercise = EXERCISES[full_name]
    killed, passed, found = trying.tried(exercise, {seed: audit.expected(exercise, seed) for seed in SEEDS})
    assert found == [] and killed >= 3 and passed >= 3

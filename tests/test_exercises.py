"""The exercises stay in step: stub, reference, examples, hidden test, and the mistakes that it must catch."""

import linecache

import pytest

from course_lib.classroom import layout, lesson
from course_lib.classroom.authoring import audit

CHAPTERS = layout.chapters()
EXERCISES = [pytest.param(exercise, id=exercise.full_name) for chapter in CHAPTERS for exercise in chapter.exercises()]
MISTAKES = [pytest.param(exercise, mistake, id=f"{exercise.full_name}: {mistake[0]} -> {mistake[1]}"[:120])
            for chapter in CHAPTERS for exercise in chapter.exercises() for mistake in audit.mistakes(exercise)]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_the_names_that_references_use_are_bound_above(chapter):
    assert audit.name_problems(chapter) == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_stub_is_its_reference_blanked_and_a_hunt_has_exactly_one_mistake(exercise):
    assert audit.stub_problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_hidden_test_runs_on_the_reference_repeats_itself_and_is_quick(exercise):
    assert audit.hidden_problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_examples_come_out_on_the_reference_and_do_not_give_a_hunt_away(exercise):
    assert audit.example_problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_untouched_it_earns_nothing(exercise):
    assert audit.untouched_problems(exercise) == []


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_earns_all(exercise):
    assert audit.solution_problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_there_are_enough_mistakes(exercise):
    assert len(audit.mistakes(exercise)) >= audit.FEWEST_MISTAKES


@pytest.mark.slow
@pytest.mark.parametrize("exercise, mistake", MISTAKES)
def test_a_mistake_is_caught_by_the_label_that_explains_it(exercise, mistake):
    assert audit.mistake_problems(exercise, mistake) == []


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_small_change_survives_unexplained(exercise):
    assert audit.survivor_problems(exercise) == []


BORROWED = {  # what already does an exercise's work and stands elsewhere in the course
    "bpe.learn": "from course_lib.bpe import learn_fast\ndef learn(words, n):\n    return learn_fast(words, n)",
    "attention.causal_attention": "from course_lib.training import precision\n"
                                  "def causal_attention(q, k, v):\n    return precision.mix_fused(q, k, v)",
}


@pytest.mark.parametrize("full_name", BORROWED)
def test_what_the_course_has_elsewhere_earns_nothing(full_name, capsys):
    word, name = full_name.split(".")
    path, space = f"<ipython-input-{full_name}>", {"__name__": "__main__", "check": lesson(word)}
    source = f"{BORROWED[full_name]}\n{name} = check({name}, points=1)\n"
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    exec(compile(source, path, "exec"), space)
    assert "earns nothing: it is to be built by hand" in capsys.readouterr().out

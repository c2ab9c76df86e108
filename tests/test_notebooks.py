"""Chapters are committed clean and set as they should be; solutions are built from the chapters that stand there."""

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring import form

CHAPTERS = layout.chapters()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_the_chapter_is_committed_clean(chapter):
    assert form.form_problems(chapter) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_its_exercises_are_set_as_they_should_be(chapter):
    assert list(form.exercise_problems(chapter)) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_its_solution_is_built_from_it(chapter):
    assert form.solution_problems(chapter) == []

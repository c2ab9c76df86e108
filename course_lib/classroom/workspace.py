"""What a learner asks of the `course` command: a copy to work on, a fresh one, a look at a solution."""

import os

from . import layout, progress_file
from .checking.withheld import is_withheld


def start(chapter):
    """The chapter's copy in `work/`, made where there is none yet; one that is there is never touched.

    chapter: as `find_chapter` takes it     returns the copy's path
    """
    chapter = layout.find_chapter(chapter)
    place = layout.ROOT / "work" / chapter.path.name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        progress_file.write(place, chapter.path.read_text(encoding="utf-8"))
    return place


def reset(chapter):
    """A fresh copy of the chapter in `work/`. Returns (its path, the backup of what was there or None)."""
    chapter = layout.find_chapter(chapter)
    place, backup = layout.ROOT / "work" / chapter.path.name, None
    if place.exists():
        number = 1
        while (backup := place.with_name(f"{place.stem}.backup-{number}{place.suffix}")).exists():
            number += 1
        os.replace(place, backup)
    return start(chapter.word), backup


def solution(name):
    """The source of an exercise's finished reference. name: `causal_attention` or `attention.causal_attention`."""
    every = [exercise for chapter in layout.chapters() for exercise in chapter.exercises()]
    found = [exercise for exercise in every if name in (exercise.name, exercise.full_name)]
    if len(found) == 1:
        if is_withheld(layout.reference(found[0].of, found[0].name)):
            raise LookupError(f"The finished {found[0].name!r} is not in this copy: it is yours to write.")
        return layout.reference_source(found[0].of, found[0].name)
    if found:
        raise LookupError(f"{name!r} is an exercise of several chapters: {', '.join(e.full_name for e in found)}.")
    listed = ", ".join(exercise.full_name for exercise in every) or "none yet"
    raise LookupError(f"There is no exercise {name!r}. The exercises are: {listed}.")

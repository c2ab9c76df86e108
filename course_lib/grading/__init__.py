"""Grading: a judge that never runs a student's code, and workers that never hold an expected value."""

import importlib

ISOLATION = "auto", "strict", "container", "none"     # what `check` and `grade` offer

_PLACES = {"judging.grader": ("ExerciseResult", "Grader", "Result", "word_of"), "isolation.jobs": ("Trouble",)}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}
__all__ = sorted(_PLACE_OF)


def __getattr__(name):
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACE_OF[name]}"), name)


def __dir__():
    return __all__

"""The classroom: exercises, what judges them, and what builds the solutions.

A chapter needs one line, `check = lesson("attention")`; a hidden test needs the helpers; the `course` command the rest.
Each name is loaded from its file when it is first asked for: torch is not imported to show somebody's progress.
"""

import importlib

_PLACES = {
    "authoring.builder": ("BuildError", "build"),
    "checking.lesson": ("lesson",),
    "checking.test_helpers": (
        "elsewhere",
        "frequencies",
        "grads",
        "in_place",
        "near",
        "parameters",
        "precise",
        "raised",
        "type_of",
        "verdict",
    ),
    "layout": ("ROOT", "Chapter", "chapters", "find_chapter"),
    "progress_file": ("Progress", "progress"),
    "workspace": ("reset", "solution", "start"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}
__all__ = sorted(_PLACE_OF)


def __getattr__(name):
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACE_OF[name]}"), name)


def __dir__():
    return __all__

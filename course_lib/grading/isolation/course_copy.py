"""A copy of course_lib as it looks from below a chapter: without that chapter's module and everything above it."""

import shutil

from ...classroom import layout

MODULES = {             # the parts of these packages that a worker needs
    "classroom": ("__init__", "layout"),
    "classroom/checking": ("__init__", "by_hand", "compare", "docstring_examples", "drawn_inputs", "global_state",
                           "judge", "left_behind", "own_work", "plain_values", "pretended_device", "test_helpers",
                           "torch_operators"),
    "grading": ("__init__",),
    "grading/intake": ("__init__", "notebook"),
    "grading/isolation": ("__init__", "forkserver", "linux", "protocol", "sandbox", "standalone", "usage"),
    "grading/judging": ("__init__", "cells", "gather", "names", "plan", "rules", "stand_ins", "statements", "worker"),
}
FLOOR = "stories", "device", "show"
LARGEST = 200_000       # bytes of a data file: vocabularies are needed below, trained models are not


def below(word):
    """The words of the rungs that exist below a chapter."""
    here = layout.LADDER.index(word) if word in layout.LADDER else len(layout.LADDER)
    return [rung for rung in layout.LADDER[:here] if place(rung).exists()]


def place(rung):
    """A rung's file or folder in course_lib."""
    folder = layout.ROOT / "course_lib"
    return folder / rung if (folder / rung).is_dir() else folder / f"{rung}.py"


def closed(word, extra=()):
    """The modules that hold the chapter's answers, or what stands above: `course_lib.attention`, …"""
    here = layout.LADDER.index(word) if word in layout.LADDER else len(layout.LADDER)
    return [f"course_lib.{rung}" for rung in dict.fromkeys([word, *layout.LADDER[here:], *extra])]


def make(word, folder):
    """Write the copy into an empty folder, readable for everyone. Nothing of tests, solutions or chapters is in it."""
    source, target = layout.ROOT / "course_lib", folder / "course_lib"
    target.mkdir(parents=True)
    shutil.copy(source / "__init__.py", target)
    for package, names in MODULES.items():
        (target / package).mkdir()
        for name in names:
            shutil.copy(source / package / f"{name}.py", target / package)
    for rung in (*FLOOR, *below(word)):
        path = place(rung)
        if path.is_dir():
            shutil.copytree(path, target / rung, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copy(path, target)
    (target / "data").mkdir()
    for path in (source / "data").glob("*"):
        if path.is_file() and path.suffix != ".safetensors" and path.stat().st_size < LARGEST:
            shutil.copy(path, target / "data")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)

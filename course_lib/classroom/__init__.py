"""The classroom: exercises, what judges them, and what builds the solutions.

A chapter needs one line, `check = lesson("attention")`; a hidden test needs the helpers; the `course` command the rest.
"""

from .builder import BuildError, build
from .checking import lesson
from .desk import reset, solution, start
from .house import ROOT, Chapter, chapters, find_chapter
from .marks import Progress, progress
from .probing import frequencies, grads, near, parameters, raised

__all__ = ["ROOT", "BuildError", "Chapter", "Progress", "build", "chapters", "find_chapter", "frequencies", "grads",
           "lesson", "near", "parameters", "progress", "raised", "reset", "solution", "start"]

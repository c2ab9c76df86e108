"""Wrong and right answers of many kinds: WRONG holds what a hidden test must kill, RIGHT what it must let pass.

Each kind wraps the reference (of a class: the methods that are left to the learner). It applies to an exercise where
the reference, run through the hidden test, meets what it changes: rounding wants floats, a device wants tensors. What
was met are the Calls of `trying`.
"""

from .right import RIGHT
from .values import parts_of
from .wrong import WRONG

__all__ = ["RIGHT", "WRONG", "parts_of"]

"""Learning: where gradients come from, and what to do with them.

`autograd.py` finds them, `by_hand.py` is a whole step in plain Python, `optimizers.py` decides where to step,
`schedules.py` how far, and `loop.py` puts it together.
"""

from .autograd import Node, Value, backward, in_order
from .by_hand import step_by_hand
from .loop import practise
from .optimizers import SGD, AdamW, NotFinite, adamw_step, clip_gradients, momentum_step, parameter_groups
from .schedules import learning_rate, trapezoid_rate

__all__ = ["SGD", "AdamW", "Node", "NotFinite", "Value", "adamw_step", "backward", "clip_gradients", "in_order",
           "learning_rate", "momentum_step", "parameter_groups", "practise", "step_by_hand",
           "trapezoid_rate"]  # fmt: skip

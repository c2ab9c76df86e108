"""Recurrent networks: one vector for all that was read, made anew with every token.

`cells.py` has the cells and how they run along a text, `model.py` the language model and its training in windows, and
`recall.py` asks how much is left of what was read n words ago.
"""

from .cells import Cell, LSTMCell, RNNCell, rnn_step, through_time, unroll
from .model import Recurrent, carry_on, lanes, learn_window
from .recall import Quiz, learn_to_recall, measured, recall_by_distance

__all__ = ["Cell", "LSTMCell", "Quiz", "RNNCell", "Recurrent", "carry_on", "lanes", "learn_to_recall", "learn_window",
           "measured", "recall_by_distance", "rnn_step", "through_time", "unroll"]  # fmt: skip

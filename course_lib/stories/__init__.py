"""The small world: plots are imagined, told as short stories, and read back.

>>> import random
>>> plot = imagine(random.Random(0))
>>> story = tell(plot)
>>> read(story).plot == plot
True
>>> read(story.replace(" the ", " a ", 1)).well_formed
False
"""

from .grammar import Beat, World
from .plot import Plot
from .reading import Reader, Reading, read
from .tasks import EVENT_NAMES, Question, ending, events, holders, instruction, obedient, questions
from .telling import WORLD, bits, floor, imagine, plots, split_of, tell, texts

__all__ = [
    "EVENT_NAMES", "WORLD", "Beat", "Plot", "Question", "Reader", "Reading", "World", "bits", "ending", "events", "floor", "holders",
    "imagine", "instruction", "obedient", "plots", "questions", "read", "split_of", "tell", "texts",
]  # fmt: skip

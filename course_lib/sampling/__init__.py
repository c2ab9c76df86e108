"""Sampling: a model gives each token a chance, and here one of them is taken, again and again, until there is a text.

`choosing.py` has the cuts that decide which tokens may come, `cache.py` spares the model reading the same text twice,
and `writing.py` has the loop, and beam search, which looks for the likeliest text and finds a dull one.
"""

from .cache import Cache, after, read_on, view_start
from .choosing import apply_temperature, choose, distribution, min_p, number, top_k, top_p
from .writing import beam, complete, generate

__all__ = ["Cache", "after", "apply_temperature", "beam", "choose", "complete", "distribution", "generate", "min_p",
           "number", "read_on", "top_k", "top_p", "view_start"]  # fmt: skip

"""The GPT, and how to count what it costs.

`model.py` has the sizes and the model, `start.py` what it starts from, `costs.py` parameters, operations and memory,
`tiles.py` attention without its large table of weights, `leaks.py` the mask and the test of it, and `inside.py` a look
at what a model computed on the way.
"""

from .costs import SIZES, count_parameters, flops_per_token, memory, parameters
from .inside import Trace, trace
from .leaks import MaskedAttention, sees_ahead
from .model import GPT, IGNORED, INITS, Config, Parts, check_ids, check_targets
from .start import (
    GPT2_STD,
    SPREAD_COPY,
    SPREAD_HEAD_STD,
    SPREAD_POSITION_STD,
    SPREAD_TOKEN_STD,
    gpt2_start,
    initialise,
    spread_start,
)
from .tiles import tiled_attention

__all__ = ["GPT", "GPT2_STD", "IGNORED", "INITS", "SIZES", "SPREAD_COPY", "SPREAD_HEAD_STD", "SPREAD_POSITION_STD",
           "SPREAD_TOKEN_STD", "Config", "MaskedAttention", "Parts", "Trace", "check_ids", "check_targets",
           "count_parameters", "flops_per_token", "gpt2_start", "initialise", "memory", "parameters", "sees_ahead",
           "spread_start", "tiled_attention", "trace"]  # fmt: skip

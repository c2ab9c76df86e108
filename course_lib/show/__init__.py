"""Plain pictures for the chapters, each a small function:

`heatmap` and `grid` attention, and with `Names` beside it any other matrix, `ladder` the rungs in bits per byte, `bars`
what comes next, `arrows` vectors of two numbers, `lines` any other numbers, `tokens` a text as its tokens, `graph` how
a number was made, `valley` the ways through a loss of two parameters, `stages` the way from one thing to the next.

Each gives a `Picture`, which a notebook shows and `.save(path)` keeps (`tokens` gives HTML). `wrapped` breaks the lines
of a text that is to be printed.

And widgets, to be turned and asked in a notebook, with a picture that stays: see `widget.py`.
"""

from importlib import import_module

from .attention import Names, grid, heatmap
from .charts import arrows, bars, lines
from .graph import graph
from .picture import Picture
from .rungs import ladder
from .spans import tokens
from .stages import stages
from .valley import valley
from .wrapping import wrapped

_WIDGETS = {  # where each is; imported when first named, because anywidget takes a third of a second
    "AttentionView": "attention_view",
    "Ladder": "ladder_view",
    "LogitLens": "logit_lens",
    "LossCurve": "loss_curve",
    "NextToken": "next_token",
    "Saliency": "saliency",
    "TokenView": "token_view",
}

__all__ = ["Names", "Picture", "arrows", "bars", "graph", "grid", "heatmap", "ladder", "lines", "stages", "tokens",
           "valley", "wrapped", *_WIDGETS]  # fmt: skip


def __getattr__(name):
    if name in _WIDGETS:
        return getattr(import_module(f".{_WIDGETS[name]}", __name__), name)
    raise AttributeError(f"course_lib.show has no {name!r}; it has {', '.join(__all__)}")

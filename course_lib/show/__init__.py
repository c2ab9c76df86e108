"""Plain pictures for the chapters, each a small function:

`heatmap` and `grid` attention, `ladder` the rungs in bits per byte, `curve` a training run, `bars` what comes next,
`lines` any other numbers, `tokens` a text as its tokens.

Each gives a `Picture`, which a notebook shows and `.save(path)` keeps (`tokens` gives HTML).
"""

from .attention import grid, heatmap
from .charts import bars, curve, lines
from .picture import Picture
from .rungs import ladder
from .spans import tokens

__all__ = ["Picture", "bars", "curve", "grid", "heatmap", "ladder", "lines", "tokens"]

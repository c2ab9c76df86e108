"""Looking inside: what the parts of a model know, when, and whether they use it.

`parts.py` takes the stream apart into what was added to it, `heads.py` measures where heads look and takes them away,
`probes.py` asks the stream a question whose answer the world knows, `patching.py` writes into the stream, and
`twins.py` makes pairs of stories that differ in one thing.
"""

from .heads import head_answers, induction_score, name_scores, without_head
from .parts import by_head, contributions, writes
from .patching import patched, steered
from .probes import Moment, moments, split_by_story, streams_at
from .twins import Twins, twins

__all__ = ["Moment", "Twins", "by_head", "contributions", "head_answers", "induction_score", "moments", "name_scores",
           "patched", "split_by_story", "steered", "streams_at", "twins", "without_head", "writes"]  # fmt: skip

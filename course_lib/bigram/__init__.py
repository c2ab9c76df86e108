"""The baseline to beat: models that only count, and the numbers by which every model here is measured.

`counting.py` has the tables of one token and of two, `ngrams.py` longer contexts that fall back on shorter ones,
`layer.py` the same table as something that is trained, `surprise.py` the loss and the entropy under it, and
`measuring.py` bits per byte.
"""

from .counting import Bigram, Unigram, check_counting, pair_shares
from .layer import score_slopes, sentence_loss
from .measuring import bits_per_byte, check_stories, evaluating, exact_ids, story_bits
from .ngrams import NGram, chances
from .surprise import check_logits, cross_entropy, entropy, losses, perplexity

__all__ = ["Bigram", "NGram", "Unigram", "bits_per_byte", "chances", "check_counting", "check_logits",
           "check_stories", "cross_entropy", "entropy", "evaluating", "exact_ids", "losses", "pair_shares",
           "perplexity", "score_slopes", "sentence_loss", "story_bits"]  # fmt: skip

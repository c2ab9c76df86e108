"""Byte-pair encoding: tokens learned from text, so that frequent strings are one token and no string is unknown.

Sennrich, Haddow and Birch 2016, section 3 (merging pairs); Radford et al. 2019, section 2.2 (beginning with bytes).
`pairs.py` is the algorithm as the chapter teaches it, `fast.py` the same merges sooner.
"""

from .fast import learn_fast
from .gpt2 import FromTiktoken, gpt2, gpt2_or_ours, read_merges
from .pairs import bytes_per_token, count_pairs, decode_ids, encode_piece, learn, merge
from .pieces import SPLIT, count_words
from .vocabulary import BPE, END, STORIES, Tokenizer, learn_story_vocabulary, story_vocabulary

__all__ = ["BPE", "END", "SPLIT", "STORIES", "FromTiktoken", "Tokenizer", "bytes_per_token", "count_pairs",
           "count_words", "decode_ids", "encode_piece", "gpt2", "gpt2_or_ours", "learn", "learn_fast",
           "learn_story_vocabulary", "merge", "read_merges", "story_vocabulary"]  # fmt: skip

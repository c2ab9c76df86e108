"""Text: where it comes from, how it is cleaned, and the two oldest ways to cut it into tokens, characters and words.

    corpus("stories")       told by the small world, as many as you like       offline
    corpus("python-docs")   the help pages that come with every Python         offline
    corpus("shakespeare")   tiny Shakespeare, 1.1 MB                           fetched once
    corpus("verdict")       The Verdict, a short story by Edith Wharton, 20 KB fetched once
    corpus("my/file.txt")   a file of yours                                    offline

`tokenizers` cuts, `cleaning` makes text of a page, `copies` says how alike two texts are, `pages` makes pages that need
to be cleaned, `corpora` and `fetching` bring the texts.
"""

from .cleaning import BREAK, MENDED, TAG, UNSEEN, clean, tidy_spaces, without_repeats
from .copies import similarity
from .corpora import BORDERS, OFFLINE, corpus, file_of, passages, python_docs, read_file
from .fetching import SOURCES, Source, cache_folder, fetch
from .pages import web_page
from .tokenizers import END, UNKNOWN, CharTokenizer, Vocabulary, WordTokenizer, checked_texts, cut_words, whole_id

__all__ = ["BORDERS", "BREAK", "END", "MENDED", "OFFLINE", "SOURCES", "TAG", "UNKNOWN", "UNSEEN", "CharTokenizer",
           "Source", "Vocabulary", "WordTokenizer", "cache_folder", "checked_texts", "clean", "corpus", "cut_words",
           "fetch", "file_of", "passages", "python_docs", "read_file", "similarity", "tidy_spaces", "web_page",
           "whole_id", "without_repeats"]  # fmt: skip

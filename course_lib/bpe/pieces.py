r"""Cut a text into pieces, which no merge ever crosses.

The package `regex` does it, and not `re`, which knows no \p{L} for letters and \p{N} for digits of every script.
"""

from collections import Counter
from functools import lru_cache
from itertools import chain

import regex

# GPT-2's pattern (Radford et al. 2019, section 2.2, and their code): an English contraction, then letters, digits or
# other signs, each with at most one space before, then the white space that is left.
SPLIT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def count_words(texts, pattern=SPLIT, leave_out=()):
    """Cut texts into pieces and count each once: {bytes: times}, in order of first appearance.

    leave_out: strings that are not counted where they stand, and that no piece crosses: the names of special tokens
    Raises TypeError for a single string, ValueError for a lone surrogate or a pattern that will not do.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string; give a list of texts, such as [text]")
    split, counts = compiled(pattern), Counter()
    for text in texts:
        refuse_surrogates(text)
        has = [name for name in leave_out if name in text]
        for part in regex.split("|".join(map(regex.escape, has)), text) if has else [text]:
            counts.update(split_up(part, split))
    return {piece.encode("utf-8"): times for piece, times in counts.items()}


def pieces(text, split):
    """Cut a text by a compiled pattern. Together the pieces are the text, or it is a ValueError."""
    refuse_surrogates(text)
    return split_up(text, split)


def split_up(text, split):
    """What `pieces` does, for a text that was looked at."""
    found = split.findall(text)
    if len("".join(found)) != len(text):
        raise ValueError(f"the split pattern {split.pattern!r} leaves out a part of the text; end it with |.|\\s")
    return found


def compiled(pattern):
    """The pattern, compiled. ValueError where it is none, or where findall would give its groups only."""
    try:
        split = regex.compile(pattern)
    except (regex.error, TypeError) as error:
        raise ValueError(f"the split pattern {pattern!r} is no regular expression: {error}") from None
    if split.groups:
        raise ValueError(f"the split pattern {pattern!r} has a group; write (?:…) in place of (…)")
    return split


def refuse_surrogates(text):
    """TypeError for what is no text, ValueError for half a character, which UTF-8 cannot hold."""
    if not isinstance(text, str):
        raise TypeError(f"a text is wanted, and this is {type(text).__name__}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} of the text is U+{ord(text[error.start]):04X}, a lone surrogate: half of one,"
            " which UTF-8 cannot hold; replace it with text.encode('utf-8', 'replace').decode('utf-8')"
        ) from None


def spelled_out(pattern):
    """The pattern with every class of characters written as ranges, for another regular expression engine.

    Tables of Unicode differ by years: thousands of characters are letters to `regex` and unknown to tiktoken.
    """
    return regex.sub(r"\\(?:[pP]\{[^}]*\}|.)", lambda found: _ranges(found[0]), pattern)


@lru_cache
def _ranges(escape):
    if escape[1] not in "pPdDwW":  # white space is the same everywhere
        return escape
    every = "".join(map(chr, chain(range(0xD800), range(0xE000, 0x110000))))
    runs = [run[0] for run in regex.finditer(escape + "+", every)]
    return "[" + "".join(f"\\x{{{ord(run[0]):x}}}-\\x{{{ord(run[-1]):x}}}" for run in runs) + "]"

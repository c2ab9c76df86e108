"""A printed text that fits under its cell: a notebook breaks a long line where the window ends, also inside a word."""

import textwrap

WIDTH = 100  # columns, as many as a line of code has


def wrapped(text, width=WIDTH) -> str:
    """The text with lines of at most `width` columns, broken between words; its own line breaks and indents stay.

    >>> print(wrapped("Mia took the lamp to the pond.\\nTom came too.", width=20))
    Mia took the lamp to
    the pond.
    Tom came too.
    """
    options = {"replace_whitespace": False, "break_on_hyphens": False}
    return "\n".join(textwrap.fill(line, width, **options) for line in text.split("\n"))

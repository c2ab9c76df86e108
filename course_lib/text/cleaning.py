"""Cleaning: from a page to its text, and what stands on every page taken out. Each step says what it may not touch."""

import html
import re
import unicodedata
from collections import Counter

# What no reader sees, up to its end or, where that is missing, the page's.
UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
# Tags at which a line ends, and any tag; the sign in "a < b" is none.
BREAK = re.compile(r"</?(?:p|div|li|ul|ol|h[1-6]|tr|table|title|br)\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
# Single characters, and what is meant by them: a typesetter's quotes, two letters in one sign, what takes no room.
MENDED = str.maketrans({
    "“": '"', "”": '"', "‘": "'", "’": "'", "ﬁ": "fi", "ﬂ": "fl", "\u00ad": "", "\u200b": "", "\ufeff": "",
})  # fmt: skip


def tidy_spaces(text):
    r"""Make white space plain, and keep where lines and paragraphs end.

    Within a line, any run of white space becomes one space; at the ends of a line there is none.
    Only "\n" ends a line; "\r" and the like are white space within it. A run of blank lines becomes
    one blank line, and at the ends of the text there is no white space.

    >>> tidy_spaces("  Mia \t saw\u00a0Tom.  ")
    'Mia saw Tom.'
    """
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def clean(page):
    r"""The text that a reader of an HTML page sees, in plain characters and plain white space.

    First whatever is UNSEEN goes, and leaves nothing in its place. A run of white space in the
    page's source, line ends too, means one space. A BREAK tag becomes a line end, any other TAG
    goes. Entities are read, once; what looks like a tag only after that is text. The characters
    in MENDED are exchanged, in the end all is in the form NFC, and the white space is tidy.

    >>> clean("<p>Mia &amp; <b>Tom</b></p>\n<p>sat\ndown<br>quietly.</p>")
    'Mia & Tom\n\nsat down\nquietly.'
    """
    text = UNSEEN.sub("", page)
    text = re.sub(r"\s+", " ", text)
    text = BREAK.sub("\n", text)
    text = TAG.sub("", text)
    text = html.unescape(text)
    text = unicodedata.normalize("NFC", text.translate(MENDED))
    return tidy_spaces(text)


def without_repeats(documents, most):
    r"""Leave out every line that stands in more than `most` of the documents.

    A line that stands in one document several times counts once for it. Empty lines are left alone,
    but at the beginning and the end of a document none are left. Only "\n" ends a line.
    documents: a list of str   most: int
    returns: a new list of as many str

    >>> without_repeats(["Home\nIt rained.", "Home\nIt snowed.", "Home"], most=2)
    ['It rained.', 'It snowed.', '']
    """
    found_in = Counter(line for document in documents for line in set(document.split("\n")))
    kept = []
    for document in documents:
        lines = [line for line in document.split("\n") if not line or found_in[line] <= most]
        kept.append("\n".join(lines).strip("\n"))
    return kept

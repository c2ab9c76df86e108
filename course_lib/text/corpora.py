"""Corpora: a list of documents by name, of which a part is held back."""

import re
from pathlib import Path

from .fetching import SOURCES, fetch

OFFLINE = ("stories", "python-docs")


def corpus(name, split="train", *, size=None):
    """The documents of a corpus.

    name: stories, python-docs, shakespeare, verdict, or the path of a utf-8 text file
    split: "train" or "validation". No plot is in both; of other texts every tenth document is held back, or the last
    size: at most so many documents; None: all (of stories, which have no end, 10,000 to train on and 1,000 held back)
    returns: a list of strings

    A long text (shakespeare, verdict, a file) is cut into documents of 2,000 characters or more, see `passages`.
    raises: ConnectionError where a text has to be fetched and cannot be; it says how to go on without
    """
    if split not in ("train", "validation"):
        raise ValueError(f"split is {split!r}: there are 'train' and 'validation'")
    if size is not None and size < 1:
        raise ValueError(f"size is {size}: ask for one document or more, or None for all")
    if name == "stories":
        from course_lib import stories  # its word lists take a moment, which no other corpus needs

        return stories.texts(split, size or {"train": 10_000, "validation": 1_000}[split])
    documents = python_docs() if name == "python-docs" else passages(read_file(file_of(name)))
    if len(documents) < 2:
        raise ValueError(f"{name} is too short to hold anything back: of its {len(documents[0]):,} characters no two "
                         "documents of 2,000 or more can be made, one to train on and one to hold back")
    every = min(10, len(documents))
    held_back = set(range(every - 1, len(documents), every))
    chosen = [text for i, text in enumerate(documents) if (i in held_back) == (split == "validation")]
    return chosen[:size]


def python_docs():
    """The topics of Python's own help(), as many documents: real English that comes with every Python.

    The text belongs to the Python that runs, so it differs a little from one version to the next.
    """
    from pydoc_data.topics import topics

    return list(dict.fromkeys(topics[topic] for topic in sorted(topics)))  # no text twice, or it could be held back too


# Where a text may be cut, the best places first: after a blank line, a line, a space, and before any letter.
BORDERS = (r"(?<=\n\n)(?!\n)", r"(?<=\n)(?!\n)", r"(?<=\s)(?=\S)", r"(?=\w)")
LONGEST = 10  # sizes: a longer passage is cut again


def passages(text, size=2000, borders=BORDERS):
    """Cut a text between paragraphs into pieces of `size` characters or more, as short as that can be.

    A piece of more than 10 times the size, or the only one, is cut again, where lines end; then at spaces; then between
    letters, so that a text of one line, or without spaces, has pieces too. Joined, the pieces are the text again.
    """
    done, piece = [], ""
    for part in re.split(borders[0], text):
        piece += part
        if len(piece) >= size:
            done.append(piece)
            piece = ""
    if not done:
        return [text]
    done[-1] += piece
    if len(borders) == 1:
        return done
    most = size * (LONGEST if len(done) > 1 else 2)
    return [short for long in done for short in (passages(long, size, borders[1:]) if len(long) >= most else [long])]


def read_file(path):
    """A utf-8 text file, with line ends as "\\n"; ValueError where it is empty or something else than utf-8."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not utf-8 text: byte {error.start} is {error.object[error.start]:#04x}. "
                         "Save it as utf-8 in a text editor") from None
    if not text.strip():
        raise ValueError(f"{path} is empty")
    return text


def file_of(name):
    """The path of a corpus that is a file, fetched if need be."""
    if name in SOURCES:
        return fetch(name)
    if Path(name).is_file():
        return Path(name)
    raise ValueError(f"there is no corpus and no file {str(name)!r}: there are {', '.join(OFFLINE)} (offline), "
                     f"{', '.join(SOURCES)} (fetched once), or give the path of a text file")

"""Texts that others wrote, made safe to look at; and the one jinja2 environment through which they reach a page."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from ...classroom.checking.report import code

LONGEST = 600               # characters of one text; what is longer is cut, and the page says so
MARKS = 4                   # combining marks on one letter; more would be painted over the lines around it
JOINERS = "\u200c\u200d"    # Persian, Indic scripts and emoji need them
# What only a hidden test says. A student can make an error message out of the test that runs his code.
TEST_CODE = re.compile(r"\bimpl\b|\bdraw\s*[.(]|\byield\s*(?:\(|[a-zA-Z]{0,2}['\"])")
LEFT_OUT = "(left out: it repeats the code of a hidden test)"


def visible(text, longest=LONGEST):
    """A text with everything that is not seen, or that moves what is around it, written as an escape.

    Controls, bidi overrides, lone surrogates and piles of combining marks; line ends stay.

    >>> visible("a\\u202eb\\0")
    'a\\\\u202eb\\\\x00'
    """
    shown, marks, length = [], 0, 0
    for c in text[:longest]:
        if length >= longest:
            break
        marks = marks + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
        plain = (c.isprintable() or c == "\n" or c in JOINERS) and marks <= MARKS
        shown.append(c if plain else escaped(c))
        length += len(shown[-1])
    more = len(text) - len(shown)
    return "".join(shown) + (f"… ({more:,} more characters)" if more > 0 else "")


def escaped(c):
    """A character as Python writes it in a string."""
    number = ord(c)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def discreet(text):
    """A text for a student's page: one that repeats a hidden test's code is left out."""
    return LEFT_OUT if TEST_CODE.search(text) else text


def prose(text):
    """A sentence as HTML, with what stands between backticks as code."""
    return Markup(code(visible(text)))


def number(value):
    """Points as people write them: 13, 10.4.

    >>> number(13.0), number(10.399999)
    ('13', '10.4')
    """
    return f"{round(value, 2):.10g}"


def share(part, whole):
    """A share in whole percent; all and nothing are said only of all and nothing.

    >>> share(1, 3), share(999, 1000), share(0, 5)
    ('33%', '99%', '0%')
    """
    percent = round(100 * part / whole) if whole else 0
    if 0 < part < whole:
        percent = min(max(percent, 1), 99)
    return f"{percent}%"


@lru_cache(1)
def pages():
    """The environment of all pages: whatever is put in is made visible first and escaped then, whoever forgets it."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value)
    made.filters |= {"prose": prose, "number": number, "visible": visible}
    made.globals["share"] = share
    return made

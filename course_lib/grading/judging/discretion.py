"""What of a worker's words may be shown. Where a student's code has run, every word may be that code's own.

It can read the hidden test and the seed, and send them as an error's text, a label or a name. So no free text of a
worker reaches a page: an error is its type and the student's own line, and texts are shown where a text was asked for.
"""

import builtins
import re
from dataclasses import replace

from ...classroom.checking.judge import Broken
from ...classroom.checking.plain_values import Foreign

NAME = re.compile(r"[^\W\d][\w.]{0,59}")
LIBRARIES = {"OutOfMemoryError", "LinAlgError", "UnsupportedOperation", "JSONDecodeError", "AxisError"}
NUMBER_WORDS = re.compile(r"\b(inf|nan|tensor|array|True|False|None)\b|(?<=\d)e(?=[+-]?\d)")
LETTER, LONGEST_NUMBERS = re.compile(r"[^\W\d]"), 200
ANOTHER = "another one"
SHORTEST_SEED = 5       # digits; a shorter number stands in many an honest answer
LEFT_OUT = "(left out: it holds the run's seed)"


def discreet(seen, want, labels, statements):
    """A Step or a Broken as it may be shown.

    want: the finished one's Step   labels: of the hidden test   statements: [[cell, text]] of the student
    """
    if isinstance(seen, Broken):
        return Broken(error_type(seen.type, statements), "", own_line(seen.line, statements), seen.unwritten)
    value = seen.value if holds_text(getattr(want, "value", None)) else textless(seen.value)
    return replace(seen, label=seen.label if seen.label in labels else ANOTHER, value=value)


def error_type(name, statements):
    """An exception's type, where it is Python's, a library's or the student's; else that it is none of them."""
    known = name in LIBRARIES or isinstance(getattr(builtins, name, None), type)
    own = NAME.fullmatch(name) and any(re.search(rf"\b{re.escape(name)}\b", text) for _, text in statements)
    return name if known or own else "an exception"


def own_line(line, statements):
    """A line of code between backticks, if it is one of the student's; else ""."""
    bare = line.strip("`").strip()
    own = bare and any(bare == other.strip() for _, text in statements for other in text.splitlines())
    return f"`{bare}`" if own else ""


def holds_text(value):
    """True where a plain value has a text in it."""
    if isinstance(value, dict):
        return any(holds_text(one) for pair in value.items() for one in pair)
    return isinstance(value, (str, bytes)) or isinstance(value, (tuple, frozenset)) and any(map(holds_text, value))


def textless(value):
    """A plain value with the type's name in the place of each text; what is printed numbers and no more stays."""
    if isinstance(value, str) and len(value) < LONGEST_NUMBERS and not LETTER.search(NUMBER_WORDS.sub("", value)):
        return value
    if isinstance(value, (str, bytes)):
        return Foreign(type(value).__name__)
    if isinstance(value, dict):
        return {textless(key): textless(item) for key, item in value.items()}
    if isinstance(value, (tuple, frozenset)):
        return type(value)(map(textless, value))
    return value


def without_seed(text, seed):
    """A text, unless a run's seed stands in it."""
    return LEFT_OUT if len(str(seed)) >= SHORTEST_SEED and str(seed) in text.replace(",", "").replace("_", "") else text

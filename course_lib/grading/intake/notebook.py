"""A notebook's bytes read as text: its code cells, and each cell's syntax tree. Nothing of it is executed here."""

import ast
import json
import re

LARGEST = 20_000_000        # bytes of a notebook; pictures in its outputs count
CELL_MAGIC, LINE_MAGIC = re.compile(r"\s*%%"), re.compile(r"\s*(%|!|\?)|.*[^?]\?\??\s*$")


class Unfit(ValueError):
    """A notebook that cannot be graded, and why."""


class Unreadable(ValueError):
    """The file is no notebook that can be graded, and why."""


def cells_of(data):
    """The code cells' texts of a notebook's bytes, by number. Unreadable where it is none."""
    if len(data) > LARGEST:
        raise Unreadable(f"it has {len(data) / 1e6:.0f} MB; a notebook of this course has less than one")
    try:
        book = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("it is not a notebook: its text is no complete JSON") from None
    if isinstance(book, dict) and "worksheets" in book:
        raise Unreadable("it is of notebook format 3: open it in JupyterLab and save it again")
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("it is not a notebook: there are no cells in it")
    found = {}
    for number, cell in enumerate(cells):
        text = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        if isinstance(text, list) and all(isinstance(line, str) for line in text):
            text = "".join(text)
        if isinstance(text, str):
            found[number] = text
    return found


def parsed(text):
    """(a cell's tree or None, its text without magics, why it cannot be read)"""
    problem = ""
    for attempt in (text, without_magics(text)):
        try:
            return ast.parse(attempt), attempt, ""
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = f"{type(error).__name__}: {getattr(error, 'msg', '') or error}"[:120]
            line = getattr(error, "lineno", None)
            problem += f", line {line}" if line else ""
    return None, text, problem


def without_magics(text):
    """A cell without the lines that are IPython's, each replaced by an empty one."""
    lines = text.splitlines()
    return "\n".join("" if LINE_MAGIC.match(line) or CELL_MAGIC.match(line) else line for line in lines) + "\n"

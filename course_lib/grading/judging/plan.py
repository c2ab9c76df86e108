"""What to run for each exercise of a notebook, and what earns nothing whatever it comes to."""

from ..intake.notebook import Unreadable, cells_of
from .gather import Gathering
from .rules import refusal
from .statements import Book


def plan(data, job):
    """What to run for each exercise, as JSON can hold it.

    job: {"exercises": {name: {"blanks", "given", "helpers", "by_hand"}}, "closed": modules that do not exist here}
    returns: {"word", "exercises": {name: {"statements": [[cell, text]], "refusal", "missing", "notes"}}}, or
        {"unreadable": why}
    """
    try:
        book = Book(cells_of(data))
    except Unreadable as error:
        return {"unreadable": str(error)}
    except (RecursionError, MemoryError) as error:
        return {"unreadable": f"it cannot be read: {type(error).__name__}"}
    blanks = {name: said["blanks"] for name, said in job["exercises"].items()}
    own = {bound for s in book.statements if not s.imports for bound in s.binds}
    found = {}
    for name, said in job["exercises"].items():
        gathered = Gathering(book, name, blanks, {*said["given"], *(set(said["helpers"]) - own)})
        texts = [[s.cell + 1, s.text] for s in gathered.statements]
        missing, reason = "", ""
        if gathered.first is None:
            stub = name in own
            missing = book.broken.get(name) or ("unwritten" if stub else "it is not defined in this notebook")
        else:
            try:
                reason = refusal(gathered.first, gathered.statements, said["by_hand"], job["closed"]) or ""
            except RecursionError:
                reason = "it is nested too deeply to be read"
        found[name] = {"statements": texts, "refusal": reason, "missing": missing, "notes": gathered.notes}
    return {"word": book.word, "exercises": found}

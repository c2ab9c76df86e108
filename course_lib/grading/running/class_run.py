"""Grade a class: every hand-in once, each result on the disk as it comes, and the book of all of them."""

import hashlib
import importlib.metadata
import json
import re
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace

from ...classroom import layout, progress_file
from ..intake.hand_ins import HandIn, owner
from ..intake.notebook import Unfit, Unreadable, cells_of
from ..reports import tables
from .pool import WorkerDied
from .warm_grader import Terms, judged

SMALL = 2_000_000   # bytes
TRIES = 3           # a unit whose worker dies is submitted again, twice at most


@dataclass(frozen=True)
class Unit:
    """A hand-in with its chapter and hash, or with its problem."""

    hand_in: HandIn
    chapter: str = ""
    sha256: str = ""

    @property
    def key(self):
        return self.hand_in.student, self.hand_in.file, self.sha256, self.chapter


def chapter_of(stem, data):
    """The word of the chapter that a notebook is of, by its name or by its first cells. Unfit where neither says it."""
    words = {chapter.word for chapter in layout.chapters()}
    named = owner(stem)[1]
    if named:
        return layout.find_chapter(named).word
    said = re.search(rb"lesson\(\s*[\\\"']+(\w+)", data)
    word = said[1].decode("ascii", "replace") if said else ""
    if word in words:
        return word
    try:
        if len(data) < SMALL:       # parsed here, where memory has no limit
            cells_of(data)
    except Unreadable as error:
        raise Unfit(str(error)) from None
    raise Unfit("it cannot be told of which chapter it is: neither its name nor its cells say so; rename it to "
                "STUDENT_NB.ipynb with NB such as 07_attention")


def units(hand_ins):
    """A Unit for each HandIn, those of one chapter together. Every file is read, and none is kept in memory."""
    made, seen = [], {}
    for one in hand_ins:
        try:
            data = one.read()
            unit = Unit(one, chapter_of(one.stem, data), hashlib.sha256(data).hexdigest())
            seen.setdefault((one.student, unit.chapter), []).append(one.file)
        except Unfit as error:
            unit = Unit(replace(one, problem=str(error)))
        except (RecursionError, MemoryError) as error:
            unit = Unit(replace(one, problem=f"it cannot be read: {type(error).__name__}"))
        made.append(unit)
    for n, unit in enumerate(made):
        files = seen.get((unit.hand_in.student, unit.chapter), ())
        if len(files) > 1:
            reason = f"there are two notebooks or more of {unit.chapter} by this student: {', '.join(files)}; keep one"
            made[n] = replace(unit, hand_in=replace(unit.hand_in, problem=reason))
    return sorted(made, key=lambda unit: (unit.chapter, unit.key))


def grade(todo, journal, pool, jobs, came):
    """Have every Unit judged that the journal lacks. Returns {key: problem} of those that could not be.

    One that makes the judge fail, in whatever way, is its own problem; only what is true of all of them is raised.

    pool: whatever has `submit(fn, *args)` and gives Futures   came(unit, result or None): after each
    """
    terms = Terms(*(journal.terms[name] for name in ("seed", "seconds", "isolation")))
    waiting, running, lost = [(unit, 1) for unit in reversed(todo)], {}, {}
    while waiting or running:
        while waiting and len(running) < 2 * jobs:
            unit, count = waiting.pop()
            try:
                data = unit.hand_in.read()
                if hashlib.sha256(data).hexdigest() != unit.sha256:
                    raise Unfit("it changed while the class was graded: start again")
            except Unfit as error:
                lost[unit.key] = str(error)
                came(unit, None)
                continue
            name = f"{unit.hand_in.student}: {unit.hand_in.file}"
            running[pool.submit(judged, terms, unit.chapter, name, data)] = unit, count
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            unit, count = running.pop(future)
            try:
                result = json.loads(json.dumps(future.result()))
            except WorkerDied as error:
                if count < TRIES:
                    waiting.append((unit, count + 1))
                else:
                    lost[unit.key] = f"{error}, {TRIES} times; start again to try once more"
                    came(unit, None)
                continue
            except (OSError, LookupError, RuntimeError):
                raise               # the judge cannot start here, or the cluster is gone: it would be so for everybody
            except Exception as error:
                lost[unit.key] = f"the judge cannot deal with it ({type(error).__name__})"
                came(unit, None)
                continue
            journal.add(unit.key, result)
            came(unit, result)
    return lost


def book(every, journal, lost, late=None):
    """All that is known of the class, as plain data: what grades.json holds and the pages are made from."""
    words = {unit.chapter for unit in every if unit.chapter}
    chapters = [described(chapter) for chapter in layout.chapters() if chapter.word in words]
    entries = sorted((entry(unit, journal, lost, late) for unit in every),
                     key=lambda one: (one["student"], one["chapter"], one["file"]))
    layers = [result["isolation"] for result in journal.results.values()]
    common = [layer for layer in layers[0] if all(layer in others for others in layers)] if layers else []
    return {"format": 1, "course": f"small-world {importlib.metadata.version('small-world')}",
            "seed": journal.terms["seed"], "isolation": common, "late": late.text if late else "",
            "chapters": chapters, "entries": entries}


def described(chapter):
    exercises = [{"name": e.name, "points": e.points} for e in chapter.exercises()]
    return {"word": chapter.word, "number": chapter.number, "title": chapter.title,
            "points": sum(e["points"] for e in exercises), "exercises": exercises}


def entry(unit, journal, lost, late):
    one, result = unit.hand_in, journal.results.get(unit.key, {})
    problem = one.problem or result.get("problem", "") or lost.get(unit.key, "") or ("" if result else "not graded yet")
    seconds, kept = late.kept(one.handed_in) if late else (0.0, 1.0)
    earned = result.get("earned", 0) if not problem else 0
    return {"student": one.student, "id": one.id, "file": one.file, "assignment": one.assignment,
            "chapter": unit.chapter, "sha256": unit.sha256, "handed_in": one.handed_in, "late_seconds": seconds,
            "kept": kept, "problem": problem, "points": result.get("points", 0), "earned": earned,
            "score": round(earned * kept, 4), "exercises": result.get("exercises", []) if not problem else [],
            "seconds": result.get("seconds", 0.0), "remark": one.remark}


def write(said, folder):
    """Write the tables and pages of a book, each file in one move. OSError, in a sentence, where they cannot be."""
    try:
        write_all(said, folder)
    except OSError as error:
        raise OSError(f"{folder} cannot be written: {error.strerror}. What was graded is kept in its journal; make "
                      "room, and the same command writes the tables.") from None


def write_all(said, folder):
    from ..reports import class_report, feedback

    progress_file.write(folder / "grades.json", json.dumps(said, indent=1) + "\n")
    for name in ("grades", "canvas", "moodle"):
        progress_file.write(folder / f"{name}.csv", getattr(tables, name)(said))
    (folder / "feedback").mkdir(exist_ok=True)
    own = {}
    for one in said["entries"]:
        own.setdefault(one["student"], []).append(one)
    for student, entries in own.items():
        try:
            page = feedback.page(student, entries, said["chapters"])
        except Exception as error:      # one student's page; the others have theirs
            page = feedback.broken_page(student, type(error).__name__)
        progress_file.write(folder / "feedback" / feedback.file_name(student), page)
    progress_file.write(folder / "report.html", class_report.page(said))

"""Find what a class handed in: a folder as nbgrader has it, a flat folder, or a zip from a learning platform.

Nothing is unpacked to disk and no link is followed. Whatever cannot be graded is found too, with the reason.
"""

import os
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from .file_names import on_canvas, original, owner, wrapping
from .files import Found, passed_over, stamped
from .folder import in_folder
from .notebook import Unfit
from .zip_file import in_zip

ONLINE_TEXT = "_assignsubmission_onlinetext"
STAMP = "timestamp.txt"         # nbgrader's
NBGRADERS = {"submitted", "source", "release", "autograded", "feedback", "downloaded"}     # the folders of a course
MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)


@dataclass(frozen=True)
class HandIn:
    """One notebook of one student, or the reason why there is none.

    student: as folder or file say, in one normal form (NFC)   file: its path, for people to read
    assignment: nbgrader's, or ""   handed_in: seconds since 1970, or None   problem: why it cannot be graded, or ""
    id: the learning platform's number for the student, or ""   stem: what may name the chapter   remark: how it was
    read, for the instructor, where it could be read otherwise
    """

    student: str
    file: str
    assignment: str = ""
    handed_in: float | None = None
    problem: str = ""
    id: str = ""
    stem: str = ""
    remark: str = ""
    source: Callable | None = field(default=None, compare=False, repr=False)

    def read(self):
        """Its bytes. Unfit, with the reason, where they cannot be had."""
        if self.problem:
            raise Unfit(self.problem)
        return self.source()


def found(submitted):
    """Every HandIn in a folder or zip, sorted. OSError or ValueError where there is nothing to look at."""
    submitted = Path(submitted)
    if submitted.is_dir():
        return ordered(in_folder(submitted / "submitted" if is_nbgraders(submitted) else submitted))
    if not submitted.exists():
        raise FileNotFoundError(f"{submitted} is not there. Give the folder, or the zip, with what was handed in.")
    if not submitted.is_file() or not zipfile.is_zipfile(submitted):
        raise ValueError(f"{submitted} is neither a folder nor a zip. Give the folder, or the zip, with what was "
                         "handed in.")
    return ordered(in_zip(submitted))


def is_nbgraders(folder):
    """True for a course folder of nbgrader's. Where others lie beside it, `submitted` is a student's name."""
    beside = {path.name for path in folder.iterdir() if path.is_dir() or path.suffix == ".ipynb"}
    return (folder / "submitted").is_dir() and {name for name in beside if not passed_over(name)} <= NBGRADERS


def ordered(files):
    """The HandIns among everything that is there."""
    files, around = list(files), []
    while top := wrapping([one.parts for one in files]):
        files = [one._replace(parts=one.parts[1:]) for one in files if one.parts[1:] != ("",)]
        around.append(readable(top))
    found = beside_online_text(chosen(files))
    if around:
        remark = f"everything lies in the folder {'/'.join(around)!r}: it is taken for no student"
        found = [remarked(one, remark) for one in found]
    return distinct(sorted(found, key=lambda one: (one.student, one.assignment, one.file)))


def beside_online_text(hand_ins):
    """The HandIns without Moodle's online texts of students who have handed in a notebook too: a remark says so."""
    hand_ins = list(hand_ins)
    texts = [one for one in hand_ins if one.problem and ONLINE_TEXT in one.file]
    others = {(one.student, one.id) for one in hand_ins if not one.problem}
    beside = {(one.student, one.id) for one in texts} & others
    remark = "Moodle has an online text by this student too, which is not graded"
    for one in hand_ins:
        if (one.student, one.id) not in beside:
            yield one
        elif not one.problem or ONLINE_TEXT not in one.file:
            yield remarked(one, remark)


def remarked(one, remark):
    return replace(one, remark="; ".join(filter(None, (one.remark, remark))))


def chosen(files):
    """A HandIn for each notebook and for each file that cannot be read, and one for each folder that lacks both.

    A student's folder, and each assignment's in it, should hold a notebook; where one lies in the student's folder
    itself, the folders beside it may hold what they like.
    """
    stamps = {one.parts[:-1]: stamped(one.read) for one in files
              if one.parts[-1] == STAMP and not one.problem and is_nbgraders_place(one.parts[:-1])}
    kept = [one for one in files if one.parts[-1] != STAMP and (
        one.problem or len(one.parts) == 1 or one.parts[-1].lower().endswith((".ipynb", ".zip")))]
    for one in kept:
        yield place(one._replace(dated=stamps.get(one.parts[:-1]) or one.dated, problem=one.problem or wrong_kind(one)))
    filled = {one.parts[:n] for one in kept for n in (1, 2) if len(one.parts) > n}
    filled_directly = {one.parts[:1] for one in kept if len(one.parts) == 2}
    bare = {}
    for one in files:
        home = one.parts[:2] if len(one.parts) > 2 else one.parts[:1]
        if len(one.parts) > 1 and home not in filled and home[:1] not in filled_directly:
            bare.setdefault(home, []).append(one)
    for home, others in bare.items():
        if len(home) == 2 or not any(home == longer[:1] for longer in bare if len(longer) == 2):
            names = [readable(one.parts[-1]) for one in others if one.parts[-1] not in ("", STAMP)]
            reason = f"there is no notebook in its folder, only {', '.join(names[:3])}"
            reason = reason if names else "its folder is empty"
            yield place(Found((*home, names[0] if names else ""), stamps.get(home), reason))


def is_nbgraders_place(home):
    """True where nbgrader puts its timestamp: STUDENT/ASSIGNMENT. Elsewhere such a file is a student's own."""
    return len(home) == 2 and not MOODLE.fullmatch(readable(home[0]))


def wrong_kind(one):
    name = one.parts[-1].lower()
    if name.endswith(".zip"):
        return "it is a zip within what was handed in: unpack it"
    return "" if name.endswith(".ipynb") else "it is not a notebook: its name does not end in .ipynb"


def readable(name):
    """A file's name as text that can be written anywhere, in one normal form."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def place(one):
    """The HandIn that a Found stands for, by its path's depth and by the patterns of Moodle and Canvas."""
    parts, problem = tuple(readable(part) for part in one.parts), one.problem
    kept = (*(part for part in parts[:-1] if part not in ("", ".", "..")), parts[-1])
    file, last, number = "/".join(parts), PurePosixPath(kept[-1]).stem, ""
    moodle = MOODLE.fullmatch(kept[0])      # what lies deeper, a student has named
    canvas = on_canvas(last) if len(kept) == 1 and not moodle else None
    assignment, remark = "", ""
    if moodle:
        student, number = moodle["student"], moodle["id"]
        last = PurePosixPath(moodle["file"] or kept[-1]).stem
    elif canvas:
        student, number, last, remark = canvas
    elif len(kept) > 1:
        student, assignment = kept[0], kept[1] if len(kept) > 2 else ""
    else:
        student, chapter = owner(last)
        if not student:
            student, problem = last, problem or "its name says no student: call it STUDENT_" + chapter + ".ipynb"
        elif original(last) != last:
            remark = f"the name {last!r} is read as that of a copy of {original(last)!r}"
    return HandIn(student.strip() or "nobody", file, assignment, one.dated, problem, number, last, remark, one.read)


def distinct(hand_ins):
    """Two students of one name get their platform's numbers; names that differ in case alone are a problem."""
    numbers, spelt = {}, {}
    for one in hand_ins:
        numbers.setdefault(one.student, set()).add(one.id)
        spelt.setdefault(unicodedata.normalize("NFKC", one.student).casefold(), set()).add(one.student)
    made = []
    for one in hand_ins:
        others = spelt[unicodedata.normalize("NFKC", one.student).casefold()] - {one.student}
        if others and not one.problem:
            one = replace(one, problem=f"there is also a student {min(others)!r}: the names differ in their spelling "
                                       "alone; rename one of them")
        if len(numbers[one.student]) > 1 and one.id:
            one = replace(one, student=f"{one.student} ({one.id})")
        made.append(one)
    return made

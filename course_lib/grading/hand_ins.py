"""Find what a class handed in: a folder as nbgrader has it, a flat folder, or a zip from a learning platform.

Nothing is unpacked to disk and no link is followed. Whatever cannot be graded is found too, with the reason.
"""

import os
import re
import stat
import time
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from ..classroom import house
from .reading import LARGEST, Unfit

MOST_FILES = 100_000
MOST_BYTES = 20_000_000_000     # of everything in a zip, unpacked
MOST_RATIO = 200                # unpacked to packed; a notebook with pictures has 2 to 20
IGNORED = {"timestamp.txt", "desktop.ini", "thumbs.db", "__macosx"}
MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<student>.+?)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)", re.DOTALL)
STAMP = re.compile(r"\s*(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?:\s*([+-]\d\d:?\d\d)|\s+(\S+))?\s*")


@dataclass(frozen=True)
class HandIn:
    """One notebook of one student, or the reason why there is none.

    student: as folder or file say, in one normal form (NFC)   file: its path, for people to read
    assignment: nbgrader's, or ""   handed_in: seconds since 1970, or None   problem: why it cannot be graded, or ""
    id: the learning platform's number for the student, or ""   stem: what may name the chapter
    """

    student: str
    file: str
    assignment: str = ""
    handed_in: float | None = None
    problem: str = ""
    id: str = ""
    stem: str = ""
    source: object = field(default=None, compare=False, repr=False)

    def read(self):
        """Its bytes. Unfit, with the reason, where they cannot be had."""
        if self.problem:
            raise Unfit(self.problem)
        return self.source()


def found(submitted):
    """Every HandIn in a folder or zip, sorted. OSError or ValueError where there is nothing to look at."""
    submitted = Path(submitted)
    if submitted.is_dir():
        root = submitted / "submitted" if (submitted / "submitted").is_dir() else submitted
        return ordered(in_folder(root))
    if not submitted.exists():
        raise FileNotFoundError(f"{submitted} is not there. Give the folder, or the zip, with what was handed in.")
    if not submitted.is_file() or not zipfile.is_zipfile(submitted):
        raise ValueError(f"{submitted} is neither a folder nor a zip. Give the folder, or the zip, with what was "
                         "handed in.")
    return ordered(in_zip(submitted))


def ordered(hand_ins):
    return distinct(sorted(hand_ins, key=lambda one: (one.student, one.assignment, one.file)))


def readable(name):
    """A file's name as text that can be written anywhere, in one normal form."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


# a folder

def in_folder(root):
    """HandIns below a folder. Links are not followed, and whatever is no ordinary file is named."""
    students = set()
    for folder, folders, names in os.walk(root, onerror=None):
        inside = Path(folder).relative_to(root).parts
        for name in [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            folders.remove(name)
            yield place((*inside, name), problem="it is a link to somewhere else")
        folders[:] = sorted(name for name in folders if not ignored(name))
        if inside and not names and not folders:
            reason = "its folder is empty" if os.access(folder, os.R_OK | os.X_OK) else "its folder cannot be read"
            yield place((*inside, ""), problem=reason)
        stamp = stamped(Path(folder) / "timestamp.txt") if "timestamp.txt" in names else None
        kept = [name for name in sorted(names) if not ignored(name)]
        books = [name for name in kept if name.lower().endswith(".ipynb")]
        for name in kept:
            path = Path(folder) / name
            reason = unfit(path)
            if reason or name in books or name.lower().endswith(".zip"):
                yield place((*inside, name), stamp or modified(path), reason or nested(name), reader(path))
            elif not inside:
                yield place((name,), modified(path), "it is not a notebook: its name does not end in .ipynb")
        if inside and kept and not books and not folders and inside[0] not in students:
            if not any(name.lower().endswith(".zip") or unfit(Path(folder) / name) for name in kept):
                yield place((*inside, kept[0]), stamp, "there is no notebook in its folder, only " +
                            ", ".join(map(readable, kept[:3])))


def nested(name):
    return "it is a zip within what was handed in: unpack it" if name.lower().endswith(".zip") else ""


def unfit(path):
    """Why a path is no file to open, or "". It is not opened: a FIFO would wait for ever."""
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return "it is a link to somewhere else"
    return "" if stat.S_ISREG(mode) else "it is no ordinary file"


def modified(path):
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return None


def reader(path):
    """A function that gives a file's bytes, or raises Unfit; what is swapped or changed meanwhile is noticed."""
    def read():
        try:
            opened = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) |
                             getattr(os, "O_BINARY", 0))
            with open(opened, "rb") as file:
                before = os.fstat(opened)
                if not stat.S_ISREG(before.st_mode):
                    raise Unfit("it is no ordinary file")
                if before.st_size > LARGEST:
                    raise too_large(before.st_size)
                data = file.read(LARGEST + 1)
                after = os.fstat(opened)
        except OSError as error:
            raise Unfit(f"it cannot be read: {error.strerror}") from None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
            raise Unfit("it changed while it was read: grade again when nobody writes to it")
        return some(data)
    return read


def too_large(size):
    return Unfit(f"it has {size / 1e6:.0f} MB; a notebook of this course has less than one")


def some(data):
    if not data.strip():
        raise Unfit("it is empty")
    return data


def stamped(path):
    """The time in nbgrader's timestamp.txt ("2026-11-30 22:10:03.5 Europe/Berlin", UTC where no zone is named)."""
    try:
        said = STAMP.fullmatch(reader(path)().decode("utf-8", "replace"))
        moment = datetime.fromisoformat(f"{said[1]}T{said[2]}")
        if said[3]:
            sign, hours, minutes = said[3][0], int(said[3][1:3]), int(said[3][-2:])
            return moment.replace(tzinfo=timezone.utc).timestamp() - int(sign + "1") * (hours * 3600 + minutes * 60)
        return moment.replace(tzinfo=ZoneInfo(said[4]) if said[4] else timezone.utc).timestamp()
    except (Unfit, TypeError, ValueError, LookupError, OSError):
        return None         # then the file's own time counts


# a zip

def in_zip(path):
    """HandIns in a zip. Every entry is read from memory within bounds; entries that point elsewhere are refused."""
    try:
        book = zipfile.ZipFile(path)
        entries = [entry for entry in book.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"{path} cannot be read as a zip: {error}. Download it again.") from None
    if len(entries) > MOST_FILES:
        raise ValueError(f"{path} holds {len(entries)} files; no more than {MOST_FILES} are read from a zip.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ValueError(f"{path} would unpack to more than {MOST_BYTES / 1e9:.0f} GB. It looks like a zip bomb.")
    split = [(entry, entry.orig_filename.replace("\\", "/").split("/")) for entry in entries]
    for top in ("submitted", path.stem):
        if split and all(parts[0] == top and len(parts) > 1 for _, parts in split):
            split = [(entry, parts[1:]) for entry, parts in split]
    stamps = {tuple(parts[:-1]): stamp_in(book, entry) for entry, parts in split if parts[-1] == "timestamp.txt"}
    graded = {parts[0] for _, parts in split if parts[-1].lower().endswith((".ipynb", ".zip"))}
    for entry, parts in split:
        if any(ignored(part) for part in parts if part not in ("", ".", "..")):
            continue
        parts, reason = tuple(parts), wrong_entry(entry, parts)
        when = stamps.get(parts[:-1]) or dated(entry)
        if reason or parts[-1].lower().endswith((".ipynb", ".zip")):
            yield place(parts, when, reason or nested(parts[-1]), entry_reader(book, entry))
        elif len(parts) == 1:
            yield place(parts, when, "it is not a notebook: its name does not end in .ipynb")
        elif parts[0] not in graded:
            graded.add(parts[0])
            yield place(parts, when, f"there is no notebook in its folder, only {readable(parts[-1])}")


def wrong_entry(entry, parts):
    """Why an entry of a zip is not read, or ""."""
    if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", parts[0]):
        return "its path in the zip leads outside"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link to somewhere else"
    if entry.flag_bits & 1:
        return "it is encrypted in the zip: unpack the zip and grade the folder"
    if entry.file_size > LARGEST:
        return str(too_large(entry.file_size))
    if entry.file_size > 100_000 and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return "it is packed more tightly than any notebook is: it looks like a zip bomb"
    return ""


def entry_reader(book, entry):
    def read():
        try:
            with book.open(entry) as file:
                data = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as e:
            raise Unfit(f"it cannot be read from the zip: {e}") from None
        if len(data) > LARGEST:
            raise too_large(len(data))
        return some(data)
    return read


def dated(entry):
    """A zip's date, which has no zone: that of this machine."""
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


def stamp_in(book, entry):
    try:
        said = STAMP.fullmatch(entry_reader(book, entry)().decode("utf-8", "replace"))
        zone = ZoneInfo(said[4]) if said[4] else timezone.utc
        return datetime.fromisoformat(f"{said[1]}T{said[2]}{said[3] or ''}").replace(tzinfo=zone).timestamp()
    except (Unfit, TypeError, ValueError, LookupError, OSError):
        return None


# whose it is

def ignored(name):
    return name.startswith(".") or name.lower() in IGNORED


def place(parts, handed_in=None, problem="", source=None):
    """The HandIn that a path stands for, by its depth and by the patterns of Moodle and Canvas."""
    parts = tuple(readable(part) for part in parts)
    kept = tuple(part for part in parts if part not in ("", ".", "..")) or ("nobody",)
    file, last, number = "/".join(parts), PurePosixPath(kept[-1]).stem, ""
    moodle = next(filter(None, map(MOODLE.fullmatch, kept)), None)
    canvas = CANVAS.fullmatch(kept[-1]) if not moodle else None
    assignment = ""
    if moodle or canvas:
        student, number = (moodle or canvas)["student"], (moodle or canvas)["id"]
        last = PurePosixPath((moodle or canvas)["file"] or kept[-1]).stem
    elif len(kept) > 1:
        student, assignment = kept[0], kept[1] if len(kept) > 2 else ""
    else:
        student, chapter = owner(last)
        if not student:
            student, problem = last, problem or "its name says no student: call it STUDENT_" + chapter + ".ipynb"
    return HandIn(student.strip() or "nobody", file, assignment, handed_in, problem, number, last, source)


def owner(stem):
    """(student, chapter's stem or "") of a file in a flat folder: STUDENT or STUDENT_NB."""
    bare = re.sub(r"-\d+$", "", stem)           # Canvas counts what is handed in again
    for chapter in house.chapters():
        for name in (chapter.path.stem, chapter.word):
            if bare.lower() == name.lower():
                return "", name
            if bare.lower().endswith(f"_{name}".lower()):
                return bare[:-len(name) - 1], name
    return stem, ""


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

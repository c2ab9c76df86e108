"""What the learner has done so far: one small file, `work/progress.json`, raised only by checks run in `work/`."""

import itertools
import json
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from . import layout

_session: dict[str, dict[str, int]] = {}    # {chapter's word: {exercise: points}} earned in this kernel, kept or not


def path():
    return layout.ROOT / "work" / "progress.json"


def recording(folder=None):
    """True where results count: the kernel's folder is `work/` or inside it, and COURSE_PROGRESS is not "off"."""
    if os.environ.get("COURSE_PROGRESS", "").lower() == "off":
        return False
    return Path(folder or os.getcwd()).resolve().is_relative_to((layout.ROOT / "work").resolve())


def read():
    """The whole file as a dict; {} where there is none or where it cannot be read."""
    try:
        book = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return book if isinstance(book, dict) else {}


def update(change, folder=None):
    """Read the file, let `change(book)` alter the dict, and write it back in one move. Nothing where not recording().

    A file that cannot be read is kept beside the new one as `progress.json.unreadable`.
    """
    if not recording(folder):
        return
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with alone(place.with_suffix(".lock")):
        book = read()
        if not book and place.exists() and place.stat().st_size > 3:
            os.replace(place, place.with_suffix(".json.unreadable"))
        change(book)
        write(place, json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def write(place, text):
    """Write a file so that whoever reads it sees the old text or the new, never a part."""
    place = Path(place)
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, place)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def alone(lock, stale=5.0):
    """Hold a lock file, so that two kernels do not overwrite each other.

    It is held for milliseconds: one that has stood for `stale` seconds was left by a crash, and is taken away.
    PermissionError where the folder cannot be written.
    """
    for attempt in itertools.count():
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError) as error:
            if isinstance(error, PermissionError) and attempt > 50:     # less, and Windows is deleting the last one
                raise
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > stale:
                    lock.unlink()
            time.sleep(0.01)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()


def earned_points(book):
    """{chapter's word: {exercise: points}} of a progress file; what has another form is left out."""
    chapters = book.get("points")
    chapters = chapters if isinstance(chapters, dict) else {}
    return {word: {name: n for name, n in earned.items() if isinstance(n, int)}
            for word, earned in chapters.items() if isinstance(earned, dict)}


def earn(word, name, points, folder=None):
    """Note that an exercise is solved. What was earned before is never lowered.

    Outside `work/` it lasts as long as the kernel: a solution's table of points agrees with its ✓s.
    """
    earned = _session.setdefault(word, {})
    earned[name] = max(points, earned.get(name, 0))

    def raise_to(book):
        book["points"] = earned_points(book)
        earned = book["points"].setdefault(word, {})
        earned[name] = max(points, earned.get(name, 0))

    if earned_points(read()).get(word, {}).get(name, 0) < points:
        update(raise_to, folder)


@dataclass
class Progress:
    """A row for each chapter: (number, word, title, points earned, points there are)."""

    rows: list = field(default_factory=list)

    @property
    def earned(self):
        return sum(row[3] for row in self.rows)

    @property
    def total(self):
        return sum(row[4] for row in self.rows)

    def __str__(self):
        wide = max([len(row[2]) for row in self.rows] + [7])
        lines = [f"{number}  {title:<{wide}}  {earned:>3} of {total:>3}  {bar(earned, total)}"
                 for number, _, title, earned, total in self.rows]
        return "\n".join(lines + [f"    {'in all':<{wide}}  {self.earned:>3} of {self.total:>3}"])

    __repr__ = __str__

    def _repr_html_(self):
        rows = "".join(table_row(number, title, earned, total) for number, _, title, earned, total in self.rows)
        heads = "".join(f"<th scope='col'>{head}</th>" for head in ("chapter", "title", "points", ""))
        return (f"<table><caption>Points so far</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
                f"<tfoot>{table_row('', 'in all', self.earned, self.total)}</tfoot></table>")


def table_row(number, title, earned, total):
    """A row of HTML; the bar says again what the numbers say, and is not read aloud."""
    return (f"<tr><td>{escape(number)}</td><td style='text-align:left'>{escape(title)}</td><td>{earned} of {total}</td>"
            f"<td aria-hidden='true' style='font-family:monospace'>{bar(earned, total)}</td></tr>")


def bar(earned, total, width=10):
    full = round(width * earned / total) if total else 0
    return "█" * full + "░" * (width - full)


def progress():
    """The learner's points, chapter by chapter: those kept, and those of this kernel.

    Only exercises that the chapters still have are counted.
    """
    points, rows = earned_points(read()), []
    for chapter in layout.chapters():
        exercises, both = chapter.exercises(), (points.get(chapter.word, {}), _session.get(chapter.word, {}))
        gained = sum(min(max(earned.get(e.name, 0) for earned in both), e.points) for e in exercises)
        rows.append((chapter.number, chapter.word, chapter.title, gained, sum(e.points for e in exercises)))
    return Progress(rows)

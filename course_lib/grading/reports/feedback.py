"""A student's page: what is right, what is not yet, and what to do next.

The seed is not on it: with the seed of a run, its inputs could be drawn again and the answers to them written down.
The isolation, the flags and the seconds are the instructor's too.
"""

import hashlib
import re
from datetime import datetime, timezone

from ..judging import states
from . import advice
from .escaping import discreet, pages, visible

SIGNS = {states.RIGHT: "✓", states.WRONG: "✗", states.BLANK: "○", states.NOTHING: "⊘", states.UNJUDGED: "?"}
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
HASHED_NAME = re.compile(r".*-[0-9a-f]{16}")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")      # of Windows, with any ending


def page(student, entries, chapters):
    """A student's feedback as one HTML page that needs nothing beside it.

    student: the name   entries: those of this student, as the book has them   chapters: the book's
    """
    known = {chapter["word"]: chapter for chapter in chapters}
    parts = [part(entry, known) for entry in entries]
    return pages().get_template("feedback.html").render(
        student=visible(student, 120), parts=parts, signs=SIGNS,
        score=sum(e["score"] for e in entries if not e["problem"]),
        points=sum(e["points"] for e in entries if not e["problem"]),
        unfit=sum(bool(e["problem"]) for e in entries))


def broken_page(student, error):
    """In the place of a page that could not be made: what to do, and of the hand-in nothing."""
    return pages().from_string(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Feedback</title><h1>{{ student }}</h1>"
        "<p>Your page could not be made ({{ error }}). This is not your fault: show this to your instructor.</p></html>"
    ).render(student=visible(student, 120), error=error)


def part(entry, known):
    """What the page says of one hand-in."""
    word = entry["chapter"]
    chapter = known.get(word, {"number": "", "title": word or "A file that could not be graded"})
    heading = f"{chapter['number']} · {chapter['title']}" if chapter["number"] else chapter["title"]
    return {**entry, "heading": heading, "mend": advice.for_file(entry["problem"]),
            "when": moment(entry["handed_in"]), "late_by": duration(entry["late_seconds"]),
            "exercises": [] if entry["problem"] else [told(exercise) for exercise in entry["exercises"]]}


def told(exercise):
    """What the page says of one exercise: its state, what to do, and its properties in the order that helps."""
    first, verdicts = states.first_broken(exercise), exercise["verdicts"]
    state, reason = states.state(exercise), discreet(exercise["reason"])
    label = verdicts[first][0] if first is not None else ""
    rest = [(i, name, verdict) for i, (name, verdict) in enumerate(verdicts)]
    return {
        "name": exercise["name"], "points": exercise["points"], "earned": exercise["earned"], "state": state,
        "next": advice.for_exercise(exercise), "reason": "" if reason == label else reason, "label": label,
        "details": [(what, discreet(text)) for what, text in (("Expected", exercise["expected"]),
                    ("Got", exercise["got"]), ("Likely cause", exercise["cause"])) if text and reason],
        "broken": [name for i, name, verdict in rest if verdict == states.BROKEN and i != first],
        "held": [name for _, name, verdict in rest if verdict == states.HELD],
        "unseen": [name for _, name, verdict in rest if verdict == states.UNSEEN],
    }


def moment(seconds):
    """A time in words, in UTC; "" where it is not known or no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%d %B %Y, %H:%M UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def duration(seconds):
    """How long, in the two largest units.

    >>> duration(97_200), duration(59)
    ('1 day and 3 hours', 'less than a minute')
    """
    left, found = int(seconds), []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, left = divmod(left, size)
        if count:
            found.append(f"{count:,} {unit}{'s' if count > 1 else ''}")
    return " and ".join(found[:2]) or "less than a minute"


def file_name(student):
    """The name of a student's page, with its ending: safe on every system, and each name's own.

    A short plain name is kept (`ada.html`); any other gets what is plain in it and a digest of the whole
    (`o-brien-4c…html`), so that names which differ only by case or normal form, or say `../x`, have their own file.
    """
    if PLAIN_NAME.fullmatch(student) and not RESERVED.fullmatch(student) and not HASHED_NAME.fullmatch(student):
        return f"{student}.html"
    slug = re.sub(r"[^a-z0-9]+", "-", student.lower()).strip("-")[:40].strip("-") or "student"
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{slug}-{digest}.html"

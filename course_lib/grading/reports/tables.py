"""The tables for a spreadsheet, for Canvas and for Moodle. Cells that a spreadsheet would run are defused."""

import csv
import io
import re

# What begins a formula, full-width forms included, at a cell's start or where a spreadsheet may cut the cell in two.
FORMULA = re.compile(r"(?:^|(?<=[;,|\t\r\n]))(?=[ \"]*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])")


def cell(value):
    """A cell of which no spreadsheet takes any part for a formula: what begins like one gets an apostrophe before it.

    >>> cell("=1+1"), cell("x;=1+1"), cell("-")
    ("'=1+1", "x;'=1+1", '-')
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    value = value.encode("utf-8", "backslashreplace").decode("utf-8")       # half of a character pair cannot be written
    return value if value == "-" else FORMULA.sub("'", value)


def table(rows):
    """The text of a CSV file, beginning with the mark (BOM) by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[cell(value) for value in row] for row in rows])
    return "\ufeff" + text.getvalue()


def by_student(book):
    """{student: {chapter: entry}} of what was graded, {student: problems}, {student: the platform's number}"""
    graded, problems, numbers = {}, {}, {}
    for entry in book["entries"]:
        student = entry["student"]
        graded.setdefault(student, {})
        numbers[student] = numbers.get(student) or entry.get("id", "")
        if entry["problem"]:
            problems.setdefault(student, []).append(f"{entry['file']}: {entry['problem']}")
        else:
            graded[student][entry["chapter"]] = entry
    return graded, problems, numbers


def grades(book):
    """A row for each student and a column for each exercise. Empty: not graded, and the last column says why."""
    graded, problems, _ = by_student(book)
    columns = [(c["word"], e["name"]) for c in book["chapters"] for e in c["exercises"]]
    rows = [["student", *(f"{word}.{name}" for word, name in columns), "earned", "score", "not graded"]]
    for student, entries in graded.items():
        points = {(word, e["name"]): e["earned"] for word, entry in entries.items() for e in entry["exercises"]}
        sums = [sum(entry[what] for entry in entries.values()) if entries else None for what in ("earned", "score")]
        rows.append([student, *(points.get(column) for column in columns), *sums,
                     "; ".join(problems.get(student, ()))])
    return table(rows)


def canvas(book):
    """What Canvas' gradebook imports: an assignment for each chapter, and a row with the points possible.

    ID is the number that Canvas puts into the names of downloaded files. Where there is none, the name of the
    student's folder is given as SIS Login ID.
    """
    graded, _, numbers = by_student(book)
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *map(title, book["chapters"])],
            ["    Points Possible", "", "", "", "", *(c["points"] for c in book["chapters"])]]
    for student, entries in graded.items():
        number = numbers[student]
        rows.append([student, number, "", "" if number else student, "", *scores(book, entries)])
    return table(rows)


def moodle(book):
    """What Moodle reads, in both of its ways.

    An assignment's grading worksheet wants Identifier, Grade and Last modified (grade): this is for hand-ins from
    Moodle's zip, which has a number for each student. The gradebook's import of a CSV file finds a student by Username
    and has an item for each chapter: this is for folders that are named so.
    """
    graded, _, numbers = by_student(book)
    rows = [["Identifier", "Full name", "Username", "Grade", "Last modified (grade)", *map(title, book["chapters"])]]
    for student, entries in graded.items():
        who = (f"Participant {numbers[student]}", student, "") if numbers[student] else ("", "", student)
        whole = sum(entry["score"] for entry in entries.values()) if entries else None
        rows.append([*who, whole, "-", *scores(book, entries)])
    return table(rows)


def title(chapter):
    return f"{chapter['number']} {chapter['title']}"


def scores(book, entries):
    return [entries[c["word"]]["score"] if c["word"] in entries else None for c in book["chapters"]]

"""The instructor's page of a class: scores, what was hard, what failed, who could not be graded."""

import statistics
from collections import Counter

from ..judging import states
from . import class_statistics as numbers
from .escaping import pages, share, visible
from .feedback import SIGNS, file_name

MOST = 15           # rows of a table of the most frequent or the slowest
LISTED = 200        # rows of a list of names; grades.json has them all
STATE_CLASSES = dict(zip(states.STATES, ("right", "wrong", "blank", "nothing", "unjudged"), strict=True))


def page(book):
    """A class report as one HTML page. book: the book of grades; the students' pages are linked as `feedback/NAME`."""
    titles = {c["word"]: f"{c['number']} · {c['title']}" for c in book["chapters"]}
    chapters = [about(book, chapter) for chapter in book["chapters"]]
    unfit = [e for e in book["entries"] if e["problem"]]
    return pages().get_template("overview.html").render(
        book=book, titles=titles, signs=SIGNS, classes=STATE_CLASSES, states=states.STATES, link=link,
        chapters=[c for c in chapters if c["entries"]], empty=[c["title"] for c in chapters if not c["entries"]],
        graded=len(book["entries"]) - len(unfit), unfit=unfit[:LISTED], unfit_count=len(unfit),
        reasons=Counter(visible(e["problem"], 100) for e in unfit).most_common(MOST),
        whole=distribution("Totals of the students", [(s, p) for s, p in numbers.totals(book).values()]),
        failures=numbers.failures(book)[:MOST], slowest=slowest(chapters), flags=numbers.flags(book)[:LISTED],
        flag_count=len(numbers.flags(book)), students=students(book), fewest=numbers.FEWEST, listed=LISTED)


def link(student):
    return f"feedback/{file_name(student)}"


def about(book, chapter):
    """What the report says of one chapter."""
    entries = numbers.graded(book, chapter["word"])
    title = f"{chapter['number']} · {chapter['title']}"
    return {"title": title, "entries": len(entries), "rows": numbers.exercises(entries),
            "scores": distribution(title, [(e["score"], e["points"]) for e in entries])}


def distribution(title, scores):
    """A histogram's bars, and the same in words. scores: [(score, points)]; None where there is nothing to show."""
    shares = [score / points for score, points in scores if points]
    if not shares:
        return None
    bins = numbers.spread(shares)
    highest = max(count for *_, count in bins)
    middle, mean = statistics.median(shares), statistics.fmean(shares)
    words = (f"Of {len(shares):,} scores, half are at {share(middle, 1)} of the points or above; "
             f"the mean is {share(mean, 1)}.")
    bars = [{"from": low, "to": high, "count": count, "height": round(110 * count / highest, 1)}
            for low, high, count in bins]
    counts = "; ".join(f"{low} to {high}%: {count}" for low, high, count in bins)
    return {"bars": bars, "words": words, "alt": f"Histogram of scores, {title}. {words} {counts}"}


def slowest(chapters):
    """The exercises that took longest, by their median: rows with the slowest student of each."""
    rows = []
    for chapter in chapters:
        for row in chapter["rows"]:
            longest, student = max(row["seconds"])
            rows.append({"chapter": chapter["title"], "name": row["name"], "longest": longest, "student": student,
                         "median": statistics.median(seconds for seconds, _ in row["seconds"])})
    return sorted(rows, key=lambda row: (-row["median"], -row["longest"]))[:MOST]


def students(book):
    """A row for each student: name, score, points, files that could not be graded, files that came late."""
    totals, unfit, late = numbers.totals(book), Counter(), Counter()
    for entry in book["entries"]:
        unfit[entry["student"]] += bool(entry["problem"])
        late[entry["student"]] += entry["late_seconds"] > 0
    return [(name, *totals.get(name, (0, 0)), unfit[name], late[name]) for name in unfit]

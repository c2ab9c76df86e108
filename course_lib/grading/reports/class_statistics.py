"""What a class's book of grades says in numbers. Plain arithmetic on plain data."""

import statistics
from collections import Counter, defaultdict

from ..judging import states

FEWEST = 10         # students; with fewer, how an exercise separates is chance
BINS = 10


def graded(book, word=None):
    """The entries that could be graded, of one chapter or of all."""
    return [e for e in book["entries"] if not e["problem"] and word in (None, e["chapter"])]


def totals(book):
    """{student: (score, points)} over all that could be graded of each, as shares are taken."""
    found = defaultdict(lambda: (0, 0))
    for entry in graded(book):
        score, points = found[entry["student"]]
        found[entry["student"]] = score + entry["score"], points + entry["points"]
    return dict(found)


def spread(shares):
    """How many of the shares, 0 to 1, lie in each tenth: [(from %, to %, how many)]. All points are in the last."""
    counts = Counter(min(max(int(share * BINS + 1e-9), 0), BINS - 1) for share in shares)
    return [(100 * i // BINS, 100 * (i + 1) // BINS, counts[i]) for i in range(BINS)]


def exercises(entries):
    """For each exercise of one chapter's graded entries: how many are in each state, seconds, how well it separates."""
    rows = {}
    rests = [sum(x["earned"] for x in entry["exercises"]) for entry in entries]
    for entry, total in zip(entries, rests, strict=True):
        for one in entry["exercises"]:
            row = rows.setdefault(one["name"], {"name": one["name"], "points": one["points"], "states": Counter(),
                                                "seconds": [], "pairs": []})
            state = states.state(one)
            row["states"][state] += 1
            row["seconds"].append((one["seconds"], entry["student"]))
            row["pairs"].append((state == states.RIGHT, total - one["earned"]))
    return [{**row, "r": correlation(row["pairs"]), "words": separates(row["pairs"])} for row in rows.values()]


def correlation(pairs):
    """Item-rest correlation: of having an exercise right with the points of the chapter's others.

    pairs: [(right, points of the others)]   returns: -1 to 1, or None where it would mean nothing
    """
    right, rest = zip(*pairs, strict=True) if pairs else ((), ())
    if len(pairs) < FEWEST or len(set(right)) < 2 or len(set(rest)) < 2:
        return None
    return statistics.correlation([float(x) for x in right], [float(x) for x in rest])


def separates(pairs):
    """What the correlation means, or why there is none, in words."""
    if len(pairs) < FEWEST:
        return f"not known: fewer than {FEWEST} students"
    if len({right for right, _ in pairs}) < 2:
        return "not known: all right" if pairs[0][0] else "not known: nobody has it right"
    if len({rest for _, rest in pairs}) < 2:
        return "not known: there is nothing beside it to compare with"
    r = correlation(pairs)
    if r < 0:
        return "the wrong way: look at this exercise"
    return "well" if r >= 0.4 else "somewhat" if r >= 0.2 else "hardly"


def failures(book):
    """Which properties did not hold, the most frequent first: how often, how often as the first, and of how many."""
    failed, first, reached = Counter(), Counter(), Counter()
    for entry in graded(book):
        for one in entry["exercises"]:
            begin = states.first_broken(one)
            for i, (label, verdict) in enumerate(one["verdicts"]):
                key = entry["chapter"], one["name"], label
                reached[key] += verdict != states.UNSEEN
                failed[key] += verdict == states.BROKEN
                first[key] += i == begin
    return [{"chapter": key[0], "exercise": key[1], "label": key[2], "failed": count, "first": first[key],
             "reached": reached[key]} for key, count in sorted(failed.items(), key=lambda item: (-item[1], item[0]))
            if count]


def flags(book):
    """(student, chapter, exercise, remark) of all remarks for the instructor."""
    read = [(entry["student"], entry["chapter"], "", entry["remark"]) for entry in book["entries"]
            if entry.get("remark")]
    return read + [(entry["student"], entry["chapter"], one["name"], remark) for entry in book["entries"]
                   for one in entry["exercises"] for remark in one.get("flags", ())]

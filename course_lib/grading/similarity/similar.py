"""Which submissions are alike once names, comments and layout are gone: ranked, with the two sides.

What counts are grams (see `normal_form`) that the stub does not have and that most of the class does not share; a
rare one weighs more than a common one. A high place is a reason to read the two sides, and proves nothing: a short
exercise has few right forms, and two students may have learned from the same page.
"""

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import log2

import numpy as np

from .normal_form import LENGTH, grams, tokens
from .readers import Readers, finished, jobs_of

FINISHED = "the finished one"
FEW = 4                 # forms that so many share count in every class: a small class cannot tell what is common
KEPT = 20               # pairs that are kept for one form of one exercise
ALIKE = 0.5             # of their weight that two sides share at least


@dataclass(frozen=True)
class Side:
    """One student's code of one exercise. parts: [[cell, text]]"""

    student: str
    file: str
    parts: list = field(compare=False)
    grams: frozenset = field(compare=False)


@dataclass(frozen=True)
class Pair:
    """Two sides that are alike. alike: shared weight as a part of both, 0 to 1   rank: decides the order"""

    word: str
    exercise: str
    left: Side
    right: Side
    alike: float
    rank: float
    shared: frozenset = field(compare=False)

    @property
    def finished(self):
        return FINISHED in (self.left.student, self.right.student)


def compare(hand_ins, chapters, count=None):
    """(Pairs, most remarkable first; [(file, problem)] of what could not be read).

    hand_ins: with student, file, problem and read()   chapters: those to compare   count: of reading processes
    """
    sides, problems = defaultdict(list), []
    usable = [one for one in hand_ins if not one.problem]
    problems += [(one.file, one.problem) for one in hand_ins if one.problem]
    jobs = jobs_of(chapters)
    with Readers(jobs, count) as readers:
        for one, said in zip(usable, readers.map((one.file, one.read) for one in usable), strict=True):
            if said["problem"]:
                problems.append((one.file, said["problem"]))
            for name, found in said["exercises"].items():
                if found.get("problem"):
                    problems.append((one.file, f"{name}: {found['problem']}"))
                if "grams" in found:
                    side = Side(one.student, one.file, found["parts"], frozenset(found["grams"]))
                    sides[said["word"], name].append(side)
    pairs = []
    for chapter in chapters:
        if chapter.word not in jobs:
            continue
        texts, stubs = finished(chapter)
        for name, parts in texts.items():
            pairs += ranked(chapter.word, name, sides[chapter.word, name], reference(parts), stubs[name])
    return forest(sorted(pairs, key=order)), problems


def reference(texts):
    """The finished one as a Side."""
    return Side(FINISHED, "", [[0, text] for text in texts], frozenset(gram for gram, _ in grams(tokens(texts))))


def order(pair):
    return -pair.rank, not pair.finished, pair.word, pair.exercise, pair.left.student, pair.right.student


def ranked(word, name, sides, reference, stub):
    """The Pairs of one exercise. An inverted index finds, for each side, whatever shares a gram with it."""
    often = Counter(gram for side in sides for gram in side.grams)
    most = max(len(sides) / 2, FEW)
    every = [reference, *sides]
    in_reference = reference.grams
    weight = {gram: log2(1 + len(sides) / times) for gram, times in often.items()
              if gram not in stub and times <= most and (times > 1 or gram in in_reference)}
    alone = log2(1 + len(sides))            # of a gram that nobody shares
    total = np.array([sum(weight.get(gram, alone) for gram in side.grams - stub if often[gram] <= most)
                      for side in every])
    postings = defaultdict(list)
    for number, side in enumerate(every):
        for gram in side.grams & weight.keys():
            postings[gram].append(number)
    postings = {gram: np.array(numbers) for gram, numbers in postings.items() if len(numbers) > 1}
    found = []
    for number, side in enumerate(every):
        shared = [gram for gram in side.grams if gram in postings]
        if not shared:
            continue
        others = np.concatenate([postings[gram] for gram in shared])
        weights = np.repeat([weight[gram] for gram in shared], [len(postings[gram]) for gram in shared])
        together = np.bincount(others, weights, len(every))
        alike = 2 * together / np.maximum(total + total[number], 1e-9)
        near = [other for other in np.flatnonzero(alike >= ALIKE) if other > number
                and every[other].student != side.student]
        for other in heapq.nlargest(KEPT if number else len(every), near, key=lambda o: together[o] * alike[o] ** 2):
            rank = float(together[other] * alike[other] ** 2)
            common = frozenset(side.grams & every[other].grams & weight.keys())
            found.append(Pair(word, name, side, every[other], float(min(alike[other], 1)), rank, common))
    return found


def forest(pairs):
    """The pairs without those that follow from the ones before: who copied among ten is told in nine pairs."""
    leader, kept = {}, []

    def head(key):
        while (above := leader.get(key, key)) != key:
            leader[key] = leader.get(above, above)
            key = above
        return key

    for pair in pairs:
        ends = [head((pair.word, pair.exercise, side.student, side.file)) for side in (pair.left, pair.right)]
        if ends[0] != ends[1]:
            leader[ends[1]] = ends[0]
            kept.append(pair)
    return kept


def marked(side, shared):
    """A side's text as [(cell, [(text, is it a matching part)])]; without marks where Python cannot read it here."""
    try:
        row = tokens([text for _, text in side.parts])
    except (SyntaxError, ValueError, RecursionError, MemoryError):      # a reader could: it had other limits
        return [(cell, [(text, False)]) for cell, text in side.parts]
    places = defaultdict(set)               # {(part, line): columns}
    for gram, start in grams(row):
        for token in row[start:start + LENGTH] if gram in shared else ():
            if token.place:
                places[token.place[:2]].add(token.place[2:])
    shown = []
    for number, (cell, text) in enumerate(side.parts):
        pieces = []
        for line, words in enumerate(text.encode("utf-8", "replace").splitlines(keepends=True)):
            at = 0
            for first, last in sorted(places.get((number, line), ())):
                if first < at:
                    continue
                pieces += [(words[at:first].decode("utf-8", "replace"), False),
                           (words[first:last].decode("utf-8", "replace"), True)]
                at = last
            pieces.append((words[at:].decode("utf-8", "replace"), False))
        shown.append((cell, joined(pieces)))
    return shown


def joined(pieces):
    """The same with neighbours put together; what stands between two marks without a letter is marked too."""
    kept = []
    for number, (text, mark) in enumerate(pieces):
        between = 0 < number < len(pieces) - 1 and pieces[number - 1][1] and pieces[number + 1][1]
        mark = mark or (between and "\n" not in text and not any(c.isalnum() for c in text))
        if kept and kept[-1][1] == mark:
            kept[-1][0].append(text)
        elif text:
            kept.append(([text], mark))
    return [("".join(texts), mark) for texts, mark in kept]

"""What a wrong value looks like beside the right ones: an earlier answer, rounded numbers, or numbers cut off.

These are facts about the numbers, all of them, and no guess at what was done.
"""

import math

import numpy as np

from .compare import difference
from .judge import Step
from .plain_values import Array

MOST = 100_000      # numbers looked at, and ...
EARLIER = 50        # ... earlier answers, and items of one, so that a large answer costs no more than it has to
SMALL = 1e-3        # numbers that are all as near to zero are alike by chance
PLACES = range(2, 8)        # a number with fewer digits may be a round one by chance


def looks_like(want, wrong):
    """What the first wrong value looks like, or "". want: the reference's steps   wrong: the judge's Wrong"""
    if not of_value(want, wrong):
        return ""
    step, before = want[wrong.number - 1], [one.value for one in want[:wrong.number - 1]]
    return an_earlier_answer(before, step.value, wrong.seen.value, step.tolerance) or lost_digits(want, wrong)


def lost_digits(want, wrong):
    """Says so where the first wrong value has the right numbers, but rounded or cut off; or "". The same arguments"""
    step = want[wrong.number - 1]
    return of_numbers(step.value, wrong.seen.value, step.tolerance) if of_value(want, wrong) else ""


def of_value(want, wrong):
    """True where it is a value that is wrong, and not something else about its step."""
    return isinstance(wrong.seen, Step) and wrong.label == want[wrong.number - 1].label


def an_earlier_answer(before, want, got, tolerance):
    """Says so where all that is wrong in a value, whole or item by item, was right for an earlier question."""
    known = [answer for value in before for answer in (value, *items(value)[:EARLIER])]
    alike = len(items(want)) == len(items(got)) <= EARLIER
    pairs = list(zip(items(want), items(got), strict=True)) if alike else [(want, got)]
    parts = [was_there(came, known + [right for right, _ in pairs[:number]], tolerance)
             for number, (right, came) in enumerate(pairs) if difference(right, came, **tolerance)]
    if parts and (all(parts) or was_there(got, known, tolerance)):
        return "this was right for an earlier question: what differs in this one has no effect, or an answer is kept"
    return ""


def was_there(value, known, tolerance):
    return is_telling(value) and any(difference(answer, value, **tolerance) is None for answer in known[-EARLIER:])


def items(value):
    return value if isinstance(value, tuple) else (value,)


def is_telling(value):
    """True for a value that hardly comes twice by chance: several things that differ, or a number that is not round."""
    if isinstance(value, Array):
        if value.numbers is None or value.numbers.dtype.kind == "c":
            return False
        seen = value.numbers.ravel()[:MOST].astype(float)
        seen = seen[np.isfinite(seen)]
        return len(seen) > 1 and bool(np.ptp(seen) > SMALL)
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) > SMALL and round(value, 2) != value
    if isinstance(value, str):
        return len(value) > 10
    if isinstance(value, tuple):
        whole, texts = {x for x in value if type(x) is int}, [x for x in value if isinstance(x, str)]
        return any(map(is_telling, value)) or len(whole) > 2 or bool(texts) and is_telling("".join(texts))
    return isinstance(value, dict) and any(map(is_telling, value.values()))


def of_numbers(want, got, tolerance):
    """Says so where all numbers are the right ones but rounded, or but cut off at a bound."""
    found = list(numbers(want, got))
    if not found or any(pair is None for pair in found) or sum(len(w) for w, _ in found) > MOST:
        return ""
    want, got = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
    finite = np.isfinite(want) & np.isfinite(got)
    if not np.array_equal(want[~finite], got[~finite], equal_nan=True):
        return ""
    want, got = want[finite], got[finite]
    return rounded(want, got) or cut_off(want, got, ~np.isclose(got, want, **tolerance))


def numbers(want, got):
    """The floats of two plain values, as pairs of flat arrays; None where the two have not the same form."""
    if isinstance(want, Array) and isinstance(got, Array) and want.shape == got.shape:
        known = [one.numbers for one in (want, got) if one.numbers is not None and one.numbers.dtype.kind == "f"]
        if len(known) == 2:
            yield tuple(one.ravel().astype(float) for one in known)
        elif difference(want, got):
            yield None
    elif isinstance(want, float) and isinstance(got, float):
        yield np.array([want]), np.array([got])
    elif isinstance(want, tuple) and isinstance(got, tuple) and len(want) == len(got):
        for pair in zip(want, got, strict=True):
            yield from numbers(*pair)
    elif isinstance(want, dict) and isinstance(got, dict) and want.keys() == got.keys():
        for key in want:
            yield from numbers(want[key], got[key])
    elif difference(want, got):
        yield None


def rounded(want, got):
    """Says so where every number is the right one with fewer digits, and some have lost digits that they had."""
    for places in PLACES:
        unit = 10.0 ** -places
        with np.errstate(over="ignore"):
            in_units = got / unit
        if not np.isfinite(in_units).all():
            return ""
        whole = np.abs(in_units - np.rint(in_units)) <= np.minimum(0.01, 1e-6 * (1 + np.abs(in_units)))
        near = np.abs(got - want) <= 0.501 * unit
        lost = (np.rint(in_units) != 0) & (np.abs(got - want) > 1e-6 * np.abs(want))
        if whole.all() and near.all() and lost.any():
            return f"the numbers are rounded to {places} digits after the point: all digits are wanted"
    return ""


def cut_off(want, got, apart):
    """Says so where whatever is larger than a whole number has come out as this number, and the rest is right."""
    bound, large, others = np.abs(got).max(initial=0), want[apart], np.abs(got[~apart])
    at_bound = np.array_equal(got[apart], np.sign(large) * bound) and (np.abs(large) > bound).all()
    inside = ((others > 0) & (others < bound)).any()
    if bound and bound % 1 == 0 and at_bound and len(np.unique(large)) > 1 and inside:
        return f"the numbers are cut off: none comes out larger than {bound:.5g}"
    return ""

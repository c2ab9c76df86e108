"""What a wrong value looks like: an earlier answer, rounded numbers, numbers cut off; and when nothing is said."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.classroom.checking.compare import difference
from course_lib.classroom.checking.judge import Broken, first_wrong, judge, record
from course_lib.classroom.checking.looks_like import looks_like
from course_lib.classroom.checking.test_helpers import precise

EARLIER, ROUNDED = "right for an earlier question", "digits after the point"
CUT_OFF = "cut off: none comes out larger than"


def mix(a, b):
    return [x * math.e / 9 + y * math.pi / 90 for x, y in zip(a, b, strict=True)]


def hidden_test(impl, draw):
    yield "one", impl([1.0], [2.0])
    yield "others", [impl([1.0], [3.0]), impl([4.0], [2.0])]
    yield "more", torch.tensor(impl([5.0, 7.0], [1.0, 0.5]))
    yield "small", precise(impl([1e-2], [2e-3]))


def said(answer, test=hidden_test, right=mix):
    want = record(test, right)
    return looks_like(want, judge(test, answer, want))


def keeps(function, key):
    kept = {}
    return lambda a, b: kept.setdefault(key(a, b), function(a, b))


@pytest.mark.parametrize("answer, words", [
    (keeps(mix, lambda a, b: len(a)), EARLIER),
    (keeps(mix, lambda a, b: tuple(a)), EARLIER),
    (keeps(mix, lambda a, b: tuple(b)), EARLIER),
    (lambda a, b: [round(x, 3) for x in mix(a, b)], ROUNDED),
    (lambda a, b: [min(x, 0.5) for x in mix(a, b)], ""),
    (lambda a, b: mix(b, a), ""),
    (lambda a, b: [-x for x in mix(a, b)], ""),
    (lambda a, b: [0.0] * len(a), ""),
    (lambda a, b: [1.0] * len(a), ""),
    (lambda a, b: None, ""),
    (lambda a, b: [*mix(a, b), 0.0], ""),
])
def test_of_an_answer(answer, words):
    found = said(answer)
    assert words in found and bool(words) == bool(found)


@pytest.mark.parametrize("places", [2, 3, 4])
def test_it_is_said_to_how_many_digits(places):
    assert f"rounded to {places} digits" in said(lambda a, b: [round(x, places) for x in mix(a, b)])


def both(want, got):
    def test(impl, draw):
        yield "it", impl()
    return said(lambda: got, test, lambda: want)


@pytest.mark.parametrize("want, got, words", [
    ([15.0, 10.0, 6.0], [8.0, 8.0, 6.0], CUT_OFF + " 8"),
    (torch.tensor([[15.5, -10.2], [6.0, 1.0]]), torch.tensor([[8.0, -8.0], [6.0, 1.0]]), CUT_OFF + " 8"),
    ({"a": [15.0, 3.5], "b": torch.tensor([-9.0, 1.0])}, {"a": [10.0, 3.5], "b": torch.tensor([-9.0, 1.0])}, ""),
    ([15.0, 10.0, 6.0], [8.0, 8.0, 5.0], ""),           # one is wrong in another way
    ([15.0, 10.0, 6.0], [8.0, -8.0, 6.0], ""),          # the sign is another
    ([15.0, 10.0, 6.0], [8.25, 8.25, 6.0], ""),         # no bound that anybody would choose
    ([15.0, 10.0], [8.0, 8.0], ""),                     # one number for all of them
    ([5.0, 3.0, 6.5], [8.0, 8.0, 6.5], ""),             # too large, and not cut off
    ([15.0, 6.0], [8.0, 6.0], ""),                      # one alone may be so by chance
    ([15.0, 10.0, 0.0], [0.0, 0.0, 0.0], ""),
    ([1e308, 2.5], [0.9e308, 2.5], ""),
    (torch.tensor([1.23456, 2.5]), torch.tensor([1.23, 2.5]), "rounded to 2 digits"),
    ([1.23456, math.inf], [1.23, math.inf], "rounded to 2 digits"),
    ([1.23456, math.inf], [1.23, 5.0], ""),
    ([1.23456, 2.34567], [1.23, 2.34567], ""),          # one has its digits
    ([1.23456, 2.34567], [1.23, 2.36], ""),             # one is not the nearest
    ([1.6, 2.4], [2.0, 2.0], ""),                       # whole numbers come by chance
    ([4e-4, 0.5], [0.0, 0.5], ""),                      # a floor, and no rounding
    ([torch.arange(3), 1.23456], [torch.tensor([0, 2, 1]), 1.23], ""),
    ([3, 1.23456], [4, 1.23], ""),
    ("a text", "another", ""),
    ([1.2345], 1.2345, ""),
])
def test_of_numbers(want, got, words):
    found = both(want, got)
    assert words in found and bool(words) == bool(found)


def test_small_things_are_no_earlier_answer():
    for before, want, got in [(True, False, True), (0.5, 0.25, 0.5), ("ink", "jar", "ink"), ([1, 2], [2, 1], [1, 2]),
                              (torch.ones(3), torch.tensor([1.0, 2.0, 3.0]), torch.ones(3)), (None, [], None),
                              ([], [1], []), (1e-9, 0.25, 1e-9),
                              (torch.tensor([1e-5, 0.0]), torch.ones(2) / 3, torch.zeros(2))]:
        def test(impl, draw, values=(before, want)):
            for value in values:
                yield "it", impl(value)
        found = said(lambda value, want=want, got=got: got if value is want else value, test, lambda value: value)
        assert found == "", want


def test_earlier_answers_of_many_kinds():
    for before in ("The cat sat.", [3, 1, 2], ["The cat", " sat down"], {"a": 0.123}, torch.randn(2, 3), 0.123,
                   torch.tensor([0.5, -math.inf, 2.0]),
                   (0.123, None)):
        def test(impl, draw, before=before):
            yield "before", impl(0, before)
            yield "now", impl(1, before)
        assert EARLIER in said(lambda n, x: x, test, lambda n, x: x if n == 0 else torch.zeros(7)), before


def test_an_earlier_answer_in_the_same_step_counts_and_one_that_is_nearly_the_same_does_not():
    def at_once(impl, draw):
        yield "both", [impl([1.0], [3.0]), impl([4.0], [2.0])]
    assert EARLIER in said(keeps(mix, lambda a, b: len(a)), at_once)

    def whole_rows(impl, draw):
        yield "before", impl([3, 1, 2])
        yield "now", impl([7, 8, 9])
    assert EARLIER in said(lambda row: [3, 1, 2], whole_rows, lambda row: row)

    def as_precise_as_asked(impl, draw):
        yield "before", impl(0.00512)
        yield "now", precise(impl(0.0071))
    assert said(lambda x: x if x < 0.006 else 0.0051295, as_precise_as_asked, lambda x: x) == ""


def test_what_is_not_the_value_is_not_spoken_of():
    """An argument that is spoiled, and a run that ends early: both have their own message."""
    def test(impl, draw):
        yield "one", impl(draw(3))
        yield "two", impl(draw.uniform(3))
    want = record(test, lambda x: x * 2)
    assert looks_like(want, judge(test, lambda x: x.mul_(2), want)) == ""

    kept = []

    def keeps_and_spoils(x):
        kept.append(x * 2)
        if len(kept) > 1:
            x.mul_(2)
        return kept[0]
    wrong = judge(test, keeps_and_spoils, want)
    assert wrong.number == 2 and wrong.label != "two" and looks_like(want, wrong) == ""
    assert looks_like(want, first_wrong(want, want[:1])) == ""
    assert looks_like(want, first_wrong(want, [Broken("ValueError", "no")])) == ""


def test_the_work_does_not_grow_with_the_square_of_an_answer(monkeypatch):
    counted = Counter()

    def counting(*values, **within):
        counted["comparisons"] += 1
        return difference(*values, **within)
    monkeypatch.setattr("course_lib.classroom.checking.looks_like.difference", counting)
    work = []
    for n in 20_000, 40_000:
        def test(impl, draw, n=n):
            yield "before", [0.123 + i for i in range(n)]
            yield "now", impl(n)
        want = record(test, lambda n: [0.321 + i for i in range(n)])
        wrong = judge(test, lambda n: [0.123 + i for i in range(n - 1)] + [7.7], want)
        counted.clear()
        assert looks_like(want, wrong) == ""
        work.append(counted["comparisons"])
    assert work[1] <= 2 * work[0] < 500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=30)
    | st.lists(st.floats(width=32), max_size=4).map(torch.tensor) | st.just(torch.zeros(2, device="meta"))
    | st.just(torch.tensor([1 + 2j, 3])) | st.just(10 ** 400) | st.just(object()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 2), inner, max_size=3), max_leaves=8)


@given(VALUES, VALUES, VALUES)
def test_whatever_comes_it_says_something_or_nothing(before, want, got):
    def test(impl, draw):
        yield "before", before
        yield "now", impl()
    steps = record(test, lambda: want)
    if wrong := judge(test, lambda: got, steps):
        assert isinstance(looks_like(steps, wrong), str)

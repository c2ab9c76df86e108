"""Series: what was added is what a page gets, each point and sample once, and everything where it wants the whole."""

import json
import math

from course_lib.show.series import POINT, Series


def read(packed):
    """The head, and the points in the order of its series."""
    size = int.from_bytes(packed[:4], "little")
    return json.loads(packed[4 : 4 + size]), list(POINT.iter_unpack(packed[4 + size :]))


def test_news_tells_each_point_and_each_sample_once():
    series = Series()
    assert series.news() is None
    series.add("a", "train", 0, 2.0)
    series.samples.append(("a", 0, "<b>"))
    head, points = read(series.news(told="so far"))
    assert head == {"series": [["a", "train", 0, 1]], "samples": [["a", 0, "<b>"]], "from": 0, "all": False,
                    "told": "so far"}  # fmt: skip
    assert points == [(0, 2.0)] and series.news() is None
    series.samples.append(("a", 1, "only a sample"))
    head, points = read(series.news())
    assert head["samples"] == [["a", 1, "only a sample"]] and head["from"] == 1 and points == head["series"] == []
    for step in (1, 2):
        series.add("a", "train", step, 1.5)
    series.add("a", "val", 2, 1.75)
    head, points = read(series.news())
    assert head["series"] == [["a", "train", 1, 2], ["a", "val", 0, 1]] and head["samples"] == []
    assert points == [(1, 1.5), (2, 1.5), (2, 1.75)]
    series.tell_again()
    assert read(series.news())[0]["series"] == [["a", "train", 0, 3], ["a", "val", 0, 1]]


def test_the_whole_is_told_however_often_it_is_asked_for():
    series = Series()
    assert read(series.whole(notes=[])) == ({"series": [], "samples": [], "from": 0, "all": True, "notes": []}, [])
    series.add("größer 😀", "train", 7, 1.0)
    series.news()
    for _ in range(2):
        assert read(series.whole())[0]["series"] == [["größer 😀", "train", 0, 1]]


def test_what_a_run_has_is_its_own():
    series = Series()
    for run, value in (("a", 1.0), ("b", 2.0)):
        series.add(run, "train", 0, value + 5)
        series.add(run, "train", 1, value)
        series.samples.append((run, 1, run))
    assert series.runs() == ["a", "b"] and series.latest("a") == {"train": 1.0} and series.latest("c") == {}
    series.forget("a")
    assert series.runs() == ["b"] and series.samples == [("b", 1, "b")]
    assert {key: [row.tolist() for row in rows] for key, rows in series.arrays().items()} == {
        ("b", "train"): [[0, 1], [7, 2]]}  # fmt: skip


def test_a_value_beyond_32_bits_is_infinite():
    series = Series()
    for value in (1e300, -1e300, math.nan):
        series.add("a", "train", 2**32 - 1, value)
    steps, values = series.arrays()["a", "train"]
    assert steps.tolist() == [2**32 - 1] * 3 and values[:2].tolist() == [math.inf, -math.inf] and math.isnan(values[2])

"""Ladder: every rung with the course's figure and the learner's."""

import re

import pytest

from course_lib import show
from course_lib.classroom import ladder
from course_lib.show.ladder_view import Ladder


@pytest.fixture(autouse=True)
def figures(tmp_path, monkeypatch):
    monkeypatch.setattr(ladder, "FILE", tmp_path / "ladder.json")
    monkeypatch.setattr(ladder, "_session", {})
    ladder.FILE.write_text("{}", encoding="utf-8")
    entry = {"seconds": 2.0, "preset": "cpu", "seeds": [0, 1], "spread": 0.01}
    ladder.write({name: {"bits_per_byte": bits, **entry} for name, bits in {"gpt": 0.5, "floor": 0.25}.items()})


def test_rungs_are_the_ladders_and_the_learners():
    view = show.Ladder({"gpt": 0.75, "rnn": 1.5})
    rungs = {rung["name"]: rung for rung in view.rungs}
    assert list(rungs) == [rung.name for rung in ladder.RUNGS if rung.name != "floor"]
    assert view.floor == 0.25 and rungs["gpt"]["bits"] == 0.5 and rungs["gpt"]["mine"] == 0.75
    assert rungs["gpt"]["seeds"] == [0, 1] and rungs["gpt"]["chapter"] == "training"
    assert rungs["rnn"]["bits"] is None and rungs["rnn"]["mine"] == 1.5 and rungs["lstm"]["mine"] is None


def test_refresh_reads_again():
    view = Ladder()
    assert all(rung["mine"] is None for rung in view.rungs)
    ladder.climb("bigram", 1.25, 1.0)
    view._handle_custom_msg("refresh", [])
    assert {rung["name"]: rung["mine"] for rung in view.rungs}["bigram"] == 1.25


def test_without_a_floor_or_any_figure():
    ladder.FILE.write_text("{}", encoding="utf-8")
    view = Ladder({})
    assert view.floor is None and all(rung["bits"] is None for rung in view.rungs)
    view.picture()


@pytest.mark.parametrize("mine, words", [
    ({"gtp": 1.0}, "'gtp'"), ({"gpt": 0}, "above 0"), ({"gpt": "1"}, "above 0"), ({"gpt": float("nan")}, "above 0"),
])  # fmt: skip
def test_wrong_figures_are_said(mine, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Ladder(mine)


def test_figures_without_their_rungs_are_said():
    with pytest.raises(TypeError, match="a list; give {rung: bits per byte}"):
        Ladder(["gpt"])


def test_what_stays(tmp_path):
    bundle, facts = Ladder({"gpt": 0.75})._repr_mimebundle_()
    assert bundle["text/plain"] == "Ladder()" and "your own GPT 0.75" in facts["image/png"]["alt"]
    Ladder().save(tmp_path / "ladder.svg")

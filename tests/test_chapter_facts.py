"""What chapters say in prose about the world, the README's table and their own numbers is what is so."""

import random
import re

import pytest

from course_lib import show, stories
from course_lib.classroom import layout

CHAPTERS = layout.chapters()


def cells_of(word):
    return {cell["id"]: layout.source(cell) for cell in layout.find_chapter(word).cells()}


def test_the_story_of_the_lamp_is_one_of_which_its_chapter_can_ask(capsys):
    cells, space = cells_of("attention"), {"random": random, "stories": stories}
    exec(cells["lamp-story"], space)
    lines = capsys.readouterr().out.splitlines()
    exec(cells["lamp-answer"], space)
    plot, sentences, changes = (space[name] for name in ("plot", "sentences", "changes"))
    assert len(sentences) == len(plot.sentences), "the text was not cut into its sentences"
    (_, owner), (borrowed, other), (back, again) = changes.items()
    assert owner == again != other and borrowed < back <= 10, "three changes, there and back, before the question"
    assert len(lines) == 11 and lines[-1].endswith("and they say …") and "beetles" in lines[-1]
    assert sentences[10].endswith(f"they say {owner}"), "what is asked for is the answer"
    assert max(map(len, lines)) <= 100


def test_the_first_chapters_story_costs_less_than_most_and_none_costs_half_as_much_again():
    space = {"random": random, "stories": stories, "show": show}
    exec(cells_of("start_here")["story"], space)
    own = stories.bits(space["plot"]) / len(space["story"].encode())
    others = [stories.bits(plot) / len(stories.tell(plot).encode()) for plot in stories.plots("validation", 300)]
    assert sum(other > own for other in others) > 200
    assert 1.35 < max(others) / own < 1.6


def test_the_bigram_and_the_floor_stand_where_a_one_layer_model_can_tell_them_apart():
    from course_lib.classroom import ladder

    bits = {name: entry["bits_per_byte"] for name, entry in ladder.figures().items()}
    assert bits["floor"] < 0.75 * bits["attention"] and bits["attention"] < 0.75 * bits["bigram"]


def needs():
    """{chapter's number: the numbers that the README's table says it needs}"""
    text = (layout.ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d\d) \| .+? \| .+? \| (.*?)\|$", text, re.M)
    return {number: re.findall(r"\d\d", needed) for number, needed in rows}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.word)
def test_a_chapter_says_that_it_needs_what_the_readme_says(chapter):
    opening = layout.source(chapter.cells()[0])
    for number in needs()[chapter.number]:
        assert re.search(rf"\bchapters?\b[^.]*?\b{int(number)}\b|\({int(number)}\)", opening), \
            f"the README says that it needs chapter {number}, and its first cell does not"

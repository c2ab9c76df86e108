"""The glossary and the chapters agree: no term undefined, defined twice, used nowhere, or used before it is built."""

import re

import pytest

from course_lib.classroom import layout

GLOSSARY = layout.ROOT / "chapters" / "glossary.md"
LINE = re.compile(r'- <a id="([a-z0-9-]+)"></a>\*\*(.+?)\*\*: (.+) \(chapter (\d+)(?:, .+)?\)\.')
LINK = re.compile(r"\[[^\]]+\]\(\.\./chapters/glossary\.md#([a-z0-9-]+)\)")
WORDS = "**Words of this chapter**, each in a sentence in the [glossary](../chapters/glossary.md): "


def terms(text):
    """{anchor: (term, number of the chapter)} of a glossary's text."""
    return {anchor: (term, int(number)) for anchor, term, _, number in LINE.findall(text)}


def prose(chapter):
    """The text cells of a chapter, without code."""
    return re.sub(r"`[^`]*`", "", "\n".join(layout.source(c) for c in chapter.cells() if c["cell_type"] == "markdown"))


def mention(term, text):
    """Where a term first stands in a text, in whatever number, or None. Part of a longer term is no mention."""
    longer = "".join(rf"(?<!{re.escape(one.removesuffix(term))})" for one, _ in TERMS.values()
                     if one.endswith(f" {term}"))
    found = re.search(rf"(?<![\w-]){longer}{re.escape(term)}(s|es)?(?![\w-])", text, re.IGNORECASE)
    return found and found.start()


def too_early(term, anchor, text):
    """True where a text speaks of a term that a later chapter builds, and does not first link it to the glossary."""
    first, linked = mention(term, text), text.find(f"glossary.md#{anchor})")
    return first is not None and (linked < 0 or first < text.rfind("[", 0, linked))


TERMS = terms(GLOSSARY.read_text(encoding="utf-8"))
CHAPTERS = {int(chapter.number): chapter for chapter in layout.chapters()}


def test_every_line_is_a_term_once_with_its_sentence_and_its_chapter():
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]
    assert len(lines) == len(TERMS) > 50 and all(map(LINE.fullmatch, lines))
    names = [term.lower() for term, _ in TERMS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("anchor", TERMS)
def test_a_term_is_used_where_it_is_built(anchor):
    term, number = TERMS[anchor]
    lines = prose(CHAPTERS[number]).splitlines()
    text = "\n".join(line for line in lines if not line.startswith(WORDS))  # the list would always hold it
    assert mention(term, text) is not None, f"chapter {number} does not speak of {term}"


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_chapter_lists_its_terms_and_links_to_those_of_later_ones(number):
    text = prose(CHAPTERS[number])
    assert {anchor for anchor in LINK.findall(text)} <= TERMS.keys(), "a link to no term"
    own = [term for term, where in TERMS.values() if where == number]
    assert WORDS + ", ".join(f"*{term}*" for term in own) + "." in text
    early = [term for anchor, (term, where) in TERMS.items() if where > number and too_early(term, anchor, text)]
    assert early == [], "link these to the glossary where they first stand, or say it in other words"


@pytest.mark.parametrize("text, early", [
    ("its temperature", True), ("its *temperatures* fall", True), ("a key", False),
    ("the [temperature](../chapters/glossary.md#temperature), and a temperature", False),
    ("a temperature, the [temperature](../chapters/glossary.md#temperature)", True),
])
def test_what_is_too_early(text, early):
    assert too_early("temperature", "temperature", text) is early


def test_what_a_line_of_the_glossary_is():
    assert terms('- <a id="a-b"></a>**a b**: two letters (chapter 3).') == {"a-b": ("a b", 3)}
    assert not terms("- **a b**: two letters (chapter 3).")

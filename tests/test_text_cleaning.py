"""Cleaning against other ways to say the same: a parser of HTML, slow loops, and stories whose clean form is known."""

import random
import re
import time
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import stories
from course_lib.text import MENDED, clean, cut_words, similarity, tidy_spaces, web_page, without_repeats

WHITE = st.text(alphabet="ab \n\t\r\x0b\x0c\x1c\x85\u00a0\u2003\u2028\u200b\u00ad\u0301", max_size=60)


# --- words and marks


def cut_slowly(text):
    """Character by character: what may join the piece before it does."""
    pieces = []
    for character in text:
        word, white = character.isalnum() or character == "_", character.isspace()
        before = pieces[-1] if pieces else ""
        if (before == " " and not white) or (word and before and (before[-1].isalnum() or before[-1] == "_")):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


@given(st.text())
def test_cutting_loses_nothing_of_any_text(anything):
    assert "".join(cut_words(anything)) == anything
    assert all(cut_words(anything))


@given(st.text(alphabet="ab_9 é語\u0301.,!\n\t\u00a0\u2003😀½²"))
def test_words_are_cut_as_a_slow_loop_cuts_them(anything):
    assert cut_words(anything) == cut_slowly(anything)


# --- white space


def tidy_slowly(text):
    lines = [" ".join(line.split()) for line in text.split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).rstrip("\n")


@given(WHITE)
def test_white_space_is_tidied_as_line_by_line(anything):
    tidy = tidy_spaces(anything)
    assert tidy == tidy_slowly(anything)
    assert tidy_spaces(tidy) == tidy
    assert "".join(tidy.split()) == "".join(anything.split()), "something else than white space went"


def test_stories_are_tidy_already_and_so_left_alone():
    assert all(tidy_spaces(story) == story for story in stories.texts("validation", 200))


# --- pages


class Parsed(HTMLParser):
    """What Python's own parser finds of a page: its text, with a line end for each tag that breaks a line."""

    BREAKS = {"p", "div", "li", "ul", "ol", "tr", "table", "title", "br", *(f"h{n}" for n in range(1, 7))}

    def __init__(self, page):
        super().__init__(convert_charrefs=False)
        self.parts, self.unseen = [], 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in ("script", "style")
        self.parts += ["\n"] * (tag in self.BREAKS)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        self.unseen -= tag in ("script", "style")
        self.parts += ["\n"] * (tag in self.BREAKS)

    def handle_data(self, data):
        self.parts += [] if self.unseen else [re.sub(r"\s+", " ", data)]

    def handle_entityref(self, name):
        from html.entities import html5

        self.parts.append(html5[f"{name};"])

    def handle_charref(self, name):
        self.parts.append(chr(int(name[1:], 16) if name[0] in "xX" else int(name)))

    def text(self):
        text = "".join(self.parts)
        for sign, meant in MENDED.items():
            text = text.replace(chr(sign), meant)
        return tidy_slowly(unicodedata.normalize("NFC", text))


BITS = ["<p>", "</p>", "<br>", "<BR />", "<b class='x y'>", "</b>", "<h2>", "</h2>", "<a href=\"/?a=1\">", "</a>",
        "<!-- a <p> b -->", "<style>p > a { }</style>", "<script>if (a && b > 2) { c(); }</script>", "&amp;",
        "&lt;b&gt;", "&nbsp;", "&eacute;", "&#769;", "&#x2019;", "&shy;", "word", "longer words", " ", "\n", "\t",
        "\u00a0", "e\u0301", "“", "”", "ﬁ", "ﬂ", "a < b", "3 > 2", "\u200b", "x²", "ＡＢ", "語"]  # fmt: skip


@given(st.lists(st.sampled_from(BITS), max_size=30))
def test_a_page_is_cleaned_as_a_parser_reads_it(bits):
    page = "".join(bits)
    assert clean(page) == Parsed(page).text()


@given(st.text())
def test_whatever_comes_the_result_is_in_one_form_and_tidy(anything):
    found = clean(anything)
    assert unicodedata.is_normalized("NFC", found) and tidy_spaces(found) == found
    assert not set(map(ord, found)) & set(MENDED)


@pytest.mark.parametrize("bit", ["<", "<p ", "< ", " ", "\n", "<!--", "<script>", "</script", "&", "<a b=", "x\u00a0"])
def test_no_page_takes_time_in_the_square_of_its_length(bit):
    began = time.process_time()
    clean(bit * 50_000)
    assert time.process_time() - began < 1


def test_what_is_opened_and_never_closed_hides_the_rest():
    assert clean("one<!-- two <p>three") == clean("one<style> two <p>three") == "one"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_story_comes_back_from_its_page(seed):
    told, noise = stories.texts("validation", 100), random.Random(seed)
    pages = [web_page(text, noise) for text in told]
    assert len(set(pages)) == len(told) and not any(text in page for text, page in zip(told, pages, strict=True))
    assert without_repeats([clean(page) for page in pages], most=10) == told


def test_pages_are_the_same_with_the_same_seed_and_need_each_step():
    told = stories.texts("train", 60)
    first, again = ([web_page(text, noise) for text in told] for noise in (random.Random(3), random.Random(3)))
    assert first == again
    everything = "".join(first)
    for needed in "<em>", "&quot;", "“", "’", "&#39;", "&nbsp;", "\u2003", "\u00ad", "ﬁ", "<br>", "e\u0301", "&eacute;":
        assert needed in everything


# --- lines of many documents


@given(st.lists(st.lists(st.sampled_from(["", "a", "b", "ab", " a"]), max_size=5).map("\n".join), max_size=8),
       st.integers(0, 5))
def test_repeated_lines_go_and_no_others(documents, most):
    before = list(documents)
    found = without_repeats(documents, most)
    assert documents == before and len(found) == len(documents)
    for text, document in zip(found, documents, strict=True):
        allowed = [line for line in document.split("\n")
                   if line == "" or sum(line in other.split("\n") for other in documents) <= most]
        assert text == "\n".join(allowed).strip("\n")


# --- how alike


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 4))
def test_similarity_is_counted_row_by_row(one, other, n):
    rows = [[words[i : i + n] for i in range(len(words) - n + 1)] or [words] for words in (one, other)]
    every = []
    for row in rows[0] + rows[1]:
        every += [row] if row not in every else []
    both = sum(row in rows[0] and row in rows[1] for row in every)
    assert similarity(" ".join(one), " ".join(other), n) == both / len(every)
    assert similarity(" ".join(one), " ".join(one), n) == 1
    assert similarity(" ".join(one), " ".join(other), n) == similarity("\n".join(other), "  ".join(one), n)


def test_different_stories_are_far_apart_and_copies_are_not():
    told = stories.texts("train", 60)
    apart = [similarity(a, b) for i, a in enumerate(told) for b in told[:i]]
    near = [similarity(text, text.replace(" the ", " teh ", 1)[:-30]) for text in told]
    assert max(apart) < 0.12 and min(near) > 0.8


@pytest.mark.parametrize("n", [0, -1])
def test_rows_without_words_are_refused(n):
    with pytest.raises(ValueError, match=f"n is {n}: a row needs one word or more"):
        similarity("a b", "a b", n)

"""The students' pages and the class report: what they say, what never becomes markup, what is not shown."""

import copy
import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_books import CHAPTERS, HOSTILE, LABELS, a_class, book, entry, every_kind, hostile

from course_lib.classroom import layout
from course_lib.grading.judging import states
from course_lib.grading.reports import advice, class_report, class_statistics, escaping, feedback

VOID = {"meta", "line", "rect", "br", "img", "input", "link"}
TEMPLATES = Path(feedback.__file__).parent / "templates"


class Page(HTMLParser):
    """A page's elements with their attributes, and its text; an element that is not closed rightly is an error."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text, self.declared = [], [], "", []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data

    def handle_decl(self, decl):
        self.declared.append(decl)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data[:40]}")

    def shape(self):
        """The elements without the `code` that backticks make, and the attributes that say something of their own."""
        own = ("aria-label", "href")
        return [(tag, {k: v for k, v in attributes.items() if k not in own})
                for tag, attributes in self.elements if tag != "code"]


def student_page(entries=None):
    return feedback.page("ada", every_kind() if entries is None else entries, CHAPTERS)


PAGES = {"student": student_page, "nothing": lambda: student_page([]), "class": lambda: class_report.page(a_class(30)),
         "empty class": lambda: class_report.page(book([])), "one entry": lambda: class_report.page(book([entry()])),
         "all unfit": lambda: class_report.page(book([entry(problem="it is a link")])),
         "hostile": lambda: feedback.page(HOSTILE[0], hostile(HOSTILE[0]), CHAPTERS)}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound_and_needs_nothing_beside_it(name):
    text = PAGES[name]()
    page = Page(text)
    text.encode("utf-8")
    tags = [tag for tag, _ in page.elements]
    assert ("html", {"lang": "en"}) in page.elements and tags.count("title") == 1
    assert tags.count("h1") == tags.count("main") == 1
    assert not {"script", "link", "iframe", "object", "embed", "form", "base", "img"} & set(tags)
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), levels
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        assert not any(k.startswith("on") or k in ("style", "src", "srcset", "action") for k in attributes), attributes
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
        if "href" in attributes:
            assert re.fullmatch(r"#[\w-]+|feedback/[a-z0-9._-]+\.html", attributes["href"])
            assert not attributes["href"].startswith("#") or attributes["href"][1:] in ids
        if attributes.get("role") == "img":
            assert len(attributes["aria-label"]) > 40
    assert tags.count("table") == tags.count("caption")
    assert not re.search(r"url\(|@import|https?:", text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_text_becomes_markup_on_a_students_page(text):
    got, want = Page(feedback.page(text, hostile(text), CHAPTERS)), Page(feedback.page("x", hostile("x"), CHAPTERS))
    assert got.shape() == want.shape()
    assert not [c for c in got.text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]
    assert len(got.text) < 40_000


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_text_becomes_markup_in_the_report(text):
    def made(text):
        whole = book(hostile(text), late=text, course=text, isolation=[text])
        whole["entries"][1]["exercises"][0]["flags"] = [text]
        return Page(class_report.page(whole))

    got = made(text)
    assert got.shape() == made("x").shape()
    assert not [c for c in got.text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]


def test_what_is_the_instructors_is_not_on_a_students_page():
    entries = every_kind()
    for one in entries:
        for part in one["exercises"]:
            part |= {"flags": ["a remark for the instructor"], "seconds": 8.765}
    text = feedback.page("ada", entries, CHAPTERS)
    for word in ("remark", "8.765", "seed", "isolation"):
        assert word not in Page(text).text.lower()
    whole = book(entries)
    assert "a remark for the instructor" in class_report.page(whole)


@pytest.mark.parametrize("word", [c.word for c in layout.chapters() if layout.hidden(c.word)])
def test_a_hidden_test_that_a_student_sends_back_is_left_out(word):
    """An error's text is the student's, and may be a line of the test that runs it."""
    source = (layout.ROOT / "tests" / "hidden" / f"{word}.py").read_text(encoding="utf-8")
    body = source.split("\nMISTAKES")[0]
    tests = re.findall(r"^def \w+\(impl, draw\):\n(?:    .*\n|\n)+", body, re.M)
    assert tests
    for test in tests:
        lines = [line.strip() for line in test.splitlines() if re.search(r"impl\(|draw\(|yield", line)]
        for line in lines:
            one = entry(kinds=["raised"])
            one["exercises"][0] |= {"got": f"ValueError: {line}", "reason": f"it cannot be defined: {line}"}
            assert line not in Page(student_page([one])).text
    assert escaping.LEFT_OUT in Page(student_page([one])).text


def test_honest_words_are_not_left_out():
    for text in ("ValueError: the draw was simple", "NameError: name 'implementation' is not defined", "a yield of 3"):
        assert escaping.discreet(text) == text
    for labels in LABELS.values():
        assert all(escaping.discreet(label) == label for label in labels)


def test_the_first_broken_property_comes_first_then_what_holds_then_what_was_not_reached():
    one = entry(kinds=["right", "wrong"])
    labels = LABELS["causal_attention"]
    exercise = one["exercises"][1]
    for i, verdict in enumerate(("held", "not reached", "failed", "held", "failed", "not reached")):
        exercise["verdicts"][i][1] = verdict
    exercise["reason"] = labels[2]
    text = Page(student_page([one])).text
    text = text[text.index("The first property"):text.index("sinusoids", text.index("The first property"))]
    order = [labels[2], "Expected", "Got", "Likely cause", labels[4], labels[0], labels[3], labels[1], labels[5]]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_every_state_is_said_with_a_sign_and_a_word_and_what_to_do_next():
    page = Page(student_page())
    for state in states.STATES:
        assert re.search(rf"\{feedback.SIGNS[state]}\s+{state}", page.text), state
    exercises = [one for e in every_kind() if not e["problem"] for one in e["exercises"]]
    assert page.text.count("What to do next:") == len(exercises) + 2
    assert len(set(feedback.SIGNS.values())) == len(states.STATES)
    assert all(len(advice.for_exercise(one)) > 20 for one in exercises)


def test_a_score_after_lateness_says_why():
    text = " ".join(Page(student_page([entry(kinds=["wrong"], late_seconds=97_200, kept=0.8)])).text.split())
    assert "1 day and 3 hours late" in text and "11 × 80% = 8.8 points" in text
    assert "late" not in Page(student_page([entry()])).text


@pytest.mark.parametrize("when", [None, float("nan"), float("inf"), 1e300, -1e300, 0])
def test_any_time_of_handing_in_is_taken(when):
    student_page([entry(handed_in=when)])


NAMES = ["ada", "Ada", "ADA", "../x", "..", ".", "", "CON", "con", "con.txt", "nul", "a/b", "a\\b", "a:b", "😀", "😃",
         "x" * 300, "x" * 301, "é", "e\u0301", "O'Brien", "o-brien", "a b", "a,b", "\0", "\ud800", "-rf", "ada.",
         "ada ", "ada-0123456789abcdef", "j.smith"] + HOSTILE  # fmt: skip


def test_file_names_are_safe_unique_and_stable():
    names = [feedback.file_name(name) for name in NAMES]
    assert len({name.lower() for name in names}) == len(NAMES)
    for name in names:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}\.html", name) and len(name) <= 65
        assert not feedback.RESERVED.fullmatch(name)
    assert feedback.file_name("ada") == "ada.html" and feedback.file_name("j.smith") == "j.smith.html"
    assert feedback.file_name("Ada") == "ada-99a563ab2f6e21e9.html"
    for name in NAMES:          # a name that is another one's file is not given away
        assert feedback.file_name(feedback.file_name(name).removesuffix(".html")) not in set(names) - {"ada.html",
               "o-brien.html", "j.smith.html", "ada..html"}  # fmt: skip


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_colour_of_text_has_contrast_enough():
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    palettes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
                for block in re.findall(r":root \{(.*?)\}", style, re.S)[:2]]  # fmt: skip
    assert len(palettes) == 2 and set(palettes[0]) == set(palettes[1])
    for palette in palettes:
        for ground in ("paper", "panel"):
            for text in ("ink", "quiet", "right", "wrong", "blank", "nothing", "unjudged"):
                assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
        assert contrast(palette["bar"], palette["paper"]) >= 3 and contrast(palette["bar"], palette["track"]) >= 3
    used = set(re.findall(r"(?<![-\w])(?:color|fill): ?([^;}]+)", style))
    assert all(colour.startswith("var(--") for colour in used), "no colour beside the palette"


# the numbers of a class

def test_an_exercise_that_separates_and_one_that_does_not():
    strong = [entry(f"s{i}") for i in range(10)]
    weak = [entry(f"w{i}", kinds=["wrong"] * 5) for i in range(10)]
    for i, one in enumerate(strong + weak):
        right = i < 5 or 10 <= i < 15
        one["exercises"][0] |= {"earned": 2 * right, "reason": "" if right else "x"}
    rows = class_statistics.exercises(strong + weak)
    assert (round(rows[0]["r"], 6), rows[0]["words"]) == (0, "hardly")
    assert rows[1]["r"] > 0.9 and rows[1]["words"] == "well"
    turned = [(i >= 10, 20 - i) for i in range(20)]
    assert class_statistics.correlation(turned) < 0 and "wrong way" in class_statistics.separates(turned)


@pytest.mark.parametrize("pairs, words", [
    ([(True, 1), (False, 0)] * 4, "fewer than 10"), ([(True, i) for i in range(10)], "all right"),
    ([(False, i) for i in range(10)], "nobody"), ([(i % 2 == 0, 5) for i in range(10)], "nothing beside it"),
    ([], "fewer than 10")])
def test_where_it_means_nothing_it_says_so(pairs, words):
    assert class_statistics.correlation(pairs) is None and words in class_statistics.separates(pairs)


def test_scores_fall_into_tenths():
    counts = [count for *_, count in class_statistics.spread([0, 0.05, 0.1, 0.3, 0.99, 1.0])]
    assert counts == [2, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert escaping.share(2999, 3000) == "99%" and escaping.share(1, 3000) == "1%"


def test_failures_count_who_reached_a_property():
    entries = [entry("a", kinds=["hung"]), entry("b", kinds=["wrong"]), entry("c")]
    first = LABELS["attend"][0]
    [row] = [row for row in class_statistics.failures(book(entries)) if row["label"] == first]
    assert (row["failed"], row["first"], row["reached"]) == (1, 1, 3)
    last = [row for row in class_statistics.failures(book(entries)) if row["label"] == LABELS["attend"][3]][0]
    assert (last["failed"], last["first"], last["reached"]) == (1, 0, 2)


@pytest.mark.slow
def test_five_thousand_students_make_a_page_under_three_megabytes():
    whole = a_class(5000)
    before = copy.deepcopy(whole["entries"][:50])
    text = class_report.page(whole)
    assert len(text.encode("utf-8")) < 3_000_000
    assert whole["entries"][:50] == before, "the book is only read"
    assert json.loads(json.dumps(whole)) == whole


def test_what_is_not_seen_is_written_out_and_what_is_long_is_cut():
    assert escaping.visible("a" + "\u0301" * 6) == "a" + "\u0301" * 4 + r"\u0301" * 2
    assert escaping.visible("\u202e\0\x1b\ud800\n") == r"\u202e\x00\x1b\ud800" + "\n"
    assert escaping.visible("x" * 700) == "x" * 600 + "… (100 more characters)"
    assert len(escaping.visible("\0" * 100_000)) < 640
    assert escaping.visible("می\u200cخواهم 👩\u200d🔬") == "می\u200cخواهم 👩\u200d🔬"

"""The judge of a class: messages that cannot hurt, notebooks of every kind, results that repeat."""

import ast
import json
import math
import os
import struct
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.classroom import layout
from course_lib.classroom.authoring.builder import solved as solution_book
from course_lib.classroom.checking.compare import difference
from course_lib.classroom.checking.plain_values import Array, Foreign, plain
from course_lib.grading import Grader
from course_lib.grading.intake.notebook import LARGEST_CODE, Unreadable, cells_of
from course_lib.grading.isolation import course_copy
from course_lib.grading.isolation.protocol import BadMessage, Reader, Writer, pack, unpack
from course_lib.grading.judging.exam import Exam
from course_lib.grading.judging.grader import Unfit, message, read, word_of
from course_lib.grading.judging.names import Names
from course_lib.grading.judging.plan import plan
from course_lib.grading.judging.statements import Book

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")


def there_and_back(value):
    writer = Writer()
    said = json.loads(json.dumps(writer.value(value)))
    return Reader(bytes(writer.raw)).value(said)


def taker(data):
    data = bytearray(data)

    def take(n):
        part = bytes(data[:n])
        del data[:n]
        return part
    return take


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8)


@settings(max_examples=40)
@given(PLAIN)
def test_plain_values_come_through_unchanged(value):
    back = there_and_back(value)
    assert type(back) is type(value)
    assert difference(value, back) is None or any(math.isnan(x) for x in [value] if isinstance(x, float))


@pytest.mark.parametrize("value", [
    torch.randn(2, 3, 5), torch.randn(3).double(), torch.tensor([True, False]), torch.randn(2, 3).half(),
    torch.randn(4).bfloat16(), torch.zeros(0, 3), torch.tensor(3), torch.empty(2, 3, device="meta"),
    torch.tensor([math.nan, math.inf, -math.inf]), torch.tensor([1 + 2j]), np.arange(6).reshape(2, 3).T, {1, 2, 3},
], ids=lambda value: f"{type(value).__name__} {getattr(value, 'dtype', '')} {list(getattr(value, 'shape', []))}")
def test_tensors_come_through_unchanged(value):
    value = plain(value)
    back = there_and_back(value)
    assert difference(value, back) is None
    if isinstance(value, Array):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)


@pytest.mark.parametrize("said", [
    5, "x", [], [5], ["eval", "1"], ["int", 5], ["int", "z"], ["int", "f" * 10**6], ["float", None], ["float", "x"],
    ["str", 5], ["bytes", 0, 99], ["bytes", -1, 1], ["bytes", True, 1], ["row", 5], ["row", [["row", [7]]]],
    ["dict", [[None]]], ["dict", [[["dict", []], None]]], ["set", [["dict", []]]], ["array", "float32", [3], 0, 8],
    ["array", "object", [1], 0, 8], ["array", "float32", [-1], 0, 4], ["array", "float32", [2**50], 0, 4],
    ["array", "float32", "x", 0, 4], ["array", "float32", [1] * 99, 0, 4], ["array", ["float32"], [1], 0, 4],
    ["array", "float32", [True], 0, 4], ["array"], ["value", 1], ["__class__"], ["row", [[]] * 300_000],
], ids=lambda said: str(said)[:40])  # fmt: skip
def test_what_is_no_value_is_refused(said):
    with pytest.raises(BadMessage):
        Reader(b"12345678").value(said)


def test_what_would_cost_the_judge_time_costs_none():
    """Keys that all have one hash, and a text whose normal form takes the square of its length."""
    keys = [["int", hex(i * (2**61 - 1))] for i in range(90_000)]
    began = time.perf_counter()
    for said in (["set", keys], ["dict", [[key, None] for key in keys]], ["row", [["set", keys[:1000]]] * 90]):
        with pytest.raises(BadMessage, match="keys"):
            Reader(b"").value(said)
    assert difference("hi", "hi" + "\u0315\u0300" * 300_000) is not None
    assert time.perf_counter() - began < 5


def test_a_deep_value_is_refused():
    said = None
    for _ in range(100):
        said = ["row", [said]]
    with pytest.raises(BadMessage, match="parts"):
        Reader(b"").value(said)


@pytest.mark.parametrize("data", [
    b"\0", struct.pack("!II", 5, 0), struct.pack("!II", 2**32 - 1, 0), struct.pack("!II", 0, 2**32 - 1),
    struct.pack("!II", 3, 0) + b"{x}",
    struct.pack("!II", 2, 0) + b"\xff\xff", struct.pack("!II", 200_000, 0) + b"[" * 200_000,
    pack({"a": 1})[:-1], pack([], b"123")[:-1]], ids=lambda data: repr(data[:12]))
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(BadMessage):
        unpack(taker(data))


@settings(max_examples=60)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(
    ["step", "broken", "end", "undefined", "array", "float32", "row", "dict", "set", "int", "bytes", "foreign"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=12))
def test_no_message_raises(header):
    assert message(header, b"1234")[0] in ("step", "broken", "end", "undefined", "bad")


def test_frames_follow_one_another():
    take = taker(pack(["step", 1], b"abc") + pack(["end"]))
    assert [unpack(take), unpack(take), unpack(take)] == [(["step", 1], b"abc"), (["end"], b""), None]
    assert there_and_back(Foreign("Thing")) == Foreign("Thing")


# reading notebooks

def book(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "nbformat": 4}).encode()


@pytest.mark.parametrize("data, words", [
    (b"", "no complete JSON"), (b"{\"cells\": [", "no complete JSON"), (b"\xff\xfe", "UTF-16"),
    (b"[]", "no cells"), (b"{}", "no cells"), (b"{\"cells\": 5}", "no cells"), (b"{\"worksheets\": []}", "format 3"),
    (b"[" * 10**6, "no complete JSON"), (b" " * (LARGEST_CODE + 1), "20 MB"),
], ids=lambda x: str(x)[:20])
def test_what_is_no_notebook_is_said_in_words(data, words):
    with pytest.raises(Unreadable, match=words):
        cells_of(data)


def test_strange_cells_are_passed_over():
    cells = [None, 5, {}, {"cell_type": "code"},
             {"cell_type": "code", "source": 7}, {"cell_type": "raw", "source": "x"},
             {"cell_type": "code", "source": ["a = 1\n", 5]}, {"cell_type": "code", "source": ["a =", " 1"]}]
    assert cells_of(json.dumps({"cells": cells}).encode()) == {7: "a = 1"}


@pytest.mark.parametrize("text, names", [
    ("def f(a):\n    return a + b\n", {"b"}), ("x = [y for y in z]\n", {"z"}), ("class A(B):\n    c = d\n", {"B", "d"}),
    ("def f(a=g):\n    import h\n    return h.i(a)\n", {"g"}), ("f = lambda x: x + n\n", {"n"}),
    ("def f():\n    def g():\n        return k\n    return g\n", {"k"}),
    ("def f():\n    global t\n    t = u\n", {"u"}), ("@d\ndef f(): pass\n", {"d"}),
])  # fmt: skip
def test_free_names(text, names):
    said = Names(ast.parse(text).body[0])
    assert said.uses | said.later == names


SAID = {"blanks": ["f"], "given": ["g"], "helpers": ["h"], "by_hand": []}
JOB = {"exercises": {"f": SAID}, "closed": ["course_lib.x"]}


def kept(*cells, name="f"):
    found = plan(book(*cells), JOB)["exercises"][name]
    return "".join(text for _, text in found["statements"]), found


def test_only_what_the_exercise_reaches_is_kept():
    text, _ = kept("import math, os\nA = 1\nB = 2\n", "def f(): return math.pi + A\n", "C = A\nprint(f())\n")
    assert text == "import math\n" + "A = 1\n" + "def f(): return math.pi + A\n"


def test_the_last_definition_that_is_not_blank_counts():
    text, _ = kept("def f(): return 1\n", "def f(): return 2\n", "def f():\n    'doc'\n    raise NotImplementedError\n")
    assert text == "def f(): return 2\n"
    assert kept("def f():\n    raise NotImplementedError\n")[1]["missing"] == "unwritten"


def test_a_helper_means_what_it_meant_above_the_exercise():
    text, _ = kept("n = 1\n", "n = 2\n", "def f(): return n\n", "n = 3\n")
    assert text == "n = 2\ndef f(): return n\n"
    assert kept("def f(): return n\n", "n = 3\n")[0].count("n = 3") == 1


def test_other_exercises_are_given_and_helpers_only_where_the_student_has_none():
    assert kept("def g(): pass\n", "def f(): return g() + h()\n")[0] == "def f(): return g() + h()\n"
    assert "def h" in kept("def h(): pass\n", "def f(): return g() + h()\n")[0]


def test_a_broken_cell_is_said_where_it_matters():
    _, found = kept("def f(: pass\n")
    assert "cell 1 cannot be read" in found["missing"] and "SyntaxError" in found["missing"]
    _, found = kept("def k(: pass\n", "def f(): return k()\n")
    assert "`k`: cell 1" in found["notes"][0] and not found["missing"]


def test_a_chapter_is_known_by_its_first_cell():
    assert Book({0: "check = lesson('attention')\n"}).word == "attention"


# the judge's side

WORDS = [chapter.word for chapter in layout.chapters()]


@pytest.mark.parametrize("word", WORDS)
def test_nothing_of_the_answer_is_told_to_a_worker(word):
    exam = Exam(word, 7)
    for exercise in exam.exercises:
        reference = layout.reference_source(exercise.of, exercise.name)
        said = json.dumps(exam.running_job(exercise.name, []))
        last = [line.split("#")[0].strip() for line in reference.strip().splitlines()][-1]
        assert "MISTAKES" not in said and "EQUIVALENT" not in said
        assert json.dumps(reference)[1:-1] not in said
        given = {part["name"] for part in exam.running_job(exercise.name, [])["given"]}
        assert exercise.name not in given, last
        assert all(f"class {exercise.name}(" not in part["source"] and f"def {exercise.name}(" not in part["source"]
                   for part in exam.given(exercise.name) + exam.helpers(exercise.name))


@pytest.mark.parametrize("word", WORDS)
def test_a_worker_finds_neither_its_rung_nor_one_above(word, tmp_path):
    course_copy.make(word, tmp_path / "course")
    there = {path.name.removesuffix(".py") for path in (tmp_path / "course" / "course_lib").iterdir()}
    here = layout.LADDER.index(word)
    assert not there & set(layout.LADDER[here:])
    assert set(course_copy.below(word)) <= there
    everything = [path.name for path in tmp_path.rglob("*")]
    assert not [name for name in everything if name.endswith((".ipynb", ".safetensors"))]
    assert not {"exam.py", "grade.py", "checking.py", "variants.py", "hidden", "solutions"} & set(everything)
    assert f"course_lib.{word}" in course_copy.closed(word)


@pytest.mark.slow
@pytest.mark.parametrize("word", WORDS)
def test_every_exercise_has_an_output_that_only_an_answer_can_give(word):
    exam = Exam(word, 3)
    assert all(any(exam.telling(exercise.name)) for exercise in exam.exercises)


def test_files_that_cannot_be_read_are_said_in_words(tmp_path):
    with pytest.raises(Unfit, match="no such file"):
        read(tmp_path / "nothing.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(Unfit, match="no such file"):
        read(tmp_path / "folder.ipynb")
    with (tmp_path / "large.ipynb").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(Unfit, match="200 MB"):
        read(tmp_path / "large.ipynb")
    if hasattr(os, "symlink") and sys.platform != "win32":
        (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
        with pytest.raises(Unfit, match="link"):
            read(tmp_path / "link.ipynb")


def test_a_notebook_is_known_by_its_name_or_its_first_cell(tmp_path):
    (tmp_path / "homework.ipynb").write_bytes(book("check = lesson(\"bpe\")\n"))
    assert word_of(tmp_path / "homework.ipynb") == "bpe"
    assert word_of("somewhere/07_attention.ipynb") == word_of("x/mia_07_attention.ipynb") == "attention"
    assert word_of("anything.ipynb", "7") == "attention"
    (tmp_path / "empty.ipynb").write_bytes(book(""))
    with pytest.raises(LookupError, match="attention"):
        word_of(tmp_path / "empty.ipynb")


# with a fork server

@pytest.fixture(scope="module")
def grader():
    if sys.platform != "linux":
        pytest.skip("grading in isolation needs Linux")
    with Grader("start_here", seed=11) as judge:
        yield judge


def solved(word):
    return json.dumps(solution_book(next(c for c in layout.chapters() if c.word == word)))


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("chapter", layout.chapters(), ids=lambda c: c.word)
def test_a_solution_earns_all_and_an_untouched_chapter_nothing(chapter, tmp_path):
    (tmp_path / "solved.ipynb").write_text(solved(chapter.word), encoding="utf-8")
    with Grader(chapter.word, seconds=30, total=120) as judge:
        right, untouched = judge.grade(tmp_path / "solved.ipynb"), judge.grade(chapter.path)
    assert right.earned == right.points == sum(e.points for e in chapter.exercises()), right
    assert untouched.earned == 0
    assert all(set(verdict for _, verdict in e.verdicts) == {"held"} for e in right.exercises)


@LINUX
@pytest.mark.slow
def test_a_run_repeats_itself_and_says_what_was_in_force(grader, tmp_path):
    text = solved("start_here").replace("x * y for", "x * y * 1.01 for")
    (tmp_path / "a.ipynb").write_text(text, encoding="utf-8")
    results = [grader.grade(tmp_path / "a.ipynb").as_dict() for _ in range(2)]
    for result in results:
        result.pop("seconds")
        for exercise in result["exercises"]:
            exercise.pop("seconds")
    assert results[0] == results[1]
    assert results[0]["seed"] == 11 and "limits" in results[0]["isolation"]
    wrong = results[0]["exercises"][0]
    assert wrong["earned"] == 0 and wrong["reason"].startswith("one number times one number is their product")
    assert wrong["verdicts"][0][1] == "failed"
    assert (wrong["expected"], wrong["got"][:6]) == ("[15, 21, 14, 3]", "[15.15")
    assert results[0]["earned"] == results[0]["points"] - wrong["points"], "one error is not marked twice"


@LINUX
@pytest.mark.slow
def test_a_listed_mistake_is_named(grader, tmp_path):
    mistake = layout.table("start_here", "MISTAKES")["dot"][0]
    (tmp_path / "a.ipynb").write_text(solved("start_here").replace(mistake[0], mistake[1]), encoding="utf-8")
    assert grader.grade(tmp_path / "a.ipynb").exercises[0].cause == mistake[3]


@LINUX
@pytest.mark.slow
def test_what_a_wrong_value_looks_like_is_named(grader, tmp_path):
    right = "sum(x * y for x, y in zip(a, b, strict=True))"
    text = solved("start_here").replace(right, f"round({right}, 3)")
    (tmp_path / "a.ipynb").write_text(text, encoding="utf-8")
    assert "rounded to 3 digits" in grader.grade(tmp_path / "a.ipynb").exercises[0].cause


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("data, words", [
    (b"{", "no complete JSON"), (b"{\"worksheets\": []}", "format 3"), (book("x = 1"), "no exercise of the chapter"),
    (book("check = lesson('attention')"), "of the chapter 'attention', not"),
])  # fmt: skip
def test_a_notebook_that_cannot_be_graded_costs_only_itself(grader, tmp_path, data, words):
    (tmp_path / "a.ipynb").write_bytes(data)
    result = grader.grade(tmp_path / "a.ipynb")
    assert words in result.problem and result.earned == 0 and result.points == 12


@LINUX
@pytest.mark.slow
def test_a_lost_fork_server_is_started_again(grader, tmp_path):
    (tmp_path / "a.ipynb").write_text(solved("start_here"), encoding="utf-8")
    grader.runner.process.kill()
    grader.runner.process.wait()
    assert grader.grade(tmp_path / "a.ipynb").earned == 12
    assert grader.grade(tmp_path / "a.ipynb").earned == 12

# ruff: noqa: E501  (long lists of odd values)
"""Whatever a worker sends, and whatever an answer is, the judge ends with a result, and shows none of its words."""

import json
import math
import random
import struct

import numpy as np
import pytest

from course_lib.classroom.checking.plain_values import Array, Foreign
from course_lib.grading.intake.notebook import Unfit
from course_lib.grading.isolation.jobs import Trouble
from course_lib.grading.isolation.protocol import HEAD, BadMessage, Writer, pack, unpack
from course_lib.grading.judging.exam import Exam
from course_lib.grading.judging.grader import Grader
from course_lib.grading.reports import feedback

SECRET = "impl(draw(3, 4)) and the seed is 987654321"
SEED = 987_654_321
CODE = [[1, "def answer(x):\n    return x\n"]]


class Sent:
    """Stands in for a Job: these messages, and this end."""

    bad = ""

    def __init__(self, messages, end=None):
        self.messages, self.end = messages, end or {"exit": 0, "late": False}

    def __iter__(self):
        yield from self.messages


class Runner:
    """Stands in for a Supervisor: one job after another of those it was made with."""

    layers = ()

    def __init__(self, *jobs):
        self.jobs, self.asked = list(jobs), 0

    def job(self, frame, seconds):
        self.asked += 1
        return self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]


@pytest.fixture(scope="module", params=[("start_here", "softmax"), ("sampling", "choose"), ("bpe", "count_pairs")], ids=lambda pair: pair[1])
def task(request):
    word, name = request.param
    exam = Exam(word, SEED)
    return exam, exam.exercise(name)


def judge(exam, *jobs):
    made = Grader.__new__(Grader)
    made.exam, made.runner, made.seconds, made.total = exam, Runner(*jobs), 10.0, 60.0
    made.reading = {}
    return made


def tried(task, messages, end=None, statements=CODE):
    """The ExerciseResult of a worker that sends these."""
    exam, exercise = task
    plan = {"missing": "", "refusal": "", "statements": statements, "notes": []}
    return judge(exam, Sent(messages, end)).exercise(exercise, plan, 1e12)


def step(want, value, **changed):
    """The message of one step."""
    said, writer = vars(want) | changed, Writer()
    written = writer.value(value)
    return ["step", said["label"], written, said["changed"], said["parameters"]], bytes(writer.raw)


def right(task):
    exam, exercise = task
    return [*(step(want, want.value) for want in exam.expected(exercise.name)), (["end", []], b"")]


def shown(task, outcome):
    """A student's page about it."""
    entry = {"chapter": task[0].word, "problem": "", "handed_in": None, "late_seconds": 0, "kept": 1.0, "score": 0,
             "points": 3, "exercises": [vars(outcome)], "file": "f", "earned": 0}  # fmt: skip
    return feedback.page("ada", [entry], [])


NASTY = [10**400, -10**4000, 2**64, 1 << 70, math.nan, -math.inf, 1e308, 5e-324, "", SECRET, "\ud800", "\0" * 99, b"\xff" * 99,
         (), {}, frozenset(), None, True, {(5, 6): 10**5000}, {5: {(1,): ()}}, {None: None, True: 1, 1.5: SECRET},
         frozenset({1, "1", b"1", (1, 2)}), Array("float32", (2, 0, 3), None), Array("int64", (), np.array(3)),
         Array("uint64", (2,), np.array([2**64 - 1, 0], np.uint64)), Array("complex128", (1,), np.array([1j])),
         Array("float64", (3,), np.array([math.nan, math.inf, -0.0])), Array("bool", (1,), np.array([True])),
         Array("float32", (2, 5, 3), np.full((2, 5, 3), np.nan, np.float32)), Foreign(SECRET), Foreign("Liar"),
         tuple([()] * 50), (((((((1,),),),),),),), ("a", 1, None, 10**400), tuple(range(3000))]  # fmt: skip


def anything(rng, depth=3):
    """A plain value of any kind."""
    if depth and rng.random() < 0.4:
        parts = [anything(rng, depth - 1) for _ in range(rng.randrange(4))]
        keys = [one for one in parts if isinstance(one, (int, float, str, bytes, type(None)))]
        return rng.choice([tuple(parts), {key: rng.choice(parts) for key in keys}, frozenset(keys)])
    return rng.choice(NASTY)


def mutated(rng, value):
    """An expected value with something else in one place."""
    if isinstance(value, tuple) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return (*value[:at], mutated(rng, value[at]), *value[at + 1:])
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        return {**value, key: mutated(rng, value[key])}
    if isinstance(value, Array) and value.numbers is not None and rng.random() < 0.8:
        numbers = value.numbers.copy().reshape(rng.choice([value.shape, value.shape[::-1], (-1,)]))
        with np.errstate(all="ignore"):
            numbers.flat[:1] = rng.choice([0, 1, 2, 100])
        return Array(rng.choice([value.dtype, "float64"]), numbers.shape, numbers)
    return anything(rng)


def fine(task, outcome):
    """True where a result is complete, and no word of the worker's is on the page."""
    page = shown(task, outcome)
    assert outcome.earned in (0, outcome.points) and (outcome.earned or outcome.reason)
    assert len(f"{outcome}") < 20_000
    assert "impl(draw" not in page and str(SEED) not in page, page
    return True


def test_the_right_steps_earn_all_points(task):
    assert tried(task, right(task)).earned > 0


@pytest.mark.parametrize("seed", range(3))
def test_no_answer_stops_the_judge(task, seed):
    rng = random.Random(seed)
    want = task[0].expected(task[1].name)
    for value in [*NASTY, *(anything(rng) for _ in range(9)), *(mutated(rng, rng.choice(want).value) for _ in range(9))]:
        messages = right(task)
        at = rng.randrange(len(want))
        try:
            messages[at] = step(want[at], value)
        except (TypeError, RecursionError):         # what no worker's Writer can send
            continue
        outcome = tried(task, messages)
        assert fine(task, outcome)


def junk(rng, depth=4):
    """What JSON can hold."""
    if depth and rng.random() < 0.6:
        parts = [junk(rng, depth - 1) for _ in range(rng.randrange(5))]
        return rng.choice([parts, {str(i): one for i, one in enumerate(parts)}])
    return rng.choice([None, True, -1, 0, 3, 2**70, 1.5, "", SECRET, "step", "broken", "end", "undefined", "late", "int",
                       "0x" + "f" * 20_000, "float", "nan", "str", "row", "dict", "set", "array", "float32", "\ud800"])


@pytest.mark.parametrize("seed", range(4))
def test_no_message_stops_the_judge(task, seed):
    rng = random.Random(seed)
    for _ in range(25):
        messages = right(task)
        at = rng.randrange(len(messages))
        header, raw = messages[at]
        kind = rng.randrange(7)
        if kind == 0:
            messages[at] = junk(rng), raw
        elif kind == 1:
            header = list(header)
            header[rng.randrange(len(header))] = junk(rng)
            messages[at] = header, rng.choice([raw, raw[:5], b"", raw * 2])
        elif kind == 2:
            messages[at] = ["broken", *(rng.choice([SECRET, "ValueError", "x", "    return x"]) for _ in range(4))], b""
        elif kind == 3:
            messages[at] = ["undefined", [[rng.choice([0, -1, 5, 2**70, True, "0"]), SECRET, SECRET]]], b""
        elif kind == 4:
            messages = messages[:at] + [messages[0]] * rng.randrange(1, 4) + messages[at:]
        elif kind == 5:
            messages = messages[:at]
        else:
            messages[at] = ["step", SECRET, junk(rng), [], [{SECRET: [1]}]], b""
        end = rng.choice([None, {}, {"exit": -9, "late": True, "waited": 0.0}, {"exit": 5}, {"over": "memory"},
                          {"exit": None, "trouble": "the fork server was lost"}])
        outcome = tried(task, messages, end)
        assert fine(task, outcome)


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_stops_the_judge(task, seed):
    rng, exam = random.Random(seed), task[0]
    whole = {e.name: {"missing": "", "refusal": "", "statements": CODE, "notes": []} for e in exam.exercises}
    for _ in range(20):
        plan = rng.choice([junk(rng), {"word": junk(rng), "exercises": junk(rng)}, {"unreadable": junk(rng)},
                           {"word": "", "exercises": {**whole, task[1].name: junk(rng)}},
                           {"word": "", "exercises": {**whole, task[1].name: {**whole[task[1].name], "statements": junk(rng)}}}])
        result = judge(exam, Sent([(plan, b"")]), Sent([(["end", []], b"")])).grade_bytes("f", b"{}")
        assert len(result.exercises) == len(exam.exercises) and not result.earned
        json.dumps(result.as_dict())


def test_no_bytes_are_a_message_that_is_none():
    rng = random.Random(1)
    for _ in range(3000):
        whole = bytearray(pack(["step", "x", 1, [], []], b"abc"))
        for _ in range(rng.randrange(4)):
            whole[rng.randrange(len(whole))] = rng.randrange(256)
        rest = bytes(whole[:rng.randrange(len(whole) + 1)]) if rng.random() < 0.3 else bytes(whole)

        def take(n):
            nonlocal rest
            part, rest = rest[:n], rest[n:]
            return part

        try:
            while unpack(take) is not None:
                pass
        except BadMessage:
            pass
    assert HEAD.size == struct.calcsize("!II")


def test_ten_to_the_four_hundred_is_a_wrong_choice_and_no_more():
    exam = Exam("sampling", SEED)
    task = exam, exam.exercise("choose")
    messages = right(task)
    messages[0] = step(exam.expected("choose")[0], 10**400)
    assert fine(task, tried(task, messages)) and tried(task, messages).reason


def test_a_huge_count_at_the_second_step_is_wrong_and_no_more():
    exam = Exam("bpe", SEED)
    task = exam, exam.exercise("count_pairs")
    messages = right(task)
    messages[1] = step(exam.expected("count_pairs")[1], {(5, 6): 10**5000})
    outcome = tried(task, messages)
    assert outcome.verdicts[0][1] == "held" and outcome.verdicts[1][1] == "failed" and fine(task, outcome)


def test_what_the_guess_of_a_cause_raises_costs_the_guess_alone(task, monkeypatch):
    monkeypatch.setattr(task[0], "cause", lambda *_: 1 // 0)
    messages = right(task)
    messages[0] = step(task[0].expected(task[1].name)[0], None)
    outcome = tried(task, messages)
    assert outcome.reason == outcome.verdicts[0][0] and outcome.verdicts[0][1] == "failed"


def test_what_the_judge_itself_raises_costs_one_exercise_and_trouble_is_no_students(task, monkeypatch):
    monkeypatch.setattr("course_lib.grading.judging.grader.discreet", lambda *_: 1 // 0)
    outcome = tried(task, right(task))
    assert "cannot deal with it (ZeroDivisionError)" in outcome.reason and not outcome.earned
    made = judge(task[0], Sent([]))

    def fails(error):
        def job(frame, seconds):
            raise error
        return job

    for error, words in ((Trouble("no fork"), "trouble: no fork"), (KeyError("x"), "deal with it (KeyError)"),
                         (Unfit("torn"), "torn")):
        made.runner.job = fails(error)
        result = made.grade_bytes("f", b"{}")
        assert words in result.problem and len(result.exercises) == len(task[0].exercises)


def test_megabytes_of_comments_cost_their_own_exercise(task):
    outcome = tried(task, right(task), statements=[[1, "# x\n" * 1_500_000]])
    assert "cannot deal with it" in outcome.reason and not outcome.earned


def test_an_errors_words_are_for_the_instructor_alone(task):
    text = f"{SECRET} {SEED}001"
    outcome = tried(task, [(["broken", "ValueError", text, "`return x`", ""], b"")])
    assert outcome.got == "ValueError, raised by `return x`" and outcome.error == text
    assert fine(task, outcome) and "ValueError" in shown(task, outcome)
    outcome = tried(task, [(["broken", SECRET, text, f"`{SECRET}`", ""], b"")])
    assert outcome.got == "an exception" and fine(task, outcome)
    outcome = tried(task, [(["undefined", [[0, "NameError", SECRET]]], b"")])
    assert outcome.reason == "it cannot be defined: `def answer(x):` raises NameError" and outcome.error == SECRET


def test_a_clock_that_ran_out_while_others_were_running_is_tried_once_more(task):
    exam, exercise = task
    plan = {"missing": "", "refusal": "", "statements": CODE, "notes": []}
    starved = {"exit": -9, "late": True, "over": "", "computed": 0.3, "waited": 8.0}
    for end, earns, asked in ((starved, True, 2), ({**starved, "waited": 0.1}, False, 1),
                              ({**starved, "computed": 9.0}, False, 1), ({**starved, "over": "memory"}, False, 1)):
        made = judge(exam, Sent([], end), Sent(right(task)))
        assert (made.exercise(exercise, plan, 1e12).earned > 0, made.runner.asked) == (earns, asked)
    made = judge(exam, Sent([], starved), Sent([], starved), Sent(right(task)))
    assert made.exercise(exercise, plan, 1e12).earned == 0 and made.runner.asked == 2
    made = judge(exam, Sent([(["late"], b"")], {**starved, "late": False, "waited": 1.5}), Sent(right(task)))
    assert made.exercise(exercise, plan, 1e12).earned > 0



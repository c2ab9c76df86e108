"""Grade one notebook: read it in a sandbox, run each exercise in a sandbox of its own, compare here."""

import re
import secrets
import signal
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ...classroom import layout
from ...classroom.checking.global_state import kept
from ...classroom.checking.judge import STEPS, Broken, Difference, Step, Wrong, draws, wrong_step
from ...classroom.checking.torch_operators import are_names, refusal
from ..intake.files import bounded
from ..intake.notebook import LARGEST, Unfit
from ..isolation.choice import runner
from ..isolation.jobs import Trouble
from ..isolation.protocol import BadMessage, Reader, pack
from .discretion import NAME, discreet, error_type, own_line, without_seed
from .exam import SECONDS_TO_DEFINE, Exam
from .states import BROKEN, HELD, REFUSED, UNSEEN, UNWRITTEN

SECONDS = 10.0              # for one exercise, by the clock
SUBMISSION_SECONDS = 60.0
WORKER = f"{__package__}.worker"     # what runs in a sandbox; the judge itself never imports it
LONGEST_TEXT = 2000         # characters of one text in a result
BEYOND = "the judge cannot deal with it"


@dataclass
class ExerciseResult:
    """What came of one exercise.

    verdicts: (label, held | failed | not reached), easiest first   flags, error: remarks, and the text of what was
    raised, for the instructor alone
    """

    name: str
    points: int
    earned: int = 0
    verdicts: list = field(default_factory=list)
    reason: str = ""            # one sentence; "" where all is right
    expected: str = ""
    got: str = ""
    cause: str = ""
    seconds: float = 0.0
    flags: list = field(default_factory=list)
    error: str = ""


@dataclass
class Result:
    """What came of one notebook. problem: why it could not be graded at all, or ""."""

    notebook: str
    word: str
    seed: int
    isolation: list
    exercises: list = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0

    @property
    def earned(self):
        return sum(exercise.earned for exercise in self.exercises)

    @property
    def points(self):
        return sum(exercise.points for exercise in self.exercises)

    def as_dict(self):
        """Plain data for JSON."""
        return {**asdict(self), "earned": self.earned, "points": self.points}


class Grader:
    """Grades notebooks of one chapter, one after another, with one seed and one warm fork server.

    word: the chapter's   seed: recorded in every result; with the same one a run repeats exactly   seconds: by the
    clock, for one exercise   isolation: see isolation.choice.runner   Trouble where the machine has none such.
    """

    def __init__(self, word, seed=None, seconds=SECONDS, total=SUBMISSION_SECONDS, isolation="auto"):
        self.exam = Exam(word, secrets.randbits(31) if seed is None else seed)
        self.seconds, self.total = seconds, total
        with kept():
            for exercise in self.exam.exercises:
                if not any(self.exam.telling(exercise.name)):
                    raise RuntimeError(f"the hidden test of {exercise.full_name} gives the same with every seed")
        self.reading = self.exam.reading_job()
        self.runner = runner(word, WORKER, isolation)

    def close(self):
        self.runner.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def grade(self, path):
        """The Result of one notebook file. Whatever is wrong with it is said there, and nothing is raised."""
        return self.judge(str(path), lambda: read(path))

    def grade_bytes(self, name, data):
        """The same for a notebook's bytes, which are not written to disk. name: what the Result calls it"""
        return self.judge(name, lambda: data)

    def judge(self, name, reading):
        result = Result(name, self.exam.word, self.exam.seed, list(self.runner.layers))
        began = time.monotonic()
        try:
            self.fill(result, reading(), began)
        except Unfit as error:
            result.problem = str(error)
        except Trouble as error:
            result.problem = f"the judge had trouble: {error}"
        except Exception as error:      # whatever a notebook makes the judge raise is that notebook's problem
            result.problem = f"{BEYOND} ({type(error).__name__})"
        if result.problem:
            result.exercises = [ExerciseResult(e.name, e.points, reason=result.problem) for e in self.exam.exercises]
        result.seconds = round(time.monotonic() - began, 3)
        return result

    def fill(self, result, data, began):
        plan = self.plan(data)
        known = {chapter.word for chapter in layout.chapters()}
        if plan["word"] in known and plan["word"] != self.exam.word:
            raise Unfit(f"it is of the chapter {plan['word']!r}, not {self.exam.word!r}")
        if all(p["missing"] and p["missing"] != "unwritten" for p in plan["exercises"].values()) and not plan["word"]:
            raise Unfit(f"there is no exercise of the chapter {self.exam.word!r} in it")
        for exercise in self.exam.exercises:
            outcome = self.exercise(exercise, plan["exercises"][exercise.name], began + self.total)
            result.exercises.append(outcome)

    def plan(self, data):
        """What a worker has read in a notebook (see `plan.plan`). Unfit where it could not be read."""
        for last in (False, True):
            job = self.runner.job(pack(self.reading, data), self.seconds)
            plan = next((header for header, _ in closed(job)), None)
            if isinstance(plan, dict) or last or not kept_waiting(job, self.seconds):
                break
        if not isinstance(plan, dict):
            raise Unfit(f"it cannot be read: {ending(job, self.seconds)}")
        if "unreadable" in plan:
            raise Unfit(plan["unreadable"])
        return plan

    def exercise(self, exercise, plan, end):
        """The ExerciseResult of one exercise. end: of the time for this notebook, by the clock"""
        began, outcome = time.monotonic(), self.untried(exercise)
        try:
            if plan["missing"]:
                outcome.reason = UNWRITTEN if plan["missing"] == "unwritten" else plan["missing"]
            elif plan["refusal"]:
                outcome.reason = REFUSED + plan["refusal"]
            else:
                outcome = self.tried(exercise, plan, end)
        except Trouble:
            raise
        except Exception as error:      # this exercise's problem; those beside it keep their points
            outcome = self.untried(exercise)
            outcome.reason = f"{BEYOND} ({type(error).__name__})"
        for what in ("reason", "expected", "got", "error"):     # a worker taken over can send texts of any length
            setattr(outcome, what, getattr(outcome, what)[:LONGEST_TEXT])
        outcome.got = without_seed(outcome.got, self.exam.seed)
        if not outcome.reason:
            outcome.earned = outcome.points
        outcome.seconds = round(time.monotonic() - began, 3)
        return outcome

    def untried(self, exercise):
        verdicts = [(step.label, UNSEEN) for step in self.exam.expected(exercise.name)]
        return ExerciseResult(exercise.name, exercise.points, verdicts=verdicts)

    def tried(self, exercise, plan, end):
        """Run it and compare; once more where other processes of this machine have taken its time."""
        frame = pack(self.exam.running_job(exercise.name, plan["statements"]))
        for last in (False, True):
            outcome, seconds = self.untried(exercise), min(self.seconds, end - time.monotonic())
            if seconds <= 0:
                outcome.reason = f"no time was left: the exercises before it took {self.total:.0f} seconds"
                return outcome
            job = self.runner.job(frame, seconds)
            self.compare(job, outcome, plan["statements"], seconds)
            if last or not outcome.reason or not kept_waiting(job, min(seconds, SECONDS_TO_DEFINE)):
                break
        if outcome.reason and plan["notes"]:
            outcome.reason += f" ({'; '.join(plan['notes'])})"
        return outcome

    def compare(self, job, outcome, statements, seconds):
        """Read a job's steps one by one and compare each here. Points need every label, each compared."""
        want, labels = self.exam.expected(outcome.name), {label for label, _ in outcome.verdicts}
        number, first, over, seen, came, random = 0, None, "", None, [], draws(want)
        with closing(iter(job)) as messages:
            for header, raw in messages:
                over, seen = message(header, raw)
                came += [seen] if over in ("step", "broken") else []
                if over == "bad":
                    job.bad = "it is not of the agreed form"
                if over in ("bad", "end", "undefined", "late"):
                    break
                number += 1
                if number > len(want):
                    first = first or Wrong(number, STEPS, Difference(f"{len(want)} steps", "more of them"))
                    break
                said = discreet(seen, want[number - 1], labels, statements)
                wrong = compared(number, want[number - 1], said, random)
                outcome.verdicts[number - 1] = (want[number - 1].label, BROKEN if wrong else HELD)
                first = first or (wrong and replace(wrong, seen=seen))
                if over == "broken":
                    break
        refused = refusal(self.exam.by_hand(outcome.name), seen) if over == "end" else ""
        if refused:
            outcome.reason, outcome.flags = REFUSED + refused, [f"{refused}; the source does not show it"]
        elif over == "late":
            outcome.reason = f"it cannot be defined: it takes more than {SECONDS_TO_DEFINE:.0f} seconds"
        elif over == "undefined":
            outcome.reason = f"it cannot be defined: {undefined(seen, statements)}"
            outcome.error = "; ".join(text for *_, text in seen)
        elif first is None and (over != "end" or number != len(want)):
            outcome.reason = f"{want[min(number, len(want) - 1)].label}: {ending(job, seconds)}"
            if over == "end":
                outcome.reason = f"{want[number].label}: the test ended early"
            if number < len(want):
                outcome.verdicts[number] = (want[number].label, BROKEN)
        elif first is not None:
            self.explain(outcome, first, came, statements)

    def explain(self, outcome, first, came, statements):
        """Say what is Wrong at the first step where something is. came: all that the worker sent of the run"""
        outcome.reason = UNWRITTEN if first.broken and first.broken.unwritten == outcome.name else first.label
        outcome.expected, outcome.got = first.difference.expected, first.difference.got
        if first.broken:
            line, outcome.error = own_line(first.broken.line, statements), first.broken.text
            outcome.got += f", raised by {line}" if line else ""
        try:
            with kept():
                cause = self.exam.cause(outcome.name, first, came)
        except Exception:               # a guess, made from what a worker sent: there is none then
            cause = ""
        outcome.cause = cause or first.difference.cause


def word_of(path, chapter=None):
    """The word of the chapter that a notebook is of: the one given, or as its file's name or its first cells say.

    LookupError, with a list of the chapters, where neither says it.
    """
    if chapter:
        return layout.find_chapter(chapter).word
    stem = Path(path).stem
    for known in layout.chapters():
        if stem == known.word or stem.endswith(known.path.stem) or known.path.stem in stem:
            return known.word
    try:
        said = re.search(rb"lesson\(\s*[\\\"']+(\w+)", read(path))
    except Unfit as problem:
        raise LookupError(f"{path}: {problem}") from None
    return layout.find_chapter(said[1].decode("ascii", "replace") if said else stem).word


def read(path):
    """A notebook file's bytes. Links and whatever is no ordinary file are refused."""
    path = Path(path)
    try:
        if path.is_symlink():
            raise Unfit("it is a link to somewhere else")
        if not path.is_file():
            raise Unfit("there is no such file")
        if path.stat().st_size > LARGEST:
            raise Unfit(f"it has {path.stat().st_size / 1e6:.0f} MB; a notebook of this course has less than one")
        with path.open("rb") as file:
            return bounded(file)
    except OSError as error:
        raise Unfit(f"it cannot be read: {error.strerror}") from None


def message(header, raw):
    """(kind, Step, Broken or text) of what a worker sent; kind "bad" for whatever is not of the agreed form."""
    try:
        kind, *rest = header
        if kind == "step":
            label, value, changed, parameters = rest
            if not isinstance(label, str) or not whole_numbers(changed) or not named_shapes(parameters):
                raise BadMessage("no step")
            return "step", Step(label, Reader(raw).value(value), changed, parameters)
        if kind == "broken" and len(rest) == 4 and all(isinstance(text, str) for text in rest):
            return "broken", Broken(*rest)
        if kind == "undefined" and all(one_note(*note) for note in rest[0]):
            return "undefined", rest[0]
        if kind == "late" and not rest:
            return "late", None
        if kind == "end" and len(rest) == 1 and are_names(rest[0]):
            return "end", rest[0]
    except (BadMessage, ValueError, TypeError, IndexError, KeyError, RecursionError, MemoryError):
        pass
    return "bad", None


def whole_numbers(items):
    return isinstance(items, list) and all(type(item) is int for item in items)


def named_shapes(items):
    return isinstance(items, list) and all(isinstance(one, dict) and all(
        NAME.fullmatch(name) and whole_numbers(shape) for name, shape in one.items()) for one in items)


def one_note(index, kind, text):
    """True for [which statement, the exception's type, its text]."""
    return type(index) is int and isinstance(kind, str) and isinstance(text, str)


def undefined(notes, statements):
    """Why a definition is not there, in words: which of the student's statements raised, and what."""
    said = []
    for index, kind, _ in notes:
        if 0 <= index < len(statements):
            first = statements[index][1].strip().splitlines()[0][:80]
            said.append(f"`{first}` raises {error_type(kind, statements)}")
    return "; ".join(said) or "it is not defined in this notebook"


def compared(number, want, seen, random):
    """What is Wrong in a step, or None; a value that cannot even be compared is wrong."""
    try:
        return wrong_step(number, want, seen, random)
    except Exception as error:
        got = f"one that cannot be compared ({type(error).__name__})"
        return Wrong(number, want.label, Difference("an answer", got))


def closed(job):
    """A job's messages; the job is finished when no more are taken."""
    with closing(iter(job)) as messages:
        yield from messages


def kept_waiting(job, seconds):
    """True where a job had little time because this machine ran others: that is not its fault."""
    end = job.end or {}
    waited, computed = end.get("waited", 0), end.get("computed", 0)
    return not end.get("over") and waited > max(computed, seconds / 4)


def ending(job, seconds):
    """How a job ended that did not finish, in words."""
    end = job.end or {}
    if job.bad:
        return f"what it sent was refused: {job.bad}"
    if end.get("late"):
        return f"it did not end within {seconds:.0f} seconds"
    if end.get("over"):
        return f"it was ended: all that it had started took too much {end['over']}"
    code = end.get("exit")
    if code is None:
        return end.get("trouble", "the process was lost")
    if code in (-9, -24):               # SIGKILL, SIGXCPU; Windows has no words for them
        return "the process was ended: too much computing, or too much memory"
    if code < 0:
        return f"the process crashed ({signal.Signals(-code).name if -code in list(signal.Signals) else -code})"
    return f"the process ended by itself (status {code})"

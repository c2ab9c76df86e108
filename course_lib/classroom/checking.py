"""`check = lesson("attention")`: judge a definition where it stands, say what is wrong with it, and give one back that works."""

import contextlib
import io
import itertools
import os
import sys
from dataclasses import dataclass

from . import house, marks, variants
from .compare import difference
from .judge import Broken, Step, first_wrong, record, steps
from .keeping import kept
from .ownwork import codes, forbidden_calls, not_written_here, unwrapped, watched
from .report import Report
from .visible import first_failing

AGAIN = "run the cell with your definition again"
FINISHED = "until it is, the finished one stands in for it, so that the rest of the chapter runs"


def lesson(word):
    """The `check` of one chapter. word: the chapter's word, as in `course_lib/<word>.py`."""
    house.module(word)
    return Check(word)


class Check:
    """`x = check(x, points=3)` runs the examples of x's docstring and its hidden tests.

    It shows what came of it, and returns the learner's own object when it is right, and the finished one otherwise.
    """

    def __init__(self, word):
        self.word = word
        self.folder = os.getcwd()
        self._handed_out = {}       # name: the finished object given back in place of the learner's
        self._expected = {}         # name: what the hidden test records of the reference

    def __repr__(self):
        return f"check of the chapter {self.word!r}"

    def __call__(self, obj, *, points, of=None):
        namespace = sys._getframe(1).f_globals
        name = self._name_of(obj, namespace, of or self.word)
        reference = house.reference(of or self.word, name)
        if obj is self._handed_out.get(name):
            Report("note", f"{name} · this is the finished one, which check gave you earlier",
                   [("", f"nothing changes: {AGAIN}")]).show()
            return obj
        with kept():
            report = self._judge(obj, name, reference, points, of or self.word, namespace)
        report.show()
        if report.kind in ("right", "note"):
            self._handed_out.pop(name, None)
            if report.kind == "right":
                marks.earn(self.word, name, points, self.folder)
            return obj
        self._handed_out[name] = reference
        return reference

    def _name_of(self, obj, namespace, of):
        """The exercise's name: the definition's own, or the notebook's name for a lambda, a partial or the like."""
        own = getattr(unwrapped(obj), "__name__", None)
        if own and hasattr(house.module(of), own):
            return own
        bound = [name for name, value in list(namespace.items()) if value is obj and hasattr(house.module(of), name)]
        if bound:
            return bound[0]
        raise LookupError(f"There is no exercise {own or type(obj).__name__!r} in the chapter {self.word!r}: check wants "
                          "the definition under the name that the exercise gives it.")

    def _judge(self, obj, name, reference, points, of, namespace):
        """The Report of one definition."""
        by_hand = house.table(self.word, "BY_HAND").get(name, ())
        rule = [("by hand", "without " + ", ".join(f"`{call}`" for call in by_hand))] if by_hand else []
        worth = f"{points} point" + ("s" if points != 1 else "")
        if reason := not_written_here(obj, reference):
            return Report("wrong", f"{name} · this earns nothing: {reason}", [("", FINISHED)] + rule)
        if used := forbidden_calls(obj, by_hand):
            called = ", ".join(f"`{call}`" for call in used)
            return Report("wrong", f"{name} · it is to be built by hand, and yours uses {called}", [("", FINISHED)] + rule)
        own = getattr(unwrapped(obj), "__globals__", namespace)
        running, printed = Running(f"the examples of {name}"), io.StringIO()
        try:
            with watched(reference, own) as borrowed:
                found = self._first_failure(obj, name, reference, of, namespace, running, printed)
        except KeyboardInterrupt:
            return Report("wrong", f"{name} · interrupted", [
                ("it was running", running.what), ("likely cause", "a loop that never ends"), ("", FINISHED)])
        if borrowed:
            return Report("wrong", f"{name} · this earns nothing: it calls the finished one of course_lib", [("", FINISHED)] + rule)
        if found is not None:
            found.lines += rule
            return found
        if running.held:
            return Report("right", f"{name} · {worth} · {running.held} properties hold", rule)
        return Report("note", f"{name} · the examples pass", rule)

    def _first_failure(self, obj, name, reference, of, namespace, running, printed):
        """The Report of the first example or hidden test that fails, or None."""
        with contextlib.redirect_stdout(printed):
            failing = first_failing(reference, name, obj, house.surroundings(of, name), namespace)
        if failing is not None:
            if failing.broken and failing.broken.unwritten:
                return unwritten(name, failing.broken)
            lines = [("example", failing.code), ("expected", failing.expected), ("got", failing.got)]
            if failing.broken and failing.broken.line:
                lines.append(("in your line", failing.broken.line))
            return Report("wrong", f"{name} · an example of its docstring does not come out", lines + [("", FINISHED)])
        test = house.hidden_test(self.word, name)
        if test is None:
            return None
        want = self._expected_of(name, test, reference)
        with contextlib.redirect_stdout(printed):
            wrong = first_wrong(want, running.watch(steps(test, obj), want))
        if wrong is None:
            return None
        if wrong.broken and wrong.broken.unwritten:
            return unwritten(name, wrong.broken)
        return self._explain(wrong, obj, name, test, want, of)

    def _expected_of(self, name, test, reference):
        """What the hidden test records of the reference, once for each version of the test."""
        if self._expected.get(name, (None,))[0] is not test:
            run = record(test, reference)
            if isinstance(run[-1], Broken):
                raise RuntimeError(f"The hidden test of {self.word}.{name} breaks on the finished one: {run[-1]}")
            self._expected[name] = test, run
        return self._expected[name][1]

    def _explain(self, wrong, obj, name, test, want, of):
        """The Report of the first property that does not hold."""
        cause = likely_cause(self.word, of, name, obj, test, wrong) or wrong.difference.cause
        return Report("wrong", f"{name} · not yet: {wrong.label}", [
            ("expected", wrong.difference.expected), ("got", wrong.difference.got),
            *([("likely cause", cause)] if cause else []),
            ("so far", f"{wrong.number - 1} of {len(want)} properties hold"), ("", FINISHED)])


@dataclass
class Running:
    """What is being tested now, for whoever interrupts, and how many hidden properties have held."""

    what: str
    held: int = 0

    def watch(self, run, want):
        """Pass the steps of a run on, keeping note of the one that comes next."""
        run = iter(run)
        for label in [step.label for step in want] + ["the end of the test"]:
            self.what = f"“{label}”"
            try:
                yield next(run)
            except StopIteration:
                return
            self.held += 1


def unwritten(name, seen):
    """The kind Report of what has not been written yet."""
    part = "" if seen.unwritten in (name, "") else f": `{seen.unwritten}` is still to do"
    return Report("unwritten", f"{name} · not written yet{part}", [("", FINISHED)])


def likely_cause(word, of, name, obj, test, wrong):
    """The suspicion of the listed mistake that gives what this one gives, or "".

    Nothing is said of a definition that *is* that mistake to the letter: it is a bug hunt, and finding it is the task.
    """
    for mistake in house.table(word, "MISTAKES").get(name, ()):
        if len(mistake) < 4 or not wrong.label.startswith(mistake[2]):
            continue
        other = variants.made(of, name, variants.mistaken_source(of, name, mistake))
        seen = next(itertools.islice(steps(test, other), wrong.number - 1, None), None)
        if alike(seen, wrong.seen):
            return "" if same_code(other, obj) else mistake[3]
    return ""


def alike(one, two):
    """True where two runs came to the same at a step."""
    if isinstance(one, Step) and isinstance(two, Step):
        return difference(one.value, two.value) is None
    return isinstance(one, Broken) and isinstance(two, Broken) and (one.type, one.text) == (two.type, two.text)


def same_code(one, two):
    return [c.co_code for c in codes(one)] == [c.co_code for c in codes(two)] and \
        [c.co_consts for c in codes(one) if c] == [c.co_consts for c in codes(two) if c]

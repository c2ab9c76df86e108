"""`check = lesson("attention")`: judge a definition where it stands, say what is wrong, give one back that works."""

import ast
import contextlib
import io
import os
import sys
from dataclasses import dataclass

from .. import layout, progress_file
from . import variants
from .by_hand import forbidden_calls
from .docstring_examples import first_failing
from .global_state import kept
from .judge import Broken, first_wrong, record, steps
from .likely_cause import suspicion
from .own_work import not_written_here, unwrapped, watched
from .report import Report
from .torch_operators import has_signs, recorded, refusal
from .withheld import is_withheld, take

AGAIN = "nothing changes: run the cell with your definition again"
FINISHED = "until it is right, the finished one stands in for it, so that the rest of the chapter runs"
YOURS = "no finished one is in this copy of the course: what uses it further down says that it needs yours"
UNTESTED = "more is not known here: the hidden tests, which try other inputs and give the points, are not in this copy"
BROKEN = "broken property"
PRINTED_LINES = 8       # of what the learner's code printed, shown below a failure


def lesson(word):
    """The `check` of one chapter. word: the chapter's word, as in `course_lib/<word>.py`; LookupError for another."""
    layout.module(word)
    return Check(word)


class Check:
    """`x = check(x, points=3)` runs the examples in x's docstring, and its hidden tests where there are any.

    It shows what came of it. It returns the learner's own object when that is right, and the finished one otherwise
    (where that is withheld: one that says, when used, that it needs the learner's).
    """

    def __init__(self, word):
        self.word = word
        self.folder = os.getcwd()   # where the notebook is: progress is kept only for work in `work/`
        self._handed_out = {}       # name: the finished object given back in place of the learner's
        self._content = set()       # names whose last check found nothing wrong
        self._expected = {}         # name: (hidden test, what it records of the reference)
        self._latest = {}           # name: what was last handed in under it, right or wrong

    def __repr__(self):
        return f"check of the chapter {self.word!r}"

    def __call__(self, obj, *, points, of=None):
        """points: what the exercise is worth. of: the word of the lower rung that a bug hunt's reference stands in."""
        namespace = sys._getframe(1).f_globals
        of = of or self.word
        name = self._name_of(obj, namespace, of)
        reference = layout.reference(of, name)
        if obj is self._handed_out.get(name):
            what = "no more than a place for yours" if is_withheld(reference) else "the finished one"
            Report("note", f"{name} · this is {what}, which check gave you earlier", [("", AGAIN)]).show()
            return obj
        self._latest[name] = obj
        with kept():
            report = Trial(self, obj, name, reference, points, of, namespace).report()
        good = report.kind in ("right", "note")
        if report.kind == "right":
            try:
                progress_file.earn(self.word, name, points, self.folder)
            except OSError as error:
                report.lines.append(("not saved", f"{progress_file.path().name} cannot be written: {error.strerror}"))
        report.show()
        if good:
            if is_withheld(reference):
                take(reference, obj)
            self._handed_out.pop(name, None)
            self._content.add(name)
            return obj
        self._content.discard(name)
        self._handed_out[name] = reference
        return reference

    def passed(self, name):
        """AssertionError unless the last check of this exercise found nothing wrong with it."""
        assert name in self._content, f"{name}: the check of it is not content yet"

    def latest(self, name):
        """What was last handed in under a name, right or wrong; before that, a bug hunt as it waits to be mended.

        So a cell above a bug hunt shows its symptom, and shows whether it is gone when it is run again, also where
        `check` has no hidden tests. LookupError for any other name.
        """
        if name in self._latest:
            return self._latest[name]
        for exercise in layout.find_chapter(self.word).exercises():
            if exercise.name == name and exercise.hunt:
                return variants.made(exercise.of, name, ast.unparse(exercise.stub))
        raise LookupError(f"{name!r} is no bug hunt of this chapter, and no cell has handed it in yet.")

    def _name_of(self, obj, namespace, of):
        """The exercise's name: the definition's own, or the notebook's name for a lambda, a partial or the like."""
        own = getattr(unwrapped(obj), "__name__", None)
        if isinstance(own, str) and hasattr(layout.module(of), own):
            return own
        for name, value in list(namespace.items()):
            if value is obj and hasattr(layout.module(of), name):
                return name
        raise LookupError(f"There is no exercise {own or type(obj).__name__!r} in the chapter {self.word!r}: "
                          "check wants the definition under the name that the exercise gives it.")

    def expected(self, name, test, reference):
        """What the hidden test records of the reference, once for each version of the test."""
        if self._expected.get(name, (None,))[0] is not test:
            run = record(test, reference)
            if run and isinstance(run[-1], Broken):
                raise RuntimeError(f"the hidden test of {self.word}.{name} breaks on the finished one: {run[-1]}")
            self._expected[name] = test, run
        return self._expected[name][1]


class Trial:
    """One definition under test."""

    def __init__(self, check, obj, name, reference, points, of, namespace):
        self.check, self.obj, self.name, self.reference = check, obj, name, reference
        self.points, self.of, self.namespace = points, of, namespace
        self.running = Running(f"the examples of {name}")
        self.printed = io.StringIO()
        self.meanwhile = YOURS if is_withheld(reference) else FINISHED

    def report(self):
        """The Report of what came of it."""
        by_hand = layout.table(self.check.word, "BY_HAND").get(self.name, ())
        found = self._refusal(by_hand) or self._tested(by_hand)
        if by_hand:
            rule = ("by hand", "without " + ", ".join(f"`{call}`" for call in by_hand))
            found.lines.insert(len([line for line in found.lines if line[0]]), rule)      # before what stands in for it
        return found

    def _refusal(self, by_hand):
        """The Report of what is not the learner's own work, judged by how it looks; None where it is."""
        if reason := not_written_here(self.obj, self.reference):
            return Report("wrong", f"{self.name} · this earns nothing: {reason}", [("", self.meanwhile)])
        if used := forbidden_calls(self.obj, by_hand):
            called = ", ".join(f"`{call}`" for call in used)
            reason = f"it is to be built by hand, and yours uses {called}"
            return Report("wrong", f"{self.name} · this earns nothing: {reason}", [("", self.meanwhile)])
        return None

    def _tested(self, by_hand):
        own = getattr(unwrapped(self.obj), "__globals__", self.namespace)
        try:
            with watched(self.reference, own) as borrowed, recorded(has_signs(by_hand)) as operators, \
                    contextlib.redirect_stdout(self.printed):
                found = self.first_fault()
        except KeyboardInterrupt:
            return Report("wrong", f"{self.name} · interrupted", [
                ("while testing", self.running.what), ("likely cause", "a loop that never ends"), ("", self.meanwhile)])
        if reason := "it calls the finished one of course_lib" if borrowed else refusal(by_hand, operators):
            return Report("wrong", f"{self.name} · this earns nothing: {reason}", [("", self.meanwhile)])
        if found is not None:
            return found
        if self.running.held:
            worth = f"{self.points} point" + ("s" if self.points != 1 else "")
            return Report("right", f"{self.name} · {worth} · all {self.running.held} properties hold")
        return Report("note", f"{self.name} · the examples pass", [("", UNTESTED)])

    def first_fault(self):
        """The Report of the first thing that does not hold, whosever work it is; None where all does.

        An example that fails shows that something is wrong; the first property that fails says what.
        """
        around = layout.surroundings(self.of, self.name)
        with kept():        # what it leaves otherwise is noticed by the hidden test, which begins as it would alone
            failing = first_failing(self.reference, self.name, self.obj, around, self.namespace)
        if failing is None:
            return self._failing_property()
        if failing.broken and failing.broken.unwritten:
            return self._unwritten(failing.broken)
        lines = [("example", failing.code), ("expected", failing.expected), ("got", failing.got)]
        behind = self._behind()
        lines += [line for line in about(failing.broken) if line[0] not in dict(behind)] + behind
        return Report("wrong", f"{self.name} · not yet: its example does not come out", lines + self._after())

    def _behind(self):
        """Lines that say which property is broken, and what the learner probably did, where an example fails."""
        try:
            found = self._failing_property()
        except KeyboardInterrupt:       # it hangs on other inputs: the example is known already
            return []
        if found is None or found.kind != "wrong":
            return []
        cause = dict(found.lines).get("likely cause")
        return [(BROKEN, found.headline.partition("not yet: ")[2])] + ([("likely cause", cause)] if cause else [])

    def _failing_property(self):
        test = layout.hidden_test(self.check.word, self.name)
        if test is None:
            return None
        want = self.check.expected(self.name, test, self.reference)
        run = Noted(self.running.watch(steps(test, self.obj), want))
        wrong = first_wrong(want, run)
        if wrong is None:
            return None
        if wrong.broken and wrong.broken.unwritten:
            return self._unwritten(wrong.broken)
        lines = [("expected", wrong.difference.expected), ("got", wrong.difference.got)]
        more = dict(about(wrong.broken))
        if cause := self._suspicion(test, want, wrong, run) or wrong.difference.cause:
            more["likely cause"] = cause
        lines += more.items()
        lines.append(("so far", f"{wrong.number - 1} of {len(want)} properties hold"))
        return Report("wrong", f"{self.name} · not yet: {wrong.label}", lines + self._after())

    def _unwritten(self, seen):
        part = "" if seen.unwritten in (self.name, "") else f": `{seen.unwritten}` is still to do"
        return Report("unwritten", f"{self.name} · not written yet{part}", [("", self.meanwhile)])

    def _after(self):
        """The end of what the learner's code printed, which would otherwise be lost, and what is given back."""
        said = self.printed.getvalue().splitlines()[-PRINTED_LINES:]
        return ([("printed", "\n".join(line[:120] for line in said))] if said else []) + [("", self.meanwhile)]

    def _suspicion(self, test, want, wrong, run):
        """What the learner probably did, or ""."""
        def came_of(mistake):
            text = variants.mistaken_source(self.of, self.name, mistake)
            return record(test, variants.made(self.of, self.name, text))

        try:
            return suspicion(self.check.word, self.name, want, wrong, run.to_the_end, came_of,
                             hunt=layout.is_hunt(self.check.word, self.name),
                             again=lambda: (list(run.seen), steps(test, self.obj)))
        except KeyboardInterrupt:       # the answer hangs in a later step: what is wrong is known already
            return ""


class Noted:
    """The steps of a run, passed on and kept."""

    def __init__(self, run):
        self.run, self.seen = run, []

    def __iter__(self):
        for step in self.run:
            self.seen.append(step)
            yield step

    def to_the_end(self):
        """All steps, those that nobody has asked for yet among them."""
        return self.seen + list(self.run)


@dataclass
class Running:
    """What is being tested now, for whoever interrupts, and how many hidden properties have held."""

    what: str
    held: int = 0

    def watch(self, run, want):
        """Pass the steps of a run on, keeping note of the one that comes next."""
        for label in [step.label for step in want] + ["the end of the test"]:
            self.what = f"“{label}”"
            try:
                yield next(run)
            except StopIteration:
                return
            self.held += 1


def about(seen):
    """What more can be said of an answer that broke: its line, or that it gave None to whoever called it."""
    if seen and seen.line:
        return [("in the line", seen.line)]
    if seen and "'NoneType'" in seen.text:
        return [("likely cause", "it gives None: is there a return at the end?")]
    return []

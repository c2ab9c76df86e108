"""Run one hidden test on one implementation, and compare two such runs.

`record` needs the hidden test, the implementation and a seed, and gives plain data: it can run where the reference
is not. `first_wrong` compares data with data, and can run where the implementation is not.
"""

import re
import traceback
from dataclasses import dataclass, field

from .compare import ATOL, CAST, RTOL, Difference, difference
from .drawn_inputs import Draw
from .global_state import kept, seed_everything
from .left_behind import GENERATORS, INPUTS, KINDS, SWITCHES, Watch, switch, switched
from .plain_values import plain
from .test_helpers import Precise

DTYPE = "the numbers of the result have the right dtype"
PARAMETERS = "its parameters have the exercise's names and shapes"
STEPS = "it is tested in as many steps as the exercise has"
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")      # differs from run to run
MACHINERY = "/course_lib/", "/tests/hidden/", "/site-packages/", "/lib/python", "/Lib/"


@dataclass(frozen=True)
class Step:
    """One step of a hidden test: its label, the plain value, and what the judge saw beside it."""

    label: str
    value: object
    changed: list = field(default_factory=list)         # of which of the KINDS something was left otherwise
    parameters: list = field(default_factory=list)      # {name: shape} of each module filled
    within: float = 0.0                                 # the relative error allowed, where the test asks for it

    @property
    def tolerance(self):
        """How near a number must come, as `difference` wants it."""
        return {"rtol": self.within, "atol": 0.0} if self.within else {"rtol": RTOL, "atol": ATOL}


@dataclass(frozen=True)
class Broken:
    """The end of a run that raised: the exception's type and text, and the line of the implementation."""

    type: str
    text: str
    line: str = ""
    unwritten: str = ""     # the function that is still `raise NotImplementedError`, where that was the reason


@dataclass(frozen=True)
class Wrong:
    """The first property that does not hold: its number, its label, and how the values part."""

    number: int
    label: str
    difference: Difference
    seen: object = None     # the Step or the Broken that came

    @property
    def broken(self):
        return self.seen if isinstance(self.seen, Broken) else None


def steps(test, impl, seed=0):
    """Run a hidden test and yield a Step for each of its labels; a run that raises ends with a Broken.

    Every random generator is seeded before each step, so whoever calls this does so inside `kept()`.
    KeyboardInterrupt passes.
    """
    draw, watch, number = Draw(seed), Watch(), 0
    run, switches = test(watch.over(impl), draw), switched()
    while True:
        seed_everything(1_000 * seed + number)
        try:
            label, value = next(run)
        except StopIteration:
            return
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except (Exception, SystemExit) as error:    # sys.exit() in an answer ends the run, not the kernel
            yield broken(error)
            return
        value, within = (value.value, value.within) if isinstance(value, Precise) else (value, 0.0)
        changed = set(watch.taken()) | ({INPUTS} if draw.changed() else set())
        if switched() != switches:      # by what is watched in no other way, an operator of a class for instance
            changed.add(SWITCHES)
            switch(switches)
        yield Step(label, plain(value), sorted(changed), draw.parameters(), within)
        number += 1


def record(test, impl, seed=0):
    """All steps of a run, as a list."""
    with kept():
        return list(steps(test, impl, seed))


def judge(test, impl, want, seed=0):
    """The first Wrong of an implementation against the reference's recorded steps, or None."""
    with kept():
        return first_wrong(want, steps(test, impl, seed))


def first_wrong(want, got):
    """The first Wrong of a run against the reference's, or None. want: list of Steps; got: any iterable of them."""
    number, random = 0, draws(want)
    for number, seen in enumerate(got, start=1):
        if number > len(want):
            return Wrong(number, STEPS, Difference(f"{len(want)} steps", "more of them"), seen)
        if wrong := wrong_step(number, want[number - 1], seen, random):
            return wrong
    if number < len(want):
        return Wrong(number + 1, want[number].label, Difference("an answer", "none: the test ended early"))
    return None


def draws(want):
    """True where the reference draws random numbers in any step: when else a right answer draws is its own affair."""
    return any(GENERATORS in step.changed for step in want if isinstance(step, Step))


def wrong_step(number, want, seen, random=False):
    """What is Wrong in one step against the reference's, or None. random: it may draw random numbers"""
    label, found = want.label, None
    if isinstance(seen, Broken):
        cause = "a tensor is made without device=, or is not moved" if "on the same device" in seen.text else ""
        found = Difference("an answer", f"{seen.type}: {seen.text}" if seen.text else seen.type, cause)
    elif isinstance(want, Broken) or seen.label != label:
        found = Difference(f"the step “{label}”", f"the step “{seen.label}”")
    elif extra := [kind for kind in seen.changed if kind not in want.changed and kind != GENERATORS]:
        return left_otherwise(number, extra[0], seen)
    else:
        for wanted, has in zip(want.parameters, seen.parameters, strict=False):
            if wanted != has:
                return Wrong(number, PARAMETERS, parameters_difference(wanted, has), seen)
        found = difference(want.value, seen.value, **want.tolerance)
        label = DTYPE if found and found.cause == CAST else label
        if not found and GENERATORS in seen.changed and not random:
            return left_otherwise(number, GENERATORS, seen)     # said last: a wrong value says more
    return found and Wrong(number, label, found, seen)


def left_otherwise(number, kind, seen):
    """The Wrong of a step that left something otherwise than it was. kind: one of the KINDS, by its number"""
    label, *said = KINDS[kind] if 0 <= kind < len(KINDS) else KINDS[INPUTS]
    return Wrong(number, label, Difference(*said), seen)


def parameters_difference(want, got):
    """Which parameters are named or shaped otherwise than the exercise's."""
    missing, extra = [n for n in want if n not in got], [n for n in got if n not in want]
    if missing or extra:
        has, wants = (", ".join(f"`{n}`" for n in names[:6]) or "nothing more" for names in (extra, missing))
        return Difference(f"the exercise has {wants}", f"yours has {has}", "the given __init__ was changed")
    name = next(n for n in want if want[n] != got[n])
    return Difference(f"`{name}` of shape {tuple(want[name])}", f"shape {tuple(got[name])}",
                      "the given __init__ was changed")


def broken(error):
    """A Broken from an exception: what was raised, and where in the code under test."""
    trace = traceback.extract_tb(error.__traceback__)
    last = trace[-1] if trace else None
    bare = isinstance(error, NotImplementedError) and not error.args
    text = ADDRESS.sub("0x…", " ".join(str(error).split()))
    return Broken(type(error).__name__, text if len(text) <= 200 else text[:199] + "…", line_of(trace),
                  last.name if bare and last else "")


def line_of(trace):
    """The innermost line that is neither the machinery's, a library's nor the course's own: the implementation's."""
    for frame in reversed(trace):
        inside = frame.filename.replace("\\", "/")
        if frame.line and not any(part in inside for part in MACHINERY):
            return f"`{frame.line.strip()}`"
    return ""

"""Try wrong and right answers made from the reference on a hidden test: what it kills, and what it lets pass."""

import contextlib
import functools
import io
import types

from .. import layout
from ..checking import variants
from ..checking.judge import judge, record
from ..checking.left_behind import INPUTS, Before
from ..checking.pretended_device import lives_away, tensors_in
from . import mutate
from .answers import RIGHT, WRONG, parts_of

SECONDS = 20


class Calls:
    """What the reference was given and what it gave, over a whole hidden test.

    changed: it changed what it was given   of_class: it is a class, and these are calls of its methods
    """

    def __init__(self):
        self.given, self.came = [], []
        self.raised = self.changed = self.of_class = False

    def spy(self, function):
        @functools.wraps(function)
        def spying(*args, **kwargs):
            self.given.append((args, kwargs))
            before = Before(args, kwargs)
            try:
                out = function(*args, **kwargs)
            except Exception:
                self.raised = True
                raise
            after = Before(args, kwargs)
            if INPUTS in before.restored():
                self.changed = True
                after.restored()    # as the reference left it
            self.came.append(out)
            return out
        return spying

    def came_any(self, fits):
        return any(fits(part) for out in self.came for part in parts_of(out))

    def given_any(self, fits):
        return any(
            fits(part) for args, kwargs in self.given for arg in (*args, *kwargs.values()) for part in parts_of(arg)
        )


def variant(exercise, kind):
    """The reference with a kind of WRONG or RIGHT around it: a function, or a class with such methods."""
    made = variants.made(exercise.of, exercise.name, layout.reference_source(exercise.of, exercise.name))
    if not isinstance(made, type):
        return kind(made)
    blank = [name.split(".")[-1] for name in layout.blanks(exercise.stub)]
    methods = {name: bound(kind, function) for name, function in vars(made).items()
               if isinstance(function, types.FunctionType) and name in blank}
    return type(made.__name__, (made,), methods)


def bound(kind, function):
    """A kind around a method: `self` is none of the arguments that it looks at."""
    def method(self, *args, **kwargs):
        kinds = vars(self).setdefault("_kinds", {})
        if function not in kinds:
            kinds[function] = kind(functools.partial(function, self))
        return kinds[function](*args, **kwargs)
    return method


def calls_of(exercise):
    """What the reference meets in the hidden test."""
    calls = Calls()
    record(layout.hidden_test(exercise.word, exercise.name), variant(exercise, calls.spy))
    calls.of_class = isinstance(layout.reference(exercise.of, exercise.name), type)
    calls.given = [given for given in calls.given if not any(map(lives_away, tensors_in(given)))]
    return calls


def tried(exercise, want):
    """(how many wrong answers were caught, how many right ones passed, what went otherwise in words).

    want: {seed: the reference's recorded steps}
    """
    test, calls, killed, passed, found = layout.hidden_test(exercise.word, exercise.name), calls_of(exercise), 0, 0, []
    for table, is_right in ((WRONG, False), (RIGHT, True)):
        for name, (kind, applies) in table.items():
            if not applies(calls):
                continue
            for seed, steps in want.items():
                wrong = verdict(test, variant(exercise, kind), steps, seed)
                if is_right and wrong is not None:
                    found.append(f"the right answer “{name}” fails with the seed {seed} at “{wrong.label}”: "
                                 f"expected {wrong.difference.expected}, got {wrong.difference.got}")
                elif not is_right and wrong is None:
                    found.append(f"the wrong answer “{name}” passes with the seed {seed}")
                else:
                    continue
                break
            else:
                killed, passed = killed + (not is_right), passed + is_right
    return killed, passed, found


def verdict(test, obj, want, seed):
    try:
        with mutate.deadline(SECONDS), contextlib.redirect_stdout(io.StringIO()):
            return judge(test, obj, want, seed)
    except mutate.Late:
        return judge(test, None, want, seed)

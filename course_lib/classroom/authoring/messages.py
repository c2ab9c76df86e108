"""What `check` says of wrong answers: does the message point at the cause?

Whether it does is for a reader to say, once for each message: at the cause, near it (a neighbouring property that
broke too), or away from it. What was said is kept in tests/answers/messages.json, as {exercise: {answer: [label,
verdict]}}, and counts for as long as the message has that label. Where the exercise's own example fails, the call
and both values are shown, and the first property that fails as well.
"""

import contextlib
import importlib.util
import io
import json

from .. import layout
from ..checking import global_state, variants
from ..checking.judge import DTYPE
from ..checking.left_behind import INPUTS, KINDS, MODES, SEED, SWITCHES, WEIGHTS
from ..checking.lesson import BROKEN, Check, Trial
from ..checking.report import Report
from . import mutate
from .answers import WRONG
from .trying import SECONDS, calls_of, variant

CAUSE, EXAMPLE, NEAR, AWAY, UNREAD = VERDICTS = (
    "at the cause", "its example", "near it", "away from it", "not read yet")
LEFT = {  # a kind of WRONG: which of the KINDS it must be said to leave otherwise
    "changes an argument": (INPUTS, WEIGHTS),
    "leaves gradients off": (SWITCHES,),
    "leaves gradients off after an error": (SWITCHES,),
    "sets a seed": (SEED,),
    "leaves the model asleep": (MODES,),
    "leaves the model asleep after an error": (MODES,),
}
MACHINERY = {label for label, *_ in KINDS}


def written(word):
    """{exercise: {title: text}}: the wrong answers of tests/answers/<word>.py."""
    path = layout.ROOT / "tests" / "answers" / f"{word}.py"
    if not path.is_file():
        return {}
    spec = importlib.util.spec_from_file_location(f"answers_{word}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


def kept():
    """What readers have said of messages."""
    path = layout.ROOT / "tests" / "answers" / "messages.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def said(check, exercise, obj):
    """The Report that a learner sees of an object, whatever it is made of."""
    around = layout.surroundings(exercise.of, exercise.name)
    reference = layout.reference(exercise.of, exercise.name)
    trial = Trial(check, obj, exercise.name, reference, exercise.points, exercise.of, around)
    try:
        with mutate.deadline(SECONDS), contextlib.redirect_stdout(io.StringIO()):
            with global_state.kept():
                return trial.first_fault() or Report("right", "all properties hold")
    except mutate.Late:
        return None


def messages(exercise, mistakes):
    """(what was handed in, its verdict, the Report) of every wrong answer to an exercise that is known.

    mistakes: the listed ones   Of these, and of the kinds that leave something otherwise, the verdict needs no reader.
    """
    check, read = Check(exercise.word), kept().get(exercise.full_name, {})
    for mistake in mistakes:
        obj = variants.made(exercise.of, exercise.name, variants.mistaken_source(exercise.of, exercise.name, mistake))
        report = said(check, exercise, obj)
        verdict = CAUSE if report and label_of(report).startswith(mistake[2]) else AWAY
        yield f"{mistake[0]} → {mistake[1]}", EXAMPLE if at_example(report) else verdict, report
    calls = calls_of(exercise)
    for name, (kind, applies) in WRONG.items():
        if applies(calls):
            report = said(check, exercise, variant(exercise, kind))
            yield name, of_a_kind(name, report, read), report
    for title, text in written(exercise.word).get(exercise.name, {}).items():
        report = said(check, exercise, variants.made(exercise.of, exercise.name, text))
        yield title, as_read(title, report, read), report


def label_of(report):
    """The property that a Report says is broken."""
    said = dict(report.lines).get(BROKEN) or report.headline.partition("not yet: ")[2]
    return said or report.headline.partition(" · ")[2]


def at_example(report):
    """True where an example fails and no property is named beside it."""
    return bool(report) and "example" in dict(report.lines) and BROKEN not in dict(report.lines)


def of_a_kind(name, report, read):
    label = label_of(report) if report else ""
    if name in LEFT and label in {KINDS[kind][0] for kind in LEFT[name]}:
        return CAUSE
    if name.startswith("gives float") and (label == DTYPE or "dtype" in label):
        return CAUSE
    if label in MACHINERY and name not in LEFT:
        return AWAY
    return as_read(name, report, read)


def as_read(title, report, read):
    if at_example(report):
        return EXAMPLE
    label, verdict = read.get(title, ("", UNREAD))
    return verdict if report and label == label_of(report) else UNREAD


def shown(exercise, mistakes):
    """Print a line for each message, and return {verdict: how many}."""
    counts = dict.fromkeys(VERDICTS, 0)
    for what, verdict, report in messages(exercise, mistakes):
        counts[verdict] += 1
        lines = dict(report.lines) if report else {}
        keys = [key for key in ("example", "expected", "got", "likely cause") if key in lines]
        rest = "; ".join(f"{key} {lines[key]}" for key in keys)
        print(f"{verdict:13} {exercise.name} · {' '.join(what.split())[:70]} · "
              f"{label_of(report) if report else 'it never ends'} · {' '.join(rest.split())[:240]}", flush=True)
    return counts

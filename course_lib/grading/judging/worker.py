"""What runs in a sandbox: read a notebook, or run one hidden test on one definition, and send plain values back.

It is given the hidden test, the seed and the student's code. It is given no expected value, so it can betray none.
"""

import ctypes
import json
import linecache
import os
import signal
import sys
import threading

from ...classroom.checking.docstring_examples import with_examples
from ...classroom.checking.judge import Broken, steps
from ...classroom.checking.torch_operators import MOST, notice_reading, recorded
from ..isolation.protocol import MOST_HEADER, BadMessage, Writer, pack, unpack
from .plan import plan
from .stand_ins import Namespace

LONGEST_TEXT = 400
MOST_CODE = 250_000     # bytes of one exercise's statements
MOST_NOTES = 5


class Late(BaseException):
    """The definitions did not end in time."""


def work(inward, outward, confine):
    """Read a job from one file descriptor, take up the limits, do it, and tell the other one."""
    def take(n):
        parts = []
        while n > 0 and (part := os.read(inward, min(n, 1 << 20))):
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def tell(header, raw=b""):
        frame = memoryview(pack(header, raw))
        while frame:
            frame = frame[os.write(outward, frame):]

    job, raw = unpack(take)
    confine()
    if job["kind"] == "read":
        tell(fitted(plan(raw, job)))
        return
    reading = notice_reading(lambda name: name.startswith("<cell ")) if job["by_hand"] else set()
    with recorded(job["watched"]) as operators:
        try:
            impl, notes = defined(job)
        except Late:
            tell(["late"])
            return
        if impl is None:
            tell(["undefined", notes])
            return
        if run_test(job, impl, tell):
            tell(["end", [*reading, *sorted(operators)][:MOST]])


def run_test(job, impl, tell):
    """Send each step as it comes, and what broke the run. Returns True where it ended by itself."""
    try:
        for step in steps(probe(job), impl, job["seed"]):
            if isinstance(step, Broken):
                tell(["broken", *(cut(text) for text in (step.type, step.text, step.line, step.unwritten))])
                return False
            writer = Writer()
            value = writer.value(step.value)
            try:
                tell(["step", cut(step.label), value, step.changed, step.parameters], bytes(writer.raw))
            except BadMessage:
                tell(["broken", "ValueError", "the answer is too large to be compared", "", ""])
                return False
        return True
    except BaseException as error:          # whatever the student's code raises, or its exceptions raise themselves
        tell(["broken", cut(type(error).__name__), "", "", ""])
        return False


def fitted(plan):
    """A plan that fits into a message: an exercise with too much code is not run, and costs no other."""
    exercises = plan.get("exercises", {})
    most = min(MOST_CODE, MOST_HEADER // (2 * max(len(exercises), 1)))
    for said in exercises.values():
        size = len(json.dumps(said["statements"]))
        if size > most:
            said.update(statements=[], missing=f"its code has {size / 1e6:.1f} MB, and {most / 1e6:.1f} MB at most are "
                                               "run: leave out what is not needed")
    return plan


def cut(text):
    return str(text)[:LONGEST_TEXT]


def probe(job):
    """The hidden test, compiled here, with the docstring's examples behind it. Its own lines are never shown."""
    space = {"__name__": "hidden"}
    exec(compile(job["probe"], f"/tests/hidden/{job['word']}.py", "exec"), space)
    return with_examples(space[job["name"]], job["examples"], job["name"], finished(job["around"]),
                         vars(sys.modules["__main__"]))


def defined(job):
    """(the student's object, []) or (None, [[number of a statement, type and text of what it raises]]).

    Other exercises' finished ones stand in their places.
    """
    check = lambda obj, **_: obj
    notebook = Namespace(check=check, lesson=lambda word: check, **finished(job["given"]))
    space, notes = notebook.names, []
    with time_limit(job["seconds"]):
        for number, (cell, text) in enumerate(job["statements"]):
            where = f"<cell {cell}, {number}>"
            linecache.cache[where] = len(text), None, [line + "\n" for line in text.split("\n")], where
            try:
                notebook.run(text, where)
            except (Exception, SystemExit) as error:
                notes.append([number, cut(type(error).__name__), cut(error)])
    if job["name"] in space:
        return space[job["name"]], []
    return None, notes[:MOST_NOTES]


def finished(parts):
    """{name: what it stands for} of parts of the finished course."""
    found = {}
    for part in parts:
        around = {"__name__": "finished"}
        exec(compile(part["source"], "/course_lib/finished.py", "exec"), around)
        found[part["name"]] = around[part["name"]]
    return found


class time_limit:
    """Raise Late inside the block after so many seconds, by the clock."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def ring(signum, frame):
            raise Late

        if not hasattr(signal, "SIGALRM"):          # Windows: ends what computes, not what sleeps
            wake, raised = ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.py_object(Late)
            self.timer = threading.Timer(self.seconds, wake, (ctypes.c_ulong(threading.get_ident()), raised))
            self.timer.daemon = True
            self.timer.start()
            return
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_):
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            self.timer.cancel()

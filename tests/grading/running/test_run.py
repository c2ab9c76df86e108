"""Whole runs of `course grade`: killed, stopped, gone on with, graded again, and with a worker that dies."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring.builder import solved
from course_lib.grading.intake import hand_ins
from course_lib.grading.isolation.jobs import Trouble
from course_lib.grading.running import class_run
from course_lib.grading.running.journal import Journal
from course_lib.grading.running.pool import LocalPool

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")]
HANGS = "def dot(x, y):\n    while True: pass\n"
HALF = """def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))
def matmul(a, b):
    return a
"""
POISON = """import json, math, os, random, time
def dot(a, b):
    random.seed = time.monotonic = math.isclose = json.dumps = lambda *a, **k: 1
    for place in ("/course/course_lib/start_here.py", "/scratch/x", "/tmp/x", "/dev/shm/x", "sitecustomize.py"):
        try:
            with open(place, "a") as file:
                file.write("raise SystemExit")
        except OSError:
            pass
    for number in range(3, 64):
        try:
            os.write(number, b"[[[")
        except OSError:
            pass
    os.kill(os.getppid(), 9)
    os._exit(3)
"""


@pytest.fixture(scope="module")
def right():
    return json.dumps(solved(layout.find_chapter("start_here")))


def notebook(code):
    return json.dumps({"cells": [{"cell_type": "code", "source": code}]})


class Class:
    """A folder of hand-ins, and the command that grades it with a temporary folder of its own."""

    def __init__(self, folder, **texts):
        self.folder, self.out, self.temporary = folder, folder / "out", folder / "tmp"
        self.temporary.mkdir(parents=True)
        (folder / "in").mkdir()
        for student, text in texts.items():
            (folder / "in" / f"{student}_start_here.ipynb").write_text(text, encoding="utf-8")

    def start(self, *options):
        command = [sys.executable, "-c", "from course_lib.cli import main; main()", "grade", str(self.folder / "in"),
                   "--out", str(self.out), "--jobs", "1", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                                env={**os.environ, "TMPDIR": str(self.temporary)}, start_new_session=True,
                                # started in the background, as tests may be, it would hear no Ctrl-C
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def run(self, *options):
        """(exit status, what it printed), of a run to its end."""
        process = self.start(*options)
        output, errors = process.communicate(timeout=100)
        assert "Traceback" not in errors, errors
        return process.returncode, output + errors

    def lines(self):
        journal = self.out / "journal.jsonl"
        whole = journal.read_bytes().rpartition(b"\n")[0] if journal.exists() else b""
        return [json.loads(line) for line in whole.splitlines()]

    def wait_for(self, lines):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(self.lines()) < lines:
            time.sleep(0.02)
        assert len(self.lines()) >= lines

    def graded(self):
        return [line["key"][0] for line in self.lines()[1:] if "key" in line]

    def marks(self):
        book = json.loads((self.out / "grades.json").read_text(encoding="utf-8"))
        return {entry["student"]: entry["earned"] for entry in book["entries"]}

    def processes(self):
        """Those whose environment or command names this class: its run, workers and fork servers."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                said = "".join(open(f"/proc/{name}/{part}", encoding="utf-8", errors="replace").read()
                               for part in ("environ", "cmdline"))
            except OSError:
                continue
            if str(self.folder) in said and int(name) != os.getpid():
                found.append(int(name))
        return found

    def nothing_left(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and (self.processes() or list(self.temporary.iterdir())):
            time.sleep(0.05)
        assert not self.processes() and not list(self.temporary.iterdir())


def test_a_killed_run_goes_on_and_grades_nothing_twice(right, tmp_path):
    here = Class(tmp_path, a=right, b=right, c=notebook("import os\ndef dot(x, y):\n    os._exit(1)\n"), d=right)
    first = here.start()
    here.wait_for(2)
    first.kill()
    first.communicate()
    assert 1 <= len(here.graded()) < 4
    here.nothing_left()
    status, said = here.run()
    assert status == 0 and "Going on" in said and "4 graded, none" in said, said
    assert sorted(here.graded()) == ["a", "b", "c", "d"]
    assert here.marks() == {"a": 12, "b": 12, "c": 0, "d": 12}
    assert len(list((here.out / "feedback").glob("*.html"))) == 4 and (here.out / "report.html").stat().st_size > 1000
    here.nothing_left()

    (here.folder / "in" / "a_start_here.ipynb").write_text(notebook("x = 1"), encoding="utf-8")     # handed in again
    status, said = here.run("--regrade", "b")
    assert status == 1 and here.marks() == {"a": 0, "b": 12, "c": 0, "d": 12}, said
    assert sorted(here.graded()) == ["a", "a", "b", "b", "c", "d"]
    seed = here.lines()[0]["seed"]
    status, said = here.run("--regrade", "nobody")
    assert status == 2 and "no student 'nobody'" in said
    assert len(here.lines()) == 8, "the terms, six results and one that does not count any more"
    status, said = here.run("--regrade", "all")
    assert sorted(here.graded()) == ["a", "b", "c", "d"] and here.lines()[0]["seed"] != seed, said
    assert (here.out / "journal-before.jsonl").exists()
    here.nothing_left()


@pytest.mark.parametrize("moment", ["at the start", "in the middle"])
def test_ctrl_c_ends_all_and_says_how_to_go_on(moment, right, tmp_path):
    here = Class(tmp_path, a=right, z=notebook(HANGS))
    process = here.start("--limit-seconds", "60")
    here.wait_for(1 if moment == "at the start" else 2)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert process.returncode == 2 and "the same command goes on from there" in errors
    assert (here.out / "grades.csv").exists() == (moment == "in the middle")
    if moment == "in the middle":
        assert here.marks() == {"a": 12, "z": 0} and "not graded yet" in (here.out / "grades.csv").read_text("utf-8")
    assert "Traceback" not in errors, errors
    here.nothing_left()


def test_a_worker_that_dies_is_replaced_and_costs_nobody_anything(right, tmp_path):
    here = Class(tmp_path, a=right, b=right, c=right)
    process = here.start()
    here.wait_for(2)
    worker = [int(pid) for pid in open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()]
    worker += [int(pid) for path in os.listdir(f"/proc/{process.pid}/task")
               for pid in open(f"/proc/{process.pid}/task/{path}/children").read().split()]
    (worker,) = {pid for pid in worker if "spawn_main" in open(f"/proc/{pid}/cmdline").read()}
    os.kill(worker, signal.SIGKILL)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0 and "3 graded" in output.splitlines()[-1], output + errors
    assert sorted(here.graded()) == ["a", "b", "c"] and here.marks() == {"a": 12, "b": 12, "c": 12}
    here.nothing_left()


def test_a_hostile_notebook_changes_nothing_for_those_beside_it(right, tmp_path):
    honest, books = {"a": notebook(HALF), "c": right}, []
    for name, texts in (("without", honest), ("with", {**honest, "b": notebook(POISON)})):
        here = Class(tmp_path / name, **texts)
        here.run("--seed", "11")
        books.append(json.loads((here.out / "grades.json").read_text(encoding="utf-8")))
        here.nothing_left()
    without, beside = ([timeless(entry) for entry in book["entries"]] for book in books)
    assert [entry["student"] for entry in beside] == ["a", "b", "c"]
    hostile = beside.pop(1)
    assert hostile["earned"] == 0 and "refused" in hostile["exercises"][0]["reason"], "it ran, and wrote its rubbish"
    assert without == beside and [entry["earned"] for entry in beside] == [1, 12]


def timeless(entry):
    """An entry without what a clock gave."""
    own = {name: value for name, value in entry.items() if name not in ("seconds", "handed_in")}
    return {**own, "exercises": [{**one, "seconds": 0} for one in entry["exercises"]]}


def ends(*_):
    os._exit(3)


def dies(marker):
    """Ends its process the first time, as a worker that is killed does."""
    if not os.path.exists(marker):
        open(marker, "w", encoding="utf-8").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_work_that_kills_every_worker_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "ada_bpe.ipynb").write_text('{"cells": []}', encoding="utf-8")
    todo = class_run.units(hand_ins.found(tmp_path))
    journal = Journal(tmp_path / "journal.jsonl", {"seed": 1, "seconds": 1.0, "isolation": "auto"})
    monkeypatch.setattr(class_run, "judged", ends)
    came = []
    with LocalPool(1) as pool:
        assert pool.submit(dies, str(tmp_path / "marker")).exception() is not None
        assert pool.submit(dies, str(tmp_path / "marker")).result() == "done"
        lost = class_run.grade(todo, journal, pool, 1, lambda *what: came.append(what))
    journal.close()
    assert "ended, 3 times" in lost[todo[0].key] and came == [(todo[0], None)]


class Odd(Exception):
    """Cannot be pickled: it holds a function that has no name."""

    def __init__(self):
        super().__init__(lambda: 0)


class OddLater(Exception):
    """Can be pickled, and cannot be made again from what was."""

    def __init__(self, one, two):
        super().__init__("one")


def does_as_it_is_called(terms, word, name, data):
    """Stands in for the judge."""
    said = name.split(":")[0]
    if said == "ada":
        raise Odd
    if said == "bob":
        raise OddLater(1, 2)
    if said == "cyd":
        raise ZeroDivisionError("10 ** 400")
    return {"earned": 1} if said != "dan" else {"earned": lambda: 0}


def test_what_a_worker_raises_and_cannot_send_is_that_hand_ins_problem(tmp_path, monkeypatch):
    for student in ("ada", "bob", "cyd", "dan", "eve"):
        (tmp_path / f"{student}_bpe.ipynb").write_text('{"cells": []}', encoding="utf-8")
    todo = class_run.units(hand_ins.found(tmp_path))
    journal = Journal(tmp_path / "journal.jsonl", {"seed": 1, "seconds": 1.0, "isolation": "auto"})
    monkeypatch.setattr(class_run, "judged", does_as_it_is_called)
    came = {}
    with LocalPool(1) as pool:
        lost = class_run.grade(todo, journal, pool, 1, lambda unit, result: came.update({unit.hand_in.student: result}))
    journal.close()
    assert came == {"ada": None, "bob": None, "cyd": None, "dan": None, "eve": {"earned": 1}}
    assert {key[0]: problem.split(" (")[-1] for key, problem in lost.items()} == {
        "ada": "Unsent)", "bob": lost[todo[1].key], "cyd": "ZeroDivisionError)", "dan": "Unsent)"}
    assert "ended" in lost[todo[1].key]


def test_what_is_true_of_all_hand_ins_stops_the_run(tmp_path):
    class Pool:
        def submit(self, *_):
            future = Future()
            future.set_exception(Trouble("no sandbox starts here"))
            return future

    (tmp_path / "ada_bpe.ipynb").write_text('{"cells": []}', encoding="utf-8")
    journal = Journal(tmp_path / "journal.jsonl", {"seed": 1, "seconds": 1.0, "isolation": "auto"})
    with pytest.raises(Trouble, match="no sandbox"):
        class_run.grade(class_run.units(hand_ins.found(tmp_path)), journal, Pool(), 1, lambda *_: None)
    journal.close()

"""A class on a Dask cluster: what it gives is what this machine gives, whoever dies; a course that differs is named."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager

import psutil
import pytest
from adversarial.notebooks import cell
from click.testing import CliRunner

from course_lib.classroom import layout
from course_lib.cli import main
from course_lib.grading.running import dask_cluster, warm_grader
from course_lib.grading.running.pool import WorkerDied
from course_lib.grading.running.warm_grader import Terms, judged

pytest.importorskip("distributed", reason="distributed is wanted: pip install -e .[grade]")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
TERMS = Terms(7, 3.0)
SETUP = "import time\nfrom course_lib.classroom import lesson\ncheck = lesson('start_here')\n"
RIGHT = "def dot(a, b):\n    if len(a) != len(b):\n        raise ValueError\n" \
        "    return sum(x * y for x, y in zip(a, b))\n"
TEXTS = {"right": RIGHT, "wrong": "def dot(a, b):\n    return 1.0\n", "none": "",
         "slow": "def dot(a, b):\n    time.sleep(60)\n"}


def notebook(text):
    cells = [cell(SETUP), cell(text)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@contextmanager
def processes(folder):
    """A function that starts a process of Dask; all are ended in the end."""
    started = []

    def start(kind, *arguments, path=layout.ROOT):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments, "--host", "127.0.0.1",
                   "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        with (folder / f"{kind}-{len(started)}.txt").open("wb") as said:
            started.append(subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(path)},
                                            stdout=said, stderr=said))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def scheduler(start, folder, **more):
    """The address of a new scheduler."""
    file = folder / "scheduler.json"
    process = start("scheduler", "--port", "0", "--scheduler-file", str(file), **more)
    until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("}"), process)
    return json.loads(file.read_text(encoding="utf-8"))["address"]


def worker(start, address, **more):
    return start("worker", address, "--nthreads", "2", "--no-nanny", "--memory-limit", "0", "--local-directory", ".",
                 **more)


def until(true, process=None, seconds=120.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end and (process is None or process.poll() is None)
        time.sleep(0.05)


def without_seconds(said):
    if isinstance(said, dict):
        return {name: without_seconds(value) for name, value in said.items() if name != "seconds"}
    return [without_seconds(one) for one in said] if isinstance(said, list) else said


def whole_class(folder, address):
    """`course grade` on the cluster."""
    (folder / "class").mkdir()
    for student, kind in (("ada", "right"), ("bob", "wrong")):
        (folder / "class" / f"{student}_start_here.ipynb").write_bytes(notebook(TEXTS[kind]))
    arguments = ["grade", str(folder / "class"), "--out", str(folder / "out"), "--dask", address, "--seed", "7",
                 "--limit-seconds", "3"]
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 0 and "2 graded, none that could not be" in ended.output, ended.output
    book = json.loads((folder / "out" / "grades.json").read_text(encoding="utf-8"))
    assert [entry["earned"] for entry in book["entries"]] == [1, 0]


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    handed_in = ["right", "wrong", "slow", "slow", "right", "none", "wrong", "right"]
    units = [(TERMS, "start_here", f"{n}: {kind}", notebook(TEXTS[kind])) for n, kind in enumerate(handed_in)]
    units.append((TERMS, "start_here", "torn", b'{"cells": ['))
    with processes(tmp_path) as start:
        address = scheduler(start, tmp_path)
        workers = [worker(start, address) for _ in range(2)]
        with dask_cluster.pool(address) as pool:
            until(lambda: pool.jobs == 2)
            futures = [pool.submit(judged, *unit) for unit in units]
            until(lambda: sum(future.done() for future in futures) >= 2)
            pids = pool.client.run(os.getpid)
            busy = next(one for one in workers for at, keys in pool.client.processing().items()
                        if pids[at] == one.pid and keys)
            server = psutil.Process(busy.pid).children(recursive=True)
            assert server and not all(future.done() for future in futures)
            busy.kill()
            said = [future.result(120) for future in futures]
            assert pool.jobs == 1
            other = psutil.Process(next(one.pid for one in workers if one is not busy))
            assert other.children()
            whole_class(tmp_path, address)
        assert not psutil.wait_procs(server, timeout=30)[1]
        until(lambda: not other.children())
        assert other.is_running()
    try:
        here = [judged(*unit) for unit in units]
    finally:
        warm_grader.cool()
    assert without_seconds(said) == without_seconds(here)
    assert [one["earned"] for one in said] == [1, 0, 0, 0, 1, 0, 0, 1, 0]
    assert "3 seconds" in said[2]["exercises"][0]["reason"] and "JSON" in said[8]["problem"]


@pytest.mark.slow
def test_a_cluster_that_is_not_fit_is_refused_before_anything_is_graded(tmp_path):
    other = tmp_path / "other"
    for part in ("course_lib", "tests/hidden", "chapters"):
        shutil.copytree(layout.ROOT / part, other / part, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "tests/hidden/bpe.py").write_text("# another test\n", encoding="utf-8")
    (tmp_path / "none" / "course_lib").mkdir(parents=True)
    (tmp_path / "none" / "course_lib" / "__init__.py").write_text("raise ImportError('no course')", encoding="utf-8")
    with processes(tmp_path) as start:
        address = scheduler(start, tmp_path, path=tmp_path / "none")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="has no workers"):
            patch.setattr(dask_cluster, "PATIENCE", 1.0)
            dask_cluster.pool(address)
        worker(start, address, path=tmp_path / "none")
        worker(start, address, path=other)
        until(lambda: joined(address) == 2)
        with pytest.raises(dask_cluster.OtherCourse) as refused:
            dask_cluster.pool(address)
    said = str(refused.value)
    assert "the scheduler lacks the course" in said and said.count("lacks the course (") == 2
    assert "has another version of the course or its hidden tests (" in said and f"here {dask_cluster.course()}" in said


def joined(address):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        return len(client.nthreads())


def test_no_scheduler_is_said_within_seconds(monkeypatch):
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
        closed.close()
        began = time.monotonic()
        for address in (f"tcp://127.0.0.1:{silent.getsockname()[1]}", f"127.0.0.1:{nobody}", "nonsense://x", "x", ""):
            with pytest.raises(OSError, match="No Dask scheduler answers at"):
                dask_cluster.pool(address)
        assert time.monotonic() - began < 20


def test_what_becomes_of_a_future_of_dasks():
    from distributed import KilledWorker

    def settled(cancelled, result):
        theirs, ours = type("Theirs", (), {"cancelled": lambda _: cancelled, "result": lambda _: result()})(), Future()
        dask_cluster.Cluster(None, "tcp://x:1").settle(theirs, ours)
        return ours

    def fail(error):
        raise error

    assert settled(False, lambda: {"earned": 1}).result(1) == {"earned": 1}
    for error, wanted in ((KilledWorker("k", "w", 3), WorkerDied), (ImportError("no course"), dask_cluster.OtherCourse),
                          (LookupError("no chapter"), LookupError), (CancelledError(), ConnectionError)):
        assert type(settled(False, lambda error=error: fail(error)).exception(1)) is wanted
    assert "tcp://x:1 is gone" in str(settled(True, lambda: None).exception(1))


def test_a_worker_of_another_course_that_joins_late_judges_nothing():
    with pytest.raises(dask_cluster.OtherCourse, match="another version"):
        dask_cluster.fitting("0" * 16, pytest.fail, "judged")
    assert dask_cluster.fitting(dask_cluster.course(), len, b"abc") == 3

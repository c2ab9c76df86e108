"""Each layer of isolation by itself: what is claimed is in force, and each probe can tell when it is not."""

import json
import os
import socket
import sys

import pytest

from course_lib.classroom import layout
from course_lib.grading.isolation import linux
from course_lib.grading.isolation.protocol import pack
from course_lib.grading.isolation.sandbox import works
from course_lib.grading.isolation.supervisor import TRIED, Supervisor
from course_lib.grading.judging.grader import WORKER, message

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="these layers are Linux's")]
PROBE = """
import json, os, socket, torch

def can(act):
    try:
        act()
        return True
    except ProcessLookupError:
        return False
    except (OSError, MemoryError):
        return False

def connect(port):
    with socket.socket() as s:
        s.connect(("127.0.0.1", port))

def look(impl, draw):
    said = json.loads(impl())
    yield "the hidden tests", can(lambda: open(said["test"]).close())
    yield "the names of the hidden tests", os.path.exists(said["test"])
    yield "a file at home", can(lambda: open(said["home"]).close())
    yield "writing there", can(lambda: open(said["home"] + "2", "w").close())
    yield "its own folder", can(lambda: open("x", "w").close()) and os.path.exists(os.environ["HOME"] + "/x")
    yield "the library", can(lambda: open(os.__file__).close())
    yield "a server", can(lambda: connect(said["port"]))
    yield "the judge's process", can(lambda: os.kill(said["judge"], 0))
    yield "three gigabytes", can(lambda: bytearray(3 * 10**9))
    yield "a thousand files", can(lambda: [open("/dev/null") for _ in range(1000)])
    yield "a session of its own", os.getpid() == os.getsid(0) == os.getpgid(0)
    if said["own"]:
        yield "rights", "CapEff:\\t0000000000000000" not in open("/proc/self/status").read()
        yield "root", open("/proc/self/uid_map").read().split()[1] == "0"
"""
SECCOMP = ["seccomp"] if sys.platform == "linux" and works(linux.refuse_calls) else []
ALWAYS = {"its own folder", "the library", "a session of its own"}
OPEN = {"the hidden tests", "the names of the hidden tests", "a file at home", "writing there", "a server",
        "the judge's process"}


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x", encoding="utf-8")
    return path


def seen(server, listener, secret):
    """What a sandbox can reach of all that the probe asks for."""
    said = {"test": str(layout.ROOT / "tests" / "hidden" / "attention.py"), "home": str(secret), "judge": os.getpid(),
            "port": listener.getsockname()[1], "own": "files" in server.layers}
    job = {"kind": "run", "word": "attention", "name": "look", "seed": 1, "probe": PROBE, "given": [],
           "seconds": 9, "by_hand": False, "watched": False,
           "examples": [], "around": [],
           "statements": [[0, f"def look(): return {json.dumps(said)!r}"]]}
    came = server.job(pack(job), 20)
    answers = [message(header, raw) for header, raw in came]
    assert answers[-1] == ("end", []), (answers[-1], came.end)
    return {step.label for _, step in answers[:-1] if step.value}


def test_limits_alone(listener, secret):
    with Supervisor("start_here", WORKER, ["limits"]) as server:
        assert server.layers == ["limits", "session", *SECCOMP]
        assert seen(server, listener, secret) == ALWAYS | OPEN


@pytest.mark.skipif(not linux.landlock_version(), reason="this machine has no landlock")
def test_landlock_without_namespaces(listener, secret):
    with Supervisor("start_here", WORKER, ["limits", "landlock"]) as server:
        assert server.layers == ["limits", "session", "landlock", *SECCOMP]
        closed = {"the hidden tests", "a file at home", "writing there"}
        closed |= {"a server"} if linux.landlock_version() >= 4 else set()
        closed |= {"the judge's process"} if linux.landlock_version() >= 6 else set()
        assert seen(server, listener, secret) == ALWAYS | OPEN - closed


@pytest.mark.parametrize("tried", [TRIED, ("limits", "namespaces")], ids=["everything", "namespaces without landlock"])
def test_namespaces(listener, secret, tried):
    with Supervisor("start_here", WORKER, tried) as server:
        if "files" not in server.layers:
            pytest.skip("this machine forbids namespaces")
        assert ("landlock" in server.layers) == ("landlock" in tried and linux.landlock_version() > 0)
        assert {"limits", "session", "files", "network", "processes"} <= set(server.layers)
        root = {"root"} if "user" not in server.layers else set()
        assert seen(server, listener, secret) == ALWAYS | root


def test_nothing_tried_is_nothing_claimed():
    with Supervisor("start_here", WORKER, ()) as server:
        assert server.layers == []

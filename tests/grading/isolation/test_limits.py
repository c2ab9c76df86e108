"""Limits are for a whole sandbox: what its processes use together is summed, and what no limit counts is not there."""

import json
import os
import sys

import pytest

from course_lib.grading.isolation import linux, usage
from course_lib.grading.isolation.protocol import pack
from course_lib.grading.isolation.sandbox import PROCESSES, works
from course_lib.grading.isolation.supervisor import Supervisor
from course_lib.grading.judging.grader import WORKER, message

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")]
HEAD = """
import ctypes, mmap, os, time
libc = ctypes.CDLL(None, use_errno=True)
def look(impl, draw):
    for label, value in impl():
        yield label, value
"""
CHILDREN = """
def look():
    for _ in range({count}):
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            {does}
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
    yield "", 0
"""
MEMORY = "x = bytearray(250 * 10**6)\n            for i in range(0, len(x), 4096): x[i] = 1"
SHARED = "x = mmap.mmap(-1, 250 * 2**20)\n            for i in range(0, len(x), 4096): x[i] = 1"


@pytest.fixture(scope="module")
def server():
    with Supervisor("start_here", WORKER) as made:
        if "files" not in made.layers:
            pytest.skip("this machine forbids namespaces")
        yield made


def came(server, code, seconds=30):
    """({label: value}, how it ended) of a program in a sandbox that yields such pairs."""
    job = {"kind": "run", "word": "start_here", "name": "look", "seed": 1, "probe": HEAD, "given": [], "seconds": 9,
           "by_hand": False, "watched": False, "examples": [], "around": [],
           "statements": [[1, "import ctypes, mmap, os, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"], [1, code]]}
    running = server.job(pack(job), seconds)
    steps = [message(header, raw) for header, raw in running]
    return {step.label: step.value for kind, step in steps if kind == "step" and step.value != ()}, running.end


@pytest.mark.parametrize("does", [MEMORY, SHARED], ids=["each its own", "each a shared map"])
def test_the_memory_of_all_processes_is_summed(does, server):
    _, end = came(server, CHILDREN.format(count=6, does=does))
    assert end["over"] == "memory" and end["exit"] != 0, end


def test_the_computing_of_all_processes_is_summed_and_they_are_few(server):
    _, end = came(server, CHILDREN.format(count=60, does="while True: pass"), 4)
    assert end.get("over") == "computing" or end["late"], end       # a busy machine may not let them compute enough
    found, _ = came(server, "def look():\n    n = 0\n    while n < 99:\n        try:\n            child = os.fork()\n"
                            "        except OSError:\n            break\n        if child == 0:\n"
                            "            time.sleep(60)\n        n += 1\n    yield 'children', n\n")
    assert 0 < found["children"] < PROCESSES


def test_a_limit_is_for_one_sandbox_and_the_next_has_its_own(server):
    found, end = came(server, "def look():\n    if os.fork() == 0:\n        os._exit(0)\n    os.wait()\n"
                              "    x = bytearray(600 * 10**6)\n    yield 'fine', len(x)\n")
    assert found == {"fine": 600 * 10**6} and not end["over"]


@pytest.mark.skipif(sys.platform == "linux" and not works(linux.refuse_calls), reason="this machine has no seccomp")
def test_there_are_no_segments_of_shared_memory_no_files_in_memory_and_no_further_namespaces(server):
    numbers = {name: linux.REFUSED[os.uname().machine][1][name] for name in ("shmget", "memfd_create", "unshare")}
    clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    found, _ = came(server, f"""
def tried(*call):
    ctypes.set_errno(0)
    return libc.syscall(*map(ctypes.c_long, call)), ctypes.get_errno()
def look():
    yield "segment", tried({numbers["shmget"]}, 0, 100 << 20, 0o1600)
    yield "file", (libc.syscall(ctypes.c_long({numbers["memfd_create"]}), b"x", ctypes.c_long(0)), ctypes.get_errno())
    yield "unshare", tried({numbers["unshare"]}, 0x10000000)
    yield "clone", tried({clone}, 0x10000000 | 17, 0, 0, 0, 0)
    yield "most", open("/proc/sys/user/max_user_namespaces").read().strip()
    try:
        yield "raised", str(open("/proc/sys/user/max_user_namespaces", "w").write("9"))
    except OSError:
        yield "raised", ""
    yield "shm", os.path.exists("/dev/shm")
""")
    assert found.pop("clone")[0] == -1
    assert found == {"segment": (-1, 1), "file": (-1, 1), "unshare": (-1, 1), "most": "0", "raised": "", "shm": False}


def test_the_fork_server_starts_under_a_closed_umask():
    before = os.umask(0o077)
    try:
        with Supervisor("start_here", WORKER) as server:
            assert "files" in server.layers
            assert came(server, "def look():\n    yield 'fine', True\n")[0] == {"fine": True}
    finally:
        os.umask(before)


def test_what_is_used_is_read_from_the_system():
    me = usage.process(os.getpid())
    assert me.parent == os.getppid() and 10 << 20 < me.memory < 10 << 30 and me.seconds > 0
    child = os.fork()
    if child == 0:
        os.read(os.pipe()[0], 1)
    try:
        family = usage.below(os.getpid())
        assert child in family and 0 < usage.together(family) <= 1.2 * sum(one.memory for one in family.values())
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert usage.process(2**30) is None and json.dumps(usage.ready_and_waiting(2**30)) == "0.0"

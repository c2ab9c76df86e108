"""A submission that searches its cell for the answer finds none, and finds one that is put there."""

import hashlib
import re
import sys

import numpy as np
import pytest
from adversarial.notebooks import TARGET, notebook, write

from course_lib.classroom import layout
from course_lib.grading import Grader

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")]

# What it looks for is told as (what, its first bytes, length, hash): then the search itself holds none of it.
SEARCH = '''
import ctypes, gc, hashlib, os, sys, types
NEEDLES = {needles!r}
HOLDERS = dict, list, tuple, set, frozenset
def causal_attention(q, k, v):
    found, counts = set(), {"objects": 0, "codes": 0, "files": 0, "megabytes": 0}
    def look(data, where):
        for what, start, length, digest in NEEDLES:
            at = data.find(start)
            while at >= 0:
                if hashlib.sha256(data[at:at + length]).hexdigest() == digest: found.add(where + ": " + what)
                at = data.find(start, at + 1)
    codes = set()
    def code(x, where):
        if x not in codes:
            codes.add(x)
            look(x.co_code, where)
            for y in x.co_consts: thing(y, where)
    def thing(x, where):
        try:
            if isinstance(x, torch.Tensor): look(x.detach().contiguous().numpy().tobytes(), where)
            elif isinstance(x, (bytes, bytearray)): look(bytes(x), where)
            elif isinstance(x, str): look(x.encode("utf-8", "replace"), where)
            elif isinstance(x, types.CodeType): code(x, where)
            elif isinstance(x, types.FunctionType): code(x.__code__, where)
        except (RuntimeError, TypeError, NotImplementedError): pass
    frame = sys._getframe()
    while frame:
        code(frame.f_code, "frame")
        for space in (frame.f_locals, frame.f_globals):
            for x in list(space.values()): thing(x, "frame")
        frame = frame.f_back
    for module in list(sys.modules.values()):
        for x in list(getattr(module, "__dict__", {}).values()): thing(x, "module")
    gc.unfreeze()
    for x in gc.get_objects():
        counts["objects"] += 1
        thing(x, "object")
        for y in list(gc.get_referents(x)) if isinstance(x, HOLDERS) else ():
            thing(y, "object")
            if isinstance(y, HOLDERS) and not gc.is_tracked(y):
                for z in gc.get_referents(y): thing(z, "object")
    counts["codes"] = len(codes)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)      # it may let itself be read
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps.readlines():
            area, rights = line.split()[:2]
            at, end = (int(n, 16) for n in area.split("-"))
            while rights.startswith("rw") and at < end:
                try:
                    memory.seek(at)
                    data = memory.read(min(end - at, 1 << 20))
                except OSError: break
                look(data, "memory")
                counts["megabytes"] += len(data) / 1e6
                at += max(len(data) - 256, 1) if at + len(data) < end else len(data)
    for name in os.listdir("/proc"):
        for what in ("mem", "environ", "maps", "fd") if name.isdigit() and int(name) != os.getpid() else ():
            try:
                if what == "fd": os.listdir("/proc/%s/fd" % name)
                else: open("/proc/%s/%s" % (name, what), "rb").read(1)
                found.add("process " + name)
            except OSError: pass
    for place in dict.fromkeys(["/", *sys.path, sys.prefix, os.environ["HOME"], "/tmp", "/home", "/root", "/mnt"]):
        for folder, folders, names in os.walk(place):       # from each, since landlock may forbid to list "/"
            if folder in ("/proc", "/usr", "/lib", "/lib64") or "site-packages" in folder or "/lib/python" in folder:
                folders.clear(); continue
            counts["files"] += len(names)
            found.update("disk: " + n for n in names if n.endswith(".ipynb") or n == "exam.py")
            found.update("disk: " + n for n in names if (folder + "/" + n).endswith("course_lib/attention.py"))
            found.update("disk: " + n for n in folders if n in ("hidden", "solutions", "chapters"))
    found.update(n for n in os.environ if n in ("PWD", "USER", "VIRTUAL_ENV") or "TOKEN" in n or "KEY" in n)
    said = "; ".join(sorted(found)) or "nothing"
    raise RuntimeError(said + " in %(objects)d objects, %(codes)d codes, %(files)d files, %(megabytes)d MB" % counts)
'''


@pytest.fixture(scope="module")
def judge():
    with Grader("attention", seed=5, seconds=60, total=120) as judge:
        if "files" not in judge.runner.layers:
            pytest.skip("this machine forbids namespaces")
        judge.reading["exercises"] = {n: s | {"by_hand": []} for n, s in judge.reading["exercises"].items()}
        yield judge


@pytest.fixture(scope="module")
def answer(judge):
    """(the reference's text, an expected value's bytes, the reference's bytecode)"""
    steps = {step.label: step.value for step in judge.exam.expected(TARGET)}
    value = np.ascontiguousarray(steps["the scores are divided by the square root of D"].numbers).tobytes()
    return layout.reference_source("attention", TARGET), value, layout.reference("attention", TARGET).__code__.co_code


def searched(judge, answer, path):
    """What the search says that it found, as the judge was told."""
    source, value, code = answer
    line = re.search(r"[^\n]*masked_fill[^\n]*", source)[0].strip().encode()
    wanted = [("text", line), ("value", value[-32:]), ("code", code)]
    needles = [(what, data[:6], len(data), hashlib.sha256(data).hexdigest()) for what, data in wanted]
    book = notebook(SEARCH.replace("{needles!r}", repr(needles)))
    wrong = next(e for e in judge.grade(write(path / "a.ipynb", book)).exercises if e.name == TARGET)
    assert wrong.earned == 0
    assert " objects, " in wrong.error, (wrong.reason, wrong.error)
    return wrong.error


def test_it_finds_no_answer_in_objects_frames_code_memory_disk_and_processes(judge, answer, tmp_path):
    got = searched(judge, answer, tmp_path)
    said = re.fullmatch(r"nothing in (\d+) objects, (\d+) codes, (\d+) files, (\d+) MB", got)
    assert said, got
    objects, codes, files, megabytes = map(int, said.groups())
    assert objects > 50_000 and codes > 10_000 and files > 30 and megabytes > 100, f"it did look: {got}"


def test_it_finds_an_answer_that_is_there(judge, answer, tmp_path, monkeypatch):
    source, value, _ = answer
    plain = judge.exam.running_job

    def leaking(name, statements):
        job = plain(name, [[0, f"spare = bytes.fromhex({value.hex()!r})"], *statements])
        part = {"name": "key", "source": f"import torch\n{source}\nkey = {TARGET}\n"}
        return {**job, "given": [*job["given"], part]}

    monkeypatch.setattr(judge.exam, "running_job", leaking)
    place = judge.runner.folder / "course" / "course_lib" / "attention.py"
    place.write_text(source, encoding="utf-8")
    try:
        got = searched(judge, answer, tmp_path)
    finally:
        place.unlink()
    for where in ("frame: value", "frame: code", "object: text", "memory: text", "memory: value", "disk: attention.py"):
        assert where in got, got

"""What all processes of a sandbox use together, read from /proc by whoever stands above them. Linux only.

The limits of the system are each for one process; these are for a whole sandbox, however many it has started.
"""

import os
import select
import signal
import time
from typing import NamedTuple

PAUSE = 0.05            # seconds between two looks
MEGABYTE = 1 << 20
PAGE, TICKS = (os.sysconf(name) if hasattr(os, "sysconf") else 1 for name in ("SC_PAGE_SIZE", "SC_CLK_TCK"))


class Process(NamedTuple):
    """A process as /proc has it. memory: bytes, those it shares included   seconds: of computing, its dead children's
    included."""

    parent: int
    memory: int
    seconds: float


class Bounds(NamedTuple):
    """What a sandbox may use. seconds: by the clock, and two more of computing   megabytes: beyond its start"""

    seconds: float
    megabytes: int


def attend(child, bounds):
    """Wait for a sandbox's first process, and kill it once its time is over or all processes below use too much.

    returns: {"late", "over": "memory", "computing" or "", "computed": seconds, "waited": seconds that it was ready to
    run and others were running}
    """
    began, handle, over = time.monotonic(), os.pidfd_open(child), ""
    me, computed, waited = os.getpid(), 0.0, 0.0
    most = bounds.megabytes * MEGABYTE + process(me).memory
    while True:
        left = bounds.seconds - (time.monotonic() - began)
        ended = select.select([handle], [], [], min(PAUSE, max(left, 0)))[0]
        if ended:
            break
        family = below(me)
        computed = max(computed, sum(one.seconds for one in family.values()))
        waited = ready_and_waiting(child) or waited
        if sum(one.memory for one in family.values()) > most and together(family) > most:
            over = "memory"
        elif computed > bounds.seconds + 2:
            over = "computing"
        if over or left <= 0:
            os.kill(child, signal.SIGKILL)
            break
    os.close(handle)
    return {"late": not ended and not over, "over": over, "computed": round(computed, 2), "waited": round(waited, 2)}


def below(ancestor):
    """{pid: Process} of all that descend from a process."""
    every = {int(name): process(name) for name in os.listdir("/proc") if name.isdigit()}
    family, todo = {}, [ancestor]
    while todo:
        parent = todo.pop()
        for pid, one in every.items():
            if one and one.parent == parent and pid not in family:
                family[pid] = one
                todo.append(pid)
    return family


def process(pid):
    """A Process, or None where it has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            said = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Process(int(said[1]), int(said[21]) * PAGE, sum(map(int, said[11:15])) / TICKS)


def together(family):
    """Bytes that processes have together: what several share counts once. One that hides its pages counts whole."""
    total = 0
    for pid, one in family.items():
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                total += 1024 * next(int(line.split()[1]) for line in file if line.startswith(b"Pss:"))
        except (OSError, StopIteration):
            total += one.memory
    return total


def ready_and_waiting(pid):
    """Seconds that a process could have run while the machine ran others; 0.0 where the kernel does not count them."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0

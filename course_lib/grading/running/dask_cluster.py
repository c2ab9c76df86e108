"""The same work on an existing Dask cluster, for a class that outgrows one machine.

The cluster must be trusted. Dask's own messages are pickles, so whoever reaches the scheduler can run code on every
worker and on this machine too: keep it on a network of your own, or behind Dask's TLS. What the students wrote is
still run by the judge alone, in its sandboxes; what comes back from a worker is the judge's own dict.

Scheduler and workers need the course that this machine has, hidden tests and all. A worker judges one hand-in at a
time, however many threads it has: start it with `dask worker ADDRESS --nworkers 8 --nthreads 1`. All fork servers
are closed at the end.
"""

import asyncio
import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from functools import lru_cache

from . import warm_grader
from .journal import fingerprint
from .pool import WorkerDied

PATIENCE = 10.0         # seconds to wait for a scheduler, and for a first worker
MENDED = "Install this very course, with its tests/hidden, on the cluster too, and start its processes again."

_alone = threading.Lock()               # held while this process judges: `warm_grader` keeps one Grader


def pool(address):
    """A Cluster over the Dask scheduler at an address such as tcp://10.0.0.5:8786.

    OSError where there is none, or no worker; RuntimeError where scheduler or workers have not the same course, or
    this machine has no `distributed`. Nothing has been graded then.
    """
    try:
        from distributed import Client
    except ImportError:
        raise RuntimeError("A Dask cluster wants the package distributed: pip install -e \".[grade]\"") from None
    try:
        kind = asyncio.run(asyncio.wait_for(who(address), PATIENCE))
        if kind != "Scheduler":
            raise ValueError(f"it is a {kind}")
        client = Client(address, timeout=PATIENCE, name="small-world", set_as_default=False)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise OSError(f"No Dask scheduler answers at {address!r} ({first_line(error)}). Give the address that "
                      "`dask scheduler` prints, such as tcp://10.0.0.5:8786.") from None
    try:
        examine(client, address)
    except BaseException:
        client.close()
        raise
    return Cluster(client, address)


async def who(address):
    """What answers there: "Scheduler", it should be. A Client would wait for ever for what says nothing."""
    from distributed import Security
    from distributed.core import rpc

    async with rpc(address, connection_args=Security().get_connection_args("client")) as other:
        return (await other.identity())["type"]


def examine(client, address):
    """Raise OSError or RuntimeError unless there are workers, and all have the course that is here."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except (TimeoutError, asyncio.TimeoutError):
        raise OSError(f"The Dask cluster at {address} has no workers. Start some: dask worker {address} "
                      "--nthreads 1") from None
    told = client.run(course, on_error="return")
    try:
        told["the scheduler"] = client.run_on_scheduler(course)
    except Exception as error:          # whatever it lacks: it is said below
        told["the scheduler"] = error
    wrong = [f"{who} {difference(said)}" for who, said in told.items() if said != course()]
    if wrong:
        more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise OtherCourse(f"The Dask cluster at {address} is not fit to grade: {'; '.join(wrong[:3])}{more}. {MENDED}")


def difference(said):
    if isinstance(said, Exception):
        return f"lacks the course ({first_line(said)})"
    return f"has another version of the course or its hidden tests ({said}, here {course()})"


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class OtherCourse(RuntimeError):
    """A process of the cluster lacks the course, or has another version of it."""


class Cluster:
    """`submit(fn, *args)` gives a Future as an executor's does. close() lets the workers rest, and leaves them."""

    def __init__(self, client, address):
        self.client, self.address = client, address

    @property
    def jobs(self):
        """How many hand-ins are judged at once: the workers that there are now."""
        return len(self.client.nthreads())

    def submit(self, function, *arguments):
        """Dask hands the work to another worker when one dies, and waits for a new one where none is left.

        Work that four workers in a row have died with is a WorkerDied.
        """
        ours = Future()
        theirs = self.client.submit(fitting, course(), function, *arguments, pure=False)
        theirs.add_done_callback(lambda future: self.settle(future, ours))
        return ours

    def settle(self, theirs, ours):
        from distributed import KilledWorker

        try:
            if theirs.cancelled():
                raise CancelledError
            ours.set_result(theirs.result())
        except (CancelledError, asyncio.CancelledError):        # nobody here cancels: the client has lost its scheduler
            gone = f"The Dask scheduler at {self.address} is gone. What was graded is kept."
            ours.set_exception(ConnectionError(gone))
        except KilledWorker:
            ours.set_exception(WorkerDied("the process that graded it ended"))
        except ImportError as error:
            ours.set_exception(OtherCourse(f"A worker at {self.address} {difference(error)}. {MENDED}"))
        except Exception as error:
            ours.set_exception(error)

    def close(self):
        if self.client.status == "running":             # else the scheduler is gone
            with suppress(OSError, RuntimeError, ValueError):
                self.client.run(rest, wait=False, on_error="ignore")
        self.client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# on a worker

@lru_cache(1)
def course():
    """The fingerprint of the course, taken once: a process keeps the code it has imported, whatever the disk has."""
    return fingerprint()


def fitting(said, function, *arguments):
    """Do the work, if this process has the right course: a worker may have joined after the cluster was examined."""
    if course() != said:
        raise OtherCourse(f"A worker has another version of the course or its hidden tests. {MENDED}")
    with _alone:
        return function(*arguments)


async def rest():
    """Close the Grader as soon as it is idle, beside the worker's loop."""
    def cool():
        with _alone:
            warm_grader.cool()

    await asyncio.to_thread(cool)

"""Worker processes of this machine. One that dies fails its own work alone, and another takes its place."""

import atexit
import multiprocessing
import queue
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import Future
from multiprocessing import resource_tracker

from ..isolation import temp_folders

PATIENCE = 900.0        # seconds after which a worker is given up: far more than a submission may take
POSIX = hasattr(signal, "pthread_sigmask")
FAREWELL = 20.0         # seconds in which a worker must have closed what it started


class WorkerDied(RuntimeError):
    """The process that did the work is gone, and the work with it."""


class Unsent(Exception):
    """What the work gave or raised cannot be sent from one process to another. The worker goes on."""


class LocalPool:
    """`submit(fn, *args)` gives a Future, as an executor's does. close() ends all workers."""

    def __init__(self, jobs):
        if POSIX:
            resource_tracker.ensure_running()   # its first start would take back what `serve` blocks
        self.jobs, self.work, self.workers, self.closed = jobs, queue.Queue(), {}, False
        self.threads = [threading.Thread(target=self.serve, args=(n,), daemon=True) for n in range(jobs)]
        for thread in self.threads:
            thread.start()

    def submit(self, function, *arguments):
        future = Future()
        self.work.put((future, function, arguments))
        return future

    def serve(self, number):
        """One worker's thread: hand it one thing after another, and start it anew when it is gone."""
        if POSIX:           # a worker inherits this: Ctrl-C is the parent's business
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        while (item := self.work.get()) is not None and not self.closed:
            future, function, arguments = item
            try:
                if number not in self.workers:
                    self.workers[number] = Worker()
                if self.closed:                 # since it was looked at
                    raise EOFError
                fine, value = self.workers[number].ask(function, arguments)
            except Exception as error:      # gone, or what it sent cannot be read; this thread has others to serve
                if number in self.workers:
                    self.workers.pop(number).end(now=True)
                future.set_exception(WorkerDied(f"the process that graded it ended {error}".rstrip()))
                continue
            future.set_result(value) if fine else future.set_exception(value)
        if number in self.workers:
            self.workers.pop(number).end()

    def close(self, now=False):
        """End all workers; with `now` also those that are in the middle of something."""
        self.closed = True
        for _ in self.threads:
            self.work.put(None)
        if now:
            for worker in list(self.workers.values()):
                worker.process.terminate()
        for thread in self.threads:
            thread.join()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(now=kind is not None)


class Worker:
    """A process and its temporary folder, which goes with it however it ends."""

    def __init__(self):
        context = multiprocessing.get_context("spawn")
        self.folder = temp_folders.make()
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, str(self.folder)), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, function, arguments):
        """(True, what the function gave) or (False, what it raised). EOFError or OSError where the worker is gone."""
        self.line.send((function, arguments))
        if not self.line.poll(PATIENCE):
            raise EOFError(f"after {PATIENCE:.0f} seconds without an answer")
        return self.line.recv()

    def end(self, now=False):
        """Have it go, and wait for it. It reads the end of the line, and closes what it has started."""
        self.line.close()
        if now:
            self.process.terminate()
        self.process.join(FAREWELL)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        temp_folders.remove(self.folder)


def leave(*_):
    """End as Python ends, once, so that the fork server is closed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def serve(line, folder):
    """In the worker: do what comes until nobody is at the other end, and leave nothing in the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    tempfile.tempdir = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)      # for a parent that was killed
    while True:
        try:
            function, arguments = line.recv()
        except (EOFError, OSError):
            return
        try:
            said = True, function(*arguments)
        except Exception as error:
            said = False, error
        try:
            line.send(said)
        except OSError:
            return
        except Exception as error:
            line.send((False, Unsent(f"{type(said[1]).__name__}, which cannot be sent: {type(error).__name__}")))

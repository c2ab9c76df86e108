"""Worker processes of this machine. One that dies fails its own work alone, and another takes its place."""

import multiprocessing
import queue
import signal
import sys
import threading
from concurrent.futures import Future

PATIENCE = 900.0        # seconds after which a worker is given up: far more than a submission may take


class WorkerDied(RuntimeError):
    """The process that did the work is gone, and the work with it."""


class LocalPool:
    """`submit(fn, *args)` gives a Future, as an executor's does. close() ends all workers."""

    def __init__(self, jobs):
        self.jobs, self.work, self.processes, self.closed = jobs, queue.Queue(), {}, False
        self.threads = [threading.Thread(target=self.serve, args=(n,), daemon=True) for n in range(jobs)]
        for thread in self.threads:
            thread.start()

    def submit(self, function, *arguments):
        future = Future()
        self.work.put((future, function, arguments))
        return future

    def serve(self, number):
        """One worker's thread: hand it one thing after another, and start it anew when it is gone."""
        line = None
        while (item := self.work.get()) is not None and not self.closed:
            future, function, arguments = item
            try:
                line = line or self.start(number)
                line.send((function, arguments))
                if not line.poll(PATIENCE):
                    raise EOFError
                fine, value = line.recv()
            except (EOFError, OSError):
                self.processes[number].kill()
                self.processes[number].join()
                line = None
                future.set_exception(WorkerDied("the process that graded it ended"))
                continue
            future.set_result(value) if fine else future.set_exception(value)
        if line:
            line.close()            # the worker reads the end, and goes

    def start(self, number):
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self.processes[number] = process
        return ours

    def close(self, now=False):
        """End all workers; with `now` also those that are in the middle of something."""
        self.closed = True
        for _ in self.threads:
            self.work.put(None)
        if now:
            for process in list(self.processes.values()):
                process.terminate()
        for process in list(self.processes.values()):
            process.join(20)
            if process.is_alive():
                process.kill()
                process.join()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(now=kind is not None)


def leave(*_):
    """End as Python ends, once, so that the nursery and its folder are closed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def serve(line):
    """In the worker: do what comes until nobody is at the other end. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
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

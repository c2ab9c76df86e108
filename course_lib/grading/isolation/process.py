"""One fresh process for each job, spoken to through its pipes: where there is no fork server, or inside a
container.

The messages and the judge are the same. A job waits for Python to import torch, so this takes seconds, not
milliseconds. On its own it isolates nothing: there is the deadline by the clock, and no more.
"""

import os
import queue
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time

from . import course_copy, temp_folders
from .jobs import GRACE, MOST_BYTES, START, Job, Trouble, environment
from .protocol import unpack

START_CODE = ("import sys; sys.path[:0] = {paths!r}; "
              "from course_lib.grading.isolation.standalone import main; main({said!r})")


class ProcessRunner:
    """Stands in for a Supervisor, with the same `job`, `layers` and `close`. Trouble where no process starts."""

    layers = ()

    def __init__(self, word, worker):
        self.worker = worker
        self.folder = temp_folders.make()
        self.folder.chmod(0o755)
        self.process = None
        try:
            course_copy.make(word, self.folder / "course")
            scratch = self.scratch()              # a trial, so that what is missing is said before the first notebook
            channel, self.layers = self.start(scratch)
            channel.close()
            self.status(GRACE)
            shutil.rmtree(scratch, ignore_errors=True)
        except BaseException:
            self.close()
            raise

    def scratch(self):
        return tempfile.mkdtemp(prefix="scratch-", dir=self.folder)

    def command(self, scratch):
        """(what starts a worker, its environment)"""
        paths = [str(self.folder / "course"), *dict.fromkeys(sysconfig.get_path(n) for n in ("purelib", "platlib"))]
        code = START_CODE.format(paths=paths, said={"worker": self.worker, "scratch": scratch})
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ and os.name == "nt"}
        return [sys.executable, "-I", "-S", "-B", "-c", code], environment(scratch) | kept

    def start(self, scratch):
        """(the channel to a worker that has imported torch and waits, the layers that it says are in force)"""
        command, around = self.command(scratch)
        with tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen(
                command, env=around, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
                **({"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt"
                   else {"start_new_session": True}))
            channel, end = Channel(self.process), time.monotonic() + START

            def take(n):
                parts = b""
                while len(parts) < n:
                    channel.settimeout(max(end - time.monotonic(), 0.001))
                    if not (part := channel.recv(n - len(parts))):
                        break
                    parts += part
                return parts

            try:
                (_, layers, spaces), _ = unpack(take)
            except (OSError, TypeError, ValueError):
                self.kill()
                self.process.wait()
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip().splitlines()
                raise Trouble(f"no worker can be started: {said[-1] if said else 'it said nothing'}") from None
        try:
            return channel, self.in_force(layers, spaces)
        except Trouble:
            channel.close()
            self.stop()
            raise

    def in_force(self, layers, spaces):
        """The layers to report. layers, spaces: what a worker says of itself before it has read any job"""
        return layers

    def job(self, frame, seconds):
        """Run one job. frame: what `protocol.pack` made   returns: a Job, whose messages are read while it runs"""
        scratch = self.scratch()
        channel, _ = self.start(scratch)
        return Job(self, channel, frame, seconds, scratch)

    def status(self, seconds):
        """How the job ended, which it may until GRACE before so many seconds have passed."""
        late = False
        try:
            self.process.wait(timeout=max(seconds - GRACE, 0.5))
        except subprocess.TimeoutExpired:
            late = True
        self.kill()
        return {"exit": self.process.wait(), "late": late}

    def kill(self):
        """End the worker and, where the system knows them, its children."""
        if os.name == "nt":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.process.pid)], capture_output=True, check=False)
            return
        try:
            os.killpg(self.process.pid, 9)
        except (ProcessLookupError, PermissionError):
            pass

    def stop(self):
        if self.process is not None:
            self.kill()
            self.process.wait()
            self.process = None

    def close(self):
        self.stop()
        temp_folders.remove(self.folder)


class Channel:
    """A process's pipes with the words of a socket. A thread reads, since not every system can wait for a pipe."""

    def __init__(self, process):
        self.process, self.parts, self.rest, self.timeout, self.closed = process, queue.Queue(), b"", None, False
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        heard = 0
        try:
            while not self.closed and heard <= 2 * MOST_BYTES and (part := self.process.stdout.read(1 << 16)):
                heard += len(part)
                self.parts.put(part)
        finally:
            self.parts.put(b"")
            self.process.stdout.close()

    def settimeout(self, seconds):
        self.timeout = seconds

    def sendall(self, data):
        data = memoryview(data)
        while data:
            data = data[self.process.stdin.write(data):]

    def recv(self, n):
        """At most n bytes; none where there will be no more. TimeoutError after the time that was set."""
        if not self.rest:
            try:
                self.rest = self.parts.get(timeout=self.timeout)
            except queue.Empty:
                raise TimeoutError from None
            if not self.rest:
                self.parts.put(b"")
        part, self.rest = self.rest[:n], self.rest[n:]
        return part

    def close(self):
        self.closed = True
        try:
            self.process.stdin.close()
        except OSError:
            pass

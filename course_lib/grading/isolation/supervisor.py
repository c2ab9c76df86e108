"""The judge's end of the fork server: start it, hand it jobs, and start it again where it fails."""

import json
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time

from ...classroom import layout
from . import course_copy, temp_folders
from .jobs import GRACE, MEGABYTES, START, Job, Trouble, environment

TRIED = "limits", "landlock", "namespaces"
START_CODE = "import sys; sys.path[:0] = {paths!r}; from course_lib.grading.isolation.forkserver import main; main()"


class Supervisor:
    """A fork server for one chapter. `job` runs one worker; a fork server that fails is started again.

    worker: the module whose `work` does a job   tried: what it may use, where the machine has it; `layers` says what is
    in force
    """

    def __init__(self, word, worker, tried=TRIED):
        self.word, self.worker, self.tried = word, worker, tried
        self.folder = temp_folders.make()
        self.folder.chmod(0o755)
        course_copy.make(word, self.folder / "course")
        self.process = None
        self.start()

    def start(self):
        """Start the fork server and wait until it has imported torch."""
        ours, theirs = socket.socketpair()
        purelib, platlib = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
        python = [path for path in dict.fromkeys([sys.prefix, sys.base_prefix, purelib, platlib]) if path != "/usr"]
        course = str(self.folder / "course")
        said = {"control": theirs.fileno(), "tried": self.tried, "worker": self.worker, "course": course,
                "python": python, "hidden": str(layout.ROOT),
                "warm": [f"course_lib.{rung}" for rung in course_copy.below(self.word)]}
        code = START_CODE.format(paths=[course, *dict.fromkeys([purelib, platlib])])
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", code, json.dumps(said)], env=environment("/tmp"), cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()], start_new_session=True)
        theirs.close()
        self.control, self.heard = ours, b""
        ready = self.status(START)
        if ready is None:
            self.process.kill()
            said = self.process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
            raise Trouble(f"the fork server did not start: {said[-1] if said else 'it said nothing'}")
        self.layers = ready["layers"]

    def status(self, seconds):
        """The fork server's next line, or None after so many seconds or where there will be none."""
        end = time.monotonic() + seconds
        while b"\n" not in self.heard:
            self.control.settimeout(max(end - time.monotonic(), 0.001))
            try:
                part = self.control.recv(65536)
            except OSError:
                return None
            if not part:
                return None
            self.heard += part
        line, _, self.heard = self.heard.partition(b"\n")
        return json.loads(line)

    def job(self, frame, seconds):
        """Run one worker. frame: what `protocol.pack` made   returns: a Job, whose messages are read while it runs"""
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.start()
        ours, theirs = socket.socketpair()
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=self.folder) if "files" not in self.layers else ""
        said = {"seconds": seconds, "megabytes": MEGABYTES, "scratch": scratch}
        socket.send_fds(self.control, [json.dumps(said).encode("ascii")], [theirs.fileno()])
        theirs.close()
        return Job(self, ours, frame, seconds, scratch)

    def stop(self):
        """End the fork server, and with it whatever is in it."""
        if self.process is not None:
            self.control.close()
            try:
                self.process.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stderr.close()
            self.process = None

    def close(self):
        self.stop()
        temp_folders.remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

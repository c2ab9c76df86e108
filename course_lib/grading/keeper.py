"""The judge's end of a nursery: start it, hand it jobs, and read what cells send, by the clock and within bounds."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time

from ..classroom import house
from . import ISOLATION, bundle, folders
from .wire import BadMessage, unpack

MEGABYTES = 1000            # that a cell may take beyond what the nursery has
MOST_BYTES = 100_000_000    # of everything that one cell sends
GRACE = 5.0                 # seconds after its deadline in which a cell must be gone
START = 60.0
TRIED = "limits", "landlock", "namespaces"
LINUX = sys.platform == "linux"
START_CODE = "import sys; sys.path[:0] = {paths!r}; from course_lib.grading.nursery import main; main()"


class Trouble(RuntimeError):
    """The nursery itself failed: no student's fault."""


def keeper(word, isolation="auto"):
    """What runs the jobs of one chapter: a Keeper, or what stands in for it on this system.

    isolation: "auto", the strongest that the system has; "strict", an own root or Trouble; "container"; "none".
    Trouble, with what to do about it, where there is none such.
    """
    if isolation not in ISOLATION:
        raise Trouble(f"There is no isolation {isolation!r}: take one of {', '.join(ISOLATION)}.")
    if isolation == "container":
        from .container import Contained
        return Contained(word)
    if not LINUX:
        if isolation != "none":
            raise Trouble("Not isolated: only Linux has what keeps a notebook's code apart. Use a container "
                          "(--isolation container) or WSL; to run the notebooks' code with your own rights all the "
                          "same: --isolation none")
        from .spawned import Plain
        return Plain(word)
    made = Keeper(word, () if isolation == "none" else TRIED)
    if isolation == "strict" and "files" not in made.layers:
        layers = ", ".join(made.layers) or "none"
        made.close()
        raise Trouble(f"Not isolated: this machine allows no root of its own for the notebooks' code (there is: "
                      f"{layers}), and --isolation strict wants it. With what there is: --isolation auto")
    return made


def environment(home):
    """All that a worker's process is told of the world."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "HOME": home, "TMPDIR": home, "TEMP": home,
            **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}}


class Keeper:
    """A nursery for one chapter. `job` runs one cell; a nursery that fails is started again.

    tried: what it may use, where the machine has it; `layers` says what is in force
    """

    def __init__(self, word, tried=TRIED):
        self.word, self.tried = word, tried
        self.folder = folders.make()
        self.folder.chmod(0o755)
        bundle.make(word, self.folder / "course")
        self.process = None
        self.start()

    def start(self):
        """Start the nursery and wait until it has imported torch."""
        ours, theirs = socket.socketpair()
        purelib, platlib = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
        python = [path for path in dict.fromkeys([sys.prefix, sys.base_prefix, purelib, platlib]) if path != "/usr"]
        course = str(self.folder / "course")
        said = {"control": theirs.fileno(), "tried": self.tried, "course": course, "python": python,
                "hidden": str(house.ROOT), "warm": [f"course_lib.{rung}" for rung in bundle.below(self.word)]}
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
            raise Trouble(f"the nursery did not start: {said[-1] if said else 'it said nothing'}")
        self.layers = ready["layers"]

    def status(self, seconds):
        """The nursery's next line, or None after so many seconds or where there will be none."""
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
        """Run one cell. frame: what `wire.pack` made   returns: a Cell, whose messages are read while it runs"""
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.start()
        ours, theirs = socket.socketpair()
        room = tempfile.mkdtemp(prefix="room-", dir=self.folder) if "files" not in self.layers else ""
        said = {"seconds": seconds, "megabytes": MEGABYTES, "room": room}
        socket.send_fds(self.control, [json.dumps(said).encode("ascii")], [theirs.fileno()])
        theirs.close()
        return Cell(self, ours, frame, seconds, room)

    def stop(self):
        """End the nursery, and with it whatever is in it."""
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
        folders.remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Cell:
    """One job that is running. Iterate over its messages; afterwards `end` says how it ended."""

    def __init__(self, keeper, channel, frame, seconds, room):
        self.keeper, self.channel, self.frame, self.room = keeper, channel, frame, room
        self.deadline = time.monotonic() + seconds
        self.received, self.end, self.bad = 0, None, ""

    def __iter__(self):
        try:
            self.channel.settimeout(max(self.deadline - time.monotonic(), 0.001))
            self.channel.sendall(self.frame)
            while (message := unpack(self.take)) is not None:
                yield message
        except BadMessage as error:
            self.bad = str(error)
        except OSError:
            pass                            # late, or ended: the status says which
        finally:
            self.finish()

    def take(self, n):
        """Exactly n bytes; fewer where no more will come. OSError after the deadline."""
        self.received += n
        if self.received > MOST_BYTES:
            raise BadMessage("an answer is too large")
        parts = bytearray()
        while len(parts) < n:
            self.channel.settimeout(max(self.deadline - time.monotonic(), 0.001))
            part = self.channel.recv(min(n - len(parts), 1 << 20))
            if not part:
                break
            parts += part
        return bytes(parts)

    def finish(self):
        """Hang up, and learn how the cell ended; a nursery that does not say so is ended itself."""
        self.channel.close()
        wait = max(self.deadline - time.monotonic(), 0) + GRACE
        self.end = self.keeper.status(wait)
        if self.end is None:
            self.end = {"exit": None, "late": time.monotonic() > self.deadline, "trouble": "the nursery was lost"}
            if self.keeper.process is not None:
                self.keeper.process.kill()
                self.keeper.stop()
        if self.room:
            shutil.rmtree(self.room, ignore_errors=True)

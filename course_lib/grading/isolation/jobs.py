"""One job in a worker: hand it over, and read what comes back, by the clock and within bounds."""

import os
import shutil
import time

from .protocol import BadMessage, unpack

MEGABYTES = 1000            # that a worker may take beyond what the fork server has
MOST_BYTES = 100_000_000    # of everything that one worker sends
GRACE = 5.0                 # seconds after its deadline in which a worker must be gone
START = 60.0                # seconds in which whatever runs the jobs must have started


class Trouble(RuntimeError):
    """What runs the jobs failed itself: no student's fault."""


def environment(home):
    """All that a worker's process is told of the world."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "HOME": home, "TMPDIR": home, "TEMP": home,
            **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}}


class Job:
    """One job that is running. Iterate over its messages; afterwards `end` says how it ended."""

    def __init__(self, runner, channel, frame, seconds, scratch):
        self.runner, self.channel, self.frame, self.scratch = runner, channel, frame, scratch
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
        """Hang up, and learn how the worker ended; a runner that does not say so is ended itself."""
        self.channel.close()
        wait = max(self.deadline - time.monotonic(), 0) + GRACE
        self.end = self.runner.status(wait)
        if self.end is None:
            self.end = {"exit": None, "late": time.monotonic() > self.deadline, "trouble": "the fork server was lost"}
            if self.runner.process is not None:
                self.runner.process.kill()
                self.runner.stop()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)

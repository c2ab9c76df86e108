"""What a widget needs while a cell is running: where it runs, how it is stopped, and what a terminal shows instead."""

import re
import shutil
import signal
import sys
import threading
import time


def in_kernel() -> bool:
    """Whether the output goes to a Jupyter kernel, which can show a widget."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def kernel_id() -> str:
    """The id under which a notebook server knows this kernel, or "": its page needs it to interrupt the kernel."""
    try:
        from ipykernel.connect import get_connection_file

        return re.search(r"kernel-([0-9a-f-]{36})\.json", get_connection_file())[1]
    except Exception:  # no kernel, or one that was started in another way
        return ""


def listen_while_busy(widget):
    """Let what the page sends to a widget be read although a cell runs.

    Newer kernels (ipykernel 7.4) answer the shell that a widget last spoke from, and that one is busy. Without this
    private note, which other versions do not have, the page's own choice holds: a shell beside the busy one.
    """
    getattr(widget.comm, "__dict__", {}).pop("_reply_subshell_id", None)


def stay_busy():
    """Tell the page once more that the kernel is busy, from within the cell that keeps it so.

    What a page sends to a widget is answered beside the busy shell, and that answer ends with "idle", which JupyterLab
    shows as the state of the whole kernel. ipykernel's own way to say it is private: where it is not there, nothing is.
    """
    publish = getattr(getattr(sys.modules["IPython"].get_ipython(), "kernel", None), "_publish_status", None)
    if publish is not None:
        publish("busy", "shell")


class Interrupts:
    """Between `begin` and `end` the first interrupt (■, Ctrl-C) calls `first`; the second is the usual one.

    Only Python's main thread hears signals; begun in any other, this does nothing.
    """

    def __init__(self, first):
        self.first, self._before = first, None

    def begin(self):
        if self._before is None and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard) or signal.default_int_handler

    def _heard(self, number, frame):
        self.end()  # the next one is the usual one again
        self.first()

    def end(self):
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None


class Line:
    """The progress of a run in a terminal: one line that is written over, or a tenth at a time into a file."""

    def __init__(self, total, stream=None):
        self.total, self.stream, self.last, self.tenth, self.width = total, stream, 0.0, -1, 0

    def show(self, text, done, last=False):
        """Write the state of a run after `done` steps; in a terminal at most five times a second.

        last: whether this is the last word, which is written in any case and stays
        """
        stream = self.stream or sys.stdout
        if not stream.isatty():
            tenth = 10 * done // self.total if self.total else 0
            if last or tenth > self.tenth:
                self.tenth = tenth
                print(text, file=stream, flush=True)
            return
        now = time.perf_counter()
        if not last and now - self.last < 0.2:
            return
        self.last = now
        text = text[: shutil.get_terminal_size().columns - 1]
        print("\r" + text.ljust(self.width), end="\n" if last else "", file=stream, flush=True)
        self.width = 0 if last else len(text)

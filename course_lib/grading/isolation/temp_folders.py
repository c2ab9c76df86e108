"""Temporary folders that end with their process, however it ends: what a killed one has left, the next one clears.

A process holds a lock on each of its folders, and the kernel gives it back when the process is gone. Windows has no
such lock: there a killed process leaves its folder.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None

PREFIX = "small-world-grading-"
_locks = {}     # {path: the open folder that holds its lock}


def make():
    """A new empty folder, to be given to `remove`. Those that processes of this user have left are cleared first."""
    if fcntl is None:
        return Path(tempfile.mkdtemp(prefix=PREFIX))
    clear()
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):       # a process that clears may be quicker than this one with its lock
            if (lock := locked(path)) is None:
                continue
            if path.exists():
                _locks[path] = lock
                return path
            os.close(lock)


def remove(path):
    """Delete a folder that `make` made, with all that is in it."""
    shutil.rmtree(path, ignore_errors=True)
    if path in _locks:
        os.close(_locks.pop(path))


def clear():
    """Delete the folders whose processes are gone."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.geteuid() and (lock := locked(path)) is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def locked(path):
    """The open folder with its lock, or None where a process holds it. OSError where it is no folder."""
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened

"""The files below a folder. No link is followed, and nothing that is no ordinary file is opened."""

import os
import stat
from pathlib import Path

from .files import LINK, Found, bounded, passed_over, too_large
from .notebook import LARGEST, Unfit


def in_folder(root):
    """A Found for everything below a folder. OSError where the folder itself cannot be read."""
    failed = []
    for folder, folders, names in os.walk(root, onerror=failed.append):
        inside = Path(folder).relative_to(root).parts
        for name in [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            folders.remove(name)
            yield Found((*inside, name), problem=LINK)
        folders[:] = sorted(name for name in folders if not passed_over(name))
        if inside:
            yield Found((*inside, ""))
        for name in sorted(name for name in names if not passed_over(name)):
            path = Path(folder) / name
            yield Found((*inside, name), *looked_at(path), reader(path))
    for error in failed:
        inside = Path(error.filename).relative_to(root).parts
        if not inside:
            raise error
        yield Found((*inside, ""), problem=f"its folder cannot be read: {error.strerror}")


def looked_at(path):
    """(a file's time, why it is no file to open or ""). It is not opened: a FIFO would wait for ever."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return None, f"it cannot be read: {error.strerror}"
    if stat.S_ISLNK(found.st_mode):
        return found.st_mtime, LINK
    return found.st_mtime, "" if stat.S_ISREG(found.st_mode) else "it is no ordinary file"


def reader(path):
    """A function that gives a file's bytes, or raises Unfit; what is swapped or changed meanwhile is noticed."""
    def read():
        try:
            opened = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) |
                             getattr(os, "O_BINARY", 0))
            with open(opened, "rb") as file:
                before = os.fstat(opened)
                if not stat.S_ISREG(before.st_mode):
                    raise Unfit("it is no ordinary file")
                if before.st_size > LARGEST:
                    raise Unfit(too_large(before.st_size))
                data, taken = bounded(file), file.tell()
                after = os.fstat(opened)
        except OSError as error:
            raise Unfit(f"it cannot be read: {error.strerror}") from None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or taken != after.st_size:
            raise Unfit("it changed while it was read: grade again when nobody writes to it")
        return data
    return read

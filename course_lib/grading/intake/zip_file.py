"""The files in a zip. Nothing is unpacked to disk: each is read from the zip, within bounds, when it is wanted."""

import re
import stat
import time
import zipfile
import zlib

from .files import LINK, Found, bounded, passed_over, too_large
from .notebook import LARGEST, Unfit

MOST_FILES = 100_000
MOST_BYTES = 20_000_000_000     # of everything in a zip, unpacked
MOST_RATIO = 200                # unpacked to packed; a notebook with pictures has 2 to 20


def in_zip(path):
    """A Found for everything in a zip; what points elsewhere has a problem.

    ValueError where it is no zip, or holds too much.
    """
    try:
        book = zipfile.ZipFile(path)
        entries = book.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"{path} cannot be read as a zip: {error}. Download it again.") from None
    if len(entries) > MOST_FILES:
        raise ValueError(f"{path} holds {len(entries)} files; no more than {MOST_FILES} are read from a zip.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ValueError(f"{path} would unpack to more than {MOST_BYTES / 1e9:.0f} GB. It looks like a zip bomb.")
    split = [(entry, tuple(named(entry).replace("\\", "/").split("/"))) for entry in entries]
    for top in ("submitted", path.stem):
        if split and all(parts[0] == top and len(parts) > 1 for _, parts in split):
            split = [(entry, parts[1:]) for entry, parts in split if parts[1:] != ("",)]
    for entry, parts in split:
        if not any(passed_over(part) for part in parts if part not in ("", ".", "..")):
            yield Found(parts, dated(entry), elsewhere(entry, parts), reader(book, entry))


def named(entry):
    """An entry's name. macOS writes UTF-8 and does not say so: what was read as the old code page may be that."""
    try:
        return entry.orig_filename if entry.flag_bits & 0x800 else entry.orig_filename.encode("cp437").decode("utf-8")
    except ValueError:
        return entry.orig_filename


def elsewhere(entry, parts):
    """Why an entry of a zip is not what it seems, or ""."""
    if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", parts[0]):
        return "its path in the zip leads outside"
    return LINK if stat.S_ISLNK(entry.external_attr >> 16) else ""


def out_of_bounds(entry):
    """Why an entry of a zip is not unpacked, or ""."""
    if entry.flag_bits & 1:
        return "it is encrypted in the zip: unpack the zip and grade the folder"
    if entry.file_size > LARGEST:
        return too_large(entry.file_size)
    if entry.file_size > 100_000 and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return "it is packed more tightly than any notebook is: it looks like a zip bomb"
    return ""


def reader(book, entry):
    """A function that gives an entry's bytes, or raises Unfit."""
    def read():
        if reason := out_of_bounds(entry):
            raise Unfit(reason)
        try:
            with book.open(entry) as file:
                return bounded(file)
        except Unfit:
            raise
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as e:
            raise Unfit(f"it cannot be read from the zip: {e}") from None
    return read


def dated(entry):
    """A zip's date, which has no zone: that of this machine."""
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None

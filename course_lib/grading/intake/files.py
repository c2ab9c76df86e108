"""What holds for every file that was handed in, in a folder or in a zip."""

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .notebook import LARGEST, LARGEST_CODE, Unfit
from .outputs import Slimmer

LINK = "it is a link to somewhere else"
TOO_MUCH_CODE = (f"it has more than {LARGEST_CODE // 1_000_000} megabytes beside its outputs: take the large data out "
                 "of its cells")
PIECE = 1 << 20
PASSED_OVER = {"desktop.ini", "thumbs.db", "__macosx"}
STAMP = re.compile(r"\s*(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?:\s*([+-]\d\d):?(\d\d)|\s+(\S+))?\s*")


class Found(NamedTuple):
    """A file, or a folder: its last part is "" then.

    parts: of its path   dated: seconds since 1970, or None   problem: why it cannot be read, or ""
    read: gives its bytes, or raises Unfit
    """

    parts: tuple
    dated: float | None = None
    problem: str = ""
    read: Callable | None = None


def passed_over(name):
    """True for what systems put beside the files that somebody wrote."""
    return name.startswith(".") or name.lower() in PASSED_OVER


def too_large(size):
    return f"it has {size / 1e6:.0f} MB; a notebook of this course has less than one"


def bounded(file):
    """All bytes of an open file; those of a large notebook without its outputs. Unfit where they are too many, or none.
    """
    data = file.read(LARGEST_CODE + 1)
    if not data.strip():
        raise Unfit("it is empty")
    if len(data) <= LARGEST_CODE:
        return data
    size, slimmer, kept = 0, Slimmer(), bytearray()
    while data:
        size += len(data)
        kept += slimmer.feed(data)
        if size > LARGEST:
            raise Unfit(too_large(size))
        if len(kept) > LARGEST_CODE:
            raise Unfit(TOO_MUCH_CODE)
        data = file.read(PIECE)
    return bytes(kept)


def stamped(read):
    """The time in nbgrader's timestamp.txt ("2026-11-30 22:10:03.5 Europe/Berlin", UTC where no zone is named).

    None where it says none; then the file's own time counts.
    """
    try:
        said = STAMP.fullmatch(read().decode("utf-8", "replace"))
        offset = f"{said[3]}:{said[4]}" if said[3] else ""
        zone = ZoneInfo(said[5]) if said[5] else timezone.utc
        moment = datetime.fromisoformat(f"{said[1]}T{said[2]}{offset}")
        return (moment if offset else moment.replace(tzinfo=zone)).timestamp()
    except (Unfit, TypeError, ValueError, LookupError, OSError):
        return None

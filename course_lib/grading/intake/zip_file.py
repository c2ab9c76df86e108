"""The files in a zip. Nothing is unpacked to disk: each is read from the zip, within bounds, when it is wanted."""

import bz2
import copy
import io
import lzma
import re
import stat
import struct
import time
import zipfile
import zlib

from .files import LINK, Found, bounded, passed_over, too_large
from .notebook import LARGEST, Unfit

MOST_FILES = 100_000
MOST_BYTES = 20_000_000_000     # of everything in a zip, unpacked
ENTRY, UTF_8 = b"PK\x01\x02", 0x800       # of a zip's directory; the flag of a name in UTF-8
MOST_MEMORY = 1 << 28           # that unpacking LZMA may take
MOST_RATIO = 200                # unpacked to packed; a notebook with pictures has 2 to 20


def in_zip(path):
    """A Found for everything in a zip; what points elsewhere has a problem.

    ValueError where it is no zip, or holds too much.
    """
    try:
        book = opened(path)
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


def opened(path):
    """A ZipFile. A name that is not the UTF-8 it claims to be is read as an old zip's, and costs no other entry."""
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError:
        return zipfile.ZipFile(Directory(path, "rb"))


class Directory(io.FileIO):
    """A zip's file, in whose directory no entry claims UTF-8 for a name that is none."""

    def read(self, n=-1):
        data = super().read(n)
        if not data.startswith(ENTRY):
            return data
        data, at = bytearray(data), 0
        while data[at:at + 4] == ENTRY and len(data) >= at + 46:
            name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
            try:
                data[at + 46:at + 46 + name].decode("utf-8")
            except UnicodeDecodeError:
                data[at + 9] &= ~UTF_8 >> 8
            at += 46 + name + extra + comment
        return bytes(data)


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
            with unpacked(book, entry) as file:
                return bounded(file)
        except Unfit:
            raise
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, NotImplementedError,
                ValueError, struct.error) as e:
            raise Unfit(f"it cannot be read from the zip: {e}") from None
    return read


def unpacked(book, entry):
    """An open file with an entry's bytes. zipfile unpacks what is deflated within bounds, and the other kinds without:
    these are unpacked here, no further than a notebook may be long."""
    if entry.compress_type not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return book.open(entry)
    stored = copy.copy(entry)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
    del stored.CRC                          # it is of the unpacked bytes, and looked at below
    with book.open(stored) as file:
        data = file.read(LARGEST + 1)
    if entry.compress_type == zipfile.ZIP_BZIP2:
        data = bz2.BZ2Decompressor().decompress(data, LARGEST + 1)
    else:
        size = struct.unpack_from("<H", data, 2)[0]         # version, size of the properties, properties, data
        head = data[4:4 + size] + b"\xff" * 8               # as a file of its own has them: no length is known
        data = lzma.LZMADecompressor(lzma.FORMAT_ALONE, MOST_MEMORY).decompress(head + data[4 + size:], LARGEST + 1)
    if len(data) <= LARGEST and zlib.crc32(data) != entry.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for {entry.filename!r}")
    return io.BytesIO(data)


def dated(entry):
    """A zip's date, which has no zone: that of this machine."""
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None

"""What has been graded so far: one line for each notebook, on the disk before the next one is counted.

A run that is killed at any moment goes on from here. The first line holds the terms that all others share.
"""

import hashlib
import json
import os
from contextlib import suppress

from ...classroom import layout
from ..isolation import course_copy

FORMAT = 1


def fingerprint():
    """A short hash of all that a verdict depends on: hidden tests, chapters, finished pieces, the judge.

    All of grading/ and classroom/ counts, not a list of modules that would have to be kept right.
    """
    course = layout.ROOT / "course_lib"
    rungs = [path for rung in layout.LADDER if (path := course_copy.place(rung)).exists()]
    files = [layout.ROOT / "tests" / "hidden", layout.ROOT / "chapters", course / "classroom", course / "grading",
             *rungs]
    every = [path for file in files for path in (sorted(file.rglob("*.*")) if file.is_dir() else [file])
             if path.suffix in (".py", ".ipynb") and ".ipynb_checkpoints" not in path.parts]
    sums = hashlib.sha256()
    for path in every:
        sums.update(path.relative_to(layout.ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sums.hexdigest()[:16]


class Journal:
    """The journal of one RESULTS folder, held by one run at a time.

    path: of journal.jsonl   said: {seed or None, seconds, isolation}   afresh: begin anew, the old one is kept beside
    ValueError where the journal is of other terms, or another run holds it
    """

    def __init__(self, path, said, afresh=False):
        said = {"format": FORMAT, **said, "fingerprint": fingerprint()}
        if afresh and path.exists():
            os.replace(path, path.with_name("journal-before.jsonl"))
        self.file = path.open("a+b", buffering=0)       # nothing is left in it that closing would write
        self.hold(path)
        lines = self.whole_lines()
        if not lines:
            self.terms = said
            self.write(said)
            self.results = {}
            return
        self.terms = plain(lines[0])
        self.same_terms(path, said)
        self.results = {}
        for one in map(plain, lines[1:]):
            if "key" in one:
                self.results[tuple(one["key"])] = one["result"]
            else:
                self.drop(one.get("forget"))

    def hold(self, path):
        with suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.file.close()
                raise ValueError(f"Another run is writing to {path.parent}. Wait for it, or end it.") from None

    def whole_lines(self):
        """All lines that were written to their end; a torn last one is cut off."""
        self.file.seek(0)
        text = self.file.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            self.file.truncate(whole)
        return text[:whole].splitlines()

    def same_terms(self, path, said):
        names = {"format": "form of the journal", "seed": "seed", "seconds": "limit for an exercise",
                 "isolation": "isolation", "fingerprint": "version of the course or its hidden tests"}
        for name, words in names.items():
            if said[name] is not None and self.terms.get(name) != said[name]:
                self.file.close()
                raise ValueError(f"{path} is of a run with another {words} ({self.terms.get(name)}, now {said[name]}). "
                                 "Go on with the same, choose another --out, or grade all again with --regrade all.")

    def forget(self, student):
        """The student's results do not count any more, also when the run is killed and goes on."""
        if self.drop(student):
            self.write({"forget": student})

    def drop(self, student):
        gone = [key for key in self.results if key[0] == student]
        for key in gone:
            del self.results[key]
        return gone

    def add(self, key, result):
        """Note a result, and return when it is on the disk. key: (student, file, sha256, chapter)"""
        self.results[key] = result
        self.write({"key": key, "result": result})

    def write(self, said):
        line = memoryview(json.dumps(said).encode("ascii") + b"\n")
        try:
            while line:
                line = line[self.file.write(line):]
            os.fsync(self.file.fileno())
        except OSError as error:
            raise OSError(f"{self.file.name} cannot be written: {error.strerror}. What was graded before is kept; make "
                          "room, and the same command goes on from there.") from None

    def close(self):
        self.file.close()


def plain(line):
    """A line's dict; {} for a damaged one, whose notebook is then graded again."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}

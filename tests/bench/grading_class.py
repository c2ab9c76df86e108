"""How long a class takes: copies of one solved chapter, each a little different, with `course grade --jobs 2`.

    python -m tests.bench.grading_class [submissions] [chapter]

Seconds in all and for a submission, and the largest memory of the whole family of processes (shared pages once).
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from course_lib.classroom import layout
from course_lib.classroom.authoring.builder import solved

COMMAND = [sys.executable, "-c", "from course_lib.cli import main; main()", "grade"]


def run(submissions=1000, word="attention"):
    """{what: number} of grading so many."""
    chapter = layout.find_chapter(word)
    book = solved(chapter)
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder) / "in", Path(folder) / "out"
        place.mkdir()
        for n in range(submissions):
            note = {"cell_type": "code", "metadata": {},
                    "outputs": [], "execution_count": None, "source": f"mine = {n}"}
            text = json.dumps(book | {"cells": [*book["cells"], note]})
            (place / f"student{n:05}_{chapter.path.stem}.ipynb").write_text(text, encoding="utf-8")
        began, most = time.perf_counter(), 0
        process = subprocess.Popen([*COMMAND, str(place), "--out", str(out), "--jobs", "2"])
        while process.poll() is None:
            most = max(most, memory(process.pid))
            time.sleep(1)
        seconds = time.perf_counter() - began
        entries = json.loads((out / "grades.json").read_text(encoding="utf-8"))["entries"]
    assert len(entries) == submissions and all(one["earned"] == one["points"] > 0 for one in entries)
    return {"submissions": submissions, "seconds": seconds, "s each": seconds / submissions, "most, MB": most / 2**20}


def memory(pid):
    """Bytes of a process and all below it: PSS where the system says it, else RSS."""
    total = 0
    with suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.Error):
                full = process.memory_full_info()
                total += getattr(full, "pss", 0) or full.rss
    return total


if __name__ == "__main__":
    for what, value in run(*map(int, sys.argv[1:2]), *sys.argv[2:3]).items():
        print(f"{what:12} {value if isinstance(value, int) else f'{value:.3f}'}")

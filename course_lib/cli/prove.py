"""`course test`: run everything that shows that the course works, and say in one line whether it does.

The line is computed from pytest's own record of each test (JUnit XML), never from what scrolled by. It says "works"
only if pytest ended well, nothing failed, and every notebook that exists was run.
"""

import ast
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Record:
    """What pytest wrote down: how many passed, what failed, what was skipped and why, which files were run."""

    passed: int = 0
    failed: list = field(default_factory=list)  # names
    skipped: Counter = field(default_factory=Counter)  # reason -> how many
    files: set = field(default_factory=set)

    @classmethod
    def read(cls, path):
        """Read a JUnit file. An expected failure counts as failed: nbval marks so the cells after one that hung."""
        record = cls()
        for case in xml.parse(path).iter("testcase"):
            where = (case.get("file") or case.get("classname", "").replace(".", "/")).replace(os.sep, "/")
            record.files.add(where)
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                record.failed.append(f"{where}: {case.get('name')}")
            elif skip is not None and skip.get("type") == "pytest.xfail":
                record.failed.append(f"{where}: {case.get('name')} (not run)")
            elif skip is not None:
                record.skipped[why(skip)] += 1
            else:
                record.passed += 1
        return record


def why(skip):
    """Why a test was skipped, in its own words; a whole file's stand last in a tuple: ('its path', line, 'words')."""
    message = skip.get("message") or "no reason given"
    if message == "collection skipped" and skip.text:
        message = str(ast.literal_eval(skip.text)[-1])
    return message.removeprefix("Skipped: ")


def prove(quick, say=print) -> int:
    """Run the tests and report with `say`. Returns the exit status: 0 if the course works.

    quick: only the unit tests that are not slow
    """
    notebooks = [] if quick else sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        ended = subprocess.run(command(quick, report), cwd=ROOT, env=environment(), check=False).returncode
        record = Record.read(report) if report.is_file() else Record()
    for reason, count in sorted(record.skipped.items()):
        say(f"skipped {count}: {reason}")
    for name in record.failed[:20]:
        say(f"failed: {name}")
    works, line = verdict(record, ended, [path.relative_to(ROOT).as_posix() for path in notebooks], quick)
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    say(line.replace(": ", f" in {minutes} min {seconds:02d} s: ", 1))
    return 0 if works else 1


def command(quick, report) -> list[str]:
    """The command line of pytest. What stays with one worker, and in which order: tests/spread.py."""
    options = ["-n", str(workers()), "-p", "tests.spread", f"--junit-xml={report}", "-o", "junit_family=xunit1"]
    if quick:
        what = ["tests", "-m", "not slow"]
    else:
        notebooks = [folder for folder in ("solutions", "chapters") if any(ROOT.glob(f"{folder}/*.ipynb"))]
        what = [*notebooks, "tests", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "300"]
    return [sys.executable, "-m", "pytest", *what, *options]


def workers() -> int:
    """How many tests run side by side: one a core. Each holds torch in memory, so more than four help little."""
    return min(4, os.cpu_count() or 1)


def environment() -> dict[str, str]:
    """Small presets, one thread for each worker (two that share a core slow each other down), no progress noted."""
    threads = str(max(1, (os.cpu_count() or 1) // workers()))
    return {
        **os.environ,
        "COURSE_PRESET": "smoke",
        "COURSE_PROGRESS": "off",
        "OMP_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUTF8": "1",
    }


def verdict(record, ended, notebooks, quick) -> tuple[bool, str]:
    """Whether the course works, and the line that says so. ended: pytest's exit status."""
    counts = f"{record.passed} passed, {len(record.failed)} failed, {sum(record.skipped.values())} skipped"
    not_run = [path for path in notebooks if path not in record.files]
    if record.failed:
        return False, f"{counts}: something is broken, see the names above"
    if ended not in (0, 5) or not record.passed:
        return False, f"{counts}: pytest ended with status {ended} before it was done, so nothing is proved"
    if not_run:
        return False, f"{counts}: not run: {', '.join(not_run)}, so nothing is proved"
    if quick:
        return True, f"{counts}: the quick part works (slow tests and notebooks were left out)"
    return True, f"{counts}: the course works"

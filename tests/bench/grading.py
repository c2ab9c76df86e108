"""How long the judge takes for a submission: one core, a warm fork server, every exercise answered rightly.

    python -m tests.bench.grading [chapter] [submissions]

Seconds by the clock and of computing, for the judge and its workers together, and the memory of both at the end.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from course_lib.classroom import layout
from course_lib.classroom.authoring.builder import solved
from course_lib.grading import Grader


def run(word="attention", submissions=40):
    """{what: number} of grading the solved chapter so many times."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    chapter = layout.find_chapter(word)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / chapter.path.name
        path.write_text(json.dumps(solved(chapter)), encoding="utf-8")
        began = time.perf_counter()
        with Grader(chapter.word) as grader:
            start = time.perf_counter() - began
            grader.grade(path)
            server = psutil.Process(grader.runner.process.pid)
            family = [server, *server.children(recursive=True)]
            computing, seconds = computed(family), []
            for _ in range(submissions):
                result = grader.grade(path)
                assert result.earned == result.points, result
                seconds.append(result.seconds)
            computing = computed(family) - computing
            workers = sum(p.memory_info().rss for p in family)
    return {"exercises": len(result.exercises), "isolation": ", ".join(result.isolation), "start, s": start,
            "median, s": statistics.median(seconds), "computing, s": computing / submissions,
            "judge, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "server, MB": workers / 2**20}


def computed(family):
    """Seconds of computing by this process, and by the fork server with all that it has waited for."""
    spent = [psutil.Process().cpu_times(), *(process.cpu_times() for process in family)]
    return sum(times.user + times.system for times in spent) + \
        sum(times.children_user + times.children_system for times in spent[2:])


if __name__ == "__main__":
    for what, value in run(*sys.argv[1:2], *map(int, sys.argv[2:3])).items():
        print(f"{what:14} {value if isinstance(value, (str, int)) else f'{value:.3f}'}")

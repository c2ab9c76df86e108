"""The hostile and the honest submissions as a table: how many of each class, what they earned, how they ended.

    python -m tests.adversarial
"""

import socket
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from course_lib.classroom import layout
from course_lib.grading import Grader
from course_lib.grading.judging import states

from .conftest import SECONDS
from .honest import HONEST
from .hostile import HOSTILE, placed
from .notebooks import TARGET, notebook, witness, write

ENDS = {"did not end within": "ended by the clock", "what it sent was refused": "its message refused",
        "ended by itself": "ended itself", "crashed": "crashed", "too much": "stopped at a limit",
        "cannot be defined": "not defined"}


def ending(exercise):
    """How an exercise ended, in a word or two."""
    if exercise.earned:
        return "all points"
    if exercise.reason.startswith(states.REFUSED):
        return "named and refused"
    said = f"{exercise.reason} {exercise.got}"
    return next((words for part, words in ENDS.items() if part in said), "a property failed")


def rows(judge, folder, port):
    """{class: [(points of the exercise that is attacked, points of the one beside it, how it ended)]}"""
    places = {"root": layout.ROOT, "home": Path.home(), "tmp": folder, "port": port}
    every = [(kind, placed(cells, **places)) for kind, cells in HOSTILE.values()]
    every += [("honest", cells) for cells in HONEST.values()]
    strict, found = judge.reading["exercises"], defaultdict(list)
    free = {name: said | {"by_hand": []} for name, said in strict.items()}
    for kind, cells in every:
        judge.reading["exercises"] = strict if kind in ("taking", "honest") else free
        result = judge.grade(write(folder / "07_attention.ipynb", notebook(*cells, witness())))
        one, beside = ({e.name: e for e in result.exercises}[name] for name in (TARGET, "attend"))
        found[kind].append((one.earned, beside.earned, ending(one)))
    return found


def main():
    with Grader("attention", seconds=SECONDS) as judge, tempfile.TemporaryDirectory() as folder, \
            socket.create_server(("127.0.0.1", 0)) as server:
        found = rows(judge, Path(folder), server.getsockname()[1])
        print(f"seed {judge.exam.seed} · isolation: {', '.join(judge.runner.layers)}\n")
    print("| class | submissions | earned | the honest exercise beside it | how they ended |\n|---|---|---|---|---|")
    for kind, ended in found.items():
        how = ", ".join(f"{n} {words}" for words, n in Counter(words for *_, words in ended).most_common())
        whole = sum(beside == 2 for _, beside, _ in ended)
        print(f"| {kind} | {len(ended)} | {sum(one > 0 for one, *_ in ended)} | {whole} of {len(ended)} | {how} |")


if __name__ == "__main__":
    main()

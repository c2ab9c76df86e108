"""Read notebooks in processes of their own: one that crashes Python, or takes for ever, costs itself and nothing else.

Nothing of a notebook is executed. What travels is JSON, in both directions.
"""

import ast
import json
import multiprocessing
import os
import queue
from concurrent.futures import ThreadPoolExecutor

from ...classroom import layout
from .normal_form import MOST_TOKENS, grams, tokens

SECONDS = 20.0          # for one notebook, by the clock
MEGABYTES = 2000        # of memory for one reader


class Readers:
    """A few reading processes. jobs: {chapter's word: what `Exam.reading_job` gives}"""

    def __init__(self, jobs, count=None, seconds=SECONDS):
        self.jobs, self.seconds = json.dumps(jobs), seconds
        self.count = count or min(os.cpu_count() or 1, 8)
        self.idle, self.every = queue.Queue(), set()
        for _ in range(self.count):
            self.idle.put(None)

    def map(self, items):
        """For each (name, function that gives the bytes): {"word", "problem", "exercises"}, in the same order."""
        with ThreadPoolExecutor(self.count) as threads:
            yield from threads.map(self.one, items)

    def one(self, item):
        name, read = item
        try:
            data = read()
        except (ValueError, OSError) as error:
            return unread(str(error))
        return self.ask(name.encode("utf-8", "replace") + b"\0" + data)

    def ask(self, message):
        child = self.idle.get() or self.started()
        try:
            child[1].send_bytes(message)
            if child[1].poll(self.seconds):
                return json.loads(child[1].recv_bytes())
            reason = f"reading it took more than {self.seconds:.0f} seconds"
        except (EOFError, OSError):
            reason = "reading it ended the process that read it"
        finally:
            if "reason" in locals():
                self.end(child)
                child = None
            self.idle.put(child)
        return unread(reason)

    def started(self):
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self.jobs), daemon=True)
        process.start()
        theirs.close()
        self.every.add((process, ours))
        return process, ours

    def end(self, child):
        child[1].close()
        child[0].kill()
        child[0].join()
        self.every.discard(child)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in list(self.every):
            self.end(child)


def unread(problem):
    return {"word": "", "problem": problem, "exercises": {}}


def serve(channel, jobs):
    """In a reader: answer until the other side hangs up."""
    jobs = json.loads(jobs)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass                            # Windows has no such limits; the clock is there
    while True:
        try:
            name, _, data = channel.recv_bytes().partition(b"\0")
        except EOFError:
            return
        try:
            said = sides(name.decode("utf-8", "replace"), data, jobs)
        except (RecursionError, MemoryError) as error:
            said = unread(f"it cannot be read: {type(error).__name__}")
        channel.send_bytes(json.dumps(said).encode("ascii"))


def sides(name, data, jobs):
    """What a notebook has of each exercise: {"parts": [[cell, text]], "grams": [...], "problem"}."""
    from ..intake.notebook import Unreadable, cells_of
    from ..judging.plan import plan
    from ..judging.statements import Book

    try:
        word = Book(cells_of(data)).word
    except Unreadable as error:
        return unread(str(error))
    if word not in jobs:
        word = next((w for w, job in jobs.items() if job["stem"] in name or name.endswith(f"{w}.ipynb")), "")
    if not word:
        return unread("it does not say of which chapter it is, or of one that is not compared here")
    read, exercises = plan(data, jobs[word]), {}
    for exercise, found in read.get("exercises", {}).items():
        if found["missing"] or not found["statements"]:
            if found["missing"].startswith("cell "):        # that cannot be read
                exercises[exercise] = {"problem": found["missing"]}
            continue
        texts = [text for _, text in found["statements"]]
        try:
            row = tokens(texts)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            exercises[exercise] = {"problem": f"{type(error).__name__} where its form is read"}
            continue
        said = {"parts": found["statements"], "grams": [gram for gram, _ in grams(row)]}
        if len(row) >= MOST_TOKENS:
            said["problem"] = f"only its first {MOST_TOKENS} tokens are compared"
        exercises[exercise] = said
    return {"word": word, "problem": read.get("unreadable", ""), "exercises": exercises}


def jobs_of(chapters):
    """{word: job} for the readers. What is to be built by hand is not asked: it would import what a notebook names."""
    from ..judging.exam import Exam

    every = {c.word: {**Exam(c.word, 0).reading_job(), "stem": c.path.stem} for c in chapters if c.exercises()}
    return {word: {**job, "exercises": {name: {**said, "by_hand": []} for name, said in job["exercises"].items()}}
            for word, job in every.items()}


def finished(chapter):
    """{exercise: [the chapter's imports, its finished one's text]} and {exercise: the stub's grams} of a chapter."""
    texts, stubs = {}, {}
    trees = [layout.parse(layout.source(cell)) for cell in chapter.cells() if cell["cell_type"] == "code"]
    imports = "\n".join(ast.unparse(node) for tree in trees if tree for node in tree.body
                        if isinstance(node, (ast.Import, ast.ImportFrom)))
    for exercise in chapter.exercises():
        texts[exercise.name] = [imports, layout.reference_source(exercise.of, exercise.name)]
        stubs[exercise.name] = {gram for gram, _ in grams(tokens([imports, ast.unparse(exercise.stub)]))}
    return texts, stubs

"""`course grade SUBMITTED --out RESULTS`: a whole class, judged and written down as it comes."""

import secrets
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import click

from course_lib.grading import ISOLATION

from .check import plainly, warn


class Nothing(click.ClickException):
    """Nothing could be done; the message says why."""

    exit_code = 2


@click.command()
@click.argument("submitted", type=click.Path(path_type=Path))
@click.option("--out", "results", type=click.Path(path_type=Path), required=True, help="The folder for the results.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="How many are judged at once.")
@click.option("--dask", metavar="ADDRESS", help="Judge on this Dask cluster, which you trust and which has the same "
              "course: tcp://10.0.0.5:8786. Each of its workers judges one at a time; --jobs does not count.")
@click.option("--limit-seconds", type=click.FloatRange(0.1), default=10.0, show_default=True,
              help="For one exercise, by the clock.")
@click.option("--seed", type=int, help="The same inputs again; by default fresh, and kept when a run goes on.")
@click.option("--isolation", type=click.Choice(ISOLATION), default="auto", show_default=True,
              help="strict: an own root, or nothing is run. container: by Docker or Podman. "
                   "none: run the notebooks' code with your own rights.")
@click.option("--late", "policy", default="", help="What is lost by lateness, such as '10% a day after 2026-12-01 "
              "23:59'. Each day that has begun counts; 'an hour' or 'once' for 'a day'; ', at most 50%' at the end.")
@click.option("--regrade", multiple=True, metavar="STUDENT", help="Grade a student again, or everyone: all.")
def grade(submitted, results, jobs, dask, limit_seconds, seed, isolation, policy, regrade):
    """Grade a class of hand-ins, each in isolation.

    SUBMITTED is a folder as nbgrader has it, a flat one (STUDENT_07_attention.ipynb), or a platform's zip.

    Killed and started again, it goes on where it was. A hand-in's time is that of nbgrader's timestamp.txt, of the
    zip, or of the file. Ends with status 0 where all were graded, 1 where some could not be, 2 where nothing was done.
    """
    from course_lib.grading.intake import hand_ins, lateness
    from course_lib.grading.running import class_run
    from course_lib.grading.running.journal import Journal

    journal = None
    try:
        terms = lateness.policy(policy) if policy else None
        apart(submitted, results)
        every = class_run.units(hand_ins.found(submitted))
        if not every:
            raise ValueError(f"There is nothing in {submitted}. Give the folder with a folder or a notebook for each "
                             "student.")
        for student in {*regrade} - {"all", *(unit.hand_in.student for unit in every)}:
            raise ValueError(f"There is no student {student!r} to grade again in {submitted}.")
        make(results)
        said = {"seed": seed, "seconds": limit_seconds, "isolation": isolation}
        journal = opened(Journal, results / "journal.jsonl", said, "all" in regrade)
        for student in regrade:
            journal.forget(student)
        todo = [unit for unit in every if not unit.hand_in.problem and unit.key not in journal.results]
        if todo and journal.results:
            click.echo(f"Going on: {len(journal.results)} graded before, {len(todo)} to do.")
        try:
            with workers(dask, min(jobs, len(todo))) as pool, Shown(len(todo), isolation) as shown:
                lost = class_run.grade(todo, journal, pool, pool.jobs, shown)
        except BaseException:           # stopped, or the cluster is gone
            if journal.results:
                with suppress(OSError):         # the reason for the stop is what is said
                    class_run.write(class_run.book(every, journal, {}, terms), results)
            raise
        book = class_run.book(every, journal, lost, terms)
        class_run.write(book, results)
    except KeyboardInterrupt:
        same = "the same command without --regrade" if regrade else "the same command"
        raise Nothing(f"Stopped. What was graded is in the tables; {same} goes on from there.") from None
    except (OSError, ValueError, LookupError, RuntimeError) as error:
        raise Nothing(str(error)) from error
    finally:
        if journal:
            journal.close()
    try:
        status = summed_up(book, results)
    except OSError as error:
        raise Nothing(f"All is in {results}; it cannot be said here: {error.strerror}.") from None
    raise SystemExit(status)


def workers(address, jobs):
    """Who does the work: so many processes of this machine, or the cluster at an address if there is work at all."""
    if address and jobs:
        from course_lib.grading.running import dask_cluster

        return dask_cluster.pool(address)
    from course_lib.grading.running.pool import LocalPool

    return LocalPool(jobs)


def opened(journal, path, said, afresh):
    """The journal; a seed is drawn where neither it nor the command has one."""
    if said["seed"] is None and (afresh or not path.exists() or not path.stat().st_size):
        said = said | {"seed": secrets.randbits(31)}
    return journal(path, said, afresh)


def apart(submitted, results):
    if submitted.is_dir() and results.resolve().is_relative_to(submitted.resolve()):
        raise ValueError(f"{results} lies within {submitted}, and would be graded next time. Choose another --out.")
    if submitted.resolve().is_relative_to((results / "feedback").resolve()):
        raise ValueError(f"{submitted} lies within {results / 'feedback'}, where pages are written. Choose another "
                         "--out.")


def make(results):
    """The folder for the results. ValueError where nothing can be written there."""
    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results):
            pass
    except OSError as error:
        raise ValueError(f"{results} is no folder that can be written to: {error.strerror}. Choose another --out.") \
            from None


class Shown:
    """The progress bar, with the time that is left."""

    def __init__(self, total, isolation):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self.isolation, self.warned = isolation, False
        self.bar = Progress("grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                            console=Console(stderr=True))
        self.task = self.bar.add_task("", total=total)

    def __enter__(self):
        if self.bar.tasks[0].total:
            self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def __call__(self, unit, result):
        if result and not self.warned:
            warn(result["isolation"], self.isolation)
            self.warned = True
        self.bar.advance(self.task)


def summed_up(book, results):
    """Say what came of it; the last line counts what could not be graded. Returns the exit status."""
    failed = [entry for entry in book["entries"] if entry["problem"]]
    for entry in failed:
        click.echo(f"✗ {plainly(entry['student'])} · {plainly(entry['file'])} · {plainly(entry['problem'])}")
    layers = ", ".join(book["isolation"]) or "none: the code ran with your rights"
    click.echo(f"Results in {results} · seed {book['seed']} · isolation: {layers}")
    count = len(book["entries"])
    if not failed:
        click.echo(f"{count} graded, none that could not be")
        return 0
    why = Counter(entry["problem"].split(":")[0] for entry in failed).most_common(3)
    reasons = "; ".join(f"{n} × {plainly(reason)}" for reason, n in why)
    click.echo(f"{count - len(failed)} graded, {len(failed)} could not be: {reasons}")
    return 1

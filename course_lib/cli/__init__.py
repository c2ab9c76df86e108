"""The `course` command. What needs torch is imported inside the commands, so that `course --help` answers at once."""

import errno
import importlib
import os
import subprocess
import sys
from contextlib import contextmanager, suppress

import click

from course_lib.classroom import layout

IN_FILES = {"chat", "check", "export", "grade", "release", "similar"}   # each stands in a file of its own
FOR_TEACHERS = IN_FILES - {"chat"} | {"bench", "build", "test"}         # need what a students' bundle has not
RUNGS = {"train": ("training",), "tell": ("training", "sampling"), "race": ("training", "sampling"),
         "chat": ("training", "sampling", "instructions"), "fetch": ("pretrained",)}
PASS_ON = {"ignore_unknown_options": True}
FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}   # the disk, or what one may have of it


class Course(click.Group):
    """The commands that work in this copy of the course; of the others a students' bundle says why they do not."""

    def list_commands(self, context):
        return sorted(name for name in {*self.commands, *IN_FILES} if not why_not(name))

    def get_command(self, context, name):
        if reason := why_not(name):
            raise click.ClickException(f"`course {name}` needs {reason}")
        if name in IN_FILES:
            return getattr(importlib.import_module(f".{name}", __name__), name)
        return super().get_command(context, name)

    def main(self, *args, standalone_mode=True, **options):
        """As click's, and what the disk or somebody's rights forbid is said in a sentence."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **options)
        try:
            return super().main(*args, **options)
        except OSError as error:
            with suppress(OSError):
                click.ClickException(in_words(error)).show()
            sys.exit(1)
        finally:
            for stream in (sys.stdout, sys.stderr):
                drop_what_cannot_be_written(stream)


def drop_what_cannot_be_written(stream):
    """Or Python would try once more when it ends, and complain."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def in_words(error):
    """An OSError as a sentence. Of what is written bit by bit, as the output is, the system does not say where."""
    if error.filename is None and error.strerror:
        room = " Is there room where the output goes to?" if error.errno in FULL else ""
        return f"something could not be written or read: {error.strerror}.{room}"
    return str(error)


def why_not(command):
    """What a command needs that this copy of the course has not, in words; "" where it works."""
    if command in FOR_TEACHERS and not layout.complete():
        return ("the hidden tests, and this copy of the course has none: it is a students' bundle. Use the whole "
                "course.")
    missing = [rung for rung in RUNGS.get(command, ()) if not layout.has_rung(rung)]
    if missing:
        return (f"course_lib.{missing[0]}, which this copy of the course leaves out: it withholds a chapter that "
                "stands below.")
    return ""


@click.group(cls=Course, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="small-world", message="%(version)s")
def main():
    """Small World: build a GPT that tells stories.

    Start with `course lab`. If something does not work, `course doctor` says why.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a sign shows ? and goes on
            stream.reconfigure(errors="replace")


@contextmanager
def plainly():
    """What the user can mend is said in a sentence, without a traceback."""
    from course_lib.classroom import BuildError

    try:
        yield
    except OSError as error:
        raise click.ClickException(in_words(error)) from error
    except (LookupError, ValueError, BuildError) as error:
        raise click.ClickException(str(error.args[0] if type(error) is KeyError else error)) from error


@main.command(context_settings=PASS_ON)
@click.argument("arguments", metavar="[CHAPTER] [JUPYTER OPTIONS]", nargs=-1, type=click.UNPROCESSED)
def lab(arguments):
    """Open a chapter (7, attention or 07_attention) in JupyterLab."""
    from course_lib.classroom import ROOT, chapters, start

    from .folders import lab_environment, unwritable

    named = bool(arguments) and not arguments[0].startswith("-")
    with plainly():
        path = start(arguments[0] if named else chapters()[0].word)
    click.echo(f"Your copy is {path.relative_to(ROOT).as_posix()}. Ctrl-C in this window ends JupyterLab.")
    jupyter = [sys.executable, "-m", "jupyterlab", str(path), f"--ServerApp.root_dir={ROOT}", *arguments[named:]]
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in arguments:
        jupyter.append(
            "--allow-root"
        )  # in a container one often is; JupyterLab would refuse, and hears on loopback only
    if blocked := unwritable():
        click.echo(f"Cannot be written: {', '.join(blocked.values())}. JupyterLab keeps its own files in a temporary "
                   "folder, and forgets what you set in it when it ends. Your chapters are kept.")  # fmt: skip
    with lab_environment() as environment:
        process = subprocess.Popen(jupyter, cwd=ROOT, env=environment)
        while True:
            try:
                sys.exit(process.wait())
            except KeyboardInterrupt:  # JupyterLab got it too, and asks whether to stop
                continue


@main.command()
@click.option("--quick", is_flag=True, help="Only the unit tests that take seconds (under 3 minutes).")
def test(quick):
    """Prove that the course works: tests, chapters, solutions."""
    from .prove import prove

    sys.exit(prove(quick, click.echo))


@main.command()
def doctor():
    """Say what is wrong with this set-up, and how to mend it."""
    from .checkup import examine

    sys.exit(examine(click.echo))


@main.command()
@click.argument("chapter", required=False)
@click.option("--stubs", is_flag=True, help="Write the chapter's stubs from the reference instead.")
@click.option("--ladder", is_flag=True, help="Measure every rung, or the one named, and write course_lib/ladder.json.")
def build(chapter, stubs, ladder):
    """Make the solutions (of one chapter, or all) and run them."""
    from rich.console import Console

    from course_lib import classroom

    if ladder:
        from course_lib import show, training
        from course_lib.classroom import ladder as figures

        with plainly():
            more = importlib.import_module("course_lib.modern.races").RUNGS if layout.has_rung("modern") else {}
            figures.write(training.measure_ladder(Console(), chapter, more))
        show.ladder({}).save(figures.PICTURE)
        return
    with plainly():
        classroom.build(chapter, stubs=stubs, console=Console())


@main.command()
@click.argument("chapter")
def reset(chapter):
    """Start a chapter afresh, and keep yours beside it."""
    from course_lib import classroom

    with plainly():
        path, backup = classroom.reset(chapter)
    click.echo(f"Fresh: {path.relative_to(classroom.ROOT).as_posix()}")
    if backup:
        click.echo(f"Yours: {backup.relative_to(classroom.ROOT).as_posix()}")


@main.command()
@click.argument("name")
def solution(name):
    """Show the finished code of an exercise, such as causal_attention."""
    from course_lib import classroom

    with plainly():
        click.echo(classroom.solution(name), nl=False)


@main.command()
def progress():
    """Show the points you have earned."""
    from course_lib.classroom import progress

    click.echo(str(progress()))
    if not layout.complete():
        click.echo("This copy has no hidden tests, and so it gives no points: your instructor's does.")


@main.command()
@click.argument("name", required=False)
def bench(name):
    """Race the course's code against well-known libraries."""
    from course_lib.classroom import ROOT

    names = sorted(path.stem for path in ROOT.glob("tests/bench/[!_]*.py"))
    if name is not None and name not in names:
        raise click.ClickException(f"There is no benchmark {name!r}. The benchmarks are: {', '.join(names)}.")
    for each in [name] if name else names:
        click.echo(f"{each}:")
        ended = subprocess.run([sys.executable, "-m", f"tests.bench.{each}"], cwd=ROOT, check=False).returncode
        if ended:
            raise click.ClickException(f"the benchmark {each!r} ended with status {ended}")


@main.command()
@click.argument("name", required=False)
@click.option("--seed", default=0, show_default=True, help="Other seeds read other stories, from another start.")
def race(name, seed):
    """Train again what a chapter compares.

    Without a NAME the races are listed. One thread trains, so a race takes many minutes; it says a row as each run is
    done, and Ctrl-C ends it.
    """
    from course_lib import sampling

    known = races()
    if name is None:
        for each, run in known.items():
            click.echo(f"{each:12} {run.__doc__}")
    elif name not in known:
        raise click.ClickException(f"There is no race {name!r}. The races are: {', '.join(known)}.")
    else:
        known[name](click.echo, sampling.complete, seed)


def races():
    """{name: race} of all rungs of this copy that have a file of races."""
    found = {}
    for rung in layout.LADDER:
        if (layout.ROOT / "course_lib" / rung / "races.py").is_file():
            found |= importlib.import_module(f"course_lib.{rung}.races").RACES
    return found


@main.command()
@click.argument("name")
def fetch(name):
    """Fetch a model that others have trained: smollm2 (93 MB).

    It is kept in the course's cache, so once is enough. What is there already is looked at, and mended.
    """
    from course_lib import pretrained

    fetched = {"smollm2": pretrained.fetch_smollm2}
    if name not in fetched:
        raise click.ClickException(f"There is no {name!r} to fetch. There is: {', '.join(fetched)}.")
    with plainly():
        fetched[name](say=click.echo)


@main.command()
@click.option("--seed", default=0, show_default=True, help="Decides which stories it reads, and in what order.")
@click.option("--fresh", is_flag=True, help="Begin anew; the run that is there is backed up.")
@click.option("--release", is_flag=True, help="Train the model that comes with the course, for course_lib/data.")
@click.option("--assistant", is_flag=True, help="Make an assistant of the storyteller, to talk to: course chat.")
def train(seed, fresh, release, assistant):
    """Train a storyteller, or go on with a run that was stopped."""
    from course_lib import training

    if assistant:
        with plainly():
            train_assistant(seed, release)
        return
    with plainly():
        if release:
            held_out = training.release(seed=seed)["held_out"]
            click.echo(
                f"{held_out['bits_per_byte']:.3f} bits per byte on held-out stories; floor {held_out['floor']:.3f}"
            )
            return
        _, _, history = training.tell(training.plan(), seed, run=training.runs(), resume=not fresh)
    if history.bits:
        click.echo(f"{history.best:.3f} bits per byte on held-out stories. Read some of its own: course tell")


def train_assistant(seed, release):
    """Train an assistant and say how well it answers. The learner's own is trained anew; an older one is backed up."""
    if not layout.has_rung("instructions"):
        raise LookupError("course_lib.instructions is left out of this copy of the course: it withholds a chapter")
    from course_lib import instructions

    make = instructions.release_assistant if release else instructions.train_assistant
    click.echo(instructions.in_words(make(seed, say=click.echo)))


@main.command()
@click.argument("beginning", default="")
@click.option("--stories", "count", default=3, show_default=True, help="How many.")
@click.option("--temperature", default=0.5, show_default=True, help="1: as it has learned; 0: always the likeliest.")
@click.option("--seed", type=int, help="The same stories each time.")
def tell(beginning, count, temperature, seed):
    """Sample stories from the trained model, each with a verdict."""
    import torch

    from course_lib import device, sampling, stories, training

    with plainly():
        model, tokenizer = training.storyteller()
        chance = torch.Generator(device.device())
        chance.seed() if seed is None else chance.manual_seed(seed)
        beginnings = [beginning] * count
        told = sampling.complete(model, tokenizer, beginnings, temperature=temperature, generator=chance)
    readings = [stories.read(text) for text in told]
    for text, reading in zip(told, readings, strict=True):
        said = "well-formed" if reading.well_formed else "not well-formed"
        said += " and consistent" if reading.consistent else f": {reading.problem}"
        click.echo(f"\n{text}\n[{said}]")
    formed, sound = (sum(getattr(r, name) for r in readings) for name in ("well_formed", "consistent"))
    click.echo(f"\n{count} stories, {formed} well-formed, {sound} consistent")

"""`course check NB`: the judge that grades a class, for one learner in a terminal."""

import os

import click

from course_lib.grading import ISOLATION


@click.command()
@click.argument("notebook", type=click.Path(dir_okay=False))
@click.option("--chapter", help="Of which chapter it is, where its name does not say so.")
@click.option("--seed", type=int, help="The same inputs again; it is shown with every result.")
@click.option("--limit-seconds", default=10.0, show_default=True, help="For one exercise, by the clock.")
@click.option("--isolation", type=click.Choice(ISOLATION), default="auto", show_default=True,
              help="strict: an own root, or nothing is run. container: by Docker or Podman. "
                   "none: run the notebook's code with your own rights.")
def check(notebook, chapter, seed, limit_seconds, isolation):
    """Judge a chapter's notebook as a class is graded.

    Hidden tests on new inputs; nothing of the notebook is run in this process.
    Ends with status 0 where every exercise is right, 1 where one is not, 2 where the notebook cannot be judged.
    """
    from course_lib.grading import Grader, Trouble, word_of

    try:
        with Grader(word_of(notebook, chapter), seed, limit_seconds, isolation=isolation) as grader:
            warn(grader.runner.layers, isolation)
            result = grader.grade(notebook)
    except (LookupError, Trouble) as error:
        raise click.ClickException(str(error.args[0])) from error
    for line in lines(result):
        click.echo(line)
    raise SystemExit(2 if result.problem else 0 if result.earned == result.points else 1)


def warn(layers, isolation):
    """Say loudly what the notebook's code could reach, where it has no root of its own."""
    if isolation == "auto" and "files" not in layers:
        inside = "files, by landlock" if "landlock" in layers else "nothing but time and memory"
        click.echo(f"Warning: this system forbids namespaces. Kept from the notebook's code: {inside}.", err=True)
    if not {"user", "container"} & set(layers) and getattr(os, "geteuid", lambda: 1)() == 0:
        click.echo("Warning: the notebook's code runs as root. Grade as another user.", err=True)


def lines(result):
    """A Result as lines of text."""
    if result.problem:
        yield f"✗ {plainly(result.notebook)}: {plainly(result.problem)}"
        return
    for exercise in result.exercises:
        held = sum(verdict == "held" for _, verdict in exercise.verdicts)
        if exercise.earned:
            yield f"✓ {exercise.name} · {exercise.earned} of {exercise.points} points · all {held} properties hold"
            continue
        mark = "○" if exercise.reason == "not written yet" else "✗"
        yield f"{mark} {exercise.name} · 0 of {exercise.points} points · {plainly(exercise.reason)}"
        for what, text in (("expected", exercise.expected), ("got", exercise.got), ("likely cause", exercise.cause)):
            if text and mark == "✗":
                yield f"    {what:<12}  {plainly(text)}"
    layers = ", ".join(result.isolation) or "none: the code ran with your rights"
    yield f"{result.earned} of {result.points} points · seed {result.seed} · isolation: {layers}"


def plainly(text):
    """A student's text without control characters: a terminal obeys some of them."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:500]

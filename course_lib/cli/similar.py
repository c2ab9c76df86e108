"""`course similar SUBMITTED`: submissions that are alike after names, comments and layout are removed."""

from pathlib import Path

import click

from .check import plainly

MOST_CODE = 20_000      # characters of one piece of code on the page
MEANING = (
    "Alike in what the stub does not give and most of the class does not share, after names, comments and layout are "
    "removed. It is a reason to read the two sides, and no proof: a short exercise has few right forms, and two "
    "students may have learned from the same page. Nor is anybody cleared who is not listed.")


@click.command()
@click.argument("submitted", type=click.Path(path_type=Path))
@click.option("--chapter", help="Only this one.")
@click.option("--most", default=30, show_default=True, type=click.IntRange(1), help="How many pairs are shown.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="An HTML page with the two sides.")
def similar(submitted, chapter, most, out):
    """Rank hand-ins that are alike.

    With each other or with the finished one.

    SUBMITTED is a folder or a platform's zip, as `course grade` takes it.
    Nothing of a notebook is run. Ends with status 0 whatever is found.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from course_lib.classroom import layout, progress_file
    from course_lib.grading.intake.hand_ins import found
    from course_lib.grading.similarity.similar import compare

    try:
        chapters = [layout.find_chapter(chapter)] if chapter else layout.chapters()
        pairs, problems = compare(found(submitted), chapters)
    except (LookupError, ValueError, OSError) as error:
        raise click.ClickException(str(error.args[0] if type(error) is KeyError else error)) from error
    table = Table("", "exercise", "one", "other", "alike")
    for number, pair in enumerate(pairs[:most], 1):
        table.add_row(str(number), f"{pair.word}.{pair.exercise}", *(Text(plainly(n)) for n in names(pair)),
                      f"{pair.alike:.0%}")
    console = Console()
    if pairs:
        console.print(table)
    said = f"{min(most, len(pairs))} of {len(pairs)} pairs. {MEANING}"
    click.echo(said if pairs else "No two submissions are alike.")
    for file, problem in problems:
        click.echo(f"Not compared: {plainly(file)}: {plainly(problem)}", err=True)
    if out:
        try:
            progress_file.write(out, page(pairs[:most], problems))
        except OSError as error:
            raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
        click.echo(f"The two sides: {out}")


def names(pair):
    """What the two sides are called; a copy of the reference is said to be one."""
    if pair.finished:
        return pair.right.student, "like the finished one"
    return pair.left.student, pair.right.student


def page(pairs, problems):
    """The HTML page, complete in itself; everything of the students' is made visible and escaped."""
    from course_lib.grading.reports.escaping import pages
    from course_lib.grading.similarity.similar import marked

    shown = []
    for pair in pairs:
        both = []
        for side in (pair.left, pair.right):
            parts = [[(code(text), mark) for text, mark in pieces] for _, pieces in marked(side, pair.shared)]
            both.append((side.student, side.file, parts))
        left, right = names(pair)
        shown.append({"word": pair.word, "exercise": pair.exercise, "left": left, "right": right,
                      "alike": f"{pair.alike:.0%}", "sides": both})
    return pages().get_template("similar.html").render(pairs=shown, problems=problems, meaning=MEANING)


def code(text):
    """A piece of code as HTML: it may be longer than other texts on a page, and its tabs are no surprise."""
    from markupsafe import escape

    from course_lib.grading.reports.escaping import visible

    return escape(visible(text.replace("\t", "    "), MOST_CODE))

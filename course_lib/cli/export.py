"""`course export nbgrader DIR`: the course for those who grade with nbgrader."""

import click


@click.group()
def export():
    """Write the course in another tool's form."""


@export.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--chapter", "named", multiple=True, help="Only this one; may be given several times.")
def nbgrader(folder, named):
    """Write a course folder for nbgrader 0.9.6.

    One assignment for each chapter; `nbgrader autograde` asks the course's judge and runs no cell of a student's.
    """
    from course_lib.classroom import layout
    from course_lib.grading.nbgrader import course

    try:
        words = {layout.find_chapter(name).word for name in named}
        chapters = [chapter for chapter in layout.chapters() if not words or chapter.word in words]
        paths = course.export(folder, chapters)
    except LookupError as error:
        raise click.ClickException(str(error.args[0])) from error
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror or error}") from error
    for path in paths:
        click.echo(path)
    if course.found() != course.WANTED:
        click.echo(f"Note: nbgrader {course.WANTED} is wanted to use it; here is {course.found() or 'none'}. "
                   f"pip install nbgrader=={course.WANTED}", err=True)

"""`course release OUT`: the students' bundle."""

import click


@click.command()
@click.argument("out", type=click.Path())
@click.option("--chapters", default="", metavar="LIST", help='Only these, such as "1-7" or "0,2,7-10".')
@click.option("--withhold", multiple=True, metavar="CHAPTER",
              help="Blank this chapter's exercises in course_lib too, and leave out what stands above it.")
def release(out, chapters, withhold):
    """Make a copy of the course for students: a folder, or a .zip.

    It holds no hidden tests and no solutions. Without --chapters it has every chapter that works in it.
    """
    from course_lib.classroom.authoring.release import release as make

    try:
        chosen = make(out, chapters, withhold)
    except (LookupError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{out}: {', '.join(chapter.path.stem for chapter in chosen)}")

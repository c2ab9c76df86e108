"""Write a course folder for nbgrader: one assignment for each chapter. nbgrader itself is not needed for that."""

import importlib.metadata
import json
import os
import tempfile
from pathlib import Path

from ...classroom.authoring.builder import as_text

WANTED = "0.9.6"        # nbgrader's version: the steps replace parts of it
CONFIG = '''"""nbgrader's settings for this course. Students get the folder `release` only."""

from course_lib.grading.nbgrader import configure

c = get_config()  # noqa: F821  (nbgrader provides it)
configure(c)
c.CourseDirectory.course_id = "small-world"
c.Execute.timeout = 600         # seconds for one cell of `nbgrader validate`
# c.Judge.seed = 1              # the same hidden inputs in every run; without it they are drawn for each
# c.Judge.seconds = 10.0        # for one exercise, by the clock
# c.Judge.isolation = "auto"    # "none": students' code runs with your own rights
'''
TEST = """\
# Says whether the check above is content. Your points come from the course's judge, which does not run this cell.
check.passed("{name}")
"""


def found():
    """The version of nbgrader that is installed here, or ""."""
    try:
        return importlib.metadata.version("nbgrader")
    except importlib.metadata.PackageNotFoundError:
        return ""


def export(folder, chapters):
    """Write nbgrader_config.py and source/NN_word/NN_word.ipynb, all or nothing. Returns the notebooks' paths.

    folder: new, or an empty one; FileExistsError otherwise     chapters: those of `layout.chapters()`
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: name a folder that is new or empty. Nothing was written.")
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file: name a folder that is new or empty. Nothing was written.")
    books = {Path("source", c.path.stem, c.path.name): as_text(assignment(c)) for c in chapters}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".nbgrader-", dir=folder.parent) as place:
        course = Path(place, "course")
        for path, text in {**books, Path("nbgrader_config.py"): CONFIG}.items():
            (course / path).parent.mkdir(parents=True, exist_ok=True)
            (course / path).write_text(text, encoding="utf-8", newline="\n")
        if folder.exists():
            folder.rmdir()          # it is empty, and some systems do not rename over a folder
        os.replace(course, folder)
    return [folder / path for path in books]


def assignment(chapter):
    """The chapter's notebook as JSON: each exercise marked as a solution, and a cell for its points below it."""
    book = json.loads(chapter.path.read_text(encoding="utf-8"))
    exercises, cells = {exercise.cell: exercise for exercise in chapter.exercises()}, []
    for number, cell in enumerate(book["cells"]):
        cells.append(cell)
        if exercise := exercises.get(number):
            cell["metadata"]["nbgrader"] = marked(exercise.name, solution=True)
            cells.append({
                "cell_type": "code", "execution_count": None, "id": f"{cell['id']}-points", "outputs": [],
                "metadata": {"nbgrader": marked(points_id(exercise), grade=True, points=exercise.points)},
                "source": TEST.format(name=exercise.name).rstrip().splitlines(keepends=True)})
    book["cells"] = cells
    return book


def points_id(exercise):
    """nbgrader's id of the cell that carries an exercise's points; it names the chapter, however files are called."""
    return f"{exercise.word}-{exercise.name}"


def marked(grade_id, solution=False, grade=False, points=None):
    """nbgrader's metadata of a cell, schema 3."""
    said = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "locked": grade,
            "task": False}
    return said if points is None else {**said, "points": points}

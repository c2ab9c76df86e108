"""What the `course` command does for a learner and an author: copies to work on, solutions, stubs."""

import ast
import json
import os
import tempfile

from . import house, marks, variants
from .house import source


class BuildError(RuntimeError):
    """A notebook that does not run: its message names the notebook, the cell and the error."""


def start(chapter):
    """The chapter's copy in `work/`, made if there is none yet; one that is there is never touched. Returns its path."""
    chapter = house.find_chapter(chapter)
    place = house.ROOT / "work" / chapter.path.name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        marks.write(place, chapter.path.read_text(encoding="utf-8"))
    return place


def reset(chapter):
    """A fresh copy of the chapter in `work/`. Returns (its path, the backup of what was there or None)."""
    chapter = house.find_chapter(chapter)
    place, backup = house.ROOT / "work" / chapter.path.name, None
    if place.exists():
        number = 1
        while (backup := place.with_name(f"{place.stem}.backup-{number}{place.suffix}")).exists():
            number += 1
        os.replace(place, backup)
    return start(chapter.word), backup


def solution(name):
    """The source of an exercise's finished reference. name: `causal_attention`, or `attention.causal_attention`."""
    found = [e for chapter in house.chapters() for e in chapter.exercises() if name in (e.name, e.full_name)]
    if not found:
        names = ", ".join(e.full_name for chapter in house.chapters() for e in chapter.exercises()) or "none yet"
        raise LookupError(f"There is no exercise {name!r}. The exercises are: {names}.")
    if len(found) > 1:
        raise LookupError(f"{name!r} is an exercise of several chapters: {', '.join(e.full_name for e in found)}.")
    return house.reference_source(found[0].of, found[0].name)


def build(chapter=None, stubs=False, console=None):
    """Make `solutions/NN_word.ipynb`, executed, of one chapter or of all. With stubs: put the references' stubs into the
    chapter itself instead, where they differ.

    chapter: as `find_chapter` takes it     console: anything with .print(text)     returns the files written
    Raises BuildError, and writes nothing for that chapter, when a cell fails.
    """
    chosen = house.chapters() if chapter is None else [house.find_chapter(chapter)]
    written = []
    for one in chosen:
        path = rewrite_stubs(one) if stubs else build_solution(one)
        if console is not None:
            console.print(f"{path.relative_to(house.ROOT).as_posix()}" if path else f"{one.path.name}: stubs are as they should be")
        written += [path] if path else []
    return written


def as_text(book):
    """A notebook as it is committed."""
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def replaced(text, definition, new):
    """A cell's text with one definition (from its first decorator to its end) replaced by another text."""
    lines = text.splitlines()
    first = min([definition.lineno, *(d.lineno for d in definition.decorator_list)]) - 1
    lines[first:definition.end_lineno] = new.rstrip("\n").splitlines()
    return "\n".join(lines)


def rewrite_stubs(chapter):
    """Bring the chapter's stubs to their blanked references; everything else stays as it is, byte for byte.

    Returns the chapter's path where something was written, else None. Bug hunts are left alone.
    """
    text = chapter.path.read_text(encoding="utf-8")
    book = json.loads(text)
    for exercise in house.exercises_in(book["cells"], chapter.word):
        reference = house.reference_source(exercise.of, exercise.name)
        wanted = variants.blanked(variants.definition_of(reference), house.blanks(exercise.stub))
        if not exercise.hunt and ast.dump(wanted) != ast.dump(exercise.stub):
            cell = book["cells"][exercise.cell]
            new = replaced(source(cell), exercise.stub, variants.blanked_text(reference, house.blanks(exercise.stub)))
            text = exchanged(text, cell["source"], new.splitlines(keepends=True))
    if text == chapter.path.read_text(encoding="utf-8"):
        return None
    marks.write(chapter.path, text)
    return chapter.path


def exchanged(text, old, new):
    """The notebook's text with one cell's source lines exchanged, and not a byte beside them."""
    def written(lines):
        return '"source": ' + json.dumps(lines, indent=1, ensure_ascii=False).replace("\n", "\n   ")

    before = written(old)
    if text.count(before) != 1:
        raise BuildError("the notebook is not written as json.dumps(book, indent=1, ensure_ascii=False) writes it")
    return text.replace(before, written(new))


def solved(chapter):
    """The chapter's notebook, as nbformat's JSON, with every exercise's definition replaced by its reference.

    Every cell with a check is tagged `nbval-check-output`, so that its result is compared in the tests.
    """
    book = json.loads(chapter.path.read_text(encoding="utf-8"))
    for exercise in house.exercises_in(book["cells"], chapter.word):
        cell = book["cells"][exercise.cell]
        new = replaced(source(cell), exercise.stub, house.reference_source(exercise.of, exercise.name))
        cell["source"] = new.splitlines(keepends=True)
        tags = cell["metadata"].setdefault("tags", [])
        tags += [] if "nbval-check-output" in tags else ["nbval-check-output"]
    return book


def build_solution(chapter):
    """Write the chapter's solution, executed, with its outputs. Returns its path."""
    book = executed(solved(chapter), chapter.path.name)
    place = house.ROOT / "solutions" / chapter.path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    marks.write(place, as_text(book))
    return place


def executed(book, name, seconds=1800):
    """A notebook's JSON with its outputs, run from top to bottom in a fresh kernel and a temporary folder.

    name: the notebook's, for the error message     seconds: what one cell may take
    Progress is off. Execution counts, times and widget states are left out: the same notebook gives the same text.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.from_dict(json.loads(json.dumps(book)))
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        client = NotebookClient(notebook, timeout=seconds, kernel_name="python3", store_widget_state=False,
                                record_timing=False, resources={"metadata": {"path": folder}})
        try:
            client.execute(env={**os.environ, "COURSE_PROGRESS": "off"})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            broken = next((c for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", ()))), None)
            where = f"cell {broken.id!r}" if broken else "a cell"
            raise BuildError(f"{name}, {where}: {error}") from None
    return cleaned(notebook)


def cleaned(notebook):
    """An executed notebook as JSON without what differs from run to run."""
    book = json.loads(json.dumps(notebook))
    book["metadata"].pop("widgets", None)
    book["metadata"]["language_info"] = {"name": "python"}
    for cell in book["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
        cell["source"] = source(cell).splitlines(keepends=True)
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            if "execution_count" in output:
                output["execution_count"] = None
    return book

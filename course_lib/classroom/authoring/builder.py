"""Build what is derived: solutions from chapters and references, and the chapters' stubs from the references."""

import ast
import json
import os
import sys
import tempfile

from .. import layout, progress_file
from ..checking import variants
from ..layout import source

COMPARED = "nbval-check-output"     # nbval compares the outputs of cells with this tag


class BuildError(RuntimeError):
    """A notebook that does not run: the message names the notebook, the cell and the error."""


def build(chapter=None, stubs=False, console=None):
    """Make `solutions/NN_word.ipynb`, executed, of one chapter or of all.

    With `stubs`, put the references' stubs into the chapters themselves instead, where they differ.
    chapter: as `find_chapter` takes it     console: anything with .print(text)     returns the files written
    Raises BuildError, and leaves that chapter's solution as it was, when a cell fails or a check does not say ✓.
    """
    written = []
    for one in layout.chapters() if chapter is None else [layout.find_chapter(chapter)]:
        path = rewrite_stubs(one) if stubs else build_solution(one)
        if console is not None:
            said = f"{one.path.name}: its stubs are as they should be"
            console.print(path.relative_to(layout.ROOT).as_posix() if path else said)
        written += [path] if path else []
    return written


def as_text(book):
    """A notebook as it is committed."""
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def replaced(text, definition, new):
    """A cell's text with one definition, from its first decorator to its end, replaced by another text."""
    lines = text.splitlines()
    first = min([definition.lineno, *(d.lineno for d in definition.decorator_list)]) - 1
    lines[first:definition.end_lineno] = new.rstrip("\n").splitlines()
    return "\n".join(lines)


def rewrite_stubs(chapter):
    """Bring the chapter's stubs to their blanked references; all else stays as it is, byte for byte.

    Returns the chapter's path where something was written, else None. Bug hunts are left alone.
    """
    before = text = chapter.path.read_text(encoding="utf-8")
    book = json.loads(text)
    for exercise in layout.exercises_in(book["cells"], chapter.word):
        reference, blank = layout.reference_source(exercise.of, exercise.name), layout.blanks(exercise.stub)
        wanted = variants.blanked(variants.definition_of(reference), blank)
        if blank and ast.dump(wanted) != ast.dump(exercise.stub):
            cell = book["cells"][exercise.cell]
            new = replaced(source(cell), exercise.stub, variants.blanked_text(reference, blank))
            text = exchanged(text, cell["source"], new.splitlines(keepends=True), chapter.path.name)
            cell["source"] = new.splitlines(keepends=True)
    if text == before:
        return None
    progress_file.write(chapter.path, text)
    return chapter.path


def exchanged(text, old, new, name):
    """A notebook's text with one cell's source lines exchanged, and not a byte beside them."""
    def written(lines):
        return '"source": ' + json.dumps(lines, indent=1, ensure_ascii=False).replace("\n", "\n   ")

    if text.count(written(old)) != 1:
        raise BuildError(f"{name} is not written as json.dumps(book, indent=1, ensure_ascii=False) writes it")
    return text.replace(written(old), written(new))


def solved(chapter):
    """The chapter's notebook, as nbformat's JSON, with every exercise's definition replaced by its reference.

    Every cell with a check is tagged, so that its outcome is compared in the tests.
    """
    book = json.loads(chapter.path.read_text(encoding="utf-8"))
    for exercise in layout.exercises_in(book["cells"], chapter.word):
        cell = book["cells"][exercise.cell]
        new = replaced(source(cell), exercise.stub, layout.reference_source(exercise.of, exercise.name))
        cell["source"] = new.splitlines(keepends=True)
        tags = cell["metadata"].setdefault("tags", [])
        tags += [] if COMPARED in tags else [COMPARED]
    return book


def build_solution(chapter):
    """Write the chapter's solution, executed, with its outputs. Returns its path."""
    book = executed(solved(chapter), chapter.path.name)
    if failing := unsolved(chapter, book):
        raise BuildError(f"{chapter.path.name}: {failing[0]}")
    place = layout.ROOT / "solutions" / chapter.path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    progress_file.write(place, as_text(book))
    return place


def unsolved(chapter, book):
    """What the checks of an executed solution say where they do not say ✓, each with its exercise's name."""
    found = []
    for exercise in chapter.exercises():
        outputs = [output.get("data", {}).get("text/plain", "") for output in book["cells"][exercise.cell]["outputs"]]
        said = "".join("".join(text) for text in outputs)
        found += [] if said.startswith("✓") else [f"{exercise.name} is not ✓ in its solution: {said or 'nothing said'}"]
    return found


def executed(book, name, seconds=1800):
    """A notebook's JSON with its outputs, run from top to bottom by this Python in a fresh kernel and folder.

    name: the notebook's, for the error message     seconds: what one cell may take
    Progress is off. Times and widget states are left out; execution counts stay, because nbval wants them.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.reads(json.dumps(book), as_version=4)
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        client = NotebookClient(notebook, timeout=seconds, store_widget_state=False, record_timing=False,
                                coalesce_streams=True,  # what a cell writes bit by bit is one text
                                kernel_manager_class=manager_of_this_python(), resources={"metadata": {"path": folder}})
        try:
            client.execute(env={**os.environ, "COURSE_PROGRESS": "off"})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise BuildError(f"{name}, cell {failing_cell(notebook)}: {error}") from None
    return cleaned(notebook)


def manager_of_this_python():
    """A class of kernel managers that start the Python now running, whatever kernels are installed elsewhere."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=command, display_name="Python 3 (ipykernel)", language="python")

    class Manager(AsyncKernelManager):
        def __init__(self, **options):
            super().__init__(kernel_spec_manager=ThisPython(), **options)

    return Manager


def failing_cell(notebook):
    """The id of the cell that stopped a run: the one with an error, else the last that was started."""
    started = "of none"
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.get("execution_count"):
            started = repr(cell.id)
        if any(output.output_type == "error" for output in cell.get("outputs", ())):
            return repr(cell.id)
    return f"after {started}"


def cleaned(notebook):
    """An executed notebook as JSON, without what differs from run to run and what tools have added."""
    import nbformat

    book = json.loads(nbformat.writes(notebook))        # sources and outputs as lists of lines
    book["metadata"].pop("widgets", None)
    book["metadata"]["language_info"] = {"name": "python"}
    for cell in book["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key == "tags"}
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
    return book

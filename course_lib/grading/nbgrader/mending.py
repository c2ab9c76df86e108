"""Make a hand-in's cells what nbgrader expects, whatever was copied, deleted, edited or forged. No text is lost.

What a cell is comes from the gradebook alone. A cell of the student's says at most where it stands.
"""

from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell


@dataclass(frozen=True)
class Wanted:
    """A cell that the gradebook knows. metadata: nbgrader's, complete."""

    metadata: dict
    cell_type: str
    source: str

    @property
    def locked(self):
        return self.metadata["locked"]

    @property
    def earns(self):
        return self.metadata["grade"] or self.metadata["task"]


def mend(book, wanted):
    """Mend a notebook in place. wanted: {grade_id: Wanted}, in the order of the assignment

    The last cell that claims an id has it, if it fits; one that was locked and has been edited stays as an ordinary
    cell, with a fresh one below it; one that earns points and is missing comes back.
    """
    last = {}
    for number, cell in enumerate(book.cells):
        last[claimed(cell)] = number
    cells, places = [], {}
    for number, cell in enumerate(book.cells):
        grade_id = claimed(cell)
        plain(cell)
        cells.append(cell)
        if grade_id not in wanted or last[grade_id] != number:
            continue
        it = wanted[grade_id]
        if cell.cell_type == it.cell_type and (not it.locked or cell.source == it.source):
            if it.locked:
                cell.metadata = NotebookNode()
            cell.metadata["nbgrader"] = from_dict(it.metadata)
            places[grade_id] = cell
        elif it.earns:
            places[grade_id] = fresh(it, book)
            cells.append(places[grade_id])
    before = None
    for grade_id, it in wanted.items():
        if grade_id not in places and it.earns:
            at = next((i + 1 for i, cell in enumerate(cells) if cell is before), len(cells))
            places[grade_id] = fresh(it, book)
            cells.insert(at, places[grade_id])
        before = places.get(grade_id)
    book.cells = cells


def claimed(cell):
    """The grade_id that a cell claims, or None."""
    said = cell.get("metadata")
    said = said.get("nbgrader") if isinstance(said, dict) else None
    grade_id = said.get("grade_id") if isinstance(said, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def plain(cell):
    """Take nbgrader's marks off a cell, and what it is said to have printed."""
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = NotebookNode()
    cell.metadata.pop("nbgrader", None)
    if cell.cell_type == "code":
        cell["outputs"], cell["execution_count"] = [], None


def fresh(wanted, book):
    """A new cell as the gradebook has it."""
    make = new_code_cell if wanted.cell_type == "code" else new_markdown_cell
    cell = make(wanted.source, metadata={"nbgrader": wanted.metadata})
    if (book.nbformat, book.nbformat_minor) < (4, 5):
        cell.pop("id", None)
    return cell

"""Cells of the chapters that draw or tell: their code fits under a laptop's window, and so does what they print."""

import re

import pytest

from course_lib.classroom import layout

CELLS = [pytest.param(layout.source(cell), id=f"{chapter.word} {cell['id']}")
         for chapter in layout.chapters() for cell in chapter.cells()
         if cell["cell_type"] == "code" and re.search(r"\bshow\.\w+\(", layout.source(cell))]


@pytest.mark.parametrize("source", CELLS)
def test_code_that_draws_is_not_cut_off(source):
    """With the side bar open, JupyterLab shows some 105 columns at 1280 pixels."""
    assert max(map(len, source.split("\n"))) <= 100

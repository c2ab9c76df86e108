"""The code of the chapters fits into a laptop's window."""

import pytest

from course_lib.classroom import layout

COLUMNS = 100  # with the side bar open, JupyterLab shows some 105 at 1280 pixels


@pytest.mark.parametrize("chapter", layout.chapters(), ids=lambda chapter: chapter.word)
def test_no_line_of_code_is_cut_off(chapter):
    wide = {cell["id"]: line for cell in chapter.cells() if cell["cell_type"] == "code"
            for line in layout.source(cell).split("\n") if len(line) > COLUMNS}
    assert not wide

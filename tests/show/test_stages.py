"""The picture of stages: in the order of reading, in boxes that hold their words, with an arrow to the next."""

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from course_lib import show
from course_lib.classroom import layout

NOTES = {f"stage {n}": f"chapter {n}\nwhat is done" for n in range(7)}


def parts(picture, kind):
    picture.figure.draw_without_rendering()
    return [patch for patch in picture.figure.axes[0].patches if isinstance(patch, kind)]


@pytest.mark.parametrize("columns", [1, 3, 4, 9])
def test_stages_are_read_row_after_row_and_each_has_a_box_of_its_own(columns):
    picture = show.stages(NOTES, columns=columns, title="Seven")
    boxes = [box.get_window_extent() for box in parts(picture, FancyBboxPatch)]
    assert len(boxes) == 7 and len(parts(picture, FancyArrowPatch)) == 6
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[n + 1:])
    places = [(round(-box.y0), round(box.x0)) for box in boxes]
    assert places == sorted(places), "from left to right, and then the next row"
    assert len({y for y, _ in places}) == -(-7 // columns)
    assert picture.alt.startswith("Seven. 1. stage 0: chapter 0, what is done. 2. stage 1:")


def test_words_stay_inside_their_boxes():
    """Those of the chapter that uses it."""
    cells = {cell["id"]: layout.source(cell) for cell in layout.find_chapter("sampling").cells()}
    picture = eval(cells["road-picture"], {"show": show})
    boxes = [box.get_window_extent() for box in parts(picture, FancyBboxPatch)]
    texts = [text.get_window_extent() for text in picture.figure.axes[0].texts]
    assert len(texts) == 2 * len(boxes)
    for n, text in enumerate(texts):
        box = boxes[n // 2]
        assert box.x0 < text.x0 and text.x1 < box.x1 and box.y0 < text.y0 and text.y1 < box.y1

"""The small world: told, read back, weighed."""

import random

import pytest

from course_lib.stories import bits, imagine, plots, read, split_of, tell


def test_what_is_told_can_be_read():
    rng = random.Random(0)
    for _ in range(300):
        plot = imagine(rng)
        assert read(tell(plot)).plot == plot
        assert bits(plot) > 0


@pytest.mark.parametrize("split", ["train", "validation"])
def test_plots_keep_to_their_split(split):
    assert {split_of(plot) for plot in plots(split, 50)} == {split}

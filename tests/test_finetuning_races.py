"""The races of fine-tuning: three seeds, each row a run of its own, and averages that are those of the rows."""

import re

import pytest
import torch

from course_lib import bpe, cli, sampling
from course_lib.classroom import layout
from course_lib.classroom.authoring import release
from course_lib.finetuning import races
from course_lib.gpt import GPT, Config
from course_lib.training import Engine


@pytest.fixture
def small(monkeypatch):
    """Every race at the size of a toy."""
    torch.manual_seed(0)
    model = GPT(Config(bpe.story_vocabulary().vocab_size, 256, 16, 2, 3))
    monkeypatch.setattr(races, "teller", lambda: (model, bpe.story_vocabulary()))
    monkeypatch.setattr(races, "engine", Engine)
    monkeypatch.setattr(races, "FEW", dict.fromkeys(races.FEW, 12))
    monkeypatch.setattr(races, "STEPS", dict.fromkeys(races.STEPS, 2))
    return model


def test_a_race_is_run_with_three_seeds_and_averaged_row_by_row():
    @races.three_times
    def tossed(write, seed):
        """A race."""
        yield "heads", {"right": seed / 10, "threads": torch.get_num_threads()}
        yield "tails", {"right": 1.0}

    said, threads = [], torch.get_num_threads()
    tossed(said.append, None, 4)
    assert said[:2] == ["seed 4, heads: right 0.400, threads 1.000", "seed 4, tails: right 1.000"]
    assert said[6:] == ["seeds 4 to 6, the mean and from the least to the most",
                        "heads: right 0.500 (0.400 to 0.600), threads 1.000 (1.000 to 1.000)",
                        "tails: right 1.000 (1.000 to 1.000)"]
    assert tossed.__doc__ == "A race." and torch.get_num_threads() == threads


@pytest.mark.slow
@pytest.mark.parametrize("name, rows", [("voices", 3), ("length", 1), ("endings", 5), ("questions", 5)])
def test_each_race_has_its_rows_leaves_the_teller_alone_and_a_seed_repeats_it(small, name, rows):
    before, said = {n: value.clone() for n, value in small.state_dict().items()}, [[], []]
    for some in said:
        races.RACES[name](some.append, sampling.complete, 1)
    assert len(said[0]) == 3 * rows + 1 + rows
    first, again = ([re.sub(r", CPU seconds.*", "", row) for row in some] for some in said)
    assert first == again and len({row.split(": ")[0] for row in first}) == len(first)
    assert all(torch.equal(value, before[n]) for n, value in small.state_dict().items())
    if name == "voices":  # other texts, not only another order
        assert len({re.search(r"verse before [\d.]+, prose before [\d.]+", row)[0] for row in first[:9]}) == 3


def test_the_command_knows_the_races_of_every_rung():
    assert {"voices", "length", "endings", "questions", "plateau", "recipe", "tells"} <= set(cli.races())
    assert "course_lib/finetuning/races.py" in release.files(layout.chapters(), []), "a students' copy has them too"

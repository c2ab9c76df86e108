"""The races of the modern parts: fair, repeatable, and open to a learner's own recipe."""

import importlib
import re

import pytest
import torch
from click.testing import CliRunner
from test_training_races import tiny

from course_lib import sampling
from course_lib.bpe import story_vocabulary
from course_lib.cli import main
from course_lib.modern import CLASSIC, Modern, MuonRecipe, races
from course_lib.training import Engine
from course_lib.training import races as below


@pytest.fixture
def small(monkeypatch):
    """Every race at the size of a toy, and computed in one way."""
    monkeypatch.setattr(races, "plan", tiny)
    for module in (races, below):
        monkeypatch.setattr(module, "engine", lambda: Engine())
        monkeypatch.setattr(module, "SCORED", 3)


def test_each_row_differs_from_the_classic_model_in_what_it_says(small):
    usual = tiny()
    plans = {name: races.variant(usual, choices, recipe) for name, (choices, recipe, _) in races.PARTS.items()}
    classic = vars(plans["classic"].config)
    for name, chosen in plans.items():
        differ = {field for field, value in vars(chosen.config).items() if value != classic[field]}
        assert differ == set(races.PARTS[name][0]) | ({"d_hidden"} if "SwiGLU" in name else set()), name
        assert (chosen.steps, chosen.batch_size, chosen.stories) == (usual.steps, usual.batch_size, usual.stories)
        Modern(chosen.config)
    assert all(classic[field] == value for field, value in CLASSIC.items())


def test_a_silent_head_is_almost_silent():
    model = Modern(races.variant(tiny(), {"tied": False}, races.LIFTED).config)
    with torch.no_grad():
        races.silent_head(model)
    assert model.head.weight.std().item() == pytest.approx(0.001, rel=0.05)
    assert model.token_embedding.weight.std().item() == pytest.approx(0.2, rel=0.05)


def test_a_learners_own_recipe_enters(tmp_path, small):
    file = tmp_path / "speedrun.py"
    assert races.own_recipe(file) == {}
    begins = "from course_lib.modern import MuonRecipe\nrecipe = MuonRecipe(rate=2e-3)\n"
    file.write_text(begins + "choices = {'mlp': 'relu2'}\n", encoding="utf-8")
    [(name, (choices, recipe, change))] = races.own_recipe(file).items()
    assert "speedrun.py" in name and choices == {"mlp": "relu2"} and recipe == MuonRecipe(rate=2e-3) and change is None
    for text, words in [(begins, "defines no `choices`"), (begins + "choices = {'rope': 1}", "cannot be made.*rope"),
                        (begins + "choices = {'mlp': 'relu'}", "choose one of swiglu")]:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=words):
            races.own_recipe(file)


def test_prices_are_taken_of_the_same_batch_in_turns(small, monkeypatch):
    order, clock = [], iter(range(1000))
    monkeypatch.setattr(races, "train_step", lambda loss_of, optimizer, ids, targets: order.append(ids.shape))
    monkeypatch.setattr(races.time, "process_time", lambda: next(clock))
    plans = {name: races.variant(tiny(), *races.PARTS[name][:2]) for name in ("classic", "RoPE", "Muon")}
    cost = races.prices(plans, repeats=3)
    assert list(cost) == list(plans) and set(cost.values()) == {1} and len(order) == 3 * 5 and len(set(order)) == 1


@pytest.mark.slow
def test_the_races_say_a_row_for_each_run(small, tmp_path, monkeypatch):
    said = []
    races.parts(said.append, sampling.complete, 1, 1.0, only=["RoPE", "4 experts, 2 a token"])
    assert len([row for row in said if "CPU ms" in row]) == 3
    assert len([row for row in said if re.search(r"equal tokens: \d\.\d+ bits per byte", row)]) == 3
    monkeypatch.setattr(races, "OWN", tmp_path / "none.py")
    monkeypatch.setattr(races, "RECIPES", {name: races.RECIPES[name] for name in ("classic", "RoPE, Muon")})
    said.clear()
    races.speedrun(said.append, sampling.complete, 1, lengths=(0.5, 1.0))
    assert "that is the goal" in said[0] and 2 <= len(said) <= 3 and re.search("there in|not there", said[1])
    model = races.modern_storyteller(0)
    assert type(model) is Modern and model.config.positions == "rope"


def test_the_command_knows_them():
    listed = CliRunner().invoke(main, ["race"]).output
    assert races.parts.__doc__ in listed and races.speedrun.__doc__ in listed and "plateau" in listed


def test_a_rung_from_above_is_measured_with_the_others(small, monkeypatch):
    def ready(seed):
        model = Modern(races.variant(tiny(), {}, races.LIFTED).config)
        model.tokenizer = story_vocabulary()
        return model

    module = importlib.import_module("course_lib.training.storyteller")
    monkeypatch.setattr(module, "SCORED", 3)
    monkeypatch.setattr(module, "SEEDS", 2)
    [(name, entry)] = module.measure_ladder(None, "modern", {"modern": ready}).items()
    assert name == "modern" and entry["seeds"] == [0, 1] and entry["bits_per_byte"] > 0

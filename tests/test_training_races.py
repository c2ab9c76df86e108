"""The races that a chapter names: fair by construction, and open to a copy without hidden tests."""

import ast
import importlib
import re
import sys
from dataclasses import replace

import pytest
import torch
from click.testing import CliRunner

from course_lib import bpe, cli, sampling, stories
from course_lib.classroom import layout
from course_lib.classroom.authoring import release
from course_lib.cli import main
from course_lib.gpt import GPT, GPT2_STD, Config
from course_lib.modern import races as higher_races  # noqa: F401 (it registers its own)
from course_lib.training import Engine, Recipe, plan, races

storyteller = importlib.import_module("course_lib.training.storyteller")


def tiny(lifted=True, name=None):
    """A plan of a few steps, whatever is asked for."""
    config = Config(bpe.story_vocabulary().vocab_size, 32, 16, 2, 1, init="spread" if lifted else "gpt2")
    return storyteller.Plan(config, storyteller.LIFTED if lifted else storyteller.USUAL, 8, 2, 20)


@pytest.fixture
def small(monkeypatch):
    """Every race at the size of a toy."""
    races.engine.cache_clear()
    monkeypatch.setattr(races, "PEER", {**races.PEER, "steps": 8, "batch_size": 3})
    monkeypatch.setattr(races, "plan", tiny)
    monkeypatch.setattr(races, "SCORED", 4)
    monkeypatch.setattr(races, "TOLD", 6)


def test_the_recipes_rates_stay_level_and_then_fall_in_a_line():
    model = GPT(Config(10, 4, 8, 2, 1))
    recipe = Recipe(rate=0.1, embedding_rate=0.5, warmup=0.1, hold=0.4, floor=0.1)
    optimizer = recipe.optimizer(model)
    seen = []
    for step in range(20):
        recipe.set_rates(optimizer, step, 20)
        seen.append({group["name"]: group["lr"] for group in optimizer.param_groups})
    assert [one["matrices"] for one in seen[:2]] == pytest.approx([0.05, 0.1])
    assert [one["matrices"] for one in seen[2:9]] == pytest.approx([0.1] * 7)
    assert [one["embeddings"] for one in seen[8:]] == pytest.approx(torch.linspace(0.5, 0.05, 12).tolist())
    for total in (1, 2, 3):  # a run too short for a hold has its rates all the same
        for step in range(total):
            Recipe(hold=1.0).set_rates(optimizer, step, total)


def test_most_steps_read_the_beginnings_of_their_windows_and_every_eighth_reads_all(monkeypatch):
    loop, read = importlib.import_module("course_lib.training.loop"), []
    monkeypatch.setattr(loop, "train_step", lambda _, __, *pair_and_more: read.append(pair_and_more[:2]) or 1.0)
    texts, tokenizer = stories.texts("train", 40), bpe.story_vocabulary()
    for short in (20, None):
        loop.train(GPT(tiny().config), tokenizer, texts, texts[:2], steps=16, batch_size=3, recipe=Recipe(short=short),
                   progress=False, engine=Engine())
    cut, whole = read[:16], read[16:]
    assert [ids.shape[1] for ids, _ in cut] == ([20] * 7 + [32]) * 2 and {ids.shape for ids, _ in whole} == {(3, 32)}
    for (ids, targets), (all_ids, all_targets) in zip(cut, whole, strict=True):
        T = ids.shape[1]
        assert torch.equal(ids, all_ids[:, :T]) and torch.equal(targets, all_targets[:, :T])


@pytest.mark.parametrize("share, batch_size, window, short", [(1.0, 9, 256, None), (1.0, 18, 256, 176),
                                                              (0.5, 16, 192, None), (0.25, 6, 256, 100)])
def test_runs_that_are_compared_read_as_much(share, batch_size, window, short):
    usual = plan(name="cpu")
    given = replace(usual, config=replace(usual.config, context_length=window), recipe=Recipe(short=short))
    other = races.as_long(given, share * races.read(usual), batch_size)
    tokens = sum(batch_size * (given.recipe.reach(step) or window) for step in range(other.steps))
    assert other.batch_size == batch_size and tokens == pytest.approx(share * races.read(usual), rel=0.003)
    assert replace(other, steps=usual.steps, batch_size=usual.batch_size) == given, "nothing else differs"
    assert races.as_long(usual, races.read(usual)) == usual


def test_each_start_is_changed_as_its_row_says():
    torch.manual_seed(0)
    model = GPT(tiny().config)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        races.loud_positions(model)
        assert torch.equal(model.position_embedding.weight, 10 * before["position_embedding.weight"])
        races.quiet_tokens(model)
        assert model.token_embedding.weight.std().item() == pytest.approx(GPT2_STD)
        races.silent_heads(model)
    assert not any(block.attention.out.weight.any() for block in model.blocks)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"position_embedding.weight", "token_embedding.weight", "head.weight",
                       "blocks.0.attention.out.weight"}


def test_a_run_is_the_plans_and_a_seed_repeats_it(small):
    asked = []
    first, seconds = races.carry_out(tiny(), 3, change=lambda model: asked.append(model.token_embedding.weight.clone()))
    torch.manual_seed(3)
    assert torch.equal(asked[0], GPT(tiny().config).token_embedding.weight), "changed before the first step"
    assert not torch.equal(asked[0], first.token_embedding.weight) and seconds > 0
    threads = torch.get_num_threads()
    again, _ = races.carry_out(tiny(), 3)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_shares_count_every_story_once(monkeypatch):
    kinds = iter(["good"] * 5 + ["odd"] * 3 + ["bad"] * 4)
    verdicts = {"good": (True, True), "odd": (True, False), "bad": (False, False)}
    reading = type("Reading", (), {})

    def read(text):
        one = reading()
        one.well_formed, one.consistent = verdicts[text]
        return one

    asked = []

    def write(model, tokenizer, beginnings, **options):
        asked.append((len(beginnings), options["temperature"], options["generator"]))
        return [next(kinds) for _ in beginnings]

    monkeypatch.setattr(stories, "read", read)
    monkeypatch.setattr(GPT, "tokenizer", None, raising=False)
    monkeypatch.setattr(races, "AT_ONCE", 5)
    assert races.shares(GPT(tiny().config), write, 0.5, count=12) == (8 / 12, 5 / 12)
    assert [(n, temperature) for n, temperature, _ in asked] == [(5, 0.5), (5, 0.5), (2, 0.5)]
    assert len({id(generator) for *_, generator in asked}) == 1, "the dice go on: no batch repeats the one before"


@pytest.mark.slow
@pytest.mark.parametrize("name, rows", [("recipe", 6), ("plateau", len(races.STARTS)), ("tells", 4)])
def test_a_race_says_a_row_for_each_run(small, name, rows):
    said = []
    races.RACES[name](said.append, sampling.complete, 1)
    assert len(said) == rows == len(set(said))
    assert all(re.search(r"\d\.\d+ bits per byte|% consistent", row) for row in said)


def test_the_command_lists_runs_and_refuses(monkeypatch):
    ran = []
    monkeypatch.setattr(races, "RACES", {"one": lambda *given: ran.append(given)})
    monkeypatch.setitem(races.RACES, "two", races.tells)
    listed = CliRunner().invoke(main, ["race"])
    assert listed.exit_code == 0 and "two " in listed.output and races.tells.__doc__ in listed.output
    assert CliRunner().invoke(main, ["race", "one", "--seed", "4"]).exit_code == 0
    assert ran[0][1:] == (sampling.complete, 4)
    refused = CliRunner().invoke(main, ["race", "nonsense"])
    assert refused.exit_code == 1 and "'nonsense'. The races are: " in refused.output
    assert {"one", "two"} <= set(re.findall(r"\w+", refused.output.split("The races are")[1]))


def test_a_students_copy_has_the_races_and_what_they_import():
    files, known = release.files(layout.chapters(), []), {"torch", *sys.stdlib_module_names}
    name = "course_lib/training/races.py"
    tree = ast.parse(files[name])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            path = node.module.replace(".", "/")
            assert node.module.split(".")[0] in known or {f"{path}.py", f"{path}/__init__.py"} & set(files), node.module
    assert "race" not in cli.FOR_TEACHERS


def test_every_race_that_a_chapter_names_is_there_and_none_that_a_copy_lacks():
    for chapter in layout.chapters():
        text = "\n".join(layout.source(cell) for cell in chapter.cells())
        assert set(re.findall(r"course race (\w+)", text)) <= set(cli.races()), chapter.word
        assert "tests.bench" not in text and "course bench" not in text, f"{chapter.word} names what a copy lacks"

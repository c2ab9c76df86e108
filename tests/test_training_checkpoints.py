"""Checkpoints: what comes back is what was written, a dead process leaves a whole one, and nothing foreign gets in."""

import collections
import copy
import enum
import json
import math
import os
import pickle
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from test_training import PLAIN, Letters, documents, run, same, some_batch, tiny

from course_lib.gpt import GPT, Config
from course_lib.training import Engine, Recipe, load_checkpoint, loop, save_checkpoint, train, train_step
from course_lib.training.checkpoints import JSON, read_tensors, write_atomically


def trained(steps=3, tied=True):
    model = tiny(tied=tied)
    optimizer = Recipe().optimizer(model)
    for number in range(steps):
        train_step(model.loss, optimizer, *some_batch(seed=number))
    return model, optimizer


# Round trips


@pytest.mark.parametrize("tied", [True, False])
def test_what_comes_back_is_what_was_written(tmp_path, tied):
    model, optimizer = trained(tied=tied)
    best = copy.deepcopy(model.state_dict())
    torch.manual_seed(5)
    save_checkpoint(tmp_path, model, optimizer, best, task={"steps": 3}, losses=[0.1, 1 / 3])
    drawn = torch.rand(3)
    other, other_optimizer = tiny(seed=1, tied=tied), None
    other_optimizer = Recipe().optimizer(other)
    facts = load_checkpoint(tmp_path, other, other_optimizer)
    assert torch.equal(torch.rand(3), drawn)  # the random numbers go on where they were
    assert same(model, other) and facts["losses"] == [0.1, 1 / 3] and facts["task"] == {"steps": 3}
    assert facts["weights"].keys() <= best.keys()
    assert all(torch.equal(value, best[name]) for name, value in facts["weights"].items())
    for each, its in ((model, optimizer), (other, other_optimizer)):
        train_step(each.loss, its, *some_batch(seed=7))
    assert same(model, other)  # the optimizer's memory came along
    if tied:
        assert other.head.weight is other.token_embedding.weight


KINDS = [
    None, True, 7, -0.0, math.inf, "日本 \u2028", b"\x00\xff", 3 - 4j, [], (), {}, set(), (0.9, 0.95), [(1, [2, (3,)])],
    {"a": (1, 2), "python": "a key of ours"}, {1: "one", (2, 3): {4}}, {True, None, "x"}, frozenset({(1,)}),
    torch.bfloat16, torch.arange(6).view(2, 3).mT, torch.tensor(0.5, dtype=torch.bfloat16), np.float64(0.1),
    np.int64(3), np.arange(4, dtype=np.int32).reshape(2, 2), np.array(2.5),
    {"deep": [{"er": (torch.ones(2), np.bool_(1))}]},
]  # fmt: skip


def alike(one, two):
    if isinstance(one, (torch.Tensor, np.ndarray, np.generic)):
        return type(one) is type(two) and one.dtype == two.dtype and one.shape == two.shape and bool((one == two).all())
    if isinstance(one, dict):
        return type(two) is dict and list(one) == list(two) and all(alike(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return type(one) is type(two) and len(one) == len(two) and all(map(alike, one, two))
    return type(one) is type(two) and (one == two or one != one and two != two) and str(one) == str(two)


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_kind_of_fact_comes_back_as_it_was(tmp_path, number):
    value = KINDS[number]
    save_checkpoint(tmp_path, tiny(), value=value, inside=[value])
    facts = load_checkpoint(tmp_path, tiny(1))
    if isinstance(value, (set, frozenset)):
        assert facts["value"] == value and type(facts["value"]) is type(value)
    else:
        assert alike(value, facts["value"]) and alike([value], facts["inside"])


def test_a_number_that_is_not_one_comes_back_too(tmp_path):
    save_checkpoint(tmp_path, tiny(), losses=[math.nan, 1.0])
    assert math.isnan(load_checkpoint(tmp_path, tiny())["losses"][0])


@pytest.mark.parametrize("value", [object(), len, Path("x"), collections.namedtuple("Pair", "a b")(1, 2),
                                   enum.IntEnum("Colour", "RED").RED, np.array(["text"]), slice(1, 2)])
def test_what_a_checkpoint_cannot_hold_is_named_with_its_place(tmp_path, value):
    with pytest.raises(TypeError, match=r"facts\['deep'\]\[1\] is .* which a checkpoint cannot hold"):
        save_checkpoint(tmp_path, tiny(), deep=[1, value])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["AdamW", "SGD", "NAdam", "LBFGS", "AdamW with a rate that is a tensor"])
def test_an_optimizers_own_numbers_come_back_as_they_were(tmp_path, kind):
    def made(model):
        if kind.startswith("AdamW "):
            return torch.optim.AdamW(model.parameters(), lr=torch.tensor(0.01), betas=(0.8, 0.9))
        return getattr(torch.optim, kind)(model.parameters(), lr=0.01, **({"momentum": 0.9} if kind == "SGD" else {}))

    def step(model, optimizer, seed):
        def closure():
            optimizer.zero_grad()
            loss = model.loss(*some_batch(seed=seed))
            loss.backward()
            return loss
        optimizer.step(closure)

    model, other = tiny(), tiny(3)
    optimizer, its = made(model), made(other)
    for seed in range(3):
        step(model, optimizer, seed)
    save_checkpoint(tmp_path, model, optimizer)
    load_checkpoint(tmp_path, other, its)
    for one, two in zip(optimizer.param_groups, its.param_groups, strict=True):
        assert one.keys() == two.keys()
        assert all(alike(one[key], two[key]) for key in one if key != "params")
    step(model, optimizer, 7)
    step(other, its, 7)
    assert same(model, other)


def test_betas_of_version_1_which_were_a_list_become_the_tuple_that_they_were():
    from test_training_runs import OLD

    model = GPT(Config(257, 16, 6, 3, 1))
    optimizer = Recipe().optimizer(model)
    load_checkpoint(OLD, model, optimizer)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.95)] * 3


def test_a_kind_that_this_release_does_not_know_is_named(tmp_path):
    save_checkpoint(tmp_path, tiny(), value=(1,))
    text = (tmp_path / JSON).read_text(encoding="utf-8")
    for new, said in (('"quaternion"', "'quaternion'"), ('"dtype"', "no dtype")):
        changed = text.replace('"tuple"', new, 1).replace("[\n    1\n   ]", '"load"')
        (tmp_path / JSON).write_text(changed, encoding="utf-8")
        with pytest.raises(ValueError, match=f"cannot be read: .*{said}"):
            load_checkpoint(tmp_path, tiny())


def test_a_tied_weight_is_stored_once(tmp_path):
    save_checkpoint(tmp_path, tiny(), weights=copy.deepcopy(tiny().state_dict()))
    tensors, _ = read_tensors(tmp_path)
    assert "model.token_embedding.weight" in tensors and "model.head.weight" not in tensors
    assert "weights.token_embedding.weight" in tensors and "weights.head.weight" not in tensors


def test_a_folder_holds_one_checkpoint_the_last(tmp_path):
    for seed in range(3):
        save_checkpoint(tmp_path / "new" / "folder", tiny(seed), seed=seed)
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 2
    model = tiny(9)
    assert load_checkpoint(tmp_path / "new" / "folder", model)["seed"] == 2
    assert same(model, tiny(2))


# A process that dies while it writes


@pytest.mark.parametrize("survives", range(9))
def test_whenever_it_dies_the_old_checkpoint_or_the_new_one_is_whole(tmp_path, monkeypatch, survives):
    """Let the first few operations on files happen and none after: what a kill at that moment leaves."""
    save_checkpoint(tmp_path, tiny(0), which="old")
    done = []

    def deadly(original):
        def operation(*args, **options):
            if len(done) >= survives:
                raise SystemExit
            done.append(original.__name__)
            return original(*args, **options)
        return operation

    for place, name in ((os, "replace"), (os, "fsync"), (Path, "unlink")):
        monkeypatch.setattr(place, name, deadly(getattr(place, name)))
    try:
        save_checkpoint(tmp_path, tiny(1), which="new")
    except SystemExit:
        pass
    monkeypatch.undo()
    model = tiny(9)
    which = load_checkpoint(tmp_path, model)["which"]
    assert same(model, tiny({"old": 0, "new": 1}[which]))
    assert which == ("new" if done.count("replace") == 2 else "old")


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_atomically(file, b"old")
    monkeypatch.setattr(os, "replace", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(file, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and file.read_bytes() == b"old"


# Foreign, cut short, changed


def damage_cut_tensors(folder):
    file = next(folder.glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-7])


def damage_change_tensors(folder):
    file = next(folder.glob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-9] ^= 1
    file.write_bytes(data)


def damage_lose_tensors(folder):
    next(folder.glob("*.safetensors")).unlink()


def damage_cut_json(folder):
    (folder / JSON).write_bytes((folder / JSON).read_bytes()[:-30])


def damage_other_json(folder):
    (folder / JSON).write_text('{"model_type": "gpt2"}', encoding="utf-8")


def damage_list_json(folder):
    (folder / JSON).write_text("[1, 2]", encoding="utf-8")


def damage_binary_json(folder):
    (folder / JSON).write_bytes(b"\x80\x04\x95\xff\xfe")


def damage_version(folder):
    head = json.loads((folder / JSON).read_text(encoding="utf-8"))
    (folder / JSON).write_text(json.dumps({**head, "version": 99}), encoding="utf-8")


def damage_path(folder):
    head = json.loads((folder / JSON).read_text(encoding="utf-8"))
    head["tensors"]["file"] = "../elsewhere.safetensors"
    (folder / JSON).write_text(json.dumps(head), encoding="utf-8")


def damage_pickle(folder):
    next(folder.glob("*.safetensors")).write_bytes(pickle.dumps({"model": [1.0]}))


DAMAGE = {damage_cut_tensors: "cut short", damage_change_tensors: "SHA-256", damage_lose_tensors: "is missing",
          damage_cut_json: "is not JSON", damage_other_json: "was not written by this course",
          damage_list_json: "its format is 'list'", damage_binary_json: "is not JSON", damage_version: "version 99",
          damage_path: "does not say where its tensors are", damage_pickle: "cut short"}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_checkpoint_says_so_and_changes_nothing(tmp_path, damage):
    model, optimizer = trained()
    save_checkpoint(tmp_path, *trained(steps=5))
    damage(tmp_path)
    before, state = copy.deepcopy(model), copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match=DAMAGE[damage]) as error:
        load_checkpoint(tmp_path, model, optimizer)
    assert str(tmp_path) in str(error.value)
    assert same(model, before)
    after = optimizer.state_dict()["state"][0]
    assert all(torch.equal(value, after[key]) for key, value in state["state"][0].items())


@pytest.mark.parametrize(("changes", "said"), [
    ({"n_layers": 3}, "this model has 'blocks.2.*' and the checkpoint has not"),
    ({"n_layers": 1}, "the checkpoint has 'blocks.1.*' and this model has not"),
    ({"context_length": 17}, "'position_embedding.weight' is .16, 12., this model's is .17, 12."),
    ({"tied": False}, "'head.weight'"), ({"bias": False}, "bias"), ({"d_model": 24}, "is of another model")])
def test_a_checkpoint_of_another_model_is_refused_by_name(tmp_path, changes, said):
    save_checkpoint(tmp_path, tiny(1))
    model = tiny(0, **changes)
    before = copy.deepcopy(model)
    with pytest.raises(ValueError, match=said):
        load_checkpoint(tmp_path, model)
    assert same(model, before)


def test_an_optimizer_of_other_groups_is_refused_before_the_model_is_touched(tmp_path):
    save_checkpoint(tmp_path, *trained())
    model = tiny(3)
    with pytest.raises(ValueError, match="groups of"):
        load_checkpoint(tmp_path, model, torch.optim.AdamW(model.parameters()))
    assert same(model, tiny(3))


def test_an_optimizer_whose_parameters_come_in_another_order_is_refused(tmp_path):
    model = tiny()
    optimizer = torch.optim.AdamW(model.parameters())
    train_step(model.loss, optimizer, *some_batch())
    save_checkpoint(tmp_path, model, optimizer)
    with pytest.raises(ValueError, match=r"the optimizer's exp_avg\w* of parameter \d+ is \(.*, the parameter \("):
        load_checkpoint(tmp_path, model, torch.optim.AdamW(list(model.parameters())[::-1]))


def test_where_there_is_no_checkpoint_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="Train first"):
        load_checkpoint(tmp_path, tiny())


# Going on


class Killed(BaseException):
    """What a process that is killed does: nothing more."""


def killed_at(step, monkeypatch, **options):
    count = []

    def counting(*args):
        if len(count) == step:
            raise Killed
        count.append(1)
        return train_step(*args)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train_step", counting)
        with pytest.raises(Killed):
            run(tiny(), **options)


@pytest.mark.slow
@pytest.mark.parametrize("engine", [PLAIN, Engine("bf16", "products", 1)])
@pytest.mark.parametrize("step", [1, 3, 4, 8, 11])
def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch, capsys, step, engine):
    whole = tiny()
    history = run(whole, engine=engine, run=tmp_path / "whole", patience=9, parts=2)
    options = {"run": tmp_path / "killed", "engine": engine, "patience": 9, "parts": 2}
    killed_at(step, monkeypatch, **options)
    torch.rand(7)  # another process has other random numbers
    model = tiny(seed=3)  # and other weights, until the checkpoint is read
    torch.manual_seed(0) if step < 3 else None
    model = tiny() if step < 3 else model  # before the first look there is nothing to go back to
    resumed = run(model, resume=True, progress=True, **{**options, "engine": None if step >= 3 else engine})
    assert resumed.losses == history.losses and resumed.validation == history.validation
    assert same(model, whole)
    one, two = (read_tensors(tmp_path / name)[0] for name in ("whole", "killed"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one if not name.startswith("random."))
    assert (f"going on after step {step // 3 * 3}\n" in capsys.readouterr().out) == (step >= 3)


def test_a_resumed_run_has_not_forgotten_how_long_it_waited(tmp_path, monkeypatch):
    def by_heart(model, folder):
        return train(model, Letters(), documents(3), documents(12, seed=9), steps=400, evaluate_every=5, batch_size=4,
                     recipe=Recipe(rate=0.03, weight_decay=0.0), engine=PLAIN, progress=False, patience=3, stride=1,
                     run=folder, resume=True)

    ended = len(by_heart(tiny(), tmp_path / "whole").losses)
    count = []

    def counting(*args):
        count.append(1)
        if len(count) == ended - 2:  # two looks of three have brought nothing better
            raise Killed
        return train_step(*args)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(loop, "train_step", counting)
        by_heart(tiny(), tmp_path / "killed")
    assert len(by_heart(tiny(), tmp_path / "killed").losses) == ended < 400


def test_a_finished_run_is_not_trained_again(tmp_path):
    whole = tiny()
    history = run(whole, run=tmp_path)
    model = tiny(4)
    assert run(model, run=tmp_path, resume=True).losses == history.losses
    assert same(model, whole)


@pytest.mark.parametrize(("changes", "said"), [
    ({"steps": 13}, "steps was 12 and is 13"), ({"batch_size": 5}, "batch_size was 4"), ({"seed": 1}, "seed was 0"),
    ({"recipe": Recipe(rate=0.5)}, "task: recipe's rate was 0.003 and is 0.5. Ask"), ({"parts": 2}, "parts was 1"),
    ({"evaluate_every": 4}, "evaluate_every was 3"), ({"patience": 1}, "patience was None")])
def test_a_run_is_not_resumed_as_another_task(tmp_path, changes, said):
    run(tiny(), run=tmp_path)
    with pytest.raises(ValueError, match=said):
        run(tiny(), run=tmp_path, resume=True, **changes)


def test_a_run_is_not_resumed_on_another_text(tmp_path):
    run(tiny(), run=tmp_path)
    with pytest.raises(ValueError, match="text was"):
        train(tiny(), Letters(), documents(40, seed=1), documents(12, seed=9), steps=12, evaluate_every=3, batch_size=4,
              engine=PLAIN, progress=False, run=tmp_path, resume=True)


def test_without_resume_a_run_begins_anew(tmp_path):
    first = run(tiny(), run=tmp_path)
    assert run(tiny(), run=tmp_path).losses == first.losses
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_equal_is_said(tmp_path, capsys):
    run(tiny(), run=tmp_path)
    head = json.loads((tmp_path / JSON).read_text(encoding="utf-8"))
    head["facts"]["history"]["environment"]["torch"] = "1.0.0"
    (tmp_path / JSON).write_text(json.dumps(head), encoding="utf-8")
    run(tiny(), run=tmp_path, resume=True, progress=True)
    said = capsys.readouterr().out
    assert "equal only up to rounding: it had torch 1.0.0 and now" in said


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from test_training import Letters, documents, tiny
from course_lib.training import Engine, train
train(tiny(seed=int(sys.argv[2])), Letters(), documents(40), documents(12, seed=9), steps=40, evaluate_every=2,
      batch_size=4, engine=Engine("bf16", "products", 2), run=sys.argv[1], resume=True)
"""


def process(folder, seed):
    tests = str(Path(__file__).parent)
    return subprocess.Popen([sys.executable, "-u", "-c", PROGRAM.format(tests=tests), str(folder), str(seed)],
                            stdout=subprocess.PIPE, text=True, encoding="utf-8")


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_it_ends_the_same(tmp_path):
    """Two processes die, each at some step or while it writes; the third ends the run."""
    rng = random.Random(0)
    for number, looks in enumerate((4, 5)):
        with process(tmp_path / "killed", seed=number) as running:  # the second starts from other weights
            seen = 0
            for line in running.stdout:
                seen += line.strip()[:1].isdigit()
                if seen == looks:
                    time.sleep(rng.random() * 0.03)
                    running.kill()
                    break
        assert running.returncode != 0
        assert 0 < len(read_tensors(tmp_path / "killed")[1]["history"]["losses"]) < 40
    with process(tmp_path / "killed", seed=5) as last, process(tmp_path / "whole", seed=0) as whole:
        assert "going on after step" in last.communicate()[0]
        assert "going on" not in whole.communicate()[0]
    (one, facts), (two, others) = (read_tensors(tmp_path / name) for name in ("whole", "killed"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert facts["history"]["losses"] == others["history"]["losses"] and len(facts["history"]["losses"]) == 40

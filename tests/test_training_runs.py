"""A run is not lost: stopped, it saves its step; diverged, it says where; its folder is backed up, loaded, resumed."""

import dataclasses
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_training import PLAIN, Letters, T, documents, run, same, tiny

from course_lib import bpe
from course_lib.gpt import GPT, Config
from course_lib.training import (
    Engine,
    HeldOut,
    History,
    Recipe,
    back_up,
    load,
    loop,
    models,
    register_model,
    save_checkpoint,
    train,
    train_step,
)
from course_lib.training.checkpoints import JSON, VOCABULARY, read_tensors

OLD = Path(__file__).parent / "fixtures" / "run_of_version_1"


class Bytes(bpe.BPE):
    """The 256 bytes and end of text."""

    def __init__(self, *given, **options):
        super().__init__(*(given or ((),)), **options)


def steps_in(folder):
    return len(read_tensors(folder)[1]["history"]["losses"])


def at_step(number, act, monkeypatch, before=False):
    """Do something within the step of this number, counted from 1, or before it does anything."""
    done, original = [], train_step

    def acting(*args):
        done.append(1)
        if before and len(done) == number:
            act()
        loss = original(*args)
        if not before and len(done) == number:
            act()
        return loss

    monkeypatch.setattr(loop, "train_step", acting)


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def raise_interrupt():
    raise KeyboardInterrupt


# Stopped


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3, 7, 11])
@pytest.mark.parametrize("way", ["signal", "signal before", "raised", "curve"])
def test_a_stopped_run_saves_its_step_names_it_and_goes_on_as_if_nothing_had_been(
        tmp_path, monkeypatch, capsys, number, way):
    whole = tiny()
    history = run(whole)
    options, model = {"run": tmp_path / "run", "progress": True}, tiny()
    with monkeypatch.context() as patch:
        done = number
        if way == "curve":
            from course_lib.show import LossCurve

            class Impatient(LossCurve):
                def log(self, step, **values):
                    super().log(step, **values)
                    self.stop = self.stop or step + 1 == number

            options["progress"] = Impatient()
        elif way == "raised":  # in place of the next step
            at_step(number + 1, raise_interrupt, patch, before=True)
        else:
            at_step(number, interrupt, patch, before=way == "signal before")
        stopped = run(model, **options)
    assert stopped.stopped == "interrupted" and len(stopped.losses) == done == steps_in(tmp_path / "run")
    if way != "curve":
        assert f"ended after step {done}: interrupted" in (said := capsys.readouterr().out)
        assert f"step {done} is saved in {tmp_path / 'run'}, and resume=True goes on" in said
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    again = tiny(seed=5)
    resumed = run(again, run=tmp_path / "run", resume=True)
    assert resumed.losses == history.losses and resumed.steps == history.steps
    assert resumed.validation == history.validation and resumed.stopped == "" and same(again, whole)


def test_a_second_interrupt_ends_at_once(tmp_path, monkeypatch):
    at_step(4, lambda: (interrupt(), interrupt()), monkeypatch, before=True)
    stopped = run(tiny(), run=tmp_path)
    assert stopped.stopped == "interrupted" and len(stopped.losses) == 3 == steps_in(tmp_path)


def test_a_step_that_was_cut_in_two_is_not_saved(tmp_path, monkeypatch):
    """The weights have moved and the step is not noted: the checkpoint of the last look stands."""
    at_step(5, raise_interrupt, monkeypatch)
    stopped = run(tiny(), run=tmp_path)
    assert len(stopped.losses) == 4 and steps_in(tmp_path) == 3


def test_without_a_folder_an_interrupt_leaves_the_best_weights(monkeypatch, capsys):
    at_step(7, interrupt, monkeypatch)
    model = tiny()
    history = run(model, progress=True)
    assert history.steps == [3, 6] and "saved" not in capsys.readouterr().out
    seen = HeldOut(documents(12, seed=9), Letters(), T).look(model)
    assert seen["validation"] == pytest.approx(min(history.validation), abs=1e-6)


PROGRAM = """
import sys, threading, _thread, os, signal
sys.path.insert(0, {tests!r})
from test_training import PLAIN, run, tiny
from course_lib.training import loop
original, count = loop.train_step, []
def step(*given):
    count.append(1)
    if len(count) == 47:
        os.kill(os.getpid(), signal.SIGINT)
    return original(*given)
loop.train_step = step
print(run(tiny(), steps=100, evaluate_every=10, run={folder!r}, progress=True).stopped)
"""


@pytest.mark.slow
def test_ctrl_c_in_a_terminal(tmp_path):
    text = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "run"))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.endswith("interrupted\n") and "step 47 is saved" in done.stdout
    assert steps_in(tmp_path / "run") == 47


# Diverged


@pytest.mark.parametrize("recipe", [Recipe(rate=1e6), Recipe(rate=1e30), Recipe(rate=3e3, embedding_rate=1e20)])
def test_a_rate_that_is_far_too_high_ends_with_a_history_that_says_where(recipe, capsys):
    history = run(tiny(), steps=60, recipe=recipe, progress=True)
    assert len(history.losses) < 60 and all(map(math.isfinite, history.losses))
    assert history.stopped.startswith(f"diverged at step {len(history.losses) + 1}: ")
    assert "nan" in history.stopped or "inf" in history.stopped
    assert history.stopped in capsys.readouterr().out and f"diverged at step {len(history.losses) + 1}" in str(history)


def worse(model, what):
    """A model whose loss is right until its sixth call, and then not."""
    original, calls = model.loss, []

    def loss(ids, targets):
        calls.append(1)
        good = original(ids, targets)
        if len(calls) < 6:
            return good
        if what == "gradient":  # a loss of 0 with a slope of infinity
            return (model.head.weight.flatten()[0] * 0).sqrt()
        return good * {"nan": math.nan, "inf": math.inf}[what]

    model.loss = loss
    return model


@pytest.mark.parametrize("what", ["nan", "inf", "gradient"])
@pytest.mark.parametrize("parts", [1, 2])
def test_a_loss_or_gradient_that_is_not_finite_leaves_the_best_weights(tmp_path, what, parts):
    model = worse(tiny(), what)
    history = run(model, run=tmp_path, parts=parts)
    step = 6 if parts == 1 else 3
    assert history.stopped.startswith(f"diverged at step {step}: ") and len(history.losses) == step - 1
    assert all(p.isfinite().all() for p in model.parameters())
    if parts == 1:
        seen = HeldOut(documents(12, seed=9), Letters(), T).look(model)
        assert seen["validation"] == pytest.approx(min(history.validation), abs=1e-6) and steps_in(tmp_path) == 3


def test_held_out_text_with_no_finite_loss_ends_the_run_and_is_not_the_best():
    class Broken(GPT):
        def forward(self, ids):
            logits = super().forward(ids)
            return logits if self.training else logits * math.nan

    torch.manual_seed(0)
    history = run(Broken(tiny().config))
    assert history.stopped == "diverged at step 3: the loss on the held-out text is nan" and math.isnan(history.best)
    assert History(bits=[math.nan, 0.5, 0.7], steps=[1, 2, 3]).best == 0.5


def test_another_error_is_not_taken_for_divergence():
    model = tiny()
    model.loss = lambda ids, targets: (_ for _ in ()).throw(ValueError("a mistake"))
    with pytest.raises(ValueError, match="a mistake"):
        run(model)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# What cannot be trained or judged is refused before the first step


def refused(model, told=None, unseen=None, tokenizer=None):
    def never(*given):
        raise AssertionError("a step was made")

    model.loss = never
    return train(model, tokenizer or Letters(), documents(40) if told is None else told,
                 documents(12, seed=9) if unseen is None else unseen, steps=3, batch_size=4, engine=PLAIN,
                 progress=False)


def test_ids_beyond_the_model_are_refused_and_named():
    with pytest.raises(ValueError, match="text to learn from has the id 11, .* 0 to 10.*vocab_size"):
        refused(tiny(vocab_size=11))
    tokenizer = Letters()
    tokenizer.encode = lambda text: [-1 if letter == "j" else 1 for letter in text]
    with pytest.raises(ValueError, match="has the id -1, "):
        refused(tiny(), tokenizer=tokenizer, unseen=["a" * 40])
    with pytest.raises(ValueError, match="held-out text has the id 11"):
        refused(tiny(vocab_size=11), told=["abcdefghij" * 9], unseen=["abc " * 9])
    train(tiny(vocab_size=11), Letters(), ["abcdefghij" * 9], ["abc" * 12], steps=1, engine=PLAIN, progress=False)


def test_held_out_text_that_the_tokenizer_loses_is_refused():
    from course_lib.text import CharTokenizer

    tokenizer = CharTokenizer(["abc "])
    model = tiny(vocab_size=tokenizer.vocab_size)
    with pytest.raises(ValueError, match="does not give story 1 back.*日本"):
        refused(model, ["abc " * 20], ["abc " * 20, "日本語" * 20], tokenizer)


@pytest.mark.parametrize(("unseen", "said"), [([], "a list of one story or more"), ([""], "story 0 is empty"),
                                              (["abc" * 9, ""], "story 1 is empty"), ((), "one story or more"),
                                              (iter([]), "one story or more"), ("abc" * 9, "one story or more")])
def test_no_held_out_text_is_refused_with_a_sentence(unseen, said):
    with pytest.raises(ValueError, match=said):
        refused(tiny(), unseen=unseen)


def test_texts_may_come_from_a_generator():
    def of(texts):
        return (text for text in texts)

    once = run(tiny())
    again = train(tiny(), Letters(), of(documents(40)), of(documents(12, seed=9)), steps=12, evaluate_every=3,
                  batch_size=4, engine=PLAIN, progress=False)
    assert again.losses == once.losses and again.bits == once.bits


# Backed up


def test_a_run_that_lies_in_the_folder_is_backed_up_and_said_where(tmp_path, capsys):
    folder, first = tmp_path / "run", tiny()
    run(first, run=folder)
    told = run(tiny(), run=folder, seed=1, progress=True)
    backup = tmp_path / "run-before-1"
    assert f"{folder} held another run; it is kept in {backup}" in capsys.readouterr().out
    assert read_tensors(folder)[1]["history"]["losses"] == told.losses
    again = tiny(seed=3)
    run(again, run=backup, resume=True)
    assert same(again, first)
    run(tiny(), run=folder, seed=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-before-1", "run-before-2"]


def test_an_unfinished_run_is_backed_up_too_and_the_same_one_only_once(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    for _ in range(3):
        with monkeypatch.context() as patch:
            at_step(5, interrupt, patch)
            run(tiny(), run=folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-before-1"]
    assert steps_in(tmp_path / "run-before-1") == 5


def test_until_the_first_look_the_old_run_stays_where_it_was(tmp_path, monkeypatch):
    run(tiny(), run=tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    at_step(2, lambda: 1 / 0, monkeypatch)
    with pytest.raises(ZeroDivisionError):
        run(tiny(), run=tmp_path / "run", seed=1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert len(list(tmp_path.iterdir())) == 1


def test_only_the_runs_own_files_are_copied(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine", encoding="utf-8")
    run(tiny(), run=tmp_path / "notes")
    backup = back_up(tmp_path / "notes")
    assert backup == back_up(tmp_path / "notes") and {path.suffix for path in backup.iterdir()} == {
        ".json", ".safetensors"}
    assert (tmp_path / "notes" / "mine.txt").is_file()
    assert back_up(tmp_path) is None and back_up(tmp_path / "nowhere") is None


def test_a_resumed_run_is_not_backed_up(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        at_step(5, interrupt, patch)
        run(tiny(), run=tmp_path / "run")
    run(tiny(), run=tmp_path / "run", resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


# Loaded


def learned(folder, **options):
    torch.manual_seed(0)
    model = GPT(Config(257, T, 6, 3, 1))
    history = train(model, Bytes(), documents(40), documents(12, seed=9), steps=6, evaluate_every=3, batch_size=4,
                    engine=PLAIN, progress=False, run=folder, **options)
    return model, history


def test_a_finished_run_is_loaded_in_one_line(tmp_path):
    model, history = learned(tmp_path / "run")
    got, tokenizer, told = load(tmp_path / "run")
    assert same(got, model) and not got.training and got.tokenizer is tokenizer and tokenizer.vocab_size == 257
    assert told == history and got.config == model.config


def test_what_cannot_be_loaded_is_said(tmp_path):
    run(tiny(), run=tmp_path / "letters")
    with pytest.raises(FileNotFoundError, match=f"no {VOCABULARY}: copy it there, or give the tokenizer"):
        load(tmp_path / "letters")
    assert load(tmp_path / "letters", Letters())[0].config == tiny().config
    save_checkpoint(tmp_path / "bare", tiny())
    with pytest.raises(ValueError, match="does not say how its model was built"):
        load(tmp_path / "bare", Letters())
    with pytest.raises(FileNotFoundError, match="Train first"):
        load(tmp_path / "nowhere")
    save_checkpoint(tmp_path / "odd", tiny(), task={"config": {**dataclasses.asdict(tiny().config), "n_layers": 3}},
                    history={})
    with pytest.raises(ValueError, match="is of another model: this model has 'blocks.2"):
        load(tmp_path / "odd", Letters())


@dataclasses.dataclass(frozen=True)
class Wider(Config):
    windows: tuple = (4, 8)


class Higher(GPT):
    """A model of a higher rung."""


def test_a_checkpoint_names_its_class_and_that_one_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    torch.manual_seed(0)
    model = Higher(Wider(12, T, 12, 3, 2, windows=(2, 3, 4)))
    run(model, run=tmp_path)
    with pytest.raises(ValueError, match=r"a Higher, which is not known here; known: GPT.* Import.*register_model\("):
        load(tmp_path, Letters())
    assert register_model(Higher, Wider) is Higher is register_model(Higher, Wider)
    got = load(tmp_path, Letters())[0]
    assert type(got) is Higher and got.config == model.config and got.config.windows == (2, 3, 4) and same(got, model)
    run(Higher(model.config), run=tmp_path, resume=True)
    with pytest.raises(ValueError, match="model was 'Higher' and is 'GPT'"):
        run(tiny(), run=tmp_path, resume=True)
    with pytest.raises(ValueError, match="registered: checkpoints with that name are of course_lib.gpt.model.GPT"):
        register_model(type("GPT", (GPT,), {}), Config)


def test_a_model_whose_config_is_no_dataclass_is_resumed_too(tmp_path):
    from test_training_engine import lone

    model = lone()
    run(model, run=tmp_path)
    again = lone()
    run(again, run=tmp_path, resume=True)
    assert same(again, model)


# Old checkpoints


def test_a_checkpoint_of_version_1_is_loaded():
    assert json.loads((OLD / JSON).read_text(encoding="utf-8"))["version"] == 1
    model, tokenizer, history = load(OLD)
    assert type(model) is GPT and tokenizer.vocab_size == model.config.vocab_size == 257
    assert len(history.losses) == 6 and history.best == min(history.bits)
    seen = HeldOut(documents(12, seed=9), tokenizer, T).look(model.cpu())
    assert seen["validation"] == pytest.approx(min(history.validation), abs=1e-5)


def test_a_run_of_version_1_is_resumed_and_ends_as_it_would_have(tmp_path):
    shutil.copytree(OLD, tmp_path / "run")
    torch.manual_seed(0)
    model = GPT(Config(257, T, 6, 3, 1))
    history = train(model, Bytes(), documents(40), documents(12, seed=9), steps=12, evaluate_every=3, batch_size=4,
                    engine=PLAIN, progress=False, run=tmp_path / "run", resume=True)
    at_once = [5.544253826141357, 5.52031946182251, 5.490517616271973, 5.461382865905762, 5.437599182128906,
               5.419687747955322, 5.401169776916504, 5.3861284255981445, 5.3794779777526855, 5.376856803894043,
               5.368302345275879, 5.37500524520874]  # what the release that wrote it had without a stop
    assert history.losses == pytest.approx(at_once, rel=1e-5) and history.stopped == ""
    assert json.loads((tmp_path / "run" / JSON).read_text(encoding="utf-8"))["version"] == 2


def edited(folder, change):
    head = json.loads((folder / JSON).read_text(encoding="utf-8"))
    change(head["facts"])
    (folder / JSON).write_text(json.dumps(head), encoding="utf-8")


def test_a_stored_field_that_lacks_counts_as_its_default(tmp_path):
    run(tiny(), run=tmp_path)
    lacking = [("task", "model"), ("task", "parts"), ("task", "stride"), ("task", "seed"), ("task", "patience"),
               ("task", "config", "activation"), ("task", "config", "n_kv_heads"), ("task", "config", "tied"),
               ("task", "recipe", "eps"), ("task", "recipe", "betas"), ("history", "planned"), ("history", "stopped"),
               ("history", "environment", "cores"), ("history", "environment", "attention")]

    def strip(facts):
        for *way, last in lacking:
            place = facts
            for name in way:
                place = place[name]
            del place[last]

    edited(tmp_path, strip)
    assert len(run(tiny(), run=tmp_path, resume=True).losses) == 12
    assert load(tmp_path, Letters())[0].config == tiny().config
    with pytest.raises(ValueError, match="another task: parts was 1 and is 2. Ask"):
        run(tiny(), run=tmp_path, resume=True, parts=2)
    with pytest.raises(ValueError, match="task: recipe's eps was 1e-08 and is 0.1. Ask"):
        run(tiny(), run=tmp_path, resume=True, recipe=Recipe(eps=0.1))


def test_a_field_of_a_later_release_is_named(tmp_path):
    run(tiny(), run=tmp_path)
    edited(tmp_path, lambda facts: facts["task"]["config"].update(rope=True))
    with pytest.raises(ValueError, match="its Config has 'rope', which Config has not: .*another release"):
        load(tmp_path, Letters())
    with pytest.raises(ValueError, match="config's rope was True and is None"):
        run(tiny(), run=tmp_path, resume=True)
    edited(tmp_path, lambda facts: facts["task"]["config"].pop("rope") and facts["task"]["config"].pop("d_model"))
    with pytest.raises(ValueError, match="its Config has no 'd_model'"):
        load(tmp_path, Letters())


@pytest.mark.parametrize("every", [None, 3])
def test_more_steps_are_refused_by_naming_the_steps_alone(tmp_path, every):
    run(tiny(), run=tmp_path, evaluate_every=every)
    with pytest.raises(ValueError) as error:
        run(tiny(), run=tmp_path, resume=True, steps=24, evaluate_every=every)
    said = str(error.value)
    assert "another task: steps was 12 and is 24; the rate of each step depends on how many there are" in said
    assert said.count(" was ") == 1 and "load(" in said


# Snapshots


def test_snapshots_are_the_weights_after_those_steps(monkeypatch):
    model, seen = tiny(), []
    at_step(5, lambda: seen.append({name: value.clone() for name, value in model.state_dict().items()}), monkeypatch)
    kept = run(model, snapshots=(0, 5, 12), evaluate_every=12).snapshots
    assert list(kept) == [0, 5, 12] and all(torch.equal(value, seen[0][name]) for name, value in kept[5].items())
    for step, wanted in ((0, tiny()), (12, model)):
        part = tiny(seed=3)
        part.load_state_dict(kept[step], strict=False)
        assert same(part, wanted)


def test_snapshots_lie_in_the_checkpoint_and_a_resumed_run_has_them(tmp_path, monkeypatch):
    whole = run(tiny(), snapshots=(2, 9))
    with monkeypatch.context() as patch:
        at_step(6, interrupt, patch)
        stopped = run(tiny(), snapshots=(2, 9), run=tmp_path / "run")
    assert list(stopped.snapshots) == [2]
    resumed = run(tiny(seed=5), snapshots=(2, 9), run=tmp_path / "run", resume=True)
    for history in (resumed, load(tmp_path / "run", Letters())[2]):
        assert list(history.snapshots) == [2, 9]
        assert all(torch.equal(history.snapshots[step][name], value) for step in (2, 9)
                   for name, value in whole.snapshots[step].items())
    assert not run(tiny()).snapshots, "none unless they are asked for"


@pytest.mark.parametrize("step", [-1, 13])
def test_a_snapshot_after_a_step_that_is_not_there_is_refused(step):
    with pytest.raises(ValueError, match=f"a snapshot is wanted after step {step}, and the run has steps 1 to 12"):
        run(tiny(), snapshots=(3, step))


# Told


def test_a_history_prints_in_three_lines(tmp_path):
    history = run(tiny())
    first, second, third = str(history).split("\n")
    assert first.startswith("12 of 12 steps, 768 tokens, ") and "own attention, 1 threads" in first
    assert f"best {history.best:.3f} bits per byte after step 12" in second and "leak" in second
    assert third == "ended as planned" and repr(history) == str(history)
    for other in (History(), History(stopped="interrupted", losses=[1.0], planned=9), load(OLD)[2],
                  History(bits=[math.nan], steps=[1], losses=[2.0]), History(tokens=3, bits=[0.5, 0.25])):
        assert len(str(other).split("\n")) == 3
    assert str(History(stopped="interrupted", losses=[1.0], planned=9)).endswith("stopped after step 1: interrupted")
    assert str(load(OLD)[2]).startswith("6 steps, 384 tokens")
    assert History(**history.facts()) == history


def test_the_engine_of_a_stored_run_is_used_again(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        at_step(5, interrupt, patch)
        run(tiny(), run=tmp_path, engine=Engine("bf16", "own", 1))
    assert run(tiny(), run=tmp_path, resume=True, engine=None).environment["attention"] == "own"

"""The course's own run: plans, where runs are kept, whose storyteller is handed out, and the one that is released."""

import hashlib
import importlib
import json
import math

import pytest
import torch

from course_lib import bpe, stories
from course_lib.bigram import bits_per_byte
from course_lib.classroom import ladder
from course_lib.gpt import GPT, Config, count_parameters
from course_lib.training import Engine, History, measure_ladder, plan, release, runs, save_checkpoint, storyteller
from course_lib.training.storyteller import RELEASED, SCORED, digest, rung

module = importlib.import_module("course_lib.training.storyteller")  # the package's name of it is the function


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty checkout: no learner's runs, and no released model is overwritten."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "RELEASED", tmp_path / "data" / "storyteller.json")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("COURSE_PRESET", "smoke")
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """Plans of two steps and a few stories, whatever is asked for."""
    def tiny(lifted=True, name=None):
        config = Config(module.vocabulary().vocab_size, 192, 8, 2, 1, init="spread" if lifted else "gpt2")
        return module.Plan(config, module.LIFTED, steps=2, batch_size=2, stories=20)

    monkeypatch.setattr(module, "plan", tiny)
    monkeypatch.setattr(module, "SCORED", 8)
    listen, carry_on = module.listen, module.carry_on
    monkeypatch.setattr(module, "listen", lambda *given, seed: listen(*given, steps=2, read=20, seed=seed))
    monkeypatch.setattr(module, "carry_on", lambda *given, seed: carry_on(*given, steps=2, seed=seed))
    return tiny


def own(folder, vocab_size=None, vocabulary=True):
    torch.manual_seed(3)
    model = GPT(Config(vocab_size or bpe.story_vocabulary().vocab_size, 16, 8, 2, 1))
    history = History(tokens=1234, bits=[0.5, 0.25])
    save_checkpoint(folder, model, task={"config": vars(model.config)}, history=history.facts())
    if vocabulary:
        bpe.story_vocabulary().save(folder / "vocabulary.json")
    return model


def test_plans_grow_with_the_preset_and_fit_their_purpose():
    plans = {name: plan(name=name) for name in ("smoke", "cpu", "gpu")}
    sizes = [count_parameters(GPT(p.config)) for p in plans.values()]
    assert sizes == sorted(sizes) and 0.8e6 < sizes[1] < 1.5e6
    for p in plans.values():
        assert p.config.vocab_size == module.vocabulary().vocab_size == 2051
    usual = plan(lifted=False, name="cpu")
    assert usual.config.init == "gpt2" and plans["cpu"].config.init == "spread"
    assert usual.steps == plans["cpu"].steps  # only how it starts and how fast it learns may differ
    assert GPT(usual.config).state_dict().keys() == GPT(plans["cpu"].config).state_dict().keys()


def test_stories_fit_the_window():
    tokenizer = bpe.story_vocabulary()
    lengths = [len(tokenizer.encode(text)) + 1 for text in stories.texts("validation", 400, seed=3)]
    window = plan(name="cpu").config.context_length
    assert sum(length <= window for length in lengths) >= 0.99 * len(lengths)


def test_a_smoke_run_never_replaces_a_trained_model(house, monkeypatch):
    assert runs("mine") == house / "work" / "runs" / "mine-smoke"
    monkeypatch.setenv("COURSE_PRESET", "cpu")
    assert runs() == house / "work" / "runs" / "storyteller"


def test_the_learners_own_model_comes_first(house, capsys):
    model = own(house / "work" / "runs" / "storyteller")
    got, tokenizer = storyteller()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), got.parameters(), strict=True))
    assert not got.training and tokenizer.vocab_size == model.config.vocab_size
    assert capsys.readouterr().out == "your own storyteller: 1,234 tokens read, 0.250 bits per byte\n"


@pytest.mark.parametrize("harm", ["cut", "no vocabulary", "another vocabulary"])
def test_a_model_that_cannot_be_used_is_named_and_the_courses_is_taken(house, small, capsys, harm):
    release(engine=Engine(), progress=False)
    folder = house / "work" / "runs" / "storyteller"
    own(folder, vocabulary=harm != "no vocabulary", vocab_size=99 if harm == "another vocabulary" else None)
    if harm == "cut":
        file = next(folder.glob("*.safetensors"))
        file.write_bytes(file.read_bytes()[:-1])
    capsys.readouterr()
    model, _ = storyteller()
    said = capsys.readouterr().out
    assert said.startswith("Your storyteller cannot be used: ") and "the course's storyteller: 704 tokens" in said
    assert model.config.d_model == 8


# What a later chapter needs


def test_the_names_of_a_conversation_stand_after_the_stories_tokens_and_move_none(tmp_path):
    stories_own, tokenizer = bpe.story_vocabulary(), module.vocabulary()
    assert tokenizer.special == {"<|endoftext|>": 2047, "<|user|>": 2048, "<|assistant|>": 2049, "<|system|>": 2050}
    assert tokenizer.end == stories_own.end == 2047 and tokenizer.merges == stories_own.merges
    text = stories.texts("validation", 1)[0]
    assert tokenizer.encode(text) == stories_own.encode(text)
    ids = tokenizer.encode("<|user|>Hi", allow_special=True)
    assert ids[0] == 2048 and tokenizer.decode(ids) == "<|user|>Hi"
    assert max(tokenizer.encode("<|user|>Hi")) < 2047, "what a stranger writes is text"
    tokenizer.save(tmp_path / "vocabulary.json")
    again = bpe.BPE.load(tmp_path / "vocabulary.json")
    assert again.special == tokenizer.special and again.ranks == tokenizer.ranks


def test_an_own_model_that_has_what_is_needed_is_taken(house, capsys):
    torch.manual_seed(3)
    model = GPT(Config(2051, 256, 8, 2, 1))
    folder = house / "work" / "runs" / "storyteller"
    save_checkpoint(folder, model, task={"config": vars(model.config)}, history=History(bits=[0.3]).facts())
    module.vocabulary().save(folder / "vocabulary.json")
    got, tokenizer = storyteller(context=256, tokens=("<|user|>", "<|assistant|>"))
    assert got.config.context_length == 256 and "<|user|>" in tokenizer.special
    assert capsys.readouterr().out.startswith("your own storyteller: ")


@pytest.mark.parametrize(("needs", "said"), [
    ({"context": 17}, "a window of 16 tokens, and 17 are needed here."),
    ({"tokens": ("<|user|>",)}, "no token <|user|>, which is needed here."),
    ({"context": 17, "tokens": ("<|endoftext|>", "<|user|>", "<|system|>")},
     "a window of 16 tokens, and 17 are needed here; no token <|user|>, <|system|>, which is needed here.")])
def test_an_own_model_that_lacks_something_makes_room_for_the_courses(house, small, capsys, needs, said):
    release(engine=Engine(), progress=False)
    folder = house / "work" / "runs" / "storyteller"
    own(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()
    model, tokenizer = storyteller(**needs)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"Your storyteller has {said} `course train --fresh` trains it anew, and keeps the old one"
    assert second.startswith("the course's storyteller: ")
    assert model.config.context_length == 192 and tokenizer.vocab_size == model.config.vocab_size == 2051
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert storyteller()[0].config.context_length == 16, "without needs it is still the learner's"
    with pytest.raises(ValueError, match="the course's storyteller has a window of 192 tokens, and 500 are needed"):
        storyteller(context=500)


def test_a_run_that_was_stopped_before_its_first_look_can_tell(house, capsys):
    model = GPT(Config(2051, 16, 8, 2, 1))
    folder = house / "work" / "runs" / "storyteller"
    save_checkpoint(folder, model, task={"config": vars(model.config)}, history=History(losses=[7.0]).facts())
    module.vocabulary().save(folder / "vocabulary.json")
    storyteller()
    assert capsys.readouterr().out == "your own storyteller: 0 tokens read, never looked at\n"


def test_a_release_without_the_names_of_a_conversation_is_read_with_its_own_vocabulary(house, small):
    release(engine=Engine(), progress=False)
    path = house / "data" / "storyteller.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    assert head["facts"]["special"] == list(module.vocabulary().special)
    assert bpe.story_vocabulary().vocab_size == 2048
    model = GPT(Config(2048, 192, 8, 2, 1))
    file, data, text = module.pack({f"model.{name}": value for name, value in module.once(model.state_dict()).items()},
                                   "storyteller.safetensors", {"task": {"config": vars(model.config)}, "history": {}})
    (house / "data" / file).write_bytes(data)
    path.write_bytes(text)
    got, tokenizer = storyteller()
    assert got.config.vocab_size == tokenizer.vocab_size == 2048


def test_the_release_is_what_was_measured(house, small):
    facts = release(engine=Engine(), progress=False)
    model, tokenizer = storyteller()
    scored = stories.plots("validation", 8)
    assert facts["held_out"]["floor"] == pytest.approx(stories.floor(scored))
    again = bits_per_byte(model, tokenizer, [stories.tell(plot) for plot in scored])
    assert again == pytest.approx(facts["held_out"]["bits_per_byte"], rel=1e-6)  # after rounding to bf16, not before
    assert sorted(path.name for path in (house / "data").iterdir()) == ["storyteller.json", "storyteller.safetensors"]


def test_the_ladder_is_measured_on_the_same_stories(house, small, monkeypatch):
    monkeypatch.setattr(module, "SEEDS", 2)
    said = []
    measured = measure_ladder(type("Console", (), {"print": staticmethod(said.append)}))
    assert list(measured) == ["uniform", "characters", "counting", "bigram", "fivegram", "rnn", "lstm", "attention",
                              "gpt", "floor"]
    assert measured["uniform"]["bits_per_byte"] == 8.0
    assert measured["floor"]["bits_per_byte"] == pytest.approx(stories.floor(stories.plots("validation", 8)), abs=1e-4)
    assert all(set(entry) == ladder.FIELDS for entry in measured.values())
    assert 8 > measured["counting"]["bits_per_byte"] > measured["bigram"]["bits_per_byte"] > 0.3
    assert len(said) == 16 and measured["gpt"]["seeds"] == measured["attention"]["seeds"] == [0, 1]
    assert measured["attention"]["spread"] > 0, "a seed changes what is learned"


def test_one_rung_is_measured_alone_as_it_is_among_all(house, small, monkeypatch):
    monkeypatch.setattr(module, "SEEDS", 1)
    [(name, entry)] = measure_ladder(only="attention").items()
    assert name == "attention" and entry["seeds"] == [0] and entry["bits_per_byte"] < 8
    assert list(measure_ladder(only="uniform")) == ["uniform"]
    with pytest.raises(LookupError, match="'modern'; there are uniform, .*attention"):
        measure_ladder(only="modern")


def test_a_rung_has_mean_median_and_the_largest_distance():
    entry = rung([(1.0, 5.0), (1.5, 7.0), (2.0, 60.0)])
    assert entry == {"bits_per_byte": 1.5, "seconds": 7.0, "preset": "cpu", "seeds": [0, 1, 2], "spread": 0.5}


def test_the_released_files_are_whole_small_and_of_this_vocabulary():
    head = json.loads(RELEASED.read_text(encoding="utf-8"))
    data = (RELEASED.parent / head["tensors"]["file"]).read_bytes()
    assert len(data) == head["tensors"]["bytes"] < 3e6
    assert hashlib.sha256(data).hexdigest() == head["tensors"]["sha256"]
    assert head["facts"]["vocabulary"] == digest(bpe.STORIES), "the vocabulary has changed: course train --release"
    assert head["facts"]["task"]["config"] == vars(plan(name="cpu").config)


@pytest.mark.slow
def test_the_released_model_has_the_bits_it_claims(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    model, tokenizer = storyteller()
    held_out = json.loads(RELEASED.read_text(encoding="utf-8"))["facts"]["held_out"]
    scored = stories.plots("validation", SCORED)
    assert stories.floor(scored) == pytest.approx(held_out["floor"], abs=1e-9), "the stories have changed"
    measured = bits_per_byte(model, tokenizer, [stories.tell(plot) for plot in scored])
    assert measured == pytest.approx(held_out["bits_per_byte"], abs=1e-3)
    assert held_out["floor"] < measured < 1.15 * held_out["floor"] and math.isfinite(measured)

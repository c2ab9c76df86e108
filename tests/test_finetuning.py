"""Fine-tuning against independent oracles: torch's own layers, counts by hand, full fine-tuning, brute force."""

import copy
import random

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from course_lib import finetuning, stories
from course_lib.batches import IGNORED
from course_lib.bigram import bits_per_byte
from course_lib.bpe import story_vocabulary
from course_lib.finetuning import KINDS, LoRA
from course_lib.gpt import GPT, Config
from course_lib.training import Engine, Recipe

TOKENIZER = story_vocabulary()
ENGINE = Engine("fp32", "own", 1)
PLOTS = stories.plots("train", 40)


def small(seed=0, **changes):
    torch.manual_seed(seed)
    sizes = {"vocab_size": TOKENIZER.vocab_size, "context_length": 256, "d_model": 16, "n_heads": 2, "n_layers": 2}
    return GPT(Config(**{**sizes, **changes}))


# ------------------------------------------------------------------------------------------------------------- voices


def brute_force(text, sources):
    words = text.split()
    stretches = [words[a:b] for a in range(len(words)) for b in range(a + 1, len(words) + 1)]
    inside = [s for s in stretches if any(s == other.split()[i : i + len(s)] for other in sources
                                          for i in range(len(other.split())))]
    return max(inside, key=len, default=[])


@pytest.mark.parametrize("seed", range(30))
def test_the_longest_copy_is_that_of_brute_force(seed):
    dice = random.Random(seed)
    text, *sources = (" ".join(dice.choices("abc", k=dice.randrange(0, 9))) for _ in range(4))
    assert finetuning.longest_copy(text, sources) == brute_force(text, sources)


def test_replay_is_the_share_it_says():
    new, old = [f"new {n}" for n in range(80)], [f"old {n}" for n in range(100)]
    mixed = finetuning.with_replay(new, old, 0.2)
    assert mixed[:80] == new and mixed[80:] == old[:20] and len(mixed) == 100
    assert finetuning.with_replay(new, old, 0) == new
    for share in (1, -0.1, 1.5):
        with pytest.raises(ValueError, match=str(share)):
            finetuning.with_replay(new, old, share)
    with pytest.raises(ValueError, match="takes 720 old"):
        finetuning.with_replay(new, old, 0.9)


def test_a_mark_says_voice_consistency_and_copy():
    prose, [verse] = stories.tell(PLOTS[0]), stories.verses("train", 1)
    verse = stories.tell(verse, stories.VERSE)
    assert finetuning.mark(verse, [verse])["copied"] == len(verse.split())
    assert finetuning.mark(verse, ["nothing"]) == {
        "voice": "verse", "well-formed": True, "consistent": True, "copied": 0}
    assert finetuning.mark(prose, ["the"])["voice"] == "prose"
    assert finetuning.mark("the end", ["the"]) == {"voice": "", "well-formed": False, "consistent": False, "copied": 1}
    changed = prose.replace(stories.facts(PLOTS[0])[0], "Nobody", 1)  # a sentence of the world, but of somebody else
    assert finetuning.mark(changed, [])["consistent"] is False


def test_adapting_looks_where_it_says_and_ends_with_the_best_weights():
    model, texts = small(), stories.texts("train", 12)
    untrained = copy.deepcopy(model)
    recipe = Recipe(rate=30.0, warmup=0)  # ruins the model with the first step, so that the look before it is the best
    watched = {"new": texts[:2], "old": texts[2:3]}
    curves, best = finetuning.adapt(model, TOKENIZER, texts, watched, steps=4, recipe=recipe, engine=ENGINE, looks=2,
                                    batch_size=2)
    assert curves["new"][0] == curves["old"][0] == [0, 2, 4] and best == 0
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), untrained.parameters(), strict=True))
    curves, best = finetuning.adapt(model, TOKENIZER, texts, watched, steps=4, engine=ENGINE, batch_size=2, looks=4,
                                    recipe=Recipe(rate=1e-2, warmup=0.5))
    steps, bits = curves["new"]
    assert steps == [0, 1, 2, 3, 4] and best > 0 and bits[best] == min(bits)
    assert bits_per_byte(model, TOKENIZER, texts[:2]) == pytest.approx(min(bits))
    curves, best = finetuning.adapt(model, TOKENIZER, texts, watched, steps=9, recipe=recipe, engine=ENGINE, looks=9,
                                    batch_size=2, patience=2)
    assert curves["new"][0] == [0, 1, 2] and best == 0


def test_memory_is_that_of_the_tensors():
    model = nn.Sequential(nn.Linear(10, 5), nn.Linear(5, 2))
    model[0].requires_grad_(False)
    assert finetuning.memory(model) == {"weights": 4 * 67, "gradients": 4 * 12, "AdamW": 4 * 24}
    tied = small()
    assert finetuning.memory(tied)["weights"] == 4 * sum(p.numel() for p in tied.parameters())


# --------------------------------------------------------------------------------------------------------- classifying


def test_a_classifier_reads_each_text_as_if_it_were_alone():
    model = finetuning.Classifier(small(), 4).eval()
    ids, lengths, _ = finetuning.examples(PLOTS[:5], TOKENIZER, finetuning.opened)
    together = model(ids, lengths)
    for row, length, answer in zip(ids, lengths, together, strict=True):
        x = model.body.embed(row[None, :length])
        for block in model.body.blocks:
            x = block(x)
        assert torch.allclose(nn.functional.linear(model.body.final_norm(x)[0, -1], model.head.weight, model.head.bias),
                              answer, atol=1e-5)


def test_freezing_counts_what_an_optimizer_would_move():
    model = finetuning.Classifier(small(), 4)
    learning = finetuning.freeze(model, "head", "body.blocks.1")
    before = copy.deepcopy(model.state_dict())
    data = finetuning.examples(PLOTS, TOKENIZER, finetuning.opened)
    finetuning.fit(model, data, steps=2, recipe=Recipe(rate=1e-2), batch_size=8)
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in moved} == {"head", "body"}
    assert all(name.startswith(("head.", "body.blocks.1.")) for name in moved)
    assert learning == 16 * 4 + 4 + sum(p.numel() for p in model.body.blocks[1].parameters())


def test_examples_are_beginnings_with_the_right_label_and_say_nothing_of_what_comes():
    for cut in (finetuning.opened, finetuning.until_the_end):
        ids, lengths, labels = finetuning.examples(PLOTS, TOKENIZER, cut)
        for row, length, label, plot in zip(ids, lengths, labels, PLOTS, strict=True):
            assert row[0] == TOKENIZER.end and (row[length:] == TOKENIZER.end).all()
            assert TOKENIZER.decode(row[1:length].tolist()) == cut(plot)
            assert KINDS[label] == stories.ending(plot)


def test_chances_are_those_of_the_outlook():
    for plot in PLOTS[:10]:
        assert finetuning.chances(plot, finetuning.until_the_end(plot))[KINDS.index(stories.ending(plot))] == 1
        shares = finetuning.chances(plot, finetuning.opened(plot))
        assert sum(shares) == pytest.approx(1) and shares[KINDS.index(stories.ending(plot))] in (0.5, 1.0)


def test_no_answer_is_better_than_the_chances_and_a_leak_is():
    """What an oracle reaches at the cut where the last event begins, and that a sentence more would be too much."""
    plots = stories.plots("validation", 300, seed=1)
    best = [max(finetuning.chances(plot, finetuning.opened(plot))) for plot in plots]
    guesses = [finetuning.chances(plot, finetuning.opened(plot)) for plot in plots]
    right = sum(KINDS[g.index(max(g))] == stories.ending(p) for g, p in zip(guesses, plots, strict=True)) / 300
    assert sum(best) / 300 == pytest.approx(11 / 18, abs=0.05) and abs(right - sum(best) / 300) < 0.1


@pytest.mark.slow
def test_a_classifier_learns_and_predicts_probabilities_in_the_order_of_its_rows():
    data = finetuning.examples(PLOTS, TOKENIZER, finetuning.until_the_end)
    model = finetuning.Classifier(small(d_model=32), 4)
    losses = finetuning.fit(model, data, steps=60, recipe=Recipe(rate=1e-2, weight_decay=0), batch_size=20)
    assert losses[-1] < 0.5 < losses[0]
    probs = finetuning.predict(model, data)
    assert probs.shape == (40, 4) and torch.allclose(probs.sum(-1), torch.ones(40), atol=1e-5)
    assert (probs.argmax(-1) == data[2]).float().mean() > 0.8
    alone = finetuning.predict(model, tuple(part[7:8] for part in data))
    assert torch.allclose(alone[0], probs[7], atol=1e-5)


def test_a_bag_of_words_learns_what_words_say_and_a_kind_that_was_never_told_has_no_chance():
    told = ["the sun rose", "the rain fell", "sun and joy", "rain and mud"] * 5
    probs = finetuning.bag_of_words(told, ["the sun", "mud", "nothing known"], torch.tensor([0, 3, 0, 3] * 5))
    assert probs.shape == (3, len(KINDS)) and torch.allclose(probs.sum(-1), torch.ones(3))
    assert probs.argmax(-1)[:2].tolist() == [0, 3] and (probs[:, 1:3] == 0).all()
    turned = finetuning.bag_of_words(told, ["sun the"], torch.tensor([0, 3, 0, 3] * 5))
    assert turned[0, 0] < probs[0, 0], "pairs of neighbours count as well"


def test_confusion_agrees_with_scikit_learn():
    from sklearn.metrics import confusion_matrix

    labels, guesses = torch.randint(0, 4, (2, 50), generator=torch.Generator().manual_seed(0))
    table = finetuning.confusion(labels, guesses, 4)
    assert table.tolist() == confusion_matrix(labels.numpy(), guesses.numpy(), labels=range(4)).tolist()
    assert finetuning.confusion(torch.tensor([0]), torch.tensor([2]), 4)[0].tolist() == [0, 0, 1, 0]


def test_reliability_agrees_with_scikit_learn():
    from sklearn.calibration import calibration_curve

    draw = torch.Generator().manual_seed(0)
    sure = torch.rand(500, generator=draw, dtype=torch.double) * 0.5 + 0.5
    labels = (torch.rand(500, generator=draw) > sure).long()
    found = finetuning.reliability(torch.stack([sure, 1 - sure], -1), labels, bins=10)
    right, confidence = calibration_curve((labels == 0).numpy(), sure.numpy(), n_bins=10)
    assert [c for c, _, _ in found] == pytest.approx(confidence.tolist(), abs=1e-6)
    assert [r for _, r, _ in found] == pytest.approx(right.tolist(), abs=1e-6)
    assert sum(n for _, _, n in found) == 500
    assert finetuning.reliability(torch.tensor([[1.0, 0.0]]), torch.tensor([0])) == [(1.0, 1.0, 1)]


# ---------------------------------------------------------------------------------------------------------------- LoRA


def test_at_full_rank_a_change_learned_beside_the_layer_is_full_fine_tuning():
    """With a the identity and frozen, b gets the layer's own gradient: the same steps, the same losses."""
    torch.manual_seed(0)
    layer, x, y = nn.Linear(6, 5), torch.randn(20, 6), torch.randn(20, 5)
    lora = LoRA(copy.deepcopy(layer), rank=6, alpha=6)
    with torch.no_grad():
        lora.a.copy_(torch.eye(6))
    layer.bias.requires_grad_(False)
    full = torch.optim.AdamW([layer.weight], lr=1e-2, weight_decay=0)
    beside = torch.optim.AdamW([lora.b], lr=1e-2, weight_decay=0)
    for _ in range(30):
        losses = []
        for model, optimizer in ((layer, full), (lora, beside)):
            loss = (model(x) - y).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert torch.allclose(lora.merged().weight, layer.weight, atol=1e-5)


def test_merged_is_unmerged_and_learning_leaves_the_model_below_alone():
    model = small()
    before, ids = copy.deepcopy(model), torch.randint(0, 500, (3, 40))
    count = finetuning.add_adapters(model, rank=3)
    assert count == 3 * 2 * ((16 + 48) + (16 + 16) + (16 + 64) + (64 + 16))
    assert torch.equal(model(ids), before(ids))
    finetuning.adapt(model, TOKENIZER, stories.texts("train", 8), {"new": stories.texts("train", 2)}, steps=3, looks=1,
                     recipe=Recipe(rate=1e-2), engine=ENGINE, batch_size=2)
    answer = model(ids)
    assert (answer - before(ids)).abs().max() > 1e-3
    for name, weight in before.named_parameters():
        same = dict(model.named_parameters())[name if "blocks" not in name or "norm" in name else
                                              name.replace(".weight", ".layer.weight").replace(".bias", ".layer.bias")]
        assert torch.equal(weight, same)
    merged = finetuning.merge_adapters(model)
    assert (merged(ids) - answer).abs().max() < 1e-5
    assert {n: p.shape for n, p in merged.named_parameters()} == {n: p.shape for n, p in before.named_parameters()}


def test_adapters_are_saved_alone_and_come_back(tmp_path):
    model = small()
    fresh = copy.deepcopy(model)
    finetuning.add_adapters(model, rank=3, alpha=6)
    with torch.no_grad():
        for weight in finetuning.adapters(model).values():
            weight.normal_()
    size = finetuning.save_adapters(tmp_path / "verse.safetensors", model, 3, 6)
    names = set(load_file(tmp_path / "verse.safetensors"))
    assert names == set(finetuning.adapters(model)) and all(name.endswith((".a", ".b")) for name in names)
    assert size == (tmp_path / "verse.safetensors").stat().st_size
    loaded, ids = finetuning.load_adapters(tmp_path / "verse.safetensors", fresh), torch.randint(0, 500, (2, 9))
    assert torch.equal(loaded(ids), model(ids))
    other = small(d_model=24)
    with pytest.raises(ValueError, match="another model"):
        finetuning.load_adapters(tmp_path / "verse.safetensors", other)
    assert not finetuning.adapters(other)
    torch.save({}, tmp_path / "none")
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="no adapters"):
        finetuning.load_adapters(tmp_path / "x.safetensors", other)


# -------------------------------------------------------------------------------------------------------------- asking


def test_a_question_stands_after_its_story_and_is_answered_from_the_world():
    for plot in PLOTS[:10]:
        text, answer = finetuning.asked(plot, "colour")
        assert text.startswith(stories.tell(plot) + "\nWhat colour is the ") and answer in stories.tell(plot)
        text, answer = finetuning.asked(plot, "holder")
        (thing, who), *_ = stories.holders(plot)[-1].items()
        assert text == f"{stories.tell(plot)}\nWho has the {thing} now?\n" and answer == (who or "nobody")
        text, answer = finetuning.asked(plot, "colour", 1)
        assert text.startswith(stories.beginning(plot, 1) + "\nWhat")


def test_only_the_answer_and_the_end_are_asked_for():
    pairs = [finetuning.asked(plot, kind) for plot in PLOTS[:3] for kind in ("holder", "colour")]
    ids, targets = finetuning.question_rows(pairs, TOKENIZER)
    for row, wanted, (text, answer) in zip(ids, targets, pairs, strict=True):
        learned = wanted[wanted != IGNORED].tolist()
        assert learned == [*TOKENIZER.encode(answer), TOKENIZER.end]
        at = (wanted != IGNORED).nonzero()[0].item()
        assert TOKENIZER.decode(row[1 : at + 1].tolist()) == text


def test_answers_are_right_exactly_where_a_greedy_model_writes_them():
    from course_lib.sampling import complete

    model = small(d_model=32)
    pairs = [finetuning.asked(plot, "colour", 1) for plot in PLOTS[:8]] * 3
    finetuning.learn_answers(model, TOKENIZER, pairs, steps=40, recipe=Recipe(rate=1e-2), engine=ENGINE, batch_size=8)
    share = finetuning.answered(model, TOKENIZER, pairs[:8])
    written = complete(model, TOKENIZER, [text for text, _ in pairs[:8]], n=6, temperature=0)
    assert share == sum(w == text + answer for w, (text, answer) in zip(written, pairs[:8], strict=True)) / 8 > 0

"""The training loop: its parts against plain computations, honesty, fast paths, and runs that end in every way."""

import copy
import doctest
import importlib
import math
import random

import pytest
import torch
from torch.nn import functional

from course_lib import bpe, learning, stories
from course_lib.attention import CausalSelfAttention
from course_lib.gpt import GPT, Config
from course_lib.training import (
    EarlyStopping,
    Engine,
    HeldOut,
    History,
    Recipe,
    accumulate,
    evaluate,
    honest_loss,
    places,
    recall,
    told_before,
    train,
    train_step,
    usual_loss,
)

T = 16
PLAIN = Engine("fp32", "own", 1)


class Letters:
    """A tokenizer of eleven letters."""

    letters, end, vocab_size = "abcdefghij ", 0, 12

    def encode(self, text):
        return [1 + self.letters.index(letter) for letter in text]

    def decode(self, ids):
        return "".join(self.letters[i - 1] for i in ids)


def documents(count, seed=0, size=(12, 30)):
    """Texts whose letters mostly follow the alphabet, so that there is something to learn."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        at, text = rng.randrange(10), ""
        for _ in range(rng.randint(*size)):
            text += Letters.letters[at]
            at = (at + 1) % 10 if rng.random() < 0.9 else rng.randrange(11)
        made.append(text)
    return made


def tiny(seed=0, **changes):
    torch.manual_seed(seed)
    return GPT(Config(**{"vocab_size": 12, "context_length": T, "d_model": 12, "n_heads": 3, "n_layers": 2, **changes}))


def some_batch(B=5, length=T, seed=0):
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(12, (B, length + 1), generator=generator)
    return row[:, :-1], row[:, 1:]


def run(model, steps=12, **options):
    options = {"evaluate_every": 3, "batch_size": 4, "engine": PLAIN, "progress": False, **options}
    return train(model, Letters(), documents(40), documents(12, seed=9), steps=steps, **options)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


# The parts of a step


@pytest.mark.parametrize("parts", [1, 2, 3, 5, 7])
def test_pieces_add_up_to_the_gradient_of_the_whole_batch(parts):
    ids, targets = some_batch(B=7)  # pieces of unequal size for 2, 3 and 5
    model = tiny()
    functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten()).backward()
    whole = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    loss = accumulate(model.loss, ids, targets, parts)
    assert loss == pytest.approx(model.loss(ids, targets).item(), rel=1e-5)
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.grad, whole[name], rtol=1e-4, atol=1e-7)


def test_a_step_is_clear_backward_clip_and_move():
    ids, targets = some_batch()
    mine, plain = tiny(), tiny()
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.5) for model in (mine, plain)]
    for model in (mine, plain):  # rubbish that must be cleared first
        for p in model.parameters():
            p.grad = torch.ones_like(p)
    for _ in range(3):
        train_step(mine.loss, optimizers[0], ids, targets, parts=2, max_norm=0.05)
        optimizers[1].zero_grad()
        plain.loss(ids, targets).backward()
        length = torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.05)
        assert length > 0.05  # or this test would not see clipping
        optimizers[1].step()
    for a, b in zip(mine.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_a_loss_that_is_not_finite_changes_nothing():
    model = tiny()
    before = copy.deepcopy(model)
    optimizer = Recipe().optimizer(model)
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        train_step(lambda ids, targets: model.loss(ids, targets) * math.nan, optimizer, *some_batch())
    assert same(model, before)


@pytest.mark.parametrize("tied", [True, False])
def test_the_quick_optimizer_moves_as_the_taught_one(tied):
    recipe = Recipe(rate=0.01, embedding_rate=0.03)
    quick, taught = tiny(tied=tied), tiny(tied=tied)
    one = recipe.optimizer(quick)
    two = learning.AdamW(learning.parameter_groups(taught, 0.1, lr=0.01, embedding_lr=0.03), betas=(0.9, 0.95))
    assert len(one.param_groups) == len(two.param_groups) == 3
    for number in range(5):
        for model, optimizer in ((quick, one), (taught, two)):
            train_step(model.loss, optimizer, *some_batch(seed=number))
    for a, b in zip(quick.parameters(), taught.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_rates_rise_to_each_groups_peak_and_end_at_the_floor():
    model, recipe = tiny(), Recipe(rate=0.1, embedding_rate=0.7, warmup=0.2, floor=0.1)
    optimizer = recipe.optimizer(model)
    seen = []
    for step in range(20):
        recipe.set_rates(optimizer, step, 20)
        seen.append({group["name"]: group["lr"] for group in optimizer.param_groups})
    for name, peak in (("matrices", 0.1), ("embeddings", 0.7), ("vectors", 0.1)):
        rates = [rates[name] for rates in seen]
        assert rates[0] == pytest.approx(peak / 4) and rates[3] == max(rates) == pytest.approx(peak)
        assert rates[-1] == pytest.approx(peak * 0.1)
        assert all(a > b for a, b in zip(rates[3:], rates[4:], strict=False))
    recipe.set_rates(optimizer, 0, 1)  # a run of one step: no room for a warm-up
    assert optimizer.param_groups[0]["lr"] == 0.1


# Looking


def test_evaluate_is_the_mean_over_tokens_not_over_batches():
    model = tiny().double()
    ids, targets = some_batch(B=5)
    parts = [(ids[:3], targets[:3]), (ids[3:, :7], targets[3:, :7])]
    losses = [functional.cross_entropy(model(i).flatten(0, 1), t.flatten(), reduction="sum") for i, t in parts]
    assert evaluate(model, iter(parts)) == pytest.approx(sum(losses).item() / (3 * T + 2 * 7), rel=1e-6)


def test_evaluate_sleeps_dropout_keeps_no_gradient_and_restores_every_mode():
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen, self.dropout = torch.nn.Linear(3, 3).eval(), torch.nn.Dropout(0.9)
            self.table = torch.nn.Embedding(12, 12)

        def forward(self, ids):
            assert not torch.is_grad_enabled()
            return self.dropout(self.table(ids))

    model = Odd()
    model.frozen.eval()
    batches = [some_batch()]
    assert evaluate(model, batches) == evaluate(model, batches)
    assert model.training and model.dropout.training and not model.frozen.training
    assert all(p.grad is None for p in model.parameters())
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate(model, [])


def test_evaluate_and_honest_restore_the_mode_after_an_error():
    model = tiny()
    with pytest.raises(ValueError, match="outside the vocabulary"):
        honest_loss(model, torch.full((1, 3), 99), torch.zeros(1, 3, dtype=torch.long))
    assert model.training and torch.is_grad_enabled()


def test_places_are_spread_from_end_to_end():
    assert places(10, 10) == list(range(10))
    assert places(3, 32) == [0, 1, 2]
    assert places(1, 5) == [0]
    chosen = places(256, 32)
    assert len(set(chosen)) == 32 and chosen[0] == 0 and chosen[-1] == 255
    assert max(b - a for a, b in zip(chosen, chosen[1:], strict=False)) <= 9


def test_an_honest_model_has_nothing_to_hide():
    model = tiny(init="spread")
    ids, targets = some_batch(B=8)
    for positions in (1, 5, 32):
        assert honest_loss(model, ids, targets, positions) == pytest.approx(
            usual_loss(model, ids, targets, positions), abs=1e-5)
    # at all places together it is the loss itself
    assert usual_loss(model, ids, targets, T) == pytest.approx(model.loss(ids, targets).item(), abs=1e-5)


class Leaky(CausalSelfAttention):
    """A mask that is defined and never used."""

    def weights(self, q, k):
        return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)


def test_a_model_without_its_mask_is_caught(capsys):
    rng = random.Random(1)
    noise = ["".join(rng.choice(Letters.letters) for _ in range(T)) for _ in range(600)]  # nothing to learn but to peek
    model = tiny(d_model=24, n_heads=2, init="spread", tied=False)
    for block in model.blocks:
        block.attention.__class__ = Leaky
    history = train(model, Letters(), noise[:560], noise[560:], steps=200, evaluate_every=100, batch_size=16,
                    recipe=Recipe(rate=0.01, embedding_rate=0.02), engine=None)
    assert history.environment["attention"] == "own"  # no fast path may put the mask back
    assert history.validation[-1] < 1.0  # looks as if it had learnt something
    assert history.honest[-1] > 2.3      # as bad as guessing among eleven, ln 11 = 2.40
    assert history.leak[-1] > math.log(2)
    assert "sees the future" in capsys.readouterr().out


# Early stopping


def test_early_stopping_keeps_a_copy_of_the_best():
    rng, weights, stopping = random.Random(0), [0.0], EarlyStopping(patience=4)
    losses, since = [], 0
    for number in range(200):
        weights[0] = number  # the same list changes all the time, as a model's tensors do
        losses.append(rng.random() / (1 + number / 50))
        stop = stopping.look(losses[-1], weights)
        best = min(range(len(losses)), key=losses.__getitem__)
        since = number - best
        assert stopping.best == losses[best] and stopping.weights == [best]
        assert stop == (since >= 4)


def test_early_stopping_takes_nan_for_worse_and_may_wait_for_ever():
    stopping = EarlyStopping(patience=2)
    assert [stopping.look(loss, "w") for loss in (math.nan, 1.0, math.nan, math.inf)] == [False, False, False, True]
    assert stopping.best == 1.0
    patient = EarlyStopping()
    assert not any(patient.look(loss, loss) for loss in range(1000))
    assert patient.weights == 0


# Whole runs


def test_a_run_learns_and_tells_what_it_saw():
    model = tiny()
    history = run(model, steps=40, evaluate_every=10, recipe=Recipe(rate=0.02))
    assert history.steps == [10, 20, 30, 40] and len(history.losses) == 40 and history.stopped == ""
    assert history.tokens == 40 * 4 * T and history.seconds > 0
    assert history.validation[-1] < history.validation[0] - 0.3
    assert history.train[1] == pytest.approx(sum(history.losses[10:20]) / 10)
    texts = documents(12, seed=9)
    tokens, size = sum(len(text) + 1 for text in texts), sum(len(text) for text in texts)
    assert history.bits[-1] == pytest.approx(history.validation[-1] / math.log(2) * tokens / size)
    assert all(abs(leak) < 1e-5 for leak in history.leak)
    curves = history.curves()
    assert curves["held out"] == (history.steps, pytest.approx(history.bits))
    assert History(**history.facts()) == history
    assert history.best == min(history.bits)


def test_the_best_weights_come_back_when_it_gets_worse():
    model = tiny()
    few = documents(3)  # to be learnt by heart, which makes the held-out loss worse in the end
    history = train(model, Letters(), few, documents(12, seed=9), steps=120, evaluate_every=5, batch_size=4,
                    recipe=Recipe(rate=0.03, weight_decay=0.0), engine=PLAIN, progress=False, stride=1)
    assert history.validation[-1] > min(history.validation) + 0.05
    unseen = HeldOut(documents(12, seed=9), Letters(), T)
    assert unseen.look(model)["validation"] == pytest.approx(min(history.validation), abs=1e-6)


def test_patience_ends_a_run_that_gets_no_better():
    model = tiny()
    history = train(model, Letters(), documents(3), documents(12, seed=9), steps=400, evaluate_every=5, batch_size=4,
                    recipe=Recipe(rate=0.03, weight_decay=0.0), engine=PLAIN, progress=False, patience=3, stride=1)
    assert history.stopped == "nothing better for 3 looks" and len(history.losses) < 400
    assert history.validation.index(min(history.validation)) == len(history.validation) - 4


def test_interrupting_keeps_the_best_weights(monkeypatch, capsys):
    from course_lib.training import loop

    def interrupted(*args):
        count.append(1)
        if len(count) == 8:
            raise KeyboardInterrupt
        return train_step(*args)

    count, model = [], tiny()
    monkeypatch.setattr(loop, "train_step", interrupted)
    threads = torch.get_num_threads()
    history = run(model, progress=True)
    assert history.stopped == "interrupted" and len(history.losses) == 7 and history.steps == [3, 6]
    assert torch.get_num_threads() == threads
    assert "ended after step 7: interrupted; the weights are the best of all looks" in capsys.readouterr().out
    unseen = HeldOut(documents(12, seed=9), Letters(), T)
    assert unseen.look(model)["validation"] == pytest.approx(min(history.validation), abs=1e-6)


def test_a_run_that_explodes_ends_with_the_best_weights(monkeypatch):
    from course_lib.training import loop

    model, original = tiny(), loop.train_step

    def exploding(loss_of, *args):
        count.append(1)
        return original((lambda i, t: loss_of(i, t) * math.inf) if len(count) == 6 else loss_of, *args)

    count = []
    monkeypatch.setattr(loop, "train_step", exploding)
    history = run(model)
    assert "the loss is inf" in history.stopped and len(history.losses) == 5
    assert all(p.isfinite().all() for p in model.parameters())


def test_the_seed_decides_the_order_of_the_batches():
    a, b, c = (run(tiny(), seed=seed).losses for seed in (0, 0, 1))
    assert a == b != c


def test_a_model_in_eval_mode_is_trained_in_training_mode():
    model = tiny().eval()
    run(model)
    assert model.training


# Who is who


def test_recall_separates_repeated_names_from_the_rest():
    class Spelling:
        """One token for each character, by its code."""

        end = 0

        def encode(self, text):
            return [ord(letter) for letter in text]

        def token(self, id):
            return bytes([id])

    class Sure(torch.nn.Module):
        """Pays 3 bits for each letter of `Mia` and `Tom`, and 1 bit for any other."""

        config = Config(128, 64, 4, 1, 1)

        def forward(self, ids):
            probs = torch.full((*ids.shape, 128), 0.5)
            probs[..., [ord(letter) for letter in "MiaTom"]] = 0.125
            return probs.log() + 5.0  # not one in sum, so subtract what normalising will add

    text = "Mia was. Tom sat by Mia."
    spans = told_before(text)
    assert [text[a:b] for a, b in spans] == ["Mia"]
    norm = math.log2(122 * 0.5 + 6 * 0.125)
    names, rest = recall(Sure(), Spelling(), [text])
    assert names == pytest.approx(3 + norm, abs=1e-4)
    other = [letter for letter in text[:20] + "."]
    assert rest == pytest.approx(sum(3 if letter in "MiaTom" else 1 for letter in other) / len(other) + norm, abs=1e-4)


def test_recall_leaves_out_what_the_window_cannot_hold():
    model = tiny(vocab_size=bpe.story_vocabulary().vocab_size)
    text = stories.texts("validation", 1)[0]
    names, rest = recall(model, bpe.story_vocabulary(), [text])
    assert rest == pytest.approx(math.log2(model.config.vocab_size), abs=0.5)  # untrained, it finds all tokens alike
    assert model.training


@pytest.mark.parametrize("module", ["recall", "steps", "history", "checkpoints", "engine", "facts", "folders", "models",
                                    "precision", "loop"])
def test_examples(module):
    module = importlib.import_module(f"course_lib.training.{module}")
    failed, tried = doctest.testmod(module)
    assert not failed
    assert tried or module.__name__.split(".")[-1] != "steps"

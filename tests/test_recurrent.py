"""Recurrent cells against torch's own, the way back against autograd, and what a state may and may not carry."""

import doctest
import importlib

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from course_lib import recurrent, sampling, stories, training
from course_lib.attention import CausalSelfAttention, Listener
from course_lib.bigram import bits_per_byte, cross_entropy
from course_lib.bpe import story_vocabulary
from course_lib.learning import SGD
from course_lib.recurrent import (
    LSTMCell,
    Quiz,
    Recurrent,
    RNNCell,
    carry_on,
    lanes,
    learn_to_recall,
    learn_window,
    measured,
    recall_by_distance,
    rnn_step,
    through_time,
    unroll,
)
from course_lib.recurrent.recall import EDGES

THEIRS = {RNNCell: (nn.RNNCell, nn.RNN), LSTMCell: (nn.LSTMCell, nn.LSTM)}
KINDS = pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def twins(kind, I, H, whole=False):
    """Our cell and torch's with the same weights, in float64."""
    torch.manual_seed(0)
    one, many = THEIRS[kind]
    theirs = (many(I, H, batch_first=True) if whole else one(I, H)).double()
    ours = kind(I, H).double()
    ours.load_state_dict({name.removesuffix("_l0"): value for name, value in theirs.state_dict().items()})
    return ours, theirs


# One step


@KINDS
@pytest.mark.parametrize("I, H, B", [(5, 3, 2), (1, 1, 1), (7, 70, 3)])
def test_a_step_is_torchs_step_and_so_are_its_gradients(kind, I, H, B):
    ours, theirs = twins(kind, I, H)
    x, state = normal(B, I), tuple(normal(B, H, seed=n) for n in range(1, kind.PARTS + 1))
    a, b = ([part.clone().requires_grad_() for part in (x, *state)] for _ in range(2))
    mine = ours(a[0], tuple(a[1:]))
    other = theirs(b[0], b[1] if kind is RNNCell else tuple(b[1:]))
    other = (other,) if kind is RNNCell else other
    for one, two in zip(mine, other, strict=True):
        assert_close(one, two)
    sum((part * normal(B, H, seed=9)).sum() for part in mine).backward()
    sum((part * normal(B, H, seed=9)).sum() for part in other).backward()
    for one, two in zip(a, b, strict=True):
        assert_close(one.grad, two.grad)
    for name, parameter in ours.named_parameters():
        assert_close(parameter.grad, dict(theirs.named_parameters())[name].grad)


def test_one_step_in_plain_python_is_the_cells():
    cell = RNNCell(3, 5).double()
    x, h = normal(3), normal(5, seed=1).tanh()
    biases = (cell.bias_ih + cell.bias_hh).tolist()
    ours = rnn_step(x.tolist(), h.tolist(), cell.weight_ih.tolist(), cell.weight_hh.tolist(), biases)
    assert ours == pytest.approx(cell(x[None], (h[None],))[0][0].tolist(), rel=1e-9)


@pytest.mark.parametrize("x, h, b", [([1.0], [0.0, 0.0], [0.0] * 2), ([1.0] * 3, [0.0], [0.0] * 2),
                                     ([1.0] * 3, [0.0] * 2, [0.0])])
def test_lengths_that_do_not_fit_are_refused(x, h, b):
    with pytest.raises(ValueError):
        rnn_step(x, h, [[1.0] * 3] * 2, [[1.0] * 2] * 2, b)


def test_a_fresh_cell_has_torchs_names_shapes_and_range():
    for kind, (theirs, _) in THEIRS.items():
        ours = kind(7, 16)
        assert {n: p.shape for n, p in ours.named_parameters()} == {
            n: p.shape for n, p in theirs(7, 16).named_parameters()}
        assert all(0.2 < p.abs().max() <= 0.25 for p in ours.parameters())


# The way back


@pytest.mark.parametrize("w, u, target", [(0.7, 0.9, 0.3), (-1.5, 1.4, -0.2), (0.5, -0.6, 0.9), (0.0, 0.0, 0.0)])
def test_the_walk_back_through_time_is_autograds(w, u, target):
    xs = normal(8).tolist()
    tw, tu = (torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in (w, u))
    h = torch.zeros((), dtype=torch.float64)
    for x in xs:
        h = torch.tanh(tw * x + tu * h)
    loss = (h - target) ** 2 / 2
    loss.backward()
    assert through_time(xs, w, u, target) == pytest.approx((loss.item(), tw.grad.item(), tu.grad.item()), rel=1e-9)


def test_the_blame_that_arrives_falls_in_a_plain_cell_and_stays_where_gates_are_open():
    def far(cell):
        x, state = torch.randn(16, 40, 32, requires_grad=True), cell.start(16)
        outputs, _ = unroll(cell, x, state, torch.zeros(16, 40, dtype=torch.bool))
        (gradient,) = torch.autograd.grad(outputs[:, -1].sum(), x)
        lengths = gradient.norm(dim=-1).mean(0)
        return (lengths[0] / lengths[-1]).item()

    torch.manual_seed(0)
    open_gates = LSTMCell(32, 32)
    with torch.no_grad():
        open_gates.bias_ih[32:64] += 3
    assert far(RNNCell(32, 32)) < 1e-6
    assert far(LSTMCell(32, 32)) < 1e-3
    assert 0.1 < far(open_gates) < 2


# Along a text


@KINDS
def test_along_a_text_it_is_torchs_whole_network(kind):
    ours, theirs = twins(kind, 5, 3, whole=True)
    x = normal(2, 9, 5)
    outputs, last = unroll(ours, x, ours.start(2), torch.zeros(2, 9, dtype=torch.bool))
    whole, end = theirs(x)
    assert_close(outputs, whole)
    for one, two in zip(last, (end,) if kind is RNNCell else end, strict=True):
        assert_close(one, two[0])


@KINDS
def test_a_story_is_read_as_if_it_stood_alone(kind):
    torch.manual_seed(0)
    model = Recurrent(11, kind(6, 6), end=0).double()
    first, second = torch.randint(1, 11, (1, 7)), torch.randint(1, 11, (1, 5))
    end = torch.zeros(1, 1, dtype=torch.long)
    alone = model(torch.cat([end, second], 1))
    after = model(torch.cat([end, first, end, second], 1))
    assert torch.equal(after[:, 8:], alone)
    assert not torch.allclose(after[:, 9:], model(torch.cat([end, first, second], 1))[:, 8:])


@KINDS
def test_reading_on_is_reading_at_once(kind):
    torch.manual_seed(0)
    model = Recurrent(11, kind(6, 6), end=0).double()
    ids = torch.randint(0, 11, (3, 12))
    first, state = model.read(ids[:, :5])
    second, _ = model.read(ids[:, 5:], state)
    assert_close(torch.cat([first, second], 1), model(ids))


def test_a_bet_depends_on_the_past_alone():
    model = Recurrent(11, LSTMCell(6, 6), end=0)
    ids = torch.randint(0, 11, (2, 9))
    other = ids.clone()
    other[:, 6:] = torch.randint(0, 11, (2, 3))
    assert torch.equal(model(ids)[:, :6], model(other)[:, :6])


# Windows that follow each other


def test_lanes_go_on_where_they_ended():
    ids = torch.arange(50)
    inputs, targets = lanes(ids, B=3, T=5)
    assert inputs.shape == targets.shape == (3, 3, 5)
    assert torch.equal(targets, inputs + 1)
    for row in range(3):
        assert torch.equal(inputs[:, row].flatten(), torch.arange(15 * row, 15 * row + 15))
    with pytest.raises(ValueError, match="16"):
        lanes(torch.arange(15), B=3, T=5)


@KINDS
def test_a_windows_gradient_is_that_of_a_text_whose_past_is_a_constant(kind):
    torch.manual_seed(0)
    model = Recurrent(11, kind(6, 6), end=0).double()
    ids = torch.randint(1, 11, (2, 9))
    still = SGD(model.parameters(), lr=0.0)
    _, state = learn_window(model, still, ids[:, :4], ids[:, 1:5], None)
    assert not any(part.requires_grad for part in state)
    loss, _ = learn_window(model, still, ids[:, 4:8], ids[:, 5:], state)
    found = {name: p.grad.clone() for name, p in model.named_parameters()}
    with torch.no_grad():
        _, constant = model.read(ids[:, :4])
    model.zero_grad()
    expected = cross_entropy(model.read(ids[:, 4:8], constant)[0], ids[:, 5:])
    expected.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    assert loss == pytest.approx(expected.item())
    for name, p in model.named_parameters():
        assert_close(found[name], p.grad)


@KINDS
def test_a_few_steps_learn_something(kind):
    vocabulary = story_vocabulary()
    few, more = (carry_on(kind, vocabulary, steps) for steps in (1, 30))
    told = stories.texts("validation", 4)
    assert bits_per_byte(more, vocabulary, told) < bits_per_byte(few, vocabulary, told) - 0.3


def test_the_lanes_begin_again_with_nothing_read():
    seen = []

    def learn(model, optimizer, ids, targets, state):
        seen.append((ids[0, 0].item(), state is None))
        return 1.0, state or ("something",)

    carry_on(RNNCell, story_vocabulary(), 200, learn=learn)
    inputs = [first for first, _ in seen]
    again = next((i for i in range(1, 200) if seen[i][1]), 200)
    assert seen[0][1] and not any(none for _, none in seen[1:again])
    assert inputs[again:] == inputs[: 200 - again]


# What other parts of the course do with a model


def test_it_can_be_trained_measured_and_made_to_write_like_any_other_model():
    vocabulary = story_vocabulary()
    model = Recurrent(vocabulary.vocab_size, LSTMCell(16, 16), vocabulary.end, context_length=24)
    told = stories.texts("train", 20)
    history = training.train(model, vocabulary, told, told[:3], steps=3, batch_size=2, progress=False)
    assert len(history.losses) == 3
    ids = torch.tensor([[vocabulary.end, 5, 7]])
    assert_close(model.loss(ids[:, :-1], ids[:, 1:]), cross_entropy(model(ids[:, :-1]), ids[:, 1:]))
    dice = torch.Generator().manual_seed(0)
    (written,) = sampling.complete(model, vocabulary, ["Mia"], n=5, generator=dice)
    assert written.startswith("Mia")


# Recall


def test_the_quiz_knows_what_was_named_last_and_how_many_words_ago():
    vocabulary = story_vocabulary()
    quiz, text = Quiz(vocabulary), " Mia has a lamp. Old Tom wants the kite, and the lamp"
    ids = torch.tensor([[vocabulary.end, *vocabulary.encode(text), vocabulary.end, *vocabulary.encode(" a kite too")]])
    answers, ago = quiz.ask(ids)
    last, words, told = "none so far", 0, []
    for token in ids[0].tolist():
        word = vocabulary.decode([token])
        if token == vocabulary.end:
            last, words = "none so far", 0
        elif word.strip() in quiz.answers:
            last, words = word.strip(), 0
        elif word.startswith(" "):
            words += 1
        told.append((last, words if last != "none so far" else None))
    found = zip(answers[0].tolist(), ago[0].tolist(), strict=True)
    assert [(quiz.answers[answer], n if answer else None) for answer, n in found] == told
    assert {"lamp", "kite"} <= {name for name, _ in told}


def test_the_curve_is_of_the_right_answer_at_its_distance():
    vocabulary = story_vocabulary()
    quiz = Quiz(vocabulary)

    class Fading(nn.Module):
        """Sure of the right answer to 1 / (words ago + 1), and of nothing else."""

        def forward(self, ids):
            answers, ago = quiz.ask(ids)
            bets = torch.zeros(*ids.shape, 21).scatter(-1, answers[..., None], 1 / (ago[..., None] + 1.0))
            rest = (1 - bets.sum(-1, keepdim=True)) / 20
            return torch.where(bets > 0, bets, rest).log()

    words, known = recall_by_distance(Fading(), vocabulary, count=20)
    assert words[:3] == [1, 2, 3] and len(words) == len(known) <= len(EDGES) - 1
    assert known[:3] == pytest.approx([1 / 2, 1 / 3, 1 / 4])
    assert sorted(known, reverse=True) == known


def test_what_is_frozen_stays_and_only_the_new_head_learns():
    vocabulary = story_vocabulary()
    model = Recurrent(vocabulary.vocab_size, RNNCell(8, 8), vocabulary.end).requires_grad_(False)
    before = {name: p.clone() for name, p in model.named_parameters() if not name.startswith("head")}
    taught = learn_to_recall(model, vocabulary, steps=2)
    assert all(torch.equal(p, before[name]) for name, p in taught.named_parameters() if name in before)
    assert taught.head.out_features == 21 and taught.head.weight.requires_grad


def test_a_model_without_a_state_is_asked_the_same():
    vocabulary = story_vocabulary()
    model = learn_to_recall(Listener(vocabulary.vocab_size, 160, 8, 2, CausalSelfAttention), vocabulary, steps=2)
    words, known = recall_by_distance(model, vocabulary, count=5)
    assert len(words) > 8 and all(0 < share < 1 for share in known)


@pytest.mark.slow
def test_attention_learns_to_recall_in_few_steps():
    vocabulary = story_vocabulary()
    torch.manual_seed(0)
    seer = Listener(vocabulary.vocab_size, 160, 48, 4, CausalSelfAttention)
    _, known = recall_by_distance(learn_to_recall(seer, vocabulary, steps=250), vocabulary, count=100)
    assert min(known) > 0.8


def test_the_committed_curves_fit_the_question():
    curves = measured()
    assert set(curves) == {"the course's RNN", "the course's LSTM"}
    for words, known in curves.values():
        assert len(words) == len(known) == len(EDGES) - 1
        assert all(low <= n < high for n, low, high in zip(words, EDGES, EDGES[1:], strict=False))
        assert all(0 < share <= 1 for share in known)
    assert min(curves["the course's LSTM"][1]) > 2 * max(curves["the course's RNN"][1])


@pytest.mark.parametrize("module", ["cells", "model", "recall"])
def test_examples(module):
    failed, tried = doctest.testmod(importlib.import_module(f"course_lib.recurrent.{module}"))
    assert not failed and (tried or module == "recall")


def test_everything_public_is_named():
    assert all(hasattr(recurrent, name) for name in recurrent.__all__)

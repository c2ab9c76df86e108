"""NextToken: its bars are the model's own probabilities, cut as `sampling.distribution` cuts them."""

import copy
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import example, given, strategies

from course_lib import show
from course_lib.bigram import Bigram
from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config
from course_lib.sampling import distribution
from course_lib.show import next_token
from course_lib.show.next_token import NextToken, cut, entropy

LEVELS = strategies.one_of(strategies.floats(-8, 8, width=32), strategies.sampled_from([0.0, 1.0, -2.0]))


@given(logits=strategies.lists(LEVELS, min_size=1, max_size=9),
       temperature=strategies.sampled_from([0.0, 1e-3, 0.3, 1.0, 1.7]),
       top_k=strategies.sampled_from([None, 1, 2, 5, 100]),
       top_p=strategies.sampled_from([None, 1e-6, 0.3, 0.5, 0.9, 1.0]),
       min_p=strategies.sampled_from([None, 0.0, 0.1, 0.5, 1.0]))  # fmt: skip
@example(logits=[0.0, 0.0, 0.0, 0.0], temperature=1.0, top_k=None, top_p=0.5, min_p=None)  # ties, and a sum that fits
@example(logits=[2.0, 2.0, 1.0], temperature=0.0, top_k=2, top_p=0.9, min_p=1.0)
def test_the_cuts_are_those_of_sampling(logits, temperature, top_k, top_p, min_p):
    logits = torch.tensor(logits)
    probs, reasons, order = cut(logits, temperature, top_k, top_p, min_p)
    wanted = distribution(logits, temperature, top_k, top_p, min_p)
    assert torch.equal(probs > 0, wanted > 0)
    torch.testing.assert_close(probs, wanted)
    assert ((reasons == next_token.KEPT) | (probs == 0)).all()
    assert sorted(order.tolist()) == list(range(len(logits)))
    assert (logits[order].diff() < 1e-6).all()  # the likeliest first


@pytest.mark.parametrize("options, reasons", [
    ({}, [0, 0, 0, 0]), ({"temperature": 0.0}, [0, 1, 1, 1]), ({"top_k": 2}, [0, 0, 2, 2]),
    ({"top_p": 0.6}, [0, 0, 3, 3]), ({"min_p": 0.3}, [0, 0, 0, 4]),
    ({"top_k": 3, "top_p": 0.6, "min_p": 0.9}, [0, 4, 3, 2]),  # each cuts what the one before has left
])  # fmt: skip
def test_each_token_knows_what_took_it_away(options, reasons):
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    assert cut(logits, **options)[1].tolist() == reasons


@pytest.fixture(scope="module")
def tokenizer():
    return story_vocabulary()


@pytest.fixture
def model(tokenizer):
    torch.manual_seed(0)
    size = tokenizer.vocab_size
    model = GPT(Config(vocab_size=size, context_length=16, d_model=16, n_heads=2, n_layers=2))
    with torch.no_grad():  # so that it is not all alike
        for parameter in model.parameters():
            parameter.mul_(3)
    return model.train()


def test_bars_are_the_models_own_probabilities(model, tokenizer):
    before = copy.deepcopy(model.state_dict())
    view = show.NextToken(model, "Once upon a time", tokenizer, temperature=0.7, top_k=9, top_p=0.8, min_p=0.01)
    ids = [tokenizer.end, *tokenizer.encode("Once upon a time")]
    assert view.ids == ids and view.text == "Once upon a time"
    logits = model.eval()(torch.tensor([ids]))[0].detach()
    own, left = logits[-1].softmax(-1), distribution(logits[-1], 0.7, 9, 0.8, 0.01)
    for number, word, p, q, why in view.state["bars"]:
        assert word == tokenizer.token(number).decode("utf-8", "replace") or word.startswith("\\x")
        assert p == pytest.approx(own[number].item()) and q == pytest.approx(left[number].item())
        assert (why == "kept") == (q > 0)
    assert [row[2] for row in view.state["bars"]] == pytest.approx(own.topk(12).values.tolist())
    assert view.state["kept"] == int((left > 0).sum())
    assert sum(row[3] for row in view.state["bars"]) + view.state["rest"][1] == pytest.approx(1)
    torch.testing.assert_close(view.probs(), left)
    doubts = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1) / math.log(2)
    assert [token[2] for token in view.state["tokens"]] == [None, *map(pytest.approx, doubts[:-1].tolist())]
    assert view.state["entropy"] == pytest.approx(doubts[-1].item())
    costs = -logits.log_softmax(-1) / math.log(2)
    assert [token[3] for token in view.state["tokens"][1:]] == pytest.approx(
        [costs[n, number].item() for n, number in enumerate(ids[1:])])  # fmt: skip
    assert view.state["after"] == pytest.approx(entropy(left).item(), abs=1e-6)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_the_model_keeps_its_mode(model, tokenizer):
    NextToken(model, "Once", tokenizer)
    assert model.training


def test_take_undo_restart_and_draw(model, tokenizer):
    view = NextToken(model, "Once upon", tokenizer, seed=3)
    start, first = view.ids, dict(view.state)
    number = view.state["bars"][2][0]
    view.take(number)
    assert view.ids == [*start, number] and len(view.state["tokens"]) == len(start) + 1
    assert view.state["given"] == len(start)
    view.undo()
    view.take(np.int64(number))
    assert view.ids == [*start, number] and type(view.ids[-1]) is int, "numpy's are no JSON"
    view.undo()
    assert view.state == first
    view.undo()
    assert view.ids == start  # the prompt stays
    view.top_k = 3
    likely = {row[0] for row in view.state["bars"][:3]}
    for _ in range(10):
        view.draw()
        assert view.ids[-1] in likely
        view.undo()
    drawn = [NextToken(model, "Once upon", tokenizer, seed=5) for _ in range(2)]
    for one in drawn:
        for _ in range(4):
            one.draw()
    assert drawn[0].ids == drawn[1].ids
    drawn[0].restart()
    assert drawn[0].ids == start


def test_draws_are_as_likely_as_the_bars():
    class Coin(torch.nn.Module):
        def forward(self, ids):
            return torch.tensor([0.6, 0.3, 0.1]).log().expand(*ids.shape, 3)

    view, counts = NextToken(Coin(), [0], min_p=0.2), torch.zeros(3)
    for _ in range(600):
        view.draw()
        counts[view.ids[-1]] += 1
        view.undo()
    assert counts[2] == 0 and counts[0].item() == pytest.approx(400, abs=50)


def test_the_pages_messages(model, tokenizer):
    view = NextToken(model, "", tokenizer)
    assert view.ids == [tokenizer.end] and view.text == ""
    view._asked(view, 300, [])
    view._asked(view, "draw", [])
    assert len(view.ids) == 3 and view.ids[1] == 300
    view._asked(view, "undo", [])
    assert view.ids == [tokenizer.end, 300]
    view._asked(view, tokenizer.end, [])
    assert view.state["ended"]
    view._asked(view, "draw", [])  # the text has ended
    assert len(view.ids) == 3
    view._asked(view, "restart", [])
    assert view.ids == [tokenizer.end] and not view.state["ended"]
    view._asked(view, {"no": "such"}, [])


def test_a_full_window_is_said(model, tokenizer):
    view = NextToken(model, list(range(16)), tokenizer)
    assert view.state["full"]
    with pytest.raises(ValueError, match="16 tokens at a time"):
        view.take(5)
    view._asked(view, "draw", [])
    assert len(view.ids) == 16


def test_counting_models_will_do(tokenizer):
    ids = torch.arange(50).repeat(3) % 7
    view = NextToken(Bigram(ids, tokenizer.vocab_size), [3], tokenizer)
    assert view.state["bars"][0][0] == 4 and not view.state["full"]
    assert NextToken(Bigram(ids, 7), [3]).text == "3"  # ids alone, without a tokenizer


@pytest.mark.parametrize("call, error, words", [
    (lambda m, t: NextToken(m, "Once"), ValueError, "tokenizer"),
    (lambda m, t: NextToken(m, ""), ValueError, "prompt is empty"),
    (lambda m, t: NextToken(m, None, t), TypeError, "None"),
    (lambda m, t: NextToken("gpt", "Once", t), TypeError, "torch model"),
    (lambda m, t: NextToken(m, "Once " * 40, t), ValueError, "sees 16 at a time"),
    (lambda m, t: NextToken(m, [99999], t), ValueError, "99999"),
    (lambda m, t: NextToken(m, "Once", t, temperature=-1), ValueError, "temperature is -1"),
    (lambda m, t: NextToken(m, "Once", t, top_k=0), ValueError, "top_k is 0"),
    (lambda m, t: NextToken(m, "Once", t, top_p=1.5), ValueError, "top_p is 1.5"),
    (lambda m, t: NextToken(m, "Once", t, min_p=-0.1), ValueError, "min_p is -0.1"),
    (lambda m, t: NextToken(m, "Once", t).take(-1), ValueError, "-1"),
    (lambda m, t: NextToken(m, "Once", t).take("a"), ValueError, "'a'"),
    (lambda m, t: NextToken(m, "Once", t).take(True), ValueError, "True"),
])  # fmt: skip
def test_wrong_input_is_said(model, tokenizer, call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call(model, tokenizer)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_broken_model_is_said(model, tokenizer, number):
    with torch.no_grad():
        next(model.parameters()).fill_(number)
    with pytest.raises(ValueError, match="NaN"):
        NextToken(model, "Once", tokenizer)


def test_what_stays(model, tokenizer, tmp_path):
    view = NextToken(model, "Once $upon$ a\ntime", tokenizer, top_k=2)
    bundle, facts = view._repr_mimebundle_()
    assert bundle["text/plain"] == repr(view) == f"NextToken(GPT, {len(view.ids)} tokens given)"
    assert "2 tokens may come" in facts["image/png"]["alt"] and "entropy" in facts["image/png"]["alt"]
    assert len(str(view.state)) < 10_000
    view.save(tmp_path / "next.svg")


class Odd:
    """Its tokens are as long and as strange as tokens can be, and texts, not bytes."""

    words = ("\u65e5" * 60, "W" * 600, "\n" * 60, "\x00\x01", "\u202eleft", "<img onerror=alert(1)>", "$a_1$", "")
    vocab_size = len(words)

    def encode(self, text):
        return [len(text) % self.vocab_size]

    def token(self, number):
        return self.words[number]

    def decode(self, ids):
        return "".join(self.words[number] for number in ids)


@pytest.mark.filterwarnings("error")
def test_long_and_odd_tokens_fit_into_the_picture():
    class Alike(torch.nn.Module):
        def forward(self, ids):
            return torch.zeros(*ids.shape, Odd.vocab_size)

    view = NextToken(Alike(), "four", Odd())
    for number in (0, 2, 3, 4, 5, 6, 7, 1):
        view.take(number)
    picture = view.picture()
    axes = picture.figure.axes[0]
    assert axes.get_position().width > 0.5, "the bars have most of the room"
    [title] = picture.figure.texts
    assert title.get_text().endswith("W”") and title.get_window_extent().x1 < picture.figure.bbox.x1
    assert len(picture.png()) > 5_000 and "<img" in picture.alt

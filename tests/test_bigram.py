"""Counting models and the numbers by which every model is measured, against plain Python and torch."""

import doctest
import importlib
import math
import pkgutil
import random
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course_lib.bigram
from course_lib import stories
from course_lib.bigram import (
    Bigram,
    NGram,
    Unigram,
    bits_per_byte,
    chances,
    check_logits,
    cross_entropy,
    entropy,
    evaluating,
    exact_ids,
    losses,
    pair_shares,
    perplexity,
    score_slopes,
    sentence_loss,
    story_bits,
)
from course_lib.text import CharTokenizer

END = 256
BYTES = SimpleNamespace(
    encode=lambda text: list(text.encode("utf-8")),
    decode=lambda ids: bytes(ids).decode("utf-8"),
    end=END,
    vocab_size=257,
)
STORIES = ["Mia had a lamp.", "Tom.", "The café was shut, so they ate at home.", "x"]


class Uniform(nn.Module):
    def __init__(self, V):
        super().__init__()
        self.V = V

    def forward(self, ids):
        return torch.zeros(*ids.shape, self.V)


class Causal(nn.Module):
    """A little causal model: position t sees a decaying sum of everything up to t."""

    def __init__(self, V=257, context_length=None):
        super().__init__()
        self.config = SimpleNamespace(context_length=context_length) if context_length else None
        generator = torch.Generator().manual_seed(1)
        self.table = nn.Parameter(torch.randn(V, 7, generator=generator))
        self.head = nn.Parameter(torch.randn(7, V, generator=generator))
        self.drop = nn.Dropout(0.5)
        self.seen = []

    def forward(self, ids):
        B, T = ids.shape
        self.seen.append((B, T, self.training, torch.is_grad_enabled()))
        if self.config and T > self.config.context_length:
            raise ValueError("longer than the window")
        x, state = self.table[ids], 0
        out = []
        for t in range(T):
            state = 0.8 * state + x[:, t]
            out.append(state)
        return self.drop(torch.stack(out, 1)) @ self.head


def slow_bits(model, story, limit=10**9):
    """The bits of one story, one token at a time, in plain Python."""
    ids, bits = [END, *story.encode("utf-8"), END], 0.0
    model.eval()
    for last in range(1, len(ids)):
        before = ids[max(0, last - limit) : last]
        logits = model(torch.tensor([before]))[0, -1].tolist()
        top = max(logits)
        total = sum(math.exp(value - top) for value in logits)
        bits -= (logits[ids[last]] - top - math.log(total)) / math.log(2)
    return bits


def test_the_docstrings_examples_hold():
    parts = [importlib.import_module(part.name)
             for part in pkgutil.iter_modules(course_lib.bigram.__path__, "course_lib.bigram.")]
    done = [doctest.testmod(part) for part in parts]
    assert sum(one.failed for one in done) == 0 and sum(one.attempted for one in done) >= 8


# --- counting


def test_a_bigram_counts_pairs():
    V, smoothing = 11, 0.3
    ids = torch.randint(0, V - 1, (400,), generator=torch.Generator().manual_seed(0))  # V - 1 never comes
    pairs, firsts = Counter(zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True)), Counter(ids[:-1].tolist())
    model = Bigram(ids, V, smoothing)
    probs = model(torch.arange(V)[None]).softmax(-1)[0]
    assert probs.shape == (V, V)
    for a in range(V):
        for b in range(V):
            expected = (pairs[a, b] + smoothing) / (firsts[a] + smoothing * V)
            assert probs[a, b].item() == pytest.approx(expected, rel=1e-5)


def test_a_unigram_counts_tokens():
    ids = torch.tensor([3, 3, 0, 3, 1])
    probs = Unigram(ids, 5, smoothing=0.5)(torch.zeros(2, 3, dtype=torch.int64)).softmax(-1)
    assert probs.shape == (2, 3, 5)
    assert torch.allclose(probs, torch.tensor([1.5, 1.5, 0.5, 3.5, 0.5]) / 7.5)


def test_a_bigram_sees_one_token_only_and_nothing_that_comes_later():
    model = Bigram(torch.arange(9), 9)
    assert torch.equal(model(torch.tensor([[1, 2, 3]]))[0, 1], model(torch.tensor([[7, 2, 8]]))[0, 1])


def test_counting_beats_uniform_and_pairs_beat_counting():
    documents = ["the cat sat on the mat. "] * 20
    ids = torch.tensor([END] + [i for d in documents for i in [*d.encode(), END]])
    uniform, one, two = (
        bits_per_byte(m, BYTES, documents[:2]) for m in (Uniform(257), Unigram(ids, 257), Bigram(ids, 257))
    )
    assert uniform > one + 1 > two + 2


@pytest.mark.parametrize("model", [Unigram, Bigram])
@pytest.mark.parametrize(
    "ids, V, smoothing, message",
    [
        ([1, 2], 3, 0, "smoothing is 0: it must be above 0"),
        ([1, 2], 3, -1, "smoothing is -1"),
        ([1, 5], 5, 1, "ids from 1 to 5, but vocab_size is 5"),
        ([-1, 2], 5, 1, "ids from -1"),
        ([1], 5, 1, "two tokens or more"),
        ([[1, 2]], 5, 1, r"was given \(1, 2\)"),
    ],
)
def test_counting_says_what_is_wrong(model, ids, V, smoothing, message):
    with pytest.raises(ValueError, match=message):
        model(torch.tensor(ids), V, smoothing)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_shares_in_plain_python_equal_a_counter_of_pairs_and_the_module(smoothing):
    V = 9
    ids = torch.randint(0, V - 1, (200,), generator=torch.Generator().manual_seed(1)).tolist()
    pairs, firsts = Counter(zip(ids[:-1], ids[1:], strict=True)), Counter(ids[:-1])
    shares = pair_shares(ids, V, smoothing)
    for a in range(V - 1):
        assert shares[a] == pytest.approx([(pairs[a, b] + smoothing) / (firsts[a] + V * smoothing) for b in range(V)])
    assert shares[V - 1] == pytest.approx([1 / V] * V)
    if smoothing:
        assert torch.allclose(Bigram(torch.tensor(ids), V, smoothing).log_probs.exp(), torch.tensor(shares), atol=1e-6)


# --- longer contexts


def slow_counts(ids, n):
    """{context: {token: times}}, with Counters, of all contexts of up to n − 1 tokens."""
    counts = {}
    for k in range(n):
        for t in range(k, len(ids)):
            counts.setdefault(tuple(ids[t - k : t]), Counter())[ids[t]] += 1
    return counts


def test_chances_by_hand():
    counts = {(): {0: 2, 1: 1, 2: 1}, (1,): {2: 3}, (0, 1): {0: 1}}
    empty = [(2 + 2 / 3) / 6, (1 + 2 / 3) / 6, (1 + 2 / 3) / 6]
    after_1 = [2 * empty[0] / 5, 2 * empty[1] / 5, (3 + 2 * empty[2]) / 5]
    assert chances(counts, (), 3, 2.0) == pytest.approx(empty)
    assert chances(counts, (1,), 3, 2.0) == pytest.approx(after_1)
    assert chances(counts, (2, 1), 3, 2.0) == pytest.approx(after_1), "never read: the shorter one's answer"
    after_0_1 = [(1 + 2 * after_1[0]) / 3, 2 * after_1[1] / 3, 2 * after_1[2] / 3]
    assert chances(counts, (0, 1), 3, 2.0) == pytest.approx(after_0_1)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("strength", [0.01, 10.0])
def test_an_n_gram_is_chances_at_every_position(n, strength):
    V, roll = 7, random.Random(n)
    ids = [min(int(roll.expovariate(0.8)), V - 2) for _ in range(300)]  # V − 1 never comes
    counts = slow_counts(ids, n)
    model = NGram(torch.tensor(ids, dtype=torch.int16), V, n, strength)
    asked = [[roll.randrange(V) for _ in range(9)], ids[50:59], ids[-9:]]
    probs = model(torch.tensor(asked)).softmax(-1)
    assert probs.shape == (3, 9, V)
    for row, given in zip(probs.tolist(), asked, strict=True):
        for t in range(9):
            context = tuple(given[max(0, t - n + 2) : t + 1]) if n > 1 else ()
            assert row[t] == pytest.approx(chances(counts, context, V, strength), rel=1e-5)


def test_an_n_gram_of_a_stream_shorter_than_its_stretches_and_of_a_large_vocabulary():
    V = 100_000  # five such tokens in one number would be more than an integer holds
    model = NGram(torch.tensor([99_999, 3, 99_999]), V, n=5, strength=1.0)
    once = model(torch.tensor([[99_999]]))[0, 0].exp()
    assert once.sum().item() == pytest.approx(1, abs=1e-4) and once[3].item() == pytest.approx(
        chances(slow_counts([99_999, 3, 99_999], 5), (99_999,), V, 1.0)[3], rel=1e-5)
    assert torch.isfinite(model(torch.tensor([[99_999, 3, 99_999, 3, 5, 0]]))).all()


def test_an_n_gram_does_not_look_ahead_and_looks_back_no_further_than_it_says():
    ids = torch.randint(0, 5, (500,), generator=torch.Generator().manual_seed(2))
    model, text = NGram(ids, 5, n=3), torch.tensor([[0, 1, 2, 3, 4, 0]])
    other = text.clone()
    other[0, [0, 5]] = 3
    assert torch.equal(model(text)[0, 2:5], model(other)[0, 2:5])
    assert not torch.equal(model(text)[0, 1], model(other)[0, 1])


@pytest.mark.parametrize("n, strength, message", [(0, 1.0, "n is 0"), (3, 0.0, "strength is 0.0: it must be above 0")])
def test_an_n_gram_says_what_is_wrong(n, strength, message):
    with pytest.raises(ValueError, match=message):
        NGram(torch.tensor([0, 1, 0]), 2, n, strength)


def test_with_the_shorter_ones_to_ask_longer_contexts_pay_and_alone_they_know_what_they_read_by_heart():
    told, new = stories.texts("train", 60), stories.texts("validation", 10)
    letters = CharTokenizer(stories.texts("train", 1000))
    ids = torch.tensor([i for text in told for i in [letters.end, *letters.encode(text)]] + [letters.end])
    one, two, five = (bits_per_byte(NGram(ids, letters.vocab_size, n, 1.0), letters, new) for n in (1, 2, 5))
    assert one > two + 0.5 > five + 1
    assert bits_per_byte(NGram(ids, letters.vocab_size, 5, 1.0), letters, told[:10]) < five


# --- the same table, trained


def test_the_slopes_of_scores_are_what_autograd_finds_in_the_text():
    V, draw = 6, torch.Generator().manual_seed(3)
    ids = torch.randint(0, V - 1, (90,), generator=draw)
    counts = torch.zeros(V, V, dtype=torch.float64)
    for a, b in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
        counts[a, b] += 1
    scores = torch.randn(V, V, generator=draw, dtype=torch.float64).requires_grad_()
    (slopes,) = torch.autograd.grad(F.cross_entropy(scores[ids[:-1]], ids[1:]), scores)
    assert torch.allclose(score_slopes(scores.detach(), counts), slopes, atol=1e-12)


def test_going_downhill_along_the_slopes_meets_the_counted_table():
    ids = [0, 1, 2, 0, 1, 1, 2, 0, 2, 1, 0, 1] * 5
    shares, scores, counts = torch.tensor(pair_shares(ids, 3)), torch.zeros(3, 3), torch.zeros(3, 3)
    for a, b in zip(ids, ids[1:], strict=False):
        counts[a, b] += 1
    for _ in range(3000):
        scores -= 2 * score_slopes(scores, counts)
    text = torch.tensor(ids)
    trained, counted = (cross_entropy(table[text[:-1]], text[1:]).item() for table in (scores, shares.log()))
    assert 0 <= trained - counted < 0.0005


def test_a_loss_of_sentences_is_the_mean_over_all_their_guesses():
    model, draw = Causal().eval(), torch.Generator().manual_seed(4)
    sentences = [torch.randint(0, 257, (n,), generator=draw) for n in (2, 9, 4)]
    each = [F.cross_entropy(model(ids[None, :-1])[0], ids[1:], reduction="none") for ids in sentences]
    assert sentence_loss(model, sentences).item() == pytest.approx(torch.cat(each).mean().item(), rel=1e-6)


# --- entropy


def test_entropy_equals_torchs_and_no_other_bet_costs_less():
    draw = torch.Generator().manual_seed(5)
    probs = torch.rand(20, 8, generator=draw, dtype=torch.float64).softmax(-1)
    bits = entropy(probs)
    assert torch.allclose(bits, torch.distributions.Categorical(probs).entropy() / math.log(2))
    for _ in range(50):
        believed = torch.randn(20, 8, generator=draw, dtype=torch.float64).softmax(-1)
        assert (-(probs * believed.log2()).sum(-1) >= bits - 1e-12).all()
    assert entropy(torch.tensor([0.0, 1.0])).item() == 0


def test_one_story_may_lie_under_the_floor_and_the_mean_of_who_knows_it_by_heart_does_not():
    plots = stories.plots("validation", 200)
    bits = [stories.bits(plot) for plot in plots]
    mean = sum(bits) / len(bits)
    assert min(bits) < mean < max(bits)
    by_heart = [-math.log2(0.5 + 0.5 * 2 ** -bits[0])] + [1 + one for one in bits[1:]]
    assert by_heart[0] < 1.001 and sum(by_heart) / len(bits) > mean


# --- cross entropy


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 30.0, 1000.0, 1e6])
def test_cross_entropy_equals_torchs_with_its_gradient(scale):
    generator = torch.Generator().manual_seed(0)
    logits = (torch.randn(3, 5, 11, generator=generator) * scale).requires_grad_()
    targets = torch.randint(0, 11, (3, 5), generator=generator)
    ours, theirs = cross_entropy(logits, targets), F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    (mine,), (yours,) = torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits)
    assert torch.allclose(mine, yours, rtol=1e-4, atol=1e-7)


def test_cross_entropy_does_not_clamp_what_is_very_wrong():
    logits = torch.tensor([[2000.0, 0.0, -500.0]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([2]))
    loss.backward()
    assert loss.item() == 2500 and logits.grad.tolist() == [[1.0, 0.0, -1.0]]


def test_a_forbidden_token_costs_infinitely_much_only_where_it_comes():
    logits = torch.tensor([[0.0, -math.inf, 0.0]])
    assert cross_entropy(logits, torch.tensor([0])).item() == pytest.approx(math.log(2))
    assert cross_entropy(logits, torch.tensor([1])).item() == math.inf


def test_the_worked_example():
    probs = torch.tensor([0.9, 0.1, 0.05, 0.75, 0.75])
    logits = torch.stack([probs, 1 - probs], -1).log()
    each = losses(logits, torch.zeros(5, dtype=torch.int64))
    assert each.tolist() == pytest.approx([0.10536, 2.302585, 2.995732, 0.287682, 0.287682], rel=1e-4)
    assert each.mean().item() == pytest.approx(1.1958, abs=1e-4)


def test_shapes_that_do_not_fit_are_said():
    with pytest.raises(ValueError, match=r"logits \(2, 3, 5\) and targets \(2, 2\) do not fit"):
        cross_entropy(torch.zeros(2, 3, 5), torch.zeros(2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="do not fit"):
        cross_entropy(torch.zeros(1, 5), torch.zeros(3, dtype=torch.int64))


def test_perplexity_is_the_number_of_equally_likely_tokens():
    assert perplexity(cross_entropy(torch.zeros(3, 50), torch.zeros(3, dtype=torch.int64))).item() == pytest.approx(50)
    assert perplexity(math.log(7)) == pytest.approx(7) and perplexity(0.0) == 1.0
    assert perplexity(1e4) == math.inf


# --- bits per byte


def test_bits_equal_the_slow_way_for_every_batch_size():
    model = Causal().eval()
    expected = [slow_bits(model, story) for story in STORIES]
    for batch_size in 1, 2, 3, 64:
        assert story_bits(model, BYTES, STORIES, batch_size) == pytest.approx(expected, rel=1e-5)
    size = sum(len(story.encode()) for story in STORIES)
    assert bits_per_byte(model, BYTES, STORIES) == pytest.approx(sum(expected) / size, rel=1e-5)
    assert size == sum(map(len, STORIES)) + 1  # é has two bytes


@pytest.mark.parametrize("limit", [1, 3, 5, 16, 40, 41])
def test_stories_longer_than_the_window_see_as_much_as_fits(limit):
    model = Causal(context_length=limit).eval()
    expected = [slow_bits(model, story, limit) for story in STORIES]
    assert story_bits(model, BYTES, STORIES, 5) == pytest.approx(expected, rel=1e-5)
    assert max(T for _, T, _, _ in model.seen) <= limit


def test_the_order_of_stories_is_kept_and_they_do_not_touch_each_other():
    model = Causal().eval()
    forwards = story_bits(model, BYTES, STORIES)
    assert story_bits(model, BYTES, STORIES[::-1]) == pytest.approx(forwards[::-1], rel=1e-6)
    assert story_bits(model, BYTES, STORIES[:1]) == pytest.approx(forwards[:1], rel=1e-6)


def test_a_model_that_knows_nothing_needs_log2_of_v_for_each_token():
    n = len("abcd")
    assert bits_per_byte(Uniform(256), SimpleNamespace(**{**vars(BYTES), "end": 0}), ["abcd"]) == pytest.approx(
        8 * (n + 1) / n
    )
    # two letters a token: fewer tokens, the same bytes
    pairs = SimpleNamespace(
        encode=lambda text: [ord(a) * 26 + ord(b) - 97 * 27 for a, b in zip(text[::2], text[1::2], strict=True)],
        decode=lambda ids: "".join(chr(97 + i // 26) + chr(97 + i % 26) for i in ids),
        end=676,
    )
    assert bits_per_byte(Uniform(677), pairs, ["abcd", "zzbaac"]) == pytest.approx((3 + 4) * math.log2(677) / 10)


def test_the_end_is_scored():
    never_ends = Uniform(257)
    never_ends.forward = lambda ids: torch.zeros(*ids.shape, 257).index_fill(-1, torch.tensor([END]), -20.0)
    assert story_bits(never_ends, BYTES, ["ab"])[0] == pytest.approx(3 * 8 + 20 / math.log(2), rel=1e-4)


def test_the_model_is_judged_without_dropout_or_gradients_and_left_as_it_was():
    model = Causal()
    model.train()
    model.drop.eval()  # a part that someone froze
    first, second = story_bits(model, BYTES, STORIES), story_bits(model, BYTES, STORIES)
    assert first == second
    assert model.training and not model.drop.training
    assert not any(training or grad for *_, training, grad in model.seen)
    assert torch.is_grad_enabled()
    with pytest.raises(RuntimeError), evaluating(model):
        raise RuntimeError
    assert model.training and not model.drop.training and torch.is_grad_enabled()


def test_a_plain_function_is_a_model_too():
    assert bits_per_byte(lambda ids: torch.zeros(*ids.shape, 257), BYTES, ["ab"]) == pytest.approx(1.5 * math.log2(257))


@pytest.mark.parametrize(
    "stories, message", [([], "one story or more"), ("a story", "one story or more"), (["a", ""], "story 1 is empty")]
)
def test_no_stories_and_empty_stories_are_said(stories, message):
    with pytest.raises(ValueError, match=message):
        bits_per_byte(Uniform(257), BYTES, stories)


def test_a_tokenizer_that_loses_something_cannot_be_measured():
    deaf = SimpleNamespace(encode=lambda text: list(text.lower().encode()), decode=BYTES.decode, end=END)
    with pytest.raises(ValueError, match="does not give story 0 back"):
        bits_per_byte(Uniform(257), deaf, ["Mia"])


@pytest.mark.parametrize("measure", [bits_per_byte, story_bits, lambda model, *rest: [
    exact_ids(rest[0], story) for story in rest[1]]])
def test_a_text_outside_of_the_vocabulary_is_refused_on_every_path(measure):
    letters = CharTokenizer(["abc "])
    with pytest.raises(ValueError, match="from character 4 on it is '<unk><unk>' for '日本'.*cannot be"):
        measure(Uniform(letters.vocab_size), letters, ["abc ", "a bc日本"])
    assert exact_ids(letters, "cab") == letters.encode("cab")


@pytest.mark.parametrize("broken", [math.nan, math.inf, None])
def test_logits_that_are_no_logits_are_said(broken):
    def model(ids):
        logits = torch.zeros(*ids.shape, 257)
        if broken is None:
            logits[0, 2] = -math.inf
        else:
            logits[0, 2, 97] = broken
        return logits

    with pytest.raises(ValueError, match="logits are NaN or infinite: the model's weights are broken"):
        bits_per_byte(model, BYTES, ["abc"])
    check_logits(torch.tensor([[0.0, -math.inf]]))
    with pytest.raises(ValueError, match="NaN or infinite"):
        check_logits(torch.tensor([[0.0, 1.0], [broken or -math.inf, broken or -math.inf]]))


def test_a_model_of_another_vocabulary_is_said():
    with pytest.raises(ValueError, match="gives the id 256, but the model's ids go from 0 to 99"):
        bits_per_byte(lambda ids: torch.zeros(*ids.shape, 100), BYTES, ["abc"])


def test_stories_may_come_from_a_generator():
    model = Causal().eval()
    assert bits_per_byte(model, BYTES, (story for story in STORIES)) == bits_per_byte(model, BYTES, STORIES)
    assert story_bits(model, BYTES, iter(STORIES)) == story_bits(model, BYTES, STORIES)
    with pytest.raises(ValueError, match="one story or more"):
        bits_per_byte(model, BYTES, iter([]))


def test_a_bigram_of_smaller_integers_counts_the_same():
    ids = torch.randint(0, 300, (400,), generator=torch.Generator().manual_seed(0))
    assert torch.equal(Bigram(ids.to(torch.int16), 300).log_probs, Bigram(ids, 300).log_probs)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_bits_are_the_same_on_a_gpu():
    here, there = Causal().eval(), Causal().eval().cuda()
    assert story_bits(there, BYTES, STORIES) == pytest.approx(story_bits(here, BYTES, STORIES), rel=1e-3)

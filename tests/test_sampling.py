"""Cuts against exact probabilities, the loop and its cache against the whole computation, beam against enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from course_lib.gpt import GPT, Config
from course_lib.sampling import (
    Cache,
    after,
    apply_temperature,
    beam,
    choose,
    complete,
    distribution,
    generate,
    min_p,
    read_on,
    top_k,
    top_p,
    view_start,
)

V, WINDOW, END = 13, 8, 12


def a_model(window=WINDOW, seed=0, dtype=torch.float64, std=0.6, vocab_size=V):
    torch.manual_seed(seed)
    model = GPT(Config(vocab_size=vocab_size, context_length=window, d_model=12, n_heads=3, n_layers=2,
                       tied=False)).to(dtype)  # a tied head likes to repeat itself, which hides mistakes
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=std)
    return model


def some_ids(B, T, seed=1):
    return torch.randint(V - 1, (B, T), generator=torch.Generator().manual_seed(seed))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def shares(ids, size=V):
    return torch.bincount(ids, minlength=size).double() / len(ids)


# ---- choosing


@given(some.lists(some.floats(0, 1), min_size=1, max_size=9).filter(lambda w: sum(w) > 1e-3), some.floats(0, 0.99999))
def test_choose_takes_the_interval_that_u_lies_in(weights, u):
    probs = [w / sum(weights) for w in weights]
    token = choose(probs, u)
    assert probs[token] > 0
    assert sum(probs[:token]) <= u + 1e-9 and u < sum(probs[: token + 1]) + 1e-9


def test_choose_takes_each_token_as_often_as_its_probability_says():
    probs, n = [0.1, 0.0, 0.6, 0.3], 10_000
    taken = torch.tensor([choose(probs, (i + 0.5) / n) for i in range(n)])
    torch.testing.assert_close(shares(taken, 4), torch.tensor(probs).double(), atol=1e-3, rtol=0)


def test_choose_never_takes_what_is_impossible():
    assert choose([0.0, 0.0, 1.0, 0.0], 0.0) == 2
    assert choose([0.3, 0.3, 0.3, 0.0], 0.95) == 2  # the sum stops short of 1, and the last one stays impossible


# ---- temperature and cuts


def test_temperature_divides_the_log_odds():
    logits = torch.randn(3, 5, generator=seeded(), dtype=torch.float64)
    for t in (0.1, 0.7, 1.0, 3.0):
        wanted = (logits / t).softmax(-1)
        torch.testing.assert_close(apply_temperature(logits, t).softmax(-1), wanted, rtol=1e-12, atol=0)


@pytest.mark.parametrize("t", [0, 0.0, 1e-30, 1e-45, 1e-46, 5e-324])
def test_the_coldest_temperatures_are_greedy_and_finite(t):
    logits = torch.tensor([[1.0, 5.0, 2.0], [900.0, -900.0, 0.0]])
    assert apply_temperature(logits, t).softmax(-1).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_a_hot_temperature_makes_all_alike():
    probs = apply_temperature(torch.tensor([1.0, 5.0, 2.0]), 1e9).softmax(-1)
    torch.testing.assert_close(probs, torch.full((3,), 1 / 3))


def test_what_was_cut_stays_cut_at_any_temperature():
    logits = torch.tensor([1.0, -torch.inf, 2.0])
    for t in (0, 0.5, 100.0):
        assert apply_temperature(logits, t).softmax(-1)[1] == 0


@given(some.lists(some.lists(some.integers(-3, 3), min_size=5, max_size=5), min_size=1, max_size=4),
       some.integers(1, 8))
def test_top_k_keeps_exactly_k_in_every_row(rows, k):
    """Small whole numbers make ties; of these the smaller token numbers stay."""
    logits = torch.tensor(rows, dtype=torch.float32)
    kept = top_k(logits, k)
    for row, before in zip(kept.tolist(), rows, strict=True):
        wanted = sorted(range(5), key=lambda token: (-before[token], token))[:k]
        assert [token for token in range(5) if row[token] > -math.inf] == sorted(wanted)
        assert all(row[token] == before[token] for token in wanted)


def nucleus(probs, p):
    """The fewest likeliest tokens that reach p, one at a time."""
    order, total, kept = sorted(range(len(probs)), key=lambda token: (-probs[token], token)), 0.0, set()
    for token in order:
        if total >= p:
            break
        kept.add(token)
        total += probs[token]
    return kept


@given(some.lists(some.integers(1, 50), min_size=2, max_size=12), some.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_p(weights, p):
    probs = [w / sum(weights) for w in weights]
    for edge in itertools.accumulate(sorted(probs, reverse=True)):
        if abs(edge - p) < 1e-6:
            return  # rounding decides
    kept = top_p(torch.tensor([probs, probs[::-1]], dtype=torch.float64).log(), p).isfinite()
    assert {i for i in range(len(probs)) if kept[0, i]} == nucleus(probs, p)
    assert {i for i in range(len(probs)) if kept[1, i]} == nucleus(probs[::-1], p)


def test_top_p_at_its_edges():
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]).log()
    assert torch.equal(top_p(logits, 1.0), logits)
    assert top_p(logits, 1e-9).isfinite().tolist() == [[True, False, False], [False, False, True]]
    assert top_p(logits[:1], 0.5).isfinite().tolist() == [[True, False, False]]  # reached exactly
    assert top_p(torch.randn(9, 5000, generator=seeded()) * 9, 1.0).isfinite().all()
    assert top_p(logits[:1], 0.75).isfinite().tolist() == [[True, True, False]]


def test_min_p_compares_with_the_likeliest():
    logits = torch.tensor([[0.5, 0.3, 0.2], [0.05, 0.9, 0.05]], dtype=torch.float64).log() + 7  # logits need no sum
    assert min_p(logits, 0.5).isfinite().tolist() == [[True, True, False], [False, True, False]]
    assert min_p(logits, 0.0).isfinite().all()
    assert min_p(logits, 1.0).isfinite().tolist() == [[True, False, False], [False, True, False]]


@pytest.mark.parametrize("cut, limit", [(top_k, 3), (top_p, 0.6), (min_p, 0.4)])
def test_cuts_keep_what_they_keep_and_treat_rows_and_shapes_alike(cut, limit):
    logits = torch.randn(4, 3, 7, generator=seeded())
    given_logits = logits.clone()
    kept = cut(logits, limit)
    assert torch.equal(logits, given_logits), "the input was changed"
    assert torch.equal(kept[kept.isfinite()], logits[kept.isfinite()])
    assert torch.equal(kept[2, 1], cut(logits[2, 1], limit))
    assert torch.equal(kept[:, 1], cut(logits[:, 1], limit))
    assert torch.equal(kept.argmax(-1), logits.argmax(-1))
    assert 0 < kept.isinf().sum() < kept.numel()
    again = cut(kept, limit)
    assert torch.equal(again, kept) or cut is top_p  # what is left adds up to 1 again, so p may cut deeper


@pytest.mark.parametrize("call, message", [
    (lambda x: apply_temperature(x, -1), "temperature is -1"), (lambda x: apply_temperature(x, math.nan), "is nan"),
    (lambda x: top_k(x, 0), "k is 0"), (lambda x: top_p(x, 0.0), "p is 0.0"), (lambda x: top_p(x, 1.1), "p is 1.1"),
    (lambda x: min_p(x, -0.1), "p is -0.1"), (lambda x: min_p(x, 2), "p is 2"),
    (lambda x: top_p(x, math.nan), "is nan"), (lambda x: min_p(x, math.nan), "is nan"),
    (lambda x: apply_temperature(x, math.inf), "temperature is inf: it must be a number, and a finite one"),
    (lambda x: apply_temperature(x, "warm"), "temperature is 'warm': it must be a number"),
    (lambda x: apply_temperature(x, True), "temperature is True: it must be a number"),
    (lambda x: apply_temperature(x, None), "temperature is None: it must be a number"),
    (lambda x: top_k(x, 1.0), "k is 1.0: it must be a whole number, 1 or more"),
    (lambda x: top_k(x, True), "k is True: it must be a whole number"),
    (lambda x: top_k(x, None), "k is None: it must be a whole number"),
    (lambda x: top_k(x, -3), "k is -3: it must be a whole number, 1 or more"),
    (lambda x: top_p(x, "0.5"), "p is '0.5': it must be a number"),
    (lambda x: top_p(x, True), "p is True: it must be a number"), (lambda x: top_p(x, -0.1), "p is -0.1"),
    (lambda x: min_p(x, [0.1]), "p is .0.1.: it must be a number"), (lambda x: min_p(x, None), "p is None"),
    (lambda x: distribution(x, top_k=True), "top_k is True: it must be a whole number, 1 or more"),
    (lambda x: distribution(x, top_k=0), "top_k is 0: it must be a whole number, 1 or more"),
    (lambda x: distribution(x, temperature=math.inf), "temperature is inf"),
    (lambda x: distribution(x, top_p=True), "top_p is True: it must be a number"),
    (lambda x: Cache(0), "window is 0: it must be a whole number, 1 or more"),
    (lambda x: Cache(2.5), "window is 2.5: it must be a whole number"),
    (lambda x: beam(a_model(), [1], 2, width=2.0), "width is 2.0: it must be a whole number"),
    (lambda x: beam(a_model(), [1], 2, length_penalty="1"), "length_penalty is '1': it must be a number"),
    (lambda x: generate(a_model(), [[1]], 1.5), "n is 1.5: it must be a whole number"),
    (lambda x: distribution(x * math.nan), "NaN or infinite: the model's weights are broken"),
    (lambda x: distribution(torch.tensor([math.inf, 0.0])), "NaN or infinite: the model's weights are broken"),
    (lambda x: distribution(torch.tensor([[0.0, 1.0], [-math.inf] * 2])), "NaN or infinite"),
    (lambda x: distribution(x, top_k=1.0), "top_k is 1.0: it must be a whole number, 1 or more"),
    (lambda x: distribution(x, top_k="5"), "top_k is '5': it must be a whole number"),
    (lambda x: distribution(x, top_p="0.5"), "top_p is '0.5': it must be a number"),
    (lambda x: distribution(x, temperature=None), "temperature is None: it must be a number"),
    (lambda x: distribution(x, min_p=[0.1]), "min_p is .0.1.: it must be a number"),
])
def test_impossible_limits_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(1, 4))


def test_a_distribution_cuts_in_the_order_it_says():
    logits = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    # top-k 3 leaves 4/9, 3/9, 2/9: the first two have 7/9, above 0.75; of all four they have 0.7, below
    got = distribution(logits, top_k=3, top_p=0.75)
    torch.testing.assert_close(got, torch.tensor([4 / 7, 3 / 7, 0, 0]))
    got = distribution(logits, temperature=0.5, min_p=0.5)  # 16, 9, 4, 1 of 30
    torch.testing.assert_close(got, torch.tensor([16 / 25, 9 / 25, 0, 0]))
    torch.testing.assert_close(distribution(logits), torch.tensor([0.4, 0.3, 0.2, 0.1]))
    assert distribution(logits, temperature=0, top_k=3, top_p=0.9).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("dtype, coldest", [
    (torch.float32, 1e-46), (torch.float32, 1e-320), (torch.float64, 5e-324), (torch.float16, 1e-8),
    (torch.bfloat16, 1e-40), (torch.float32, 1e-39),
])
def test_a_temperature_too_small_for_its_numbers_is_greedy(dtype, coldest):
    logits = torch.tensor([[2.0, 0.0], [-3.0, 1.0]], dtype=dtype)
    assert distribution(logits, temperature=coldest).tolist() == [[1, 0], [0, 1]]
    assert distribution(logits, temperature=coldest, top_p=0.5).tolist() == [[1, 0], [0, 1]]


def test_numbers_of_numpy_are_numbers():
    logits = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    got = distribution(logits, np.float32(1.0), np.int64(3), np.float64(0.75))
    assert torch.equal(got, distribution(logits, 1.0, 3, 0.75))
    assert torch.equal(top_k(logits, np.int64(3)), top_k(logits, 3))
    assert torch.equal(top_k(logits, torch.tensor(3)), top_k(logits, 3))
    assert torch.equal(apply_temperature(logits, np.float32(2.0)), apply_temperature(logits, 2))


@pytest.mark.parametrize("options", [
    {}, {"temperature": 0.5}, {"temperature": 2.0, "top_k": 4}, {"top_p": 0.7}, {"min_p": 0.2}])
def test_frequencies_are_the_exact_probabilities(options):
    model, n = a_model(std=0.3), 20_000
    ids = some_ids(1, 5)
    with torch.no_grad():
        wanted = distribution(model(ids)[0, -1], **options)
    text = generate(model, ids.expand(n, -1), 1, generator=seeded(), **options)
    found = shares(text[:, -1])
    assert (found[wanted == 0] == 0).all()
    spread = (wanted * (1 - wanted) / n).sqrt()
    assert ((found - wanted).abs() <= 4.5 * spread + 1e-12).all()


# ---- the view


@given(some.integers(1, 40), some.integers(1, 200))
def test_the_view_drops_its_oldest_half_when_it_is_full(window, length):
    view = []
    for token in range(length):
        if len(view) == window:
            view = view[(window + 1) // 2 :]
        view.append(token)
    assert view_start(length, window) == view[0]
    assert length - view_start(length, window) == len(view) <= window


# ---- the loop


def by_hand(model, prompt, n, end=None):
    """Greedy, one row, without a cache and with the view kept as a list: the slow way round."""
    window, text = model.config.context_length, list(prompt)
    with torch.no_grad():
        for _ in range(n):
            view = []
            for token in text:
                if len(view) == window:
                    view = view[(window + 1) // 2 :]
                view.append(token)
            text.append(model(torch.tensor([view]))[0, -1].argmax().item())
            if text[-1] == end:
                break
    return text


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("window", [1, 2, 5, 8])
@pytest.mark.parametrize("T", [1, 5, 8, 9, 20])
def test_greedy_keeps_the_prompt_and_goes_on_past_the_window(T, window, cache):
    model, ids = a_model(window), some_ids(3, T)
    text = generate(model, ids, 23, temperature=0, cache=cache)
    assert text.tolist() == [by_hand(model, row, 23) for row in ids.tolist()]


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("window", [1, 7, 8])
def test_the_cache_gives_the_logits_of_the_whole_computation_at_every_step(dtype, tolerance, window):
    model, text = a_model(window, dtype=dtype, std=0.3), some_ids(3, 40)
    for first in (1, 3, window, 20):  # prompts of one token, of a few, of a full window and beyond
        cache = Cache(window)
        with torch.no_grad():
            for N in range(first, 41):
                got, wanted = after(model, text[:, :N], cache), after(model, text[:, :N])
                torch.testing.assert_close(got, wanted, rtol=tolerance, atol=tolerance)
                assert cache.length == N - view_start(N, window)


def test_reading_in_pieces_of_any_size_is_reading_at_once():
    model, ids = a_model(), some_ids(2, WINDOW)
    with torch.no_grad():
        wanted = model(ids)
        for sizes in itertools.product((1, 2, 3), repeat=2):
            cache = Cache(WINDOW)
            pieces = ids.split([*sizes, WINDOW - sum(sizes)], dim=1)
            got = torch.cat([read_on(model, piece, cache) for piece in pieces], dim=1)
            torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-9)


def test_a_cache_reads_each_token_once_until_it_is_refilled():
    model, read = a_model(), []
    embed = model.embed
    model.embed = lambda ids, start=0: read.append(ids.shape[1]) or embed(ids, start)
    generate(model, some_ids(2, 3), 13, temperature=0)
    # tokens 3 to 8 fill the window; then 9 − 4 = 5 are read again, and so on every fourth step
    assert read == [3, 1, 1, 1, 1, 1, 5, 1, 1, 1, 5, 1, 1]


def test_a_cache_that_does_not_fit_says_so():
    model, cache = a_model(), Cache(WINDOW)
    read_on(model, some_ids(3, 5), cache)
    with pytest.raises(ValueError, match="room for 3 rows of 8 tokens, not for 2 rows of 6"):
        read_on(model, some_ids(2, 1), cache)
    with pytest.raises(ValueError, match="positions 5 to 8 do not fit"):
        read_on(model, some_ids(3, 4), cache)
    cache.clear()
    assert read_on(model, some_ids(2, 1), cache).shape == (2, 1, V)


def test_another_text_does_not_see_what_an_older_one_left():
    model = a_model()
    first, second = some_ids(1, 6, seed=3), some_ids(1, 6, seed=4)
    generate(model, first, 5, temperature=0)
    assert generate(model, second, 9, temperature=0).tolist() == [by_hand(model, second[0].tolist(), 9)]


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("stopping", [False, True])
def test_a_row_of_a_batch_is_what_it_is_alone(cache, stopping):
    model = a_model(seed=5)
    prompts = [some_ids(1, T, seed=T)[0].tolist() for T in (4, 1, 9, 15, 8)]
    end = by_hand(model, prompts[2], 20)[-14] if stopping else None  # the third row will say it, and end early
    batch = generate(model, prompts, 20, temperature=0, end=end, cache=cache)
    assert batch == [generate(model, [prompt], 20, temperature=0, end=end, cache=cache)[0] for prompt in prompts]
    assert batch == [by_hand(model, prompt, 20, end) for prompt in prompts]
    if stopping:
        assert len({len(row) - len(prompt) for row, prompt in zip(batch, prompts, strict=True)}) > 1


def test_every_prompt_is_sampled_from_its_own_distribution():
    model, n = a_model(std=0.3), 6000
    prompts = [[1, 2, 3], [7], [4, 4, 4, 4, 4]]
    text = generate(model, prompts * n, 1, generator=seeded())
    for row, prompt in enumerate(prompts):
        with torch.no_grad():
            wanted = model(torch.tensor([prompt]))[0, -1].softmax(-1)
        found = shares(torch.tensor([ids[-1] for ids in text[row::3]]))
        assert all(ids[:-1] == prompt for ids in text[row::3])
        assert ((found - wanted).abs() <= 4.5 * (wanted * (1 - wanted) / n).sqrt() + 1e-12).all()


class Says:
    """A model that says one fixed token after another, whatever it reads."""

    def __init__(self, *script):
        self.script = torch.tensor(script)

    def __call__(self, ids):
        B, T = ids.shape
        return torch.nn.functional.one_hot(self.script[:T], V).double().expand(B, T, V) * 100


def test_it_stops_at_the_end_and_fills_shorter_rows_with_it():
    model = Says(5, 6, END, 7, 8, 9, 9, 9)  # after the third token comes the end
    assert generate(model, [[1], [1, 1], [1, 1, 1, 1]], 3, end=END) == [
        [1, 5, 6, END], [1, 1, 6, END], [1, 1, 1, 1, 7, 8, 9]]
    ids = torch.tensor([[1, 1]])
    assert generate(model, ids, 5, end=END).tolist() == [[1, 1, 6, END]]
    assert generate(model, ids, 5).tolist() == [[1, 1, 6, END, 7, 8, 9]]


class Reads:
    """A model as it is, that notes how many rows and tokens it reads."""

    def __init__(self, model):
        self.model, self.config, self.rows = model, model.config, []

    def __call__(self, ids):
        self.rows.append(len(ids))
        return self.model(ids)


@pytest.mark.parametrize("cache", [True, False])
def test_rows_that_have_ended_are_read_no_more(cache):
    model, prompts, seen = a_model(std=0.3), [[row] for row in range(9)] + [[1, 2, 3]], []
    if cache:
        embed = model.embed
        model.embed = lambda ids, start=0: seen.append(len(ids)) or embed(ids, start)
    reader = model if cache else Reads(model)
    text = generate(reader, prompts, 40, end=END, generator=seeded(3), cache=cache)
    lengths = [len(row) for row in text]
    assert len(set(lengths)) > 4
    wanted = [sum(n > at for n in lengths) for at in range(1, max(lengths))]
    if cache:  # there they are let go together, as soon as they are an eighth of what is read
        assert len(seen) == len(wanted)
        assert all(need <= read and 8 * (read - need) < read for read, need in zip(seen, wanted, strict=True))
    else:
        assert reader.rows == wanted


def test_what_a_row_draws_does_not_depend_on_which_others_have_ended():
    """The same text whether or not its neighbours may end, as long as it has not ended itself."""
    model, n, ended = a_model(std=0.3), 30, 0
    for seed in range(5):
        on = generate(model, [[2]] * 12, n, generator=seeded(seed))
        stopped = generate(model, [[2]] * 12, n, end=END, generator=seeded(seed))
        for whole_row, row in zip(on, stopped, strict=True):
            assert row == whole_row[: whole_row.index(END) + 1 if END in whole_row else None]
            ended += len(row) < len(whole_row)
    assert ended > 20


def test_a_greedy_story_is_the_same_whoever_ends_beside_it():
    model = a_model(seed=5)
    prompts = [some_ids(1, T, seed=T)[0].tolist() for T in (4, 1, 9, 15, 8)]
    for end in range(V):
        assert generate(model, prompts, 20, temperature=0, end=end) == [
            by_hand(model, prompt, 20, end) for prompt in prompts]


def test_a_token_without_any_chance_never_comes_and_the_last_one_may():
    logits = torch.tensor([-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf])
    text = generate(lambda ids: logits.expand(*ids.shape, 5), [[0]] * 5000, 1, generator=seeded())
    assert {row[1] for row in text} == {1, 3}


@pytest.mark.parametrize("prompts", [np.array([[1, 2]]), [np.array([1, 2])], [[np.int64(1), np.uint8(2)]],
                                     [torch.tensor([1, 2])], ((1, 2),)])
def test_prompts_may_be_numpys_or_tensors(prompts):
    model = a_model()
    assert generate(model, prompts, np.int64(4), temperature=0) == generate(model, [[1, 2]], 4, temperature=0)


def test_broken_logits_are_said_by_all_that_sample():
    def model(ids):
        return torch.full((*ids.shape, 5), math.inf)

    for call in (lambda: generate(model, [[1]], 3), lambda: beam(model, [1], 3),
                 lambda: generate(model, [[1]], 3, temperature=0)):
        with pytest.raises(ValueError, match="logits are NaN or infinite: the model's weights are broken"):
            call()


def test_rows_that_end_early_are_filled_up():
    model = a_model(std=0.3)
    text = generate(model, torch.full((50, 1), 2), 30, end=END, generator=seeded())
    firsts = [(row == END).nonzero()[0, 0].item() if (row == END).any() else len(row) for row in text[:, 1:]]
    assert len(set(firsts)) > 3
    for row, first in zip(text[:, 1:], firsts, strict=True):
        assert (row[first:] == END).all()
    assert text.shape[1] <= 31


def test_an_end_inside_a_prompt_ends_nothing():
    model = Says(5, 6, 7, 8, END, 9)
    assert generate(model, [[END], [1, END, 1]], 2, end=END) == [[END, 5, 6], [1, END, 1, 7, 8]]


def test_an_empty_prompt_begins_with_the_end():
    model = a_model()
    assert generate(model, [[]], 4, temperature=0, end=END) == generate(model, [[END]], 4, temperature=0, end=END)
    assert generate(model, torch.tensor([[]]), 4, temperature=0, end=END)[0, 0] == END
    with pytest.raises(ValueError, match="empty.*`end`"):
        generate(model, [[3], []], 4)


def test_nothing_more_is_written_when_n_is_zero():
    model = a_model()
    assert generate(model, [[1, 2], [3]], 0) == [[1, 2], [3]]
    assert generate(model, torch.tensor([[1, 2]]), 0).tolist() == [[1, 2]]


@pytest.mark.parametrize("ids, n, message", [
    ([1, 2], 3, r"\(B, T\).*\[prompt\]"), (torch.tensor([1, 2]), 3, r"\(2,\).*\(B, T\)"), ([], 3, "prompts"),
    (torch.zeros(0, 3, dtype=torch.long), 3, r"\(0, 3\)"), ([[1.0]], 3, "1.0.*whole number"),
    ([torch.tensor(1)], 3, r"\(B, T\).*\[prompt\]"), (["ab"], 3, "whole number, and this is 'a'"),
    (torch.ones(1, 2), 3, "whole number"), ([[1]], -1, "n is -1"), ([[1, 99]], 3, "id 99 is outside the vocabulary"),
])
def test_prompts_that_cannot_be_read_are_named(ids, n, message):
    with pytest.raises(ValueError, match=message):
        generate(a_model(), ids, n)


def test_the_same_generator_gives_the_same_text_with_and_without_cache():
    model, ids = a_model(std=0.3), some_ids(4, 3)
    first = generate(model, ids, 30, generator=seeded(7))
    assert torch.equal(first, generate(model, ids, 30, generator=seeded(7), cache=False))
    assert not torch.equal(first, generate(model, ids, 30, generator=seeded(8)))


def test_the_model_is_left_as_it_was():
    model = a_model().train()
    generate(model, some_ids(2, 3), 3)
    assert model.training and torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in model.parameters())


# ---- texts


class Letters:
    """Letters a to l are 0 to 11, and 12 is the end."""

    end = END

    def encode(self, text):
        return [ord(letter) - ord("a") for letter in text]

    def decode(self, ids):
        return "".join("abcdefghijkl"[token] for token in ids)


def test_complete_keeps_the_prompt_and_stops_at_the_end():
    model = Says(5, 6, 7, END, 8, 9)
    assert complete(model, Letters()) == "fgh"
    assert complete(model, Letters(), "ab") == "abh"
    assert complete(model, Letters(), ["ab", "", "abc"]) == ["abh", "fgh", "abc"]
    assert complete(model, Letters(), "a", n=1) == "ag"
    assert complete(model, Letters(), "a", n=0) == "a"


def test_complete_passes_its_options_on():
    model = a_model(std=0.3)
    greedy = complete(model, Letters(), "ab", n=20, temperature=0)
    assert greedy == complete(model, Letters(), "ab", n=20, top_k=1)
    assert greedy.startswith("ab") and len(greedy) > 2


# ---- beam


def log_probability(model, ids, first):
    with torch.no_grad():
        logs = model(torch.tensor([ids]))[0].log_softmax(-1)
    return sum(logs[at - 1, ids[at]].item() for at in range(first, len(ids)))


def test_a_wide_enough_beam_finds_the_likeliest_text():
    model = a_model(std=0.5, vocab_size=5)
    ways = [[2, 1, *tail] for tail in itertools.product(range(5), repeat=3)]
    wanted = sorted(((ids, log_probability(model, ids, 2)) for ids in ways), key=lambda pair: -pair[1])
    found = beam(model, [2, 1], 3, width=125)
    assert [ids for ids, _ in found] == [ids for ids, _ in wanted]
    for (_, mine), (_, theirs) in zip(found, wanted, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-9)


def test_a_wide_enough_beam_with_an_end_finds_the_likeliest_text():
    model = a_model(std=0.5, vocab_size=4, seed=2)
    ways = []
    for length in (1, 2, 3):
        for tail in itertools.product(range(4), repeat=length):
            if 3 not in tail[:-1] and (tail[-1] == 3 or length == 3):
                ways.append([0, *tail])
    wanted = sorted(((ids, log_probability(model, ids, 1)) for ids in ways), key=lambda pair: -pair[1])
    found = beam(model, [0], 3, width=100, end=3)
    assert [ids for ids, _ in found] == [ids for ids, _ in wanted]


def test_a_beam_of_one_is_greedy_also_past_the_window():
    model = a_model()
    prompt = some_ids(1, 5)[0].tolist()
    [(ids, _)] = beam(model, prompt, 20, width=1)
    assert ids == by_hand(model, prompt, 20)


def test_a_beams_cache_follows_its_rows():
    """Past the window, with rows ending and being picked twice: the same as without a cache."""
    model = a_model(std=0.5)

    def without_blocks(ids):
        return model(ids)

    without_blocks.config = model.config
    for seed in range(5):
        prompt = some_ids(1, 3, seed)[0].tolist()
        cached, whole = beam(model, prompt, 15, 6, end=END), beam(without_blocks, prompt, 15, 6, end=END)
        assert [ids for ids, _ in cached] == [ids for ids, _ in whole]
        assert [score for _, score in cached] == pytest.approx([score for _, score in whole], abs=1e-9)


def test_a_wider_beam_finds_what_greedy_misses():
    """After 0 the likeliest is 1, but from there all is open; 2 is less likely and leads on for sure."""
    table = torch.tensor([[0.0, 0.6, 0.4, 0.0], [0.25] * 4, [1.0, 0.0, 0.0, 0.0], [0.25] * 4]).log()

    def model(ids):
        return table[ids]

    [(greedy, score)] = beam(model, [0], 2, width=1)
    assert greedy[1] == 1 and score == pytest.approx(math.log(0.6 * 0.25), abs=1e-6)
    assert beam(model, [0], 2, width=2)[0] == ([0, 2, 0], pytest.approx(math.log(0.4), abs=1e-6))


def test_beam_counts_only_what_it_added_and_stops_when_all_have_ended():
    model = Says(5, END, 7, 8)
    assert beam(model, [1], 4, width=1, end=END) == [([1, 5, END], pytest.approx(0.0, abs=1e-6))]
    assert beam(model, [1], 0) == [([1], 0.0)]
    for width in 0, 2.0, None:
        with pytest.raises(ValueError, match=f"width is {width}: it must be a whole number, 1 or more"):
            beam(model, [1], 3, width=width)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 60])
def test_a_beam_settles_ties_by_the_smaller_number_as_greedy_does(width):
    def flat(ids):
        return torch.zeros(*ids.shape, 5)

    found = beam(flat, [0], 3, width)
    assert [ids[1:] for ids, _ in found] == [list(way) for way in itertools.product(range(5), repeat=3)][:width]

    def two(ids):  # tokens 1 and 4 are equally likely, and 3 comes behind
        return torch.tensor([0.0, 2.0, 0.0, 1.0, 2.0]).expand(*ids.shape, 5)

    assert [ids[1] for ids, _ in beam(two, [0], 1, 3)] == [1, 4, 3]


def test_a_length_penalty_weighs_long_texts_against_short_ones():
    """After 0 the end has 0.4 and 1 has 0.6; then 1 follows with 0.64 each time, and the end with 0.36."""
    table = torch.tensor([[0.0, 0.6, 0.4], [0.0, 0.64, 0.36], [0.0, 0.0, 1.0]]).log()

    def model(ids):
        return table[ids]

    plain = beam(model, [0], 4, width=8, end=2)
    assert plain[0] == ([0, 2], pytest.approx(math.log(0.4)))
    mean = beam(model, [0], 4, width=8, end=2, length_penalty=1.0)
    assert mean[0] == ([0, 1, 1, 1, 1], pytest.approx(math.log(0.6 * 0.64**3)))
    each = [score / (len(ids) - 1) for ids, score in mean]
    assert each == sorted(each, reverse=True)

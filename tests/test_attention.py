"""Attention against torch's own, against plain loops, and on inputs that break careless code."""

import math

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from course_lib.attention import (
    CausalSelfAttention,
    LearnedPositions,
    Listener,
    SinusoidalPositions,
    attend,
    causal_attention,
    listen,
    local_attention,
    look,
    sinusoids,
)
from course_lib.bpe import story_vocabulary

HALF = [torch.float16, torch.bfloat16]


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def qkv(*shape, seed=0, dtype=torch.float64):
    return [normal(*shape, seed=3 * seed + n, dtype=dtype) for n in range(3)]


def by_loops(q, k, v, visible):
    """Attention of one sequence, one number at a time: q (T, D), k (S, D), v (S, E) as lists."""
    answers = []
    for t, query in enumerate(q):
        places = [s for s in range(len(k)) if visible(t, s)]
        parts = [math.exp(sum(a * b for a, b in zip(query, k[s], strict=True)) / math.sqrt(len(query))) for s in places]
        answers.append(
            [sum(p * v[s][e] for p, s in zip(parts, places, strict=True)) / sum(parts) for e in range(len(v[0]))]
        )
    return torch.tensor(answers, dtype=torch.float64)


# One question, plain Python


@pytest.mark.parametrize("D, S, E", [(3, 5, 2), (1, 1, 1), (7, 2, 3), (2, 40, 5)])
def test_attend_is_one_row_of_torchs_attention_without_the_scale(D, S, E):
    query, keys, values = normal(D), normal(S, D, seed=1), normal(S, E, seed=2)
    theirs = functional.scaled_dot_product_attention(query[None], keys, values, scale=1.0)[0]
    assert attend(query.tolist(), keys.tolist(), values.tolist()) == pytest.approx(theirs.tolist(), rel=1e-9)


def test_attend_survives_scores_that_overflow_exp():
    assert attend([1000.0], [[1000.0], [-1000.0], [1000.0]], [[2.0], [5.0], [4.0]]) == [3.0]
    assert attend([1.0], [[-5000.0], [-5000.0]], [[2.0], [4.0]]) == [3.0]


@pytest.mark.parametrize(
    "query, keys, values",
    [([1.0], [[1.0, 2.0]], [[1.0]]), ([1.0], [[1.0], [1.0]], [[1.0]]), ([1.0], [[1.0], [1.0]], [[1.0], [1.0, 2.0]])],
)
def test_attend_refuses_lengths_that_do_not_fit(query, keys, values):
    with pytest.raises(ValueError):
        attend(query, keys, values)


def test_attend_changes_nothing_and_gives_plain_numbers():
    query, keys, values = [1.0, 2.0], [[1.0, 0.0]], [[3.0]]
    assert [type(number) for number in attend(query, keys, values)] == [float]
    assert (query, keys, values) == ([1.0, 2.0], [[1.0, 0.0]], [[3.0]])


# All questions at once


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("T, S, D, E", [(5, 7, 3, 2), (1, 1, 1, 1), (6, 1, 5, 3), (1, 9, 4, 4)])
def test_look_agrees_with_torch(lead, T, S, D, E):
    q, k, v = normal(*lead, T, D), normal(*lead, S, D, seed=1), normal(*lead, S, E, seed=2)
    assert_close(look(q, k, v), functional.scaled_dot_product_attention(q, k, v))


def test_look_agrees_with_loops():
    q, k, v = normal(4, 3), normal(6, 3, seed=1), normal(6, 2, seed=2)
    assert_close(look(q, k, v), by_loops(q.tolist(), k.tolist(), v.tolist(), lambda t, s: True))


def test_look_does_not_see_the_order_of_the_places():
    q, k, v = normal(4, 3), normal(6, 3, seed=1), normal(6, 2, seed=2)
    order = torch.tensor([5, 2, 0, 3, 1, 4])
    assert_close(look(q, k[order], v[order]), look(q, k, v))


# Causal, in full and with a short memory


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (2, 5, 3), (2, 3, 9, 5), (3, 1, 8)])
def test_causal_attention_agrees_with_torch(shape):
    q, k, v = qkv(*shape)
    assert_close(causal_attention(q, k, v), functional.scaled_dot_product_attention(q, k, v, is_causal=True))


@pytest.mark.parametrize("window", [1, 2, 3, 7, 100])
def test_local_attention_agrees_with_loops_and_with_causal_attention(window):
    q, k, v = qkv(7, 3)
    ours = local_attention(q, k, v, window)
    assert_close(ours, by_loops(q.tolist(), k.tolist(), v.tolist(), lambda t, s: t - window < s <= t))
    if window >= 7:
        assert_close(ours, causal_attention(q, k, v))


ATTENTIONS = [
    pytest.param(causal_attention, id="causal"),
    pytest.param(lambda q, k, v: local_attention(q, k, v, 3), id="local"),
]


@pytest.mark.parametrize("scale", [1, 1000])  # at 1000 scores reach millions, below any finite mask one might choose
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_future_does_not_change_the_past(attention, scale):
    q, k, v = (scale * x for x in qkv(2, 6, 3))
    before = attention(q, k, v)
    for t in range(6):
        changed = [x.clone() for x in (q, k, v)]
        for x in changed:
            x[:, t:] += 100 * scale * normal(2, 6 - t, 3, seed=9)
        after = attention(*changed)
        assert torch.equal(after[:, :t], before[:, :t])  # not nearly: a weight of exp(-inf) is exactly 0
        assert not torch.allclose(after[:, t:], before[:, t:])


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_gradients_are_right_and_none_comes_from_the_future(attention):
    inputs = [x.requires_grad_() for x in qkv(2, 4, 3)]
    assert torch.autograd.gradcheck(attention, inputs)
    q, k, v = inputs
    for gradient in torch.autograd.grad(attention(q, k, v)[:, 1].sum(), inputs):
        assert (gradient[:, 2:] == 0).all() and gradient.isfinite().all()


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_weights_add_up_to_one_far_from_zero_and_at_any_scale(attention):
    q, k, v = qkv(3, 5, 3, dtype=torch.float32)
    for far in (lambda x: x + 100, lambda x: 1000 * x, lambda x: -1000 * x):
        assert_close(attention(far(q), far(k), torch.ones_like(v)), torch.ones_like(v))


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("dtype", HALF)
def test_half_precision_stays_finite_and_near_double(attention, dtype):
    q, k, v = qkv(2, 9, 8, dtype=dtype)
    ours, exact = attention(q, k, v), attention(q.double(), k.double(), v.double())
    assert ours.dtype == dtype and attention(30 * q, 30 * k, v).isfinite().all()
    assert_close(ours.double(), exact, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_it_runs_where_its_inputs_are_and_changes_none(attention):
    assert attention(*[x.to("meta") for x in qkv(2, 5, 3)]).shape == (2, 5, 3)
    inputs = qkv(2, 5, 3)
    kept = [x.clone() for x in inputs]
    attention(*inputs)
    assert all(torch.equal(x, y) for x, y in zip(inputs, kept, strict=True))


# Many heads


def filled(module, seed=0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 3)
    return module


@pytest.mark.parametrize("B, T, C, H, bias", [(2, 5, 12, 3, True), (3, 1, 6, 6, True), (1, 7, 10, 1, False)])
def test_self_attention_agrees_with_torchs_module(B, T, C, H, bias):
    ours = filled(CausalSelfAttention(C, H, bias=bias).double())
    theirs = torch.nn.MultiheadAttention(C, H, bias=bias, batch_first=True, dtype=torch.float64)
    state = {"in_proj_" + name: value for name, value in ours.qkv.state_dict().items()}
    theirs.load_state_dict(state | {"out_proj." + name: value for name, value in ours.out.state_dict().items()})
    x, future = normal(B, T, C), torch.ones(T, T, dtype=torch.bool).triu(1)
    output, weights = theirs(x, x, x, attn_mask=future, average_attn_weights=False)
    assert_close(ours(x), output)
    q, k, v = ours.project(x)
    assert q.shape == k.shape == v.shape == (B, H, T, C // H)
    assert_close(ours.weights(q, k), weights)
    assert_close(ours.merge(causal_attention(q, k, v)), output)


def test_gpt2s_attention_weights_fit():
    transformers = pytest.importorskip("transformers")
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

    config = transformers.GPT2Config(n_embd=12, n_head=3, n_positions=9, attn_implementation="eager",
                                     attn_pdrop=0, resid_pdrop=0)  # fmt: skip
    theirs = filled(GPT2Attention(config, layer_idx=0).double().eval())
    ours = CausalSelfAttention(12, 3).double()
    for layer, name in (ours.qkv, "c_attn"), (ours.out, "c_proj"):
        layer.load_state_dict({"weight": getattr(theirs, name).weight.T, "bias": getattr(theirs, name).bias})
    x = normal(2, 7, 12)
    hide = torch.full((7, 7), -torch.inf, dtype=torch.float64).triu(1)
    assert_close(ours(x), theirs(x, attention_mask=hide.expand(2, 1, 7, 7))[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("T, S", [(1, 1), (1, 6), (3, 7), (6, 6)])
def test_fewer_queries_than_keys_are_the_last_rows_of_all(T, S):
    attention = filled(CausalSelfAttention(12, 3).double())
    q, k, v = attention.project(normal(2, S, 12))
    everything = attention.weights(q, k)
    some = attention.weights(q[:, :, S - T :], k)
    assert_close(some, everything[:, :, S - T :])
    assert_close(some.sum(-1), torch.ones(2, 3, T, dtype=torch.float64))
    assert_close(attention.merge(some @ v), attention(normal(2, S, 12))[:, S - T :])


@pytest.mark.parametrize(("T", "S"), [(2, 1), (5, 3), (3, 0)])
def test_more_queries_than_keys_are_refused_with_both_numbers(T, S):
    q, k = torch.randn(2, 2, T, 3), torch.randn(2, 2, S, 3)
    with pytest.raises(ValueError, match=f"{T} queries and only {S} keys"):
        CausalSelfAttention(6, 2).weights(q, k)
    with pytest.raises(ValueError, match=f"{T} queries and {S} keys"):
        causal_attention(q, k, k)


def test_self_attention_keeps_the_future_and_the_other_texts_out():
    attention, x = filled(CausalSelfAttention(12, 3).double()), normal(3, 6, 12)
    before, changed = attention(x), x.clone()
    changed[1, 4:] = 1e6
    after = attention(changed)
    assert_close(after[1, :4], before[1, :4], rtol=1e-12, atol=1e-12)
    assert_close(after[[0, 2]], before[[0, 2]], rtol=1e-12, atol=1e-12)
    assert (after[1, 4:] - before[1, 4:]).abs().amin(-1).min() > 1
    q = normal(2, 3, 6, 4)
    assert (attention.weights(1000 * q, -1000 * q).triu(1) == 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_self_attention_keeps_its_dtype_and_stays_finite(dtype):
    attention = filled(CausalSelfAttention(12, 3)).to(dtype)
    for far in (lambda x: x, lambda x: x + 100, lambda x: 10 * x):
        y = attention(far(normal(2, 5, 12)).to(dtype))
        assert y.dtype == dtype and y.isfinite().all()


def test_self_attention_has_right_gradients_and_runs_on_any_device():
    attention = filled(CausalSelfAttention(6, 2).double())
    assert torch.autograd.gradcheck(attention, normal(2, 4, 6).requires_grad_())
    attention(normal(2, 4, 6)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in attention.parameters())
    assert CausalSelfAttention(6, 2).to("meta")(torch.zeros(2, 5, 6, device="meta")).shape == (2, 5, 6)


def test_self_attention_does_not_see_the_order_of_the_past():
    attention, x = filled(CausalSelfAttention(12, 3).double()), normal(1, 6, 12)
    shuffled = x[:, [3, 0, 4, 1, 2, 5]]
    assert_close(attention(shuffled)[:, -1], attention(x)[:, -1])


def test_heads_that_do_not_fit_are_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"3 heads.*64"):
        CausalSelfAttention(64, 3)
    with pytest.raises(ValueError, match=r"0 heads.*6"):
        CausalSelfAttention(6, 0)


@pytest.mark.parametrize("shape", [(2, 5, 11), (5, 12)])
def test_inputs_of_another_shape_are_refused_with_their_shape(shape):
    with pytest.raises(ValueError, match=r"{}.*12".format(", ".join(map(str, shape)))):
        CausalSelfAttention(12, 3)(torch.zeros(shape))


# Positions


@pytest.mark.parametrize("C", [2, 6, 10])
def test_sinusoids_agree_with_the_papers_formula(C):
    ours = sinusoids(torch.tensor([0, 1, 5, 300]), C)
    for row, position in zip(ours.tolist(), [0, 1, 5, 300], strict=True):
        for channel, number in enumerate(row):
            wave = math.cos if channel % 2 else math.sin
            assert number == pytest.approx(wave(position / 10000 ** (channel // 2 * 2 / C)), abs=1e-4)


def test_a_step_ahead_is_the_same_turn_from_everywhere():
    """The reason for sines with their cosines: as a complex number, position t + 3 is position t times position 3."""
    waves = sinusoids(torch.arange(60), 10).double().unflatten(-1, (5, 2)).flip(-1).contiguous()  # cosine, then sine
    waves = torch.view_as_complex(waves)
    assert_close(waves[3:], waves[:-3] * waves[3], rtol=1e-5, atol=1e-5)


def test_sinusoidal_positions_differ_and_need_no_window():
    positions = SinusoidalPositions(16)
    assert not list(positions.parameters())
    table = positions(torch.arange(5000))
    assert torch.cdist(table[:2000], table[:2000]).fill_diagonal_(1).min() > 0.05
    assert table.abs().max() <= 1 and positions(torch.tensor([3], device="meta")).device.type == "meta"
    assert_close(positions(torch.tensor([4999])), table[-1:])


@pytest.mark.parametrize("make", [lambda: sinusoids(torch.arange(3), 7), lambda: SinusoidalPositions(7)])
def test_an_odd_width_is_refused(make):
    with pytest.raises(ValueError, match="7.*even"):
        make()


def test_learned_positions_are_rows_of_a_table_that_learns():
    positions = LearnedPositions(9, 6)
    assert torch.equal(positions(torch.tensor([2, 8])), positions.weight[[2, 8]])
    positions(torch.arange(3)).sum().backward()
    assert (positions.weight.grad.sum(1) != 0).tolist() == [True] * 3 + [False] * 6
    assert positions.to("meta")(torch.arange(3, device="meta")).shape == (3, 6)


@pytest.mark.parametrize("bad", [[9], [0, 12], [-1, 3]])
def test_positions_outside_the_window_are_refused_with_the_window(bad):
    with pytest.raises(ValueError, match=f"{min(bad)} to {max(bad)}.* 9 tokens"):
        LearnedPositions(9, 6)(torch.tensor(bad))


def test_the_listener_looks_back_once_and_adds_what_it_finds():
    torch.manual_seed(0)
    model = Listener(11, 7, 6, 2, CausalSelfAttention)
    ids = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    x = model.tokens.weight[ids] + model.positions.weight[:5]  # (B, T, C)
    found = model.blocks[0].attention(x)  # (B, T, C)
    assert_close(model(ids), (x + found) @ model.head.weight.T + model.head.bias)
    other = ids.clone()
    other[:, 3:] = 0
    assert_close(model(other)[:, :3], model(ids)[:, :3])


def test_listening_is_the_same_for_the_same_seed_and_takes_ones_own_attention():
    vocabulary, used = story_vocabulary(), []

    class Own(CausalSelfAttention):
        def weights(self, q, k):
            used.append(q.shape)
            return super().weights(q, k)

    one = listen(Own, vocabulary, steps=2, read=20, seed=5)
    assert used == [(8, 4, 192, 24)] * 2 and one.tokenizer is vocabulary
    same, other = (listen(CausalSelfAttention, vocabulary, steps=2, read=20, seed=seed) for seed in (5, 6))
    assert torch.equal(one.head.weight, same.head.weight) and not torch.equal(one.head.weight, other.head.weight)

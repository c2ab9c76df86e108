"""The GPT against transformers' GPT-2, torch's own counters, and what must hold of every causal model."""

import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest
import torch

from course_lib.attention import CausalSelfAttention
from course_lib.gpt import (
    GPT,
    IGNORED,
    SIZES,
    Config,
    MaskedAttention,
    count_parameters,
    flops_per_token,
    initialise,
    memory,
    parameters,
    sees_ahead,
    tiled_attention,
    trace,
)

TINY = Config(vocab_size=19, context_length=11, d_model=12, n_heads=3, n_layers=2)


def drawn(config=TINY, seed=0, std=0.3):
    """A model in float64 whose every parameter, norms and biases too, is random."""
    torch.manual_seed(seed)
    model = GPT(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=std)
    return model


def some_ids(B, T, V=19, seed=1):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


def as_gpt2(model):
    """The same weights inside transformers' GPT2LMHeadModel."""
    transformers = pytest.importorskip("transformers")
    config = model.config
    peer = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=config.vocab_size, n_positions=config.context_length, n_embd=config.d_model, n_head=config.n_heads,
        n_layer=config.n_layers, activation_function={"gelu": "gelu", "gelu_tanh": "gelu_new"}[config.activation],
        tie_word_embeddings=config.tied, attn_pdrop=0, embd_pdrop=0, resid_pdrop=0)).double().eval()
    names = {"token_embedding": "wte", "position_embedding": "wpe", "blocks": "h", "attention_norm": "ln_1",
             "mlp_norm": "ln_2", "attention": "attn", "qkv": "c_attn", "out": "c_proj", "up": "c_fc", "down": "c_proj",
             "final_norm": "ln_f"}
    state = {}
    for name, weight in model.state_dict().items():
        theirs = ".".join(names.get(part, part) for part in name.split("."))
        if weight.ndim == 2 and theirs.startswith("h."):
            weight = weight.T  # GPT-2 keeps its matrices as (in, out)
        state[theirs if theirs == "head.weight" else "transformer." + theirs] = weight
    state["lm_head.weight"] = state.pop("head.weight")
    peer.load_state_dict(state)
    return peer


@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh"])
@pytest.mark.parametrize("tied", [True, False])
def test_logits_equal_transformers_gpt2(activation, tied):
    model = drawn(dataclasses.replace(TINY, activation=activation, tied=tied))
    peer, ids = as_gpt2(model), some_ids(3, 11)
    with torch.no_grad():
        torch.testing.assert_close(model(ids), peer(ids).logits, rtol=1e-9, atol=1e-9)
        wanted = peer(ids, labels=ids).loss  # transformers shifts the labels itself, and rounds to float32
        torch.testing.assert_close(model.loss(ids[:, :-1], ids[:, 1:]).float(), wanted, rtol=1e-6, atol=1e-6)


def test_logits_never_depend_on_the_future():
    model, ids = drawn(), some_ids(2, 11)
    with torch.no_grad():
        before = model(ids)
        for t in range(1, 11):
            changed = ids.clone()
            changed[:, t:] = (changed[:, t:] + 7) % 19
            after = model(changed)
            assert torch.equal(after[:, :t], before[:, :t])
            assert (after[:, t] - before[:, t]).abs().min() > 1e-6


def test_a_row_does_not_depend_on_its_batch():
    model, ids = drawn(), some_ids(5, 7)
    with torch.no_grad():
        batch = model(ids)
        for row in range(5):
            torch.testing.assert_close(batch[row], model(ids[row:row + 1])[0], rtol=1e-12, atol=1e-12)


def test_order_matters():
    """Swapping the first two tokens moves the last logits: without positions it would not."""
    model, ids = drawn(dataclasses.replace(TINY, n_layers=1)), torch.tensor([[3, 5, 8], [5, 3, 8]])
    logits = model(ids)[:, -1]
    assert (logits[0] - logits[1]).abs().max() > 1e-3


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("init", ["gpt2", "spread"])
def test_every_parameter_gets_a_gradient(tied, init):
    config = dataclasses.replace(TINY, tied=tied, init=init)
    torch.manual_seed(0)
    model, ids = GPT(config), some_ids(4, 12)
    for _ in range(3):  # layers that start at zero hide what lies before them for a step or two
        model.zero_grad()
        model.loss(ids[:, :-1], ids[:, 1:]).backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.1 * parameter.grad
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not silent


@pytest.mark.parametrize("config", [
    TINY,
    Config(vocab_size=1, context_length=1, d_model=1, n_heads=1, n_layers=1),
    Config(vocab_size=7, context_length=3, d_model=15, n_heads=5, n_layers=3, bias=False, tied=False),
])
def test_every_length_up_to_the_window_works_and_one_more_is_refused(config):
    model = drawn(config)
    for T in range(1, config.context_length + 1):
        assert model(some_ids(2, T, config.vocab_size)).shape == (2, T, config.vocab_size)
    too_long = some_ids(2, config.context_length + 1, config.vocab_size)
    with pytest.raises(ValueError, match=rf"context_length {config.context_length}.*ids\[:, -{config.context_length}"):
        model(too_long)


def test_start_places_ids_at_later_positions():
    model, ids = drawn(), some_ids(2, 5)
    whole = model.embed(ids)
    torch.testing.assert_close(model.embed(ids[:, 2:], start=2), whole[:, 2:], rtol=0, atol=0)
    assert not torch.equal(model.embed(ids[:, 2:]), whole[:, 2:])
    with pytest.raises(ValueError, match="positions 9 to 13 do not fit context_length 11"):
        model.embed(ids, start=9)
    with pytest.raises(ValueError, match="positions -1"):
        model.embed(ids, start=-1)


@pytest.mark.parametrize("ids, message", [
    (torch.zeros(0, 3, dtype=torch.long), r"\(0, 3\).*at least one"),
    (torch.zeros(2, 0, dtype=torch.long), r"\(2, 0\)"),
    (torch.zeros(3, dtype=torch.long), r"\(3,\).*\(B, T\)"),
    (torch.tensor([[]]), "float32.*long"),
    (torch.zeros(1, 2), "float32.*long"),
    (torch.tensor([[3, 19]]), "id 19 is outside the vocabulary, 0 to 18"),
    (torch.tensor([[3, -1]]), "id -1 is outside"),
])
def test_ids_that_cannot_be_read_are_named(ids, message):
    with pytest.raises(ValueError, match=message):
        drawn()(ids)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8, torch.int64])
def test_targets_of_any_whole_number_work(dtype):
    model, ids = drawn(), some_ids(2, 5)
    assert torch.equal(model.loss(ids, ids.to(dtype)), model.loss(ids, ids))


def test_where_a_target_is_ignored_nothing_is_asked():
    model, ids, targets = drawn(), some_ids(2, 5), some_ids(2, 5, seed=2)
    asked = torch.zeros(2, 5, dtype=torch.bool)
    asked[0, 1] = asked[1, 3] = asked[1, 4] = True
    rows = model(ids)[asked]
    wanted = -rows.log_softmax(-1)[torch.arange(3), targets[asked]].mean()
    given = model.loss(ids, targets.where(asked, IGNORED))
    torch.testing.assert_close(given, wanted)
    given.backward()
    assert IGNORED == -100 and model.head.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("targets, message", [
    (torch.full((2, 5), 19), "target 19 is outside the vocabulary, 0 to 18.*-100"),
    (torch.full((2, 5), -1), "target -1 is outside"),
    (torch.full((2, 5), -100), "every target is -100"),
    (torch.zeros(2, 5), "targets are torch.float32.*long"),
    (torch.zeros(2, 5, dtype=torch.bool), "targets are torch.bool"),
])
def test_targets_that_no_bet_could_be_judged_by_are_named(targets, message):
    with pytest.raises(ValueError, match=message):
        drawn().loss(some_ids(2, 5), targets)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"targets are \(2, 4\) and ids \(2, 5\)"):
        drawn().loss(some_ids(2, 5), some_ids(2, 4))


@pytest.mark.parametrize("change, message", [
    ({"d_model": 13}, "d_model 13.*n_heads 3; take d_model 12 or 15"),
    ({"d_model": 2}, "d_model 2.*take d_model 3"),
    ({"n_layers": 0}, "n_layers is 0"),
    ({"vocab_size": 19.0}, "vocab_size is 19.0"),
    ({"n_heads": True}, "n_heads is True"),
    ({"n_kv_heads": 2}, "n_kv_heads 2 does not divide n_heads 3"),
    ({"activation": "relu"}, "'relu'; choose one of gelu, gelu_tanh"),
    ({"init": "xavier"}, "'xavier'; choose one of gpt2, spread"),
])
def test_a_config_that_cannot_be_built_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **{"n_kv_heads": None, **change})


def test_a_config_takes_whole_numbers_of_numpy_and_torch():
    for kind in np.int64, np.uint8, torch.tensor:
        made = Config(**{name: kind(value) if isinstance(value, int) and not isinstance(value, bool) else value
                         for name, value in dataclasses.asdict(TINY).items()})
        assert made == TINY and json.loads(json.dumps(dataclasses.asdict(made))) == dataclasses.asdict(TINY)
        assert dataclasses.replace(made, n_heads=kind(4)).n_kv_heads == 4


def test_a_config_is_frozen_and_comparable():
    assert TINY == dataclasses.replace(TINY) and TINY.n_kv_heads == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.d_model = 24


def test_a_config_with_other_heads_has_as_many_key_heads_unless_they_were_chosen():
    twelve = dataclasses.replace(TINY, n_heads=4)
    assert twelve.n_kv_heads == 4 and twelve == dataclasses.replace(TINY, n_heads=4, n_kv_heads=None)
    assert GPT(twelve).blocks[0].attention.n_heads == 4
    assert dataclasses.replace(twelve, n_heads=6, d_model=24).n_kv_heads == 6
    stored = Config(**json.loads(json.dumps(dataclasses.asdict(TINY))))  # as a checkpoint has it: a plain 3
    assert stored == TINY and dataclasses.replace(stored, n_heads=2).n_kv_heads == 2
    assert copy.deepcopy(TINY) == pickle.loads(pickle.dumps(TINY)) == TINY and "n_kv_heads=3" in repr(TINY)
    grouped = dataclasses.replace(TINY, n_heads=6, n_kv_heads=3)
    assert dataclasses.replace(grouped, n_layers=5).n_kv_heads == 3, "chosen, it stays"
    assert dataclasses.replace(grouped, n_heads=12).n_kv_heads == 3
    with pytest.raises(ValueError, match="n_kv_heads 3 does not divide n_heads 4"):
        dataclasses.replace(grouped, n_heads=4)


def test_grouped_heads_are_refused_by_this_model():
    with pytest.raises(ValueError, match="n_kv_heads is 1 and n_heads 3"):
        GPT(dataclasses.replace(TINY, n_kv_heads=1))


# ---- how it starts


def test_gpt2_start_has_the_scales_it_says():
    torch.manual_seed(0)
    model = GPT(Config(vocab_size=300, context_length=100, d_model=120, n_heads=3, n_layers=8))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            assert not parameter.any(), name
        elif "norm" in name:
            assert (parameter == 1).all(), name
        else:
            writes = "attention.out" in name or "mlp.down" in name
            assert parameter.std().item() == pytest.approx(0.005 if writes else 0.02, rel=0.05), name
    assert model.head.weight is model.token_embedding.weight


def test_spread_start_passes_on_what_it_looks_at_with_even_bets():
    torch.manual_seed(0)
    config = dataclasses.replace(TINY, d_model=96, context_length=64, init="spread", tied=False)
    model, ids = GPT(config), torch.arange(19).repeat(2, 1)
    seen = trace(model, ids)
    torch.testing.assert_close(seen.logits.softmax(-1), torch.full_like(seen.logits, 1 / 19), rtol=0.1, atol=0)
    assert model.head.weight is not model.token_embedding.weight
    assert model.blocks[0].mlp.up.weight.std().item() == pytest.approx(96**-0.5, rel=0.1)
    for block, stream, after in zip(model.blocks, seen.residuals[:-1], seen.residuals[1:], strict=True):
        assert not block.mlp.down.weight.any()
        # The first position can look at itself only: what is written there is nearest to the token that stands there.
        written = (after - stream)[:, 0]  # (B, C)
        alike = torch.cosine_similarity(written[:, None], model.token_embedding.weight[None], dim=-1)  # (B, V)
        assert alike.argmax(-1).tolist() == ids[:, 0].tolist() and alike.max() > 0.6


@pytest.mark.parametrize("tied, head", [(True, 0.2), (False, 0.001)])
def test_spread_start_has_loud_tokens_and_quiet_positions(tied, head):
    torch.manual_seed(0)
    model = GPT(Config(300, 100, d_model=120, n_heads=3, n_layers=1, init="spread", tied=tied))
    for part, std in ((model.token_embedding, 0.2), (model.position_embedding, 0.02), (model.head, head)):
        assert part.weight.std().item() == pytest.approx(std, rel=0.05)


def test_initialise_draws_every_weight_afresh():
    model = drawn(dataclasses.replace(TINY, tied=False))
    before = {name: p.clone() for name, p in model.named_parameters() if p.ndim == 2}
    initialise(model)
    assert not [name for name, p in model.named_parameters() if p.ndim == 2 and torch.equal(p, before[name])]


# ---- looking inside


def test_a_trace_changes_nothing_and_holds_everything():
    model, ids = drawn(), some_ids(2, 7)
    plain = model(ids)
    seen = trace(model, ids)
    assert torch.equal(seen.logits, plain) and torch.equal(model(ids), plain)
    assert [tuple(r.shape) for r in seen.residuals] == [(2, 7, 12)] * 3
    assert [tuple(w.shape) for w in seen.weights] == [(2, 3, 7, 7)] * 2
    assert torch.equal(seen.residuals[0], model.embed(ids))
    x = seen.residuals[0]
    for block, weights, after in zip(model.blocks, seen.weights, seen.residuals[1:], strict=True):
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 7, dtype=torch.float64))
        assert not weights.triu(1).any()
        q, k, v = block.attention.project(block.attention_norm(x))
        x = x + block.attention.merge(weights @ v)
        x = x + block.mlp(block.mlp_norm(x))
        torch.testing.assert_close(x, after, rtol=1e-9, atol=1e-9)
        x = after
    torch.testing.assert_close(model.head(model.final_norm(x)), plain, rtol=1e-9, atol=1e-9)


def test_a_trace_takes_its_hooks_away_even_after_an_error():
    def hooks(model):
        return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())

    model = drawn()
    trace(model, some_ids(2, 7))
    assert hooks(model) == 0
    with pytest.raises(ValueError, match="context_length"):
        trace(model, some_ids(2, 12))
    assert hooks(model) == 0


# ---- what it costs


@pytest.mark.parametrize("tied, bias", [(True, True), (False, True), (True, False)])
def test_parameters_add_up_by_hand(tied, bias):
    V, T, C, L = 19, 11, 12, 2
    block = 3 * C * C + C * C + 8 * C * C + 2 * C + bias * (3 * C + C + 4 * C + C + 2 * C)
    wanted = V * C + T * C + L * block + C + bias * C + (0 if tied else V * C)
    assert count_parameters(GPT(dataclasses.replace(TINY, tied=tied, bias=bias))) == wanted


@pytest.mark.parametrize("T", [1, 5, 11, None])
@pytest.mark.parametrize("tied", [True, False])
def test_flops_equal_torchs_counter(T, tied):
    from torch.utils.flop_counter import FlopCounterMode

    config = dataclasses.replace(TINY, tied=tied)
    model, B, length = GPT(config), 3, T or 11
    ids = some_ids(B, length)
    with FlopCounterMode(display=False) as forward:
        loss = model.loss(ids, ids)
    assert forward.get_total_flops() == B * length * flops_per_token(config, T)
    with FlopCounterMode(display=False) as backward:
        loss.backward()
    assert backward.get_total_flops() == 2 * forward.get_total_flops()


@pytest.mark.parametrize("config, B, T", [
    (Config(vocab_size=200, context_length=60, d_model=40, n_heads=5, n_layers=3), 7, 60),
    (Config(vocab_size=90, context_length=60, d_model=48, n_heads=3, n_layers=1, tied=False), 3, 33),
])
def test_memory_is_what_torch_holds(config, B, T):
    model, told = GPT(config), memory(config, B, T)
    ids, kept = some_ids(B, T, config.vocab_size), {}
    own = {parameter.data_ptr() for parameter in model.parameters()}

    def pack(tensor):
        if tensor.data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor  # kept alive, so that no address is used twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = model.loss(ids, ids)
    held = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    assert told["activations"] == pytest.approx(held, rel=0.01)
    loss.backward()
    optimizer = torch.optim.AdamW(model.parameters())
    optimizer.step()
    assert told["weights"] == sum(p.nbytes for p in model.parameters())
    assert told["gradients"] == sum(p.grad.nbytes for p in model.parameters())
    moments = [v for state in optimizer.state.values() for name, v in state.items() if name.startswith("exp_avg")]
    assert told["moments"] == sum(v.nbytes for v in moments)
    x = model.embed(ids)
    assert told["cache"] == config.n_layers * sum(t.nbytes for t in model.blocks[0].attention.project(x)[1:])


def test_memory_halves_with_the_bytes_of_a_number():
    assert memory(TINY, bytes_per_number=2) == {part: size // 2 for part, size in memory(TINY).items()}


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_parameters_by_formula_are_those_of_the_model_part_by_part(tied, bias):
    config = Config(vocab_size=23, context_length=7, d_model=20, n_heads=5, n_layers=3, tied=tied, bias=bias)
    parts, model = parameters(config), GPT(config)
    assert sum(parts.values()) == count_parameters(model)
    blocks = model.blocks
    assert parts == {
        "tokens": count_parameters(model.token_embedding), "positions": count_parameters(model.position_embedding),
        "attention": sum(count_parameters(block.attention) for block in blocks),
        "mlp": sum(count_parameters(block.mlp) for block in blocks),
        "norms": count_parameters(model.final_norm) + sum(
            count_parameters(norm) for block in blocks for norm in (block.attention_norm, block.mlp_norm)),
        "head": 0 if tied else count_parameters(model.head)}


def test_the_sizes_of_gpt2_are_those_of_transformers():
    transformers = pytest.importorskip("transformers")
    for name in ("GPT-2 small", "GPT-2 medium"):
        size = SIZES[name]
        with torch.device("meta"):
            peer = transformers.GPT2LMHeadModel(transformers.GPT2Config(
                vocab_size=size.vocab_size, n_positions=size.context_length, n_embd=size.d_model, n_head=size.n_heads,
                n_layer=size.n_layers))
        assert sum(parameters(size).values()) == peer.num_parameters()
    assert sum(parameters(SIZES["GPT-2 XL"]).values()) == 1_557_611_200, "as OpenAI's file has them"
    assert sum(parameters(SIZES["GPT-3"]).values()) == pytest.approx(175e9, rel=0.005), "as the paper says"


def test_what_seeds_return_from_one_call_is_logits_and_loss():
    model, ids = drawn(), some_ids(2, 5)
    logits = model(ids)
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
    assert torch.is_tensor(logits) and logits.shape == (2, 5, 19)
    torch.testing.assert_close(model.loss(ids, ids), wanted)


# ---- attention in tiles


def whole(query, keys, values):
    """The oracle: torch's softmax in float64 over all scores at once."""
    query, keys, values = (torch.tensor(part, dtype=torch.float64) for part in (query, keys, values))
    return ((keys @ query).softmax(0) @ values).tolist()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_attention_in_tiles_equals_a_softmax_over_everything(scale, size):
    draw = torch.Generator().manual_seed(size)
    query = (scale * torch.randn(5, generator=draw)).tolist()
    keys, values = torch.randn(2, 50, 5, generator=draw).tolist()
    tiles = ((keys[n:n + size], values[n:n + size]) for n in range(0, 50, size))
    assert tiled_attention(query, tiles) == pytest.approx(whole(query, keys, values), rel=1e-9)


def test_a_query_at_the_end_of_the_numbers_still_gets_its_best_value():
    for keys in ([[1e300], [-1e300]], [[-1e300], [1e300]]):
        values = [[float(key[0] > 0)] for key in keys]
        assert tiled_attention([1.0], [(keys[:1], values[:1]), (keys[1:], values[1:])]) == [1.0]


@pytest.mark.parametrize("tiles", [
    [], [([], [])], [([[1.0]], [])], [([], [[1.0]])], [([[1.0, 2.0]], [[1.0]])],
    [([[1.0]], [[1.0]]), ([[1.0]], [[1.0, 2.0]])]])
def test_tiles_that_do_not_fit_are_refused(tiles):
    with pytest.raises(ValueError):
        tiled_attention([1.0], tiles)


# ---- the mask, and the test for leaks


def masked_like(peer, window):
    ready = MaskedAttention(12, 3, window)
    ready.load_state_dict(peer.state_dict())
    return ready.double()


@pytest.mark.parametrize("T", [1, 5, 9])
def test_the_ready_made_mask_gives_what_torch_gives(T):
    torch.manual_seed(0)
    peer, x = CausalSelfAttention(12, 3).double(), torch.randn(2, T, 12, dtype=torch.float64)
    ready = masked_like(peer, 9)
    q, k, v = ready.project(x)
    fused = ready.merge(torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True))
    torch.testing.assert_close(ready(x), fused, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ready(x), peer(x), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ready.weights(q[:, :, -1:], k), ready.weights(q, k)[:, :, -1:], rtol=1e-10, atol=1e-10)
    assert set(ready.state_dict()) == set(peer.state_dict()), "the mask is not learned, and not saved"


def test_the_test_for_leaks_finds_them_and_accuses_nobody_else():
    model, ids = drawn(), some_ids(2, 9)
    assert not sees_ahead(model, ids)
    for block in model.blocks:
        block.attention = masked_like(block.attention, 11)
    assert not sees_ahead(model, ids)
    first, second = (block.attention for block in model.blocks)
    first.future = torch.zeros_like(first.future)
    assert sees_ahead(model, ids)
    first.future, second.future = second.future, second.future.clone()
    second.future[3, 7] = False
    assert sees_ahead(model, ids), "a single hole"
    second.future[3, 7] = True
    assert not sees_ahead(model, ids) and not sees_ahead(model, ids[:, :1])


def test_the_test_for_leaks_leaves_a_model_as_it_was():
    class Noisy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.dropout = torch.nn.Embedding(5, 5), torch.nn.Dropout(0.5)

        def forward(self, ids):
            return self.dropout(self.tokens(ids))

    model, ids = Noisy(), some_ids(2, 6, V=5)
    model.dropout.eval()
    before, dice = ids.clone(), torch.get_rng_state()
    assert not sees_ahead(model.train(), ids) and model.dropout.training
    model.dropout.eval()
    assert not sees_ahead(model, ids) and model.training and not model.dropout.training
    assert torch.equal(ids, before) and torch.equal(torch.get_rng_state(), dice)


@pytest.mark.parametrize("how, leaks", [
    (dict(), True), (dict(is_causal=True), False), (dict(attn_mask=True), True), (dict(attn_mask=False), False)])
def test_torchs_own_attention_is_causal_only_where_it_is_told_so(how, leaks):
    future = torch.ones(6, 6, dtype=torch.bool).triu(1)
    if "attn_mask" in how:
        how = {"attn_mask": future if how["attn_mask"] else ~future}  # True means "may be seen" there

    class Bets(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.head = torch.nn.Embedding(19, 8), torch.nn.Linear(8, 19)

        def forward(self, ids):
            x = self.tokens(ids)
            return self.head(x + torch.nn.functional.scaled_dot_product_attention(x, x, x, **how))

    torch.manual_seed(0)
    assert sees_ahead(Bets(), some_ids(2, 6)) == leaks

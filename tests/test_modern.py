"""The modern parts: against transformers, torch and plain recomputation, and on everything that takes a model."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib import inside, show, stories
from course_lib.bigram import bits_per_byte
from course_lib.block import LayerNorm
from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config, trace
from course_lib.learning import parameter_groups
from course_lib.modern import (
    CLASSIC,
    Experts,
    Modern,
    ModernAttention,
    ModernConfig,
    Muon,
    MuonRecipe,
    RMSNorm,
    SquaredReLU,
    SwiGLU,
    cache_numbers,
    grouped_attention,
    modern,
    newton_schulz,
    rms_norm,
    rotate,
    route,
    visible,
)
from course_lib.sampling import Cache, beam, complete, generate, read_on
from course_lib.show import looking
from course_lib.training import Engine, Recipe, load, train
from course_lib.training.precision import QuickLoss, fused_parts

SIZES = {"vocab_size": 13, "context_length": 11, "d_model": 12, "n_heads": 6, "n_layers": 3, "n_kv_heads": 2}
KINDS = [{}, {"n_kv_heads": 1}, {"n_kv_heads": None}, {"head_width": 6}, {"qk_norm": True}, {"qkv_bias": True},
         {"window": 3}, {"window": 4, "full_every": 3, "n_kv_heads": 3}, {"mlp": "relu2", "softcap": 3.0},
         {"tied": False, "norm": "layer"}, {"experts": 4, "used": 2}, {"experts": 3}, CLASSIC]


def model_of(seed=0, std=0.4, **choices):
    """A model in double precision whose every parameter is drawn."""
    torch.manual_seed(seed)
    model = Modern(ModernConfig(**{**SIZES, **choices}))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=std)
    return model.double().eval()


def some_ids(B=2, T=7, seed=1, V=13):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


# Against others


def test_with_classic_parts_it_is_the_gpt():
    config = Config(13, 11, 12, 3, 2, init="spread")
    theirs, mine = GPT(config), Modern(modern(config, **CLASSIC))
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(std=0.4)
    mine.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(mine(some_ids()), theirs(some_ids()), rtol=1e-5, atol=1e-6)


def from_transformers(theirs, config):
    """A Modern with the weights of a transformers model."""
    state, ours = theirs.state_dict(), {}
    for there, here in (("model.embed_tokens", "token_embedding"), ("model.norm", "final_norm"), ("lm_head", "head")):
        ours[f"{here}.weight"] = state[f"{there}.weight"]
    for layer in range(config.n_layers):
        there, here = f"model.layers.{layer}", f"blocks.{layer}"
        for kind in ("weight", *(["bias"] if config.qkv_bias else [])):
            ours[f"{here}.attention.qkv.{kind}"] = torch.cat(
                [state[f"{there}.self_attn.{part}_proj.{kind}"] for part in "qkv"])
        ours[f"{here}.attention.out.weight"] = state[f"{there}.self_attn.o_proj.weight"]
        ours[f"{here}.attention_norm.weight"] = state[f"{there}.input_layernorm.weight"]
        ours[f"{here}.mlp_norm.weight"] = state[f"{there}.post_attention_layernorm.weight"]
        if config.qk_norm:
            for part in "qk":
                ours[f"{here}.attention.{part}_norm.weight"] = state[f"{there}.self_attn.{part}_norm.weight"]
        if config.experts is None:
            for part in ("gate", "up", "down"):
                ours[f"{here}.mlp.{part}.weight"] = state[f"{there}.mlp.{part}_proj.weight"]
            continue
        ours[f"{here}.mlp.router.weight"] = state[f"{there}.mlp.gate.weight"]
        for number in range(config.experts):
            if f"{there}.mlp.experts.gate_up_proj" not in state:
                pytest.skip("this release of transformers keeps Mixtral's experts in another way")
            gate, up = state[f"{there}.mlp.experts.gate_up_proj"][number].chunk(2)
            parts = {"gate": gate, "up": up, "down": state[f"{there}.mlp.experts.down_proj"][number]}
            ours |= {f"{here}.mlp.experts.{number}.{part}.weight": value for part, value in parts.items()}
    mine = Modern(config)
    mine.load_state_dict(ours)
    return mine.eval()


@pytest.mark.parametrize("name, theirs, choices", [
    ("Llama", {"head_dim": 8, "tie_word_embeddings": False}, {"head_width": 8, "tied": False}),
    ("Llama", {"tie_word_embeddings": True}, {}),
    ("Qwen2", {"tie_word_embeddings": False}, {"qkv_bias": True, "tied": False, "norm_epsilon": 1e-6}),
    ("Qwen3", {"head_dim": 10, "tie_word_embeddings": True}, {"qk_norm": True, "head_width": 10, "norm_epsilon": 1e-6}),
    ("Mixtral", {"num_local_experts": 4, "num_experts_per_tok": 2, "rope_theta": 10_000.0},
     {"experts": 4, "used": 2, "tied": False}),
])
def test_it_is_equal_to_the_model_of_transformers(name, theirs, choices):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = dict(vocab_size=50, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                 num_key_value_heads=2, max_position_embeddings=64)
    other = getattr(transformers, f"{name}ForCausalLM")(getattr(transformers, f"{name}Config")(**{**sizes, **theirs}))
    with torch.no_grad():
        for parameter in other.parameters():  # norms and biases too, which begin at one and zero
            parameter.normal_(std=0.2)
    config = ModernConfig(50, 64, 24, 4, 2, n_kv_heads=2, d_hidden=40, **choices)
    ids = some_ids(3, 40, V=50)
    with torch.no_grad():
        torch.testing.assert_close(from_transformers(other.eval(), config)(ids), other(ids).logits,
                                   rtol=1e-4, atol=1e-4)


# The parts


def test_rms_norm_against_torch_and_on_halves():
    x, weight = torch.randn(5, 9), torch.randn(9)
    norm = RMSNorm(9, 1e-3)
    norm.weight.data = weight
    expected = functional.rms_norm(x, (9,), weight, 1e-3)
    torch.testing.assert_close(norm(x), expected)
    torch.testing.assert_close(torch.tensor([rms_norm(row.tolist(), weight.tolist(), 1e-3) for row in x]), expected)
    large = torch.full((1, 9), 1000.0).half()  # its square is no half
    torch.testing.assert_close(RMSNorm(9).half()(large), torch.ones(1, 9).half())
    assert RMSNorm(9).double()(x.double()).dtype == torch.float64
    for x, weight in ([1.0], [1.0, 2.0]), ([], []):
        with pytest.raises(ValueError, match=f"{len(x)} numbers and weight {len(weight)}"):
            rms_norm(x, weight)


def test_rotate_is_a_product_of_complex_numbers():
    x, positions = torch.randn(2, 3, 5, 8, dtype=torch.float64), torch.tensor([0, 1, 7, 100, 5000])
    rates = 10_000.0 ** -(torch.arange(4, dtype=torch.float64) / 4)
    points = torch.complex(x[..., :4], x[..., 4:]) * torch.exp(1j * positions[:, None] * rates)
    torch.testing.assert_close(rotate(x, positions), torch.cat([points.real, points.imag], -1))
    half = rotate(x.half(), positions)
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.double(), rotate(x, positions), atol=5e-3, rtol=5e-3)
    with pytest.raises(ValueError, match="7 channels"):
        rotate(torch.zeros(2, 7), torch.arange(2))


def test_only_the_distance_counts_whatever_is_added_to_all_positions():
    torch.manual_seed(0)
    q, k = torch.randn(2, 6, 8, dtype=torch.float64)
    products = [rotate(q, torch.arange(6) + shift) @ rotate(k, torch.arange(6) + shift).mT for shift in (0, 1, 977)]
    for other in products[1:]:
        torch.testing.assert_close(other, products[0])
    attention = ModernAttention(ModernConfig(**SIZES)).double()
    x = torch.randn(2, 6, 12, dtype=torch.float64)
    torch.testing.assert_close(attention(x, torch.arange(6) + 500), attention(x))
    assert not torch.allclose(attention(x, 2 * torch.arange(6)), attention(x))


@pytest.mark.parametrize("H, K", [(6, 1), (6, 2), (6, 3), (6, 6), (1, 1)])
def test_grouped_heads_are_heads_with_repeated_keys(H, K):
    torch.manual_seed(0)
    q, k, v = torch.randn(2, H, 7, 4), torch.randn(2, K, 7, 4), torch.randn(2, K, 7, 4)
    again = [part.repeat_interleave(H // K, 1) for part in (k, v)]
    expected = functional.scaled_dot_product_attention(q, *again, is_causal=True)
    torch.testing.assert_close(grouped_attention(q, k, v), expected)
    if H == 6:
        with pytest.raises(ValueError, match="4 heads of keys"):
            grouped_attention(q, torch.zeros(2, 4, 7, 4), torch.zeros(2, 4, 7, 4))


@pytest.mark.parametrize("T, S, window", [(5, 5, None), (2, 5, None), (1, 1, 1), (5, 5, 1), (3, 8, 2), (4, 6, 5),
                                          (4, 6, 100)])
def test_visible_place_by_place(T, S, window):
    expected = [[0 <= S - T + t - s < (window or S) for s in range(S)] for t in range(T)]
    assert visible(T, S, window).tolist() == expected
    with pytest.raises(ValueError, match=f"{S + 1} queries and only {S} keys"):
        visible(S + 1, S)


def test_gates_and_squares_by_hand():
    x = torch.randn(3, 6)
    for mlp in (SwiGLU(6, 5, bias=True), SquaredReLU(6, 5, bias=True)):
        inner = x @ mlp.up.weight.T + mlp.up.bias
        if isinstance(mlp, SwiGLU):
            gate = x @ mlp.gate.weight.T + mlp.gate.bias
            inner = gate / (1 + (-gate).exp()) * inner
        else:
            inner = inner.clamp(min=0) ** 2
        torch.testing.assert_close(mlp(x), inner @ mlp.down.weight.T + mlp.down.bias)


def test_a_soft_cap_bends_and_bounds_the_logits():
    plain, capped = model_of(std=2.0), model_of(std=2.0, softcap=3.0)
    torch.testing.assert_close(capped(some_ids()), 3 * (plain(some_ids()) / 3).tanh())
    assert capped(some_ids()).abs().max() <= 3


@pytest.mark.parametrize("used", [1, 2, 4])
def test_experts_are_the_mlps_weighed_token_by_token(used):
    torch.manual_seed(0)
    experts = Experts(6, 4, used, lambda: SwiGLU(6, 5)).double()
    x = torch.randn(2, 5, 6, dtype=torch.float64, requires_grad=True)
    out, probs = experts(x), (x @ experts.router.weight.T).softmax(-1)
    for b in range(2):
        for t in range(5):
            best = probs[b, t].topk(used)
            shares = best.values if used == 1 else best.values / best.values.sum()
            expected = sum(share * experts.experts[e](x[b, t]) for share, e in zip(shares, best.indices, strict=True))
            torch.testing.assert_close(out[b, t], expected)
    first = torch.bincount(probs.argmax(-1).flatten(), minlength=4)
    assert experts.counts.tolist() == first.tolist()
    torch.testing.assert_close(experts.balance, 4 * (first / 10 * probs.flatten(0, 1).mean(0)).sum())
    out.sum().backward()
    assert experts.router.weight.grad.abs().sum() > 0 and x.grad.isfinite().all()
    with pytest.raises(ValueError, match="used is 5.*all 4"):
        route(torch.zeros(1, 4), 5)


def test_the_balance_is_one_when_all_are_used_alike_and_counts_in_the_loss():
    experts = Experts(4, 4, 1, lambda: SwiGLU(4, 5))
    experts.router.weight.data = 100 * torch.eye(4)
    experts(torch.eye(4))
    assert experts.balance.item() == pytest.approx(1)
    experts(torch.eye(4)[:1].repeat(8, 1))
    assert experts.balance.item() == pytest.approx(4)
    ids = some_ids(T=8)
    with_it, without = (model_of(experts=3, balance=balance) for balance in (0.5, 0.0))
    plain = without.loss(ids[:, :-1], ids[:, 1:])
    loss = with_it.loss(ids[:, :-1], ids[:, 1:])
    extra = sum(block.mlp.balance for block in with_it.blocks)
    torch.testing.assert_close(loss, plain + 0.5 * extra)
    torch.testing.assert_close(QuickLoss(with_it, torch.float64, "products")(ids[:, :-1], ids[:, 1:]), loss)


# Muon


@pytest.mark.parametrize("shape", [(5, 5), (4, 9), (9, 4), (30, 70), (3, 6, 4)])
def test_newton_schulz_keeps_the_directions_of_the_svd(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape, dtype=torch.float64)
    for _ in range(3 if len(shape) == 3 else 1):
        U, sizes, V = torch.linalg.svd(matrix, full_matrices=False)
        bent = newton_schulz(matrix)
        inner = U.mT @ bent @ V.mT
        diagonal = inner.diagonal(dim1=-2, dim2=-1)
        torch.testing.assert_close(inner, torch.diag_embed(diagonal), atol=1e-9, rtol=0)
        x = sizes / sizes.square().sum(-1, keepdim=True).sqrt()
        for _ in range(5):
            x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
        torch.testing.assert_close(diagonal, x, atol=1e-5, rtol=1e-5)
        assert diagonal[sizes > 0.05 * sizes.max()].sub(1).abs().max() < 0.35
    assert newton_schulz(torch.zeros(2, 3)).abs().max() == 0


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_muon_is_torchs(shape):
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this torch has no Muon")
    torch.manual_seed(0)
    before = torch.randn(shape)
    mine, theirs = before.clone().requires_grad_(), before.clone().requires_grad_()
    group = {"params": [mine], "muon": True, "lr": 0.02, "weight_decay": 0.1}
    pair = Muon([group]), torch.optim.Muon([theirs], lr=0.02, weight_decay=0.1, momentum=0.95, nesterov=True)
    for _ in range(5):
        mine.grad = torch.randn(shape)
        theirs.grad = mine.grad.clone()
        for optimizer in pair:
            optimizer.step()
    torch.testing.assert_close(mine, theirs, atol=2e-3, rtol=0)  # torch computes the iteration in bfloat16
    assert (mine - before).abs().max() > 0.02


def test_muon_moves_matrices_alone_and_adamw_the_rest():
    torch.manual_seed(0)
    model, ids = Modern(ModernConfig(**SIZES)), some_ids(T=8)
    recipe = MuonRecipe(rate=3e-3, embedding_rate=1e-2, muon_rate=0.05)
    optimizer, reference = recipe.optimizer(model), Recipe(rate=3e-3, embedding_rate=1e-2)
    groups = {group["name"]: group for group in optimizer.param_groups}
    assert {name: (group["muon"], group["peak"]) for name, group in groups.items()} == {
        "matrices": (True, 0.05), "embeddings": (False, 1e-2), "vectors": (False, 3e-3)}
    expected = {group["name"]: group["params"] for group in parameter_groups(model)}
    assert all(len(group["params"]) == len(expected[name]) for name, group in groups.items())
    model.loss(ids[:, :-1], ids[:, 1:]).backward()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer.step()
    after = [parameter.detach().clone() for parameter in model.parameters()]
    for parameter, old in zip(model.parameters(), before, strict=True):
        parameter.data = old.clone()
    reference.optimizer(model).step()
    same = {name: torch.allclose(new, parameter, atol=1e-6)
            for (name, parameter), new in zip(model.named_parameters(), after, strict=True)}
    assert [name for name, agrees in same.items() if not agrees] == [
        name for name, p in model.named_parameters() if p.ndim == 2 and "embedding" not in name]
    with pytest.raises(ValueError, match="closure"):
        optimizer.step(lambda: 1.0)


# On everything that takes a model


@pytest.mark.parametrize("choices", KINDS)
def test_the_cache_gives_what_the_whole_computation_gives(choices):
    model, ids = model_of(**choices), some_ids(3, 11)
    cache, config = Cache(11), model.config
    pieces = [read_on(model, ids[:, a:b], cache) for a, b in ((0, 4), (4, 5), (5, 6), (6, 11))]
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids))
    kept = sum(part.numel() for part in (*cache.keys, *cache.values))
    assert kept == 3 * cache_numbers(config.n_layers, config.n_kv_heads, config.head_width, 11)


@pytest.mark.parametrize("choices", [{}, {"n_kv_heads": 1, "window": 4}, {"experts": 3, "used": 2}])
def test_what_is_written_does_not_depend_on_the_cache_also_when_the_window_slides(choices):
    model, dice = model_of(**choices), torch.Generator()
    prompts = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10], [11]]
    told = [generate(model, prompts, 30, cache=cache, generator=dice.manual_seed(0)) for cache in (True, False)]
    assert told[0] == told[1] and len(told[0][1]) == 37


def test_beam_finds_the_likeliest_of_all():
    model = model_of(vocab_size=5)
    best = beam(model, [1, 2], 3, width=125)
    texts = torch.cartesian_prod(*[torch.arange(5)] * 3)
    whole = torch.cat([torch.tensor([[1, 2]]).expand(125, 2), texts], 1)
    logits = model(whole).log_softmax(-1)[:, 1:4]
    scores = logits.gather(-1, texts[..., None]).sum((1, 2))
    assert best[0][0] == whole[scores.argmax()].tolist()
    assert best[0][1] == pytest.approx(scores.max().item())


@pytest.mark.parametrize("choices", KINDS)
def test_traces_have_a_table_of_weights_for_every_head(choices):
    model, ids = model_of(**choices), some_ids()
    seen, config = trace(model, ids), model.config
    torch.testing.assert_close(seen.logits, model(ids))
    for layer, (block, weights) in enumerate(zip(model.blocks, seen.weights, strict=True)):
        assert weights.shape == (2, config.n_heads, 7, 7)
        x = block.attention_norm(seen.residuals[layer])
        q, k, v = block.attention.project(x)
        D, G = config.head_width, config.n_heads // config.n_kv_heads
        for head in range(config.n_heads):
            of_head = q[:, head // G].view(2, G, 7, D)[:, head % G] @ k[:, head // G].mT / D**0.5
            expected = of_head.masked_fill(~visible(7, 7, block.attention.window), -math.inf).softmax(-1)
            torch.testing.assert_close(weights[:, head], expected)
    watched = {}
    looking.watch(model, ids[0], weights=lambda layer, found: watched.update({layer: found}))
    for layer, weights in enumerate(seen.weights):
        torch.testing.assert_close(watched[layer], weights[0])


def test_widgets_and_the_looks_inside_take_it():
    model, ids = model_of().float(), some_ids(1)[0].tolist()
    assert show.AttentionView(model, ids).weights().shape == (3, 6, 7, 7)
    show.LogitLens(model, ids)
    show.Saliency(model, ids)
    show.NextToken(model, ids)
    names, parts = inside.by_head(model, torch.tensor([ids]))
    torch.testing.assert_close(parts.sum(0), trace(model, torch.tensor([ids])).residuals[-1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("choices", KINDS)
@pytest.mark.parametrize("way", ["products", "fused"])
def test_the_fast_path_agrees(choices, way):
    model, ids = model_of(**choices).float(), some_ids(4, 11)
    parts, last = fused_parts(model, way, ids)
    assert len(parts) == 3 + 7 + (6 if model.config.qk_norm else 0), "every attention and every norm is swapped"
    assert last == (model.config.softcap is None)
    pair = ids[:, :-1], ids[:, 1:]
    weights = list(model.parameters())
    expected = torch.autograd.grad(model.loss(*pair), weights, allow_unused=True)
    quick = QuickLoss(model, torch.float32, way)
    found = torch.autograd.grad(quick(*pair), weights, allow_unused=True)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    assert QuickLoss(model, torch.bfloat16, way)(*pair).item() == pytest.approx(model.loss(*pair).item(), rel=0.05)


def test_it_trains_stops_and_goes_on_as_if_it_had_not(tmp_path):
    texts, tokenizer = stories.texts("train", 30), story_vocabulary()
    config = ModernConfig(tokenizer.vocab_size, 32, 16, 4, 2, n_kv_heads=2, experts=2)
    recipe = MuonRecipe(rate=3e-3, hold=0.5, short=20)
    options = dict(recipe=recipe, batch_size=3, progress=False, engine=Engine(), evaluate_every=4)

    def run(folder, steps, **more):
        torch.manual_seed(0)
        model = Modern(config)
        return model, train(model, tokenizer, texts, texts[:2], steps=steps, run=folder, **options, **more)

    whole, history = run(tmp_path / "whole", 8)
    assert history.validation[-1] < history.validation[0] and not history.stopped
    curve = type("Curve", (), {"follow": lambda self, steps: self, "say": lambda *_: None, "look": lambda *_: None,
                               "close": lambda *_: None})

    class Stops(curve):
        def step(self, number, loss):
            if number == 5:
                raise KeyboardInterrupt

    torch.manual_seed(0)
    cut = Modern(config)
    stopped = train(cut, tokenizer, texts, texts[:2], steps=8, run=tmp_path / "cut", **{**options,
                    "progress": Stops()})
    assert stopped.stopped == "interrupted"
    again, resumed = run(tmp_path / "cut", 8, resume=True)
    assert resumed.losses == history.losses
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    loaded, _, _ = load(tmp_path / "whole")
    assert type(loaded) is Modern and loaded.config == config
    torch.testing.assert_close(loaded(some_ids()), whole.eval()(some_ids()))
    assert complete(loaded, tokenizer, "", n=5, generator=torch.Generator().manual_seed(0)) is not None
    assert bits_per_byte(loaded, tokenizer, texts[:2]) > 0


# What it starts from, and what it refuses


def test_every_head_begins_by_copying_what_it_looks_at():
    model = Modern(ModernConfig(**{**SIZES, "d_model": 24, "head_width": 4}))
    for block in model.blocks:
        values = block.attention.qkv.weight[-8:].view(2, 4, 24)
        for head in range(6):
            columns = block.attention.out.weight[:, 4 * head : 4 * head + 4]
            torch.testing.assert_close(columns, 0.3 * values[head // 3].T)
        assert not block.mlp.down.weight.any()
    own = Modern(ModernConfig(**SIZES, tied=False))
    assert torch.equal(own.head.weight, own.token_embedding.weight)
    assert own.head.weight is not own.token_embedding.weight
    classic = Modern(modern(Config(2051, 64, 128, 4, 1), **CLASSIC))
    assert classic.position_embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not classic.blocks[0].attention.qkv.bias.any() and isinstance(classic.final_norm, LayerNorm)


def test_some_layers_see_all_of_the_text_and_the_last_does():
    def windows(**choices):
        return [block.attention.window for block in model_of(n_layers=5, **choices).blocks]

    assert windows(window=3) == [3, None, 3, None, None]
    assert windows(window=3, full_every=4) == [3, 3, 3, None, None]
    assert windows() == [None] * 5 == windows(window=3, full_every=1)


@pytest.mark.parametrize("choices, words", [
    ({"n_kv_heads": 4}, "n_kv_heads 4 does not divide n_heads 6"), ({"d_model": 13}, "d_model 13.*n_heads 6"),
    ({"head_width": 3}, "head_width is 3"), ({"norm": "batch"}, "norm is 'batch'; choose one of rms, layer"),
    ({"positions": None}, "positions is None"), ({"mlp": "relu"}, "choose one of swiglu, relu2, gelu"),
    ({"used": 3, "experts": 2}, "used is 3 and experts 2"), ({"experts": 0}, "experts is 0"),
    ({"window": 2.5}, "window is 2.5"), ({"softcap": 0.0}, "softcap is 0.0"), ({"rope_base": -1.0}, "rope_base"),
    ({"vocab_size": True}, "vocab_size is True"), ({"n_heads": 0}, "n_heads is 0"),
])
def test_a_config_that_makes_no_model_is_refused(choices, words):
    with pytest.raises(ValueError, match=words):
        ModernConfig(**{**SIZES, **choices})


def test_a_config_takes_whole_numbers_of_numpy_and_torch():
    for kind in np.int64, torch.tensor:
        made = ModernConfig(**{**SIZES, "vocab_size": kind(SIZES["vocab_size"]), "window": kind(3), "experts": kind(2)})
        assert made == ModernConfig(**SIZES, window=3, experts=2)
        assert type(made.vocab_size) is type(made.window) is type(made.experts) is int


def test_sizes_that_nobody_gives_follow_from_the_others():
    config = ModernConfig(7, 5, 128, 4, 1)
    assert (config.n_kv_heads, config.head_width, config.d_hidden) == (4, 32, 344)
    assert ModernConfig(7, 5, 12, 2, 1, mlp="relu2").d_hidden == 48
    assert replace(ModernConfig(**SIZES), window=3).n_kv_heads == 2
    with pytest.raises(ValueError, match="positions 0 to 11 do not fit context_length 11"):
        model_of()(some_ids(1, 12))

"""One forward for every model: bf16, fused parts and rows of logits give what the model as it is written gives."""

import copy
import math
from types import SimpleNamespace

import pytest
import torch
from test_training import PLAIN, Letters, T, documents, same, some_batch, tiny
from torch import nn
from torch.nn import functional

from course_lib.attention import CausalSelfAttention, Listener, SinusoidalPositions
from course_lib.block import Block, LayerNorm
from course_lib.gpt import GPT, Config
from course_lib.training import Engine, engine, precision, probe, register_fused, train
from course_lib.training.engine import threads_set
from course_lib.training.head import ROWS, HeadLoss
from course_lib.training.precision import FUSED, HALVED, QuickLoss, fused_norm, fused_parts, mix_by_products, mix_fused


class Leaky(CausalSelfAttention):
    """A mask that is defined and never used."""

    def weights(self, q, k):
        return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)


class RMSNorm(nn.Module):
    """A part that no table knows."""

    def __init__(self, C):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(C))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class LoRA(nn.Module):
    """A frozen linear layer and a correction of low rank that is learned."""

    def __init__(self, linear, rank=2):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) * 0.1)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + x @ self.down.T @ self.up.T

    @property
    def in_features(self):
        return self.linear.in_features


class Waves(GPT):
    """Positions that are computed in fp32, whatever the weights are."""

    def __init__(self, config):
        super().__init__(config)
        self.position_embedding = SinusoidalPositions(config.d_model)


class Capped(GPT):
    """Something happens to the logits behind the head."""

    def forward(self, ids):
        return 3 * torch.tanh(super().forward(ids) / 3)


class Masked(GPT):
    """A loss of its own: only every other target counts."""

    def loss(self, ids, targets):
        return functional.cross_entropy(self(ids)[:, ::2].flatten(0, 1), targets[:, ::2].flatten())


class Counting(GPT):
    """A buffer that each forward changes, as experts count their tokens."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, ids):
        self.calls += 1
        return super().forward(ids)


class Dropping(CausalSelfAttention):
    """Dropout behind the weights, in the class itself."""

    def weights(self, q, k):
        return functional.dropout(super().weights(q, k), 0.5, self.training)


def gpt(kind=GPT, **changes):
    torch.manual_seed(0)
    sizes = {"vocab_size": 12, "context_length": T, "d_model": 12, "n_heads": 3, "n_layers": 2}
    return kind(Config(**{**sizes, **changes}))


def maskless():
    model = gpt()
    for block in model.blocks:
        block.attention.weights = Leaky.weights.__get__(block.attention)
    return model


def half_maskless():
    model = gpt()
    model.blocks[1].attention.__class__ = Leaky
    return model


def with_rms_norm():
    model = gpt(tied=False)
    for block in model.blocks:
        block.attention_norm, block.mlp_norm = RMSNorm(12), RMSNorm(12)
    return model


def with_lora():
    model = gpt().requires_grad_(False)
    for block in model.blocks:
        block.attention.qkv, block.mlp.up = LoRA(block.attention.qkv), LoRA(block.mlp.up)
    return model


def with_lora_head():
    model = gpt(tied=False)
    model.head = LoRA(model.head)
    return model


def listener():
    torch.manual_seed(0)
    return Listener(12, T, 12, 3, CausalSelfAttention)


def lone():
    """A learner's own model: nothing of the course's in it, no `loss`, and a mask that is a table of floats."""
    class Mine(nn.Module):
        def __init__(self):
            super().__init__()
            self.config = SimpleNamespace(context_length=T)
            self.table, self.mix, self.out = nn.Embedding(12, 8), nn.Linear(8, 8), nn.Linear(8, 12)
            self.register_buffer("mask", torch.full((T, T), -torch.inf).triu(1))

        def forward(self, ids):
            x = self.table(ids)
            scores = self.mix(x) @ x.mT + self.mask[: ids.shape[1], : ids.shape[1]]
            return self.out(scores.softmax(-1) @ x + x)

    torch.manual_seed(0)
    return Mine()


MODELS = {
    "gpt": gpt, "untied, tanh": lambda: gpt(tied=False, activation="gelu_tanh"), "no biases": lambda: gpt(bias=False),
    "spread": lambda: gpt(init="spread"), "no mask": maskless, "no mask in one block": half_maskless,
    "listener": listener, "rms norm": with_rms_norm, "lora": with_lora, "lora head": with_lora_head, "own": lone,
    "waves": lambda: gpt(Waves), "capped": lambda: gpt(Capped), "masked": lambda: gpt(Masked),
    "counting": lambda: gpt(Counting),
}  # fmt: skip


def shaken(model):
    """Every weight moved a little, so that biases, norms and silent layers do something."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def slopes(model, loss_of, ids, targets):
    model.zero_grad()
    loss = loss_of(ids, targets)
    loss.backward()
    return loss.detach(), {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


def written(model):
    """A model's loss without any of the machinery."""
    if hasattr(model, "loss"):
        return model.loss
    return lambda ids, targets: functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())


@pytest.mark.parametrize("attention", ["products", "fused"])
@pytest.mark.parametrize("name", MODELS)
def test_in_fp32_loss_and_gradients_are_those_of_the_model_as_it_is_written(name, attention):
    model = shaken(MODELS[name]())
    quick = Engine("fp32", attention, 1).loss(model)
    for length in (T, 5, 1):
        ids, targets = some_batch(length=length)
        wanted, wanted_slopes = slopes(model, written(model), ids, targets)
        given, given_slopes = slopes(model, quick, ids, targets)
        torch.testing.assert_close(given, wanted, rtol=1e-5, atol=1e-6)
        for parameter, slope in wanted_slopes.items():
            torch.testing.assert_close(given_slopes[parameter], slope, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("attention", ["own", "products", "fused"])
@pytest.mark.parametrize("name", MODELS)
def test_bf16_stays_close_and_its_gradients_arrive_in_fp32(name, attention):
    model = shaken(MODELS[name]())
    ids, targets = some_batch(B=12)
    wanted, wanted_slopes = slopes(model, written(model), ids, targets)
    given, given_slopes = slopes(model, Engine("bf16", attention, 1).loss(model), ids, targets)
    assert given.dtype == torch.float32 and given.item() == pytest.approx(wanted.item(), abs=0.02)
    for parameter, slope in wanted_slopes.items():
        found = given_slopes[parameter]
        assert (found is None) == (slope is None), parameter
        if slope is not None and slope.norm() > 1e-6:
            assert found.dtype == torch.float32 and (found - slope).norm() < 0.06 * slope.norm(), parameter


@pytest.mark.parametrize("init", ["gpt2", "spread"])
def test_in_bf16_every_parameters_gradient_is_right_over_3072_rows(init):
    """torch's fused bf16 norm on the CPU gets its own weight and bias wrong here, by 6 to 39 %."""
    model = shaken(gpt(vocab_size=96, context_length=192, d_model=96, init=init))
    ids, targets = (torch.randint(96, (16, 192), generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    _, wanted = slopes(model, model.loss, ids, targets)
    _, given = slopes(model, Engine("bf16", "products", 1).loss(model), ids, targets)
    worst = {name: ((given[name] - slope).norm() / slope.norm()).item() for name, slope in wanted.items()}
    keys_bias = {name: error for name, error in worst.items() if name.endswith("qkv.bias")}  # a third of it is nothing
    norms = {name: error for name, error in worst.items() if "norm" in name}
    assert len(norms) == 10 and max(norms.values()) < 0.02, norms
    assert max(error for name, error in worst.items() if name not in keys_bias) < 0.03, worst


@pytest.mark.parametrize("bias", [True, False])
def test_the_fused_norm_in_bf16_is_right_by_itself(bias):
    torch.manual_seed(0)
    norm, x, upstream = LayerNorm(128, bias), torch.randn(3072, 128) * 3 + 0.5, torch.randn(3072, 128) + 0.3
    with torch.no_grad():
        norm.weight.normal_(1, 0.2)
    halved = copy.deepcopy(norm).bfloat16()
    norm(x).backward(upstream)
    fused_norm(halved, x.bfloat16()).backward(upstream.bfloat16())
    for right, quick in zip(norm.parameters(), halved.parameters(), strict=True):
        assert (quick.grad.float() - right.grad).norm() < 0.009 * right.grad.norm()


def test_own_in_fp32_is_the_models_own_loss_and_nothing_else():
    model = gpt()
    calls = []
    model.loss = lambda ids, targets: calls.append(1) or GPT.loss(model, ids, targets)
    PLAIN.loss(model)(*some_batch())
    assert calls == [1]


# What is swapped, and what is not


def swapped(model, attention="products"):
    found, rows = fused_parts(model, attention, some_batch(length=3)[0])
    return {name for name, module in model.named_modules() if module in found}, rows


def test_every_norm_and_attention_of_a_gpt_is_swapped_and_its_logits_are_never_whole():
    names, rows = swapped(gpt())
    assert rows and names == {"final_norm", *(f"blocks.{block}.{part}" for block in (0, 1)
                                              for part in ("attention", "attention_norm", "mlp_norm"))}
    assert swapped(gpt(), "own")[0] == {name for name in names if name.endswith("norm")}
    assert swapped(listener()) == ({"blocks.0.attention"}, True)


@pytest.mark.parametrize("length", [1, 2, T])
def test_a_model_without_its_mask_keeps_its_attention_whatever_row_it_is_asked_with(length):
    for model in (maskless(), gpt(init="spread")):  # at the start of "spread" its MLPs are silent
        for block in model.blocks:
            block.attention.weights = Leaky.weights.__get__(block.attention)
        found, _ = fused_parts(model, "fused", some_batch(length=length)[0])
        assert not any(isinstance(module, CausalSelfAttention) for module in found) and len(found) == 5
    names, _ = swapped(half_maskless())
    assert "blocks.0.attention" in names and "blocks.1.attention" not in names


def test_a_subclass_a_changed_method_and_dropout_inside_are_not_swapped(monkeypatch):
    model = gpt()
    model.blocks[0].attention_norm.__class__ = type("Changed", (LayerNorm,), {})
    model.blocks[0].attention.__class__ = Dropping
    model.blocks[1].mlp_norm.forward = lambda x: x
    assert swapped(model)[0] == {"blocks.0.mlp_norm", "blocks.1.attention", "blocks.1.attention_norm", "final_norm"}
    monkeypatch.setattr(CausalSelfAttention, "weights", lambda self, q, k: functional.dropout(
        (q @ k.mT).softmax(-1), 0.5, self.training))
    assert not any("attention" in name and "norm" not in name for name in swapped(gpt())[0])


@pytest.mark.parametrize("attention", ["products", "fused"])
def test_what_blocks_drop_while_training_is_dropped_whichever_way_they_attend(attention):
    model = shaken(gpt())
    model.blocks = torch.nn.ModuleList(Block(12, 3, dropout=0.3) for _ in range(2))
    quick, (ids, targets) = Engine("fp32", attention, 1).loss(model), some_batch()
    quick(ids, targets)  # the first call looks at the model, with random numbers of its own
    for training in (True, False, True):
        model.train(training)
        torch.manual_seed(5)
        wanted, wanted_slopes = slopes(model, written(model), ids, targets)
        torch.manual_seed(5)
        given, given_slopes = slopes(model, quick, ids, targets)
        torch.testing.assert_close(given, wanted, rtol=1e-5, atol=1e-6)
        for parameter, slope in wanted_slopes.items():
            torch.testing.assert_close(given_slopes[parameter], slope, rtol=1e-3, atol=1e-5)
    assert model.eval() and quick(ids, targets) == quick(ids, targets)
    model.train()
    assert quick(ids, targets) != quick(ids, targets)


def test_logits_that_something_happens_to_are_taken_whole():
    assert not swapped(gpt(Capped))[1] and not swapped(with_lora_head())[1] and swapped(gpt(Masked))[1]
    model = gpt(Masked)
    quick = Engine("fp32", "fused", 1).loss(model)
    quick(*some_batch())
    assert not quick.by_rows, "its own loss is another one"


def test_looking_changes_nothing(monkeypatch):
    model = gpt(Counting)
    model.blocks[0].mlp = nn.Sequential(model.blocks[0].mlp, nn.Dropout(0.5))
    before, state = copy.deepcopy(model), torch.get_rng_state()
    quick = Engine("bf16", "products", 1).loss(model)
    quick._look_at(*some_batch())
    assert same(model, before) and torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in model.parameters())
    assert not any("forward" in vars(module) for module in model.modules())
    quick(*some_batch())
    assert model.calls == 1, "what a forward changes in a model's buffers stays there"
    assert not any(module._forward_hooks for module in model.modules())


def test_forwards_are_put_back_after_an_error():
    model = gpt()
    mine = model.final_norm.forward = lambda x: x * 2
    quick = Engine("fp32", "products", 1).loss(model)
    quick(*some_batch())
    with pytest.raises(ValueError, match="outside the vocabulary"):
        quick(torch.full((1, 3), 99), torch.zeros(1, 3, dtype=torch.long))
    assert [name for name, module in model.named_modules() if "forward" in vars(module)] == ["final_norm"]
    assert model.final_norm.forward is mine


def test_a_higher_rung_registers_its_parts(monkeypatch):
    for way in FUSED:
        monkeypatch.setitem(FUSED, way, dict(FUSED[way]))
    asked = []

    def quick(norm, x):
        asked.append(1)
        return functional.rms_norm(x, x.shape[-1:], norm.weight, 1e-5)

    register_fused(RMSNorm, quick)
    model = shaken(with_rms_norm())
    assert {"blocks.0.attention_norm", "blocks.1.mlp_norm"} <= swapped(model)[0]
    ids, targets = some_batch()
    loss = Engine("fp32", "fused", 1).loss(model)(ids, targets)
    assert asked and loss.item() == pytest.approx(model.loss(ids, targets).item(), rel=1e-5)
    register_fused(RMSNorm, lambda norm, x: functional.rms_norm(x, x.shape[-1:], None, 1e-5) * norm.weight.detach())
    assert "blocks.0.attention_norm" not in swapped(model)[0], "right forward, wrong backward"
    register_fused(RMSNorm, lambda norm, x: 1 / 0 if x.ndim == 9 else x[..., :1])
    assert "blocks.0.attention_norm" not in swapped(model)[0]


def test_targets_that_nobody_asks_for_are_skipped_as_the_model_skips_them():
    model = shaken(gpt())
    ids, targets = some_batch()
    targets = targets.clone()
    targets[:, ::3] = -100
    for attention in ("products", "fused"):
        quick = Engine("fp32", attention, 1).loss(model)
        wanted, wanted_slopes = slopes(model, model.loss, ids, targets)
        given, given_slopes = slopes(model, quick, ids, targets.int())
        torch.testing.assert_close(given, wanted)
        for name, slope in wanted_slopes.items():
            torch.testing.assert_close(given_slopes[name], slope, rtol=1e-3, atol=1e-6)
        with pytest.raises(ValueError, match="target 12 is outside the vocabulary"):
            quick(ids, torch.full_like(ids, 12))
        with pytest.raises(ValueError, match="every target is -100"):
            quick(ids, torch.full_like(ids, -100))


def test_a_model_that_cannot_run_in_bf16_is_told_so_and_probed_without_it(monkeypatch):
    class Stubborn(GPT):
        def forward(self, ids):
            if self.head.weight.dtype != torch.float32:
                raise RuntimeError("no kernel for BFloat16")
            return super().forward(ids)

    model = gpt(Stubborn)
    with pytest.raises(ValueError, match="Stubborn does not run in torch.bfloat16: no kernel.*precision 'fp32'"):
        Engine("bf16", "products", 1).loss(model)(*some_batch())
    assert probe(model, *some_batch(), repeats=0).precision == "fp32"


@pytest.mark.parametrize("name", ["gpt", "no mask", "listener", "lora", "own"])
def test_any_model_is_trained_by_train(name):
    model = MODELS[name]()
    before = copy.deepcopy(model)
    history = train(model, Letters(), documents(20), documents(6, seed=9), steps=8, batch_size=4, progress=False)
    assert len(history.losses) == 8 and math.isfinite(history.best) and not same(model, before)
    moved = {name for (name, a), b in zip(model.named_parameters(), before.parameters(), strict=True)
             if not torch.equal(a, b)}
    assert moved and moved <= {name for name, p in model.named_parameters() if p.requires_grad}


# The loss a few rows at a time


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("N", [1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 7])
def test_the_loss_a_few_rows_at_a_time_is_the_cross_entropy(N, biased):
    x, weight = torch.randn(N, 6, dtype=torch.float64), torch.randn(11, 6, dtype=torch.float64)
    bias = [torch.randn(11, dtype=torch.float64)] if biased else []
    x[0] *= 200  # bets beyond what exp can take
    targets = torch.randint(11, (N,))
    found = []
    for loss_of in (HeadLoss.apply, lambda x, weight, targets, bias=None: functional.cross_entropy(
            functional.linear(x, weight, bias), targets)):
        parts = [part.clone().requires_grad_() for part in (x, weight, *bias)]
        loss = loss_of(*parts[:2], targets, *parts[2:])
        (loss * 0.3).backward()
        found.append([loss.detach().double(), *(part.grad for part in parts)])
    for quick, torchs in zip(*found, strict=True):
        torch.testing.assert_close(quick, torchs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("long", [1, 2, 9, HALVED - 1, HALVED, HALVED + 1])
def test_attention_by_products_is_torchs_own_in_one_piece_and_in_two_halves(long):
    q, k, v = (torch.randn(2, 3, long, 4, dtype=torch.float64, requires_grad=True) for _ in range(3))
    slope, found = torch.randn(2, 3, long, 4, dtype=torch.float64), []
    for mix in mix_by_products, mix_fused:
        mixed = mix(q, k, v)
        found.append([mixed, *torch.autograd.grad(mixed, (q, k, v), slope)])
    for ours, torchs in zip(*found, strict=True):
        torch.testing.assert_close(ours, torchs)


# Engines and the probe


@pytest.mark.parametrize(("given", "said"), [
    ({"precision": "fp16"}, "'fp16'"), ({"attention": "flash"}, "'flash'"), ({"threads": 0}, "threads is 0"),
    ({"threads": 1.5}, "1.5")])
def test_an_engine_that_cannot_be_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        Engine(**given)


def test_the_probe_changes_nothing():
    model = tiny()
    model.blocks[0].mlp = nn.Sequential(model.blocks[0].mlp, nn.Dropout(0.5))
    before, state, threads = copy.deepcopy(model), torch.get_rng_state(), torch.get_num_threads()
    found = probe(model, *some_batch())
    assert isinstance(found, Engine) and found.attention != "own"
    assert same(model, before) and all(p.grad is None for p in model.parameters())
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads
    with threads_set(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == threads
    assert probe(maskless(), *some_batch()).attention == "own"


def test_the_probe_takes_what_is_quickest(monkeypatch):
    """A clock in place of a machine: two threads disturb each other on one, bf16 is slow on the next."""
    asked = set()

    def clock(costs):
        def timed(engine, *given):
            asked.add(engine)
            return next(cost for (name, value), cost in costs if getattr(engine, name) == value)
        return timed

    busy = [(("threads", 2), 6.0), (("precision", "bf16"), 1.0), (("precision", "fp32"), 3.0)]
    plain = [(("precision", "bf16"), 9.0), (("threads", 2), 2.0), (("threads", 1), 3.0)]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    for costs, wanted in ((busy, Engine("bf16", "products", 1)), (plain, Engine("fp32", "fused", 2))):
        monkeypatch.setattr(engine, "_time", clock(costs))
        assert probe(tiny(), *some_batch()) == wanted
    assert {engine.threads for engine in asked} == {1, 2}


def test_there_is_no_second_forward():
    """What runs is the model's own `forward`: a change of it changes the quick loss."""
    class Louder(GPT):
        def forward(self, ids):
            return super().forward(ids) * self.config.n_layers

    model = shaken(gpt(Louder))
    ids, targets = some_batch()
    assert QuickLoss(model, torch.float32, "fused")(ids, targets).item() == pytest.approx(
        functional.cross_entropy(GPT.forward(model, ids).flatten(0, 1) * 2, targets.flatten()).item(), rel=1e-5)
    assert not hasattr(precision, "quick_logits")

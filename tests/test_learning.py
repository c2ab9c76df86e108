"""AdamW, schedule, clipping and groups against torch's own and against what they promise."""

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from torch import nn

from course_lib.gpt import GPT, Config
from course_lib.learning import AdamW, clip_gradients, learning_rate, parameter_groups, practise, trapezoid_rate


def a_model(seed=0, dtype=torch.float64):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.LayerNorm(7), nn.Linear(7, 3)).to(dtype)


def one_step(model, optimizer, seed):
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(seed)).to(next(model.parameters()).dtype)
    optimizer.zero_grad()
    loss = (model(x) ** 2).sum() * 10 ** (seed % 5 - 2)  # gradients of very different lengths
    loss.backward()
    optimizer.step()


def assert_equal(model, peer, **tolerance):
    for mine, theirs in zip(model.parameters(), peer.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, **tolerance)


# ---- AdamW


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@pytest.mark.parametrize("options", [
    {}, {"lr": 0.1, "weight_decay": 0.3}, {"betas": (0.5, 0.6), "eps": 1e-3}, {"lr": 0.0}, {"betas": (0.0, 0.0)}])
def test_adamw_equals_torchs_step_by_step(options, dtype, tolerance):
    model = a_model(dtype=dtype)
    peer = copy.deepcopy(model)
    ours, theirs = AdamW(model.parameters(), **options), torch.optim.AdamW(peer.parameters(), **options)
    for seed in range(30):
        one_step(model, ours, seed)
        one_step(peer, theirs, seed)
        assert_equal(model, peer, rtol=tolerance, atol=tolerance)


def test_groups_keep_their_own_rates_betas_and_decay():
    model = a_model()
    peer = copy.deepcopy(model)

    def groups(m):
        return [{"params": m[0].parameters(), "lr": 0.1, "betas": (0.7, 0.8)},
                {"params": m[2].parameters(), "weight_decay": 0.0},
                {"params": m[3].parameters(), "eps": 1e-2, "weight_decay": 0.5}]

    ours, theirs = AdamW(groups(model), lr=0.01), torch.optim.AdamW(groups(peer), lr=0.01)
    for seed in range(10):
        for optimizer in (ours, theirs):
            optimizer.param_groups[1]["lr"] = 0.02 * (seed + 1)  # as a schedule does
        one_step(model, ours, seed)
        one_step(peer, theirs, seed)
        assert_equal(model, peer, rtol=1e-12, atol=1e-12)


def test_the_first_step_is_one_rate_long_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        weight = nn.Parameter(torch.tensor([2.0, -3.0]))
        weight.grad = torch.tensor([size, -size])
        AdamW([weight], lr=0.5, weight_decay=0.0).step()
        torch.testing.assert_close(weight.detach(), torch.tensor([1.5, -2.5]), rtol=1e-4, atol=1e-4)


def test_decay_does_not_pass_through_the_means():
    weight = nn.Parameter(torch.tensor([100.0]))
    weight.grad = torch.zeros(1)
    AdamW([weight], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(weight.detach(), torch.tensor([95.0]))


def test_parameters_without_a_gradient_stay():
    still, moving = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    moving.grad = torch.ones(2)
    AdamW([still, moving]).step()
    assert torch.equal(still, torch.ones(2)) and not torch.equal(moving, torch.ones(2))


def test_a_closure_is_called_with_gradients_on():
    weight = nn.Parameter(torch.ones(2))
    optimizer = AdamW([weight], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert weight.max() < 1


@pytest.mark.parametrize("first, second", [
    (AdamW, AdamW), (AdamW, torch.optim.AdamW), (torch.optim.AdamW, AdamW)])
def test_state_moves_to_another_optimizer(first, second):
    """Stopped after 5 steps, loaded and continued: the same weights as 10 steps without a stop."""
    straight, stopped = a_model(), a_model()
    whole, before = AdamW(straight.parameters(), lr=0.05), first(stopped.parameters(), lr=0.05)
    for seed in range(10):
        one_step(straight, whole, seed)
    for seed in range(5):
        one_step(stopped, before, seed)
    after = second(stopped.parameters(), lr=1.0)
    after.load_state_dict(copy.deepcopy(before.state_dict()))
    for seed in range(5, 10):
        one_step(stopped, after, seed)
    assert_equal(stopped, straight, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options, message", [
    ({"lr": -1}, "lr is -1"), ({"eps": -1}, "eps is -1"), ({"betas": (0.9, 1.0)}, "betas is"),
    ({"weight_decay": -0.1}, "weight_decay is -0.1")])
def test_impossible_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        AdamW([nn.Parameter(torch.ones(1))], **options)


# ---- the rate


@given(total=some.integers(2, 300), data=some.data(), peak=some.floats(1e-5, 10), share=some.floats(0, 1))
def test_the_rate_rises_once_falls_once_and_ends_at_its_floor(total, data, peak, share):
    warmup, floor = data.draw(some.integers(0, total - 1)), peak * share
    rates = [learning_rate(step, peak, warmup, total, floor) for step in range(total + 20)]
    top = max(warmup - 1, 0)
    assert rates[0] > 0 and rates[top] == pytest.approx(peak)
    assert all(a < b for a, b in zip(rates[:top], rates[1:top + 1], strict=True))
    assert all(a >= b - 1e-12 * peak for a, b in zip(rates[top:], rates[top + 1:], strict=False))
    assert rates[total - 1:] == pytest.approx([floor] * 21)
    assert total < 3 or warmup > total - 3 or share > 0.9 or rates[total - 2] > floor


def test_the_rate_equals_torchs_cosine():
    peer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=3.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(peer, T_max=19, eta_min=0.5)
    for step in range(20):
        assert learning_rate(step, 3.0, 0, 20, 0.5) == pytest.approx(schedule.get_last_lr()[0])
        peer.step()
        schedule.step()


def test_the_cosine_starts_where_the_warm_up_ends():
    rates = [learning_rate(step, peak=1.0, warmup=2, total=6) for step in range(8)]
    assert rates == pytest.approx([0.5] + [(1 + math.cos(math.pi * x / 4)) / 2 for x in (0, 1, 2, 3, 4, 4, 4)])


def test_warm_up_is_a_line():
    assert [learning_rate(step, 8.0, 4, 10) for step in range(4)] == [2.0, 4.0, 6.0, 8.0]


@pytest.mark.parametrize("arguments, message", [
    (dict(step=0, peak=1, warmup=10, total=10), "warm-up of 10 steps does not end within a run of 10; .* 0 to 9"),
    (dict(step=0, peak=1, warmup=-1, total=10), "warm-up of -1"),
    (dict(step=0, peak=1, warmup=0, total=0), "a run of 0"),
    (dict(step=-1, peak=1, warmup=2, total=10), "step is -1"),
    (dict(step=0, peak=1, warmup=2, total=10, floor=2), "floor 2 and peak 1")])
def test_impossible_schedules_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        learning_rate(**arguments)


@given(total=some.integers(2, 300), data=some.data(), peak=some.floats(1e-5, 10), share=some.floats(0, 1))
def test_the_trapezoid_rises_stays_level_and_falls_in_a_line(total, data, peak, share):
    warmup, hold = data.draw(some.integers(0, total - 1)), data.draw(some.integers(0, total - 2))
    floor = peak * share
    rates = [trapezoid_rate(step, peak, warmup, hold, total, floor) for step in range(total + 20)]
    top = max(hold, warmup - 1)
    assert rates[:warmup] == pytest.approx([peak * (step + 1) / warmup for step in range(warmup)])
    assert rates[max(warmup - 1, 0): top + 1] == pytest.approx([peak] * (top + 1 - max(warmup - 1, 0)))
    assert rates[total - 1:] == pytest.approx([floor] * 21)
    drops = [a - b for a, b in zip(rates[top: total - 1], rates[top + 1: total], strict=True)]
    assert drops == pytest.approx([(peak - floor) / (total - 1 - top)] * len(drops), rel=1e-6, abs=1e-9 * peak)


def test_the_trapezoids_fall_equals_torchs_line():
    peer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=3.0)
    schedule = torch.optim.lr_scheduler.LinearLR(peer, start_factor=1.0, end_factor=0.25, total_iters=12)
    for step in range(7, 20):
        assert trapezoid_rate(step, 3.0, 2, 7, 20, 0.75) == pytest.approx(schedule.get_last_lr()[0])
        peer.step()
        schedule.step()


@pytest.mark.parametrize("arguments, message", [
    (dict(step=0, peak=1, warmup=10, hold=0, total=10), "warm-up of 10 steps does not end within a run of 10; .* to 9"),
    (dict(step=0, peak=1, warmup=0, hold=9, total=10), "hold of 9 steps does not end within a run of 10; .* 0 to 8"),
    (dict(step=0, peak=1, warmup=0, hold=-1, total=10), "hold of -1"),
    (dict(step=-1, peak=1, warmup=2, hold=3, total=10), "step is -1"),
    (dict(step=0, peak=1, warmup=2, hold=3, total=10, floor=2), "floor 2 and peak 1")])
def test_impossible_trapezoids_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        trapezoid_rate(**arguments)


def test_a_run_of_one_step_takes_it_at_the_peak():
    assert trapezoid_rate(0, 2.0, 0, 0, 1) == 2.0


# ---- clipping


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("max_norm", [0.1, 1.0, math.inf])
def test_clipping_equals_torchs(size, max_norm):
    torch.manual_seed(0)
    ours = [nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in [(3, 5), (7,), (2, 2, 2)]]
    for parameter in ours[:2]:  # the third has no gradient
        parameter.grad = torch.randn_like(parameter) * size
    theirs = copy.deepcopy(ours)
    for mine, other in zip(ours, theirs, strict=True):
        other.grad = None if mine.grad is None else mine.grad.clone()
    wanted = nn.utils.clip_grad_norm_(theirs, max_norm)
    torch.testing.assert_close(clip_gradients(iter(ours), max_norm), wanted)
    for mine, other in zip(ours[:2], theirs, strict=False):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-12, atol=0)


def test_clipping_keeps_the_direction_and_leaves_short_gradients_alone():
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3.0, 4.0])
    assert clip_gradients([weight], 10.0).item() == 5.0 and weight.grad.tolist() == [3.0, 4.0]
    assert clip_gradients([weight], 1.0).item() == 5.0
    torch.testing.assert_close(weight.grad, torch.tensor([0.6, 0.8]))


def test_one_tensor_is_a_list_of_one():
    ours = nn.Parameter(torch.zeros(3, 2))
    ours.grad = torch.full((3, 2), 5.0)
    theirs = copy.deepcopy(ours)
    theirs.grad = ours.grad.clone()
    assert clip_gradients(ours, 1.0).item() == pytest.approx(nn.utils.clip_grad_norm_(theirs, 1.0).item())
    torch.testing.assert_close(ours.grad, theirs.grad)
    assert ours.grad.norm().item() == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_gradients_that_are_not_finite_are_refused_and_left_as_they_were(bad):
    weights = [nn.Parameter(torch.zeros(2)) for _ in range(2)]
    weights[0].grad, weights[1].grad = torch.tensor([1.0, bad]), torch.tensor([3.0, 4.0])
    with pytest.raises(ValueError, match="length is (nan|inf)"):
        clip_gradients(weights, 1.0)
    assert weights[1].grad.tolist() == [3.0, 4.0]


def test_clipping_nothing_and_to_nothing():
    assert clip_gradients([nn.Parameter(torch.ones(2))], 1.0).item() == 0.0
    for max_norm in (0, -1, math.nan):
        with pytest.raises(ValueError, match="max_norm is"):
            clip_gradients([], max_norm)


# ---- who decays


@pytest.mark.parametrize("tied", [True, False])
def test_only_matrices_decay_and_everyone_has_one_group(tied):
    model = GPT(Config(vocab_size=9, context_length=5, d_model=6, n_heads=2, n_layers=2, tied=tied))
    groups = {group["name"]: group for group in parameter_groups(model, weight_decay=0.3)}
    names = {id(p): name for name, p in model.named_parameters()}
    members = {name: {names[id(p)] for p in group["params"]} for name, group in groups.items()}
    assert sorted(sum((sorted(m) for m in members.values()), [])) == sorted(names.values())
    assert all(name.startswith("blocks") and name.endswith("weight") for name in members["matrices"])
    assert len(members["matrices"]) == 2 * 4
    assert members["embeddings"] == {"token_embedding.weight", "position_embedding.weight"} | (
        set() if tied else {"head.weight"})
    assert all("norm" in name or "bias" in name for name in members["vectors"])
    assert {name: group["weight_decay"] for name, group in groups.items()} == {
        "matrices": 0.3, "embeddings": 0.0, "vectors": 0.0}
    assert not any("lr" in group for group in groups.values())


def test_groups_take_their_rates_and_leave_frozen_parameters_out():
    model = GPT(Config(vocab_size=9, context_length=5, d_model=6, n_heads=2, n_layers=1))
    model.blocks[0].mlp.up.weight.requires_grad_(False)
    groups = parameter_groups(model, lr=0.1, embedding_lr=0.7)
    assert {group["name"]: group["lr"] for group in groups} == {"matrices": 0.1, "embeddings": 0.7, "vectors": 0.1}
    assert len(groups[0]["params"]) == 3
    before = model.token_embedding.weight.detach().clone()
    optimizer = AdamW(groups)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    torch.testing.assert_close(model.token_embedding.weight.detach(), before - 0.7)


class Curve:
    """What `practise` asks of a show.LossCurve; stopped before step 3."""

    def __init__(self):
        self.logged = []

    def steps(self, total):
        yield from range(min(total, 3))

    def log(self, step, train):
        self.logged.append((step, train.item()))


def test_the_plain_loop_is_adamw_on_each_batch_and_can_be_watched():
    at = lambda step: (torch.tensor([[step % 4, 1]]), torch.tensor([[2, 3]]))
    torch.manual_seed(0)
    start = torch.nn.Embedding(4, 4)
    watched, plain, byhand = (copy.deepcopy(start) for _ in range(3))
    curve = Curve()
    assert practise(watched, at, 3, 0.1, curve) is watched
    practise(plain, at, 3, 0.1)
    assert torch.equal(watched.weight, plain.weight) and [step for step, _ in curve.logged] == [0, 1, 2]
    optimizer = torch.optim.AdamW(byhand.parameters())
    for step in range(3):
        optimizer.param_groups[0]["lr"] = learning_rate(step, 0.1, warmup=1, total=4)
        inputs, targets = at(step)
        loss = torch.nn.functional.cross_entropy(byhand(inputs).flatten(0, 1), targets.flatten())
        assert loss.item() == pytest.approx(curve.logged[step][1], rel=1e-5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.testing.assert_close(plain.weight, byhand.weight)
    practise(watched, at, 50, 0.1, curve := Curve())
    assert len(curve.logged) == 3, "a curve may end the run"

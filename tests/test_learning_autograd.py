"""The scalar autograd and the step in plain Python against torch, and against nudging."""

import math
import random

import pytest
import torch
from torch.nn import functional as F

from course_lib import show
from course_lib.learning import Node, Value, backward, in_order, step_by_hand
from course_lib.start_here import gradient


def expression(numbers, kind, seed):
    """A random computation of these numbers; kind: what makes sums, products, powers and logarithms of them."""
    dice, made = random.Random(seed), list(numbers)
    for _ in range(25):
        a, b, small = dice.choice(made), dice.choice(made), kind.number(0.1)
        step = dice.choice(["sum", "product", "power", "logarithm"])
        made.append(a + b if step == "sum" else a * b if step == "product" else kind.exp(a * small) if step == "power"
                    else kind.log(kind.exp(a * small) + small))
        if abs(kind.plain(made[-1])) > 50:
            made[-1] = made[-1] * kind.number(0.01)
    total = made[0]
    for one in made[1:]:
        total = total + one * kind.number(0.1)
    return total


class Ours:
    number, exp, log = Value, staticmethod(lambda v: v.exp()), staticmethod(lambda v: v.log())
    plain = staticmethod(lambda v: v.number)


class Torchs:
    number = staticmethod(lambda x: torch.tensor(x, dtype=torch.float64))
    exp, log, plain = torch.exp, torch.log, staticmethod(torch.Tensor.item)


@pytest.mark.parametrize("seed", range(12))
def test_every_gradient_is_torchs(seed):
    dice = random.Random(100 + seed)
    numbers = [dice.uniform(-2, 2) for _ in range(4)]
    ours = [Value(x) for x in numbers]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    end, same = expression(ours, Ours, seed), expression(theirs, Torchs, seed)
    backward(end)
    same.backward()
    assert end.number == pytest.approx(same.item(), rel=1e-12)
    for own, other in zip(ours, theirs, strict=True):
        assert own.grad == pytest.approx(0.0 if other.grad is None else other.grad.item(), rel=1e-9, abs=1e-12)


def test_and_what_nudging_finds():
    slopes = gradient(lambda x: math.log(math.exp(x[0] * x[1]) + x[0] * x[0]), [1.5, -0.5])
    a, b = Value(1.5), Value(-0.5)
    backward(((a * b).exp() + a * a).log())
    assert [a.grad, b.grad] == pytest.approx(slopes, rel=1e-6)


def test_each_node_stands_once_and_behind_its_parents():
    a, b = Value(2.0), Value(3.0)
    shared = a * b
    order = in_order((shared + shared) * (shared + a))
    assert len(order) == len({id(node) for node in order}) == 6
    for place, node in enumerate(order):
        assert all(order.index(parent) < place for parent in node.parents)
    assert in_order(a) == [a]


def test_a_chain_longer_than_pythons_stack():
    value = start = Value(0.0)
    for _ in range(20_000):
        value = value + Value(1.0)
    backward(value)
    assert value.number == 20_000 and start.grad == 1.0


def test_a_logarithm_of_nothing_is_refused_by_python_itself():
    with pytest.raises(ValueError):
        Value(0.0).log()
    with pytest.raises(OverflowError):
        Value(1e4).exp()


@pytest.mark.parametrize("V, C, N", [(1, 1, 1), (5, 3, 7), (11, 1, 4), (3, 8, 40)])
def test_the_step_by_hand_is_torchs(V, C, N):
    torch.manual_seed(V + C)
    embedding, head = torch.randn(V, C, dtype=torch.float64), torch.randn(V, C, dtype=torch.float64)
    ids, targets = torch.randint(V, (N,)), torch.randint(V, (N,))
    ours = embedding.tolist(), head.tolist()
    tables = [embedding.requires_grad_(), head.requires_grad_()]
    for _ in range(5):
        loss = F.cross_entropy(embedding[ids] @ head.mT, targets)
        slopes = torch.autograd.grad(loss, tables)
        with torch.no_grad():
            for table, slope in zip(tables, slopes, strict=True):
                table -= 0.3 * slope
        assert step_by_hand(*ours, ids.tolist(), targets.tolist(), 0.3) == pytest.approx(loss.item(), abs=1e-12)
        for own, other in zip(ours, tables, strict=True):
            assert torch.allclose(torch.tensor(own, dtype=torch.float64), other.detach(), atol=1e-12)


def test_the_step_refuses_what_does_not_fit_and_changes_nothing_then():
    tables = [[1.0]], [[1.0]]
    for ids, targets in (([], []), ([0], []), ([0], [0, 0])):
        with pytest.raises(ValueError, match=f"{len(ids)} ids and {len(targets)} targets"):
            step_by_hand(*tables, ids, targets, 0.1)
    assert tables == ([[1.0]], [[1.0]])


def test_a_graph_is_drawn_with_its_numbers_and_one_too_large_is_refused():
    a, b = Value(2.0), Value(5.0)
    end = a * b + a
    backward(end)
    picture = show.graph(end, {"a": a, "the end": end}, title="a · b + a")
    assert picture.png().startswith(b"\x89PNG") and "a: 2, gradient 6." in picture.alt
    assert show.graph(Node(1.0)).png()
    for _ in range(40):
        end = end + a
    with pytest.raises(ValueError, match="44 numbers .* at most 40"):
        show.graph(end)


def test_a_valley_needs_paths_and_heights_above_0():
    path = {"a way": [(0.0, 0.0), (0.5, 0.5)]}
    assert "1 steps, from (0, 0) to (0.5, 0.5)" in show.valley(lambda x, y: x**2 + y**2 + 1, path).alt
    with pytest.raises(ValueError, match="paths is empty"):
        show.valley(lambda x, y: x**2 + 1, {})
    with pytest.raises(ValueError, match="above 0"):
        show.valley(lambda x, y: x + y, path)

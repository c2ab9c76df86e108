"""The maths in plain Python, against numpy, torch, fractions and sums done by hand."""

import doctest
import json
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import course_lib.start_here
from course_lib.classroom import find_chapter
from course_lib.start_here import bits_per_byte, cross_entropy, dot, gradient, matmul, softmax

NOISE = np.random.default_rng(0)


def test_the_docstrings_examples_hold():
    assert doctest.testmod(course_lib.start_here).failed == 0


@pytest.mark.parametrize("n", [0, 1, 3, 50])
def test_dot_is_numpys(n):
    a, b = NOISE.normal(size=(2, n))
    assert dot(a.tolist(), b.tolist()) == pytest.approx(a @ b)


def test_dot_is_exact_where_numbers_are():
    assert dot([Fraction(1, 3), Fraction(1, 7)], [Fraction(3), Fraction(14)]) == 3
    assert dot([10**20, 1], [1, 5]) == 10**20 + 5


@pytest.mark.parametrize("a, b", [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([], [1.0])])
def test_vectors_of_two_lengths_are_refused(a, b):
    with pytest.raises(ValueError, match="shorter|longer"):
        dot(a, b)


@pytest.mark.parametrize("M, K, N", [(1, 1, 1), (2, 3, 5), (5, 3, 2), (1, 7, 1), (7, 1, 3), (3, 3, 3)])
def test_matmul_is_numpys(M, K, N):
    a, b = NOISE.normal(size=(M, K)), NOISE.normal(size=(K, N))
    assert np.allclose(matmul(a.tolist(), b.tolist()), a @ b)


def test_matrices_that_do_not_fit_are_refused():
    for a, b in ([[1.0, 2.0]], [[1.0]]), ([[1.0]], [[1.0], [2.0]]):
        with pytest.raises(ValueError):
            matmul(a, b)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0, 1e300])
@pytest.mark.parametrize("scale", [0.0, 1.0, 500.0])
def test_softmax_is_torchs_also_where_e_overflows(shift, scale):
    scores = NOISE.normal(size=9) * scale + shift
    probs = softmax(scores.tolist())
    assert np.allclose(probs, torch.softmax(torch.tensor(scores), 0).numpy())
    assert sum(probs) == pytest.approx(1)


def test_softmax_leaves_its_list_alone_and_forbids_what_minus_infinity_forbids():
    scores = [3.0, -math.inf, 1.0]
    assert softmax(scores)[1] == 0.0 and scores == [3.0, -math.inf, 1.0]


def test_bits_are_counted_for_bytes():
    assert bits_per_byte([1 / 256] * 5, "hello") == 8
    assert bits_per_byte([1 / 256] * 5, "h€llo") == pytest.approx(8 * 5 / 7)
    assert bits_per_byte([1.0], "anything") == 0
    assert bits_per_byte([0.5, 0.0], "ab") == math.inf
    exact = -math.log2(Fraction(1, 3) * Fraction(1, 7) * Fraction(2, 5))
    assert bits_per_byte([1 / 3, 1 / 7, 2 / 5], "three") == pytest.approx(exact / 5)
    assert bits_per_byte([5e-324], "a") == pytest.approx(1074)


@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0, 1e5])
def test_cross_entropy_is_torchs_however_wrong_the_model(scale):
    scores, targets = NOISE.normal(size=(7, 5)) * scale, NOISE.integers(0, 5, 7)
    theirs = F.cross_entropy(torch.tensor(scores), torch.tensor(targets)).item()
    assert cross_entropy(scores.tolist(), targets.tolist()) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_the_worked_example():
    rows = [[math.log(p), math.log(1 - p)] for p in (0.9, 0.1, 0.05, 0.75, 0.75)]
    assert [round(cross_entropy([row], [0]), 3) for row in rows] == [0.105, 2.303, 2.996, 0.288, 0.288]
    assert round(cross_entropy(rows, [0] * 5), 3) == 1.196


@pytest.mark.parametrize("targets", [[0], [0, 1, 0]])
def test_rows_and_targets_must_be_as_many(targets):
    with pytest.raises(ValueError):
        cross_entropy([[0.0, 1.0], [1.0, 0.0]], targets)


def test_gradient_is_autograds():
    x = NOISE.normal(size=6).tolist()
    f = lambda v: cross_entropy([v[:3], v[3:]], [2, 0])
    inputs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(inputs.view(2, 3), torch.tensor([2, 0])).backward()
    assert np.allclose(gradient(f, x), inputs.grad.numpy(), atol=1e-7)


def test_gradient_leaves_x_alone_and_is_exact_for_a_parabola():
    x = [3.0, -1.0]
    assert gradient(lambda v: v[0] ** 2 + v[1], x, h=0.5) == pytest.approx([6.0, 1.0], rel=1e-12)
    assert x == [3.0, -1.0]
    assert gradient(lambda v: 0.0, []) == []


def test_the_chapters_story_is_the_one_its_sentences_speak_of(capsys):
    cells = {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(find_chapter("start_here").path.read_text("utf-8"))["cells"]
    }
    space, imports = {}, "import random; from course_lib import show, stories"
    for cell in imports, cells["story"], cells["spoil"], cells["bits"]:
        capsys.readouterr()
        exec(cell, space)
        if cell == cells["spoil"]:
            problem = capsys.readouterr().out
    assert problem.startswith("sentence 11: Kate holds the shell, but Pia got it")
    assert "hedgehog" in space["story"] and " her " in space["story"]
    assert 600 < space["size"] < 1000 and 100 < space["bits"] < 300

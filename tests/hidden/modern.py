"""What the modern parts must get right."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_lib.classroom import elsewhere, grads, in_place, precise, raised


class Largest(TorchDispatchMode):
    """Of the tensors that are made meanwhile: how many numbers the largest has."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        self.numbers = max([self.numbers, *(x.numel() for x in tree_leaves(out) if torch.is_tensor(x))])
        return out


def rms_norm(impl, draw):
    x, weight = draw(7).tolist(), draw(7).tolist()
    ones = [1.0] * 7
    yield "without a scale the mean of the squares that come out is 1", sum(y * y for y in impl(x, ones, 0.0)) / 7
    yield "a mean that is not 0 is left in", impl([number + 3.0 for number in x], ones)
    yield "each number has a scale of its own, which comes after the root", impl(x, weight)
    yield "epsilon is added to the mean of the squares, and under the root", impl(
        [0.01 * number for number in x], ones)
    yield "another epsilon may be given", [impl(x, weight, 2.0), impl(x, weight, epsilon=0.5)]
    yield "small numbers keep all their digits", precise(impl([1e-9, 3e-9, -2e-9], [1.0, 2.0, 1e-6]), 1e-9)
    yield "unless it is given, epsilon is 1e-5", precise(impl([1e-3, 2e-3], [1.0, 1.0]), 1e-9)
    yield "an epsilon of 0 is 0, and not left out", precise(impl([1e-3, 2e-3], [1.0, 1.0], 0.0), 1e-9)
    yield "numbers that are alike count each, and each has a scale of its own", impl(
        [2.0, 2.0, -2.0, x[0], x[0]], weight[:5])
    yield "zeros stay zeros and divide nothing by zero", impl([0.0] * 7, weight)
    yield "twice the vector has the same norm", impl([-1e4 * number for number in x], weight)
    yield "large ones too", precise(impl([1e8, -3e8, 2e8], [1e5, 2.0, 1.0]), 1e-9)
    yield "one number alone, and three hundred", [impl([-4.0], [3.0]), impl(draw(300).tolist(), draw(300).tolist())]
    yield "whole numbers are numbers as well", impl([3, -4], [1, 2])
    yield "a scale of another length is refused with a ValueError", [
        raised(impl, x, weight[:6]), raised(impl, x[:6], weight), raised(impl, x, []), raised(impl, x, [1.0])]
    yield "no numbers at all are refused with a ValueError", raised(impl, [], [])


def rotate(impl, draw):
    x, places = draw(5, 6), torch.arange(5)
    yield "at position 0 nothing turns", impl(x, torch.zeros(5, dtype=torch.long))
    yield "at other positions it turns, and other numbers are turned into others", [
        torch.equal(impl(x, places), impl(x, places + 1)), torch.equal(impl(x, places), impl(x + 1.0, places))]
    yield "the first channel is paired with the first of the second half, and turns by the position", impl(
        x, places)[:, 0]
    yield "the first of the second half turns along, by what the two were before", impl(x, places)[:, 3]
    yield "later pairs turn more slowly", impl(x, places)
    yield "turning keeps every pair's length", impl(x, places)[:, :3] ** 2 + impl(x, places)[:, 3:] ** 2
    q, k = draw(5, 6), draw(5, 6)
    yield "products depend on how far apart two positions are, and on nothing else", [
        impl(q, places + far) @ impl(k, places + far).mT for far in (0, 100)]
    yield "positions may begin and jump anywhere", [impl(x, draw.ints(0, 50, 5)), impl(x[:1], torch.tensor([7]))]
    yield "positions need not grow, nor be different", impl(x, torch.tensor([9, 2, 2, 0, 40]))
    yield "below 0 it turns the other way round", impl(x, torch.tensor([-1, 4, -30, 0, -1]))
    yield "another base, another speed", [
        impl(x, places, 100.0), impl(x, places, base=500_000.0), *(impl(x, places, base) for base in (7, 1, 0.5))]
    yield "as many channels as there are: two, eight, two hundred", [
        impl(draw(3, D), torch.arange(3)) for D in (2, 8, 200)]
    yield "what stands before the last two", [impl(draw(2, 3, 5, 4), places), impl(draw(2, 5, 8), places + 11)]
    yield "as many heads as positions are not mixed up with them", impl(draw(5, 5, 5, 6), places)
    yield "heads that lie in memory in another order", impl(draw(2, 5, 3, 4).transpose(1, 2), places)
    yield "a text of three hundred tokens", impl(draw(1, 300, 4), torch.arange(300))
    yield "far away positions are turned with full precision", impl(
        draw(3, 4).double(), torch.tensor([100_000, 200_001, 999_999]))
    yield "the slowest pair turns by little, which is not nothing", precise(
        impl(torch.tensor([[0.0] * 16 + [1.0] * 16]), torch.tensor([1]))[0, 8:16], 1e-4)
    yield "half precision stays half precision, and double stays double", [
        impl(draw(2, 5, 6).to(kind), places) for kind in (torch.float16, torch.bfloat16, torch.float64)]
    yield "in half precision the angles of large positions are not rounded", [
        impl(draw(3, 4).to(kind), torch.tensor([3001, 4097, 12_345])) for kind in (torch.float16, torch.bfloat16)]
    yield "gradients reach what is turned", grads(lambda x: impl(x, places), {"x": x}, upstream=draw(5, 6))
    yield "an odd number of channels is refused with a ValueError", [
        raised(impl, draw(2, D), torch.arange(2)) for D in (3, 1, 7)]
    yield "works on its input's device", elsewhere(impl, x, places)


def grouped_attention(impl, draw):
    q, k, v = draw(2, 6, 5, 3), draw(2, 2, 5, 3), draw(2, 2, 5, 3)
    yield "the weights of every position add up to one", impl(q, k, torch.ones_like(v))
    yield "other values give something else", torch.equal(impl(q, k, v - 1.0), impl(q, k, v + 1.0))
    yield "neighbouring heads share: with equal scores each gives the running mean of its own group's values", impl(
        0 * q, k, v)
    yield "one head of each: a score is the product over the root of the width, which is that of a head", [
        impl(q[:, :H], draw(2, H, 5, 3), draw(2, H, 5, 3)) for H in (1, 6)]
    yield "each head asks with its own query", impl(q, k, v)
    yield "no position sees what comes after it", impl(
        q, torch.cat([k[:, :, :3], draw(2, 2, 2, 3)], 2), torch.cat([v[:, :, :3], draw(2, 2, 2, 3)], 2))[:, :, :3]
    yield "the first position sees itself alone, in every head", impl(q, k, v)[:, :, 0]
    yield "one key head for all, and one for each", [
        impl(q, k[:, :1], v[:, :1]), impl(q, draw(2, 6, 5, 3), draw(2, 6, 5, 3)), impl(q[:, :1], k[:, :1], v[:, :1])]
    yield "three groups of two are no two groups of three", impl(q, draw(2, 3, 5, 3), draw(2, 3, 5, 3))
    yield "sizes that are alike are not mixed up", [
        impl(*(draw(n, h, t, d) for h in (4, 2, 2))) for n, t, d in ((2, 2, 2), (4, 4, 4), (1, 4, 2))]
    yield "nothing of the future is seen, however far below zero the scores lie", impl(
        torch.full((2, 6, 5, 3), 1e7), -1e7 * torch.arange(1, 6)[:, None].expand(2, 2, 5, 3), v)
    yield "nothing of the future is seen, however large the scores are", impl(1000 * q, 1000 * k, v)
    yield "a small weight is small, and neither rounded nor cut off", precise(impl(*steep(5)))
    yield "one token alone", impl(*(draw(3, heads, 1, 4) for heads in (4, 2, 2)))
    yield "a text of three hundred tokens", impl(*(draw(1, heads, 300, 2) for heads in (4, 2, 2)))
    yield "heads as wide as a hundred", impl(*(draw(1, heads, 3, 100) for heads in (6, 3, 3)))
    yield "half precision stays half precision, and double stays double", [
        impl(*(draw(2, heads, 5, 3).to(kind) for heads in (6, 2, 2)))
        for kind in (torch.float16, torch.bfloat16, torch.float64)]
    yield "double keeps all its digits on the way", precise(
        impl(*(draw(1, heads, 4, 2).double() for heads in (4, 2)), draw.uniform(1, 2, 4, 2).double() + 1), 1e-9)
    yield "queries and keys that lie in memory in another order", impl(
        draw(2, 5, 6, 3).transpose(1, 2), draw(2, 5, 2, 3).transpose(1, 2), draw(2, 5, 2, 3).transpose(1, 2))
    yield "gradients reach q, k and v", grads(impl, {"q": q, "k": k, "v": v}, upstream=draw(2, 6, 5, 3))
    yield "heads that cannot be shared out are refused with a ValueError", [
        raised(impl, q, *(draw(2, K, 5, 3) for _ in range(2))) for K in (4, 5, 12)]
    yield "works on its input's device", elsewhere(impl, q, k, v)


def steep(T):
    """q, k, v of T positions and four heads over two, whose scores fall by twelve from each place to the next."""
    first = torch.eye(T)[:1] * T**0.5
    k = -12.0 * torch.arange(T)[:, None] * torch.eye(T)[:1]
    return first.expand(1, 4, T, T), k.expand(1, 2, T, T), (torch.eye(T) + 1e-30).expand(1, 2, T, T)


def visible(impl, draw):
    yield "all of a text: itself and what came before", [impl(T, T) for T in (1, 5, 70)]
    yield "the last few of a longer text see what came before them", [impl(2, 7), impl(3, 5), impl(4, 5)]
    yield "one position after all the others sees them all", [impl(1, 6), impl(1, 1), impl(1, 90)]
    yield "a window reaches back from each position itself", [impl(6, 6, w) for w in (1, 2, 3, 5)]
    yield "a window reaches back from each position also where only the last few of a text ask", [
        impl(2, 7, 3), impl(1, 6, 2), impl(3, 9, 1), impl(4, 5, 4)]
    yield "a window as long as the text, or longer, hides the future alone", [
        impl(5, 5, 5), impl(5, 5, 6), impl(2, 5, 100), impl(3, 4, 4)]
    yield "the window may be given by name", impl(3, 6, window=2)
    yield "without a window, None is none", [impl(3, 6, window=None), impl(2, 700)]
    yield "hundreds of queries and places", [impl(3, 300, 100), impl(130, 200, 70)]
    yield "counts that were drawn", [impl(draw.number(1, 9), draw.number(9, 20), draw.number(1, 12)) for _ in range(6)]
    yield "it is a tensor of bools", [str(impl(2, 3).dtype), str(impl(2, 3, 2).dtype), tuple(impl(2, 5).shape)]
    unwatched = in_place(impl)  # a result that is changed would be put back
    unwatched(3, 6, 2).logical_not_()
    yield "what is done to one answer does not change the next", unwatched(3, 6, 2)
    yield "more queries than places are refused with a ValueError", [
        raised(impl, 3, 2), raised(impl, 2, 1, 5), raised(impl, 6, 5), raised(impl, 80, 3)]
    yield "works on its input's device", elsewhere(
        lambda where: [impl(2, 4, 2, where.device), impl(2, 4, device=where.device)], draw(1))


def route(impl, draw):
    scores = draw(9, 5)
    yield "one expert for each token: the one with the highest score, with all of the share", [
        impl(scores, 1), impl(-scores, 1)]
    other = draw(9, 5)
    yield "as many are chosen as are asked for", [list(impl(other, used)[0].shape) for used in (2, 3)]
    yield "two for each token, the higher first", impl(scores, 2)[0]
    yield "the shares are a softmax over the chosen alone, and add up to 1", [
        impl(scores, used)[1] for used in (2, 3)]
    yield "all of them, in the order of their scores", impl(scores, 5)
    yield "of equal scores the smaller number comes first", [
        impl(torch.tensor([[1.0, 2.0, 2.0, 1.0, 2.0]]), 4), impl(torch.zeros(3, 4), 2), impl(torch.zeros(2, 90), 3)]
    yield "scores that are almost alike are not yet equal", [
        impl(torch.tensor([[0.0, 1e-7, -1e-7, 1e-7, 2e-7]], dtype=kind), 4) for kind in (torch.float32, torch.bfloat16)
    ] + [impl(torch.tensor([[1.0, 1.0 + 1e-12, 1.0, 1.0 + 2e-12]], dtype=torch.float64), 3)]
    yield "very high and very low scores", [impl(200 * scores, 2), impl(scores - 200.0, 3)]
    yield "scores that are minus infinity are never chosen before others", impl(
        torch.tensor([[-torch.inf, 0.0, -torch.inf, 1.0]]), 2)
    yield "each expert is chosen once for a token, however low its score lies", [
        impl(torch.tensor([[-torch.inf, 0.0, -torch.inf]]), 3)[0],
        impl(torch.tensor([[0.0, -1e10, -2e10], [-3e38, 1.0, 3e38]]), 3)]
    yield "a small share is small, and neither rounded nor cut off", precise(
        impl(torch.tensor([[0.0, -30.0, -60.0, 20.0]]), 4)[1])
    yield "each token for itself, whatever the others are", [impl(scores[:1], 2), impl(scores[4:], 2)]
    yield "a hundred tokens and seventy experts", impl(draw(100, 70), 8)
    yield "as many tokens as experts", impl(draw(4, 4), 2)
    yield "numbers are int64, and shares have the dtype of the scores", [
        str(impl(scores, 2)[0].dtype), *(impl(scores.to(kind), 2)[1] for kind in (torch.bfloat16, torch.float64))]
    yield "double keeps all its digits on the way", precise(impl(scores.double() / 3, 3)[1], 1e-9)
    yield "seventy thousand experts, of whom the last are the best", impl(torch.arange(70_000.0)[None] / 1000, 3)
    yield "gradients reach the scores", grads(
        lambda scores: impl(scores, 3)[1], {"scores": scores}, upstream=draw(9, 3))
    yield "no expert, or more than there are, is refused with a ValueError", [
        raised(impl, scores, used) for used in (0, 6, -1, 60)]
    yield "works on its input's device", elsewhere(lambda scores: list(impl(scores, 2)), scores)


def newton_schulz(impl, draw):
    wide, tall = draw(3, 7), draw(7, 3)
    halves = torch.tensor([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0]])  # over their norm, which is 2
    yield "no step at all is the matrix over its Frobenius norm", [impl(halves, 0), impl(halves.mT, steps=0)]
    yield "no digit of a number is lost", [impl(some, 0) for some in (wide, tall, draw(3, 7))]
    yield "a single step by the formula", [impl(wide, 1), impl(draw(3, 3), 1)]
    yield "two and three steps, one after the other", [impl(wide, steps) for steps in (2, 3)]
    yield "unless it is said, five steps", impl(wide)
    yield "more rows than columns", [impl(tall), impl(tall, 1), impl(draw(8, 2), 2)]
    yield "1e-7 is added to the norm, not to its square", precise(impl(torch.tensor([[1e-6, 2e-7, 0.0]]), 0))
    yield "how large the matrix is makes no difference", [impl(1e4 * wide, 2), impl(1e-3 * wide, 2), impl(-wide, 2)]
    yield "many matrices, each by itself", [impl(draw(4, 3, 5), 2), impl(draw(2, 3, 6, 2), 1), impl(draw(3, 3, 3), 1)]
    yield "many that lie in memory in another order", impl(draw(2, 3, 4, 5).transpose(0, 1), 2)
    yield "zeros stay zeros", [impl(torch.zeros(2, 3)), impl(torch.zeros(3, 2), 0)]
    yield "one row, one column, one number", [impl(draw(1, 5)), impl(draw(5, 1)), impl(torch.tensor([[-3.0]]))]
    yield "the singular values come near 1", (torch.linalg.svdvals(impl(draw(20, 30).double())) - 1).abs().amax() < 0.4
    yield "a hundred rows", impl(draw(100, 70).double(), 3)
    yield "twelve steps are twelve, and twenty are twenty", [
        impl(some.double(), steps) for steps in (12, 20) for some in (wide, tall, torch.eye(1))]
    yield "double stays double, with its digits", precise(impl(draw(3, 7).double()), 1e-9)
    yield "a matrix in half precision comes back as one", [
        str(impl(some.to(kind)).dtype) for some in (wide, tall) for kind in (torch.bfloat16, torch.float16)]
    with Largest() as largest:
        impl(draw(500, 3), 1)
    yield "with more rows than columns, nothing is made of rows times rows", largest.numbers < 500 * 500
    yield "works on its input's device", elsewhere(impl, wide)


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "rms_norm": [
        ("sum(number * number for number in x) / len(x)", "sum(number * number for number in x)", "without a scale",
         "the squares are summed, and their mean is not taken"),
        ("sum(number * number for number in x) / len(x)",
         "sum((number - sum(x) / len(x)) ** 2 for number in x) / len(x)", "without a scale",
         "the mean is taken off before squaring, as layer norm does"),
        ("w * number / size", "w * (number - sum(x) / len(x)) / size", "without a scale",
         "the mean is taken off, as layer norm does"),
        ("/ len(x) + epsilon) ** 0.5", "/ len(x)) ** 0.5 + epsilon", "epsilon is added",
         "epsilon is added to the root and not under it"),
        ("w * number / size", "number / size", "each number has", "the scale is left out"),
        ("w * number / size", "w + number / size", "without a scale", "the scale is added"),
        ("w * number / size", "(1 + w) * number / size", "without a scale", "one is added to the scale"),
        ("** 0.5", "", "without a scale", "the root is left out"),
        ("len(x) == len(weight) > 0", "len(x) == len(weight)", "no numbers", "an empty row is divided by zero"),
    ],
    "rotate": [
        ("a * cos - b * sin, b * cos + a * sin", "a * cos + b * sin, b * cos - a * sin", "the first channel",
         "turned the other way round"),
        ("a * cos - b * sin, b * cos + a * sin", "a * cos - b * sin, a * cos + b * sin", "at position 0",
         "cosine and sine are exchanged in the second half"),
        ("x.chunk(2, dim=-1)", "x.unflatten(-1, (-1, 2)).unbind(-1)", "at position 0",
         "neighbouring channels are paired, as some models have it, and put back as halves"),
        ("torch.arange(0, D, 2,", "torch.arange(0, D // 2,", "later pairs", "the exponent is i / D, not 2i / D"),
        ("/ base**powers", "* base**powers", "later pairs", "the angles are multiplied by the powers"),
        ("base**powers", "10_000.0**powers", "another base", "the base is always 10,000"),
        ("positions.to(exact)[:, None]", "torch.arange(len(positions), dtype=exact, device=x.device)[:, None]",
         "at position 0", "the positions are counted from 0, whatever was given"),
        ("    if D % 2:\n", "    if False:\n", "an odd number", "an odd width is not refused"),
    ],
    "grouped_attention": [
        ("q.reshape(B, K, H // K * T, D)", "q.view(B, H // K, K, T, D).transpose(1, 2).reshape(B, K, H // K * T, D)",
         "each head asks", "head h takes the key head h modulo K"),
        (" / D**0.5", "", "one head of each", "the scores are not divided by √D"),
        (".triu(1)", ".triu(2)", "neighbouring heads", "each position sees the next one too"),
        (".triu(1)", ".tril(-1)", "neighbouring heads", "the past is hidden, and not the future"),
        ("future.repeat(H // K, 1)", "future.repeat_interleave(H // K, 0)", "neighbouring heads",
         "the mask is repeated row by row, where the queries lie head by head"),
        ("-torch.inf", "-1e4", "nothing of the future", "hidden with a number that is not low enough"),
        ("    if H % K:\n", "    if K > H:\n", "heads that cannot", "a number that does not divide H goes through"),
    ],
    "visible": [
        ("torch.arange(S - T, S, device=device)", "torch.arange(T, device=device)", "the last few",
         "the queries are counted from 0 again, as if nothing had come before them"),
        ("back < window", "back <= window", "a window reaches", "the window is one place too long"),
        ("(back >= 0) & (back < window)", "back < window", "a window reaches", "with a window, the future is seen"),
        ("back >= 0 if", "back > 0 if", "all of a text", "a position does not see itself"),
        ("torch.arange(S, device=device)", "torch.arange(S)", "works on", "part of it is made on the CPU"),
        ("    if T > S:\n", "    if False:\n", "more queries", "more queries than keys are not refused"),
    ],
    "route": [
        ("scores.gather(-1, chosen).softmax(-1)", "scores.softmax(-1).gather(-1, chosen)", "one expert",
         "the shares are those among all experts, and do not add up to 1"),
        ("scores.gather(-1, chosen).softmax(-1)", "scores.gather(-1, chosen)", "one expert",
         "the scores are used as shares"),
        ("descending=True, ", "", "one expert", "the experts with the lowest scores are chosen"),
        ("[:, :used]", "[:, :1]", "as many are", "one expert, whatever is asked for"),
        ("scores.gather(-1, chosen).softmax(-1)", "scores.gather(-1, chosen).softmax(0)", "one expert",
         "the softmax runs over the tokens"),
        (", stable=True", "", "of equal scores", "equal scores come in any order"),
        ("not 1 <= used <= E", "used > E", "no expert", "no expert at all is let through"),
        ("scores.gather(-1, chosen)", "scores.detach().gather(-1, chosen)", "gradients reach", "the graph is cut"),
    ],
    "newton_schulz": [
        ("X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)", "X", "no step at all",
         "the matrix is not divided by its norm"),
        ("torch.linalg.matrix_norm(X, keepdim=True)", "torch.linalg.matrix_norm(X, 2, keepdim=True)", "no step at all",
         "divided by the largest singular value"),
        ("torch.linalg.matrix_norm(X, keepdim=True)", "X.norm()", "many matrices", "all matrices share one norm"),
        ("A = X @ X.mT", "A = X.mT @ X", "a single step by the formula", "the product is taken the other way round"),
        ("c * A @ A) @ X", "c * A) @ X", "a single step by the formula", "the square of A is left out"),
        ("c * A @ A) @ X", "c * A * A) @ X", "a single step by the formula", "A is squared number by number"),
        ("a * X + (", "X + (", "a single step by the formula", "the first coefficient is left out"),
        ("return X.mT if tall else X", "return X", "no step at all", "a tall matrix comes back lying on its side"),
        ("steps=5", "steps=3", "unless it is said", "three steps where five are wanted"),
        ("tall = matrix.shape[-2] > matrix.shape[-1]", "tall = False", "with more rows",
         "a tall matrix is not transposed before"),
    ],
}

SAME_AXIS = "the scores have two axes, so 1 is the last"
ROUND = "of a square matrix, transposed or not, A is as large"

EQUIVALENT = {
    "rms_norm": {
        "return [w * number / size for number, w in zip(x, weight, strict=True)] → "
        "return [w * number / size for number, w in zip(weight, x, strict=True)]":
            "a product is the same either way round",
        "return [w * number / size for number, w in zip(x, weight, strict=True)] → "
        "return [w * number / size for number, w in zip(x, weight, strict=False)]":
            "the lengths have been compared above",
    },
    "route": {
        "return (chosen, scores.gather(-1, chosen).softmax(-1)) → "
        "return (chosen, scores.gather(-1, chosen).softmax(+1))": SAME_AXIS,
        "return (chosen, scores.gather(-1, chosen).softmax(-1)) → "
        "return (chosen, scores.gather(+1, chosen).softmax(-1))": SAME_AXIS,
        "chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used] → "
        "chosen = scores.argsort(dim=+1, descending=True, stable=True)[:, :used]": SAME_AXIS,
    },
    "newton_schulz": {
        "tall = matrix.shape[-2] > matrix.shape[-1] → tall = matrix.shape[-2] >= matrix.shape[-1]": ROUND,
    },
}

BY_HAND = {
    "rms_norm": ["torch.*", "numpy.*"],
    "grouped_attention": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention"],
    "newton_schulz": ["torch.linalg.svd", "torch.svd", "torch.linalg.polar", "torch.optim.*"],
}

"""What an attention must get right."""

import math

import torch

from course_lib.classroom import elsewhere, grads, near, precise, raised


def attend(impl, draw):
    query, keys, values = draw(3).tolist(), draw(5, 3).tolist(), draw(5, 2).tolist()
    alike, places = [[1.5, -0.5]] * 5, torch.eye(5).tolist()
    yield "with only one place to look at, its value comes back", impl(keys[1], keys[:1], values[:1])
    yield "a query of zeros gives every place the same weight", impl([0.0] * 3, keys, values)
    yield "the weights add up to one", impl(query, keys, alike)
    yield "keys that fit better weigh more, as e to the power of query · key", [
        impl(query, keys, places), impl([x / 1e4 for x in query], [[1e4 * x for x in key] for key in keys], places)]
    yield "every number of a value is mixed with the same weights, whole numbers too", [
        impl(query, keys, values), impl(query, keys, torch.eye(5).int().tolist())]
    yield "another question has another answer, and so have other keys or values", [
        impl(*some, values) for some in ((query, keys[::-1]), (keys[0], keys))] + [impl(query, keys, values[::-1])]
    yield "scores of 20 and 21 weigh like 0 and 1: only their difference counts", impl(
        [1.0], [[20.0], [21.0]], [[0.0, 1.0], [1.0, 0.0]])
    yield "large scores do not overflow", [
        impl([900.0], some, [[2.0], [5.0], [4.0]][: len(some)]) for some in ([[1.0], [-1.0], [1.0]], [[1.0], [-1.0]])]
    yield "large scores do not overflow where the first is not the largest either", impl(
        [900.0], [[-1.0], [1.0]], [[2.0], [5.0]])
    yield "scores that all lie far below zero have weights too, which add up to one", impl(
        [900.0], [[-1.0], [-1.001]], [[2.0], [5.0]])
    yield "a small weight is small, and neither rounded nor cut off", precise(
        impl([1.0], [[query[0]], [query[0] - 300.0]], [[0.0, 1e-6], [1.0, 0.0]]), 1e-9)
    yield "large values come out whole", impl([0.0], [[1.0], [2.0]], [[1e6, -3e4], [2e6, -1e4]])
    yield "three hundred places are looked at like five", impl(query, draw(300, 3).tolist(), draw(300, 2).tolist())
    yield "a query longer or shorter than a key, whichever, is refused with a ValueError", [
        raised(impl, [1.0, 2.0], some, [[4.0]] * len(some)) for some in ([[3.0]], [[3.0] * 3], [[3.0] * 2, [3.0]])]
    yield "more keys than values, or fewer, are refused with a ValueError", [
        raised(impl, [1.0], [[1.0], [2.0]], [[3.0]]), raised(impl, [1.0], [[1.0]], [[3.0], [4.0]])]
    yield "values of unequal length are refused with a ValueError", [
        raised(impl, [1.0], [[2.0]] * 2, rows) for rows in ([[3.0], [4.0] * 2], [[4.0] * 2, [3.0]])]


def look(impl, draw):
    q, k, v = draw(5, 3), draw(7, 3), draw(7, 6)
    ramp = 60.0 * torch.arange(7.0)[:, None] / 7  # scores that fall far apart
    yield "a query of zeros gives the mean of all values", impl(0 * q, k, v)
    yield "where all values are alike they come back: the weights of each question add up to one", impl(
        q, k, v[:1].expand_as(v))
    yield "the scores are divided by the square root of D", impl(q, k, v)
    yield "any leading shape works", impl(draw(2, 3, 5, 6), draw(2, 3, 7, 6), draw(2, 3, 7, 8))
    yield "what lies in memory in another order works, as heads do", impl(
        *(draw(2, S, 3, 6).transpose(1, 2) for S in (5, 7, 7)))
    yield "scores of 20 and 21 weigh like 0 and 1: only their difference counts", impl(
        torch.ones(2, 1), torch.tensor([[20.0], [21.0]]), torch.eye(2))
    yield "scores a thousand times larger still give numbers", impl(1000 * q, k, v)
    yield "a small weight is small, and neither rounded nor cut off", precise(
        impl(torch.ones(2, 1), ramp, torch.eye(7) + 1e-20))
    yield "one question works, and one place to look at", [impl(q[:1], k, v), impl(q, k[:1], v[:1])]
    yield "two thousand places are looked at like seven, by three hundred questions", impl(
        draw(1, 300, 2), draw(1, 2100, 2), draw(1, 2100, 2))
    yield "gradients reach q, k and v", grads(impl, {"q": q, "k": k, "v": v}, upstream=draw(5, 6))
    yield "half precision stays half precision", [
        impl(*(x.to(kind) for x in (q, k, v))) for kind in (torch.float16, torch.bfloat16)]
    yield "double precision is computed in double, to its last digits", to_the_last_digit(impl, q, k, v)
    yield "works on its input's device", elsewhere(impl, q, k, v)


def to_the_last_digit(impl, q, k, v, *more):
    """In double precision, what is mixed of values that differ in their tenth digit only."""
    return 1e9 * (impl(q.double(), k.double(), 1 + 1e-9 * v.double(), *more) - 1)


def causal_attention(impl, draw):
    q, k, v = draw(3, 2, 5, 3)
    some, others = ([torch.cat([x[:, :3], draw(2, 2, 3)], 1) for x in (k, v)] for _ in range(2))  # another end each
    yield "where all values are alike they come back: the weights of each position add up to one", impl(
        q, k, v[:, :1].expand_as(v))
    yield "the first position can only look at itself", impl(q, *some)[:, 0]
    yield "no position sees what comes after it", impl(q, *some)[:, :3] - impl(q, *others)[:, :3]
    climb = 40.0 * torch.arange(5.0)[:, None].expand(2, 5, 3)
    yield "keys of the future, however well they fit, take no weight from the past", impl(
        torch.ones(2, 5, 3), climb, v)
    yield "equal scores give the running mean of the values", impl(0 * q, k, v)
    yield "the scores are divided by the square root of D", impl(q, k, v)
    yield "a text of one token works", impl(*draw(3, 2, 1, 3))
    yield "any leading shape works", impl(*draw(3, 2, 4, 5, 3))
    yield "what lies in memory in another order works, as heads do", impl(*draw(3, 2, 5, 4, 3).transpose(2, 3))
    yield "nothing of the future is seen however far below zero the scores lie", far_below(impl, v)
    yield "nothing of the future is seen however large the scores are", impl(1000 * q, 1000 * k, v)
    yield "a small weight is small, and neither rounded nor cut off", precise(impl(*steep(5)))
    yield "a text of two thousand tokens works", impl(*draw(3, 1, 2100, 2))
    yield "half precision works and stays half precision", impl(*draw(3, 2, 5, 3, dtype=torch.float16))
    yield "bfloat16 and double stay what they are, and half precision with a single token", [
        impl(*draw(3, 2, 5, 3, dtype=torch.bfloat16)), to_the_last_digit(impl, q, k, v),
        impl(*draw(3, 2, 1, 3, dtype=torch.float16))]
    yield "gradients reach q, k and v", grads(impl, {"q": q, "k": k, "v": v}, upstream=draw(2, 5, 3))
    yield "works on its input's device", elsewhere(impl, q, k, v)


def far_below(impl, v, *more):
    """What the first position sees where its own score lies far below the numbers that masks are filled with."""
    return impl(torch.full_like(v, 1e8), torch.full_like(v, -1e8), v, *more)[..., 0, :]


def steep(T):
    """q, k, v of T positions whose scores fall by sixteen from each to the next."""
    first = torch.eye(T)[:1] * T**0.5
    return first.expand(T, T), -16.0 * torch.arange(T)[:, None] * torch.eye(T)[:1], torch.eye(T) + 1e-30


def CausalSelfAttention(impl, draw):
    one, three = draw.fill(impl(12, 1)), draw.fill(impl(12, 3))
    x, q, k = draw(2, 5, 12), draw(2, 3, 5, 4), draw(2, 3, 7, 4)
    yield "the linear layer gives queries, then keys, then values", torch.stack(list(one.project(x)))
    yield "head h owns the channels h·D to (h+1)·D of each of them", torch.stack(list(three.project(x)))
    yield "the weights of each query add up to one", three.weights(q, k).sum(-1)
    in_use = draw.fill(impl(12, 3)).eval()
    yield "no query sees what comes after it", three.weights(k, -k).triu(1)
    yield "in evaluation mode no query sees what comes after it either", in_use.weights(k, -k).triu(1)
    yield "nothing of the future is seen however far below zero the scores lie", [
        three.weights(1e8 + 0 * q, -1e8 + 0 * q), in_use.weights(1000 * k, -1000 * k).triu(1)]
    yield "the scores are divided by the square root of D", three.weights(q, q)
    yield "with more keys than queries, the queries are the last ones", three.weights(q, k)
    yield "one query after all the keys sees them all", three.weights(q[:, :, :1], k)
    first = torch.eye(12)[:1]
    yield "a small weight is small, and neither rounded nor cut off", precise(one.weights(
        (12**0.5 * first).expand(1, 1, 5, 12), (-16.0 * torch.arange(5)[:, None] * first)[None, None]))
    yield "with one head, merging is the output layer alone", one.merge(x[:, None])
    yield "with several heads, they lie side by side before the output layer", [
        three.merge(draw(2, 3, 5, 4)), three.merge(draw(2, 5, 3, 4).transpose(1, 2))]
    yield "all parts together are causal attention", three(x)
    yield "without biases they are causal attention too", draw.fill(impl(12, 3, bias=False))(x)
    yield "the positions that come along change nothing", three(x, draw.ints(0, 90, 5))
    yield "a single token works", three(draw(2, 1, 12))
    yield "a text of two thousand tokens works", [
        three(draw(1, 300, 12)), three.weights(draw(1, 3, 2, 4), draw(1, 3, 2100, 4))]
    half, double = draw.fill(impl(12, 3)).half(), draw.fill(impl(12, 3)).double()
    yield "half precision stays half precision", [
        half.weights(q.half(), k.half()), half.weights(q[:, :, :1].half(), k[:, :, :1].half()), half(x.half())]
    yield "double stays double", [
        double(x.double()), 1e9 * (double.weights(q.double(), k.double()).sum(-1) - 1)]
    yield "gradients reach the input and all parameters", grads(three, {"x": x}, upstream=draw(2, 5, 12))
    far = draw.fill(impl(12, 3))
    yield "works on its input's device", elsewhere(lambda model, x: model(x), far, x)


def sinusoids(impl, draw):
    yield "at position 0 every sine is 0 and every cosine is 1", impl(torch.tensor([0]), 4)
    yield "the first two channels are sine and cosine of the position itself", impl(torch.arange(5), 2)
    yield "later pairs of channels turn more slowly, down to almost 1/10000", impl(torch.arange(5), 6)
    yield "the rates depend on the width", [impl(torch.arange(3), width) for width in (10, 2, 64)]
    yield "positions may start and jump anywhere", [impl(draw.ints(0, 100, 3), 6) for _ in range(2)]
    yield "the slowest waves are small at first, and are not rounded away", precise(impl(torch.arange(1, 2), 64))
    yield "three hundred positions work", impl(torch.arange(300), 6)
    yield "there is no longest text: position 20,000 has waves of its own", impl(torch.tensor([20_000]), 2)
    yield "far positions are told apart: 20,001 and 20,002 have waves of their own", impl(
        torch.tensor([20_001, 20_002]), 2)
    far = [[math.sin(p), math.cos(p), math.sin(p / 100), math.cos(p / 100)] for p in (1_000_000, 1_000_001)]
    yield "position 1,000,000 has waves of its own, and so has the next one", near(
        impl(torch.tensor([1_000_000, 1_000_001]), 4), far, within=0.05)
    yield "an odd width is refused with a ValueError", [raised(impl, torch.arange(3), width) for width in (7, 1)]
    yield "works on its input's device", elsewhere(lambda positions: impl(positions, 6), torch.arange(5))


def local_attention(impl, draw):
    (q, k, v), eye, values = draw(3, 2, 7, 3), torch.eye(7), draw(7, 7)
    eighths = (8 * v).round() / 8  # no digits are lost where numbers are rounded: that is asked for by itself
    yield "the weights of each position add up to one", impl(q, k, torch.ones_like(v), 3)
    yield "with a window of 1 each position sees only itself", impl(q, k, eighths, 1)
    yield "a text of one token gives its value back, with all its digits", precise(impl(*draw(3, 2, 1, 3), 3))
    yield "another text of one token gives its own value", impl(*draw(3, 2, 1, 3), 3)
    later = torch.cat([v[:, :4], 100 + v[:, 4:]], dim=1)
    yield "no position sees what comes after it", impl(0 * q, k, later, 3)[:, :4] - impl(0 * q, k, v, 3)[:, :4]
    yield "equal scores give the mean of the last few values", impl(0 * q, k, v, 3)
    yield "with a smaller window equal scores give the mean of fewer values", impl(0 * q, k, v, 2)
    yield "large values come out whole", impl(0 * q, k, later, 3)
    yield "a window longer than the text hides nothing but the future", [impl(0 * q, k, v, wide) for wide in (9, 1000)]
    yield "a query that fits one key by far takes its value, and another query that of another key", [
        impl(1000 * fits.expand(7, 7), eye, values, 7) for fits in eye[:2]]
    yield "the scores are divided by the square root of D", impl(q, k, v, 4)
    yield (
        "a window as long as the text, or one less, hides as much as it says",
        [impl(q, k, v, wide) for wide in (7, 6)],
    )
    yield "any leading shape works", impl(*draw(3, 2, 4, 5, 3), 2)
    yield "what lies in memory in another order works, as heads do", impl(*draw(3, 2, 5, 4, 3).transpose(2, 3), 2)
    yield "what is hidden is not seen however far below zero the other scores lie", [
        far_below(impl, v, 3), impl(1000 * q, 1000 * k, v, 3)]
    yield "a small weight is small, and neither rounded nor cut off", precise(impl(*steep(5), 5))
    yield "a text of two thousand tokens works, and a window of a thousand", [
        impl(*draw(3, 1, T, 2), window) for T, window in ((300, 5), (2100, 1100))]
    yield "half precision stays half precision", [
        impl(*draw(3, 2, 7, 3, dtype=kind), 3) for kind in (torch.float16, torch.bfloat16)]
    yield "double precision is computed in double, to its last digits", to_the_last_digit(impl, q, k, v, 3)
    yield (
        "gradients reach q, k and v",
        grads(lambda q, k, v: impl(q, k, v, 3), {"q": q, "k": k, "v": v}, upstream=draw(2, 7, 3)),
    )
    yield "works on its input's device", elsewhere(lambda q, k, v: impl(q, k, v, 3), q, k, v)


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "attend": [
        ("dot(weights, column)", "sum(column) / len(column)", "keys that fit better", "all values weigh the same"),
        (
            "softmax([dot(query, key) for key in keys])",
            "[dot(query, key) for key in keys]",
            "with only one place",
            "the scores are used as weights, without the softmax",
        ),
        ("softmax([dot(", "softmax([-dot(", "keys that fit better", "the worst fit weighs most"),
        (
            "dot(query, key) for",
            "dot(query, key) / len(query) ** 0.5 for",
            "keys that fit better",
            "the scores are divided by √D, which comes later in the chapter",
        ),
        (
            "dot(query, key) for",
            "sum(a + b for a, b in zip(query, key, strict=True)) for",
            "a query of zeros",
            "the numbers of query and key are added, not multiplied",
        ),
        (
            "dot(query, key) for",
            "sum(a * b for a, b in zip(query, key)) for",
            "a query longer",
            "zip cuts the longer one short",
        ),
        (
            "dot(weights, column)",
            "sum(w * number for w, number in zip(weights, column))",
            "more keys than values",
            "zip drops a key",
        ),
        (
            "zip(*values, strict=True)",
            "zip(*values)",
            "values of unequal length",
            "zip drops the end of a longer value",
        ),
        (
            "softmax([dot(query, key) for key in keys])",
            "[2.718281828 ** dot(query, k) / sum(2.718281828 ** dot(query, key) for key in keys) for k in keys]",
            "large scores",
            "e is raised to the scores as they are",
        ),
    ],
    "look": [
        ("(q / D**0.5)", "q", "the scores are divided", "the scores are not divided at all"),
        ("D**0.5", "D", "the scores are divided", "the scores are divided by D, not by its root"),
        ("q.shape[-1]", "q.shape[-2]", "the scores are divided", "the number of questions is taken for D"),
        (
            "softmax(-1)",
            "softmax(-2)",
            "a query of zeros",
            "the softmax runs over the questions, not over the places",
        ),
        ("scores.softmax(-1)", "scores", "a query of zeros", "the scores are used as weights, without the softmax"),
        ("scores.softmax(-1)", "(scores.softmax(-1) * D**0.5)", "a query of zeros", "scaling comes after the softmax"),
        ("k.mT", "k.transpose(0, 1)", "any leading shape", "the first two dimensions are swapped, not the last two"),
        (
            "scores.softmax(-1)",
            "(scores.exp() / scores.exp().sum(-1, keepdim=True))",
            "scores a thousand",
            "exp is taken of the scores as they are",
        ),
    ],
    "causal_attention": [
        ("triu(1)", "triu(2)", "the first position", "the mask starts one place too late"),
        (
            "scores.masked_fill(future, -torch.inf).softmax(-1)",
            "scores.softmax(-1)",
            "the first position",
            "the mask is made and never used",
        ),
        (
            "masked_fill(future",
            "masked_fill(~future",
            "where all values are alike",
            "the mask is upside down: it hides the past",
        ),
        (
            "masked_fill(future, -torch.inf)",
            "masked_fill(future, 0.0)",
            "the first position",
            "hidden scores are set to 0, which softmax turns into a weight",
        ),
        (
            "masked_fill(future, -torch.inf).softmax(-1)",
            "softmax(-1).masked_fill(future, 0.0)",
            "where all values are alike",
            "the future is hidden after the softmax, so the rest no longer adds up to one",
        ),
        ("(q / D**0.5)", "q", "the scores are divided", "the scores are not divided at all"),
        ("D**0.5", "T**0.5", "the scores are divided", "the scores are divided by the root of T, not of D"),
        ("k.mT", "k.transpose(1, 2)", "any leading shape", "dimensions 1 and 2 are swapped, not the last two"),
        (
            "-torch.inf",
            "-1e9",
            "nothing of the future",
            "-1e9 is finite: scores can lie below it, and half precision cannot hold it",
        ),
        ("-torch.inf", "-1e4", "nothing of the future", "the hidden score is finite, and some scores lie below it"),
        (", device=q.device", "", "works on its input", "the mask is made on the CPU"),
        (
            "return weights @ v",
            "return (weights @ v).float()",
            "the numbers of the result",
            "the result is cast to float32",
        ),
    ],
    "CausalSelfAttention": [
        (
            "view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)",
            "view(B, T, H, 3, D).permute(3, 0, 2, 1, 4)",
            "head h owns",
            "each head's query, key and value are cut from one stretch of channels",
        ),
        (
            "view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)",
            "permute(2, 0, 1).reshape(3, H, D, B, T).permute(0, 3, 1, 4, 2).flip(0)",
            "the linear layer",
            "values come first",
        ),
        (
            "view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)",
            "view(B, T, 3, C).permute(2, 0, 1, 3).reshape(3, B, H, T, D)",
            "head h owns",
            "the heads are cut by a view without swapping T and H, so they mix positions",
        ),
        ("view(B, T, 3, H, D)", "view(B, T, 3, D, H).mT", "head h owns", "a head takes every H-th channel"),
        ("(q / D**0.5)", "q", "the scores are divided", "the scores are not divided at all"),
        (
            "D**0.5",
            "(D * self.n_heads)**0.5",
            "the scores are divided",
            "the scores are divided by the root of C, not of D",
        ),
        ("triu(1 + S - T)", "triu(1)", "with more keys", "the queries are taken for the first of the positions"),
        ("triu(1 + S - T)", "triu(1 + T)", "no query sees", "the mask starts too late"),
        ("(scores + hide)", "scores", "no query sees", "the mask is made and never used"),
        ("-torch.inf", "-1e4", "nothing of the future", "the hidden score is finite, and some scores lie below it"),
        ("softmax(-1)", "softmax(-2)", "the weights of each query", "the softmax runs over the queries"),
        (
            "return self.out(heads.transpose(1, 2).flatten(2))",
            "return heads.transpose(1, 2).flatten(2)",
            "with one head",
            "the output layer is left out",
        ),
        (
            "heads.transpose(1, 2).flatten(2)",
            "heads.reshape(heads.shape[0], heads.shape[2], -1)",
            "with several heads",
            "the heads are joined without swapping T and H back",
        ),
        (
            "heads.transpose(1, 2).flatten(2)",
            "heads.permute(0, 2, 3, 1).flatten(2)",
            "with several heads",
            "the channels of the heads are interleaved",
        ),
        (", dtype=q.dtype", "", "half precision",
         "something is float32 whatever the model is: the mask, say, or what the softmax gives"),
        (", device=q.device", "", "works on its input", "the mask is made on the CPU"),
    ],
    "sinusoids": [
        (
            "[angles.sin(), angles.cos()], dim=-1",
            "[angles.cos(), angles.sin()], dim=-1",
            "at position 0",
            "cosine comes first",
        ),
        (
            "torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)",
            "torch.cat([angles.sin(), angles.cos()], dim=-1)",
            "at position 0",
            "all sines stand before all cosines instead of taking turns",
        ),
        ("10000**powers", "1000**powers", "later pairs", "the waves are counted from 1000, not from 10000"),
        (
            "positions[:, None] / 10000",
            "positions[:, None] * 10000",
            "later pairs",
            "later waves turn faster, not more slowly",
        ),
        ("torch.arange(0, d_model, 2", "2 * torch.arange(0, d_model, 2", "later pairs", "the 2 of 2i is counted twice"),
        (
            "positions[:, None] /",
            "torch.arange(len(positions), device=positions.device)[:, None] /",
            "positions may start",
            "positions are counted from 0, whatever was given",
        ),
        ("if d_model % 2:", "if False:", "an odd width", "an odd width goes through"),
        ("device=positions.device", "device=None", "works on its input", "a new tensor is made on the CPU"),
        ("/ d_model", "/ 6", "the rates depend", "the width is a fixed number"),
    ],
    "local_attention": [
        ("(back < 0) | (back >= window)", "back >= window", "with a window of 1"),  # the hunt: a cause would tell
        ("(back < 0) | (back >= window)", "back < 0", "with a window of 1", "the far past is not hidden"),
        ("back >= window", "back > window", "with a window of 1", "the window is one place too long"),
        (
            "(back < 0) | (back >= window)",
            "(back < 0) & (back >= window)",
            "with a window of 1",
            "nothing is both, so nothing is hidden",
        ),
        (
            "masked_fill(hidden, -torch.inf)",
            "masked_fill(~hidden, -torch.inf)",
            "with a window of 1",
            "the mask is upside down",
        ),
        (
            "places[:, None] - places",
            "places - places[:, None]",
            "no position sees",
            "back is counted the wrong way round",
        ),
        ("(q / D**0.5)", "q", "the scores are divided", "the scores are not divided at all"),
        ("device=q.device", "device=None", "works on its input", "the places are counted on the CPU"),
    ],
}

UNASKED = "a clear error for a caller's slip, which the exercise does not ask for"
COMMUTES = "a product does not care which factor comes first"
EQUIVALENT = {
    "attend": {
        "weights = softmax([dot(query, key) for key in keys]) → "
        "weights = softmax([dot(key, query) for key in keys])": COMMUTES,
        "return [dot(weights, column) for column in zip(*values, strict=True)] → "
        "return [dot(column, weights) for column in zip(*values, strict=True)]": COMMUTES,
    },
    "causal_attention": {
        "if k.shape[-2] != T:\n    ... → (dropped)": UNASKED,
        "raise ValueError(f'{T} queries and {k.shape[-2]} keys: causal attention wants one key for each query') "
        "→ (dropped)": UNASKED,
    },
    "CausalSelfAttention": {
        "if T > S:\n    ... → (dropped)": UNASKED,
        "raise ValueError(f'{T} queries and only {S} keys: the queries are the last of all the positions, so give the "
        "keys of every position that asks') → (dropped)": UNASKED,
    },
}

BY_HAND = {
    "attend": ["torch.*", "numpy.*"],
    "look": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention",
             "course_lib.training.precision.*"],
    "causal_attention": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention",
                         "course_lib.training.precision.*"],
    "CausalSelfAttention": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention"],
    "local_attention": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention",
                        "course_lib.training.precision.*"],
}

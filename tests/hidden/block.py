"""What the parts of a block must get right, and a test of heads."""

import torch
from torch import nn

from course_lib.classroom import elsewhere, grads, near, precise, raised, verdict


def layer_norm(impl, draw):
    x, weight, bias = draw(7).tolist(), draw(7).tolist(), draw(7).tolist()
    ones, zeros = [1.0] * 7, [0.0] * 7
    two = [10.0, 70.0, 70.0, 10.0, 10.0, 70.0]  # normed to -1 and 1, which rounding would not change
    yield "the mean is taken away: without scale and shift what comes out has the mean 0", sum(
        impl(two, ones[:6], zeros[:6]))
    yield "without scale and shift what comes out has the variance 1", sum(
        y**2 for y in impl(two, ones[:6], zeros[:6])) / 6
    yield "each number keeps its place in the row", impl(x, ones, zeros)
    yield "the scale is each number's own", impl(x, weight, zeros)
    yield "the shift is each number's own, and comes last", impl(x, weight, bias)
    yield "a scale of 0 leaves the shift alone", impl(x, [0.0, *weight[1:]], bias)
    yield "another mean and another spread change nothing", impl([40.0 + 1000 * number for number in x], weight, bias)
    yield "where the mean is far larger than the distances from it, no digits are lost", impl(
        [1e11 + 1000 * number for number in x], weight, bias)
    yield "epsilon stands under the root, with the variance", impl([0.01 * number for number in x], ones, zeros)
    yield "another epsilon is taken as it is given", impl([3.0, 5.0], [1.0] * 2, [0.0] * 2, 4.0)
    yield "an epsilon of 0 is taken as it is given", impl([0.003, 0.005], [1.0] * 2, [0.0] * 2, 0.0)
    yield "equal numbers give the shift and no division by zero", impl([2.5] * 7, weight, bias)
    yield "a single number gives its shift", impl([4.0], [3.0], [1.5])
    yield "small numbers are not rounded away", precise(impl([1e-9, 3e-9, 2e-9], [1.0] * 3, [0.0] * 3), 1e-6)
    yield "three hundred numbers work like seven", impl(draw(300).tolist(), draw(300).tolist(), draw(300).tolist())
    yield "a weight or a bias that is too short is refused with a ValueError", [
        raised(impl, x, weight[:b], bias[:c]) for b, c in [(6, 7), (7, 6), (6, 6)]]
    yield "a weight or a bias that is too long is refused with a ValueError", [
        raised(impl, x[:6], weight[:b], bias[:c]) for b, c in [(7, 6), (6, 7), (7, 7)]]
    yield "an empty row is refused with a ValueError", raised(impl, [], [], [])


def connect(impl, draw):
    x, matrix = draw(2, 5, 3), draw(3, 3)

    def part(x):
        return x @ matrix

    def norm(x):
        return x * 3.0 + 1.0

    yield "“no residual” is the part of the norm, and nothing else", impl(x, part, norm, "no residual")
    yield "“no norm” adds the part of the stream as it is", impl(x, part, norm, "no norm")
    yield "“pre-norm” adds the part of the normed stream to the stream that was not normed", impl(
        x, part, norm, "pre-norm")
    yield "“post-norm” norms the sum, not the part alone", impl(x, part, norm, "post-norm")
    yield "a real norm and a real layer are put together as well", [
        impl(x, draw.fill(nn.Linear(3, 3)), nn.LayerNorm(3), how) for how in ("no residual", "no norm", "post-norm",
                                                                              "pre-norm")]
    yield "any leading shape works, and a hundred channels", [
        impl(draw(*shape), torch.tanh, norm, how) for shape in ((3,), (2, 3, 4, 100))
        for how in ("no residual", "no norm", "post-norm", "pre-norm")]
    yield "double stays double", [
        impl(x.double(), torch.tanh, norm, how) for how in ("no residual", "no norm", "post-norm", "pre-norm")]
    yield "small numbers are not rounded away", precise(impl(1e-5 * x, lambda x: 2.0 * x, norm, "no norm"))
    yield "gradients reach the stream", [
        grads(lambda x, how=how: impl(x, torch.tanh, norm, how), {"x": x}, upstream=draw(2, 5, 3))
        for how in ("no residual", "no norm", "post-norm", "pre-norm")]
    yield "any other way is refused with a ValueError", [
        raised(impl, x, nn.Linear(3, 3), nn.LayerNorm(3), how) for how in (
            "prenorm", "none", "residual", "Pre-Norm", " pre-norm", "pre_norm", "post", "nonorm", "")]
    yield "None is refused with a ValueError too", raised(impl, x, nn.Linear(3, 3), nn.LayerNorm(3), None)
    yield "large numbers come out whole", impl(100.0 * x, part, norm, "no norm")
    yield "works on its input's device", elsewhere(lambda x: impl(x, torch.tanh, norm, "pre-norm"), x)


def Dropout(impl, draw):
    x = draw(6, 50)
    quarter, tenth = impl(0.25), torch.full((300,), 0.1)
    yield "in evaluation nothing changes", quarter.eval()(x)
    yield "in evaluation nothing changes after training either", 0 * quarter.train()(x) + quarter.eval()(x)
    yield "small numbers are not rounded away", precise(quarter.eval()(1e-4 * x))
    yield "with p = 0 nothing changes while training either", impl(0.0).train()(x)
    yield "each number meets its own chance, not its row or its column", by_itself(
        impl(0.5).train()(torch.ones(40, 30)))
    yield "every call drops others", bool((quarter.train()(x) != quarter(x)).any())
    yield "any shape works, a single number too, and long rows", [
        tuple(impl(0.5).train()(torch.ones(shape)).shape) for shape in ((), (1,), (2, 3, 4, 100))]
    yield "about the share p of the numbers is dropped", [share_dropped(impl(p).train(), p) for p in (0.1, 0.25, 0.8)]
    yield "numbers below 0 are dropped as often", [share_dropped(impl(p).train(), p, -1.0) for p in (0.1, 0.25, 0.8)]
    yield "all that is kept is enlarged by one factor, in every call", len(
        {round(float(n), 4) for call in range(4) for n in impl(0.5).train()(torch.ones(40)) if n != 0})
    yield "while training a number is either dropped or kept", sizes(impl(0.5).train()(tenth) / tenth, 2.0)
    yield "what is kept is divided by 1 − p, not by p", [
        sizes(impl(p).train()(tenth) / tenth, 1 / (1 - p)) for p in (0.25, 0.8)]
    yield "large numbers come out whole", sizes(impl(0.5).train()(1e4 * tenth) / (1e4 * tenth), 2.0)
    yield "each text of a batch meets chances of its own", unlike(impl(0.5).train()(torch.ones(8, 9, 10)))
    yield "how many numbers are dropped is left to chance too", vary(impl(0.5).train())
    yield "the mean stays about what it was", [near(impl(p).train()(torch.ones(20_000)).mean(), 1.0, within=0.06)
                                              for p in (0.1, 0.5)]
    yield "back from evaluation it drops again", near(
        (quarter.eval().train()(x) == 0).float().mean(), 0.25, within=0.12)
    yield "with torch's seed set anew, the same are dropped again", [again(quarter.train(), x) for _ in range(2)]
    yield "gradients pass where numbers passed, and as much of them", same_way(impl(0.25).train(), x)
    yield "half precision stays half precision, and double stays double", [
        str(impl(0.5).train()(x.to(kind)).dtype) for kind in (torch.float16, torch.bfloat16, torch.float64)]
    yield "a p below 0, or of 1 and more, is refused with a ValueError", [raised(impl, p) for p in (-0.1, 1.0, 1.5)]
    yield "works on its input's device", elsewhere(lambda x: 0 * impl(0.5).train()(x), x)


def sizes(factors, kept):
    """Whether all factors are 0 or what is kept, and both come."""
    zero, right = factors == 0, (factors - kept).abs() < 1e-4
    return [bool((zero | right).all()), bool(zero.any()), bool(right.any())]


def share_dropped(dropout, p, number=1.0):
    return near((dropout(torch.full((20_000,), number)) == 0).float().mean(), p, within=0.02)


def by_itself(out):
    dropped = (out == 0).float()
    return [bool((dropped.mean(axis) - 0.5).abs().max() < 0.45) for axis in (0, 1)]


def unlike(out):
    """Whether, along each dimension, the second slice is another than the first."""
    return [not torch.equal(out.select(axis, 0), out.select(axis, 1)) for axis in range(out.dim())]


def vary(dropout):
    """Whether it is chance, and no count, how many of forty numbers are dropped."""
    return len({int((dropout(torch.ones(40)) == 0).sum()) for _ in range(24)}) > 1


def again(dropout, x):
    torch.manual_seed(7)
    first = dropout(x)
    torch.manual_seed(7)
    return torch.equal(first, dropout(x))


def same_way(dropout, x):
    x = x.clone().requires_grad_()
    out = dropout(x)
    out.sum().backward()
    return x.grad is not None and torch.allclose(x.grad * x, out, atol=1e-6)


def Block(impl, draw):
    x = draw(2, 5, 12)
    block, silent = draw.fill(impl(12, 3)), silenced(draw.fill(impl(12, 3)), "attention", "mlp")
    eighths, others = ((8 * text).round() / 8 for text in (x, draw(2, 5, 12)))  # rounding would not change them
    yield "parts that write nothing leave the stream as it was", silent(eighths)
    yield "the stream of another text is another", silent(others)
    yield "the stream keeps all its digits", precise(silent(x))
    yield "large numbers in the stream are not cut off", silent(100 * x)
    yield "the attention reads the stream through the norm of its own", heard(
        draw.fill(impl(12, 3)), x)["attention"]
    yield "the MLP reads the stream through the norm of its own", heard(draw.fill(impl(12, 3)), x)["mlp"]
    yield "what the attention writes is added to the stream", silenced(draw.fill(impl(12, 3)), "mlp")(x)
    yield "what the MLP writes is added to the stream as well", silenced(draw.fill(impl(12, 3)), "attention")(x)
    yield "both together, the MLP after the attention", block(x)
    yield "no position sees what comes after it", block(torch.cat([x[:, :3], draw(2, 2, 12)], 1))[:, :3]
    yield "the attention is told the positions", told_positions(draw.fill(impl(12, 3)), x, draw.ints(0, 90, 5))
    yield "a single token works, and a hundred", [block(draw(2, 1, 12)), block(draw(1, 100, 12))]
    yield "the tanh form of the MLP and a block without biases are as given", [
        draw.fill(impl(12, 2, "gelu_tanh"))(30 * x), draw.fill(impl(12, 2, bias=False))(x)]
    dropping = draw.fill(impl(12, 3, dropout=0.25))
    yield "in evaluation nothing is dropped", dropping.eval()(x)
    yield "nothing of the stream itself is dropped, before a part or after it", silenced(
        draw.fill(impl(12, 3, dropout=0.25)), "attention", "mlp").train()(x)
    for part, other in (("attention", "mlp"), ("MLP", "attention")):
        yield f"while training, about the given share of what the {part} adds is dropped", share_unwritten(
            silenced(draw.fill(impl(12, 3, dropout=0.25)), other).train())
    yield "while training, about the given share of the attention's weights is dropped too", [
        near(share_unseen(draw.fill(impl(12, 3, dropout=p)).train()), p, within=0.06) for p in (0.25, 0.6)]
    yield "what the parts read is not dropped", heard(draw.fill(impl(12, 3, dropout=0.25)).train(), x)
    yield "half precision stays half precision, and double stays double", [
        draw.fill(impl(12, 3)).to(kind)(x.to(kind)) for kind in (torch.bfloat16, torch.float64)]
    yield "gradients reach the input and all parameters", grads(block, {"x": x}, upstream=draw(2, 5, 12))
    yield "works on its input's device", elsewhere(lambda block, x: block(x), draw.fill(impl(12, 3)), x)


class Told(nn.Module):
    """Stands in for an attention, and notes the positions that it is told."""

    def __init__(self):
        super().__init__()
        self.positions = []

    def forward(self, x, positions=None):
        self.positions.append(positions)
        return x


def told_positions(block, x, positions):
    block.attention = Told()
    block(x, positions)
    block(x)
    return "no positions" if block.attention.positions is None else block.attention.positions


class Heard(nn.Module):
    """Stands in for a part: it adds nothing, and notes what it reads."""

    def __init__(self, notes):
        super().__init__()
        self.notes = notes

    def forward(self, x, positions=None):
        self.notes.append(x.detach())
        return torch.zeros_like(x)


def heard(block, x):
    notes = {"attention": [], "mlp": []}
    block.attention, block.mlp = Heard(notes["attention"]), Heard(notes["mlp"])
    block(x)
    return notes


def silenced(block, *parts):
    """The block with what these parts write set to zero."""
    writers = {"attention": block.attention.out, "mlp": block.mlp.down}
    with torch.no_grad():
        for part in parts:
            writers[part].weight.zero_()
            writers[part].bias.zero_()
    return block


def share_unseen(block):
    """The share of single weights, each of a head that can only look at itself, that are dropped."""
    block.dropout = nn.Identity()
    silenced(block, "mlp")
    with torch.no_grad():
        block.attention.qkv.weight.zero_()
        block.attention.qkv.bias.fill_(1.0)
        block.attention.out.weight.copy_(torch.eye(12))
        block.attention.out.bias.zero_()
        return (block(torch.zeros(500, 1, 12)) == 0).float().mean()


def share_unwritten(block):
    x = torch.randn(4, 50, 12)
    return near((block(x) == x).float().mean(), 0.25, within=0.05)


def test_head_width(impl, draw):
    for candidate, what in PASSES.items():
        yield f"it passes an implementation that {what}", judged(impl, candidate)
    yield "it asks what it tests, and lets its errors out", judged(impl, breaks)
    for candidate, what in FAILS.items():
        yield f"it fails an implementation that {what}", judged(impl, candidate)
    yield "it says the same of each in another order", [
        judged(impl, candidate) for _, candidate in draw.row(RIGHT, WRONG)]


def judged(test, candidate):
    """The verdict; where a right one fails, the error itself, which says why."""
    if candidate in RIGHT:
        test(candidate)
        return "passes"
    return verdict(test, candidate)


def refuse(d_model, n_heads):
    raise ValueError(f"{n_heads} heads cannot share d_model {d_model} evenly")


def breaks(d_model, n_heads):
    raise RuntimeError(f"it breaks, with {d_model} and {n_heads} as with all others")


def divides(d_model, n_heads):
    return d_model // n_heads if n_heads > 0 and d_model % n_heads == 0 else refuse(d_model, n_heads)


def has_other_names(channels, heads):
    return divides(channels, heads)


def counts_up(d_model, n_heads):
    fits = [width for width in range(1, d_model + 1) if width * n_heads == d_model]
    if not fits:
        raise ValueError(f"{d_model} / {n_heads} is not whole")
    return fits[0]


class Uneven(ValueError):
    pass


def takes_the_rest(d_model, n_heads):
    if n_heads <= 0:
        raise Uneven(f"n_heads is {n_heads}, and d_model {d_model}")
    width, left = divmod(d_model, n_heads)
    if left:
        raise Uneven(f"d_model {d_model} leaves {left} channels without one of the {n_heads} heads")
    return width


def gives_four(d_model, n_heads):
    return 4


def truncates(d_model, n_heads):
    return d_model // n_heads if n_heads > 0 else refuse(d_model, n_heads)


def rounds_up(d_model, n_heads):
    return -(-d_model // n_heads) if n_heads > 0 else refuse(d_model, n_heads)


def gives_a_float(d_model, n_heads):
    return float(divides(d_model, n_heads))


def says_nothing(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError
    return d_model // n_heads


def says_nothing_of_no_heads(d_model, n_heads):
    if n_heads < 1:
        raise ValueError("there must be a head")
    return divides(d_model, n_heads)


def names_the_width_alone(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"d_model {d_model} cannot be shared")
    return d_model // n_heads


def names_the_heads_alone(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"{n_heads} heads do not fit")
    return d_model // n_heads


def always_names_the_same(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError("64 channels cannot be shared among 3 heads")
    return d_model // n_heads


def another_kind_of_error(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise TypeError(f"{d_model} channels, {n_heads} heads: choose a multiple")
    return d_model // n_heads


def asserts(d_model, n_heads):
    assert n_heads > 0 and d_model % n_heads == 0, f"{d_model} channels, {n_heads} heads: choose a multiple"
    return d_model // n_heads


def returns_the_error(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        return ValueError(f"{d_model} channels, {n_heads} heads: choose a multiple")
    return d_model // n_heads


def gives_none(d_model, n_heads):
    return d_model // n_heads if n_heads > 0 and d_model % n_heads == 0 else None


def the_wrong_way_round(d_model, n_heads):
    return refuse(d_model, n_heads) if n_heads < 1 or n_heads % d_model else n_heads // d_model


def gives_the_heads(d_model, n_heads):
    return n_heads if n_heads > 0 and d_model % n_heads == 0 else refuse(d_model, n_heads)


def divides_by_zero(d_model, n_heads):
    return refuse(d_model, n_heads) if d_model % n_heads or n_heads < 1 else d_model // n_heads


def heads_below_zero(d_model, n_heads):
    return refuse(d_model, n_heads) if n_heads == 0 or d_model % n_heads else d_model // n_heads


def more_heads_than_channels(d_model, n_heads):
    if n_heads < 1 or n_heads <= d_model and d_model % n_heads:
        refuse(d_model, n_heads)
    return d_model // n_heads


def refuses_one_head(d_model, n_heads):
    return refuse(d_model, n_heads) if n_heads < 2 or d_model % n_heads else d_model // n_heads


def refuses_heads_of_one_channel(d_model, n_heads):
    return refuse(d_model, n_heads) if d_model == n_heads else divides(d_model, n_heads)


def knows_a_few_widths(d_model, n_heads):
    return divides(d_model, n_heads) if d_model in (1, 2, 3, 4, 6, 8, 10, 12, 16) else refuse(d_model, n_heads)


def refuses_one_channel(d_model, n_heads):
    return refuse(d_model, n_heads) if d_model == 1 else divides(d_model, n_heads)


def refuses_odd_widths(d_model, n_heads):
    return refuse(d_model, n_heads) if d_model % 2 and d_model > 1 else divides(d_model, n_heads)


def ends_at_nineteen(d_model, n_heads):
    return divides(d_model, n_heads) if d_model < 20 else d_model // max(n_heads, 1)


def nothing_for_a_crowd(d_model, n_heads):
    return 0 if n_heads > 22 else divides(d_model, n_heads)


def says_true_for_one(d_model, n_heads):
    return divides(d_model, n_heads) == 1 or divides(d_model, n_heads)


def refuses_everything(d_model, n_heads):
    return refuse(d_model, n_heads)


PASSES = {
    divides: "keeps all promises",
    has_other_names: "names its two arguments otherwise",
    counts_up: "refuses in other words, with both numbers",
    takes_the_rest: "raises a kind of ValueError of its own",
}
FAILS = {
    gives_four: "gives 4 whatever it is asked",
    refuses_everything: "refuses everything",
    gives_the_heads: "gives the number of heads instead of the width",
    the_wrong_way_round: "divides the heads by the channels",
    truncates: "rounds down where it should refuse",
    rounds_up: "rounds up where it should refuse",
    gives_none: "gives None where it should refuse",
    returns_the_error: "returns the error instead of raising it",
    another_kind_of_error: "refuses with a TypeError",
    asserts: "refuses with an AssertionError",
    says_nothing: "refuses without a word",
    names_the_width_alone: "names the channels alone when it refuses, not the heads",
    names_the_heads_alone: "names the heads alone when it refuses, not the channels",
    always_names_the_same: "names 64 and 3 when it refuses, whatever it was asked",
    gives_a_float: "gives a float",
    says_true_for_one: "gives True where it should give 1",
    knows_a_few_widths: "knows a few widths, such as 6 and 12, and refuses all others",
    refuses_odd_widths: "refuses odd numbers of channels",
    refuses_one_channel: "refuses a single channel",
    refuses_one_head: "refuses a single head",
    refuses_heads_of_one_channel: "refuses heads of one channel each",
    ends_at_nineteen: "refuses nothing from 20 channels on",
    more_heads_than_channels: "does not refuse more heads than channels",
    nothing_for_a_crowd: "gives 0 for more than 22 heads",
    divides_by_zero: "divides by no heads instead of refusing them",
    says_nothing_of_no_heads: "refuses no heads, or fewer, without naming the numbers",
    heads_below_zero: "lets fewer than no heads through",
}
RIGHT, WRONG = list(PASSES), list(FAILS)


def CrossAttention(impl, draw):
    one, three = draw.fill(impl(12, 1)), draw.fill(impl(12, 3))
    x, source = draw(2, 5, 12), draw(2, 7, 12)
    q, k = draw(2, 3, 5, 4), draw(2, 3, 7, 4)
    padding = torch.tensor([[False] * 4 + [True] * 3, [True] + [False] * 6])
    yield "queries are made of x, one for each of its positions", one.project(x, source)[0]
    yield "keys come first out of the layer, and of the source", one.project(x, source)[1]
    yield "then values, of the source too", one.project(x, source)[2]
    yield "another source has keys and values of its own", list(one.project(x, draw(2, 7, 12)))[1:]
    yield "head h owns the channels h·D to (h+1)·D of each of them", list(three.project(x, source))
    yield "the weights of each query add up to one", three.weights(q, q).sum(-1)
    yield "nothing of the source is hidden, whatever comes first or last", three.weights(0 * k, q)
    yield "nothing is hidden of a source as long as x either", three.weights(0 * k, k)
    yield "the scores are divided by the root of D", three.weights(q, k)
    wide = draw(2, 1, 5, 12), draw(2, 1, 7, 12)
    yield "padding has no weight, and the rest adds up to one", one.weights(*wide, padding[:1].expand(2, 7))
    yield "each row of the batch has a padding of its own", one.weights(*wide, padding)
    yield "padding holds for all heads of its text", [
        three.weights(q, k, hidden) for hidden in (padding, padding.flip(0))]
    yield "padding hides no query: where x is as long as the source, all weights add up to one", three.weights(
        k, k, padding).sum(-1)
    yield "a batch of one has its padding too", three.weights(q[:1], k[:1], padding[:1])
    yield "padding has no weight however far below zero the other scores lie", far_below(three, padding)
    yield "padding that hides nothing changes nothing, nor does what was given before", [
        three.weights(q, k, torch.zeros(2, 7, dtype=torch.bool)),
        0 * three.weights(q, k, padding) + three.weights(q, k)]
    yield "a small weight is small, and is not rounded or cut off", precise(one.weights(*steep(6)))
    yield "all parts together look into the source", [three(x, source), three(x, source, padding)]
    yield "what stands at padding is never seen, in training and in evaluation", [
        attention(x, source.masked_fill(padding[..., None], 99.0), padding)
        for attention in (three, draw.fill(impl(12, 3)).eval())]
    yield "keys and values of large numbers are not cut off", list(one.project(x, 100.0 * source))[1:]
    yield "large numbers come out whole", three(x, 100.0 * source)
    yield "a single query works, and a source of a single token", [three(x[:, :1], source), three(x, source[:, :1])]
    yield "three hundred queries and a source of a hundred tokens work", three(draw(1, 300, 12), draw(1, 100, 12))
    yield "a hundred queries and a source of three hundred tokens work", three(draw(1, 100, 12), draw(1, 300, 12))
    yield "weights are in the dtype of the queries", draw.fill(impl(12, 3)).half().weights(q.half(), k.half(), padding)
    yield "half precision stays half precision, and double stays double", [
        draw.fill(impl(12, 3)).to(kind)(x.to(kind), source.to(kind), padding)
        for kind in (torch.float16, torch.bfloat16, torch.float64)]
    yield "gradients reach both texts and all parameters", grads(
        three, {"x": x, "source": source}, upstream=draw(2, 5, 12))
    yield "works on its input's device", elsewhere(
        lambda model, *given: model(*given), draw.fill(impl(12, 3)), x, source, padding)


def far_below(attention, padding):
    q, k = torch.full((2, 3, 5, 4), 1e8), torch.full((2, 3, 7, 4), -1e8)
    return attention.weights(q, k.masked_fill(padding[:, None, :, None], 0.0), padding)


def steep(S):
    """q and k, of one head of twelve channels, whose scores fall by twelve from each place to the next."""
    first = torch.eye(12)[:1]
    return first.expand(5, 12)[None, None] * 12**0.5, (-12.0 * torch.arange(S)[:, None] * first)[None, None]


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "layer_norm": [
        (" - mean) / size + b", ") / size + b", "the mean is taken", "the mean is not taken away"),
        ("mean = sum(x) / len(x)", "mean = sum(x)", "the mean is taken",
         "the mean is a sum, not divided by their number"),
        ("for number in x) / len(x)", "for number in x)", "without scale and shift",
         "the variance is a sum, not a mean"),
        ("for number in x) / len(x)", "for number in x) / max(len(x) - 1, 1)", "without scale and shift",
         "the variance is divided by C − 1"),
        ("(variance + epsilon) ** 0.5", "variance + epsilon", "without scale and shift",
         "it is divided by the variance, not by its root"),
        ("(variance + epsilon) ** 0.5", "variance ** 0.5 + epsilon", "epsilon stands",
         "epsilon is added after the root"),
        ("(variance + epsilon) ** 0.5", "variance ** 0.5", "epsilon stands", "epsilon is left out"),
        ("[w * (number - mean) / size + b", "[w * ((number - mean) / size + b)", "the shift is",
         "the shift is scaled too"),
        ("[w * (number - mean) / size + b", "[(number - mean) / size + b", "the scale is", "the weight is not used"),
        ("[w * (number - mean) / size + b", "[w * (number - mean) / size", "the shift is", "the bias is not used"),
        ("== len(bias) > 0:", "== len(bias):", "an empty row", "an empty row divides by zero"),
    ],
    "connect": [
        ("return part(norm(x))", "return norm(part(x))", "“no residual”", "the norm comes after the part"),
        ("return part(norm(x))", "return part(x)", "“no residual”", "the norm is left out"),
        ("return norm(x + part(x))", "return x + norm(part(x))", "“post-norm”", "the part is normed, not the sum"),
        ("return norm(x + part(x))", "return norm(part(x))", "“post-norm”", "the stream itself is lost"),
        ("return x + part(norm(x))", "return norm(x) + part(norm(x))", "“pre-norm”",
         "the normed stream is added to, not the stream itself"),
        ("return x + part(norm(x))", "return x + norm(part(x))", "“pre-norm”", "the norm comes after the part"),
        ('if how == "pre-norm":', "if True:", "any other way", "whatever else is said is taken for pre-norm"),
        ("raise ValueError(", "raise KeyError(", "any other way", "another kind of error is raised"),
    ],
    "Dropout": [
        ("if not self.training or self.p == 0:", "if self.p == 0:", "in evaluation", "it drops in evaluation too"),
        ("not self.training", "self.training", "in evaluation", "training and evaluation are taken for each other"),
        ("torch.rand_like(x) < self.p", "torch.rand_like(x) > self.p", "about the share",
         "what should be kept is dropped"),
        (" / (1 - self.p)", "", "while training a number", "what is kept is not made larger"),
        (" / (1 - self.p)", " / self.p", "what is kept", "what is kept is divided by p"),
        (" / (1 - self.p)", " * (1 - self.p)", "while training a number", "what is kept is made smaller"),
        ("torch.rand_like(x)", "torch.rand_like(x[:1])", "each number meets", "one row of chances serves all rows"),
        ("torch.rand_like(x)", "torch.randn_like(x)", "about the share",
         "the chances are drawn from the bell curve, not evenly"),
        ("torch.rand_like(x)", "torch.rand(x.shape)", "works on its input", "the chances are drawn on the CPU"),
        ("x.masked_fill(dropped, 0.0)", "x.detach().masked_fill(dropped, 0.0)", "gradients pass",
         "the way back is cut"),
    ],
    "Block": [
        ("return x + self.dropout(self.mlp(", "return self.dropout(self.mlp(", "parts that write"),  # the hunt
        ("x = x + self.dropout(self.attention(", "x = self.dropout(self.attention(", "parts that write"),
        ("self.mlp(self.mlp_norm(x))", "self.mlp(x)", "the MLP reads"),
        ("self.mlp_norm(x)", "self.attention_norm(x)", "the MLP reads"),
        ("self.attention(self.attention_norm(x), positions)", "self.attention(x, positions)",
         "the attention reads"),
        ("x + self.dropout(self.attention(", "self.attention_norm(x) + self.dropout(self.attention(",
         "parts that write"),
        ("self.dropout(self.mlp(self.mlp_norm(x)))", "self.mlp(self.mlp_norm(x))", "while training"),
        ("self.dropout(self.attention(self.attention_norm(x), positions))",
         "self.attention(self.attention_norm(x), positions)", "while training"),
        ("DroppingAttention(d_model, n_heads, bias, dropout)", "DroppingAttention(d_model, n_heads, bias)",
         "while training, about the given share of the attention"),
        ("MLP(d_model, activation, bias)", 'MLP(d_model, "gelu", bias)', "the tanh form"),
    ],
    "test_head_width": [
        ("range(-2, 25)", "range(1, 25)", "it fails an implementation that divides by no heads",
         "it never asks for no head or fewer"),
        ("range(-2, 25)", "range(-2, 2)", "it fails an implementation that rounds down",
         "it never asks for several heads"),
        ("range(-2, 25)", "range(-2, d_model + 1)", "it fails an implementation that does not refuse more",
         "it never asks for more heads than channels"),
        ('assert str(d_model) in str(error) and str(n_heads) in str(error), "one is missing"', "pass",
         "it fails an implementation that refuses without", "the error's text is not looked at"),
        ("str(d_model) in str(error) and str(n_heads) in str(error)",
         "str(d_model) in str(error) or str(n_heads) in str(error)", "it fails an implementation that names",
         "one number is enough for it"),
        ("except ValueError as error", "except Exception as error", "it fails an implementation that refuses with",
         "any error will do"),
        ('assert n_heads < 1 or d_model % n_heads, f"refuses {d_model} and {n_heads}"', "pass",
         "it fails an implementation that refuses every", "it does not mind when too much is refused"),
        ("type(width) is int and width * n_heads == d_model", "type(width) is int",
         "it fails an implementation that gives the number", "any whole number is good enough for it"),
        ("type(width) is int and width * n_heads == d_model", "width * n_heads == d_model",
         "it fails an implementation that gives a float", "a float is good enough for it"),
    ],
    "CrossAttention": [
        ("self.q(x)", "self.q(source)", "queries are made", "the source asks itself"),
        ("self.kv(source)", "self.kv(x)", "keys come first", "x is asked, not the source"),
        ("return q, k, v", "return q, v, k", "keys come first", "keys and values are taken for each other"),
        ("(2, *heads)).permute(2, 0, 3, 1, 4)", "(heads[0], 2, heads[1])).permute(3, 0, 2, 1, 4)", "head h owns",
         "each head's keys and values are cut from one stretch of channels"),
        ("self.q(x).unflatten(-1, heads).transpose(1, 2)",
         "self.q(x).reshape(x.shape[0], *heads[:1], x.shape[1], heads[1])", "head h owns",
         "T and H are not swapped, so the heads mix positions"),
        ("(q / self.width**0.5)", "q", "the scores are divided", "the scores are not divided at all"),
        ("self.width**0.5", "(self.width * self.n_heads)**0.5", "the scores are divided",
         "the scores are divided by the root of C, not of D"),
        ("masked_fill(padding[:, None, None], -torch.inf)", "masked_fill(~padding[:, None, None], -torch.inf)",
         "padding has no weight, and", "padding is seen and the rest is hidden"),
        ("scores = scores.masked_fill(padding[:, None, None], -torch.inf)", "pass", "padding has no weight, and",
         "padding is not looked at"),
        ("-torch.inf", "-1e9", "padding has no weight however", "-1e9 is finite: scores can lie below it"),
        ("-torch.inf", "0.0", "padding has no weight, and", "a score of 0 still has a weight"),
        ("scores.softmax(-1)", "scores.softmax(-2)", "the weights of each", "the softmax runs over the queries"),
        ("return scores.softmax(-1)",
         "return scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf).softmax(-1)",
         "nothing of the source", "the future of the source is hidden"),
    ],
}

ENOUGH = "a size more or less at the ends of the loops: what is wrong in the row is found with either"
WIDTHS, HEADS = "for d_model in range({}):\n    ... → for d_model in range({}):\n    ...", (
    "for n_heads in range({}):\n    ... → for n_heads in range({}):\n    ...")
EQUIVALENT = {
    "layer_norm": {
        "return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=True)] → "
        "return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=False)]":
            "the lengths have been compared before",
    },
    "Dropout": {
        "dropped = torch.rand_like(x) < self.p → dropped = torch.rand_like(x) <= self.p":
            "a chance of exactly p comes once in millions",
        **{f"if not self.training or self.p == 0:\n    ... → if not self.training or self.p == {other}:\n    ...":
               "with p = 0 nothing is dropped, and what is kept is divided by 1" for other in (1, -1)},
    },
    "test_head_width": {
        **{WIDTHS.format("1, 21", other): ENOUGH for other in ("1, 22",)},
        **{HEADS.format("-2, 25", other): ENOUGH for other in ("-2, 26", "-2, 24", "-3, 25", "-1, 25")},
        **{"assert n_heads > 0, f'lets {n_heads} heads through' → "
           f"assert n_heads {other}, f'lets {{n_heads}} heads through'":
           "no width times 0 heads is d_model, which the next line asks" for other in (">= 0", "> -1")},
    },
}

BY_HAND = {
    "layer_norm": ["torch.*", "numpy.*", "statistics.*"],
    "Dropout": ["torch.nn.Dropout", "torch.nn.functional.dropout", "torch.dropout", "torch.native_dropout"],
    "CrossAttention": ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention"],
}

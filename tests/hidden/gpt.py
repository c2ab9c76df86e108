"""What a GPT, the count of what it costs, attention in tiles and a test for leaks must get right."""

import math
import tracemalloc
from dataclasses import make_dataclass, replace

import torch
from torch import nn

from course_lib.classroom import elsewhere, grads, precise, raised

Sizes = make_dataclass("Sizes", ["vocab_size", "context_length", "d_model", "n_heads", "n_kv_heads", "n_layers",
                                 "activation", "bias", "tied", "init"], frozen=True)


def config(**changes):
    """The sizes of a small model: what stands in a Config, without its class."""
    sizes = {"vocab_size": 11, "context_length": 9, "d_model": 12, "n_heads": 3, "n_kv_heads": 3, "n_layers": 2,
             "activation": "gelu", "bias": True, "tied": True, "init": "gpt2"}
    return Sizes(**{**sizes, **changes})


class Scored(nn.Module):
    """A model and targets: what it gives is the loss."""

    def __init__(self, model, targets):
        super().__init__()
        self.model, self.targets = model, targets

    def forward(self, ids):
        return self.model.loss(ids, self.targets)


def GPT(impl, draw):
    model, ids, targets = draw.fill(impl(config())), draw.ints(0, 11, 2, 7), draw.ints(0, 11, 2, 7).clone()
    targets[0, 0] = 0
    yield "the stream begins as what each token is, plus where it stands", model.embed(ids)
    yield "small numbers of the embeddings are not rounded away", precise(faint(draw.fill(impl(config()))).embed(ids))
    yield "a text may begin at a later position than 0", [model.embed(ids, 2), model.embed(ids, start=1)]
    yield "there is a score for each token of the vocabulary at each position", list(model(ids).shape)
    shallow, deep = draw.fill(impl(config(n_layers=1))), draw.fill(impl(config(n_layers=5)))
    yield "one block works between the embeddings, the last norm and the head", shallow(ids)
    yield "several blocks work one after the other", model(ids)
    yield "all blocks work, five of them as well", deep(ids)
    yield "another text has scores of its own", model(draw.ints(0, 11, 2, 7))
    yield "a head that is not tied is used too", draw.fill(impl(config(tied=False)))(ids)
    yield "every length from one token to the whole window works", [model(draw.ints(0, 11, 2, T)) for T in (1, 9)]
    yield "a window of 80 works, and a batch of 70", [
        draw.fill(impl(config(context_length=80)))(draw.ints(0, 11, 1, 77)), model(draw.ints(0, 11, 70, 2))]
    yield "no position knows what comes after it", model(torch.cat([ids[:, :4], targets[:, :3]], 1))[:, :4]
    yield "an id outside the vocabulary is refused with a ValueError", raised(model, ids + 11)
    yield "a text longer than the window is refused with a ValueError", [
        raised(model, draw.ints(0, 11, 2, 10)), raised(model.embed, draw.ints(0, 11, 2, 5), 5),
        elsewhere(lambda model, ids: raised(model.embed, ids, 5), draw.fill(impl(config())), draw.ints(0, 11, 2, 5))]
    text = draw.ints(0, 11, 2, 8)
    yield "the loss is the mean surprise at what came next", model.loss(ids, targets.clamp(min=1))
    yield "a target of 0 counts like any other", model.loss(ids, targets)
    yield "targets cut out of a longer text work, though they do not lie side by side in memory", model.loss(
        text[:, :-1], text[:, 1:])
    yield "the loss of a long text works too", draw.fill(impl(config(context_length=80))).loss(
        draw.ints(0, 11, 2, 77), draw.ints(0, 11, 2, 77))
    even, some, second = targets.clone(), targets.clone(), targets.clone()
    even[:, 2], some[0, 1:5], some[1, 2], second[0] = -100, -100, -100, -100
    yield "at a target of -100 nothing is asked", model.loss(ids, even)
    yield "each target that is asked counts the same, however many its row has", [
        model.loss(ids, some), model.loss(ids, second)]
    yield "targets of another shape are refused with a ValueError", raised(model.loss, ids, targets[:, 1:])
    yield "a target outside the vocabulary is refused with a ValueError", raised(model.loss, ids, targets + 11)
    yield "targets of int32, and ids, count as those of int64", [
        model.loss(ids.int(), targets.int()), model(ids.int())]
    yield "a model in double precision gives doubles", draw.fill(impl(config())).double()(ids)
    yield "gradients of the logits reach every parameter", grads(model, {"ids": ids}, upstream=draw(2, 7, 11))
    yield "gradients of the loss reach every parameter", grads(Scored(model, targets), {"ids": ids})
    yield "works on its input's device", elsewhere(
        lambda model, ids, targets: [model(ids), model.loss(ids, targets)], draw.fill(impl(config())), ids, targets)


def faint(model):
    """The model with embeddings of small numbers."""
    with torch.no_grad():
        model.token_embedding.weight.mul_(1e-4)
        model.position_embedding.weight.mul_(1e-4)
    return model


def sizes(draw, **changes):
    H = draw.number(2, 6)
    drawn = {"vocab_size": draw.number(20, 90), "context_length": draw.number(100, 130),
             "d_model": H * draw.number(3, 9), "n_heads": H, "n_kv_heads": H, "n_layers": draw.number(3, 8)}
    return config(**{**drawn, **changes})


LARGE = {"vocab_size": 50_257, "context_length": 2048, "d_model": 12_288, "n_heads": 96, "n_kv_heads": 96,
         "n_layers": 96}


def parameters(impl, draw):
    yield "each token has a vector of C numbers", impl(sizes(draw))["tokens"]
    yield "each place of the window has a vector of C numbers", impl(sizes(draw))["positions"]
    bare = sizes(draw, bias=False)
    yield "where there are no biases none is counted, only whole matrices", [
        impl(bare)[part] % bare.d_model**2 for part in ("attention", "mlp")]
    yield "attention has four matrices of C by C in each block", impl(sizes(draw, bias=False))["attention"]
    yield "each of attention's outputs has a bias where there are biases", impl(sizes(draw))["attention"]
    yield "an MLP goes from C to 4C and back", impl(sizes(draw, bias=False))["mlp"]
    yield "an MLP has 4C biases on its way up and C on its way down", impl(sizes(draw))["mlp"]
    yield "two norms in each block and one at the end have a scale for each channel", impl(
        sizes(draw, bias=False))["norms"]
    yield "with biases, each norm has a shift as well", impl(sizes(draw))["norms"]
    yield "a tied head has no numbers of its own", impl(sizes(draw))["head"]
    yield "a head that is not tied has as many as the token embedding", impl(sizes(draw, tied=False))["head"]
    one = sizes(draw)
    yield "the same sizes are counted with biases and without", [
        impl(replace(one, bias=bias))["attention"] for bias in (True, False)]
    yield "there are these six parts and no others", [impl(one), impl(replace(one, tied=False)),
                                                      impl(replace(one, bias=False))]
    yield "the number of heads changes nothing", [impl(config(n_heads=H, n_kv_heads=H)) for H in (1, 2, 6)]
    yield "a model too large to be built is counted as well", sum(impl(config(**LARGE)).values())


def flops_per_token(impl, draw):
    one = sizes(draw)
    taller = replace(one, vocab_size=one.vocab_size + 10)
    yield "every number in the head costs a multiplication and an addition", impl(taller, 5) - impl(one, 5)
    yield "scores and mixing cost as much again with every place more", impl(one, 8) - impl(one, 7)
    deeper = replace(one, n_layers=one.n_layers + 1)
    yield "a block costs its four layers, and its scores and its mixing", impl(deeper, 3) - impl(one, 3)
    yield "nothing else is counted", [impl(sizes(draw), 6), impl(sizes(draw), T=11)]
    yield "a T longer than the window is counted as it is given", [impl(sizes(draw), T) for T in (1000, 1_000_000)]
    yield "a T of 1 looks at one place", impl(sizes(draw), 1)
    yield "without a T it is the whole window", [impl(one), impl(one, None)]
    yield "where weights are shared nothing is saved", [impl(sizes(draw, tied=tied), 4) for tied in (True, False)]
    yield "how many heads there are, and whether there are biases, changes nothing", [
        impl(config(n_heads=H, n_kv_heads=H, bias=bias)) for H in (1, 2) for bias in (True, False)]
    yield "the largest model of all is counted as well", impl(config(**LARGE))


def used_again(pairs):
    """Tiles as a machine with little room hands them over: what a tile held is gone when the next one is asked for."""
    for keys, values in pairs:
        keys, values = [list(key) for key in keys], [list(value) for value in values]
        yield keys, values
        keys.clear()
        values.clear()


def cut(keys, values, lengths):
    """Pairs of lists, as many rows in each as `lengths` say."""
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
    return [(keys[end - n : end], values[end - n : end]) for n, end in zip(lengths, ends, strict=True)]


def tiled_attention(impl, draw):
    query, keys, values = draw(3).tolist(), draw(9, 3).tolist(), draw(9, 2).tolist()

    def asked(lengths, query=query, keys=keys, values=values):
        return impl(query, used_again(cut(keys, values, lengths)))

    yield "one key alone hands over its value", asked([1])
    yield "where all scores are equal, the mean of one tile comes out", [
        asked([4], query=[0.0] * 3), asked([2], query=[0.0] * 3, values=[[1.0, 2.0], [2.0, 5.0]])]
    yield "where all scores are equal, the mean over all tiles comes out", asked([4, 2, 3], query=[0.0] * 3)
    ramp = [[0.4 * n, 0.0, 0.0] for n in range(9)]
    yield "within one tile a better fit weighs more, as e to the power of its score", [
        asked([5], [sign, 0.0, 0.0], ramp) for sign in (1.0, -1.0)]
    yield "however the keys are cut into tiles, the answer is the same", [
        asked(lengths) for lengths in ([9], [4, 5], [2, 2, 2, 3], [1] * 9)]
    yield "the tiles may come in a list as well", impl(query, cut(keys, values, [4, 5]))
    yield "the best fit may stand in the first tile or in the last", [
        asked([3, 3, 3], [sign, 0.0, 0.0], ramp) for sign in (1.0, -1.0)]
    yield "a tile with nothing in it changes nothing", asked([0, 4, 0, 0, 5])
    yield "no score is too large", [
        asked([2, 1], [size], [[1.0], [low], [1.0]], values[:3]) for size in (900.0, 4000.0) for low in (-1.0, 1.001)]
    yield "scores that all lie far below zero are weighed as well", [
        asked([2, 1], [size], [[-1.0], [-1.0001], [-1.0002]], values[:3]) for size in (900.0, 9000.0)]
    yield "a large score may come after one far below zero", asked(
        [2, 1], [-900.0], [[1.0], [-1.0], [1.0]], values[:3])
    yield "the first tile may fit far worse than all that follow", asked(
        [1, 2], [1.0], [[-2000.0], [1.0], [0.5]], values[:3])
    yield "a weight near zero is neither rounded nor cut off", precise(
        asked([1, 1], [1.0], [[query[0]], [query[0] - 300.0]], [[0.0, 1e-6], [1.0, 0.0]]), 1e-9)
    yield "large values are mixed as they are", asked([1, 1], [0.0], [[1.0], [2.0]], [[1e6, -3e4], [2e6, -1e4]])
    yield "a query of seventy numbers works", asked([2, 1], draw(70).tolist(), draw(3, 70).tolist())
    long = draw(400, 3).tolist(), draw(400, 2).tolist()
    yield "two hundred tiles are no harder than three", asked([2] * 200, query, *long)
    yield "a tile of four hundred keys is used whole", asked([400], query, *long)
    yield "what is remembered does not grow with the number of tiles", remembered(impl) < 200_000
    yield "a tile with more keys than values is refused with a ValueError", [
        raised(impl, [1.0], used_again([([[1.0], [2.0]], [[3.0]])])),
        raised(impl, [1.0], used_again([([[1.0]], [[3.0]]), ([[1.0]], [[3.0], [4.0]])]))]
    yield "a query and a key of different lengths are refused with a ValueError", [
        raised(impl, [1.0, 2.0], used_again([([[3.0]], [[4.0]])])),
        raised(impl, [1.0], used_again([([[3.0] * 2], [[4.0]])])),
        raised(impl, [1.0], used_again([([[3.0], [3.0] * 2], [[4.0]] * 2)]))]
    yield "values of different lengths are refused with a ValueError", [
        raised(impl, [1.0], used_again([([[2.0]] * 2, rows)])) for rows in ([[3.0], [4.0] * 2], [[4.0] * 2, [3.0]])] + [
            raised(impl, [1.0], used_again([([[2.0]], [[4.0] * n]), ([[2.0]], [[4.0] * (3 - n)])])) for n in (1, 2)]
    yield "nothing to look at is refused with a ValueError", [
        raised(impl, [1.0], used_again(pairs)) for pairs in ([], [([], [])])]


def remembered(impl):
    """The most bytes that a walk through 3,000 tiles holds at a time."""
    def many():
        for n in range(3000):
            yield [[n * 1e-3, 0.5], [0.25, n * 1e-4]], [[n + 0.5], [n + 0.25]]

    tracemalloc.start()
    try:
        impl([0.1, 0.2], many())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def MaskedAttention(impl, draw):
    model, x = draw.fill(impl(18, 3, 9)), draw(2, 7, 18)
    q, k = draw(2, 3, 5, 6), draw(2, 3, 7, 6)
    first = torch.eye(6)[:1]
    yield "no query gives any weight to a later key, not the smallest", precise(
        model.weights(k, -k).triu(1))
    yield "in evaluation mode no query gives any weight to a later key either", draw.fill(
        impl(18, 3, 9)).eval().weights(k, -k).triu(1)
    yield "the weights of every query add up to one", model.weights(0 * q[:, :, :2], q[:, :, :2]).sum(-1)
    yield "equal scores share the weight evenly, with all its digits", precise(model.weights(0 * q, q))
    yield "other queries have other weights: a key that fits best by far takes it all", model.weights(
        1000 * first.expand(2, 3, 5, 6), torch.cat([first, 0 * q[0, 0, 1:]]).expand(2, 3, 5, 6))
    yield "what a query may see is weighed by softmax(q · k / √D)", model.weights(q, q)
    yield "when there are fewer queries than keys, they are the last ones", model.weights(q, k)
    yield "the last position may look at every key", [
        model.weights(q[:, :, :1], k), model.weights(q[:1, :, :1], k[:1])]
    yield "nothing comes through the mask however far below zero the scores lie", model.weights(
        1e8 + 0 * q, -1e8 + 0 * q)
    yield "scores of 100 and 101 weigh like 0 and 1: only their difference counts", model.weights(
        (first * 6**0.5).expand(1, 1, 2, 6), (torch.tensor([[100.0], [101.0]]) * first)[None, None])
    falling = -20.0 * torch.arange(5.0)[:, None] * first
    yield "a weight near zero is neither rounded nor cut off", precise(
        model.weights((first * 6**0.5).expand(1, 1, 5, 6), falling[None, None]))
    yield "all of it together is causal attention", model(x)
    yield "from one position to the whole window, every length works", [model(draw(2, T, 18)) for T in (1, 9)]
    yield "without biases it works as well", draw.fill(impl(18, 3, 9, False))(x)
    yield "a window of 200 works", draw.fill(impl(18, 3, 200))(draw(1, 150, 18))
    yield "what is saved of it is what it has learned", sorted(model.state_dict())
    half, double = draw.fill(impl(18, 3, 9)).half(), draw.fill(impl(18, 3, 9)).double()
    yield "the weights are in half precision where queries and keys are", half.weights(q.half(), k.half())
    yield "half precision stays half, and double stays double", [half(x.half()), double(x.double())]
    yield "gradients reach what came in and all parameters", grads(model, {"x": x}, upstream=draw(2, 7, 18))
    yield "works on its input's device", elsewhere(lambda model, x: model(x), draw.fill(impl(18, 3, 9)), x)


class Reader(nn.Module):
    """A small language model. look: (x, ids) -> (B, T, C), what each position adds to its own vector"""

    def __init__(self, look, dropout=0.0):
        super().__init__()
        self.tokens, self.head, self.dropout = nn.Embedding(11, 8), nn.Linear(8, 11), nn.Dropout(dropout)
        self.look = look

    def forward(self, ids):
        x = self.tokens(ids)  # (B, T, C)
        return self.head(self.dropout(x + self.look(x, ids)))


def seen(allowed):
    """Attention where allowed(t, s) says whether position t may look at position s; itself it always sees."""
    def look(x, ids):
        T = x.shape[1]
        t, s = torch.arange(T)[:, None], torch.arange(T)
        may = allowed(t, s, T) | (t == s)
        return (x @ x.mT).masked_fill(~may, -math.inf).softmax(-1) @ x
    return look


def shifted(x, by):
    """What stands `by` places later, zeros past the end."""
    return torch.cat([x[:, by:], torch.zeros_like(x[:, :by])], 1)


def running(x, ids):
    return x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]


def one_row(x, ids):
    """Only the second text of the batch shows what comes next."""
    later = torch.zeros_like(x)
    later[1:2] = shifted(x, 1)[1:2]
    return later


class Net(nn.Module):
    """A recurrent net or a convolution, with the shape of a Reader."""

    def __init__(self, kind):
        super().__init__()
        self.tokens, self.head, self.kind = nn.Embedding(11, 8), nn.Linear(8, 11), kind
        self.net = nn.Conv1d(8, 8, 3, padding=1 if kind == "centred" else 2) if kind in ("centred", "left") else \
            nn.GRU(8, 4 if kind == "both ways" else 8, batch_first=True, bidirectional=kind == "both ways")

    def forward(self, ids):
        x = self.tokens(ids)
        if self.kind in ("centred", "left"):
            return self.head(self.net(x.mT).mT[:, : ids.shape[1]])
        return self.head(self.net(x)[0])


class Whispering(Reader):
    """It knows very quietly what comes next: the last token's logit, a loud one, is higher, the first's lower."""

    def __init__(self, loud, last=False):
        super().__init__(blind)
        self.loud, self.last = loud, last

    def forward(self, ids):
        quiet = torch.zeros(*ids.shape, 11)
        quiet[..., -1] = 50 + self.loud * shifted(ids, 1)
        if self.last:
            quiet[:, :-2, -1] = 50
        quiet[..., 0] = -quiet[..., -1]
        return super().forward(ids) + quiet


class Sinking(Reader):
    """Every logit is lower, the higher the number of the token that comes next; higher where `by` is below 0."""

    def __init__(self, by):
        super().__init__(blind)
        self.by = by

    def forward(self, ids):
        return super().forward(ids) - self.by * shifted(ids + 1, 1)[..., None]


def blind(x, ids):
    return torch.zeros_like(x)


def honest_models():
    causal = seen(lambda t, s, T: s <= t)
    return {
        "a model that knows nothing but each token itself": Reader(blind),
        "a running mean of what came before": Reader(running),
        "causal attention": Reader(causal),
        "causal attention that is training, with dropout": Reader(causal, dropout=0.3),
        "a running mean that is training, with dropout": Reader(running, dropout=0.5),
        "a convolution over what came before": Net("left"),
        "a recurrent net that reads from left to right": Net("one way"),
        "a model whose logits move by less than 1e-5": Whispering(3e-7),
    }


def leaking_models():
    return {
        "a leak of 0.004, one logit up and another down": Whispering(0.004),
        "a leak of 3e-5 in two large logits": Whispering(3e-5),
        "a mask that starts one place too late": Reader(seen(lambda t, s, T: s <= t + 1)),
        "a mask that is upside down": Reader(seen(lambda t, s, T: s >= t)),
        "a last token that all positions see": Reader(seen(lambda t, s, T: (s <= t) | (s == T - 1))),
        "a second token that the first position sees": Reader(seen(lambda t, s, T: (s <= t) | ((t == 0) & (s == 1)))),
        "a last token that the position before it sees": Reader(
            seen(lambda t, s, T: (s <= t) | ((t == T - 2) & (s == T - 1)))),
        "a last token that the first position sees": Reader(
            seen(lambda t, s, T: (s <= t) | ((t == 0) & (s == T - 1)))),
        "a middle position that sees two places ahead": Reader(
            seen(lambda t, s, T: (s <= t) | ((t == 2) & (s == 4)))),
        "a mean over the whole text": Reader(lambda x, ids: x - x.mean(1, keepdim=True)),
        "a sum from the end": Reader(lambda x, ids: x.flip(1).cumsum(1).flip(1)),
        "a look three places ahead": Reader(lambda x, ids: shifted(x, 3)),
        "a leak in the second text of the batch alone": Reader(one_row),
        "a convolution over both sides": Net("centred"),
        "a recurrent net that reads both ways": Net("both ways"),
        "a leak in a model with dropout": Reader(seen(lambda t, s, T: s <= t + 1), dropout=0.3),
        "a leak of 3e-5 at a single position": Whispering(3e-5, last=True),
    }


def sees_ahead(impl, draw):
    ids, fives = draw.ints(0, 11, 2, 5), torch.full((1, 5), 5)
    yield "it is False for a model that says the same whatever it reads", impl(
        nn.Embedding.from_pretrained(torch.ones(11, 11)), draw.ints(0, 11, 3, 6))
    yield "it is True for a leak that raises all logits alike", impl(draw.fill(Sinking(-0.3)), fives)
    yield "it is True for a leak that lowers all logits alike", impl(draw.fill(Sinking(0.3)), fives)
    yield "it is True for attention without a mask", impl(draw.fill(Reader(seen(lambda t, s, T: s == s))), ids)
    yield "each model is asked anew, whatever was said of the one before", impl(
        draw.fill(Reader(lambda x, ids: -x)), ids)
    honest, leaking = ({name: draw.fill(model) for name, model in models.items()}
                       for models in (honest_models(), leaking_models()))
    for name, model in {**honest, **leaking}.items():
        yield f"it is {name in leaking} for {name}", impl(model, draw.ints(0, 11, 3, 6))
    yield "it says the same of each in another order", [
        impl(model, draw.ints(0, 11, 3, 6)) for _, model in draw.row(honest.values(), leaking.values())]
    yield "a text of seventy tokens is looked at to its end", [
        impl(draw.fill(Reader(running)), draw.ints(0, 11, 1, 70)),
        impl(draw.fill(Reader(lambda x, ids: shifted(x, 66))), draw.ints(0, 11, 1, 70))]
    leak = draw.fill(Reader(lambda x, ids: shifted(x, 1)))
    yield "it is True for a leak in a text of nothing but the token 0, or but the last: each must be changed", [
        impl(leak, torch.full((1, 5), token)) for token in (0, 10)] + [
            impl(draw.fill(Sinking(0.1)), torch.zeros(1, 5, dtype=torch.long))]
    awake, asleep = Reader(running, dropout=0.3).train(), Reader(running, dropout=0.3).eval()
    half_asleep = Reader(running, dropout=0.3).train()
    half_asleep.dropout.eval()
    for model in (awake, asleep, half_asleep):
        impl(model, draw.ints(0, 11, 2, 4))
    yield "a model that was training still is, and one that was not is not", [
        awake.training, asleep.training, half_asleep.dropout.training]


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "GPT": [
        (" + self.position_embedding(positions)", "", "the stream begins", "the positions are made and never added"),
        ("torch.arange(start, start + ids.shape[1]", "torch.arange(0, ids.shape[1]", "a text may begin",
         "every text begins at position 0"),
        ("        check_ids(ids, self.config, start)\n", "", "an id outside", "check_ids is not called"),
        ("self.final_norm(x)", "x", "one block works", "the last norm is left out"),
        ("        for block in self.blocks:\n            x = block(x)\n", "        x = self.blocks[0](x)\n",
         "several blocks", "only the first block is used"),
        ("            x = block(x)\n", "            x = x + block(x)\n", "one block works",
         "the block adds to the stream itself; here it is added again"),
        ("self.head(self.final_norm(x))", "self.final_norm(x) @ self.token_embedding.weight.mT", "a head that is not",
         "the token embedding is used even where the head is not tied to it"),
        ("self.head(self.final_norm(x))", "self.head(self.final_norm(x)).log_softmax(-1)", "one block works",
         "logits are wanted, and a softmax was taken"),
        (", ignore_index=IGNORED", ", ignore_index=-1", "at a target of", "the ignored target is another number"),
        ("        targets = check_targets(targets, ids, logits.shape[-1])\n", "", "a target outside",
         "check_targets is not called"),
        ("logits.flatten(0, 1), targets.flatten()", "logits[:, :-1].flatten(0, 1), targets[:, 1:].flatten()",
         "the loss is the mean", "the targets are shifted once more"),
        ("targets.flatten(), ignore", "targets.flatten(), reduction=\"sum\", ignore", "the loss is the mean",
         "the sum is given back, not the mean"),
        (", device=ids.device", "", "works on its input's", "the positions are made on the CPU"),
    ],
    "parameters": [
        ("\"positions\": T * C", "\"positions\": V * C", "each place of", "positions have a row for each token"),
        ("(C + one) * 3 * C + (C + one) * C", "(C + one) * 3 * C", "attention has four",
         "the output layer of attention is left out"),
        ("(C + one) * 3 * C + (C + one) * C", "C * 3 * C + (C + one) * C", "each of attention's outputs",
         "qkv has biases too"),
        ("(C + one) * 3 * C", "config.n_heads * (C + one) * 3 * C", "attention has four",
         "every head has the full width; the heads share C"),
        ("L * ((C + one) * 4 * C", "((C + one) * 4 * C", "an MLP goes", "the MLP of one block is counted, not of all"),
        ("(4 * C + one) * C", "(4 * C + one * 4) * C", "an MLP has 4C", "the way down has C biases"),
        ("(2 * L + 1)", "2 * L", "two norms", "the last norm is left out"),
        ("(2 * L + 1)", "(L + 1)", "two norms", "there are two norms in each block"),
        ("(1 + one) * C", "C", "with biases, each norm", "the norms' shifts are left out"),
        ("0 if config.tied else V * C", "V * C", "a tied head", "the tied head is counted twice"),
        ("0 if config.tied else V * C", "0", "a head that is not", "a head that is not tied has numbers of its own"),
        ("0 if config.tied else V * C", "0 if config.tied else V * C + V", "a head that is not",
         "the head is counted with a bias, and has none"),
    ],
    "flops_per_token": [
        ("return 2 * (weights", "return (weights", "every number in the head", "only multiplications are counted"),
        ("return 2 * (weights", "return 6 * (weights", "every number in the head",
         "that is forward and backward; here only forward is asked for"),
        (" + C * V", "", "every number in the head", "the head is left out"),
        ("L * 2 * T * C", "L * T * C", "scores and mixing", "scores cost T * C, and mixing once more"),
        ("L * 2 * T * C", "L * 2 * T * T * C", "scores and mixing", "that is for all T tokens; asked is each token's"),
        ("L * 2 * T * C", "L * (T + 1) * C", "scores and mixing", "hidden scores are computed too"),
        ("L * 2 * T * C", "2 * T * C", "scores and mixing", "one block is counted, not all"),
        ("4 * C * C + 8 * C * C", "4 * C * C + 4 * C * C", "a block costs", "the MLP goes up and comes down"),
        ("4 * C * C + 8", "3 * C * C + 8", "a block costs", "attention's output layer is left out"),
        ("+ C * V", "+ 2 * C * V", "every number in the head", "looking up an embedding is no product"),
        ("T or config.context_length", "T or config.d_model", "without a T", "the whole window is context_length"),
    ],
    "tiled_attention": [
        ("fade * old", "old", "within one tile", "what was mixed before is not rescaled when a larger score comes"),
        ("fade * total", "total", "within one tile", "the sum of weights is not rescaled when a larger score comes"),
        ("    top, total, mixed = -math.inf, 0.0, []\n    for keys, values in tiles:\n",
         "    for keys, values in tiles:\n        top, total, mixed = -math.inf, 0.0, []\n",
         "where all scores are equal, the mean over", "every tile begins anew, and the last one wins"),
        ("[number / total for number in mixed]", "mixed", "where all scores are equal, the mean of",
         "the weights are not divided by their sum"),
        ("higher = max(top, score)", "higher = 0.0", "no score is too large", "e is raised to the scores as they are"),
        ("-math.inf, 0.0, []", "0.0, 0.0, []", "scores that all lie", "the largest score so far begins at 0"),
        ("for key, value in zip(keys, values, strict=True)", "for key, value in zip(keys, values)", "a tile with more",
         "zip drops what is too much"),
        ("zip(before, value, strict=True)", "zip(before, value)", "values of different",
         "zip cuts the longer one short"),
        ("    for keys, values in tiles:\n", "    for keys, values in list(tiles):\n", "one key alone",
         "the tiles are collected first; by then their lists are empty"),
        ("    if total == 0:\n        raise", "    if total < 0:\n        raise", "nothing to look at",
         "nothing refuses an empty row of tiles"),
        ("score = dot(query, key)", "score = dot(query, key) / len(query) ** 0.5", "within one tile",
         "the scores are divided by √D, which is not asked for here"),
    ],
    "MaskedAttention": [
        ("        scores = scores.masked_fill(", "        scores.masked_fill(", "no query gives", ""),
        ("triu(1)", "triu(2)", "no query gives", ""),
        ("triu(1)", "tril(-1)", "no query gives", ""),
        ("self.future[S - T : S, :S]", "self.future[:T, :S]", "when there are fewer", ""),
        ("(q / D**0.5)", "q", "what a query may see", ""),
        ("-torch.inf", "-1e4", "nothing comes through", ""),
    ],
    "sees_ahead": [
        ("for t in range(1, ids.shape[1]):", "for t in [ids.shape[1] - 1]:", "it is True for a second token",
         "only the last token is changed"),
        ("for t in range(1, ids.shape[1]):", "for t in [1]:", "it is True for a last token that all",
         "only the second token is changed"),
        ("[:, :t].abs()", "[:, :1].abs()", "it is True for a last token that the position",
         "only the first position's logits are looked at"),
        ("[:, :t].abs()", "[:, t - 1 : t].abs()", "it is True for a last token that the first",
         "only the neighbour before it is looked at"),
        ("[:, :t].abs()", "[:, : t + 1].abs()", "it is False for a model that knows nothing",
         "a token may change the logits of its own position"),
        ("[:, :t].abs()", "[:1, :t].abs()", "it is True for a leak in the second text",
         "only the first text of the batch is looked at"),
        ("    with evaluating(model):\n", "    model.eval()\n    if True:\n", "each part of the model",
         "the model is left asleep"),
        ("moved > 1e-5", "moved > 0.1", "it is True for a leak of 0.004", "a quiet leak is a leak"),
        ("            if (moved > 1e-5).any():\n                return True\n    return False",
         "            return bool((moved > 1e-5).any())", "it is True for a last token that all",
         "it gives its answer after the first change"),
        ("return True", "return False", "it is True for a leak that raises", "it says no whatever it sees"),
    ],
}

ANOTHER = "it is another token all the same, and any will do"
EQUIVALENT = {
    "sees_ahead": {
        "other[:, t] = (other[:, t] + 1) % V → other[:, t] = (other[:, t] - 1) % V": ANOTHER,
        "other[:, t] = (other[:, t] + 1) % V → other[:, t] = (other[:, t] + 2) % V": ANOTHER,
        "for t in range(1, ids.shape[1]):\n    ... → for t in range(0, ids.shape[1]):\n    ...":
            "nothing stands before the first token",
        "if (moved > 1e-05).any():\n    ... → if (moved >= 1e-05).any():\n    ...": "no leak is of just this size",
    },
    "tiled_attention": {
        "score = dot(query, key) → score = dot(key, query)": "a product is the same either way round",
        **{f"before = mixed or [0.0] * len(value) → before = mixed or [{start}] * len(value)":
           "the first value fades whatever was there before by e to the -∞, to 0" for start in (1.0, -1.0)},
    },
}

BY_HAND = {
    "GPT": ["torch.nn.Transformer", "transformers.*"],
    "parameters": ["torch.*"],
    "flops_per_token": ["torch.*"],
    "tiled_attention": ["torch.*", "numpy.*"],
}

"""What a sampler must get right."""

import copy
import math

import torch

from course_lib.classroom import elsewhere, precise, raised
from course_lib.gpt import GPT, Config


def choose(impl, draw):
    yield "a small u takes the first token", impl([0.5, 0.3, 0.2], 0.1)
    yield "a larger u takes a later token", [impl([0.5, 0.3, 0.2], u) for u in (0.6, 0.95)]
    yield "the pieces lie in the order of the tokens, not of their probabilities", [
        impl([0.1, 0.2, 0.3, 0.4], u) for u in (0.05, 0.25, 0.45, 0.85)]
    yield "a likely token is not the only one", [impl([0.1, 0.8, 0.1], u) for u in (0.05, 0.5, 0.95)]
    yield "other probabilities give other tokens", [
        [impl([first, *others], (i + 0.3) / 50) for i in range(50)]
        for first, *others in (draw.probs(5).tolist(), draw.probs(5).tolist())]
    yield "a u on the border belongs to the token behind it", [impl([0.5, 0.25, 0.25], u) for u in (0.5, 0.75)]
    yield "u = 0 never takes a first token whose probability is 0", [
        impl([0.0, 0.0, 0.7, 0.3], 0.0), impl([0.0] + [0.1] * 10, 0.0)]
    yield "just below a border it belongs to the token before", [
        impl([0.5, 0.25, 0.25], math.nextafter(border, 0)) for border in (0.5, 0.75)]
    first, *others = draw.probs(4).tolist()
    probs = [first, 0.0, *others]
    taken = [impl(probs, (i + 0.5) / 400) for i in range(400)]
    yield "each token is taken as often as its probability says", [taken.count(token) for token in range(5)]
    yield "a tiny probability has its place, and a tiny u finds it", [
        impl([1e-9, 1e-8, 0.5, 0.5 - 1.1e-8], u) for u in (5e-10, 5e-9, 2e-8)]
    yield "four thousand tokens work", [impl([1 / 4096] * 4096, (n + 0.5) / 4096) for n in (0, 99, 300, 4095)]
    yield "where rounding leaves the sum below u, a token is taken all the same", impl([0.3, 0.3, 0.3], 0.95)
    yield "where rounding leaves the sum below u, it is the last token that is possible at all", [
        impl(probs, 0.9999999) for probs in ([0.3, 0.3, 0.3, 0.0, 0.0], [0.3, 0.3, 0.3, 1e-12, 0.0])]
    yield "where rounding leaves the sum of a single token below u, it is taken", impl([0.999999], 0.9999999)


def apply_temperature(impl, draw):
    logits, others = (draw.ints(-8, 8, 3, 5) / 4 for _ in range(2))
    yield "a temperature of 1 changes no probability", [impl(x, 1.0).log_softmax(-1) for x in (logits, others)]
    yield "a temperature of 2 halves the differences between the logits", impl(logits, 2.0).log_softmax(-1)
    yield "a temperature of 0.5 doubles them", impl(logits, 0.5).log_softmax(-1)
    yield "other logits have other chances", torch.equal(impl(logits, 0.5), impl(logits.flip(-1), 0.5))
    sure = torch.tensor([[0.3, 2.0, 1.5], [1.0, -4.0, 0.5]])
    yield "at temperature 0 the highest logit of each row is the only one left", [impl(sure, 0), impl(sure, 0.0)]
    yield "at temperature 0 the first of several highest is left, and it alone", impl(
        torch.tensor([[1.0, 1.0, 0.0], [2.0, 5.0, 5.0], [0.0, 0.0, 0.0]]), 0)
    yield "at temperature 0 the first of three hundred that are equally high is left", impl(torch.ones(300), 0)
    yield "a token that was cut stays cut", impl(torch.tensor([1.0, -torch.inf, 2.0]), 4.0).log_softmax(-1)
    yield "logits far apart keep their distance, where their probabilities would be 0", [
        impl(torch.tensor([0.0, -200.0, 3000.0]), t).log_softmax(-1) for t in (1.0, 100.0)]
    yield "a temperature close to 0 still gives numbers", impl(1000 * sure, 1e-38).softmax(-1)
    yield "a low temperature is no 0: logits that lie as close to each other keep their shares", [
        impl(t * logits, t).softmax(-1) for t in (0.09, 1e-3, 1e-7, 1e-30)]
    yield "a small probability is small, and neither rounded nor cut off", precise(
        impl(torch.tensor([0.0, -3.0, -40.0, -100.0]), 2.0).softmax(-1))
    yield "no digit is rounded off, as double precision shows", precise(
        impl(draw(3, 5).double(), 0.7).log_softmax(-1), 1e-9)
    yield "any leading shape works, at temperature 0 too", [
        impl(logits[0], 0.7).softmax(-1), impl(draw(2, 3, 5), 0), impl(draw(1, 1, 300), 0.7).softmax(-1)]
    yield "half precision stays half precision and double stays double, at temperature 0 too", [
        impl(logits.to(kind), temperature) for kind in (torch.float16, torch.bfloat16, torch.float64)
        for temperature in (0,)] + [impl(logits.to(kind), 2.0).softmax(-1) for kind in (torch.float16, torch.float64)]
    yield "a temperature below 0 is refused with a ValueError", [raised(impl, logits, t) for t in (-0.7, -1e-9, -3)]
    yield "works on its input's device", elsewhere(lambda x: [impl(x, 0.7).softmax(-1), impl(x, 0)], logits)


def top_k(impl, draw):
    row = torch.tensor([[0.3, 2.0, -1.0, 1.5, 0.9]])
    yield "of a single row the k highest stay", impl(row, 3)
    yield "of another row other tokens stay", [impl(x, 4).isfinite().nonzero() for x in (row.flip(-1), -row)]
    yield "another k keeps more or fewer tokens", [impl(row + 1.0, k).isfinite().nonzero() for k in (3, 4)]
    rows = torch.cat([row, row.flip(-1), -row])
    yield "every row of a batch loses all but its own k highest", impl(rows, 2)
    yield "what stays keeps its logit, whatever the scale", [impl(100 * rows - 500, 3), impl(1e-7 * rows, 3)]
    yield "a row without a batch works, and so does any leading shape", [
        impl(row[0], 2), impl(draw.permutation(42).view(2, 3, 7) / 8, 4)]
    equal = torch.tensor([[1.0, 2.0, 1.0, 1.0, 2.0], [5.0] * 5])
    yield "exactly k stay where logits are equal, those with the smaller numbers", impl(equal, 3)
    yield "a k as large as the vocabulary, or larger, keeps all", [impl(rows, 5), impl(rows, 9)]
    yield "a k of 1 is greedy", impl(rows, 1)
    yield "a small logit is not rounded", precise(impl(1e-7 * rows, 3))
    yield "what was cut before stays cut", impl(torch.tensor([[1.0, -torch.inf, 2.0, -torch.inf]]), 3)
    yield "a vocabulary of three thousand works", impl(draw(2, 3000), 200)
    yield "in double precision the higher is the higher by however little", impl(
        1.0 + 1e-12 * draw.permutation(9).double(), 4).isfinite()
    yield "half precision stays half precision, and double stays double, also where k keeps all", [
        impl(rows.to(kind), k) for kind in (torch.float16, torch.bfloat16, torch.float64) for k in (2, 5)]
    yield "a k of 0 is refused with a ValueError", [raised(impl, row, k) for k in (0, -1)]
    yield "a k that is no whole number is refused, by whatever error", [
        raised(impl, row, k) == "no error" for k in (2.5, 0.5)]
    yield "works on its input's device", elsewhere(lambda x: [impl(x, 2), impl(x, 9)], rows)


def top_p(impl, draw):
    row = torch.tensor([[0.1, 0.45, 0.05, 0.25, 0.15]]).log()
    yield "the likeliest token stays, also where p is tiny", impl(row, 0.001)
    yield "other logits have another nucleus, and so has another p", [
        impl(x, p).isfinite() for x, p in ((row.flip(-1), 0.55), ((3 * row).log_softmax(-1), 0.55),
                                           (row.flip(-1), 0.9))]
    yield "of a single row the fewest that reach p stay", impl(row, 0.6)
    yield "the token that brings the sum over p stays", [impl(row, p) for p in (0.5, 0.75, 0.9)]
    rows = torch.cat([row, row.flip(-1), (3 * row).log_softmax(-1)])
    yield "every row of a batch has a nucleus of its own", impl(rows, 0.6)
    yield "logits that are not yet log probabilities work, and what stays keeps its logit", impl(rows + 7.0, 0.8)
    yield "a row without a batch works, and so does any leading shape", [impl(row[0], 0.6), impl(draw(2, 3, 7), 0.7)]
    weights = draw.permutation(3000) + 1.0
    falling = weights.double().sort(descending=True).values
    enough = [(falling[:n].sum() - falling[n - 1] / 2) / falling.sum() for n in (150, 2000, 2)]  # half a token less
    yield "of three thousand tokens no more stay than are needed, and no fewer", [
        impl(weights.log(), p.item()).isfinite().nonzero() for p in enough[:2]]
    yield "a p close to 1 is no 1, and one close to 0 takes no more than are needed", [
        impl(torch.tensor([0.09999, 0.9, 0.00001]).log(), 0.9999), impl(weights.log(), 1e-5).isfinite().nonzero(),
        impl(weights.log(), enough[2].item()).isfinite().nonzero()]
    yield "of equal logits those with smaller numbers stay", impl(torch.zeros(2, 4), 0.4)
    yield "a sum that is exactly p is enough", impl(torch.zeros(2, 4), 0.5)
    yield "a p of 0, above 1 or below 0 is refused with a ValueError", [raised(impl, row, p) for p in (0.0, 1.5, -0.5)]
    yield "a p of 1 keeps all", impl(rows, 1.0)
    unlikely = 9 * draw(9, 5000)
    yield "a p of 1 keeps all of 5,000, whose sum rounds to 1 before the last", impl(unlikely, 1.0).isinf().sum()
    yield "what was cut before stays cut", [
        impl(torch.tensor([[1.0, -torch.inf, 2.0, -torch.inf]]), p) for p in (0.5, 0.99, 1.0)]
    yield "a small logit is not rounded", precise(impl(1e-7 * rows, 0.9))
    yield "half precision stays half precision, and double stays double, also where p keeps all", [
        impl(rows.to(kind), p) for kind in (torch.float16, torch.bfloat16, torch.float64) for p in (0.52, 1.0)]
    yield "works on its input's device", elsewhere(lambda x: [impl(x, 0.6), impl(x, 1.0)], rows)


def view_start(impl, draw):
    yield "while the text fits, the view begins at 0", [impl(length, 8) for length in range(1, 9)]
    yield "one token more, and half of the window is dropped", [impl(9, 8), impl(13, 12), impl(101, 100)]
    yield "then the view stays until the window is full again", [impl(length, 8) for length in range(9, 13)]
    yield "half of the view is dropped again and again, however long the text", [
        impl(length, 8) for length in range(13, 70)]
    yield "of an odd window the larger half is dropped", [
        impl(length, odd) for odd in (3, 5, 7, 9) for length in range(1, 30)]
    yield "a shorter text after a longer one begins where it would have begun alone", [
        impl(length, 8) for length in (70, 9, 3)]
    window = draw.number(20, 40)
    yield "that holds for a window of any size", [impl(length, window) for length in range(1, 4 * window)]
    yield "a window of one token shows the last one", [impl(length, 1) for length in range(9)]
    yield "a text of a hundred thousand tokens has its view too", [
        impl(100_000 + length, size) for length in (0, 255, 256, 257) for size in (8, 255, 256, 1024)]


class Memory:
    """A cache that only joins tensors, and notes how much each layer gave it, in their order."""

    def __init__(self, window=9):
        self.window, self.asked = window, {}
        self.clear()

    def clear(self, start=0):
        self.kept, self.length, self.start = {}, 0, start

    def keep(self, layer, k, v):
        self.asked[layer] = self.asked.get(layer, 0) + k.shape[2]
        old = self.kept.get(layer, (k[:, :, :0], v[:, :, :0]))
        if self.length != old[0].shape[2]:  # a cache writes where `length` says
            raise IndexError(f"length says {self.length} while {old[0].shape[2]} tokens are kept")
        self.kept[layer] = torch.cat([old[0], k], dim=2), torch.cat([old[1], v], dim=2)
        return self.kept[layer]


def with_positions(model):
    """Let the queries depend on the positions that the attention is told, as rotary ones will."""
    for block in model.blocks:

        def project(x, positions, plain=block.attention.project):
            q, k, v = plain(x)
            return q * (1 + 0.3 * positions[:, None]), k, v

        block.attention.project = project
    return model


def read_on(impl, draw):
    model = draw.fill(GPT(Config(vocab_size=11, context_length=9, d_model=12, n_heads=3, n_layers=2, tied=False)))
    ids, memory = draw.ints(0, 11, 2, 7), Memory()
    yield "a text read at once gives the model's own logits", impl(model, ids, memory)
    yield "every layer's keys and values are kept, once, in order", list(memory.asked.items())
    yield "afterwards `length` says how many tokens have been read", memory.length
    quiet, memory = copy.deepcopy(model), Memory()
    for block in quiet.blocks:  # what is looked back at changes nothing here
        block.attention.out.weight.data.zero_()
    impl(quiet, ids[:, :3], memory)
    yield "what is read on stands at positions of its own", impl(quiet, ids[:, 3:], memory)
    memory = Memory()
    yield "a first token alone gives its logits", impl(model, ids[:, :1], memory)
    yield "the next one looks back at it", impl(model, ids[:, 1:2], memory)
    yield "`length` grows with each token that is read", memory.length
    yield "a few more look back at all before them, not at each other's future", impl(model, ids[:, 2:5], memory)
    yield "the logits carry no gradients", impl(model, ids[:, 5:6], memory).requires_grad
    yield "another text begins with a cache of its own", impl(model, ids.flip(0)[:1, 1:4], Memory())
    memory = Memory()
    impl(model, ids, memory)
    yield "a text that grows longer than the model's window is refused with a ValueError", raised(
        impl, model, ids[:, :3], memory)
    yield "a text that is longer than the window at once is refused with a ValueError", raised(
        impl, model, draw.ints(0, 11, 1, 10), Memory())
    deep = draw.fill(GPT(Config(vocab_size=11, context_length=9, d_model=6, n_heads=1, n_layers=5)))
    yield "a model of five blocks is read by all five", impl(deep, ids, Memory())
    turning, memory = with_positions(model), Memory()
    pieces = [impl(turning, piece, memory) for piece in ids.split([3, 2, 1, 1], dim=1)]
    yield "the attention is told at which positions the new tokens stand", torch.cat(pieces, dim=1)
    wide = draw.fill(GPT(Config(vocab_size=11, context_length=300, d_model=6, n_heads=1, n_layers=1)))
    many, memory = draw.ints(0, 11, 1, 300), Memory(300)
    yield "three hundred tokens are read on like seven", torch.cat(
        [impl(wide, piece, memory) for piece in many.split([100, 199, 1], dim=1)], dim=1)
    double = draw.fill(GPT(Config(vocab_size=11, context_length=9, d_model=12, n_heads=3, n_layers=2)))
    memory = Memory()
    double.double()
    yield "a model in double precision gives double logits", [
        impl(double, piece, memory) for piece in (ids[:, :4], ids[:, 4:])]
    faint = draw.fill(GPT(Config(vocab_size=11, context_length=9, d_model=12, n_heads=3, n_layers=2, tied=False)))
    faint.head.weight.data.mul_(1e-7)
    yield "small logits are small, and are not rounded", precise(impl(faint, ids, Memory()), 0.02)
    far = draw.fill(GPT(Config(vocab_size=11, context_length=9, d_model=12, n_heads=3, n_layers=2)))
    yield "works on its input's device", elsewhere(
        lambda model, ids: impl(with_positions(model), ids, Memory()), far, ids)


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "choose": [
        ("u < total", "u > total", "a small u", "the comparison is the wrong way round"),
        ("u < total", "u <= total", "a u on the border", "<= gives the border to the token before it"),
        ("total += p", "total = p", "a larger u", "u is compared with each probability and not with their sum so far"),
        ("return token", "return p", "a small u", "the probability is returned and not the token's number"),
        ("return last  #", "return None  #", "where rounding", "nothing is returned when the loop ends"),
        ("if p > 0:", "if True:", "where rounding leaves the sum below u, it is",
         "the very last token is taken, even if its probability is 0"),
        ("total, last = 0.0, None", "total, last = probs[0], None", "a larger u", "the sum does not begin at 0"),
        ("enumerate(probs)", "enumerate(sorted(probs))", "a larger u", "the sorted probabilities lost their tokens"),
    ],
    "apply_temperature": [
        (") / max(temperature, 1e-38)", ") * temperature", "a temperature of 2",
         "the logits are multiplied by the temperature"),
        (") / max(temperature, 1e-38)", ")", "a temperature of 2", "the temperature is not used"),
        ("(logits - highest) / max(temperature, 1e-38)", "logits.softmax(-1) / temperature", "a temperature of 1",
         "the softmax comes before the temperature"),
        ("logits - highest", "logits", "a temperature close to 0",
         "the division overflows; shift the highest logit to 0 before it"),
        ("if temperature == 0:", "if False:", "at temperature 0", "0 is divided by"),
        ("logits.argmax(-1, keepdim=True)", "logits.argmin(-1, keepdim=True)", "at temperature 0",
         "the lowest logit is kept"),
        ("logits.argmax(-1, keepdim=True)", "logits.argmax().expand(*logits.shape[:-1], 1) % logits.shape[-1]",
         "at temperature 0", "one highest logit is sought in the whole batch, and not one in each row"),
        ("logits.amax(-1, keepdim=True)", "logits.amax(0, keepdim=True)", "a temperature of 1",
         "the highest is sought across the rows"),
        ('number("temperature", temperature) < 0', "False", "a temperature below 0", "nothing is refused"),
        ("logits.argmax(-1, keepdim=True)  # (..., 1)\n"
         "        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)",
         "logits.amax(-1, keepdim=True)\n"
         "        return torch.zeros_like(logits).masked_fill(logits < best, -torch.inf)",
         "at temperature 0 the first of several", "all that are as high as the highest stay"),
    ],
    "top_k": [
        ("order[..., k:]", "order[:1, k:]", "every row", "only the first row is cut"),
        ("order[..., k:]", "order[:1, k:].expand(len(logits), -1)", "every row",
         "the first row's order is used for all rows"),
        ("order[..., k:]", "order[..., k + 1:]", "of a single row", "one too many stays"),
        ("order[..., k:]", "order[..., :k]", "of a single row", "the k highest are cut"),
        ("descending=True", "descending=False", "of a single row", "the lowest stay"),
        ("-torch.inf", "0.0", "of a single row", "0 is a logit like any other; only -inf has no chance"),
        ("return logits.scatter(-1, order[..., k:], -torch.inf)",
         "return logits.masked_fill(logits < logits.gather(-1, order[..., min(k, order.shape[-1]) - 1, None]),"
         " -torch.inf)", "exactly k", "all that are as high as the k-th stay"),
        ("return logits.scatter(-1, order[..., k:], -torch.inf)",
         "return logits.softmax(-1).scatter(-1, order[..., k:], -torch.inf)", "of a single row",
         "probabilities come back, not logits"),
        ('k = whole("k", k, 1)', 'k = whole("k", k, 0)', "a k of 0", "a k of 0 is let through"),
        ("order[..., k:]", "order[..., max(k, 2):]", "a k of 1", "a k of 1 keeps two"),
        ('k = whole("k", k, 1)', "if not 1 <= k <= logits.shape[-1]:\n        raise ValueError(k)", "a k as large",
         "a k above V is refused"),
    ],
    "top_p": [
        ("before >= p", "probs.cumsum(-1) >= p", "the likeliest token", "the token that brings the sum over p is cut"),
        ("before >= p", "before > p", "a sum that is exactly p", "p reached exactly is not enough"),
        ("before >= p", "probs < p", "the likeliest token", "each probability is compared with p, not their sum"),
        ("scatter(-1, order, before >= p)", "copy_(before >= p)", "the likeliest token",
         "the answer stands in the order of the probabilities, not of the tokens"),
        ("logits.softmax(-1).gather", "logits.exp().gather", "logits that are not yet",
         "exp is taken for the softmax"),
        ("descending=True", "descending=False", "the likeliest token", "the unlikeliest are added up first"),
        ('not 0 < number("p", p) <= 1', "p > 1", "a p of 0", "a p of 0 is let through"),
        ("if p == 1:", "if False:", "a p of 1 keeps all of 5,000", "the sum rounds to 1 before the last token"),
        ("before >= p", "(before >= p)[:1].expand_as(order)", "every row", "the first row decides for all"),
        ("dtype=torch.bool)", "dtype=torch.bool, device='cpu')", "works on its input", "a tensor is made on the CPU"),
    ],
    "view_start": [
        ("max(length - window, 0)", "length - window", "while the text fits", "a short text begins before 0"),
        ("(window + 1) // 2", "window // 2 or 1", "of an odd window", "half of an odd window is rounded down"),
        ("-(-too_many // half) * half", "too_many", "one token more",
         "the view slides by one, so that every key has to be made anew"),
        ("-(-too_many // half) * half", "too_many // half * half", "one token more",
         "rounded down: the view is longer than the window"),
        ("-(-too_many // half) * half", "half if too_many else 0", "half of the view is dropped",
         "half is dropped only once"),
        ("half = (window + 1) // 2", "half = window", "one token more", "the whole window is dropped"),
        ("length - window", "length - window + 1", "while the text fits", "half is dropped one token too early"),
    ],
    "read_on": [
        ("model.embed(ids, cache.length)", "model.embed(ids)", "what is read on",
         "every token is embedded as if it stood at position 0"),
        ("k, v = cache.keep(layer, k, v)", "cache.keep(layer, k, v)", "the next one",
         "the old keys and values are kept, and not used"),
        ("k, v = cache.keep(layer, k, v)", "k, _ = cache.keep(layer, k, v)", "what is read on",
         "the new keys see the old ones, and the values do not fit them"),
        ("cache.keep(layer, k, v)", "cache.keep(0, k, v)", "a text read at once", "all layers share one place"),
        ("    cache.length += T\n", "", "afterwards `length`", "the cache is never told how much was read"),
        ("cache.length += T", "cache.length = T", "`length` grows with each",
         "the length is set anew, and not added to"),
        ("block.attention_norm(x), positions", "x, positions", "a text read at once",
         "the attention reads the stream without its norm"),
        ("x = x + block.attention.merge", "x = block.attention.merge", "a text read at once",
         "the first residual is missing"),
        ("x = x + block.mlp", "x = block.mlp", "a text read at once", "the second residual is missing"),
        ("model.final_norm(x)", "x", "a text read at once", "the last norm is missing"),
        ("cache.length, cache.length + T, device", "0, T, device", "the attention is told",
         "the positions begin at 0 in each piece"),
        ("x), positions)", "x))", "the attention is told", "the positions are not handed on"),
        ("@torch.no_grad()\n", "", "the logits carry", "gradients are kept for a model that only writes"),
        (", device=ids.device", "", "works on its input", "the positions are made on the CPU"),
        ("return model.head(model.final_norm(x))", "return model.head(model.final_norm(x))[:, -1:]",
         "a text read at once", "only the last position comes back"),
    ],
}

BY_HAND = {
    "choose": ["random.*", "torch.*", "numpy.*"],
    "view_start": ["torch.*", "numpy.*"],
}

EQUIVALENT = {
    **{cut: {
        "order = logits.argsort(dim=-1, descending=True, stable=True) → "
        "order = logits.argsort(dim=-1, descending=True, stable=False)":
            "torch's sort promises nothing without the word, and keeps the order of a few on the CPU all the same"
    } for cut in ("top_k", "top_p")},
    "apply_temperature": {
        "return (logits - highest) / max(temperature, 1e-38) → return (logits - highest) / max(temperature, -1.0)":
            "nothing below 1e-38 is asked of a learner",
    },
}

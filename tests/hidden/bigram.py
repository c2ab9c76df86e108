"""What counting, surprise, entropy, slopes, a loss and a way to fall back must get right."""

import torch

from course_lib.classroom import elsewhere, grads, precise, raised


def pair_shares(impl, draw):
    ids, other = (draw.ints(0, 5, 60).tolist() for _ in range(2))
    one, two = (draw.ints(0, 9, 40).tolist() for _ in range(2))
    yield "there is a row for every token of the vocabulary, also for one that never came", [
        len(impl(ids, V)) for V in (5, 6)]
    yield "another text of the same length has another table", impl(one, 9) != impl(two, 9)
    yield "what always follows has the probability 1", impl([0, 1, 0, 1, 0, 1, 1], 2)[0]
    yield "a row has what came after its token, not before it", impl([0, 1, 2, 2], 3)[0]
    yield "two neighbours are a pair wherever they stand", impl([0, 1, 2, 2], 3)[:2]
    yield "the last token counts as a successor, and not as one that was followed", impl([0, 1, 0, 2, 0], 3)
    yield "a token may follow itself", impl([0, 0, 1, 0], 2)
    yield "a pair counts as often as it comes", impl([0, 1, 0, 1, 0, 2, 0], 3)[0]
    yield "a row divides its counts by their sum", [impl(ids, 5), impl(other, 5)]
    yield "every row adds up to one", [sum(row) for row in impl(ids, 6)]
    yield "with smoothing every row adds up to one as well", [sum(row) for row in impl(ids, 6, 0.3)]
    yield "smoothing is added to every count of every row", [impl(ids, 6, some) for some in (0.3, 0.01, 30.0)]
    yield "a token without a successor says that all are alike", impl([0, 1], 4)
    yield "a single token, or none, has no pairs", [impl([2], 3), impl([], 3)]
    yield "a vocabulary of one works", impl([0, 0, 0], 1)
    yield "a small share is small, and neither rounded nor cut off", precise(
        [impl([0] * 300 + [1], 3), impl(ids, 5, 1e-9)], 1e-9)
    yield "seventy kinds of tokens are counted like five", impl(draw.ints(0, 70, 500).tolist(), 70, 0.01)


def losses(impl, draw):
    logits, targets = draw(4, 7), draw.ints(0, 7, 4)
    yield "scores that are all alike cost ln V", impl(torch.zeros(3, 8), torch.tensor([0, 3, 7]))
    yield "each place is charged for its own target", [impl(logits, some) for some in (targets, targets.flip(0))]
    yield "other scores, as many, cost otherwise", impl(draw(4, 7), targets)
    yield "adding the same to all scores of a row changes nothing", impl(logits + 10.0, targets)
    yield "leading sizes may be any", impl(draw(2, 3, 4, 7), draw.ints(0, 7, 2, 3, 4)).flatten()
    yield "the result has the shape of the targets", list(impl(draw(2, 3, 7), draw.ints(0, 7, 2, 3)).shape)
    yield "a part of larger logits will do", impl(draw(2, 4, 7)[:, :-1], draw.ints(0, 7, 2, 4)[:, 1:])
    yield "a target too many is refused with a ValueError", raised(impl, logits, draw.ints(0, 7, 5))
    yield "a column of targets is refused with a ValueError, and one target for several rows", [
        raised(impl, logits, targets[:, None]), raised(impl, logits, targets[:1]),
        raised(impl, draw(2, 4, 7), targets), raised(impl, draw(1, 4, 7), targets)]
    yield "one row alone works", impl(logits[0], targets[0])
    yield "scores in the thousands cost thousands, and larger ones more", [
        impl(torch.tensor([[3000.0, 0.0, -500.0]] * 2), torch.tensor([2, 1])),
        impl(torch.tensor([[4e5, 0.0, -5e5]]), torch.tensor([2]))]
    yield "scores far below zero are as good as any", impl(logits.double() - 5000.0, targets)
    yield "one row may lie far above another", impl(
        torch.tensor([[500.0, 0.0], [-500.0, -499.0]]), torch.tensor([1, 0]))
    yield "a token that may not come costs infinitely much, and nobody else does", impl(
        torch.tensor([[0.0, -torch.inf, 0.0]] * 2), torch.tensor([1, 2]))
    yield "a small surprise is small, and neither rounded nor cut off", precise(
        impl(torch.tensor([[9.0, 0.0], [20.0, 1.0]], dtype=torch.float64), torch.tensor([0, 0])))
    yield "three hundred tokens, at two hundred places", impl(draw(200, 300), draw.ints(0, 300, 200))
    yield "double stays double, and half stays half", [impl(logits.to(kind), targets) for kind in (
        torch.float64, torch.float16, torch.bfloat16)]
    yield "gradients reach the logits", grads(impl, {"logits": logits, "targets": targets}, upstream=draw(4))
    yield "gradients reach the logits also where the model is very wrong", grads(
        impl, {"logits": torch.tensor([[2000.0, 0.0]]), "targets": torch.tensor([1])}, upstream=torch.ones(1))
    yield "works on its input's device", elsewhere(impl, logits, targets)


def entropy(impl, draw):
    probs = draw.probs(3, 5)
    yield "a fair coin has one bit", impl(torch.tensor([0.5, 0.5]))
    yield "V things alike have log2 V bits", impl(torch.full((64,), 1 / 64))
    yield "what is certain has none", [impl(row) for row in torch.eye(3)[:2]]
    yield "each row has its own", [impl(probs), impl(draw.probs(3, 5))]
    yield "what never comes adds nothing", impl(torch.cat([probs, torch.zeros(3, 2)], -1))
    yield "what seldom comes adds little, and not nothing", precise(impl(
        torch.tensor([[1 - 1e-9, 1e-9], [1.0, 1e-30]], dtype=torch.float64)))
    yield "any number of sizes may stand in front", [
        impl(draw.probs(*sizes)) for sizes in ((2, 3, 4), (1, 4), (2, 1, 4))]
    yield "a part of larger rows will do", impl(draw.probs(2, 3, 4)[:, 1:])
    yield "three hundred things are weighed like three", impl(draw.probs(70, 300))
    yield "double stays double", impl(draw.probs(4).double())
    yield "gradients reach the probabilities", within_the_sum(grads(impl, {"probs": probs}, upstream=draw(3)))
    yield "gradients reach the probabilities also where there is a single row", within_the_sum(
        grads(impl, {"probs": probs[0]}, upstream=torch.tensor(1.0)))
    yield "works on its input's device", elsewhere(impl, probs)


def within_the_sum(slopes):
    """The slopes along changes that leave a row's sum as it is: all that rows of sum one can tell of them."""
    slope = slopes and slopes["probs"]
    return {"probs": slope - slope.mean(-1, keepdim=True)} if torch.is_tensor(slope) else slopes


def score_slopes(impl, draw):
    scores, counts = draw(5, 5), draw.ints(0, 9, 5, 5).float()
    uneven = draw.ints(0, 9, 3, 3).float() * torch.tensor([[1.0], [20.0], [300.0]])
    shares, even = shuffled(draw, draw.ints(1, 10, 6)), shuffled(draw, draw.ints(1, 9, 5))
    yield "where the model expects what came, nothing has a slope", impl(
        (shares / shares.sum(-1, keepdim=True)).log(), shares)
    never_as_expected = shuffled(draw, 4 * draw.ints(1, 9, 4) + torch.tensor([1, 0, 0, 0]))  # no whole fourth of a row
    yield "what came more often than expected has a slope below 0", impl(torch.zeros(4, 4), never_as_expected).sign()
    yield "the slopes are those of the mean surprise", [impl(scores, even), impl(draw(5, 5), even)]
    with_none = shuffled(draw, draw.ints(1, 9, 5) * (torch.arange(5) > 0))
    yield "a pair that never came has a slope too", impl(scores, with_none)
    yield "a slope may be as large as a half", impl(
        torch.tensor([[20.0, 0.0], [20.0, 0.0]]), torch.tensor([[0.0, 5.0], [0.0, 5.0]]))
    yield "a row weighs as much as its token was followed", impl(draw(3, 3), uneven)
    yield "each row adds up to 0", impl(scores, counts).sum(-1)
    yield "a hundredth of all counts gives the same slopes", impl(scores, 0.01 * counts)
    unread = counts * torch.tensor([[1.0], [0.0], [1.0], [1.0], [1.0]])
    yield "a row that was never counted has no slope", [impl(scores, unread), impl(scores, 0.01 * unread)]
    yield "scores in the thousands still give numbers", impl(1000 * scores, counts)
    yield "a slope may be as large as one", impl(
        torch.tensor([[99.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 5.0], [0.0, 0.0]]))
    yield "a score of minus infinity is a probability of 0", impl(
        scores.masked_fill(torch.eye(5) > 0, -torch.inf), counts)
    yield "a small slope is small, and neither rounded nor cut off", precise(
        impl(torch.tensor([[0.0, -40.0], [0.0, -18.0]], dtype=torch.float64),
             torch.tensor([[3.0, 0.0], [900.0, 0.0]], dtype=torch.float64))[:, 1])
    yield "seventy tokens have slopes like four", precise(
        impl(draw(70, 70).double(), 1e-3 + draw.uniform(70, 70).double()))
    yield "counts that are whole numbers work too", impl(scores, draw.ints(1, 9, 5, 5))
    yield "double stays double", impl(scores.double(), counts.double())
    yield "works on its input's device", elsewhere(impl, scores, counts)


def shuffled(draw, row):
    """As many rows as numbers, each of them these numbers in an order of its own."""
    return torch.stack([row[draw.permutation(len(row))] for _ in row]).float()


class Running:
    """A model whose logits depend on all that came before: the table's row of the running sum of the ids.

    late: of a first token alone it says nothing, whichever it is
    """

    def __init__(self, table, late=False):
        self.table, self.late, self.seen = table, late, []

    def __call__(self, ids):
        self.seen.append(list(ids.shape))
        logits = self.table[ids.cumsum(-1) % len(self.table)]
        return torch.cat([0 * logits[..., :1, :], logits[..., 1:, :]], dim=-2) if self.late else logits


def sentence_loss(impl, draw):
    table = draw(7, 7)
    sentences = [draw.ints(0, 7, 5), torch.tensor([1, 3]), draw.ints(0, 7, 9)]
    yield "a sentence of two tokens has one guess: the second, from the first", impl(Running(table), sentences[1:2])
    yield "another sentence of two has a loss of its own", impl(Running(table), [torch.tensor([4, 2])])
    yield "in a longer one it is the mean over every token after the first", impl(
        Running(table), [torch.tensor([0, 0, 0, 0, 3])])
    yield "a guess hears the whole beginning of its sentence, not only the token before it", [
        bool(impl(Running(table, True), [torch.tensor([first, 3, 2])]) ==
             impl(Running(table, True), [torch.tensor([first + 3, 3, 2])])) for first in (1, 2)]
    alike = [draw.ints(0, 7, 4) for _ in range(40)]
    yield "of two sentences each is guessed, and not the step from the one to the other", impl(
        Running(table), [torch.tensor([1, 6, 2, 5]), alike[0]])
    yield "each of many sentences is read by itself, and as often as it is given", impl(
        Running(table), alike[:1] * 20 + alike)
    yield "every guessed token counts the same, in long sentences and in short ones", impl(Running(table), sentences)
    yield "each guess sees what came before it, and not itself", impl(Running(5 * torch.eye(7)), sentences)
    yield "a loss may be large", impl(Running(100 * torch.eye(7)), sentences)
    yield "the first token matters, though nobody guesses it", [
        impl(Running(table), [torch.cat([torch.tensor([first]), sentences[0]])]) for first in range(3)]
    yield "the model is given rows of ids, (B, T)", shapes(impl, table, sentences)
    same = Running(table)
    yield "one model has a loss on each set of sentences", [impl(same, some) for some in (sentences, sentences[:2])]
    yield "a single number comes back", list(impl(Running(table), sentences).shape)
    yield "a hundred sentences work", impl(Running(table), alike * 3)
    yield "a sentence of a thousand tokens works, and a vocabulary of seventy", impl(
        Running(draw(70, 70)), [draw.ints(0, 70, 1100), draw.ints(0, 70, 3)])
    yield "a small loss is small, and neither rounded nor cut off", precise(
        impl(Running(20 * torch.eye(7, dtype=torch.float64).roll(1, 1)), [torch.tensor([1, 2, 4, 1, 2])]).double())
    yield "gradients reach the model", grads(
        lambda table: impl(Running(table), sentences), {"table": table}, upstream=torch.tensor(1.0))
    yield "double stays double", impl(Running(table.double()), sentences)
    yield "works on its input's device", elsewhere(
        lambda table, *given: impl(Running(table), list(given)), table, *sentences)


def shapes(impl, table, sentences):
    model = Running(table)
    impl(model, sentences)
    return sorted({f"{len(shape)} dimensions" for shape in model.seen})


def chances(impl, draw):
    ids, V = draw.ints(0, 4, 13).tolist(), 5
    counts, many = counted(ids, 7), counted(draw.ints(0, 4, 80).tolist(), 3)
    empty, some = {(): {0: 3}}, {(): {0: 3, 1: 1}, (1,): {0: 2}}
    yield "at the empty context every token is lent strength / V", impl(empty, (), 4, 2.0)
    yield "with nothing counted, all are alike", impl({}, (), 3, 1.0)
    yield "a context borrows from the one without its oldest token", impl(some, (1,), 2, 1.0)
    yield "the strength is the same on the way down", impl(some, (1,), 2, 3.0)
    yield "the same contexts, counted otherwise, have other chances", [
        impl({(): {0: 1, 2: n}}, (), 4, 2.0) for n in (3, 5)]
    yield "contexts of any length fall back step by step", [
        impl(counts, tuple(ids[t - k : t]), V, 0.7) for k in (1, 2, 3, 6) for t in (8, 10, 12)]
    yield "they add up to one", [sum(impl(counts, tuple(ids[t - 3 : t]), V, 2.5)) for t in (5, 6, 7)]
    yield "a context that was never read says what the shorter one says", impl(counts, (4, 4, ids[0]), V, 1.0)
    yield "the oldest token goes first, and the latest last", [
        impl(many, (a, b), V, 0.7) for a in (0, 1) for b in (2, 3)]
    yield "a small strength trusts the longest context", precise(impl(counts, tuple(ids[:3]), V, 1e-6), 1e-9)
    yield "a large one trusts the shorter ones", precise(impl(counts, tuple(ids[:3]), V, 1e6), 1e-9)
    yield "a larger vocabulary shares more thinly", [impl(some, (1,), size, 1.0) for size in (2, 3, 9)]
    yield "a vocabulary of seventy works", impl(counted(draw.ints(0, 70, 300).tolist(), 3), (3, 4), 70, 1.0)
    yield "a context longer than any that was counted works", impl(some, (1, 0, 1, 0, 1), 2, 1.0)
    yield "another text, read anew, has chances of its own", [
        impl(counted(draw.ints(0, 4, 80).tolist(), 3), (1, 2), V, 0.5) for _ in range(3)]


def counted(ids, n):
    """{context: {token: times}} for the contexts of 0 to n − 1 tokens."""
    counts = {}
    for k in range(n):
        for t in range(k, len(ids)):
            seen = counts.setdefault(tuple(ids[t - k : t]), {})
            seen[ids[t]] = seen.get(ids[t], 0) + 1
    return counts


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "pair_shares": [
        ("for _ in range(vocab_size)]\n", "] * vocab_size\n", "what always follows",
         "[[…] * V] * V is the same row V times: every count lands in all of them"),
        ("counts[a][b] += 1", "counts[b][a] += 1", "a row has what came after", "row and column are exchanged"),
        ("zip(ids, ids[1:], strict=False)", "zip(ids[1:], ids, strict=False)", "a row has what came after",
         "the pairs are turned round: what came before stands for what came after"),
        ("counts[a][b] += 1", "counts[a][b] = 1", "a pair counts as often", "each pair is counted once only"),
        ("(total := sum(row))", "(total := ids.count(counts.index(row)))", "the last token",
         "the sum of the row is needed; how often the token came is not the same"),
        ("[smoothing] * vocab_size", "[0] * vocab_size", "smoothing is added", "the smoothing is left out"),
        ("else [1 / vocab_size] * vocab_size", "else [0.0] * vocab_size", "every row adds",
         "a row of zeros is no bet: it adds up to 0"),
        ("count / total", "round(count / total, 4)", "a row divides", "the shares are rounded"),
    ],
    "losses": [
        ("- logits.amax(-1, keepdim=True).detach()", "- 0", "scores in the thousands cost",
         "e to a large score overflows: take the largest away first"),
        ("logits - logits.amax(-1, keepdim=True)", "logits - logits.amax()", "one row may",
         "the largest of everything was taken away, and not each row's own"),
        ("logits.exp().sum(-1).log() - picked", "picked - logits.exp().sum(-1).log()", "scores that are all alike",
         "the sign: a surprise is 0 or more"),
        ("logits.exp().sum(-1).log() - picked", "-logits.softmax(-1).gather(-1, targets[..., None])[..., 0].log()",
         "scores in the thousands cost", "through probabilities: e to the −500 is 0, and its logarithm infinite"),
        ("logits.exp().sum(-1).log() - picked",
         "-logits.softmax(-1).gather(-1, targets[..., None])[..., 0].clamp(min=1e-10).log()",
         "scores in the thousands cost", "a floor under the probability caps the loss"),
        ("logits.shape[:-1] != targets.shape", "False", "a target too many", "shapes that do not fit are not refused"),
        ("return logits.exp().sum(-1).log() - picked", "return (logits.exp().sum(-1).log() - picked).mean()",
         "scores that are all alike", "the mean comes back; wanted is the surprise at each place"),
        ("logits.exp().sum(-1).log()", "logits.exp().sum(-1).log2()", "scores that are all alike",
         "the logarithm has base 2; a nat is the natural one's unit"),
        ("logits.exp().sum(-1)", "logits.exp().mean(-1)", "scores that are all alike", "a mean where a sum is needed"),
    ],
    "entropy": [
        ("torch.xlogy(probs, probs)", "(probs * probs.log())", "what is certain", "0 · log 0 is nan"),
        ("torch.xlogy(probs, probs)", "(probs * (probs + 1e-9).log())", "what seldom",
         "a small number is added to every probability"),
        ("torch.xlogy(probs, probs)", "(probs * probs.clamp(min=1e-6).log())", "what seldom",
         "there is a floor under the probability"),
        (" / math.log(2)", "", "a fair coin", "these are nats; divide by ln 2 for bits"),
        ("-torch.xlogy", "torch.xlogy", "a fair coin", "the sign: −log2 p is 0 or more"),
        (".sum(-1)", ".mean(-1)", "a fair coin", "the mean over the V things; each is weighed by its p already"),
        (".sum(-1)", ".sum()", "each row", "all rows are added up: each has an entropy of its own"),
        ("torch.xlogy(probs, probs)", "probs.log()", "a fair coin",
         "the surprises are not weighed by how often they come"),
    ],
    "score_slopes": [
        ("expected - counts", "counts - expected", "what came more", "the sign: it is expected minus came"),
        ("/ counts.sum()", "/ counts.sum(-1, keepdim=True)", "the slopes are those",
         "divided by the row; the mean is over all pairs"),
        (" / counts.sum()", "", "the slopes are those", "the slopes of the sum; the loss is a mean"),
        ("counts.sum(-1, keepdim=True) * scores", "counts.sum(0) * scores", "where the model expects",
         "the sums of the columns; a row's sum says how often its token was followed"),
        ("scores.softmax(-1)", "scores.softmax(0)", "where the model expects",
         "the softmax runs along the column; a row is a bet"),
        ("scores.softmax(-1)", "scores.exp()", "what came more", "these are no probabilities yet: softmax"),
        ("counts.sum(-1, keepdim=True) * ", "", "where the model expects",
         "probabilities minus counts: how often does the model expect b, in so many tries?"),
        ("return (expected - counts) / counts.sum()",
         "return scores.softmax(-1) - counts / counts.sum(-1, keepdim=True)", "the slopes are those",
         "every row weighs the same; a token that came often has a larger say in the mean"),
    ],
    "sentence_loss": [
        ("[0])", "[0, -1:])", "in a longer one", ""),
        ("torch.cat(nats).mean()", "torch.stack([one.mean() for one in nats]).mean()", "every guessed token", ""),
        ("ids[None, 1:]", "ids[None, :-1]", "a sentence of two", ""),
        ("torch.cat(nats).mean()", "torch.cat(nats).sum()", "in a longer one", ""),
        ("losses(model(ids[None, :-1]), ids[None, 1:])[0]", "losses(model(ids[:-1]), ids[1:])",
         "the model is given", ""),
        ("torch.cat(nats).mean()", "nats[-1].mean()", "of two sentences", ""),
    ],
    "chances": [
        ("context[1:]", "context[:-1]", "contexts of any length",
         "the latest token was left out; the oldest matters least"),
        ("total = sum(seen.values()) + strength", "total = sum(seen.values())", "at the empty",
         "the strength is missing below the line, so they do not add up to 1"),
        ("strength * p) / total", "strength / vocab_size) / total", "a context borrows",
         "every token is lent the same; lend in proportion to what the shorter context says"),
        ("(seen.get(token, 0) + strength * p) / total", "seen.get(token, 0) / total if seen else p", "at the empty",
         "the shorter one is asked only where this one is silent"),
        ("counts.get(context, {})", "counts[context]", "with nothing counted",
         "a context that was never read is no error"),
        ("counts.get(context, {})", "counts.setdefault(context, {})", "its inputs",
         "asking must not write: setdefault puts the context in"),
        ("[1 / vocab_size] * vocab_size", "[1.0] * vocab_size", "at the empty",
         "below the empty context each token has 1 / V"),
        ("sum(seen.values()) + strength", "len(seen) + strength", "at the empty",
         "the kinds of tokens that followed were counted, and not how often"),
        ("vocab_size, strength) if context", "vocab_size, strength / 2) if context", "a context borrows",
         "the strength changes on the way down"),
    ],
}

TWO = "there are two dimensions: 1 is the last one, as −1 is"
ONE = "there is a single one: the first is the last"
EQUIVALENT = {
    "losses": {
        "picked = logits.gather(-1, targets[..., None])[..., 0] → "
        "picked = logits.gather(-1, targets[..., None])[..., -1]": ONE,
    },
    "score_slopes": {
        "expected = counts.sum(-1, keepdim=True) * scores.softmax(-1) → "
        "expected = counts.sum(+1, keepdim=True) * scores.softmax(-1)": TWO,
        "expected = counts.sum(-1, keepdim=True) * scores.softmax(-1) → "
        "expected = counts.sum(-1, keepdim=True) * scores.softmax(+1)": TWO,
    },
    "sentence_loss": {
        "nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0]) → "
        "nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[-1])": ONE,
    },
}

BY_HAND = {
    "losses": ["torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss", "torch.nn.CrossEntropyLoss",
               "torch.nn.NLLLoss", "course_lib.bigram.*"],
    "entropy": ["torch.distributions.*", "torch.special.entr", "course_lib.bigram.*"],
    "score_slopes": ["torch.autograd.*", "course_lib.bigram.*"],
}

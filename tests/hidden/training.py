"""What the parts of training must get right."""

import math

import torch
from torch import nn

from course_lib.classroom import elsewhere, near, precise, raised, type_of


class Model(nn.Module):
    """A small language model that notes how it is used: (B, T) ids in, (B, T, V) logits out.

    ahead: True lets each position read the token after it   dtype: of the logits
    good_for: after so many calls it raises an error
    """

    def __init__(self, table, dropout=0.0, ahead=False, dtype=torch.float32, good_for=math.inf):
        super().__init__()
        self.table, self.ahead, self.dtype, self.good_for = nn.Parameter(table), ahead, dtype, good_for
        self.dropout, self.frozen = nn.Dropout(dropout), nn.Dropout(0.5).eval()
        self.widths, self.graded = [], []

    def forward(self, ids):
        if len(self.widths) == self.good_for:
            raise RuntimeError("out of memory")
        self.widths.append(ids.shape[1])
        self.graded.append(torch.is_grad_enabled())
        x = nn.functional.embedding(ids, self.table)  # (B, T, V)
        x = x.cumsum(1) / torch.arange(1, ids.shape[1] + 1, device=ids.device)[:, None]
        if self.ahead:
            later = nn.functional.embedding(ids[:, 1:], self.table)
            x = torch.cat([x[:, :-1] + 5 * later, x[:, -1:]], dim=1)
        return (self.dropout(x) if self.dropout.p else x).to(self.dtype)


def with_nan(table):
    """The same, but after token 6 nothing is known."""
    return torch.cat([table[:6], torch.full((1, 7), math.nan)])


def gives_a_number(impl, *args):
    """Whether a number comes back: neither NaN nor an error."""
    try:
        return math.isfinite(impl(*args))
    except NotImplementedError:
        raise
    except Exception:
        return False


def with_gradient(model):
    model.table.grad = torch.full_like(model.table, 2.0)
    return model


def even(ids):
    return torch.zeros(*ids.shape, 7)


def sure(ids):
    """A model that bets almost everything on the token it has just read: where that comes, the loss is 4.4e-6."""
    return 14.126 * nn.functional.one_hot(ids, 7)


def certain(ids):
    return 500.0 * nn.functional.one_hot(ids, 7)


def wrong(ids):
    return -30.0 * nn.functional.one_hot(ids, 7)


def loss_in_bits(impl, draw):
    loss, tokens = draw.number(100, 400) / 100, draw.number(50, 90)
    yield "where each token is one byte, nats become bits and nothing else happens", [
        impl(some, tokens, tokens) for some in (loss, loss + 1)]
    yield "where tokens have three bytes each, a byte has a third of the bits", impl(loss, tokens, 3 * tokens)
    yield "a loss of 0 is 0 bits", impl(0.0, tokens, 3 * tokens)
    yield "a text twice as long with twice as many tokens has as many bits per byte", impl(loss, 2 * tokens, 6 * tokens)
    yield "in Chinese a token may be less than a byte, and the bits per byte more", impl(loss, 5 * tokens, 3 * tokens)
    yield "small losses and large ones come out exactly, neither rounded nor cut off", precise(
        [impl(scale * loss, tokens, 3 * tokens) for scale in (1e-9, 1e-3, 1e4)], 1e-9)


def accumulate(impl, draw):
    start, x, y = draw(3), draw(7, 3), draw(7, 3)

    def work(parts, x=x, y=y, before=None, spoiled=-1, less=0.0):
        """What comes back, the gradient, and at each call how many rows came and whether a gradient was there."""
        weight, calls = start.clone().requires_grad_(), []
        weight.grad = before

        def loss_of(x, y):
            calls.append([len(x), weight.grad is not None])
            loss = (x @ weight - y.mean(-1)).pow(2).mean() - less
            return loss * math.nan if len(calls) == spoiled else loss

        loss = impl(loss_of, x, y, parts)
        return loss, None if weight.grad is None else weight.grad.tolist(), calls

    yield "what comes back is a plain number", type_of(work(1, x[:4], y[:4])[0])
    yield "in one part, the gradient is that of the batch", work(1)[1]
    yield "in equal parts, the gradient is still that of the whole batch", [
        work(parts, x[:6], y[:6])[1] for parts in (2, 3)]
    yield "the loss that comes back is that of the whole batch", [
        work(1)[0], work(3, x[:6], y[:6])[0], work(3, x[:6], y[:6] + 100)[0]]
    yield "a loss may lie below zero", work(3, x[:6], y[:6], less=100.0)[:2]
    yield "no row is left out where they do not go into equal parts", sum(rows for rows, _ in work(3)[2])
    yield "a part that is smaller counts less", work(3)[:2]
    yield "there are as many parts as were asked for", [
        [rows for rows, _ in work(3, x[:6], y[:6])[2]], len(work(3)[2])]
    yield "each part leaves its gradient before the next one begins", work(3, x[:6], y[:6])[2]
    yield "gradients are added to what was there", work(2, before=torch.ones(3))[1]
    yield "a small loss is small, and is not rounded", precise(
        work(3, x[:6], (x[:6] @ start + torch.tensor([1e-4, 2e-4, 3e-4] * 2))[:, None].expand(6, 3))[0], 0.05)
    yield "a part whose loss is not a number is not left out: the whole loss is none either", [
        work(3, x[:6], y[:6], spoiled=part)[0] for part in (1, 3)]
    many = draw(150, 3), draw(150, 3)
    yield "there may be a hundred and fifty parts", work(150, *many)


def train_step(impl, draw):
    start, x, y = [draw(3), draw(2), draw(1)], draw(6, 3), draw(6, 3)

    def work(steps=1, parts=1, max_norm=1e9, before=None, factor=1.0, through=False, **options):
        """What came back from each step, the weights after, and how many rows came in each part."""
        weights, calls = [part.clone().requires_grad_() for part in start], []
        idle = torch.ones(2, requires_grad=True)
        groups = [{"params": [weights[0], idle, weights[2]], "lr": 0.1}, {"params": [weights[1]], "lr": 0.03}]
        optimizer = torch.optim.SGD(groups, **options)
        for weight in weights:
            weight.grad = None if before is None else torch.full_like(weight, before)

        def loss_of(x, y):
            calls.append(len(x))
            loss = (sums(x, weights) - y.mean(-1)).pow(2).mean()
            return loss * factor if through else loss + (factor - 1)  # so the gradients are finite, or are not

        if not math.isfinite(factor):
            said = raised(impl, loss_of, optimizer, x, y, parts, max_norm)
        else:
            said = [impl(loss_of, optimizer, x, y, parts, max_norm) for _ in range(steps)]
        return said, [weight.tolist() for weight in (*weights, idle)], calls

    defaults = torch.zeros(2, requires_grad=True)
    yield "the loss that comes back is a plain number", type_of(work(parts=2)[0][0])
    far, y = y, gentle(x, y, start)
    yield "the loss that comes back was measured before the step", work()[0]
    near, y = y, (sums(x, start) + 1e-4)[:, None].expand(6, 3)
    yield "a small loss is small, and is not rounded", precise(work()[0], 0.05)
    y = far + 100
    yield "a large loss comes back whole", work()[0]
    y = near
    yield "the weights move against the gradient, and one that has none stays", work(max_norm=1.0)[1]
    y = far
    yield "a gradient longer than max_norm is cut to that length, over all parameters together", [
        work(max_norm=length)[1] for length in (0.2, 1e-3)]
    yield "a gradient shorter than max_norm is left as it is", work()[1]
    yield "gradients left from before are cleared first", work(before=3.0)[1]
    yield "the batch is worked through in as many parts as asked, with one step after the last", work(parts=3)
    yield "what is cut is the gradient of all parts together, after the last of them", work(parts=3, max_norm=0.2)[1]
    yield "the next step begins where this one ended", work(steps=3, momentum=0.9)[:2]
    yield "a loss that is not a number raises a FloatingPointError", work(factor=math.nan)[0]
    yield "an infinite loss raises one too", [work(factor=factor)[0] for factor in (math.inf, -math.inf)]
    yield "when the loss is refused, no weight has changed yet", [
        work(factor=factor, max_norm=0.5)[1] for factor in (math.nan, math.inf)]
    yield "the loss is looked at before gradients are cut, which may be no numbers either", [
        work(factor=factor, through=True)[0] for factor in (math.nan, math.inf, -math.inf)]
    parts = []
    impl(lambda x, y: (parts.append(len(x)), 9 * (x @ defaults - y.mean(-1)).pow(2).mean())[1],
         torch.optim.SGD([defaults], lr=1.0), x[:, :2], y)  # fmt: skip
    yield "unless told otherwise it works in one part and cuts to length 1", [parts, defaults.tolist()]
    x, y = draw(150, 3), draw(150, 3)
    yield "a batch of a hundred and fifty rows works", work(parts=3)


def sums(x, weights):
    return x @ weights[0] + weights[1].sum() + weights[2].sum()


def gentle(x, y, weights):
    """Targets so near to what the weights give that the gradient of them all has the length 1: nothing to cut."""
    weights = [weight.clone().requires_grad_() for weight in weights]
    given = sums(x, weights)
    gradients = torch.autograd.grad((given - y.mean(-1)).pow(2).mean(), weights)
    given = given.detach()[:, None]
    return given + (y - given) / torch.cat(gradients).norm()


def evaluate(impl, draw):
    table, size = draw(7, 7), draw.number(3, 6)

    def batch(rows, width=5):
        return draw.ints(0, 7, rows, width), draw.ints(0, 7, rows, width)

    equal = [batch(size) for _ in range(3)]
    uneven = [*equal, batch(1)]
    yield "what comes back is a plain number", type_of(impl(Model(table), equal))
    yield "another model has another loss", impl(Model(table), equal) != impl(Model(3 * table), equal)
    yield "a model that bets evenly on V tokens has a loss of ln V", impl(even, equal)
    yield "of one batch it is the mean over all its tokens", impl(Model(table), equal[:1])
    yield "of several batches it is the mean over all of them", impl(Model(table), equal)
    yield "a smaller last batch counts less", impl(Model(5 * table), uneven)
    yield "batches may come one by one and can be read only once", impl(Model(5 * table), (pair for pair in uneven))
    yield "every token counts alike, in a narrow batch and in a wide one", impl(
        Model(5 * table), [batch(3), batch(3, 60)])
    many = batch(60, 20)[0]
    yield "a large loss of many tokens is large", impl(wrong, [(many, many)])
    yield "a hundred and fifty batches all count, and as many rows of one", [
        impl(Model(3 * table), many) for many in ([batch(2) for _ in range(150)], [batch(150)])]
    yield "rows of three hundred tokens work", impl(Model(5 * table), [batch(3, 300)])
    model = Model(table, dropout=0.5)
    yield "dropout sleeps meanwhile", impl(model, equal)
    yield "no gradient is recorded meanwhile", any(model.graded)
    awake = Model(table).eval()
    yield "a model that was asleep is measured like one that was awake", impl(awake, equal)
    model = Model(table)
    losses = [impl(model, equal)]
    with torch.no_grad():
        model.table.mul_(3)
    yield "when the model has learned, it is measured anew", [*losses, impl(model, equal)]
    yield "a small loss is small and a large one large: neither is rounded or cut off", precise(
        [impl(model, [(equal[0][0], equal[0][0])]) for model in (sure, wrong)], 0.05)
    yield "a model that is never wrong has a loss of 0, which is a loss too", impl(
        certain, [(equal[0][0], equal[0][0])])
    some = [*((ids % 6, targets) for ids, targets in equal), batch(40)]
    yield "a batch whose loss is not a number is not passed over", gives_a_number(impl, Model(with_nan(table)), some)
    yield "logits in bfloat16 are scored in float32", [
        impl(Model(scale * table, dtype=torch.bfloat16), [pair]) for scale in (1, 2, 3) for pair in equal]
    model = with_gradient(Model(table.double()))
    yield "a model in double precision is measured and stays as it was", [impl(model, equal), str(model.table.dtype)]
    yield "the gradients that the model had are still there", model.table.grad.tolist()
    yield "an error of the model comes through, and leaves everything as it was", raised(
        impl, Model(table, good_for=2), equal)
    yield "nothing to evaluate on is refused with a ValueError", [
        raised(impl, Model(table), nothing) for nothing in ([], iter([]))]
    yield "the batches go to where the model is", elsewhere(lambda model: impl(model, equal), Model(table))


def honest_loss(impl, draw):
    table, rows = draw(7, 7), draw.number(3, 6)
    ids, targets = draw.ints(0, 7, rows, 9), draw.ints(0, 7, rows, 9)
    yield "what comes back is a plain number", type_of(impl(Model(table), ids, targets))
    yield "another model has another loss", impl(Model(table), ids, targets) != impl(Model(3 * table), ids, targets)
    yield "it is the mean over the places asked at, also where more were wished for than there are", near(
        impl(Model(table), ids, targets, 9), impl(Model(table), ids, targets, 40), 1e-6)
    yield "a model that bets evenly on V tokens has a loss of ln V", impl(even, ids, targets)
    model = Model(table)
    impl(model, ids, targets)
    yield "each place is asked with the row up to it and no further: one token, two, … up to the whole row", sorted(
        set(model.widths))
    single = [impl(Model(table), *row) for row in zip(ids.split(1), targets.split(1), strict=True)]
    yield "every row counts alike", near(impl(Model(table), ids, targets), sum(single) / rows, 0.02)
    same = ids[:, :1].expand_as(ids)
    yield "a small loss is small and a large one large: neither is rounded or cut off", precise(
        [impl(model, same, same) for model in (sure, wrong)], 0.05)
    yield "with one place to ask at, the first token bets on the second", impl(Model(table), ids, targets, 1)
    yield "of a model that looks back only, it is its usual loss", impl(Model(table), ids, targets)
    same = Model(table)
    yield "one model has a loss on each text", [
        impl(same, *some) for some in ((ids, targets), (targets, ids), (ids, ids), (targets, targets))]
    model = Model(table, ahead=True)
    yield "whether the model could read ahead makes no difference", impl(model, ids, targets)
    model = Model(table)
    yield "with fewer positions they are spread over the row", impl(model, ids, targets, 4)
    yield "the places are those that `places` gives, both ends among them", sorted(set(model.widths))
    long = draw.ints(0, 7, 2, 45)
    model = Model(table)
    yield "unless told otherwise it asks at 32 places", [impl(model, long, long.flip(1)), len(set(model.widths))]
    wide = draw.ints(0, 7, 1, 300)
    yield "three hundred tokens work, and as many places", [impl(Model(table), wide, wide.flip(1), n) for n in (3, 300)]
    model = Model(table, dropout=0.5)
    yield "dropout sleeps meanwhile", impl(model, ids, targets)
    yield "no gradient is recorded meanwhile", any(model.graded)
    many = draw.ints(0, 7, 150, 9)
    yield "a hundred and fifty rows all count", impl(Model(3 * table), many, many.flip(0))
    some = torch.cat([ids % 6, torch.full((rows, 1), 6)], dim=1)
    yield "a place whose loss is not a number is not passed over", gives_a_number(
        impl, Model(with_nan(table)), some, some)
    yield "logits in bfloat16 are scored in float32", [
        impl(Model(scale * table, dtype=torch.bfloat16), ids, targets, n) for scale in (1, 2, 3) for n in (1, 2, 9)]
    model = with_gradient(Model(table.double()))
    yield "a model in double precision is measured and stays as it was", [
        impl(model, ids, targets), str(model.table.dtype)]
    yield "the gradients that the model had are still there", model.table.grad.tolist()
    yield "an error of the model comes through, and leaves everything as it was", raised(
        impl, Model(table, good_for=2), ids, targets)
    yield "ids and targets go to where the model is", elsewhere(
        lambda model: impl(model, ids, targets), Model(table))


def EarlyStopping(impl, draw):
    low, *higher = sorted(draw.number(100, 900) / 100 + n for n in range(0, 40, 8))
    first, second, third, fourth = higher

    def looks(patience, losses):
        stopping = impl(patience)
        return stopping, [stopping.look(loss, [loss]) for loss in losses]

    looks(9, [low])
    yield "each one begins with nothing remembered, whatever another has seen", impl(9).best
    yield "the first loss is the best so far, however large", looks(9, [1e5])[0].best
    yield "the best loss is the lowest of all", looks(9, [third, low, second, fourth])[0].best
    yield "a loss that is lower by a hair is a better one", precise(
        looks(9, [second, second - 1e-7])[0].best, 1e-9)
    yield "the weights kept are those that had the best loss", looks(9, [third, low, second, fourth])[0].weights
    stopping, weights = impl(3), [1.0, 2.0]
    stopping.look(second, weights)
    weights[0] = 5.0
    stopping.look(third, weights)
    yield "what was kept stays as it was when training goes on and changes its own weights", stopping.weights
    stopping, weights = impl(3), {"matrix": [draw.number(0, 9), 2], "bias": [3]}
    stopping.look(second, weights)
    weights["matrix"][0] = 50
    yield "the tensors inside what was kept stay as they were too, not only the dict that holds them", stopping.weights
    yield "it says stop at the look at which it has waited long enough", looks(2, [first, second, third, fourth])[1]
    yield "a look is measured against the best, and not against the one before it", looks(
        2, [low, fourth, third, second])[1]
    yield "with a patience of 1, the first look that is not better is the last", looks(1, [third, second, fourth])[1]
    yield "something better begins the waiting anew", looks(2, [fourth, third, second, third, first, second, low])[1]
    yield "something better is welcome after it has said stop, too", looks(1, [second, third, first, fourth, low])[1]
    yield "an equal loss is not a better one", [looks(1, [second, second])[1], looks(3, [second] * 3)[0].waited]
    yield "the first of two equally good weights are kept", equally_good(impl, second)
    yield "losses may lie below zero", looks(2, [-low, -second, -third, -first, -first])[1]
    yield "a loss of 0 may be the best too", [
        looks(2, losses)[0].best for losses in ([second, 0.0, first], [0.0, first])]
    yield "a loss that is not a number is never the best", looks(2, [math.nan, second, math.nan])[0].best
    yield "after a loss that is not a number one waits as after a worse one", [
        looks(2, losses)[1] for losses in ([second, math.nan, math.nan], [math.nan, math.nan, second])]
    yield "an infinite loss is a worse one", looks(2, [second, math.inf, math.inf])[1]
    yield "without a patience it never stops and still remembers", never_stops(looks(None, [second, *[third] * 9, low]))
    yield "three hundred weights are kept like two", many_weights(impl, low)
    yield "a patience of a hundred and fifty is long", looks(150, [low, *[second] * 160])[1].index(True)
    yield "unless told otherwise it has no patience to lose", impl().patience


def many_weights(impl, loss):
    stopping = impl(5)
    stopping.look(loss, [loss] * 300)
    return stopping.weights


def equally_good(impl, loss):
    stopping = impl(5)
    for weights in ([1], [2], [3]):
        stopping.look(loss, weights)
    return stopping.weights


def never_stops(seen):
    stopping, said = seen
    return [any(said), stopping.best, stopping.weights]


AWAKE = 'device = "cpu"\n    with torch.no_grad():'
ASLEEP = "model.eval() if isinstance(model, torch.nn.Module) else None\n    " + AWAKE
WITH = "with evaluating(model) as device:"

# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "loss_in_bits": [
        ("/ math.log(2) ", "", "where each token is one byte", "the loss is left in nats"),
        ("/ math.log(2)", "* math.log(2)", "where each token is one byte", "nats are multiplied by ln 2, not divided"),
        ("/ math.log(2)", "/ math.log(10)", "where each token is one byte", "the wrong logarithm: bits are to base 2"),
        ("* tokens / size", "/ size", "where each token is one byte",
         "the mean loss is taken for the sum, which is the loss times the number of tokens"),
        (" * tokens / size", "", "where tokens have three bytes", "these are bits per token"),
        ("* tokens / size", "/ tokens * size", "where tokens have three bytes", "tokens and bytes have changed places"),
        ("* tokens / size", "* tokens // size", "where each token is one byte", "// rounds down"),
    ],
    "accumulate": [
        ("loss_of(some_ids, some_targets) * share", "loss_of(some_ids, some_targets)", "in equal parts",
         "each part counts fully, so that three parts make a gradient three times as long"),
        ("len(some_ids) / len(ids)", "1 / parts", "a part that is smaller",
         "all parts count alike, whatever their size"),
        ("part.backward()", "(part / share).backward()", "in equal parts",
         "the loss is divided and the gradient is not"),
        ("loss += part.item()", "loss += part.item() / share", "the loss that comes back",
         "the parts' losses are added up whole"),
        ("loss += part.item()", "loss = part.item()", "the loss that comes back", "only the last part's loss is kept"),
        ("loss += part.item()", "loss += part", "what comes back", "a tensor is returned, with the graph behind it"),
        ("part.backward()\n        loss += part.item()\n    return loss",
         "loss = loss + part\n    loss.backward()\n    return loss.item()", "each part leaves",
         "all graphs are kept until the end, so that no memory is saved"),
        ("loss += part.item()", "loss += part.item() if math.isfinite(part.item()) else 0.0", "a part whose loss",
         "parts whose loss is not a number are left out of the sum"),
        ("part.backward()", "part.backward()\n        break", "in equal parts", "it stops after the first part"),
        ("ids.chunk(parts), targets.chunk(parts)", "ids.split(parts), targets.split(parts)", "there are as many",
         "`split(n)` makes pieces of n rows, `chunk(n)` makes n pieces"),
        ("share = len(some_ids) / len(ids)", "share = len(ids) / len(some_ids)", "in equal parts",
         "the share is upside down"),
    ],
    "train_step": [
        ("optimizer.zero_grad(set_to_none=True)\n    ", "", "gradients left from before",
         "the old gradients are still there"),
        ("optimizer.step()", "pass", "the weights move", "nothing moves: the optimizer's step is missing"),
        ("clip_gradients([p for group in optimizer.param_groups for p in group[\"params\"]], max_norm)",
         "pass", "a gradient longer", "nothing is clipped"),
        ("in optimizer.param_groups for", "in optimizer.param_groups[:1] for", "a gradient longer",
         "the groups are clipped one by one, or only the first of them"),
        ("group[\"params\"]], max_norm)", "group[\"params\"]], 1.0)", "a gradient longer", "max_norm is not used"),
        ("ids, targets, parts)", "ids, targets, 1)", "the batch is worked through", "the parts are not passed on"),
        ("if not math.isfinite(loss):", "if math.isnan(loss):", "an infinite loss",
         "only NaN is looked for; `math.isfinite` knows both"),
        ("if not math.isfinite(loss):", "if False:", "a loss that is not a number", "nobody looks at the loss"),
        ("loss = accumulate(loss_of, ids, targets, parts)\n    ",
         "loss = accumulate(loss_of, ids, targets, parts)\n    optimizer.zero_grad()\n    ", "the weights move",
         "the new gradients are cleared before they were used"),
        ("if not math.isfinite(loss):", "if not math.isfinite(loss) and [optimizer.step()]:",
         "when the loss is refused", "the optimizer moves before the loss is looked at"),
        ("    optimizer.step()\n    return loss", "    optimizer.step()\n    return loss_of(ids, targets).item()",
         "the loss that comes back was measured", "the loss is measured again after the step"),
    ],
    "evaluate": [
        ("loss.item() * targets.numel()", "loss.item()", "a model that bets evenly",
         "the sum of means is divided by the number of tokens"),
        ("total += loss.item() * targets.numel()\n            tokens += targets.numel()",
         "total += loss.item()\n            tokens += 1", "a smaller last batch", "every batch counts alike"),
        ("tokens += targets.numel()", "tokens += len(targets)", "a model that bets evenly",
         "rows are counted, not tokens"),
        ("loss.item() * targets.numel()\n            tokens += targets.numel()",
         "loss.item() * len(targets)\n            tokens += len(targets)", "every token counts",
         "batches weigh by their rows, not by their tokens"),
        (".to(device)).float(), targets.to(device)", ").float(), targets", "the batches go",
         "the batches stay where they are"),
        ("return total / tokens", "return loss.item()", "of several batches", "only the last batch counts"),
        ("return total / tokens", "return total", "a model that bets evenly", "the sum is returned, not the mean"),
        (WITH, AWAKE, "dropout sleeps", "dropout is at work: the model is still in training mode"),
        (WITH, ASLEEP, "each part of the model", "the model is put to sleep and never woken"),
        (WITH, 'with evaluating(model) as device, torch.enable_grad():', "no gradient is recorded",
         "the graph of each batch is built"),
        (".float()", "", "logits in bfloat16", "the loss is computed in the precision of the logits"),
        ("loss.item() *", "loss *", "what comes back", "a tensor is returned"),
        ("if not tokens:", "if False:", "nothing to evaluate", "it divides by zero tokens"),
        ("    return total / tokens", "    getattr(model, 'train', lambda: None)()\n    return total / tokens",
         "each part of the model", "`model.train()` at the end wakes every part, also what was asleep before"),
    ],
    "honest_loss": [
        ("model(ids[:, : place + 1].to(device))[:, -1]", "model(ids.to(device))[:, place]",
         "each place is asked"),  # the hunt: a cause would tell
        ("place + 1].to", "place + 2].to", "each place is asked",
         "the prefix is one token too long: it holds the answer"),
        ("place + 1].to", "max(place, 1)].to", "each place is asked", "the prefix is one token too short"),
        ("targets[:, place]", "ids[:, place]", "with one place", "the model is asked for the token it has just read"),
        ("[:, -1]", "[:, 0]", "of a model that looks back",
         "the bet of the first position is taken, not of the last"),
        ("/ len(asked)", "/ positions", "it is the mean over the places",
         "the sum is divided by the places wished for, not by those there are"),
        ("places(ids.shape[1], positions)", "list(range(min(positions, ids.shape[1])))", "with fewer positions",
         "the first places of the row are taken"),
        ("places(ids.shape[1], positions)", "places(ids.shape[1], 32)", "with one place", "positions is not used"),
        (WITH, AWAKE, "dropout sleeps", "dropout is at work: the model is still in training mode"),
        (WITH, ASLEEP, "each part of the model", "the model is put to sleep and never woken"),
        (WITH, 'with evaluating(model) as device, torch.enable_grad():', "no gradient is recorded",
         "the graph of each call is built"),
        ("place + 1].to(device)", "place + 1]", "ids and targets go", "the ids stay where they are"),
        (".float()", "", "logits in bfloat16", "the loss is computed in the precision of the logits"),
        (".item()", "", "what comes back", "a tensor is returned"),
    ],
    "EarlyStopping": [
        ("copy.deepcopy(weights)", "weights", "what was kept stays",
         "the weights are kept as they are, not a copy: training goes on changing them"),
        ("copy.deepcopy(weights)", "copy.copy(weights)", "the tensors inside",
         "the dict is copied, and the tensors in it are still the model's own"),
        ("            self.weights = copy.deepcopy(weights)\n            self.waited = 0\n"
         "        else:\n            self.waited += 1",
         "            self.waited = 0\n        else:\n            self.waited += 1\n"
         "        self.weights = copy.deepcopy(weights)", "the weights kept",
         "the last weights are kept, not the best"),
        ("            self.waited = 0\n        else", "            pass\n        else", "something better",
         "the waiting is never begun anew"),
        ("loss < self.best", "loss <= self.best", "an equal loss", "an equal loss is taken for a better one"),
        ("loss < self.best", "loss > self.best", "the first loss", "larger is taken for better"),
        ("loss < self.best", "not loss >= self.best", "a loss that is not a number",
         "NaN is neither smaller nor larger, and `not … >=` lets it in"),
        (">= self.patience", "> self.patience", "it says stop", "it waits one look too long"),
        ("math.inf if patience is None else patience", "patience or 0", "without a patience",
         "None becomes 0, and 0 is soon over"),
        ("self.best = loss\n", "self.best = min(loss, 1.0)\n", "the first loss", "a fixed number is in the way"),
    ],
}  # fmt: skip

EQUIVALENT = {
    "accumulate": {
        "for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=True):\n    ... → "
        "for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=False):\n    ...":
        "ids and targets have equally many rows, so there are equally many pieces of each",
    },
    "train_step": {
        "optimizer.zero_grad(set_to_none=True) → optimizer.zero_grad(set_to_none=False)":
        "a parameter that has a gradient starts from none or from zeros alike",
    },
}

BY_HAND = {
    "loss_in_bits": ["course_lib.bigram.*"],
}

"""What a recurrent cell, its way back and its training in windows must get right."""

import math

import torch
from torch import nn

from course_lib.classroom import elsewhere, grads, in_place, parameters, precise, raised, type_of


def rnn_step(impl, draw):
    I, H = 3, 5
    x, h, b = draw(I).tolist(), draw(H).tanh().tolist(), draw(H).tolist()
    w_x, w_h = (0.4 * draw(H, I)).tolist(), (0.4 * draw(H, H)).tolist()
    none, still, zero = [[0.0] * I] * H, [[0.0] * H] * H, [0.0] * H
    yield "with all weights at zero, the bias alone is squeezed by a tanh", impl(x, h, none, still, b)
    yield "the word speaks to every number, each by its own row", impl(x, h, w_x, still, zero)
    yield "the state before it speaks to every number, each by its own row", impl(x, h, none, w_h, zero)
    yield "word, old state and bias are added up first, and one tanh squeezes their sum", [
        impl(x, h, w_x, w_h, b), impl([40.0], [0.5], [[1.0]], [[-83.0]], [2.0])]
    half = [[0.5 * number for number in row] for row in w_h]
    yield "other biases have another answer, and so have another word and other weights", [
        impl(x, h, w_x, w_h, zero), impl(draw(I).tolist(), h, w_x, half, zero)]
    yield "a state of one number works, and a word of one", [
        impl(x, [0.3], [w_x[0]], [[0.7]], [0.1]), impl([0.5], h, [[n] for n in b], w_h, b)]
    yield "numbers far beyond what tanh tells apart give −1 and 1", precise([
        impl([size] * I, h, w_x, w_h, b) for size in (1e6, -1e6)], 1e-9)
    tiny = [[1e-7 * number for number in row] for row in w_x]
    yield "a small number is small, and neither rounded nor cut off", precise(impl(x, zero, tiny, still, zero), 1e-6)
    wide = (0.05 * draw(90, 80)).tolist(), (0.05 * draw(90, 90)).tolist()
    yield "a state of ninety numbers works", impl(draw(80).tolist(), draw(90).tanh().tolist(), *wide, draw(90).tolist())
    yield "a word that is too short or too long is refused with a ValueError", [
        raised(impl, word, h, w_x, w_h, b) for word in (x[:2], [*x, 1.0], [0.0] * (I - 1), [0.0] * (I + 1))]
    yield "a state of another length is refused with a ValueError", raised(impl, x, h[:-1], w_x, w_h, b)
    yield "rows or biases too many or too few are refused with a ValueError", [
        raised(impl, x, h, w_x[:-1], w_h, b), raised(impl, x, h, w_x, [*w_h, w_h[0]], b),
        raised(impl, x, h, w_x, w_h, b[:-1]), raised(impl, x, h, w_x, w_h, [*b, 1.0])]
    yield "a single row that is too short is refused with a ValueError", [
        raised(impl, x, h, [*w_x[:-1], w_x[0][1:]], w_h, b), raised(impl, x, h, w_x, [*w_h[:-1], w_h[0][1:]], b)]
    yield "what one lacks the other cannot make up for", [
        raised(impl, x + h[:1], h[1:], w_x, w_h, b), raised(impl, x[:2], x[2:] + h, w_x, w_h, b),
        raised(impl, x, h, [*w_x[:-1], w_x[0][1:]], [*w_h[:-1], [*w_h[0], 0.1]], b)]


def RNNCell(impl, draw):
    cell = draw.fill(impl(5, 3))
    x, state = draw(2, 5), (draw(2, 3).tanh(),)
    bare, square = (draw.fill(impl(inputs, 3)) for inputs in (5, 3))
    with torch.no_grad():
        for p in (bare.bias_ih, bare.bias_hh, square.bias_ih, square.bias_hh):
            p.zero_()
    empty = (torch.zeros(2, 3),)
    yield "the new state is a tuple of one tensor, as large as the old one", [
        kind_of(cell(x, state)), len(cell(x, state)), list(cell(x, state)[0].shape)]
    yield "with the same word and state it comes to the same again: it keeps nothing itself", torch.allclose(
        cell(x, state)[0], cell(x, state)[0])
    one, old = (empty[0][:1],), (state[0][:1],)
    yield "the word comes in through weight_ih, and a tanh squeezes it", bare(x[:1], one)[0]
    yield "weight_ih is turned the same way where the word is as long as the state", square(draw(1, 3), one)[0]
    yield "the old state comes in through weight_hh", bare(0 * x[:1], old)[0]
    yield "word and old state are added before the one tanh", bare(x[:1], old)[0]
    yield "both biases are added", cell(0 * x[:1], one)[0]
    yield "everything together is one step", cell(x[:1], old)[0]
    yield "each text of the batch has a state of its own", cell(draw(7, 5), (draw(7, 3).tanh(),))[0]
    yield "step after step it goes on from where it is", walk(cell, draw(4, 2, 5), state)
    yield "ninety numbers work, and one text alone", draw.fill(impl(80, 90))(
        0.1 * draw(1, 80), (draw(1, 90).tanh(),))[0]
    far = only_biases(draw.fill(impl(5, 3)), torch.tensor([8.0, -8.0, 12.0])).double()
    yield "a small number is small, and so is what a large one lacks to 1", precise([
        bare(1e-6 * x, empty)[0], 1 - far(x.double(), (empty[0].double(),))[0].abs()])
    yield "half precision stays half precision, and double stays double", kinds(impl, draw, 1)
    yield "the old state is left as it was", kept(cell, x, state)
    yield "gradients reach the word, the state and all weights", flowing(cell, draw, x, state, 0.2)
    yield "large gradients come back whole", flowing(cell, draw, x, state)
    yield "works on its input's device", elsewhere(lambda model, *things: model(things[0], things[1:]), cell, x, *state)


def LSTMCell(impl, draw):
    cell = draw.fill(impl(5, 3))
    x, state = draw(2, 5), (draw(2, 3).tanh(), 0.9 * draw(2, 3).tanh())

    def gated(*biases):
        """A cell whose gates, in the order of its rows, hear their bias and nothing else."""
        return only_biases(draw.fill(impl(5, 3)), torch.tensor(biases).repeat_interleave(3))

    yield "the new state is a tuple of two tensors, h and c, as large as the old ones", [
        len(cell(x, state)), [list(part.shape) for part in cell(x, state)]]
    numbers = draw(12)
    yield "a bias counts as much in bias_hh as in bias_ih", [torch.allclose(*both) for both in zip(*(
        only_biases(draw.fill(impl(5, 3)), numbers, which)(x, state) for which in ("bias_ih", "bias_hh")), strict=True)]
    yield "the gates lie in blocks of rows: with the second open and the first shut, the memory stays as it is", gated(
        -30.0, 30.0, 0.0, 0.3)(x, state)[1]
    yield "with the second gate shut, the old memory is gone", gated(-30.0, -30.0, 0.0, 0.3)(x, state)[1]
    yield "what is let in goes through a tanh, and how much of it through a sigmoid", gated(0.4, -30.0, -0.9, 0.3)(
        x, (state[0], 0 * state[1]))[1]
    yield "the memory is kept by a factor, and what is let in is added", gated(0.4, -0.6, 0.9, 0.3)(x, state)[1]
    yield "the output is read off the new memory through a tanh and the last gate", gated(0.4, -0.6, 0.9, 1.3)(
        x, state)[0]
    yield "the gates hear the word and the old output, with all weights and biases", cell(x, state)
    yield "weight_ih is turned the same way where the word is as long as all four gates", draw.fill(
        impl(12, 3))(draw(2, 12), state)
    yield "the memory may grow beyond one", gated(30.0, 30.0, 30.0, 30.0)(x, (state[0], 500 + state[1]))
    yield "step after step it goes on from where it is", walk(cell, draw(4, 2, 5), state)
    yield "each text of the batch has a state of its own", cell(draw(7, 5), (draw(7, 3).tanh(), draw(7, 3)))
    yield "ninety numbers work, and one text alone", draw.fill(impl(80, 90))(
        0.1 * draw(1, 80), (draw(1, 90).tanh(), draw(1, 90)))
    yield "a small memory is small, and is not rounded", precise(gated(-30.0, 0.5, 0.0, 0.0)(
        x, (state[0], 1e-6 * state[1])))
    yield "half precision stays half precision, and double stays double", kinds(impl, draw, 2)
    yield "the old state is left as it was", kept(cell, x, state)
    yield "gradients reach the word, both parts of the state and all weights", flowing(cell, draw, x, state)
    yield "works on its input's device", elsewhere(lambda model, *things: model(things[0], things[1:]), cell, x, *state)


def only_biases(cell, biases, which="bias_ih"):
    """The cell with these biases and no weights, so that it hears nothing else."""
    with torch.no_grad():
        for p in cell.parameters():
            p.zero_()
        getattr(cell, which).copy_(biases)
    return cell


def kind_of(state):
    """What kind of state came back; a list does as well."""
    return "a tuple" if isinstance(state, (tuple, list)) else type_of(state)


def walk(cell, xs, state):
    """Every state on the way."""
    seen = []
    for x in xs:
        state = cell(x, state)
        seen.append(list(state))
    return seen


def kinds(impl, draw, parts):
    found = []
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        cell = draw.fill(impl(5, 3)).to(kind)
        new = cell(draw(2, 5).to(kind), tuple(draw(2, 3).tanh().to(kind) for _ in range(parts)))
        found.append([str(part.dtype) for part in new])
        if kind == torch.float64:
            found.append(list(new))
    return found


def kept(cell, x, state):
    before = [part.clone() for part in (x, *state)]
    cell(x, state)
    return [torch.equal(now, then) for now, then in zip((x, *state), before, strict=True)]


def flowing(cell, draw, x, state, by=5):
    """Gradients of a weighed sum of all that comes out, after two steps, awake, asleep and of huge numbers."""
    names = ["x", *("hc"[n] for n in range(len(state)))]
    weights = [by * draw(2, 3) for _ in state]

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def forward(self, x, *state):
            state = self.cell(x, self.cell(x, state))
            return sum((part * weight).sum() for part, weight in zip(state, weights, strict=True))

    return [grads(Twice().train(awake), dict(zip(names, (size * x, *state), strict=True)))
            for awake, size in ((True, 1), (False, 1), (True, 1000))]


def through_time(impl, draw):
    xs = [n + math.copysign(0.4, n) for n in draw(6).tolist()]
    w, u, target = [0.9 * math.tanh(n + math.copysign(0.5, n)) for n in draw(3).tolist()]
    target = math.copysign(target, -w * xs[0])  # far from where one word leads
    yield "the loss is half the square of what the last state misses", [
        impl(xs, w, u, target)[0], impl(xs[:3], w, u, target)[0]]
    yield "where the last state is the target there is nothing to blame", impl([xs[0]], w, u, math.tanh(w * xs[0]))
    yield "with one word, w gets its slope through the tanh", impl([xs[0]], w, u, target)[:2]
    yield "with one word, u gets nothing: before it there was 0", impl([xs[1]], w, 0.5, target)[2]
    yield "with two words, blame walks one step further back", impl([xs[0], abs(xs[1])], w, u, target)
    yield "at every step what comes back is added up", impl(xs, w, u, target)
    yield "the slopes are exact to nine digits", precise(impl(xs, w, u, target)[1:], 1e-9)
    yield "blame that is large goes back whole", impl([0.1, -0.05, 0.2], w, 2.5, -900.0)
    yield "the same words in another order have other slopes", [impl(row, w, u, target) for row in (xs, xs[::-1])]
    yield "a word may come twice", impl([0.7, 0.7, -0.3], w, u, target)
    yield "words of zero give w nothing, and still hand blame back", impl([xs[0], 0.0, 0.0, 0.0], w, 0.8, target)
    yield "u may be above one, and either may be negative", [impl(xs, w, 1.7, target), impl(xs, -w, -1.2, target)]
    yield "each of the three numbers matters", [
        impl(xs[:3], *some) for some in ((w, u, target), (-w, u, target), (w, -u, target), (w, u, -target))]
    yield "where the target is met, every slope is 0", impl([0.0, 0.0], w, u, 0.0)
    yield "a text of three hundred words works, and blame reaches its first", [
        impl(draw(300).tolist(), w, u, target), impl([0.01] + [0.0] * 299, w, 1.0, target)]
    yield "blame that has almost vanished is small, and is not cut off", precise(
        [impl([1.0] + [0.0] * n, 0.5, 0.4, 0.9) for n in (30, 200)], 1e-9)
    words = list(xs)
    impl(words, w, u, target)
    yield "the words are left as they were", words == xs
    yield "what comes back are three plain numbers", [type_of(number) for number in impl(xs, w, u, target)]


class Simple(nn.Module):
    """A cell with a state of any number of parts, each of which is made from all of them and the word."""

    def __init__(self, weights, parts):
        super().__init__()
        self.weight, self.parts = nn.Parameter(weights), parts

    def start(self, batch):
        return tuple(self.weight.new_zeros(batch, self.weight.shape[1]) for _ in range(self.parts))

    def forward(self, x, state):
        inside = x @ self.weight + 0.3 * sum(part.roll(n, -1) for n, part in enumerate(state))
        return tuple((inside + 0.2 * n).tanh() for n in range(self.parts))


def unroll(impl, draw):
    I, H = 5, 3
    never, x = torch.zeros(2, 6, dtype=torch.bool), draw(2, 6, I)

    def run(parts, fresh, x=x, T=6):
        cell, state = Simple(0.5 * draw(I, H), parts), tuple(draw(len(x), H) for _ in range(parts))
        outputs, last = impl(cell, x[:, :T], state, fresh[:, :T])
        return outputs, list(last)

    third = never.clone()
    third[:, 3] = True
    one = never.clone()
    one[1, 2] = True
    yield "the outputs lie along the second dimension, one for each token", list(run(1, never, T=5)[0].shape)
    yield "the cell goes from token to token, from the state it was given", run(1, never)
    yield "other texts, read from another state, have other outputs", run(1, never)
    yield "the first part of the state is the output", run(2, never)[0]
    yield "the last state is handed on, all parts of it", run(2, never)[1]
    yield "a document that begins leaves the outputs before it as they were", run(1, third)[0][:, :3]
    yield "a cell of one part has forgotten everything before a document's first token", run(1, third)
    yield "a cell of two parts has forgotten both", run(2, third)
    yield "a cell of three parts has forgotten all three", run(3, third)
    yield "where one text begins anew, the other goes on", run(2, one)
    first = never.clone()
    first[:, 0] = True
    yield "a document may begin with the first token, or with every one", [run(2, first), run(2, ~never)]
    endless = torch.tensor([[torch.inf, -torch.inf, 0.2], [0.3, -0.2, 0.1]])
    yield "what had grown beyond all numbers is forgotten as well", impl(
        Simple(0.5 * draw(I, H), 1), x, (endless,), never | (torch.arange(6) == 0))[0]
    yield "a document's first token itself is read, by an empty state", run(2, third, T=4)
    yield "one token works, and three hundred", [
        run(2, never, T=1), run(2, torch.zeros(1, 300) > 0, draw(1, 300, I), 300)]
    given = tuple(draw(2, H) for _ in range(2))
    before, fresh = [part.clone() for part in given], third.clone()
    impl(Simple(0.5 * draw(I, H), 2), x, given, fresh)
    yield "the state and the marks that were given are left as they were", [
        *(torch.equal(a, b) for a, b in zip(given, before, strict=True)), torch.equal(fresh, third)]
    small = 1e-6 * x, (1e-6 * given[0],)
    yield "small outputs are small, and are not rounded", precise(
        impl(Simple(0.5 * draw(I, H), 1), *small, never)[0], 1e-4)
    yield "half precision stays half precision, and double stays double", [
        in_kind(impl, kind, 0.5 * draw(I, H), x, given, third) for kind in (torch.bfloat16, torch.float64)]
    once = Once(impl, 0.5 * draw(I, H), one, draw(2, 6, H))
    long = Once(impl, 0.5 * draw(I, H), torch.zeros(2, 300) > 0, draw(2, 300, H))
    yield "gradients flow back to the texts and the state, and stop where a document begins", [
        grads(once.train(awake), {"x": x, "h": draw(2, H), "c": draw(2, H)}) for awake in (True, False)]
    yield "in three hundred tokens they are cut nowhere", grads(
        long, {"x": draw(2, 300, I), "h": draw(2, H), "c": draw(2, H)})
    cell, states = Simple(0.5 * draw(I, H), 2), (draw(2, H), draw(2, H))
    yield "works on its input's device", elsewhere(
        lambda cell, x, h, c, fresh: list(flat(impl(cell, x, (h, c), fresh))), cell, x, *states, third)


def in_kind(impl, kind, weights, x, state, fresh):
    """Outputs and last state where all numbers are of one kind."""
    cell = Simple(weights, len(state)).to(kind)
    return flat(impl(cell, x.to(kind), tuple(part.to(kind) for part in state), fresh))


def flat(result):
    outputs, last = result
    return outputs, *last


class Once(nn.Module):
    def __init__(self, impl, weights, fresh, upstream):
        super().__init__()
        self.impl, self.cell, self.fresh, self.upstream = impl, Simple(weights, 2), fresh, upstream

    def forward(self, x, h, c):
        outputs, last = self.impl(self.cell, x, (h, c), self.fresh)
        return (outputs * self.upstream).sum() + last[1].sum()


class Reader(nn.Module):
    """A small model with a state: a running sum of token vectors that fades, in as many parts as wanted."""

    def __init__(self, table, head, parts):
        super().__init__()
        self.table, self.head, self.fade = nn.Parameter(table), nn.Parameter(head), nn.Parameter(torch.tensor(0.8))
        self.parts, self.given = parts, []

    def read(self, ids, state=None):
        self.given.append("nothing" if state is None else any(part.requires_grad for part in state))
        if state is None:
            state = tuple(self.table.new_zeros(len(ids), self.table.shape[1]) for _ in range(self.parts))
        outputs = []
        for x in self.table[ids].unbind(1):
            state = tuple(self.fade * part + (x * (n + 1)).tanh() for n, part in enumerate(state))
            outputs.append(sum(state))
        return torch.stack(outputs, 1) @ self.head, state


def learn_window(impl, draw):
    impl, V, C = in_place(impl), 7, 3

    def begin(parts=2, lr=0.5, **options):
        model = Reader(0.07 * draw(V, C), 0.15 * draw(C, V), parts)
        return model, torch.optim.SGD(model.parameters(), lr=lr, **options)

    def windows(count, T=4, B=2):
        return [(draw.ints(0, V, B, T), draw.ints(0, V, B, T)) for _ in range(count)]

    def work(count=1, T=4, **options):
        """The losses, the weights and the states, window after window."""
        model, optimizer = begin(**options)
        state, seen = None, []
        for _ in range(count):
            (ids, targets), = windows(1, T)
            loss, state = impl(model, optimizer, ids, targets, state)
            seen.append([loss, list(parameters(model).values()), state and list(state)])
        return seen

    yield "the loss that comes back is a plain number", type_of(work(T=3)[0][0])
    yield "the loss is the mean over all tokens of the window", [work(lr=0.0)[0][0] for _ in range(2)]
    yield "the parameters move once, by the gradients of the window's mean loss", work()[0][1]
    yield "the loss was measured before the step", work()[0][0]
    yield "a gradient longer than 1 is cut to that length, all parameters together", loud(impl, draw, V)[0]
    yield "a large loss comes back as large as it is", loud(impl, draw, V)[1]
    yield "a shorter one is left as long as it is", quiet(impl, draw, V)
    yield "where the loss is small already, something is learned all the same", learned_well(impl, draw, V)
    yield "the state after the window's last token is handed on, all parts of it", work()[0][2]
    model, optimizer = begin()
    (ids, targets), = windows(1)
    _, state = impl(model, optimizer, ids, targets, None)
    yield "no gradient can flow back from it", [part.requires_grad for part in state]
    yield "a first window is read from nothing", model.given
    yield "the second window goes on from the state of the first", [seen[0] for seen in work(2)]
    yield "the second window learns from itself, and not from the first", [seen[1] for seen in work(2)]
    yield "the state that the window before left stays as it was", untouched(impl, *begin(), *windows(2))
    yield "gradients left from before are cleared first", stale(impl, *begin(), *windows(1)[0])
    yield "window after window it goes on, with an optimizer that has momentum", work(4, momentum=0.9)
    yield "a state of one part works, and one of three", [work(2, parts=parts) for parts in (1, 3)]
    yield "the state is a tuple as long as the model's", [len(work(1, parts=parts)[0][2]) for parts in (1, 2, 3)]
    yield "a window of one token works, and one of a hundred", [work(2, T=T) for T in (1, 100)]
    yield "with a rate of 0 nothing is learned, and the state goes on all the same", work(3, lr=0.0)
    tiny, _ = begin()
    with torch.no_grad():
        tiny.table.mul_(1e-6)
    _, small = impl(tiny, torch.optim.SGD(tiny.parameters(), lr=0.1), *windows(1)[0], None)
    double, _ = begin()
    _, exact = impl(double.double(), torch.optim.SGD(double.parameters(), lr=0.1), *windows(1)[0], None)
    yield "a small state is small, and none is rounded", precise([*small, *exact])
    asleep = [begin(), begin()]
    asleep[1][0].eval()
    for model, optimizer in asleep:
        impl(model, optimizer, *windows(1)[0], None)
    yield "asleep or awake it learns, and stays what it was", [
        [model.training, *parameters(model).values()] for model, _ in asleep]
    yield "chance goes on as if nothing had been learned", chance(impl, begin(), windows(1)[0])
    pair = windows(1)[0]
    before = [part.clone() for part in pair]
    impl(*begin(), *pair, None)
    yield "ids and targets are left as they were", [torch.equal(a, b) for a, b in zip(pair, before, strict=True)]
    yield "works on its input's device", elsewhere(learned(impl), begin()[0], *windows(1)[0])


def learned(impl):
    """A window's state, of a model wherever it is."""
    def state(model, ids, targets):
        return list(impl(model, torch.optim.SGD(model.parameters(), lr=0.5), ids, targets, None)[1])
    return state


def chance(impl, begun, window):
    """Random numbers before and after."""
    torch.manual_seed(3)
    first = torch.rand(2)
    impl(*begun, *window, None)
    return torch.cat([first, torch.rand(2)])


def untouched(impl, model, optimizer, first, second):
    """Whether the state that the first window left is the same after the second."""
    _, state = impl(model, optimizer, *first, None)
    before = [part.clone() for part in state]
    impl(model, optimizer, *second, state)
    return [torch.equal(now, then) for now, then in zip(state, before, strict=True)]


def stale(impl, model, optimizer, ids, targets):
    for p in model.parameters():
        p.grad = torch.full_like(p, 0.3)
    impl(model, optimizer, ids, targets, None)
    return list(parameters(model).values())


def loud(impl, draw, V):
    """Where the weights go when the gradient is long."""
    model = Reader(3 * draw(V, 3), 20 * draw(3, V), 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    loss, _ = impl(model, optimizer, draw.ints(0, V, 2, 5), draw.ints(0, V, 2, 5), None)
    return list(parameters(model).values()), loss


def quiet(impl, draw, V):
    """Where they go when it is short: all tokens alike, so that hardly anything is to be learned."""
    model = Reader(0.01 * draw(V, 3), 0.01 * draw(3, V), 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=100.0)
    impl(model, optimizer, draw.ints(0, V, 2, 5), draw.ints(0, V, 2, 5), None)
    return list(parameters(model).values())


def learned_well(impl, draw, V):
    """Where the weights go when token 0 is expected nearly for certain, and comes."""
    head = 0.1 * draw(3, V)
    head[:, 0] = 0.8
    model, zeros = Reader(2 + 0.1 * draw(V, 3), head, 2), torch.zeros(2, 4, dtype=torch.int64)
    impl(model, torch.optim.SGD(model.parameters(), lr=1.0), zeros, zeros, None)
    return list(parameters(model).values())


EMPTIED = "        state = tuple(part.masked_fill(new[:, None], 0.0) for part in state)\n"
STEPPED = "        state = cell(x_t, state)\n"
TRANSPOSED = "the rows and columns of the weights have changed places"
# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "rnn_step": [
        ("math.tanh(dot", "(dot", "with all weights at zero", "nothing is squeezed"),
        ("math.tanh(dot(row_x, x) + dot(row_h, h) + bias)", "math.tanh(dot(row_x, x) + dot(row_h, h)) + bias",
         "with all weights at zero", "the bias is added after the tanh"),
        (" + bias)", ")", "with all weights at zero", "the bias is left out"),
        ("dot(row_h, h)", "0.0", "the state before it speaks", "the old state is not used"),
        ("dot(row_x, x)", "sum(x)", "with all weights at zero", "the word's weights are not used"),
        ("rows = zip(w_x, w_h, b, strict=True)", "rows = zip(w_x, zip(*w_h, strict=True), b, strict=True)",
         "the state before it speaks", TRANSPOSED),
        ("dot(row_h, h)", "row_h[0] * h[0]", "the state before it speaks",
         "each number looks at one number of the state only"),
        ("zip(w_x, w_h, b, strict=True)", "zip(w_x, w_h, b)", "rows or biases too many or",
         "zip drops what is too much"),
        ("dot(row_x, x)", "sum(a * n for a, n in zip(row_x, x))", "a word that is too short",
         "zip cuts the longer one short"),
        ("dot(row_h, h)", "sum(a * n for a, n in zip(row_h, h))", "a state of another length",
         "zip cuts the longer one short"),
    ],
    "RNNCell": [
        ("ahead.tanh()", "ahead", "the word comes in", "nothing is squeezed"),
        ("ahead.tanh()", "ahead.sigmoid()", "the word comes in", "a sigmoid, which gives 0 to 1, stands for the tanh"),
        (" + self.bias_ih", "", "both biases", "one of the biases is left out"),
        (" + self.bias_hh", "", "both biases", "one of the biases is left out"),
        (" + h @ self.weight_hh.T", "", "the old state comes in", "the old state is not used"),
        ("h @ self.weight_hh.T", "h @ self.weight_hh", "the old state comes in", TRANSPOSED),
        ("(ahead.tanh(),)", "ahead.tanh()", "the new state is a tuple", "the tensor is given back without its tuple"),
        ("(ahead.tanh(),)", "(ahead.tanh() + h,)", "the old state comes in", "the old state is added once more"),
        ("(ahead.tanh(),)", "(ahead.detach().tanh(),)", "gradients reach", "the graph is cut inside the cell"),
    ],
    "LSTMCell": [
        ("i, f, g, o = ahead", "f, i, g, o = ahead", "the gates lie in blocks",
         "input and forget gate have changed places"),
        ("i, f, g, o = ahead", "i, f, o, g = ahead", "what is let in", "candidate and output gate have changed places"),
        ("f.sigmoid() * c", "(1 - f.sigmoid()) * c", "the gates lie in blocks",
         "the forget gate has the wrong sign: open, it throws away"),
        ("f.sigmoid() * c + i.sigmoid() * g.tanh()", "f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()",
         "what is let in", "the input gate is taken to be what the forget gate leaves"),
        ("i.sigmoid() * g.tanh()", "i.sigmoid() * g.sigmoid()", "what is let in",
         "the candidate goes through a sigmoid, so nothing can be taken away"),
        ("i.sigmoid() * g.tanh()", "i.tanh() * g.tanh()", "what is let in", "the input gate goes through a tanh"),
        ("i.sigmoid() * g.tanh()", "i.sigmoid() * g", "what is let in", "the candidate is not squeezed"),
        ("f.sigmoid() * c +", "f.sigmoid() * h +", "the gates lie in blocks",
         "the old output is kept where the old memory should be"),
        ("o.sigmoid() * c.tanh()", "o.sigmoid() * c", "the output is read",
         "the memory is not squeezed on its way out"),
        ("o.sigmoid() * c.tanh(), c", "c, o.sigmoid() * c.tanh()", "the gates lie in blocks",
         "h and c come back in the wrong order"),
        ("return o.sigmoid() * c.tanh(), c", "return o.sigmoid() * state[1].tanh(), c", "the output is read",
         "the output is read off the old memory"),
        (" + self.bias_hh", "", "a bias counts", "one of the biases is left out"),
        ("f.sigmoid() * c +", "f.sigmoid() * c.detach() +", "gradients reach", "the graph is cut at the memory"),
        ("    c = f", "    c = c.clamp(-1, 1)\n        c = f", "the memory may grow",
         "the memory is cut to −1 to 1: only what is read off it is"),
    ],
    "through_time": [
        ("(1 - states[t + 1] ** 2)", "(1 - states[t] ** 2)", "with one word, w",
         "the tanh's slope is taken one step off"),
        ("back * (1 - states[t + 1] ** 2)", "back", "with one word, w", "the tanh is left out on the way back"),
        ("slope_w += inside * xs[t]", "slope_w = inside * xs[t]", "with two words",
         "the last way back overwrites the others"),
        ("slope_u += inside * states[t]", "slope_u = inside * states[t]", "with two words",
         "the last way back overwrites the others"),
        ("slope_u += inside * states[t]", "slope_u += inside * states[t + 1]", "with one word, u",
         "u is multiplied with the state before, not with the one after"),
        ("back = inside * u", "back = inside", "with two words", "blame is handed back without u"),
        ("back = inside * u", "back = back * u", "with two words", "blame is handed back past the tanh"),
        ("back = inside * u", "break", "with two words", "only the last step is walked back"),
        ("states[-1] - target, 0.0", "target - states[-1], 0.0", "with one word, w", "the blame has the wrong sign"),
        ("** 2 / 2, slope_w", "** 2, slope_w", "the loss is half", "the half is missing"),
        ("reversed(range(len(xs)))", "range(len(xs))", "with two words", "the walk goes from the beginning to the end"),
    ],
    "unroll": [
        ("tuple(part.masked_fill(new[:, None], 0.0) for part in state)",
         "(state[0].masked_fill(new[:, None], 0.0), *state[1:])", "a cell of two parts"),  # the hunt
        (EMPTIED + STEPPED, STEPPED + EMPTIED,
         "a cell of one part", "the state is emptied after the token and not before it"),
        (EMPTIED, "", "a cell of one part",
         "nothing is forgotten"),
        ("new[:, None]", "new.any()", "where one text", "where one text begins anew, all are emptied"),
        ("masked_fill(new[:, None], 0.0)", "masked_fill(~new[:, None], 0.0)", "the cell goes",
         "everything is forgotten but where a document begins"),
        ("outputs.append(state[0])", "outputs.append(state[-1])", "the first part",
         "the memory is given out in the output's place"),
        ("dim=1)", "dim=0)", "the outputs lie", "the outputs are stacked along the first dimension"),
        ("torch.stack(outputs, dim=1), state", "torch.stack(outputs, dim=1), state[:1]", "the last state",
         "only the first part is handed on"),
        ("state = cell(x_t, state)", "state = tuple(part.detach() for part in cell(x_t, state))", "gradients flow",
         "the graph is cut after every token"),
    ],
    "learn_window": [
        ("tuple(part.detach() for part in state)", "state", "no gradient can flow",
         "the state is handed on with its graph"),
        ("tuple(part.detach() for part in state)", "None", "the state after", "the state is thrown away"),
        ("tuple(part.detach() for part in state)", "(state[0].detach(),)", "the state after",
         "only the first part is handed on"),
        ("logits, state = model.read(ids, state)", "logits, state = model.read(ids)", "the second window goes on",
         "every window begins from nothing"),
        ("loss.item()", "loss", "the loss that comes back", "the loss is still a tensor with its graph"),
        ("    optimizer.zero_grad()\n", "", "the second window learns", "old gradients are added to the new ones"),
        ("    clip_gradients(model.parameters(), max_norm=1.0)\n", "", "a gradient longer", "nothing is cut"),
        ("    clip_gradients(model.parameters(), max_norm=1.0)\n",
         "    for p in model.parameters():\n        clip_gradients(p, 1.0)\n", "a gradient longer",
         "each parameter is cut by itself, so the direction changes"),
        ("    clip_gradients(model.parameters(), max_norm=1.0)\n    optimizer.step()\n",
         "    optimizer.step()\n    clip_gradients(model.parameters(), max_norm=1.0)\n", "a gradient longer",
         "the gradients are cut after the step"),
        ("    optimizer.step()\n", "", "the parameters move", "nothing is learned"),
        ("return loss.item()", "return cross_entropy(model.read(ids, None)[0], targets).item()",
         "the loss was measured", "the loss is measured after the step"),
        ("max_norm=1.0", "max_norm=0.1", "the parameters move", "the limit is not 1"),
    ],
}

UNASKED = "a clear error for a caller's slip, which the exercise does not ask for"
COMMUTES = "a product does not care which factor comes first"
GIVEN = "how many parts a state has stands in the stub: the frame's own line, which is not the learner's"
EQUIVALENT = {
    "rnn_step": {
        "return [math.tanh(dot(row_x, x) + dot(row_h, h) + bias) for row_x, row_h, bias in rows] → "
        "return [math.tanh(dot(x, row_x) + dot(row_h, h) + bias) for row_x, row_h, bias in rows]": COMMUTES,
        "return [math.tanh(dot(row_x, x) + dot(row_h, h) + bias) for row_x, row_h, bias in rows] → "
        "return [math.tanh(dot(row_x, x) + dot(h, row_h) + bias) for row_x, row_h, bias in rows]": COMMUTES,
    },
    "LSTMCell": {
        "GATES, PARTS = (4, 2) → GATES, PARTS = (4, 3)": GIVEN,
        "GATES, PARTS = (4, 2) → GATES, PARTS = (4, 1)": GIVEN,
        "i, f, g, o = ahead.chunk(4, dim=-1) → i, f, g, o = ahead.chunk(4, dim=+1)": "there are two dimensions",
    },
    "unroll": {
        "for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):\n    ... → "
        "for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=False):\n    ...": UNASKED,
    },
}

BY_HAND = {
    "rnn_step": ["torch.*", "numpy.*"],
    "RNNCell": ["torch.nn.RNNCell", "torch.nn.RNN", "torch.rnn_tanh_cell", "torch.rnn_tanh"],
    "LSTMCell": ["torch.nn.LSTMCell", "torch.nn.LSTM", "torch.lstm_cell", "torch.lstm"],
    "through_time": ["torch.*", "numpy.*"],
}

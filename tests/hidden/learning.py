"""What a way back, a step by hand, two optimizers and a schedule must get right."""

import math

import torch

from course_lib.classroom import elsewhere, in_place, precise, raised


class Thing:
    """A number in a computation, with the four names that every node has."""

    def __init__(self, number, parents=(), slopes=(), grad=0.0):
        self.number, self.parents, self.slopes, self.grad = number, parents, slopes, grad


def Value(impl, draw):
    x, y = draw(2).tolist()
    a, b, positive = impl(x), impl(y), impl(abs(x) + 0.5)
    yield "a sum has the right number", (a + b).number
    yield "a sum grows as fast as each of its parts", [told(made) for made in (a + b, impl(0.0) + b, a + impl(0.0))]
    yield "a product has the right number", (a * b).number
    yield "a product's slope along one factor is the other factor", [
        told(made) for made in (a * b, impl(0.0) * b, a * impl(0.0), impl(1.0) * b, a * impl(1.0))]
    yield "e to the power of a number is its own slope", told(a.exp()) + told(impl(0.0).exp())
    yield "the natural logarithm's slope is 1 / number", told(positive.log()) + told(impl(1.0).log())
    yield "the parents are the Values themselves, in their order", [
        [made.parents[i] is one for i, one in enumerate(parents)]
        for made, parents in ((a + b, (a, b)), (a * b, (a, b)), (a.exp(), (a,)), (positive.log(), (positive,)))]
    twin = impl(x)
    yield "another Value of the same number is the parent of what is made of it", [
        made.parents[0] is twin for made in (twin.exp(), twin * b)]
    yield "one can go on computing with what comes out", [
        told(made * b) for made in (a + b, a * b, a.exp(), positive.log(), (a * b + a).exp() + positive.log())]
    yield "a number may stand on both sides", told(a * a) + told(a + a)
    yield "large and small numbers are as exact as any", precise([told(made) for made in (
        impl(1e-12) * impl(3e9), impl(1e-12) * impl(-3e-9), impl(1e-12) + impl(2e-12), impl(1e-9).log(),
        impl(1e12).log())], 1e-9)
    yield "e to the power of a large number is large, of one far below 0 small, and both are exact", precise(
        [told(impl(60.0 + x).exp()), told(impl(-60.0 + x).exp())], 1e-9)
    yield "nothing flows back yet: grad is 0", [made.grad for made in (a + b, a * b, a.exp(), positive.log())]
    a.grad, b.grad = 2.0, 3.0
    a + b, a * b, a.exp()
    yield "what it was made of stays as it was", [a.number, b.number, a.grad, b.grad, list(a.parents)]
    a.number, b.number, positive.number = 0.3, -1.7, 2.5
    yield "when a step has changed its number, a Value computes with the new one", [
        told(made) for made in (a + b, a * b, a.exp(), positive.log())]


def told(made):
    return [made.number, [getattr(parent, "number", parent) for parent in made.parents], list(made.slopes)]


def backward(impl, draw):
    p, q, r, s = (n + math.copysign(0.2, n) for n in draw(4).tolist())
    ends = Thing(2.0, grad=7.0), Thing(3.0, grad=7.0)
    impl(Thing(5.0, ends, (p, q)))
    yield "every number that the end was made of has its grad filled in", [node.grad != 7.0 for node in ends]
    alone = Thing(3.0, grad=7.0)
    impl(alone)
    yield "the end grows as fast as itself: its grad is 1", alone.grad
    first = Thing(2.0)
    impl(Thing(5.0, (first,), (p,)))
    yield "a number that the end was made of gets the slope", first.grad
    deep = [Thing(1.0) for _ in range(3)]
    for node, size in zip(deep, (1.0, 1e-5, 1e5), strict=True):
        impl(Thing(4.0, (Thing(3.0, (Thing(2.0, (node,), (size * p,)),), (size * q,)),), (size * r,)))
    yield "along a way the slopes are multiplied", precise([node.grad for node in deep], 1e-9)
    large = Thing(3.0)
    impl(Thing(1.0, (Thing(2.0, (large,), (p,)),), (q,)))
    yield "the order of the walk does not depend on how large the numbers are", large.grad
    left, right = Thing(1.0), Thing(2.0)
    impl(Thing(3.0, (left, right), (p, q)))
    yield "each parent gets its own slope", [left.grad, right.grad]
    twice = Thing(1.0)
    impl(Thing(2.0, (twice, twice), (r, s)))
    yield "a number that is used twice in one step gets the sum of both its slopes", twice.grad
    yield "where ways meet again, what comes back is added up", diamond(impl, p, q, r, s)
    yield "a number waits for all that was made of it before it hands on", uneven(impl, p, q, r, s)
    stale = diamond_nodes(p, q, r, s)
    for node in stale:
        node.grad = 5.0
    impl(stale[-1])
    yield "what stood in a grad before is forgotten", [node.grad for node in stale]
    again = diamond_nodes(p, q, r, s)
    impl(again[-1])
    impl(again[-1])
    yield "a second walk finds the same as the first", [node.grad for node in again]
    nothing = diamond_nodes(p, 0.0, r, s)
    for node in nothing:
        node.number = 0.0
    impl(nothing[-1])
    yield "numbers and slopes of 0 are like any other", [node.grad for node in nothing]
    yield "a slope of 0 does not stop what flows back along the other way", lame(impl, p, q)[1:3]
    yield "what stood in a grad before is forgotten where the slope is 0, too", lame(impl, p, q)
    yield "a chain of 3,000 numbers works, and a number of which 300 are made", [
        chain(impl, 3000), fan(impl, p, 300)]
    yield "numbers, parents and slopes are left as they were", [
        [node.number, len(node.parents), list(node.slopes)] for node in again]


def diamond_nodes(p, q, r, s):
    """One number, two made of it, one made of both."""
    start = Thing(1.0)
    one, other = Thing(2.0, (start,), (p,)), Thing(3.0, (start,), (q,))
    return [start, one, other, Thing(4.0, (one, other), (r, s))]


def diamond(impl, *slopes):
    nodes = diamond_nodes(*slopes)
    impl(nodes[-1])
    return [node.grad for node in nodes]


def uneven(impl, p, q, r, s):
    """A short way and a long way to the same number, whose own parent is listed in either order."""
    found = []
    for turned in (False, True):
        root = Thing(9.0)
        shared = Thing(7.0, (root,), (p,))
        long = Thing(5.0, (Thing(6.0, (shared,), (q,)),), (r,))
        parents, slopes = ((shared, long), (s, q)) if not turned else ((long, shared), (q, s))
        impl(Thing(4.0, parents, slopes))
        found += [root.grad, shared.grad]
    return found


def lame(impl, p, q):
    """Two ways from the end, one of them of slope 0, listed in either order."""
    found = []
    for slopes in (0.0, q), (q, 0.0):
        ends = Thing(1.0, grad=7.0), Thing(2.0, grad=7.0)
        impl(Thing(4.0, tuple(Thing(3.0, (node,), (p,)) for node in ends), slopes))
        found += [node.grad for node in ends]
    return found


def fan(impl, slope, width):
    start = Thing(1.0)
    impl(Thing(1.0, tuple(Thing(1.0, (start,), (slope,)) for _ in range(width)), (1.0,) * width))
    return start.grad


def chain(impl, length):
    start = node = Thing(1.0)
    for _ in range(length):
        node = Thing(1.0, (node,), (1.0,))
    impl(node)
    return start.grad


def step_by_hand(impl, draw):
    impl = in_place(impl)
    V, C, N = 5, 3, 7
    ids, targets = draw.ints(0, V, N).tolist(), draw.ints(0, V, N).tolist()

    def tables(scale=1.0):
        return (scale * draw(V, C)).tolist(), (scale * draw(V, C)).tolist()

    flat = [[0.0] * C for _ in range(V)]
    yield "with every score alike the loss is ln V", impl(flat, [row[:] for row in flat], [2], [4], 0.0)
    embedding, head = tables()
    yield "the loss is the mean surprise of the targets", impl(embedding, head, ids, targets, 0.0)
    yield "with a rate of 0 nothing moves", after(impl, tables(), ids, targets, 0.0)
    one = tables()
    old = [[row[:] for row in table] for table in one]
    impl(*one, [1], [3], 0.2)
    yield "both tables are changed themselves, not copies of them", [one[i] != old[i] for i in (0, 1)]
    two = [[row[:] for row in table] for table in old]
    impl(*two, [1], [3], 0.2)
    yield "other tables of the same size are changed as well", [two[i] != old[i] for i in (0, 1)]
    one = tables()
    yield "the head moves against its slope, (prob − 1 at the target) · embedding", after(
        impl, one, [1], [3], 0.1)[1]
    one = tables(0.5)  # small scores, so that nothing is sure already
    yield "the embedding moves against its slope, by the head before the step", [
        after(impl, one, [1], [3], 0.7)[0], after(impl, ([row[:] for row in flat], one[1]), [1], [3], 0.7)[0]]
    every = tables()
    old = [row[:] for row in every[0]]
    yield "each position moves the embedding of its token, not the last one alone", [
        new != row for new, row in zip(after(impl, every, [0, 1, 2], [2, 3, 0], 0.3)[0], old, strict=True)]
    spread = tables()  # so short a step that it hardly matters whether the head has moved in between
    yield "the slopes are those of the mean, not of the sum", after(impl, spread, [0, 1, 2], [2, 3, 0], 0.01)[0]
    yield "of several positions all slopes are those before the step", after(
        impl, tables(), [0, 1, 2], [2, 3, 0], 0.7)
    yield "the slopes of a token that comes several times are added up", [
        after(impl, tables(), [1, 1, 1], [0, 2, 0], 0.5), after(impl, tables(), ids, targets, 0.5)]
    some = tables()
    yield "the loss given back is the one before the step", impl(*some, ids, targets, 3.0)
    some = tables()
    yield "step after step it goes on from where it is", [impl(*some, ids, targets, 0.4) for _ in range(4)]
    yield "tokens that do not occur keep their embedding", after(impl, tables(), [0, 1], [1, 0], 0.5)[0][2:]
    yield "a small loss is exact, not rounded, and moves what it should", precise(
        [[impl(*sure(draw), [0, 1], [1, 2], 0.0), after(impl, sure(draw), [0, 1], [1, 2], 100.0)] for _ in range(3)],
        1e-9)
    yield "a vocabulary of 70, vectors of 66 and 80 targets are no more than others", after(
        impl, ((0.1 * draw(70, 66)).tolist(), (0.1 * draw(70, 66)).tolist()), draw.ints(0, 70, 80).tolist(),
        draw.ints(0, 70, 80).tolist(), 2.0)
    yield "scores in the thousands give a finite loss, above 0 or below", [
        impl(*tables(60.0), ids, targets, 0.0), impl([[900.0]] * 2, [[-1.0], [-2.0]], [0, 1], [1, 0], 0.0)]
    yield "the loss is right where the target's probability is nothing", impl(
        [[900.0], [1.0]], [[-1.0], [1.0]], [0], [0], 0.0)
    before = list(ids), list(targets)
    impl(*tables(), ids, targets, 0.1)
    yield "ids and targets are left as they were", [ids == before[0], targets == before[1]]
    yield "fewer targets than ids are refused with a ValueError", refused(impl, tables(), [1, 2], [3])
    yield "more targets than ids are refused with a ValueError", refused(impl, tables(), [1], [3, 2])
    yield "no ids at all are refused with a ValueError", refused(impl, tables(), [], [])


def sure(draw):
    """Two tables of 3 tokens that give the next of each a probability of nearly 1."""
    a, b, c = (9.0 + draw.uniform(3)).tolist()
    return [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def after(impl, tables, ids, targets, rate):
    """The two tables after a step."""
    impl(*tables, ids, targets, rate)
    return list(tables)


def refused(impl, tables, ids, targets):
    return raised(impl, *tables, ids, targets, 0.1)


def run(impl, draw, options, steps=4, shape=(3, 5), dtype=torch.float32):
    """The parameter after each of some steps, with gradients of very different sizes."""
    parameter, state, seen = draw(*shape, dtype=dtype), {}, []
    parameter = parameter.clone()
    for power in range(-2, steps - 2):
        gradient = draw(*shape, dtype=dtype)
        gradient = (gradient + 0.3 * gradient.sign()) * 10.0**power      # none so small that eps matters
        impl(parameter, gradient, state, **options)
        seen.append(parameter.clone())
    return seen


def momentum_step(impl, draw):
    impl = in_place(impl)
    yield "the parameter itself moves, and not a copy, however it lies in memory", moved_in_place(
        impl, draw, {"lr": 0.3, "momentum": 0.5})
    yield "the gradient is left as it is", kept_gradients(impl, draw, {"lr": 0.3, "momentum": 0.5})
    yield "every step moves the parameter, the first as well as the third", moving(
        impl, {"lr": 0.1, "momentum": 0.9}, [1.0, 1.0, 1.0])
    yield "with momentum 0 the first step is gradient descent", run(impl, draw, {"lr": 0.1, "momentum": 0.0}, steps=1)
    yield "with momentum 0 each step goes along its own gradient, not the one before", run(
        impl, draw, {"lr": 0.1, "momentum": 0.0}, steps=3)
    yield "the first step moves by −lr · gradient, whatever the momentum", run(
        impl, draw, {"lr": 0.1, "momentum": 0.9}, steps=1, shape=(2, 6))
    yield "another parameter has a velocity of its own", run(
        impl, draw, {"lr": 0.1, "momentum": 0.9}, steps=1, shape=(2, 6))
    far = draw(3, 5).clone()
    impl(far, 1000.0 * draw(3, 5), {}, lr=0.1, momentum=0.5)
    yield "a large gradient is not cut off", far
    yield "then the velocity is momentum · itself + gradient", run(impl, draw, {"lr": 0.1, "momentum": 0.8}, steps=5)
    yield 'the velocity is kept in state["velocity"], also with momentum 0', [
        velocity(impl, draw, momentum) for momentum in (0.5, 0.0)]
    yield "the velocity has the dtype of the gradient", velocity(impl, draw, 0.5, torch.float64)
    yield "where the gradient is 0 the ball rolls on", rolled(impl, draw, {"lr": 0.1, "momentum": 0.9})
    yield "in twelve steps the velocity never begins anew", rolled(impl, draw, {"lr": 0.1, "momentum": 0.9}, 12)
    yield "a gradient that is overwritten later does not change the velocity", overwritten(draw, impl)
    yield "a parameter of 70 × 66 numbers moves as any other", run(
        impl, draw, {"lr": 0.1, "momentum": 0.9}, steps=2, shape=(70, 66))
    yield "each step takes the rate and the momentum that it is given", changing(impl, draw, [
        {"lr": 0.1, "momentum": 0.9}, {"lr": 0.03, "momentum": 0.5}, {"lr": 0.2, "momentum": 0.0},
        {"lr": 0.1, "momentum": 0.9}])
    yield "a step with a rate of 0 renews the velocity all the same", changing(impl, draw, [
        {"lr": lr, "momentum": 0.9} for lr in (0.1, 0.0, 0.1)])
    yield "the shape and the dtype stay, and a single number moves like any other", kinds(
        impl, draw, {"lr": 0.1, "momentum": 0.9})
    moved = two_steps(impl, {"lr": 0.1, "momentum": 0.9})
    yield "works on its input's device", elsewhere(moved, draw(3, 5), draw(3, 5))


def velocity(impl, draw, momentum, dtype=torch.float32):
    state, seen = {}, []
    for _ in range(2):
        impl(draw(3, 5, dtype=dtype).clone(), draw(3, 5, dtype=dtype), state, lr=0.1, momentum=momentum)
        seen.append(state["velocity"].clone())
    return seen


def changing(impl, draw, several):
    """The parameter after steps with other options each."""
    parameter, state, seen = draw(4).clone(), {}, []
    for options in several:
        impl(parameter, draw(4), state, **options)
        seen.append(parameter.clone())
    return seen


def rolled(impl, draw, options, steps=2):
    """The parameter after one push, and steps without any."""
    parameter, state = draw(4).clone(), {}
    for gradient in (draw(4), *[torch.zeros(4)] * steps):
        impl(parameter, gradient, state, **options)
    return parameter


def overwritten(draw, impl):
    """Torch writes the next gradient into the tensor of the last one."""
    parameter, gradient, state = draw(4).clone(), draw(4).clone(), {}
    for _ in range(3):
        impl(parameter, gradient, state, lr=0.1, momentum=0.9)
        gradient.mul_(-2.0)
    return parameter


def moved_in_place(impl, draw, options):
    """Whether two steps have moved all numbers of the very tensor that was given, however it lies in memory."""
    moved = []
    for parameter in draw(4).clone(), draw(3, 2).clone().T:
        before, state = parameter.clone(), {}
        for _ in range(2):
            impl(parameter, draw(*before.shape).abs(), state, **options)
        moved.append(bool((parameter != before).all()))
    return moved


def kept_gradients(impl, draw, options):
    gradient = draw(4).clone()
    before, state = gradient.clone(), {}
    for _ in range(2):
        impl(draw(4).clone(), gradient, state, **options)
    return torch.equal(gradient, before)


def kinds(impl, draw, options):
    """A step of parameters of two dtypes, and of a single number."""
    found = []
    for dtype, shape in (torch.float32, (2, 3)), (torch.float64, (2, 3)), (torch.float32, ()):
        parameter, gradient = (draw(6, dtype=dtype)[:math.prod(shape)].reshape(shape).clone() for _ in range(2))
        impl(parameter, gradient, {}, **options)
        found.append([parameter, str(parameter.dtype)])
    return found


def adamw_step(impl, draw):
    impl = in_place(impl)
    usual = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-12, "weight_decay": 0.0}
    yield "the parameter itself moves, and not a copy, however it lies in memory", moved_in_place(impl, draw, usual)
    yield "the first step has length lr in every direction", run(impl, draw, usual, steps=1)
    yield "every step moves the parameter, the third like the second", moving(impl, usual, [1.0, 1.0, 1.0])
    state = {}
    for _ in range(3):
        impl(torch.ones(2), torch.ones(2), state, **usual)
    yield "the steps are counted in state['step']", float(state["step"])
    yield "the means are kept as they are, without their correction", [
        bool((state[mean] < 0.9).all()) for mean in ("exp_avg", "exp_avg_sq")]
    yield "a gradient that stays the same moves by lr each time", steady(impl, usual)
    yield "a step without a gradient moves too, along the mean of those before", moving(impl, usual, [1.0, 0.0])
    yield "the means are renewed, each with its own beta", run(impl, draw, usual, steps=5)
    yield "both are divided by 1 − beta ** step", run(impl, draw, {**usual, "betas": (0.5, 0.6)}, steps=6)
    yield "beta1 belongs to the mean and beta2 to the squares", run(impl, draw, {**usual, "betas": (0.2, 0.95)})
    yield "a beta of 0 is taken as it is given", changing(impl, draw, [
        {**usual, "betas": betas} for betas in ((0.5, 0.7), (0.0, 0.9), (0.5, 0.0))])
    yield "eps is added after the root", run(impl, draw, {**usual, "betas": (0.9, 0.0), "eps": 0.3})
    yield "an eps of 0 is taken as it is given", steady(impl, {**usual, "eps": 0.0}, 1e-9)
    yield "eps is added after the mean of squares is corrected", run(impl, draw, {**usual, "eps": 0.3})
    yield "before the move the decay shrinks the parameter by 1 − lr · weight_decay", run(
        impl, draw, {**usual, "weight_decay": 0.5})
    yield "a parameter that is a single row decays as well", run(impl, draw, {**usual, "weight_decay": 0.5}, shape=(6,))
    yield "the decay never enters the means", run(impl, draw, {**usual, "weight_decay": 2.0}, steps=6)
    yield "a gradient of 0 moves nothing but the decay", still(impl, {**usual, "weight_decay": 0.5})
    yield "after a push it moves on where the gradient is 0", rolled(impl, draw, usual)
    yield "the fortieth step is corrected like the first", rolled(impl, draw, usual, 39)
    state, parameter = {}, draw(3, 5).clone()
    for _ in range(3):
        impl(parameter, draw(3, 5), state, **usual)
    yield "the state has the step, exp_avg and exp_avg_sq", [
        float(state["step"]), state["exp_avg"].clone(), state["exp_avg_sq"].clone()]
    state = {}
    impl(draw(3, 5, dtype=torch.float64).clone(), draw(3, 5, dtype=torch.float64), state, **usual)
    yield "the means have the dtype of the parameter", [state["exp_avg"].clone(), state["exp_avg_sq"].clone()]
    yield "the gradient is left as it is", kept_gradients(impl, draw, usual)
    yield "a parameter of 70 × 66 numbers moves as any other", run(impl, draw, usual, steps=2, shape=(70, 66))
    yield "each step takes the numbers that it is given", changing(impl, draw, [
        {**usual, **some} for some in ({}, {"betas": (0.5, 0.7)}, {"lr": 0.3}, {"betas": (0.0, 0.9)},
                                       {"betas": (0.5, 0.0)}, {"eps": 0.2}, {"weight_decay": 0.5})])
    yield "a step with a rate of 0 renews the means all the same", changing(impl, draw, [
        {**usual, "lr": lr} for lr in (0.1, 0.0, 0.1)])
    yield "two parameters do not share their means", [run(impl, draw, usual, steps=2) for _ in range(2)]
    yield "the shape and the dtype stay, and a single number moves like any other", kinds(impl, draw, usual)
    yield "works on its input's device", elsewhere(two_steps(impl, usual), draw(3, 5), draw(3, 5))


def two_steps(impl, options):
    def taken(parameter, gradient):
        state = {}
        for _ in range(2):
            impl(parameter, gradient, state, **options)
        return parameter
    return taken


def steady(impl, options, size=1.0):
    parameter, state, seen = torch.zeros(2), {}, []
    for _ in range(3):
        impl(parameter, size * torch.tensor([5.0, -0.01]), state, **options)
        seen.append(parameter.clone())
    return seen


def moving(impl, options, sizes):
    """Whether each step, with a gradient of the given size, has moved the parameter."""
    parameter, state, moved = torch.zeros(3), {}, []
    for size in sizes:
        before = parameter.clone()
        impl(parameter, size * torch.tensor([3.0, -1.0, 0.5]), state, **options)
        moved.append(bool((parameter != before).all()))
    return moved


def still(impl, options):
    parameter = torch.tensor([2.0, -4.0])
    impl(parameter, torch.zeros(2), {}, **options)
    return parameter


def learning_rate(impl, draw):
    peak, floor = 0.5 + draw.uniform(1).item(), 0.1
    whole = {"peak": peak, "warmup": 4, "total": 15, "floor": floor}
    round_peak = {**whole, "peak": 0.8}  # its rates would stay the same if they were rounded
    yield "each step of the warm-up has a higher rate than the one before", impl(1, 0.8, 4, 15) - impl(0, 0.8, 4, 15)
    yield "it climbs in a line from peak / warmup, whatever the floor", [
        impl(step, **{**round_peak, "floor": some}) for some in (floor, 0.0, 0.45) for step in range(4)]
    yield "the last step of the warm-up has the peak, with all its digits", precise(impl(3, **whole), 1e-9)
    yield "then it falls along half a cosine", [impl(step, **whole) for step in range(4, 15)]
    yield "the last step has the floor", impl(14, **whole)
    yield "behind the run it stays at the floor", [impl(step, **whole) for step in (15, 16, 20, 27, 100)]
    yield "a small rate is small, and not rounded", precise([impl(step, 3e-5, 4, 15, 1e-7) for step in range(15)], 1e-9)
    yield "without a floor it ends at 0", [impl(step, peak, 2, 9) for step in range(12)]
    yield "without a warm-up it starts at the peak", [impl(step, peak, 0, 9) for step in range(9)]
    yield "another peak, warm-up or length makes another rate", [
        impl(5, *some, floor) for some in ((peak, 4, 15), (2 * peak, 4, 15), (peak, 2, 15), (peak, 2, 9))]
    yield "another floor makes another rate", [impl(5, peak, 2, 9, some) for some in (floor, 0.2, 0.0)]
    yield "a run of a single step takes it at the peak", impl(0, peak, 0, 1)
    yield "a warm-up that fills the run or is longer is refused with a ValueError, at every step", [
        raised(impl, step, peak, warmup, 15) for warmup in (15, 16, 40) for step in (0, 14, 50)]
    yield "a warm-up below 0, or a run of no steps, is refused with a ValueError", [
        raised(impl, step, peak, *some) for some in ((-1, 15), (0, 0), (-1, -5)) for step in (0, 14, 50)]
    yield "a step below 0 is refused with a ValueError", raised(impl, -1, peak, 2, 15)
    yield "a way down of a single step ends at the floor", [impl(step, peak, 1, 2, 0.1) for step in range(3)]
    yield "a floor as high as the peak makes every step after the warm-up alike", [
        impl(step, peak, 2, 9, peak) for step in (0, 1, 2, 5, 8, 9)]
    yield "with a peak of 0 every rate is 0, and nothing is refused", [impl(step, 0.0, 2, 9) for step in (0, 1, 5, 9)]
    yield "a floor above the peak is refused with a ValueError, at every step", [
        raised(impl, step, 0.1, 2, 15, 0.2) for step in (0, 5, 50)]
    yield "a floor below 0 is refused with a ValueError, at every step", [
        raised(impl, step, 0.1, 2, 15, -0.2) for step in (0, 5, 50)]


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "Value": [
        ("self.number + other.number", "self.number - other.number", "a sum has", "the numbers are subtracted"),
        ("(1.0, 1.0)", "(other.number, self.number)", "a sum grows", "a sum has the slopes of a product"),
        ("self.number * other.number", "self.number + other.number", "a product has", "the numbers are added"),
        ("(other.number, self.number)", "(self.number, other.number)", "a product's slope",
         "each factor has its own number as slope; it is the other one's"),
        ("(power,))", "(1.0,))", "e to the power", "the slope of a sum stands where that of the power should"),
        ("(power,))", "(self.number * math.exp(self.number - 1),))", "e to the power",
         "the rule for x to the n was used for e to the x"),
        ("1 / self.number", "math.log(self.number)", "the natural logarithm's", "the logarithm is no slope of itself"),
        ("math.log(self.number)", "math.log2(self.number)", "the natural logarithm's", "the logarithm has base 2"),
        ("(self, other), (1.0, 1.0)", "(Value(self.number), Value(other.number)), (1.0, 1.0)", "the parents are",
         "the parents are copies, so nothing flows back to the numbers themselves"),
        ("(self, other), (other.number", "(other, self), (other.number", "a product's slope",
         "the parents stand in the other order than the slopes"),
    ],
    "backward": [
        ("end.grad = 1.0", "end.grad = end.number", "the end grows", "the walk begins with the number, not with 1"),
        ("node.grad * slope", "slope", "along a way the", "what came back to the node itself is left out"),
        ("node.grad * slope", "node.grad + slope", "a number that the end",
         "slopes are added along a way; they multiply"),
        ("+= node.grad", "= node.grad", "a number that is used twice", "the last way back overwrites the others"),
        ("reversed(order)", "order", "along a way the", "the walk goes from the beginning to the end"),
        ("        node.grad = 0.0\n", "        node.grad += 0.0\n", "what stood in a grad",
         "grads of an earlier walk are still there"),
        ("parent.grad += node.grad * slope", "parent.grad += node.grad * slope / len(node.parents)", "each parent",
         "the blame is shared out among the parents; each gets its whole slope"),
        ("node.grad * slope", "node.grad * slope * parent.number", "a number that the end",
         "the parent's number is in it, which the slope already knows"),
    ],
    "step_by_hand": [
        ("(prob - (j == target)) / len(ids)", "(prob - (j == target))", "the slopes are those",
         "the slopes are those of the sum; the loss is a mean"),
        ("prob - (j == target)", "prob", "the head moves", "the 1 at the target is missing"),
        ("prob - (j == target)", "(j == target) - prob", "the head moves", "it goes uphill"),
        ("to_head[j][c] += push * embedding[i][c]", "to_head[j][c] = push * embedding[i][c]", "of several positions",
         "the last position overwrites the others"),
        ("to_embedding[i][c] += push * head[j][c]", "to_embedding[i][c] = push * head[j][c]", "the embedding moves",
         "the last token's push overwrites the others"),
        ("to_head[j][c] += push * embedding[i][c]", "head[j][c] -= rate * push * embedding[i][c]",
         "the embedding moves",
         "the head has moved already when the slopes of the embedding are computed"),
        ("return loss / len(ids)", "return loss", "the loss is the mean", "the sum is given back, not the mean"),
        ("top + math.log(sum(math.exp(score - top) for score in scores)) - scores[target]", "-math.log(probs[target])",
         "scores in the thousands", "the logarithm of a probability that has become 0"),
        ("top + math.log(sum(math.exp(score - top) for score in scores)) - scores[target]",
         "-math.log(max(probs[target], 1e-10))", "scores in the thousands", "the probability has a floor"),
        ("not ids or len(ids) != len(targets)", "len(ids) != len(targets)", "no ids at all",
         "a mean over nothing is a division by 0"),
        ("row[c] -= rate * slope", "row[c] -= slope", "with a rate of 0", "the rate is left out"),
    ],
    "momentum_step": [
        ("momentum * velocity + gradient", "momentum * velocity + (1 - momentum) * gradient", "then the velocity",
         "a running mean: here each gradient counts in full"),
        ("momentum * velocity + gradient", "velocity + momentum * gradient", "with momentum 0",
         "the momentum is on the gradient"),
        ("gradient.clone()", "gradient", "a gradient that is overwritten", "the velocity is the gradient's own tensor"),
        ("gradient.clone()", "torch.zeros_like(gradient)", "every step moves", "the first step goes nowhere"),
        ("parameter -= lr * state", "parameter = parameter - lr * state", "the parameter itself",
         "a new tensor was made"),
        ("parameter -= lr", "parameter += lr", "with momentum 0", "it goes uphill"),
        ("parameter -= lr * state[\"velocity\"]", "parameter -= lr * gradient", "then the velocity",
         "the step goes along the gradient, and the velocity is never used"),
    ],
    "adamw_step": [
        ("state[\"step\"] += 1", "state[\"step\"] += 2", "the first step", "the steps are counted wrongly"),
        ("/ (1 - beta2**t)", "/ 1", "the first step", "the mean of squares is not corrected"),
        ("value=-lr / (1 - beta1**t)", "value=-lr", "the first step", "the mean is not corrected"),
        ("1 - beta1**t", "1 - beta1 * t", "a gradient that stays", "beta is multiplied by the step, not raised to it"),
        (".sqrt_().add_(eps)", ".add_(eps).sqrt_()", "eps is added", "eps stands under the root"),
        ("parameter.mul_(1 - lr * weight_decay)", "parameter.mul_(1 - weight_decay)", "before the move the decay",
         "the decay forgets the rate"),
        ("    parameter.mul_(1 - lr * weight_decay)\n", "    gradient = gradient + weight_decay * parameter\n",
         "before the move the decay", "the decay is added to the gradient: that is Adam with L2"),
        ("addcmul_(gradient, gradient", "addcmul_(gradient, torch.ones_like(gradient)", "the first step",
         "the gradient is not squared"),
        ("value=1 - beta2", "value=1 - beta1", "the first step", "beta1 in the mean of squares"),
        ("(beta1, beta2), mean, square = betas,", "(beta2, beta1), mean, square = betas,", "the means are renewed",
         "the two betas are exchanged"),
        ("value=-lr /", "value=lr /", "the first step", "it goes uphill"),
    ],
    "learning_rate": [
        ("min((step - top) / max(total - 1 - top, 1), 1.0)", "(step - top) / max(total - 1 - top, 1)", "behind the run",
         ""),
        ("peak * (step + 1) / warmup", "peak * step / warmup", "it climbs", ""),
        ("max(total - 1 - top, 1)", "max(total - top, 1)", "then it falls", ""),
        ("1 + math.cos(math.pi * done)", "1 + math.cos(math.pi * done / 2)", "then it falls", ""),
        ("floor + (peak - floor) *", "peak *", "then it falls", ""),
    ],
}

AS_LONG = "the two are equally long: whoever made them has seen to that"
EQUIVALENT = {
    "backward": {
        "for parent, slope in zip(node.parents, node.slopes, strict=True):\n    ... → "
        "for parent, slope in zip(node.parents, node.slopes, strict=False):\n    ...": AS_LONG,
    },
    "step_by_hand": {
        "for i, target in zip(ids, targets, strict=True):\n    ... → "
        "for i, target in zip(ids, targets, strict=False):\n    ...": AS_LONG,
        "for row, slopes_of_row in zip(table, slopes, strict=True):\n    ... → "
        "for row, slopes_of_row in zip(table, slopes, strict=False):\n    ...": AS_LONG,
        "scores = [dot(embedding[i], row) for row in head] → scores = [dot(row, embedding[i]) for row in head]":
            "a dot product is the same either way round",
    },
}

BY_HAND = {
    "momentum_step": ["torch.optim.*"],
    "adamw_step": ["torch.optim.*"],
}

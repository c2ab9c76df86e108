"""The parts of a training loop, each small enough to be written by hand: a step, and four ways to look at it."""

import copy
import math

import torch

from course_lib.bigram import cross_entropy, evaluating
from course_lib.learning import clip_gradients


def accumulate(loss_of, ids, targets, parts):
    """Leave the gradient of the whole batch in the parameters, in pieces that fit into memory.

    loss_of: (ids, targets) -> the mean loss of these rows, ()   ids, targets: (B, T)
    parts: into how many pieces the B rows are cut, B at most; some may be smaller than others
    returns: the loss of the whole batch, a float; NaN where a piece's loss is NaN

    Each piece counts by its share of the rows: without that, twice as many pieces would mean
    twice the gradient. Gradients are added to what is there, so clear them before; step once,
    after the last piece.

    >>> weight = torch.zeros(1, requires_grad=True)
    >>> rows = torch.tensor([[1.0], [2.0], [6.0]])
    >>> round(accumulate(lambda x, y: (weight * x - y).pow(2).mean(), rows, rows, parts=2), 3)
    13.667
    >>> round(weight.grad.item(), 3)
    -27.333
    """
    loss = 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=True):
        share = len(some_ids) / len(ids)
        part = loss_of(some_ids, some_targets) * share
        part.backward()
        loss += part.item()
    return loss


def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    """One step: old gradients out, new ones in, none too long, and the optimizer moves.

    parts: see `accumulate`   max_norm: see `clip_gradients`
    returns: the batch's loss before the step, a float
    raises: FloatingPointError when the loss is not finite; no weight has been changed by then

    >>> weight = torch.zeros(1, requires_grad=True)
    >>> rows, sgd = torch.tensor([[1.0], [2.0]]), torch.optim.SGD([weight], lr=0.5)
    >>> loss_of = lambda x, y: (weight * x - y).pow(2).mean()
    >>> [round(train_step(loss_of, sgd, rows, rows), 3) for _ in range(2)]
    [2.5, 0.625]
    """
    optimizer.zero_grad(set_to_none=True)
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss}: the rate was too high, "
                                 "or the data is not clean")
    clip_gradients([p for group in optimizer.param_groups for p in group["params"]], max_norm)
    optimizer.step()
    return loss


def evaluate(model, batches):
    """The mean loss per token of a model on batches that it does not learn from.

    batches: pairs ids, targets, each (B, T), which are moved to where the model is; every token
        counts alike
    returns: nats, a float, computed in float32. No gradient is kept, dropout sleeps, and each part
        of the model is in its old mode after, also when something is raised meanwhile.
    raises: ValueError when there is no batch

    >>> ids = torch.zeros(3, 5, dtype=torch.long)
    >>> round(evaluate(lambda ids: torch.zeros(*ids.shape, 2), [(ids, ids)]), 3)
    0.693
    """
    total, tokens = 0.0, 0
    with evaluating(model) as device:
        for ids, targets in batches:
            loss = cross_entropy(model(ids.to(device)).float(), targets.to(device))
            total += loss.item() * targets.numel()
            tokens += targets.numel()
    if not tokens:
        raise ValueError("there is nothing to evaluate on: give at least one batch")
    return total / tokens


def places(T, wanted):
    """`wanted` positions spread evenly over 0 to T − 1, both ends among them: fewer where T is smaller.

    >>> places(9, 3)
    [0, 4, 8]
    """
    return torch.linspace(0, T - 1, min(wanted, T)).round().long().tolist()


def honest_loss(model, ids, targets, positions=32):
    """The loss of a model that is *given* nothing but the past: there is no future to look at.

    ids, targets: (B, T), moved to where the model is
    positions: at how many places of each row the next token is asked for: those of `places`
    returns: nats per token, a float, computed in float32; compare it with `usual_loss` at the same
        places. The model is left as it was: see `evaluate`.

    `model(ids)` answers at all T places at once, and only its mask keeps place t from reading the
    answer at t + 1. Here the model is called once for each place with the prefix alone, as it is
    when it writes: what a broken mask lets through is not there.

    >>> ids = torch.tensor([[0, 1, 1, 0]])
    >>> round(honest_loss(lambda ids: torch.zeros(*ids.shape, 2), ids, ids), 3)
    0.693
    """
    total, asked = 0.0, places(ids.shape[1], positions)
    with evaluating(model) as device:
        for place in asked:
            logits = model(ids[:, : place + 1].to(device))[:, -1]  # (B, V)
            total += cross_entropy(logits.float(), targets[:, place].to(device)).item()
    return total / len(asked)


def usual_loss(model, ids, targets, positions=32):
    """The loss at the same places as `honest_loss`, read off one call with all of the row. Equal, if the mask is."""
    asked = places(ids.shape[1], positions)
    with evaluating(model) as device:
        logits = model(ids.to(device))[:, asked]  # (B, positions, V)
        return cross_entropy(logits.float(), targets[:, asked].to(device)).item()


class EarlyStopping:
    """Remember the best loss and its weights; say when to stop waiting for a better one.

    patience: how many looks in a row may bring nothing better. None never stops, and still
        remembers.

    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.look(loss, weights=[loss]) for loss in [3.0, 1.0, 2.0, 1.5, 0.5]]
    [False, False, False, True, False]
    >>> stopping.best, stopping.weights
    (0.5, [0.5])
    """

    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.weights = None
        self.waited = 0

    def look(self, loss, weights):
        """Take note of a loss and of the weights that gave it; returns whether to stop now."""
        if loss < self.best:
            self.best = loss
            # training goes on changing the tensors themselves
            self.weights = copy.deepcopy(weights)
            self.waited = 0
        else:
            self.waited += 1  # NaN is not below anything, so it counts as worse
        return self.waited >= self.patience


def loss_in_bits(loss, tokens, size):
    """A loss in nats per token as bits per byte, for a text of `tokens` tokens and `size` bytes.

    >>> loss_in_bits(math.log(2), tokens=100, size=400)
    0.25
    """
    return loss / math.log(2) * tokens / size

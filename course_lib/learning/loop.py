"""A plain loop of it all: as much of training as the chapters before number 10 need."""

from course_lib.bigram import cross_entropy

from .optimizers import AdamW
from .schedules import learning_rate


def practise(model, at, steps, rate, curve=None):
    """The training loop: a step on at(0), at(1), …, each a pair of inputs and targets.

    returns: the model
    rate: the peak
    curve: a show.LossCurve, which shows each loss, and whose button ends the run early
    """
    optimizer = AdamW(model.parameters(), lr=rate)
    for step in range(steps) if curve is None else curve.steps(steps):
        now = learning_rate(step, rate, warmup=steps // 20 + 1, total=steps + 1)
        optimizer.param_groups[0]["lr"] = now
        inputs, targets = at(step)
        loss = cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if curve is not None:
            curve.log(step, train=loss)
    return model

"""Direct preference optimisation: pairs of which one is better, and a model that is to find it likelier."""

import torch
from torch.nn import functional

from course_lib.learning import clip_gradients

from .scoring import Scorer, rows_of


def dpo_loss(chosen, rejected, reference_chosen, reference_rejected, beta=0.1):
    """Small where a model prefers the better one of each pair more than a reference does.

    chosen, rejected: (N,), the log-probability that the model gives to each whole text
    reference_chosen, reference_rejected: (N,), the same by the reference, which does not learn
    beta: what the difference is multiplied by
    returns: (), the mean of −ln of the probability that the better one wins

    Rafailov et al. 2023, Direct Preference Optimization, equation 7.
    >>> one = torch.tensor([-3.0])
    >>> round(dpo_loss(one, one, one, one).item(), 4)
    0.6931
    """
    gained = chosen - reference_chosen.detach()  # (N,)
    lost = rejected - reference_rejected.detach()  # (N,)
    return -functional.logsigmoid(beta * (gained - lost)).mean()


def pairs_of(rewards, groups):
    """Pairs (better, worse) of numbers of rows of one group, each row in one pair at most.

    rewards, groups: N each   returns: a list of pairs; in each group the best with the worst, and so on inwards
    """
    pairs = []
    for group in dict.fromkeys(groups):
        order = sorted((n for n, one in enumerate(groups) if one == group), key=lambda n: -rewards[n])
        halves = zip(order[: len(order) // 2], order[::-1], strict=False)
        pairs += [(a, b) for a, b in halves if rewards[a] > rewards[b]]
    return pairs


def learn_pairs(model, reference, tokenizer, prompts, written, pairs, *, rate, engine, epochs=1, beta=0.1, batch_size=8,
                seed=0, loss=dpo_loss):
    """Teach a model what is better by DPO.

    reference: the model that it should stay near   prompts, written: see `rows_of`   pairs: numbers of rows
    rate: AdamW's, level   engine: an Engine   batch_size: pairs a step
    loss: dpo_loss, or your own
    returns: {"margin", "chosen", "rejected", "loss": a list with one number a step}: by how many nats, on average, the
        pairs' log-probabilities have moved since the reference
    """
    ids, targets = rows_of(prompts, written, tokenizer.end)
    where = next(model.parameters()).device
    ids, targets = ids.to(where), targets.to(where)
    known, score = Scorer(reference, engine).read(ids, targets).sum(-1), Scorer(model, engine)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.0)
    dice, seen = torch.Generator().manual_seed(seed), {"loss": [], "margin": [], "chosen": [], "rejected": []}
    for _ in range(epochs):
        for some in torch.randperm(len(pairs), generator=dice).split(batch_size):
            better, worse = (torch.tensor([pairs[i][side] for i in some]) for side in (0, 1))
            both = torch.cat([better, worse])
            now = score(ids[both], targets[both]).sum(-1)  # (2 · N,)
            chosen, rejected = now.chunk(2)
            lost = loss(chosen, rejected, known[better], known[worse], beta)
            optimizer.zero_grad(set_to_none=True)
            lost.backward()
            clip_gradients(list(model.parameters()), 1.0)
            optimizer.step()
            moved = [(chosen - known[better]).mean().item(), (rejected - known[worse]).mean().item()]
            for name, value in zip(seen, (lost.item(), moved[0] - moved[1], *moved), strict=True):
                seen[name].append(value)
    return seen

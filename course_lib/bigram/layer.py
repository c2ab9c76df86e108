"""The same table as something that learns: which way each score should go, and the loss of a few sentences."""

import torch

from .surprise import losses


def score_slopes(scores, counts):
    """How fast the mean surprise grows with each score of a bigram's table.

    scores: (V, V), row a has the scores of what comes after a
    counts: (V, V), row a has how often each b came after a
    returns: (V, V), for each score the slope of the mean, over all pairs that were counted,
        of −ln of the probability that the softmax of row a gives to b

    >>> score_slopes(torch.zeros(2, 2), torch.tensor([[3.0, 1.0], [0.0, 4.0]])).tolist()
    [[-0.125, 0.125], [0.25, -0.25]]
    """
    expected = counts.sum(-1, keepdim=True) * scores.softmax(-1)  # (V, V)
    return (expected - counts) / counts.sum()


def sentence_loss(model, sentences):
    """The mean surprise at every token of some sentences, each token guessed from those before it.

    model: model(ids) gives logits (B, T, V) for ids (B, T)
    sentences: tensors of ids (n,), each of its own length n, 2 or more; the first is not guessed
    returns: () nats per token: every guessed token counts the same, whichever sentence it is in

    >>> all_alike = lambda ids: torch.zeros(*ids.shape, 8)
    >>> sentences = [torch.tensor([0, 3]), torch.tensor([0, 5])]
    >>> round(sentence_loss(all_alike, sentences).item(), 3)
    2.079
    """
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0])  # (n - 1,)
    return torch.cat(nats).mean()

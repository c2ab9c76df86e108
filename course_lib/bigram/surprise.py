"""How surprised a model is by what comes: at each token, on the whole, and what is left for one who knows all."""

import math

import torch


def check_logits(logits):
    """Raise the ValueError for logits from which no probabilities follow: NaN, +infinity, or nothing but -infinity.

    logits: (..., V); a single -inf is a token that may not come
    """
    if not logits.amax(-1).isfinite().all():  # the largest of a row is NaN if any of them is
        raise ValueError("the logits are NaN or infinite: the model's weights are broken, most likely its training "
                         "diverged; load an older checkpoint, or train again at a lower rate")


def losses(logits, targets):
    """How surprised the model is by each target: −ln of the probability that it gave it.

    logits: (..., V), −inf for a token that may not come   targets: (...) ids
    returns: (...) nats, 0 or more
    raises: ValueError unless targets has the shape of logits without its last size

    >>> [round(nats, 3) for nats in losses(torch.zeros(2, 4), torch.tensor([0, 3])).tolist()]
    [1.386, 1.386]

    Computed from the logits, not from the probabilities: exp(−1000) is 0 in any float, and the log
    of 0 (or of a clamp that hides the 0) is a wrong loss with no slope, where it is needed most.
    """
    if logits.shape[:-1] != targets.shape:
        shapes = f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)}"
        raise ValueError(f"{shapes} do not fit: "
                         "targets need the shape of the logits without their last size, V")
    logits = logits - logits.amax(-1, keepdim=True).detach()  # the largest is 0: exp is at most 1
    picked = logits.gather(-1, targets[..., None])[..., 0]  # (...)
    return logits.exp().sum(-1).log() - picked


def cross_entropy(logits, targets):
    """The mean surprise, in nats: the loss of every model in this course.

    logits: (..., V); targets: (...) ids
    returns: () nats per token; ln V for a model that knows nothing and says so

    >>> cross_entropy(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])).item()
    1000.0
    """
    return losses(logits, targets).mean()


def entropy(probs):
    """The mean surprise that is left to one who knows the probabilities: no model can reach less.

    probs: (..., V), rows of sum one
    returns: (...) bits, from 0 (one thing is certain) to log2 V (all alike)
        what has probability 0 never comes, and adds nothing

    >>> entropy(torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.0, 0.5]])).tolist()
    [1.5, 1.0]
    """
    return -torch.xlogy(probs, probs).sum(-1) / math.log(2)


def perplexity(loss):
    """e to the loss: among how many equally likely tokens the model might as well have been choosing.

    loss: nats per token, a number or a tensor   returns: the same kind, 1 or more
    """
    if torch.is_tensor(loss):
        return loss.exp()
    return math.exp(loss) if loss < 709 else math.inf  # above 709.78 a float overflows

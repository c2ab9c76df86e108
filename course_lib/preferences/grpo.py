"""Learning from rewards: what was better than its like is made likelier, and what was worse less likely."""

import torch


def advantages(rewards, groups):
    """How much better each reward is than its group's mean, in its group's standard deviations.

    rewards: N numbers   groups: N names; those with equal names are a group
    returns: a list of N floats; 0 in a group whose rewards are all equal, so in a group of one too
    The standard deviation is the root of the mean square: of n rewards by n, not n − 1.

    Shao et al. 2024, DeepSeekMath, section 4.1.2.
    >>> advantages([1, 0, 7, 7], ["a", "a", "b", "b"])
    [1.0, -1.0, 0.0, 0.0]
    """
    found = {}
    for reward, group in zip(rewards, groups, strict=True):
        found.setdefault(group, []).append(reward)
    means = {group: sum(some) / len(some) for group, some in found.items()}
    spreads = {group: (sum((reward - means[group]) ** 2 for reward in some) / len(some)) ** 0.5
               for group, some in found.items()}
    alike = {group for group, some in found.items() if min(some) == max(some)}
    return [0.0 if group in alike else (reward - means[group]) / spreads[group]
            for reward, group in zip(rewards, groups, strict=True)]


def grpo_loss(new, old, advantage, written, clip=0.2):
    """A loss that makes better tokens likelier, and worse ones rarer, by no more than is safe.

    new, old: (B, T), the log-probabilities that the model gives now, and gave when it wrote
    advantage: (B, T)   written: (B, T) bool, where a token is that counts
    clip: how far the ratio of the probabilities, new to old, may go from 1 before it pulls no more
    returns: (), minus the mean over the rows of the mean over their tokens of the smaller of
        ratio · advantage and the same with the ratio kept between 1 − clip and 1 + clip.
        A row without a token counts as 0. No gradient goes to `old`

    Schulman et al. 2017, Proximal Policy Optimization, equation 7; DeepSeekMath, equation 3.
    >>> one = torch.zeros(1, 2)
    >>> grpo_loss(one, one, torch.tensor([[3.0, 1.0]]), one == 0).item()
    -2.0
    """
    # elsewhere there is nothing to compare, and exp of whatever stands there may be infinite
    ratio = (new - old.detach()).masked_fill(~written, 0).exp()  # (B, T)
    kept = ratio.clamp(1 - clip, 1 + clip)  # (B, T)
    gain = torch.minimum(ratio * advantage, kept * advantage) * written  # (B, T)
    return -(gain.sum(-1) / written.sum(-1).clamp(min=1)).mean()


def kl_penalty(new, reference, written):
    """How far the model has gone from a reference, in nats a token: an estimate that is never below 0.

    new, reference: (B, T), log-probabilities   written: (B, T) bool   returns: ()
    With r = reference's probability / model's: r − 1 − ln r. Its mean over what the model writes is the KL divergence.

    Shao et al. 2024, DeepSeekMath, equation 4.
    """
    gap = (reference.detach() - new).masked_fill(~written, 0)  # (B, T)
    far = gap.exp() - 1 - gap  # (B, T)
    return (far.sum(-1) / written.sum(-1).clamp(min=1)).mean()

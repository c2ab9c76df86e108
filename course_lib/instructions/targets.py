"""What is learned from a conversation, and how much each part of it counts."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.batches import IGNORED


def answer_targets(ids, opens, closes):
    """What a model is asked for at each place of some conversations: the answers, and nothing else.

    ids: (B, T) whole numbers; an answer is what stands behind an `opens`, up to and with the next
        `closes`; without one, up to the end of the row
    opens, closes: the ids of <|assistant|> and <|endoftext|>
    returns: (B, T) int64, for each place the token that follows it, or IGNORED where that is no
        part of an answer; nothing follows the last place

    >>> answer_targets(torch.tensor([[7, 1, 9, 2, 3, 7]]), opens=9, closes=7).tolist()
    [[-100, -100, 2, 3, 7, -100]]
    """
    places = torch.arange(1, ids.shape[1] + 1, device=ids.device)  # (T,)
    opened = torch.where(ids == opens, places, 0).cummax(1).values  # (B, T), where it last began
    closed = torch.where(ids == closes, places, 0).cummax(1).values  # (B, T), and last ended
    following = functional.pad(ids[:, 1:].long(), (0, 1), value=IGNORED)  # (B, T)
    return following.masked_fill(opened <= closed, IGNORED)


def example_weights(targets, examples):
    """How much the bet at each place counts, so that all examples count alike.

    targets: (B, T), IGNORED where nothing is asked   examples: (B, T), for each place the number
        of the example that it belongs to
    returns: (B, T) float32. Within an example what is asked shares its weight evenly, each example
        of which anything is asked has as much as any other, and all add up to 1
    raises: ValueError where nothing at all is asked

    >>> example_weights(torch.tensor([[5, 6, -100, 7]]), torch.tensor([[0, 0, 0, 1]])).tolist()
    [[0.25, 0.25, 0.0, 0.5]]
    """
    asked = targets != IGNORED
    if not asked.any():
        raise ValueError("every target is IGNORED: nothing is asked, so there is nothing to weigh")
    names, number = examples.unique(return_inverse=True)
    counts = torch.bincount(number[asked], minlength=len(names))  # (N,), asked of each of N
    return (asked / counts[number].clamp(min=1) / (counts > 0).sum()).float()


def token_weights(targets, examples):
    """The same where every token counts alike, which is what a plain mean does. (B, T) float32"""
    asked = targets != IGNORED
    return asked / asked.sum()


def answers_of(ids, opens):
    """The number of the answer that each place belongs to, counted through the whole batch. ids, returns: (B, T)"""
    new = ids == opens  # (B, T)
    new[:, 0] = True  # a row is never of the answer before it
    return new.flatten().cumsum(0).view_as(ids)


class Weighed(nn.Module):
    """A model with another loss: the mean over answers of the mean over each answer's tokens.

    model: a GPT   opens: the id of <|assistant|>   weigh: (targets, examples) -> weights, both (B, T)
    An engine computes it as quickly as the model's own.
    """

    def __init__(self, model, opens, weigh=example_weights):
        super().__init__()
        self.model, self.opens, self.weigh = model, opens, weigh

    @property
    def config(self):
        return self.model.config

    def forward(self, ids):
        return self.model(ids)

    def loss(self, ids, targets):
        """ids, targets: (B, T)   returns: ()"""
        asked = targets != IGNORED
        weights = self.weigh(targets, answers_of(ids, self.opens))[asked]  # (N,)
        x = self.model.embed(ids)  # (B, T, C)
        for block in self.model.blocks:
            x = block(x)
        logits = self.model.head(self.model.final_norm(x)[asked]).float()  # (N, V): only where something is asked
        return (weights * functional.cross_entropy(logits, targets[asked], reduction="none")).sum()

"""What became of a model: does it tell consistent stories, does it still know the others, and does it tell of all?"""

from collections import Counter
from typing import NamedTuple

import torch
from torch import nn

from course_lib import stories
from course_lib.bigram import bits_per_byte, entropy

from .scoring import text_of, write


class Look(NamedTuple):
    """What was seen of a model.

    consistent: the share of its stories that are   bits: per byte on held-out stories
    diversity: the entropy, in bits, of the events that it tells of   events: how many a story
    """

    consistent: float
    bits: float
    diversity: float
    events: float

    def __str__(self):
        return (f"{self.consistent:.2f} consistent, {self.bits:.4f} bits per byte, events: {self.diversity:.2f} bits, "
                f"{self.events:.2f} a story")


def look_at(model, tokenizer, unseen, n=200, seed=0, temperature=1.0):
    """Let a model tell `n` stories and read `unseen`, held-out texts. returns: a Look, and the stories"""
    dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    written = write(model, tokenizer, [[]] * n, dice, temperature=temperature)
    texts = [text_of(tokenizer, [], row) for row in written]
    told = Counter(event for text in texts for event in events_of(text))
    share = sum(stories.read(text).consistent for text in texts) / n
    bits = bits_per_byte(model, tokenizer, unseen)
    return Look(share, bits, spread(told), sum(told.values()) / n), texts


class Cooler(nn.Module):
    """A model at another temperature, as one model: its logits are divided by it."""

    def __init__(self, model, temperature):
        super().__init__()
        self.model, self.config, self.temperature = model, model.config, temperature

    def forward(self, ids):
        return self.model(ids) / self.temperature


def bits_at(model, tokenizer, unseen, temperature):
    """The bits per byte of a model that tells at another temperature: what that costs, where it costs anything."""
    return bits_per_byte(Cooler(model, temperature), tokenizer, unseen)


def events_of(text):
    """The events that a text tells of, consistent or not, up to where it goes wrong."""
    return [event for event in dict.fromkeys(one.event for one in stories.judged(text)) if event in stories.EVENT_NAMES]


def spread(counts):
    """The entropy, in bits, of what a Counter has counted; 0 where it is empty."""
    found = torch.tensor(list(counts.values()), dtype=torch.double)
    return entropy(found / found.sum()).item() if len(found) else 0.0


def of_the_world(n=1000):
    """The diversity of the world's own stories, and how many events they tell of: what a model should have."""
    told = Counter(event for plot in stories.plots("validation", n) for event in stories.events(plot))
    return spread(told), sum(told.values()) / n

"""Bits per byte: the one number by which every model of the course is measured, whatever its tokens are."""

import math

import torch
from torch import nn

from .surprise import check_logits, losses


def bits_per_byte(model, tokenizer, stories, batch_size=32):
    """The one number of the ladder: the bits a model needs to write stories down, divided by their bytes.

    model: `model(ids)` gives logits (B, T, V). With `model.config.context_length` it is never given more than that.
    tokenizer: `encode`, `decode` and `end`
    stories: strings
    returns: bits per utf-8 byte. Tokens of any size compare fairly, since bytes are the same for all.
    raises: ValueError where the tokenizer does not give a story back: what it loses would go unscored

    The end of each story is scored too, but is no byte: a model that knows nothing and gives each of 256 bytes
    1/256 has 8 (n + 1) / n for n bytes, a little more than 8, and over V tokens it has tokens · log2(V) / bytes.
    """
    stories = check_stories(stories)
    bits = story_bits(model, tokenizer, stories, batch_size)
    return sum(bits) / sum(len(story.encode("utf-8")) for story in stories)


def story_bits(model, tokenizer, stories, batch_size=32):
    """The bits that a model needs for each story: −log2 of the probability of all its tokens and then its end.

    Each story stands alone after an end-of-text token. A position sees all that came before it, or the last
    `context_length` tokens of that where a story is longer than the model's window.
    Takes what `bits_per_byte` takes; returns a list with one float for each story.
    """
    stories = check_stories(stories)
    limit = getattr(getattr(model, "config", None), "context_length", math.inf)
    rows = []  # (which story, ids, how many of its last positions are scored)
    for number, story in enumerate(stories):
        ids = [tokenizer.end, *exact_ids(tokenizer, story, f"story {number}"), tokenizer.end]
        first = min(len(ids) - 1, limit)
        rows.append((number, ids[: first + 1], first))
        rows += [(number, ids[last - limit : last + 1], 1) for last in range(first + 1, len(ids))]
    rows.sort(key=lambda row: len(row[1]))  # neighbours of like length need little padding

    bits = [0.0] * len(stories)
    with evaluating(model) as device:
        for begin in range(0, len(rows), batch_size):
            batch = rows[begin : begin + batch_size]
            T = max(len(ids) for _, ids, _ in batch) - 1
            # A model looks back only, so what is filled in after the last token cannot change what came before.
            padded = torch.tensor([ids + [tokenizer.end] * (T + 1 - len(ids)) for _, ids, _ in batch], device=device)
            logits = model(padded[:, :-1]).float()  # (B, T, V)
            check_logits(logits)
            if padded.max() >= logits.shape[-1]:
                raise ValueError(f"the tokenizer gives the id {padded.max()}, but the model's ids go from 0 to "
                                 f"{logits.shape[-1] - 1}: it was made for another vocabulary")
            nats = losses(logits, padded[:, 1:]).double()  # (B, T)
            for (number, ids, scored), row in zip(batch, nats, strict=True):
                bits[number] += row[len(ids) - 1 - scored : len(ids) - 1].sum().item() / math.log(2)
    return bits


def check_stories(stories):
    """The texts to measure as a list, none of them empty; ValueError where there are none."""
    listed = [] if isinstance(stories, (str, bytes)) else list(stories)
    if not listed:
        raise ValueError(f"bits per byte wants a list of one story or more and was given {stories!r:.60}")
    for number, story in enumerate(listed):
        if not story:
            raise ValueError(f"story {number} is empty: bits per byte would divide by its 0 bytes")
    return listed


def exact_ids(tokenizer, text, name="a text"):
    """The ids of a text that stand for all of it: what a tokenizer loses would go unscored, and bits per byte be wrong.

    tokenizer: `encode` and `decode`   name: what the text is called in the message
    returns: a list   raises: ValueError where the ids do not give the text back
    """
    ids = list(tokenizer.encode(text))
    back = tokenizer.decode(ids)
    if back != text:
        at = next((at for at, (a, b) in enumerate(zip(text, back, strict=False)) if a != b), min(len(text), len(back)))
        raise ValueError(f"this tokenizer does not give {name} back: from character {at} on it is "
                         f"{back[at : at + 40]!r} for {text[at : at + 40]!r}. What it loses would go unscored, so its "
                         "bits per byte cannot be compared: make the vocabulary from texts that have these characters")
    return ids


class evaluating:
    """`with evaluating(model) as device:` no gradients, no dropout; afterwards every part is as it was before."""

    def __init__(self, model):
        self.parts = list(model.modules()) if isinstance(model, nn.Module) else []
        self.modes = [part.training for part in self.parts]
        tensors = [*model.parameters(), *model.buffers()] if self.parts else []
        self.device = tensors[0].device if tensors else torch.device("cpu")
        self.no_grad = torch.no_grad()

    def __enter__(self):
        for part in self.parts:
            part.training = False
        self.no_grad.__enter__()
        return self.device

    def __exit__(self, *error):
        self.no_grad.__exit__(*error)
        for part, mode in zip(self.parts, self.modes, strict=True):
            part.training = mode

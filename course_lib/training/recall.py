"""Who is who: the loss on names that a story has told before, apart from the loss on all the rest."""

import math
import re

import torch

from course_lib.bigram import evaluating, losses
from course_lib.stories import WORLD


def told_before(text):
    """Recall: where a text names somebody again whom it has named before, as (first, after last) characters.

    >>> told_before("Mia met Tom. Tom saw Mia and Mialine.")
    [(13, 16), (21, 24)]
    """
    names, spans = set(), []
    for found in re.finditer(r"\b(?:" + "|".join(WORLD.words["names"]) + r")\b", text):
        if found[0] in names:
            spans.append(found.span())
        names.add(found[0])
    return spans


def recall(model, tokenizer, texts):
    """What a token costs that repeats a name, and what any other token costs, each told alone after end-of-text.

    texts: stories, of which what lies outside the model's window is left out
    returns: two numbers of bits per token. A model that knows which names exist and not who is meant pays
        log2(40) = 5.3 bits for a name; one that has followed the story pays only for what the story leaves open.
    """
    window, nats, counts = model.config.context_length, [0.0, 0.0], [0, 0]
    with evaluating(model) as device:
        for text in texts:
            ids = tokenizer.encode(text)
            ends = torch.tensor([len(tokenizer.token(token)) for token in ids]).cumsum(0)
            repeats = torch.zeros(len(ids), dtype=torch.bool)
            for first, after in told_before(text):
                # a token belongs to the name it reaches into; a space before the name comes with it
                repeats |= (ends > first) & (ends <= after)
            row = torch.tensor([[tokenizer.end, *ids]], device=device)[:, : window + 1]
            found = losses(model(row[:, :-1]), row[:, 1:])[0].cpu()
            for which, chosen in enumerate((repeats, ~repeats)):
                nats[which] += found[chosen[: len(found)]].sum().item()
                counts[which] += int(chosen[: len(found)].sum())
    return tuple(total / max(count, 1) / math.log(2) for total, count in zip(nats, counts, strict=True))

"""Probes: a question put to the stream, whose right answer the world knows.

Alain and Bengio 2016, Understanding Intermediate Layers Using Linear Classifier Probes; Hewitt and Liang 2019,
Designing and Interpreting Probes with Control Tasks, section 2 (why a probe needs a control).
"""

from typing import NamedTuple

import torch

from course_lib import stories
from course_lib.bigram import evaluating
from course_lib.gpt import trace

NOBODY = "nobody"


class Moment(NamedTuple):
    """The end of a sentence. story: its number   place: of the sentence's last token, after end-of-text at 0

    holder: who has the hero's thing by then, a name or "nobody"   moved: whether that changed with this sentence
    """

    story: int
    place: int
    holder: str
    moved: bool


def moments(plots, tokenizer, window=256):
    """The ends of all sentences from the one on that brings the hero's thing.

    returns: rows, the ids of each story that fits into the window, and a list of Moment
    """
    rows, found = [], []
    for plot in plots:
        text, held = stories.tell(plot), stories.holders(plot)
        row = [tokenizer.end, *tokenizer.encode(text)]
        if len(row) > window:
            continue
        ends = [0, *torch.tensor([len(tokenizer.token(token)) for token in row[1:]]).cumsum(0).tolist()]
        thing, after, before = next(iter(held[-1])), 0, None
        for (number, words), now in zip(plot.sentences, held, strict=True):
            sentence = stories.WORLD.wordings[number].form % words
            after = text.index(sentence, after) + len(sentence)
            if thing in now:
                holder = now[thing] or NOBODY
                size = len(text[:after].encode("utf-8"))
                place = next(t for t, end in enumerate(ends) if end >= size)
                found.append(Moment(len(rows), place, holder, before not in (None, holder)))
                before = holder
        rows.append(row)
    return rows, found


def streams_at(model, rows, moments, batch_size=32):
    """The stream at each moment, before the first block and after each: (L + 1, N, C), on the CPU."""
    at = {}
    for n, moment in enumerate(moments):
        at.setdefault(moment.story, []).append((n, moment.place))
    wanted, order = sorted(at, key=lambda story: len(rows[story])), []  # like lengths side by side: little padding
    pieces = []
    with evaluating(model) as device:
        for begin in range(0, len(wanted), batch_size):
            some = wanted[begin : begin + batch_size]
            T = max(len(rows[story]) for story in some)
            ids = torch.tensor([rows[story] + [0] * (T - len(rows[story])) for story in some], device=device)
            asked = [(b, n, place) for b, story in enumerate(some) for n, place in at[story]]
            b, n, place = zip(*asked, strict=True)
            pieces.append(torch.stack([x[b, place] for x in trace(model, ids).residuals]).cpu())  # (L + 1, N', C)
            order += n
    streams = torch.cat(pieces, 1)  # (L + 1, N, C)
    return streams[:, torch.tensor(order).argsort()]


def split_by_story(story_of, share=0.5, seed=0):
    """Which rows a probe may learn from, so that no story lies on both sides.

    story_of: (N,), the number of the story that each row comes from
    share: of the stories, to learn from   seed: of the shuffling
    returns: (N,), True for the rows to learn from, False for those to judge by

    >>> split_by_story(torch.tensor([4, 7, 5, 9])).sum().item()
    2
    """
    number = torch.unique(story_of, return_inverse=True)[1]  # (N,)
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < share * len(order))[number.cpu()].to(story_of.device)  # (N,)

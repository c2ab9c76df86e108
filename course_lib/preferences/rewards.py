"""Rewards that the world gives: for a story as a whole, or for each of its sentences."""

from typing import NamedTuple

import torch

from course_lib import stories


class Reward(NamedTuple):
    """What a part of a text has earned: the text's number, from which to which character, how much, among which like.

    Texts are compared with their like only: rewards of one `group`, see `advantages`.
    """

    row: int
    start: int
    end: int
    worth: float
    group: object


def whole(texts, groups, worth=lambda text: stories.read(text).consistent):
    """One reward for each whole text: 1 for a consistent story, else 0, unless `worth` says another.

    texts: N   groups: N names   returns: a list of N
    """
    far = 1 << 30  # so the end of text is part of it
    return [Reward(row, 0, far, float(worth(text)), group)
            for row, (text, group) in enumerate(zip(texts, groups, strict=True))]


def sentences(texts, groups=None):
    """One reward for each sentence up to the first that is wrong: 1 if it is right, else 0.

    Those that tell the same step of a story are a group: what counts is how often such a sentence goes wrong. So it
    does not pay to tell of easy things, only to tell rightly. One that tells no step is put to those of a step that
    could have stood there, in turn.
    groups: not used   returns: a list of Reward
    """
    found = []
    for row, text in enumerate(texts):
        start = 0
        for one in stories.judged(text):
            group = one.beat or one.instead[row % len(one.instead)] if one.beat or one.instead else ""
            found.append(Reward(row, start, one.end, float(one.right), group))
            start = one.end
    return found


def over_tokens(rewards, gains, prompts, written, tokenizer):
    """Advantages of parts of texts, laid on the tokens of which they are made.

    rewards: a list of Reward   gains: as many numbers   prompts, written: see `rows_of`
    returns: advantage (B, T), and where one is, (B, T) bool; both are 0 in the prompts and where nothing is rewarded
    """
    T = max(len(prompt) + len(row) for prompt, row in zip(prompts, written, strict=True))
    advantage = torch.zeros(len(prompts), T)
    counted = torch.zeros(len(prompts), T, dtype=torch.bool)
    starts = [begins(tokenizer, [*prompt, *row]) for prompt, row in zip(prompts, written, strict=True)]
    for reward, gain in zip(rewards, gains, strict=True):
        row = reward.row
        places = [n for n in range(len(prompts[row]), len(starts[row]))
                  if reward.start <= starts[row][n] < reward.end]
        advantage[row, places], counted[row, places] = gain, True
    return advantage, counted


def begins(tokenizer, ids):
    """At which character of their text each of some tokens begins."""
    found, at = [], 0
    for i in ids:
        found.append(at)
        at += 0 if i == tokenizer.end else len(tokenizer.token(i).decode("utf-8", "replace"))
    return found

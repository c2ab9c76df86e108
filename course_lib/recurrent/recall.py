"""Recall by distance: how well does a model still know a thing that was named n words ago?"""

import json
import re
from pathlib import Path

import torch

from course_lib.bigram import evaluating
from course_lib.stories import WORLD

CURVES = Path(__file__).parents[1] / "data" / "recall.json"  # written by `python -m tests.bench.recall`
KINDS = ("things", "parts")  # what the hero owns, and the part of the house where the story begins
EDGES = (1, 8, 12, 16, 24, 40, 70, 200)  # words ago: where one point of the curve ends and the next begins


def said_again(text, words):
    """Where a text says one of these words again: [(first, after last character, words since it was last said)].

    >>> said_again("Mia met Tom. Tom saw Mia and Mialine.", {"Mia", "Tom"})
    [(13, 16, 1), (21, 24, 5)]
    """
    last, found = {}, []
    for place, word in enumerate(re.finditer(r"\w+", text)):
        if word[0] in words:
            if word[0] in last:
                found.append((*word.span(), place - last[word[0]]))
            last[word[0]] = place
    return found


def guess():
    """What a model's share is that knows only which kind of word comes: the mean over the kinds."""
    return sum(1 / len(WORLD.words[kind]) for kind in KINDS) / len(KINDS)


def shares(model, tokenizer, text):
    """For each thing that a story names again: (words since it was last named, share of the bet on the right one).

    The share is of what the model bets on all words of that kind, so a model need not know when a thing comes; it has
    to know which. Each story has one thing of each kind, almost always: who remembers is right at any distance.
    """
    window = getattr(getattr(model, "config", None), "context_length", None)
    ids = tokenizer.encode(text)[:window]
    with evaluating(model) as device:
        bets = model(torch.tensor([[tokenizer.end, *ids[:-1]]], device=device))[0].float().softmax(-1).cpu()  # (T, V)
    place, at = 0, {}  # of each token: where its text begins, and which it is in the row
    for t, token in enumerate(ids):
        at[place] = t
        place += len(tokenizer.token(token))
    found = []
    for kind in KINDS:
        words = {word: tokenizer.encode(" " + word) for word in WORLD.words[kind]}
        known = [spelled[0] for spelled in words.values() if len(spelled) == 1]
        for first, after, ago in said_again(text, words):
            t, (token, *more) = at.get(first - 1), words[text[first:after]]
            if t is not None and not more and ids[t] == token:
                found.append((ago, (bets[t, token] / bets[t, known].sum()).item()))
    return found


def recall_by_distance(model, tokenizer, texts):
    """How well is a thing that was named n words ago still known?

    model: `model(ids)` gives logits   tokenizer: with words such as " lamp" as single tokens   texts: stories
    returns: two lists, for show.lines: words ago, and the mean share of the bet on the right thing among all things of
        its kind, from `guess()` for a model that has forgotten to 1 for one that knows
    """
    found = [one for text in texts for one in shares(model, tokenizer, text)]
    words_ago, known = [], []
    for low, high in zip(EDGES, EDGES[1:], strict=False):
        if here := [one for one in found if low <= one[0] < high]:
            words_ago.append(sum(ago for ago, _ in here) / len(here))
            known.append(sum(share for _, share in here) / len(here))
    return words_ago, known

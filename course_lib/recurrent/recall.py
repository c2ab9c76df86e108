"""Recall by distance: how well is a thing still known that a story named n words ago?

One question is asked after every word: which thing did this story name last? Whoever answers has to carry
the answer along, or to go back and look.
"""

import json
from pathlib import Path

import torch
from torch import nn

from course_lib import stories
from course_lib.batches import Batches, stream
from course_lib.bigram import evaluating
from course_lib.device import device
from course_lib.learning import practise

CURVES = Path(__file__).parents[1] / "data" / "recall.json"  # written by `python -m tests.bench.recall`
EDGES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)  # words ago: where a point of the curve begins and ends
WINDOW = 160  # tokens


class Quiz:
    """The question and its answers, for texts in a tokenizer's ids.

    Answer 0 is "none so far", answer n the thing number n of the world's list.
    """

    def __init__(self, tokenizer):
        self.answers = ["none so far", *stories.WORLD.words["things"]]
        self.answer_of = torch.full((tokenizer.vocab_size,), -1)  # -1 for a token that changes nothing
        self.answer_of[tokenizer.end] = 0  # a new story: nothing of the old one counts
        for n, thing in enumerate(self.answers[1:], start=1):
            ids = tokenizer.encode(" " + thing)
            if len(ids) > 1:
                raise ValueError(f"this vocabulary has no token for {' ' + thing!r}: the quiz wants one token a thing")
            self.answer_of[ids[0]] = n
        self.begins = torch.tensor([tokenizer.token(id)[:1].isspace() for id in range(tokenizer.vocab_size)])

    def ask(self, ids):
        """ids: (B, T)   returns: the right answer after each token, and how many words ago it was given, each (B, T)"""
        found = self.answer_of.to(ids.device)[ids]  # (B, T)
        places = torch.arange(ids.shape[1], device=ids.device)  # (T,)
        last = torch.where(found >= 0, places, 0).cummax(-1).values  # (B, T)
        words = self.begins.to(ids.device)[ids].cumsum(-1)  # (B, T)
        return found.gather(-1, last).clamp(min=0), words - words.gather(-1, last)


def learn_to_recall(model, tokenizer, steps=300, rate=0.01, seed=0, curve=None):
    """Train a model on nothing but this question, asked after every token of stories. returns: the model

    model: a language model; its head is exchanged for one with a score for each answer, (B, T, 21)
    rate: the peak   seed: which stories, in which order
    """
    quiz, read = Quiz(tokenizer), stories.texts("train", min(16 * steps, 5000), seed=seed)
    model.head = nn.Linear(model.head.in_features, len(quiz.answers)).to(device())
    batches = Batches(stream(read, tokenizer), 16, WINDOW, seed, end=tokenizer.end)

    def at(step):
        ids = batches.at(step)[0].to(device())
        return ids, quiz.ask(ids)[0]

    return practise(model, at, steps, rate, curve)


def recall_by_distance(model, tokenizer, count=200):
    """How sure a model is of a thing that was named n words ago, on held-out stories.

    model: `model(ids)` gives a score for each answer, (B, T, 21)   count: how many windows of stories are asked about
    returns: two lists, as show.lines takes them: words since the thing was named, and the mean probability of the
        right answer, from 0.05 for a guess among the things up to 1
    """
    told = stream(stories.texts("validation", 2 * count), tokenizer)
    ids, _ = Batches(told, count, WINDOW, end=tokenizer.end).at(0)
    answers, ago = Quiz(tokenizer).ask(ids)
    with evaluating(model) as where:
        bets = model(ids.to(where)).float().softmax(-1).cpu()  # (B, T, A)
    right = bets.gather(-1, answers[..., None])[..., 0]  # (B, T)
    words, known = [], []
    for low, high in zip(EDGES, EDGES[1:], strict=False):
        here = (answers > 0) & (ago >= low) & (ago < high)  # (B, T)
        if here.any():
            words.append(ago[here].float().mean().item())
            known.append(right[here].mean().item())
    return words, known


def measured():
    """The course's own curves of an RNN and an LSTM: {name: (words ago, how well it is known)}, for show.lines."""
    kept = json.loads(CURVES.read_text(encoding="utf-8"))
    return {name: (kept["words"], curve["known"]) for name, curve in kept["curves"].items()}

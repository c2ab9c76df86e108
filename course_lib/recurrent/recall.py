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
from course_lib.learning import AdamW, learning_rate, practise
from course_lib.recurrent.model import lanes, learn_window

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

    def pair(self, ids):
        """ids: (B, T)   returns: the ids and the right answers, as a training loop takes them"""
        return ids, self.ask(ids)[0]


def learn_to_recall(model, tokenizer, steps=800, seed=0, learn=learn_window):
    """Train a model on nothing but this question, asked after every token of stories. returns: the model

    model: a language model on `device()`; its head is exchanged for one with a score for each answer, (B, T, 21). One
        that carries a state (it has `read`) goes through the stories in windows of 32 tokens that follow each other;
        any other is given 160 tokens from a story's beginning on. What should stay as it is has requires_grad False.
    seed: which stories, in which order, and the new head   learn: for a model with a state, what makes a step
    """
    torch.manual_seed(seed)
    quiz, rate = Quiz(tokenizer), 0.005
    model.head = nn.Linear(model.head.in_features, len(quiz.answers)).to(device())
    told = stream(stories.texts("train", 7 * steps + 8, seed=seed), tokenizer).to(device())
    if not hasattr(model, "read"):
        batches = Batches(told, 16, WINDOW, seed, end=tokenizer.end)
        return practise(model, lambda step: quiz.pair(batches.at(step)[0]), steps, 2 * rate)
    inputs, _ = lanes(told, 32, 32)
    answers, _ = lanes(quiz.ask(told[None])[0][0], 32, 32)
    optimizer, state = AdamW([p for p in model.parameters() if p.requires_grad], lr=rate), None
    for step in range(min(steps, len(inputs))):
        optimizer.param_groups[0]["lr"] = learning_rate(step, rate, warmup=steps // 20 + 1, total=steps + 1)
        _, state = learn(model, optimizer, inputs[step], answers[step], state)
    return model


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
    return {f"the course's {name}": (kept["words"], curve["known"]) for name, curve in kept["curves"].items()}

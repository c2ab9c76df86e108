"""Learning from conversations: rows of like length, a step, and what the model then gets right."""

import random

import torch
from torch.nn import functional

from course_lib import stories
from course_lib.batches import IGNORED
from course_lib.bigram import evaluating
from course_lib.sampling import generate
from course_lib.training import train_step

from .targets import Weighed, answer_targets, example_weights
from .tasks import said
from .template import STORY, render


def padded(rows, end):
    """Rows of ids as one batch, filled up with `end`. returns: (B, T)"""
    T = max(map(len, rows))
    return torch.tensor([row + [end] * (T - len(row)) for row in rows])  # (B, T)


def answer_ids(tokenizer):
    """The ids of the tokens that open and close an answer in our template."""
    return tokenizer.special[STORY.opens["assistant"]], tokenizer.special[STORY.end]


def asked_for(ids, opens, closes, targets_of=answer_targets):
    """The targets of conversations, and among them of plain texts, which are read again so that they are not forgotten.

    A row that begins with `closes` is a plain text, and all of it is asked for, up to its end. ids, returns: (B, T)
    """
    following = functional.pad(ids[:, 1:], (0, 1), value=IGNORED)  # (B, T)
    inside = (ids[:, :1] == closes) & ((ids == closes).cumsum(-1) == 1)  # (B, T), of a plain text
    return torch.where(inside, following, targets_of(ids, opens, closes))


def by_length(rows, batch_size, dice):
    """Batches of rows that are about equally long, in a random order. returns: a list of lists of rows"""
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i]), dice.random()))
    batches = [[rows[i] for i in order[at : at + batch_size]] for at in range(0, len(order), batch_size)]
    dice.shuffle(batches)
    return batches


def as_drawn(rows, batch_size, dice):
    """Batches of rows in a random order. returns: a list of lists of rows"""
    rows = dice.sample(rows, len(rows))
    return [rows[at : at + batch_size] for at in range(0, len(rows), batch_size)]


def teach(model, tokenizer, rows, *, steps, recipe, engine, batch_size=16, weigh=example_weights,
          targets_of=answer_targets, sort=True, seed=0):
    """Train a model on rendered conversations. returns: the loss of each step

    rows: lists of ids, none longer than the model's window; of plain texts among them see `asked_for`
    steps, recipe, engine: see `training.train`
    weigh: see `Weighed`   targets_of: what is asked for, `answer_targets` or your own
    sort: whether the rows of a batch are of like length; else they are drawn as they come
    """
    opens, closes = answer_ids(tokenizer)
    where, dice = next(model.parameters()).device, random.Random(seed)
    optimizer, losses = recipe.optimizer(model), []
    loss_of = engine.loss(Weighed(model, opens, weigh))
    batches = []
    model.train()
    for step in range(steps):
        recipe.set_rates(optimizer, step, steps)
        batches = batches or (by_length if sort else as_drawn)(rows, batch_size, dice)
        ids = padded(batches.pop(), tokenizer.end).to(where)
        targets = asked_for(ids, opens, closes, targets_of)
        losses.append(train_step(loss_of, optimizer, ids, targets, max_norm=recipe.max_norm))
    return losses


def graded(model, tokenizer, exam, batch_size=32):
    """{kind: the share of its questions that a greedy model answers right, word for word and with an end behind it}.

    exam: see `tasks.exam`. As in chapter 15 the answer is given and the likeliest token compared at each place.
    """
    opens, closes = answer_ids(tokenizer)
    shares = {}
    with evaluating(model) as device:
        for kind, pairs in exam.items():
            right, rows = 0, [render([*messages, said("assistant", answer)], tokenizer) for messages, answer in pairs]
            for at in range(0, len(rows), batch_size):
                ids = padded(rows[at : at + batch_size], tokenizer.end).to(device)
                targets = answer_targets(ids, opens, closes)
                right += ((model(ids).argmax(-1) == targets) | (targets == IGNORED)).all(-1).sum().item()
            shares[kind] = right / max(len(rows), 1)
    return shares


def replies(model, tokenizer, conversations, n=200, **options):
    """What a model answers to conversations that end with the user's turn: texts. options: of `generate`"""
    prompts = [render(messages, tokenizer, reply=True) for messages in conversations]
    told = generate(model, prompts, n, end=tokenizer.end, **options)
    return [tokenizer.decode([id for id in row[len(prompt):] if id != tokenizer.end])
            for prompt, row in zip(prompts, told, strict=True)]


def obedience(model, tokenizer, plots, **options):
    """The share of wishes, those of the plots, that a model's stories fulfil in everything. options: of `generate`"""
    wishes = [stories.instruction(plot) for plot in plots]
    told = replies(model, tokenizer, [[said("user", wish)] for wish in wishes], **options)
    return sum(stories.obedient(text, wish) for text, wish in zip(told, wishes, strict=True)) / len(plots)

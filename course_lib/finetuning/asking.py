"""Questions put to a storyteller: a text, a question, and the answer, which alone is learned from."""

import torch

from course_lib import stories
from course_lib.batches import IGNORED, pad_batch
from course_lib.bigram import evaluating
from course_lib.training import train_step


def asked(plot, kind, sentences=None):
    """The first question of a kind about a plot, put after its story.

    kind: "holder", "colour" or another of `stories.Question`   sentences: how much of the story stands before it, None
        means all; the colour is told in the first, the owner in the second, so of fewer nothing can be asked
    returns: the text up to the answer, and the answer
    """
    question = next(q for q in stories.questions(plot) if q.kind == kind)
    told = len(plot.sentences) if sentences is None else sentences
    held = stories.holders(plot)[told - 1]
    if kind == "holder":
        thing = next(iter(held))
        return f"{stories.beginning(plot, told)}\nWho has the {thing} now?\n", held[thing] or "nobody"
    return f"{stories.beginning(plot, told)}\n{question.text}\n", question.answer


def question_rows(pairs, tokenizer):
    """Texts with their answers as a batch, of which only the answers and the end after each are asked for.

    pairs: (text up to the answer, answer)   returns: ids, targets, each (B, T)
    """
    before = [tokenizer.encode(text) for text, _ in pairs]
    ids, targets = pad_batch([row + tokenizer.encode(answer) for row, (_, answer) in
                              zip(before, pairs, strict=True)], tokenizer.end)
    known = torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in before])  # (B, T)
    return ids, targets.masked_fill(known, IGNORED)


def learn_answers(model, tokenizer, pairs, *, steps, recipe, engine, batch_size=16):
    """Train a model on answers, `batch_size` of the pairs a step, in their order. returns: the loss of each step"""
    optimizer, where, losses = recipe.optimizer(model), next(model.parameters()).device, []
    loss_of = engine.loss(model)
    model.train()
    for step in range(steps):
        recipe.set_rates(optimizer, step, steps)
        some = [pairs[i % len(pairs)] for i in range(step * batch_size, (step + 1) * batch_size)]
        ids, targets = (part.to(where) for part in question_rows(some, tokenizer))
        losses.append(train_step(loss_of, optimizer, ids, targets, max_norm=recipe.max_norm))
    return losses


def answered(model, tokenizer, pairs, batch_size=32):
    """The share of questions that a model answers right, word for word and with an end after it, if it is greedy.

    Every answer is given, and the likeliest token is compared with it at each place: a greedy answer is right exactly
    where all of them agree, for up to the first that does not it would have written the same.
    """
    right = 0
    with evaluating(model) as device:
        for first in range(0, len(pairs), batch_size):
            ids, targets = question_rows(pairs[first : first + batch_size], tokenizer)
            guesses = model(ids.to(device)).argmax(-1).cpu()  # (B, T)
            right += ((guesses == targets) | (targets == IGNORED)).all(-1).sum().item()
    return right / len(pairs)

"""The ways to consistent stories that the chapter compares, each a function from a storyteller to another one."""

import copy
from dataclasses import replace
from functools import partial

import torch

from course_lib import stories
from course_lib.batches import Batches, stream
from course_lib.instructions import render, said
from course_lib.training import Recipe, train_step
from course_lib.training.storyteller import CHAT

from . import rewards
from .dpo import dpo_loss, learn_pairs, pairs_of
from .scoring import text_of, write
from .tuition import READ, Tuition, learn_rewards

TOLD, GROUP = 64, 8  # stories a step of learning from rewards, and how many have a beginning in common
USUAL = Tuition(steps=24)
NEAR = replace(USUAL, kl=0.1)  # near the model that it was
KEEPING = replace(USUAL, steps=40, real=0.3)  # with real stories read along


def alone(step):
    """Prompts for `learn_rewards`: none, so every story is the model's own from its first word."""
    return [[]] * TOLD, [0] * TOLD


def winners(teller, tokenizer, engine, seed=0, count=512, epochs=2):
    """Rejection sampling: of `count` stories of its own it reads the consistent ones again, and as many real ones."""
    dice = torch.Generator(next(teller.parameters()).device).manual_seed(seed)
    told = []
    for _ in range(-(-count // 256)):  # so many at a time
        told += [text_of(tokenizer, [], row) for row in write(teller, tokenizer, [[]] * min(count, 256), dice)]
    won = [text for text in told if stories.read(text).consistent] or told[:1]
    texts = won + stories.texts("train", max(2, len(won)), seed=100 + seed)
    model, recipe = copy.deepcopy(teller), Recipe(rate=5e-4, warmup=0.1)
    batches = Batches(stream(texts, tokenizer), 16, READ, seed, end=tokenizer.end)
    optimizer, loss_of, steps = recipe.optimizer(model), engine.loss(model), max(1, epochs * len(texts) // 16)
    for step in range(steps):
        recipe.set_rates(optimizer, step, steps)
        train_step(loss_of, optimizer, *(part.to(next(model.parameters()).device) for part in batches.at(step)))
    return model


def preferred(teller, tokenizer, engine, seed=0, count=256, rate=1e-4, epochs=1, loss=dpo_loss):
    """DPO: of stories with a first sentence in common a consistent one is better than one that is not.

    loss: dpo_loss, or your own   returns: the model, and what `learn_pairs` has seen
    """
    dice = torch.Generator(next(teller.parameters()).device).manual_seed(seed)
    begun = [tokenizer.encode(stories.beginning(plot, 1)) for plot in
             stories.plots("train", max(1, count // GROUP), seed=200 + seed)]
    prompts = [prompt for prompt in begun for _ in range(GROUP)]
    written = write(teller, tokenizer, prompts, dice)
    good = [stories.read(text_of(tokenizer, *both)).consistent for both in zip(prompts, written, strict=True)]
    pairs = pairs_of(good, [n // GROUP for n in range(len(prompts))]) or [(0, 1)]
    model = copy.deepcopy(teller)
    return model, learn_pairs(model, teller, tokenizer, prompts, written, pairs, rate=rate, engine=engine,
                              epochs=epochs, seed=seed, loss=loss)


def rewarded(teller, tokenizer, engine, seed=0, tuition=USUAL, judge=rewards.whole, prompts=alone, look=None):
    """Rewards for what the teller tells. See `learn_rewards`. returns: the model"""
    model, real = copy.deepcopy(teller), stories.texts("train", 2000, seed=300 + seed) if tuition.real else ()
    learn_rewards(model, tokenizer, prompts, judge, tuition, engine, reference=teller, real=real, seed=seed, look=look)
    return model


def obeying(assistant, tokenizer, engine, seed=0, tuition=NEAR):
    """Rewards for the assistant of chapter 16 where its story does all that the wish asks for. returns: the model"""
    each, model = TOLD // GROUP, copy.deepcopy(assistant)
    wishes = [stories.instruction(plot) for plot in stories.plots("train", each * tuition.steps, seed=400 + seed)]

    def prompts(step):
        numbers = [n for n in range(each * step, each * (step + 1)) for _ in range(GROUP)]
        return [render([said("user", wishes[n])], tokenizer, reply=True) for n in numbers], numbers

    learn_rewards(model, tokenizer, prompts, partial(rewards.whole, worth=obeyed), tuition, engine,
                  reference=assistant, seed=seed)
    return model


def obeyed(text):
    """Whether a conversation's one story does all that its one wish asks for. text: with its chat tokens"""
    user, assistant, _ = CHAT
    wish, _, told = text.removeprefix(user).partition(assistant)
    return stories.obedient(told, wish)


RECIPES = {  # name: (teller, tokenizer, engine, seed) -> model
    "its own winners again": winners,
    "DPO": lambda *given: preferred(*given)[0],
    "DPO, too quick": lambda *given: preferred(*given, rate=3e-4, epochs=3)[0],
    "a reward for the story": rewarded,
    "… and near the reference": lambda *given: rewarded(*given, tuition=NEAR),
    "… and real stories": lambda *given: rewarded(*given, tuition=KEEPING),
    "a reward for each sentence": lambda *given: rewarded(*given, judge=rewards.sentences),
    "… and real stories too": lambda *given: rewarded(*given, judge=rewards.sentences, tuition=KEEPING),
}

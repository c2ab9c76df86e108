"""Races and measures that a chapter names, to be run again: `course race NAME`. Each trains for minutes, row by row.

Every run takes one thread and is timed by the CPU seconds it took, which a busy neighbour disturbs less than the clock
on the wall. Sizes are those of the cpu preset on any machine, and the runs of a race differ in nothing but what their
rows say.
"""

import time
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import torch

from course_lib import stories
from course_lib.bigram import bits_per_byte
from course_lib.gpt import GPT, GPT2_STD
from course_lib.training import plan, probe, recall, train
from course_lib.training.storyteller import LIFTED, SCORED, USUAL, vocabulary

COSINE = replace(LIFTED, hold=None)
PEER = {"recipe": replace(COSINE, rate=5e-3, embedding_rate=1.2e-2, short=None), "steps": 1450, "batch_size": 16}
TOLD, AT_ONCE = 1000, 100  # stories behind each share, and how many are told side by side


def read(chosen):
    """How many tokens a plan reads, up to a few steps."""
    T = chosen.config.context_length
    return chosen.steps * chosen.batch_size * (T if chosen.recipe.short is None else (7 * chosen.recipe.short + T) / 8)


def as_long(chosen, tokens, batch_size=None):
    """The plan for so many tokens, and with another batch if one is given: what is compared reads equally much."""
    longer = replace(chosen, batch_size=batch_size or chosen.batch_size, steps=1)
    return replace(longer, steps=round(tokens / read(longer)))


@contextmanager
def one_thread():
    """One thread inside, and as many as before afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@cache
def engine():
    """The quickest way to compute on one thread of this machine, timed once: all runs are computed alike."""
    model = GPT(plan(name="cpu").config)
    row = torch.zeros(4, model.config.context_length, dtype=torch.long)
    with one_thread():
        return probe(model, row, row)


def carry_out(chosen, seed, change=None, make=GPT):
    """Train a plan's model on one thread. returns: the model, with its tokenizer, and CPU seconds

    change: what is done to the model before the first step   make: what makes the model of the plan's config
    """
    tokenizer, unseen = vocabulary(), stories.texts("validation", SCORED)
    told = stories.texts("train", min(chosen.stories, chosen.steps * chosen.batch_size), seed=seed)
    torch.manual_seed(seed)
    model = make(chosen.config)
    model.tokenizer = tokenizer
    if change is not None:
        with torch.no_grad():
            change(model)
    quickest, began = engine(), time.process_time()
    with one_thread():
        train(model, tokenizer, told, unseen, steps=chosen.steps, batch_size=chosen.batch_size, recipe=chosen.recipe,
              seed=seed, engine=quickest, progress=False, evaluate_every=chosen.steps)
    return model, time.process_time() - began


def shares(model, write, temperature, count=TOLD):
    """Of `count` stories that a model tells, the shares that are well-formed and consistent. write: `complete`"""
    dice, readings = torch.Generator().manual_seed(0), []
    while len(readings) < count:
        beginnings = [""] * min(AT_ONCE, count - len(readings))
        told = write(model, model.tokenizer, beginnings, n=300, temperature=temperature, generator=dice)
        readings += [stories.read(text) for text in told]
    return sum(one.well_formed for one in readings) / count, sum(one.consistent for one in readings) / count


def tells(say, write, seed=0):
    """How well the course's own run tells: of 1,000 stories the shares that are well-formed and consistent."""
    model, seconds = carry_out(plan(name="cpu"), seed)
    bits = bits_per_byte(model, model.tokenizer, stories.texts("validation", SCORED))
    say(f"seed {seed}: {bits:.4f} bits per byte after {seconds:.0f} CPU seconds")
    for temperature in (0.3, 0.5, 1.0):
        well, consistent = shares(model, write, temperature)
        say(f"temperature {temperature}: {well:.1%} well-formed, {consistent:.1%} consistent")


def recipe(say, write, seed=0):
    """Batch, schedule, windows: the course's recipe against a larger batch and a cosine, for runs of three lengths."""
    ours, unseen = plan(name="cpu"), stories.texts("validation", SCORED)
    peer = replace(ours, config=replace(ours.config, context_length=192), **PEER)
    for share in (0.5, 0.8, 1.0):
        for name, chosen in (("half a cosine", peer), ("level, then a line", ours)):
            one = as_long(chosen, share * read(peer))
            model, seconds = carry_out(one, seed)
            bits = bits_per_byte(model, model.tokenizer, unseen)
            say(f"{one.steps} steps of {one.batch_size} × {one.config.context_length}, {name}: "
                f"{bits:.4f} bits per byte after {seconds:.0f} CPU seconds")


def loud_positions(model):
    model.position_embedding.weight.mul_(10)


def quiet_tokens(model):
    model.token_embedding.weight.mul_(GPT2_STD / model.token_embedding.weight.std())


def silent_heads(model):
    for block in model.blocks:
        block.attention.out.weight.zero_()


STARTS = {  # (lifted?, its recipe, how many times the batch, what is changed before the first step)
    "the usual start and rates, large batch, cosine": (False, USUAL, 2, None),
    "the usual start and rates": (False, replace(USUAL, hold=LIFTED.hold), 1, None),
    "the other start and rates, large batch, cosine": (True, COSINE, 2, None),
    "the other start and rates, cosine": (True, COSINE, 1, None),
    "the other start and rates, large batch": (True, LIFTED, 2, None),
    "the other start and rates": (True, LIFTED, 1, None),
    "… but the usual rates": (True, replace(USUAL, hold=LIFTED.hold), 1, None),
    "… but tokens as quiet as positions": (True, LIFTED, 1, quiet_tokens),
    "… but heads that write nothing": (True, LIFTED, 1, silent_heads),
    "… but positions as loud as tokens": (True, LIFTED, 1, loud_positions),
}


def plateau(say, write, seed=0, share=0.2):
    """Who is who, learned or not: by start, batch and schedule, and with one thing of the start taken back each."""
    unseen, judged = stories.texts("validation", SCORED), stories.texts("validation", 100, seed=1)
    for name, (lifted, rates, widened, change) in STARTS.items():
        usual = replace(plan(lifted, name="cpu"), recipe=rates)
        model, seconds = carry_out(as_long(usual, share * read(usual), widened * usual.batch_size), seed, change)
        bits = bits_per_byte(model, model.tokenizer, unseen)
        again, rest = recall(model, model.tokenizer, judged)
        say(f"{name}: {bits:.3f} bits per byte, a name {again:.2f} bits, others {rest:.2f}, {seconds:.0f} CPU seconds")


RACES = {race.__name__: race for race in (plateau, recipe, tells)}


def register_race(race):
    """Let `course race` run it too; a higher rung does it where the race is, in its `races.py`. returns: race"""
    RACES[race.__name__] = race
    return race

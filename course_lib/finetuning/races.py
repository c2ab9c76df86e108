"""What the chapter says of its runs, measured again with other texts: `course race voices`, and so on.

Each race is run with three seeds, which decide what is learned from, what is asked of, and where a run begins. It says
a row as each run is done, and at the end of each row the mean of the three, from the least to the most. Sizes are those
of the cpu preset on any machine, and every run takes one thread.
"""

import copy
import time
from functools import cache, wraps
from statistics import mean

import torch

from course_lib import stories
from course_lib.training import Recipe, storyteller
from course_lib.training.races import engine, one_thread

from .asking import answered, asked, learn_answers
from .classifying import KINDS, Classifier, bag_of_words, examples, fit, freeze, predict, until_the_end
from .lora import add_adapters
from .voices import adapt, with_replay

SEEDS = 3
FEW = {"verses": 300, "watched": 24, "few": 16, "plots": 1200, "unseen": 200, "pupils": 1600, "exam": 96}
STEPS = {"verse": 80, "long": 440, "endings": 80, "at once": 120, "one": 200, "more": 80}
VOICE = Recipe(rate=0.003, embedding_rate=0.012, betas=(0.9, 0.99), warmup=0.1, hold=0.5)
THIN = Recipe(rate=0.005, warmup=0.1, weight_decay=0.0)
teller = cache(storyteller)


def three_times(race):
    """A race that says each row of `race(write, seed)`, a name and its figures, for three seeds and then on average."""
    @wraps(race)
    def repeated(say, write, seed=0):
        found = {}
        for one in range(seed, seed + SEEDS):
            with one_thread():
                for name, figures in race(write, one):
                    say(f"seed {one}, {name}: " + ", ".join(f"{what} {value:.3f}" for what, value in figures.items()))
                    found.setdefault(name, []).append(figures)
        say(f"seeds {seed} to {seed + SEEDS - 1}, the mean and from the least to the most")
        for name, rows in found.items():
            several = {what: [row[what] for row in rows] for what in rows[0]}
            say(f"{name}: " + ", ".join(f"{what} {mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"
                                        for what, values in several.items()))
    return repeated


def verses(split, n, seed):
    return [stories.tell(plot, stories.VERSE) for plot in stories.verses(split, n, seed)]


@three_times
def voices(write, seed):
    """Verse learned and prose forgotten, in bits per byte: without replay, with it, and by LoRA."""
    model, tokenizer = teller()
    new, old = verses("train", FEW["verses"], seed), stories.texts("train", FEW["verses"], seed=9 + seed)
    watched = {"verse": verses("validation", FEW["watched"], seed),
               "prose": stories.texts("validation", FEW["watched"], seed=seed)}
    for name, share, rank in (("no replay", 0.0, None), ("20% replay", 0.2, None), ("LoRA of rank 8", 0.0, 8)):
        torch.manual_seed(seed)
        learner, began = copy.deepcopy(model), time.process_time()
        if rank is not None:
            add_adapters(learner, rank)
        curves, best = adapt(learner, tokenizer, with_replay(new, old, share), watched, steps=STEPS["verse"], looks=2,
                             recipe=VOICE if rank is None else THIN, engine=engine(), seed=seed)
        at = curves["verse"][0].index(best)
        before = {f"{what} before": bits[0] for what, (_, bits) in curves.items()}
        yield name, {**before, **{what: bits[at] for what, (_, bits) in curves.items()},
                     "CPU seconds": time.process_time() - began}


@three_times
def length(write, seed):
    """How long to learn verse from 300 of them, with replay: a run of 440 steps, and its best look."""
    model, tokenizer = teller()
    texts = with_replay(verses("train", FEW["verses"], seed), stories.texts("train", FEW["verses"], seed=9 + seed), 0.2)
    curves, best = adapt(copy.deepcopy(model), tokenizer, texts, {"verse": verses("validation", FEW["few"], seed)},
                         steps=STEPS["long"], looks=11, recipe=VOICE, engine=engine(), seed=seed)
    looked, bits = curves["verse"]
    yield "verse", {"best after step": best, "then": bits[looked.index(best)], "at the end": bits[-1]}


@three_times
def endings(write, seed):
    """How a story will end, told up to its last paragraph: by what is frozen, by LoRA and by a bag of words."""
    model, tokenizer = teller()
    plots = [stories.plots(split, FEW[many], seed) for split, many in (("train", "plots"), ("validation", "unseen"))]
    data, unseen = (examples(some, tokenizer, until_the_end) for some in plots)
    for way, recipe, parts in (("the head", Recipe(rate=0.01, warmup=0.1), ["head"]),
                               ("head and last block", Recipe(rate=0.002, warmup=0.1), ["head", "body.blocks.2"]),
                               ("everything", Recipe(rate=0.001, warmup=0.1), ["head", "body"]),
                               ("LoRA of rank 8, and the head", THIN, None)):
        torch.manual_seed(seed)
        classifier, began = Classifier(copy.deepcopy(model), len(KINDS)), time.process_time()
        if parts is None:
            add_adapters(classifier.body, 8)
        else:
            freeze(classifier, *parts)
        fit(classifier, data, steps=STEPS["endings"], recipe=recipe, seed=seed)
        yield way, {**judged(predict(classifier, unseen), unseen[2]), "CPU seconds": time.process_time() - began}
    told, of = ([until_the_end(plot) for plot in some] for some in plots)
    yield "bag of words", judged(bag_of_words(told, of, data[2]), unseen[2])


def judged(probs, labels):
    """How often answers are right, and what an ending costs in bits."""
    return {"right": (probs.argmax(-1) == labels).float().mean().item(),
            "bits": -probs[range(len(labels)), labels].log2().mean().item()}


@three_times
def questions(write, seed):
    """Who has the lamp, what colour is the door: asked after whole stories at once, and after short texts first."""
    model, tokenizer = teller()
    plots, unseen = stories.plots("train", FEW["pupils"], seed + 11), stories.plots("validation", FEW["exam"], seed)

    def both(some, sentences=None):
        return [asked(plot, kind, sentences) for plot in some for kind in ("holder", "colour")]

    def learn(pupil, pairs, rate, steps, batch_size=16):
        learn_answers(pupil, tokenizer, pairs, steps=steps, batch_size=batch_size, engine=engine(),
                      recipe=Recipe(rate=rate, warmup=0.1))

    def graded(pupil):
        return {kind: answered(pupil, tokenizer, [asked(plot, kind) for plot in unseen])
                for kind in ("holder", "colour")}

    yield "before", graded(model)
    pupil = copy.deepcopy(model)
    learn(pupil, both(plots), 0.001, STEPS["at once"])
    yield "whole stories", graded(pupil)
    pupil = copy.deepcopy(model)
    learn(pupil, [asked(plot, "colour", 1) for plot in plots], 0.002, STEPS["one"], 32)
    short = answered(pupil, tokenizer, [asked(plot, "colour", 1) for plot in unseen])
    yield "colour after one sentence", {"there": short, **graded(pupil)}
    for name, sentences, batch_size in (("then four", 4, 24), ("then whole stories", None, 16)):
        learn(pupil, both(plots, sentences), 0.001, STEPS["more"], batch_size)
        yield name, graded(pupil)


RACES = {race.__name__: race for race in (voices, length, endings, questions)}

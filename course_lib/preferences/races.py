"""What the chapter compares, made again: `course race preferences` and `course race steps`."""

import copy
import time
from statistics import mean

import torch

from course_lib import stories
from course_lib.finetuning import learn_answers
from course_lib.training import Recipe, storyteller
from course_lib.training.races import engine, one_thread

from .looking import bits_at, look_at, of_the_world
from .reasoning import answers, by_length
from .recipes import RECIPES

SEEDS, TOLD, SCORED = 3, 400, 150  # runs of each recipe; stories behind each share; held-out stories behind the bits
STEPS = 1500  # of training with texts of each size


def preferences(say, write, seed=0):
    """Consistent stories and what they cost: the ways of chapter 17, three seeds each."""
    teller, tokenizer = storyteller()
    unseen, chosen = stories.texts("validation", SCORED, seed=1), engine()
    say("the world: events {:.2f} bits, {:.2f} a story".format(*of_the_world()))
    with one_thread():
        for temperature in (1.0, 0.85, 0.7, 0.5):
            look, _ = look_at(teller, tokenizer, unseen, TOLD, seed, temperature)
            say(f"temperature {temperature}: {look._replace(bits=bits_at(teller, tokenizer, unseen, temperature))}")
        for name, recipe in RECIPES.items():
            looks, seconds = [], []
            for one in range(seed, seed + SEEDS):
                torch.manual_seed(one)
                began = time.process_time()
                model = recipe(teller, tokenizer, chosen, one)
                seconds.append(time.process_time() - began)
                looks.append(look_at(model, tokenizer, unseen, TOLD, one + 1000)[0])
                say(f"{name}, seed {one}: {looks[-1]}, {seconds[-1]:.0f} CPU seconds")
            middle = type(looks[0])(*map(mean, zip(*looks, strict=True)))
            apart = [max(part) - min(part) for part in zip(*looks, strict=True)]
            say(f"{name}: {middle}, {mean(seconds):.0f} CPU seconds; seeds {apart[0]:.2f} and {apart[1]:.4f} apart")


def steps(say, write, seed=0):
    """Questions of one to six steps, answered at once or with the steps written down first: the share by length."""
    teller, tokenizer = storyteller()
    unseen, chosen = stories.chains("validation", 300), engine()
    with one_thread():
        for name, spelled in (("at once", False), ("in steps", True)):
            model, began = copy.deepcopy(teller), time.process_time()
            for number, people in enumerate((2, 4, 6)):  # short texts first
                lengths = range(1, 4 if people == 2 else 7)
                pairs = [(one.prompt, one.reply(spelled)) for one in
                         stories.chains("train", 32 * STEPS, lengths, people, seed=10 * seed + number)]
                learn_answers(model, tokenizer, pairs, steps=STEPS, batch_size=32, engine=chosen,
                              recipe=Recipe(rate=3e-3, warmup=0.1))
            right = by_length(unseen, [one[0] for one in answers(model, tokenizer, unseen)])
            told = ", ".join(f"{length}: {share:.2f}" for length, share in right.items())
            say(f"{name}: {told}; {time.process_time() - began:.0f} CPU seconds")


RACES = {"preferences": preferences, "steps": steps}

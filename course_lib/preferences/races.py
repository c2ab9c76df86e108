"""The table of recipes that the chapter speaks of, made again: `course race preferences`."""

import time
from statistics import mean

import torch

from course_lib import stories
from course_lib.training import storyteller
from course_lib.training.races import engine, one_thread

from .looking import bits_at, look_at, of_the_world
from .recipes import RECIPES

SEEDS, TOLD, SCORED = 3, 400, 150  # runs of each recipe; stories behind each share; held-out stories behind the bits


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


RACES = {"preferences": preferences}

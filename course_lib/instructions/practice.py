"""Practice: an assistant learns to obey from those of its own stories that did. Chapter 17 says why this helps."""

import copy
import random

import torch

from course_lib import stories
from course_lib.training import Recipe

from .learning import replies, teach
from .stages import TASKS
from .tasks import said
from .template import render

WISHES = 250  # fulfilled side by side
CAREFULLY = {"temperature": 0.6, "min_p": 0.1}  # how an assistant tells that practises


def practised(assistant, tokenizer, engine, seed=0, rounds=4, count=1500):
    """Expert iteration: again and again the assistant reads those of its own stories that did all that was wished.

    rounds, count: how often, and of how many new wishes each time
    Beside three stories of its own stand a conversation about a story of the world and that story, told plainly, so
    that it keeps what it knows. It tells at a low temperature: what it does well now and then, it is to do always.
    returns: the model, a new one
    """
    model, recipe = copy.deepcopy(assistant), Recipe(rate=5e-4, warmup=0.1)
    for each in range(rounds):
        number = 10 * seed + each
        plots, dice = stories.plots("train", count, seed=500 + number), random.Random(number)
        asked = [[said("user", stories.instruction(plot))] for plot in plots]
        chance = torch.Generator(next(model.parameters()).device).manual_seed(number)
        told = [text for at in range(0, count, WISHES)
                for text in replies(model, tokenizer, asked[at : at + WISHES], generator=chance, **CAREFULLY)]
        rows = [render([*wish, said("assistant", text)], tokenizer) for wish, text in zip(asked, told, strict=True)
                if stories.obedient(text, wish[0]["content"])]
        for plot in plots[: max(1, len(rows) // 3)]:
            rows += [row for name in ("all that can be asked", "plain stories")
                     for row in TASKS[name](plot, tokenizer, dice)]
        rows = [row[: model.config.context_length] for row in rows]
        teach(model, tokenizer, rows, steps=-(-len(rows) // 16), recipe=recipe, engine=engine, seed=number)
    return model.eval()

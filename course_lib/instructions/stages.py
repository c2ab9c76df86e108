"""The lesson of the assistant: stages from short texts to whole ones."""

import random
from dataclasses import dataclass

import torch

from course_lib import stories
from course_lib.device import preset
from course_lib.training import Recipe, probe
from course_lib.training.storyteller import WINDOW

from .learning import answer_ids, teach
from .tasks import alone, said, talk, wish
from .template import render

MOST, EACH = 20_000, 5  # plots that a stage reads from; questions that single sentences of a story settle
BEGUN = 40  # tokens of a story that is only begun: its hero, animal and thing are told by then
LIFTED = Recipe(rate=4e-3, embedding_rate=1e-2, betas=(0.9, 0.99), hold=0.4)  # as in pretraining: see chapter 10


def single(plot, tokenizer, dice):
    return [render([*messages, said("assistant", answer)], tokenizer) for messages, answer in alone(plot)]


def begun(plot, tokenizer, dice):
    row = render(wish(plot), tokenizer)
    return [row[: row.index(answer_ids(tokenizer)[0]) + 1 + BEGUN]]


def asked(plot, tokenizer, dice):
    return [render(talk(plot, dice), tokenizer)[:WINDOW]]


def wished(plot, tokenizer, dice):
    return [render(wish(plot), tokenizer)[:WINDOW]]


def plain(plot, tokenizer, dice):
    return [[tokenizer.end, *tokenizer.encode(stories.tell(plot)), tokenizer.end]]


TASKS = {  # name: (plot, tokenizer, dice) -> rows of ids
    "single sentences": single,
    "wishes, begun": begun,
    "all that can be asked": asked,
    "wishes": wished,
    "plain stories": plain,
}


@dataclass(frozen=True)
class Stage:
    """A stage of the lesson.

    shares: {what is read, of `TASKS`: of how many of the plots}   steps, batch_size, recipe: see `teach`
    """

    name: str
    shares: dict
    steps: int
    batch_size: int
    recipe: Recipe

    @property
    def plots(self):
        """About how many plots have so many rows."""
        rows = sum(share * (EACH if TASKS[name] is single else 1) for name, share in self.shares.items())
        return min(round(self.steps * self.batch_size / rows) + 1, MOST)


def stages(name=None):
    """The stages of the lesson at a preset. name: "smoke", "cpu" or "gpu"; None asks `device.preset()`"""
    chosen = preset() if name is None else type(preset())(name)
    first, short, whole = chosen.pick(smoke=(1, 1, 1), cpu=(450, 500, 2800), gpu=(600, 800, 5000))
    gentle = Recipe(rate=2e-3, warmup=0.1, floor=0.5)
    wholes = {"all that can be asked": 0.5, "wishes": 1, "plain stories": 0.2}
    return (Stage("wishes, begun", {"wishes, begun": 1}, first, 24, LIFTED),
            Stage("single sentences", {"single sentences": 1}, short, 32, gentle),
            Stage("whole stories", wholes, whole, 12, LIFTED))


def lesson(stage, plots, tokenizer, dice):
    """What a stage reads of each plot. returns: rows of ids"""
    rows = []
    for plot in plots:
        for name in [name for name, share in stage.shares.items() if dice.random() < share]:
            rows += TASKS[name](plot, tokenizer, dice)
    return rows


def quickest(model):
    """The engine that is quickest for batches as a lesson has them. See `training.probe`."""
    row = torch.zeros(4, model.config.context_length, dtype=torch.long, device=next(model.parameters()).device)
    return probe(model, row, row)


def instruct(model, tokenizer, *, seed=0, plan=None, engine=None, say=print, **options):
    """Make an assistant of a storyteller, stage by stage. It changes the model. options: of `teach`

    seed: which plots it reads, and in what order   plan: what `stages` gives   returns: {name of stage: losses}
    """
    plan, losses, engine = plan or stages(), {}, engine or quickest(model)
    for number, stage in enumerate(plan):
        plots = stories.plots("train", stage.plots, seed=1000 + 10 * seed + number)
        rows = lesson(stage, plots, tokenizer, random.Random(seed))
        found = teach(model, tokenizer, rows, steps=stage.steps, batch_size=stage.batch_size, recipe=stage.recipe,
                      engine=engine, seed=seed, **options)
        losses[stage.name] = found
        say(f"{stage.name}: loss {found[0]:.2f} to {found[-1]:.2f}")
    model.eval()
    return losses

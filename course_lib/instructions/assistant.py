"""The assistant: a storyteller that has learned to answer and to obey, in stages from short texts to whole ones."""

import random
from dataclasses import asdict, dataclass

import torch

from course_lib import stories
from course_lib.bigram import bits_per_byte
from course_lib.bpe import END
from course_lib.classroom import ROOT
from course_lib.device import preset
from course_lib.training import Recipe, back_up, load, probe, runs, save_checkpoint, storyteller
from course_lib.training.checkpoints import JSON, VOCABULARY, once, pack, read_tensors, write_atomically
from course_lib.training.storyteller import CHAT, RELEASED, WINDOW, lacking, vocabulary

from .learning import answer_ids, graded, obedience, teach
from .tasks import alone, exam, said, talk, wish
from .template import render

COURSES = RELEASED.with_name("assistant.json")
MARKED = 200  # unseen plots behind each mark
MOST, EACH = 20_000, 5  # plots that a stage reads from; questions that single sentences of a story settle
LIFTED = Recipe(rate=4e-3, embedding_rate=1e-2, betas=(0.9, 0.99), hold=0.4)  # as in pretraining: see chapter 10


@dataclass(frozen=True)
class Stage:
    """A stage of the lesson.

    alone: whether it asks about single sentences, a question each; else about whole stories, all that can be asked
    shares: of how many of the plots is asked, a story wished for, and the story told plainly, as in pretraining
    told: how many tokens of a wished story are learned; None means all   steps, batch_size, recipe: see `teach`
    """

    name: str
    alone: bool
    shares: tuple
    told: int | None
    steps: int
    batch_size: int
    recipe: Recipe

    @property
    def plots(self):
        """About how many plots have so many rows."""
        asked, wished, plain = self.shares
        rows = asked * (EACH if self.alone else 1) + wished + plain
        return min(round(self.steps * self.batch_size / rows) + 1, MOST)


def stages(name=None):
    """The stages of the lesson at a preset. name: "smoke", "cpu" or "gpu"; None asks `device.preset()`"""
    chosen = preset() if name is None else type(preset())(name)
    begun, single, whole = chosen.pick(smoke=(1, 1, 1), cpu=(450, 500, 2800), gpu=(600, 800, 5000))
    return (Stage("wishes, begun", False, (0, 1, 0), 40, begun, 24, LIFTED),
            Stage("single sentences", True, (1, 0, 0), None, single, 32, Recipe(rate=2e-3, warmup=0.1, floor=0.5)),
            Stage("whole stories", False, (0.5, 1, 0.2), None, whole, 12, LIFTED))


def lesson(stage, plots, tokenizer, dice):
    """What a stage reads of each plot: what is asked, a wish, the plain story. returns: rows of ids"""
    rows, opens = [], answer_ids(tokenizer)[0]
    for plot in plots:
        asks, wishes, plain = (dice.random() < share for share in stage.shares)
        if asks and stage.alone:
            rows += [render([*messages, said("assistant", answer)], tokenizer) for messages, answer in alone(plot)]
        elif asks:
            rows.append(render(talk(plot, dice), tokenizer)[:WINDOW])
        if wishes:
            wished = render(wish(plot), tokenizer)
            rows.append(wished[: WINDOW if stage.told is None else wished.index(opens) + 1 + stage.told])
        if plain:
            rows.append([tokenizer.end, *tokenizer.encode(stories.tell(plot)), tokenizer.end])
    return rows


def instruct(model, tokenizer, *, seed=0, plan=None, engine=None, say=print, **options):
    """Make an assistant of a storyteller, stage by stage. It changes the model. options: of `teach`

    seed: which plots it reads, and in what order   plan: what `stages` gives   returns: {name of stage: losses}
    """
    plan, losses, where = stages() if plan is None else plan, {}, next(model.parameters()).device
    row = torch.zeros(4, model.config.context_length, dtype=torch.long, device=where)
    engine = probe(model, row, row) if engine is None else engine
    for number, stage in enumerate(plan):
        plots = stories.plots("train", stage.plots, seed=1000 + 10 * seed + number)
        rows = lesson(stage, plots, tokenizer, random.Random(seed))
        losses[stage.name] = teach(model, tokenizer, rows, steps=stage.steps, batch_size=stage.batch_size,
                                   recipe=stage.recipe, engine=engine, seed=seed, **options)
        say(f"{stage.name}: loss {losses[stage.name][0]:.2f} to {losses[stage.name][-1]:.2f}")
    model.eval()
    return losses


def marks(model, tokenizer, count=MARKED):
    """An assistant's marks on unseen plots: {kind of question: share}, "obeyed", "bits" per byte of plain stories."""
    plots = stories.plots("validation", count)
    found = graded(model, tokenizer, exam(plots))
    found["obeyed"] = obedience(model, tokenizer, plots, temperature=0)
    found["bits"] = bits_per_byte(model, tokenizer, [stories.tell(plot) for plot in plots])
    return found


def in_words(found):
    """Marks as one line of text."""
    shares = [f"{name} {value:.0%}" for name, value in found.items() if name != "bits"]
    return ", ".join([*shares, f"{found['bits']:.3f} bits per byte"])


def facts_of(model, tokenizer, found):
    """What a checkpoint says of an assistant."""
    return {"task": {"model": type(model).__name__, "config": asdict(model.config)}, "history": {},
            "special": list(tokenizer.special), "marks": found}


def save_assistant(model, tokenizer, found, folder=None):
    """Keep an assistant where `load_assistant` looks for the learner's own. found: its marks

    folder: None means work/runs/assistant; another assistant that lies there is backed up   returns: the folder
    """
    folder = runs("assistant") if folder is None else folder
    back_up(folder)
    save_checkpoint(folder, model, **facts_of(model, tokenizer, found))
    tokenizer.save(folder / VOCABULARY)
    return folder


def load_assistant():
    """An assistant to talk to, and its tokenizer: the learner's own from work/runs/assistant, else the course's.

    returns: model in eval mode on `device()`, tokenizer. Says in one line whose it is, and why not the learner's
    """
    own = ROOT / "work" / "runs" / "assistant"
    if (own / JSON).is_file():
        try:
            found = load(own)
            if lack := lacking(*found[:2], WINDOW, CHAT):
                raise ValueError(f"it has {lack}")
            return told_of("your own assistant", own, *found[:2])
        except (ValueError, OSError) as error:
            print(f"Your assistant cannot be used: {error}. `course train --assistant` trains it anew")
    special = read_tensors(COURSES)[1].get("special", (END,))
    return told_of("the course's assistant", COURSES, *load(COURSES, vocabulary(special))[:2])


def told_of(whose, path, model, tokenizer):
    found = read_tensors(path)[1].get("marks", {})
    print(f"{whose}: {in_words(found)}" if found else whose)
    return model, tokenizer


def train_assistant(seed=0, say=print):
    """Train the learner's own assistant from the storyteller, at the preset, and keep it. returns: its marks"""
    model, tokenizer = storyteller(WINDOW, CHAT)
    instruct(model, tokenizer, seed=seed, say=say)
    found = marks(model, tokenizer, preset().pick(smoke=2, cpu=MARKED, gpu=MARKED))
    save_assistant(model, tokenizer, found)
    return found


def release_assistant(seed=0, say=print):
    """Train the assistant that comes with the course, out of the course's own storyteller. returns: its marks"""
    model, tokenizer, _ = load(RELEASED, vocabulary(read_tensors(RELEASED)[1].get("special", (END,))))
    instruct(model, tokenizer, seed=seed, plan=stages("cpu"), say=say)
    return publish(model, tokenizer)


def publish(model, tokenizer, count=MARKED):
    """Write an assistant to course_lib/data, with weights in bf16, and mark it as it then is. returns: its marks"""
    weights = {f"model.{name}": value.bfloat16() for name, value in once(model.state_dict()).items()}
    model.load_state_dict({name[6:]: value.float() for name, value in weights.items()}, strict=False)
    found = marks(model, tokenizer, count)
    file, data, text = pack(weights, "assistant.safetensors", facts_of(model, tokenizer, found))
    write_atomically(COURSES.parent / file, data)
    write_atomically(COURSES, text)
    return found

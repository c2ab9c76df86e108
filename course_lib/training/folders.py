"""A run's folder: it is loaded in one line, goes on as the same task only, and is backed up before another takes it."""

import math
import shutil
from dataclasses import asdict
from itertools import count
from pathlib import Path

from course_lib.bpe import BPE
from course_lib.device import device
from course_lib.training.checkpoints import (
    JSON,
    VOCABULARY,
    load_checkpoint,
    once,
    read_tensors,
    same_shapes,
    save_checkpoint,
    under,
)
from course_lib.training.engine import Engine, environment
from course_lib.training.history import History, Recipe
from course_lib.training.models import build, rebuild

LOOKS = 10  # at the held-out text in a run, unless said


def load(folder, tokenizer=None):
    """A run's model with the best weights that it had, its tokenizer, and its History.

    folder: what was given to `train(run=…)`, as `runs()`, or a backup of it, or the JSON file of a checkpoint
    tokenizer: None reads the vocabulary that the run has left in its folder
    returns: model in eval mode on `device()`, tokenizer, History
    raises: FileNotFoundError where there is no run; ValueError for a damaged one, another tokenizer, or a model of a
        class that is not registered (see `register_model`)
    """
    tensors, facts = read_tensors(folder)
    if tokenizer is None:
        try:
            tokenizer = BPE.load(Path(folder) / VOCABULARY)
        except FileNotFoundError:
            raise FileNotFoundError(f"{folder} has no {VOCABULARY}: copy it there, or give the tokenizer that the "
                                    "run was made with: load(folder, tokenizer)") from None
    task = facts.get("task", {})
    if not isinstance(task.get("config"), dict):
        raise ValueError(f"{folder} was not written by a run: it does not say how its model was built. "
                         "Build the model and fill it with load_checkpoint")
    try:
        model = build(task.get("model", "GPT"), task["config"])
        history = rebuild(History, facts.get("history", {}))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{folder} cannot be loaded: {error}") from None
    if model.config.vocab_size != tokenizer.vocab_size:
        raise ValueError(f"{folder} was trained with {model.config.vocab_size} tokens, the vocabulary has "
                         f"{tokenizer.vocab_size}: train it again, or give the tokenizer that it was trained with")
    weights = under("weights.", tensors) or under("model.", tensors)
    same_shapes(folder, once(model.state_dict()), weights)
    model.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
    model.tokenizer = tokenizer  # so that a widget needs no more than the model and a text
    return model.to(device()).eval(), tokenizer, history


def back_up(folder):
    """Copy the checkpoint and the vocabulary of a folder to a new folder beside it, `<name>-before-1` and so on.

    returns: the backup's path; None where the folder has no checkpoint. What is backed up already is not copied again.
    """
    folder = Path(folder).resolve()
    tensors = [path.name for path in folder.glob("checkpoint-*.safetensors")]  # each named by the digest of its bytes
    if not tensors or not (folder / JSON).is_file():
        return None
    for number in count(1):
        backup = folder.with_name(f"{folder.name}-before-{number}")
        if all((backup / name).is_file() for name in (JSON, *tensors)):
            return backup
        if not backup.exists():
            break
    draft = folder.with_name(f"{backup.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name in (*tensors, JSON, VOCABULARY):
        if (folder / name).is_file():
            shutil.copy2(folder / name, draft / name)
    return draft.rename(backup)


class RunFolder:
    """Where a run puts its checkpoints. path: a folder, or None, which keeps nothing   say: shows a line of text"""

    def __init__(self, path, tokenizer, say):
        self.path, self.tokenizer, self.say = None if path is None else Path(path), tokenizer, say
        self.taken = False

    def save(self, model, optimizer, stopping, history, task):
        """Write all that a run needs to go on. What another run has left there is backed up first."""
        if self.path is None:
            return
        if not self.taken:
            backup = back_up(self.path)
            if backup is not None:
                self.say(f"{self.path} held another run; it is kept in {backup}")
            self.path.mkdir(parents=True, exist_ok=True)
            if hasattr(self.tokenizer, "save"):
                self.tokenizer.save(self.path / VOCABULARY)
            self.taken = True
        save_checkpoint(self.path, model, optimizer, stopping.weights, task=task, history=history.facts(),
                        stopping={"best": stopping.best, "waited": stopping.waited})

    def restore(self, model, optimizer, stopping, task, defaults):
        """Go back to the last checkpoint, if there is one of the same task.

        defaults: {name: value}, what counts where a stored task lacks a name   returns: its History and Engine, or None
        """
        if self.path is None or not (self.path / JSON).is_file():
            return None
        stored = read_tensors(self.path)[1].get("task", {})
        if found := differences(stored, task, model.config, defaults):
            longer = ("; the rate of each step depends on how many there are, so a run is not made longer afterwards: "
                      f"train its model on as a run of its own, model, tokenizer, history = load({str(self.path)!r})"
                      ) if any(one.startswith("steps ") for one in found) else ""
            raise ValueError(f"the run in {self.path} had another task: {'; '.join(found)}{longer}. Ask for the same, "
                             "or begin anew, which keeps the old run: without resume, `course train --fresh`")
        facts = load_checkpoint(self.path, model, optimizer)
        history = rebuild(History, facts["history"])
        history.stopped = "" if history.stopped == "interrupted" else history.stopped
        stopping.weights, stopping.best = facts["weights"], facts["stopping"]["best"]
        stopping.waited = facts["stopping"]["waited"]
        was, usual = history.environment, Engine()
        engine = Engine(*(was.get(name, getattr(usual, name)) for name in ("precision", "attention", "threads")))
        now = environment(engine, next(model.parameters()).device)
        others = [f"{name} {was.get(name)} and now {value}" for name, value in now.items() if was.get(name) != value]
        self.say(f"going on after step {len(history.losses)}" + (
            f", from now on equal only up to rounding: it had {', '.join(others)}" if others else ""))
        self.taken = True
        return history, engine


def differences(stored, task, config, defaults):
    """In what a stored task differs from this one, as texts. What a stored task lacks counts as its default."""
    usual = {**defaults, "model": "GPT", "evaluate_every": looks_every(stored.get("steps", task["steps"]))}
    if (task["evaluate_every"], stored.get("evaluate_every")) == (looks_every(task["steps"]), usual["evaluate_every"]):
        stored = {**stored, "evaluate_every": task["evaluate_every"]}  # both follow from the steps, which are compared
    found = []
    for name, value in task.items():
        was = stored.get(name, usual.get(name))
        if name in ("config", "recipe"):
            kind = type(config) if name == "config" else Recipe
            try:
                was = asdict(rebuild(kind, was))
            except (TypeError, ValueError):  # no dataclass, or one of another release
                was = dict(was or {})
            found += [f"{name}'s {key} was {was.get(key)!r} and is {value.get(key)!r}"
                      for key in dict.fromkeys([*value, *was]) if frozen(was.get(key)) != frozen(value.get(key))]
        elif frozen(was) != frozen(value):
            found.append(f"{name} was {was!r} and is {value!r}")
    return found


def looks_every(steps):
    """After how many steps a run of so many looks at the held-out text, unless said."""
    return math.ceil(steps / LOOKS)


def frozen(value):
    """Lists as tuples: in checkpoints of version 1 a tuple was a list."""
    return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value

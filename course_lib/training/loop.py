"""The loop: batches, steps, a look at held-out text now and then, checkpoints, and the best weights at the end."""

import hashlib
import math
import time
from dataclasses import asdict
from pathlib import Path

from course_lib.batches import Batches, stream
from course_lib.training.checkpoints import JSON, VOCABULARY, load_checkpoint, once, read_tensors, save_checkpoint
from course_lib.training.history import HeldOut, History, Recipe
from course_lib.training.precision import Engine, environment, probe, threads_set
from course_lib.training.progress import Progress
from course_lib.training.steps import EarlyStopping, train_step

LOOKS = 10
LEAK = 0.1  # nats: rounding explains a thousandth of that


def train(model, tokenizer, documents, validation, *, steps, recipe=None, batch_size=16, parts=1, stride=None,
          evaluate_every=None, patience=None, seed=0, engine=None, run=None, resume=False, progress=True):
    """Train a model on documents; it ends up with the best weights seen. Returns the run's History.

    model: `model(ids)`, `model.loss(ids, targets)`, and `model.config.context_length`, which is the window T
    documents, validation: lists of texts, to learn from and to be judged by
    steps: how many; the rates come down with the last one   recipe: a Recipe
    batch_size: windows in a batch, each from a document's beginning   parts: see `accumulate`
    stride: how far apart the windows of one document stand that is longer than T; None means T
    evaluate_every: steps between two looks at `validation`; None means ten looks in all
    patience: stop after so many looks in a row without a better loss; None means never
    seed: of the order of the batches   engine: an Engine; None times the possible ones and takes the quickest
    run: a folder for checkpoints, one at each look, and the vocabulary
    resume: go on with the checkpoint in that folder, if there is one
    progress: whether to show how it goes, or a show.LossCurve that shows it and whose button ends the run

    A run that was killed and resumed ends with the very weights and losses of one that was not: the checkpoint's
    engine is used again. Where device or torch are others, that is said, and the rest is equal only to rounding.
    Interrupting (■ or Ctrl-C) ends a run cleanly, with the best weights so far.
    raises: ValueError when the checkpoint to resume is of another task (and says what differs)
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; a run has at least 1")
    recipe = recipe or Recipe()
    device, T = next(model.parameters()).device, model.config.context_length
    data = stream(documents, tokenizer)
    batches = Batches(data, batch_size, T, seed, stride=stride, end=tokenizer.end)
    unseen = HeldOut(validation, tokenizer, T)
    optimizer, stopping, history = recipe.optimizer(model), EarlyStopping(patience), History()
    task = {"config": asdict(model.config), "text": hashlib.sha256(data.numpy().tobytes()).hexdigest(),
            "recipe": {**asdict(recipe), "betas": list(recipe.betas)}, "steps": steps, "batch_size": batch_size,
            "parts": parts, "stride": stride, "seed": seed, "patience": patience,
            "evaluate_every": evaluate_every or math.ceil(steps / LOOKS)}
    shown = progress.follow(steps) if hasattr(progress, "follow") else Progress(steps, progress)

    if resume and run is not None and (Path(run) / JSON).is_file():
        history, engine = restore(run, model, optimizer, stopping, task, shown)
    engine = engine or probe(model, *(part[:4].to(device) for part in batches.at(0)))
    history.environment = environment(engine, device)
    shown.say(f"{engine} on {device}, {steps} steps of {batch_size} × {T} tokens")
    if run is not None and hasattr(tokenizer, "save"):  # now: a run that is stopped later can be used too
        Path(run).mkdir(parents=True, exist_ok=True)
        tokenizer.save(Path(run) / VOCABULARY)
    loss_of, clock = engine.loss(model), time.perf_counter() - history.seconds
    model.train()
    try:
        with threads_set(engine.threads):
            while len(history.losses) < steps and not history.stopped:
                step = len(history.losses)
                recipe.set_rates(optimizer, step, steps)
                ids, targets = (part[:, :recipe.reach(step)].to(device) for part in batches.at(step))
                history.losses.append(train_step(loss_of, optimizer, ids, targets, parts, recipe.max_norm))
                history.tokens += ids.numel()
                shown.step(step + 1, history.losses[-1])
                if (step + 1) % task["evaluate_every"] == 0 or step + 1 == steps:
                    history.note(unseen.look(model))
                    if stopping.look(history.validation[-1], once(model.state_dict())):
                        history.stopped = f"nothing better for {stopping.waited} looks"
                    history.seconds = time.perf_counter() - clock
                    shown.look(history)
                    if run is not None:
                        save(run, model, optimizer, stopping, history, task)
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    except FloatingPointError as error:
        history.stopped = str(error)
    finally:
        if stopping.weights is not None:
            model.load_state_dict(stopping.weights, strict=False)  # strict would ask for a tied weight twice
        shown.close()
    conclude(history, stopping, shown)
    return history


def save(run, model, optimizer, stopping, history, task):
    """Write all that a run needs to go on into its folder."""
    save_checkpoint(run, model, optimizer, stopping.weights, task=task, history=history.facts(),
                    stopping={"best": stopping.best, "waited": stopping.waited})


def restore(run, model, optimizer, stopping, task, shown):
    """Go back to a run's last checkpoint, if it is of the same task. Returns its history and its engine."""
    stored = read_tensors(run)[1].get("task", {})
    differing = [name for name in task if stored.get(name) != task[name]]
    if differing:
        listed = "; ".join(f"{name} was {stored.get(name)!r} and is {task[name]!r}" for name in differing)
        raise ValueError(f"the run in {run} had another task: {listed}. Ask for the same, "
                         "or begin anew without resume")
    facts = load_checkpoint(run, model, optimizer)
    history = History(**facts["history"])
    stopping.weights, stopping.best = facts["weights"], facts["stopping"]["best"]
    stopping.waited = facts["stopping"]["waited"]
    was = history.environment
    engine = Engine(was["precision"], was["attention"], was["threads"])
    device = next(model.parameters()).device
    others = [f"{name} {was[name]} and now {value}" for name, value in environment(engine, device).items()
              if was[name] != value]
    shown.say(f"going on after step {len(history.losses)}" + (
        f", from now on equal only up to rounding: it had {', '.join(others)}" if others else ""))
    return history, engine


def conclude(history, stopping, shown):
    """Say why a run ended early, and whether the model can be believed."""
    if history.stopped:
        kept = "the weights are the best of all looks" if stopping.weights is not None else "before the first look"
        shown.say(f"ended after step {len(history.losses)}: {history.stopped}; {kept}")
    if history.leak and history.leak[-1] > LEAK:
        shown.say(f"Do not believe the loss: with the prefix alone it is {history.leak[-1]:.2f} nats higher. "
                  "The model sees the future; look at its mask")

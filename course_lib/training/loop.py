"""The loop: batches, steps, a look at held-out text now and then, checkpoints, and the best weights at the end."""

import hashlib
import inspect
import math
import time
from dataclasses import asdict

import torch

from course_lib.batches import Batches, stream
from course_lib.learning import NotFinite
from course_lib.training.checkpoints import once
from course_lib.training.engine import environment, probe, threads_set
from course_lib.training.folders import RunFolder, looks_every
from course_lib.training.history import HeldOut, History, Recipe
from course_lib.training.models import config_of
from course_lib.training.progress import Progress
from course_lib.training.steps import EarlyStopping, train_step

LEAK = 0.1  # nats: rounding explains a thousandth of that


def train(model, tokenizer, documents, validation, *, steps, recipe=None, batch_size=16, parts=1, stride=None,
          evaluate_every=None, patience=None, seed=0, engine=None, run=None, resume=False, progress=True,
          snapshots=()):
    """Train a model on documents; it ends up with the best weights seen. Returns the run's History.

    model: `model(ids)`, and `model.config.context_length`, which is the window T; `model.loss(ids, targets)` where its
        loss is another than the mean cross entropy of its logits
    documents, validation: lists of texts, to learn from and to be judged by
    steps: how many; the rates come down with the last one   recipe: a Recipe
    batch_size: windows in a batch, each from a document's beginning   parts: see `accumulate`
    stride: how far apart the windows of one document stand that is longer than T; None means T
    evaluate_every: steps between two looks at `validation`; None means ten looks in all
    patience: stop after so many looks in a row without a better loss; None means never
    seed: of the order of the batches   engine: an Engine; None times the possible ones and takes the quickest
    run: a folder for checkpoints, one at each look and where the run is stopped, and for the vocabulary; a run that
        lies there already is backed up first
    resume: go on with the checkpoint in that folder, if there is one
    progress: whether to show how it goes, or a show.LossCurve that shows it and whose button ends the run
    snapshots: after how many steps a copy of the weights is kept, 0 to `steps`: History.snapshots has them. They lie in
        the checkpoint too; a resumed run does not come by those again that it has passed

    A run that was stopped or killed, and resumed, ends with the very weights and losses of one that was not: the
    checkpoint's engine is used again. Where device or torch are others, that is said: the rest is equal to rounding.
    Interrupting (■ or Ctrl-C) ends a run after the step at hand, with the best weights so far; a second time, at once.
    A run whose loss or gradients are not finite any more ends as well; the History says where.
    raises: ValueError when the checkpoint to resume is of another task (and says what differs), when a held-out text
        is not given back by the tokenizer, a text has ids that the model does not know, or a snapshot is wanted
        after a step that the run has not
    """
    from course_lib.show.running import Interrupts  # here, for it brings matplotlib along

    if steps < 1:
        raise ValueError(f"steps is {steps}; a run has at least 1")
    if beyond := [step for step in snapshots if not 0 <= step <= steps]:
        raise ValueError(f"a snapshot is wanted after step {beyond[0]}, and the run has steps 1 to {steps}: "
                         f"give 0 (before the first) to {steps}")
    recipe = recipe or Recipe()
    device, T = next(model.parameters()).device, model.config.context_length
    data = stream(documents, tokenizer)
    batches = Batches(data, batch_size, T, seed, stride=stride, end=tokenizer.end)
    unseen = HeldOut(validation, tokenizer, T)
    check_known(model, {"text to learn from": data, "held-out text": torch.cat([unseen.ids, unseen.targets])})
    optimizer, stopping, history = recipe.optimizer(model), EarlyStopping(patience), History()
    task = {"model": type(model).__name__, "config": config_of(model),
            "text": hashlib.sha256(data.numpy().tobytes()).hexdigest(), "recipe": asdict(recipe), "steps": steps,
            "batch_size": batch_size, "parts": parts, "stride": stride, "seed": seed, "patience": patience,
            "evaluate_every": evaluate_every or looks_every(steps)}
    shown = progress.follow(steps) if hasattr(progress, "follow") else Progress(steps, progress)
    folder = RunFolder(run, tokenizer, shown.say)

    model.train()
    usual = {name: parameter.default for name, parameter in inspect.signature(train).parameters.items()}
    if resume and (found := folder.restore(model, optimizer, stopping, task, usual)):
        history, engine = found
    engine = engine or probe(model, *(part[:4].to(device) for part in batches.at(0)))
    history.environment, history.planned = environment(engine, device), steps
    shown.say(f"{engine} on {device}, {steps} steps of {batch_size} × {T} tokens")
    loss_of, clock = engine.loss(model), time.perf_counter() - history.seconds
    asked, moving = [], []  # whether to stop; whether weights have moved in a step that is not noted yet
    optimizer.register_step_pre_hook(lambda *_: moving.append(True))
    interrupts = Interrupts(lambda: asked.append(True))
    if not hasattr(progress, "follow"):  # a LossCurve listens itself
        interrupts.begin()
    try:
        with threads_set(engine.threads):
            while True:
                step = at = len(history.losses)
                if step in snapshots and step not in history.snapshots:
                    history.snapshots[step] = {name: value.detach().to("cpu", copy=True)
                                               for name, value in once(model.state_dict()).items()}
                if step > max(history.steps, default=0) and (step % task["evaluate_every"] == 0 or step == steps):
                    look(model, unseen, history, stopping)
                    history.seconds = time.perf_counter() - clock
                    shown.look(history)
                    folder.save(model, optimizer, stopping, history, task)
                if step == steps or history.stopped:
                    break
                if asked:
                    raise KeyboardInterrupt
                at = step + 1
                recipe.set_rates(optimizer, step, steps)
                ids, targets = (part[:, :recipe.reach(step)].to(device) for part in batches.at(step))
                history.losses.append(train_step(loss_of, optimizer, ids, targets, parts, recipe.max_norm))
                history.tokens += ids.numel()
                moving.clear()
                shown.step(step + 1, history.losses[-1])
    except KeyboardInterrupt:
        history.stopped, history.seconds = "interrupted", time.perf_counter() - clock
        if not moving and history.losses:
            folder.save(model, optimizer, stopping, history, task)
    except (FloatingPointError, NotFinite) as error:
        history.stopped, history.seconds = f"diverged at step {at}: {error}", time.perf_counter() - clock
    finally:
        if stopping.weights is not None:
            model.load_state_dict(stopping.weights, strict=False)  # strict would ask for a tied weight twice
        shown.close()
        interrupts.end()
    conclude(history, stopping, shown, run)
    return history


def check_known(model, texts):
    """Refuse ids that a model has no vector for, before the first step. texts: {what it is: ids}"""
    V = getattr(model.config, "vocab_size", None)
    for name, ids in texts.items():
        low, high = ids.min().item(), ids.max().item()
        if V is not None and not 0 <= low <= high < V:
            raise ValueError(f"the {name} has the id {low if low < 0 else high}, and the model's vocabulary goes from "
                             f"0 to {V - 1}: build the model with the tokenizer's vocab_size, or take the tokenizer "
                             "that it was built for")


def look(model, unseen, history, stopping):
    """Look at the held-out text: note what is seen, keep the weights if they are the best, stop if that is long ago."""
    history.note(unseen.look(model))
    if not math.isfinite(history.validation[-1]):
        raise FloatingPointError(f"the loss on the held-out text is {history.validation[-1]}")
    if stopping.look(history.validation[-1], once(model.state_dict())):
        history.stopped = f"nothing better for {stopping.waited} looks"


def conclude(history, stopping, shown, run):
    """Say why a run ended early, and whether the model can be believed."""
    done = len(history.losses)
    if history.stopped:
        kept = "the weights are the best of all looks" if stopping.weights is not None else "before the first look"
        saved = (f"; step {done} is saved in {run}, and resume=True goes on from there"
                 if history.stopped == "interrupted" and run is not None and done else "")
        shown.say(f"ended after step {done}: {history.stopped}; {kept}{saved}")
    if history.leak and history.leak[-1] > LEAK:
        shown.say(f"Do not believe the loss: with the prefix alone it is {history.leak[-1]:.2f} nats higher. "
                  "The model sees the future; look at its mask")

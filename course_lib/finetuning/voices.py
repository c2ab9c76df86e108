"""Another voice: training that goes on with other texts, watched on the new ones and on the old."""

from course_lib import stories
from course_lib.batches import Batches, stream
from course_lib.bigram import bits_per_byte
from course_lib.training import EarlyStopping, train_step
from course_lib.training.checkpoints import once

from .copying import longest_copy


def adapt(model, tokenizer, texts, watched, *, steps, recipe, engine, batch_size=8, looks=6, patience=None, seed=0):
    """Train a model on with other texts; it ends with the weights of the best look at the first texts watched.

    texts: what to learn from   watched: {name: texts}, measured at each look in bits per byte
    steps, recipe, engine, batch_size, seed: see `training.train`   looks: how many, after the one at the start
    patience: stop after so many looks in a row without a better one; None means never
    returns: {name: (steps, bits)}, as `show.lines` draws them, and the step of the best look
    """
    T, where = model.config.context_length, next(model.parameters()).device
    batches = Batches(stream(texts, tokenizer), batch_size, T, seed, end=tokenizer.end)
    optimizer, stopping, loss_of = recipe.optimizer(model), EarlyStopping(patience), engine.loss(model)
    curves, kept_at = {name: ([], []) for name in watched}, 0

    def look(step):
        nonlocal kept_at
        for name, unseen in watched.items():
            curves[name][0].append(step)
            curves[name][1].append(bits_per_byte(model, tokenizer, unseen))
        best, now = stopping.best, next(iter(curves.values()))[1][-1]
        stop = stopping.look(now, once(model.state_dict()))
        kept_at = step if now < best else kept_at
        return stop

    look(0)
    model.train()
    for step in range(steps):
        recipe.set_rates(optimizer, step, steps)
        ids, targets = (part.to(where) for part in batches.at(step))
        train_step(loss_of, optimizer, ids, targets, max_norm=recipe.max_norm)
        if (step + 1) * looks // steps > step * looks // steps and look(step + 1):
            break
    model.load_state_dict(stopping.weights, strict=False)  # strict would ask for a tied weight twice
    return curves, kept_at


def with_replay(new, old, share):
    """New texts, and so many old ones among them that they are `share` of all. returns: a list

    raises: ValueError unless 0 <= share < 1, or where there are too few old ones
    """
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}; it must be 0 or more, and below 1, for the new texts are there too")
    count = round(len(new) * share / (1 - share))
    if count > len(old):
        raise ValueError(f"a share of {share} takes {count} old texts beside {len(new)} new ones; there are {len(old)}")
    return [*new, *old[:count]]


def mark(text, sources):
    """What can be said of a text that a model has told: its voice, whether it is consistent, and what it has copied.

    sources: the texts that the model has learned from
    returns: {"voice": "verse", "prose" or "", "well-formed": bool, "consistent": bool, "copied": words of the longest
        stretch in common}
    """
    voice = stories.voice(text)
    read = stories.read(text, stories.VERSE_READER) if voice == "verse" else stories.read(text)
    return {"voice": voice, "well-formed": read.well_formed, "consistent": read.consistent,
            "copied": len(longest_copy(text, sources))}


def memory(model):
    """What training a model takes beside its activations: {name: bytes} of weights, gradients and AdamW's two means."""
    every = {id(p): p for p in model.parameters()}.values()
    size = lambda some: sum(p.numel() * p.element_size() for p in some)
    learning = [p for p in every if p.requires_grad]
    return {"weights": size(every), "gradients": size(learning), "AdamW": 2 * size(learning)}

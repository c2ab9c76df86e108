"""From a stranger's tensors to our parameters and back, by one table of names for each family of models.

A table has a row for each parameter of ours, {our name: (their names)}, with {} where the number of the block stands.
Mostly a parameter of ours is one tensor of theirs; where it is several, as query, key and value, they stand in order.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from course_lib.device import device
from course_lib.training.checkpoints import once, write_atomically

from .shards import CONFIG, ONE


def foreign_names(name, table):
    """Under which names a stranger's file keeps a parameter of ours.

    name: such as "blocks.3.mlp.up.weight". The number of the block stands between "blocks." at the
        very beginning and the next dot; all else in a name stays as it is
    table: {our name: tuple of theirs}, with {} in both where the number of the block stands
    returns: a tuple of names, with the number filled in
    raises: KeyError, with the name (bare or in a sentence), when the table has no row for it

    >>> foreign_names("blocks.3.mlp.up.weight", {"blocks.{}.mlp.up.weight": ("h.{}.c_fc.w",)})
    ('h.3.c_fc.w',)
    """
    number = re.match(r"blocks\.(\d+)\.", name)
    row = name if number is None else "blocks.{}." + name[number.end():]
    if row not in table:
        raise KeyError(f"the table has no row for {name!r}")
    return tuple(theirs.format(number[1] if number else "") for theirs in table[row])


@dataclass(frozen=True)
class Family:
    """How the tensors of one family of models become ours.

    table: {our name: (their names)}
    join: (name, [their tensors], config) -> ours   split: (name, ours, config) -> [their tensors], its inverse
    extra: a pattern of names that their files may have besides, and that are no weights
    """

    table: dict
    join: Callable
    split: Callable
    extra: str = "$^"


def fill(build, config, family, stored, where):
    """A model whose parameters are those of a stranger's file.

    build: the model's class   config: its config   stored: `shapes` {name: tuple} and `read(name)`
    where: what the file is called, for messages
    returns: the model, in eval mode, on `device()`
    raises: ValueError for a tensor that is missing, too many, of another shape, or not finite. Nothing is allocated
        before all names and shapes are known to agree.
    """
    if config.n_layers > len(stored.shapes):
        raise ValueError(f"{where} should have {config.n_layers:,} blocks, and it has {len(stored.shapes)} tensors")
    try:
        with torch.device("meta"):  # shapes without numbers
            model = build(config)
    except (RuntimeError, TypeError, OverflowError) as error:
        raise ValueError(f"{where}: no model can have these sizes: {config} ({str(error)[:80]})") from None
    own = {name: value for name, value in model.state_dict().items() if not (config.tied and name == "head.weight")}
    wanted = {}
    for name, value in own.items():
        for theirs, part in zip(foreign_names(name, family.table), family.split(name, value, config), strict=True):
            wanted[theirs] = tuple(part.shape)
    for name, shape in wanted.items():
        if name not in stored.shapes:
            raise ValueError(f"{where} has no tensor {name!r}, which this model needs: it was renamed, or is of "
                             "another family of models")
        if stored.shapes[name] != shape:
            raise ValueError(f"{where}: {name!r} is {stored.shapes[name]}, and by its config it should be {shape}")
    head = foreign_names("head.weight", family.table)[0]
    for name in stored.shapes:
        if name not in wanted and name != head and not re.fullmatch(family.extra, name):
            raise ValueError(f"{where} has the tensor {name!r:.80}, for which this model has no place: it "
                             "would compute something else")
    filled = {}
    for name in own:
        parts = [stored.read(theirs) for theirs in foreign_names(name, family.table)]
        if not all(torch.isfinite(part).all() for part in parts):
            raise ValueError(f"{where}: the tensor for {name!r} is not finite")
        filled[name] = family.join(name, parts, config).contiguous()
    if config.tied and head in stored.shapes and not torch.equal(stored.read(head), filled["token_embedding.weight"]):
        raise ValueError(f"{where} has a head of its own, {head!r}, and its config says that it is the embedding")
    model.load_state_dict(filled, strict=False, assign=True)
    if config.tied:
        model.head.weight = model.token_embedding.weight
    return model.to(device()).eval()


def foreign_tensors(model, family):
    """A model's parameters as a stranger's file has them: {their name: tensor}, in the model's dtype."""
    found = {}
    for name, value in once(model.state_dict()).items():
        parts = family.split(name, value.detach(), model.config)
        found |= dict(zip(foreign_names(name, family.table), parts, strict=True))
    return found


def save(folder, model, family, config):
    """Write a model as strangers do: model.safetensors and config.json, which transformers can read."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in foreign_tensors(model, family).items()}
    config = {**config, "dtype": str(model.token_embedding.weight.dtype).removeprefix("torch.")}
    write_atomically(folder / ONE, safetensors.torch.save(tensors, {"format": "pt"}))
    write_atomically(folder / CONFIG, (json.dumps(config, indent=1) + "\n").encode())

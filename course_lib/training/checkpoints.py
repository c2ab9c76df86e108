"""Checkpoints: everything a run needs to go on, in a folder, as data that nobody has to trust.

A checkpoint is two files: the tensors in safetensors, and `checkpoint.json`, which says what they are and carries
the numbers. The tensors are written first, under a name of their own; then the JSON replaces the old one in a single
step. So a folder holds, whenever the process dies, the whole old checkpoint or the whole new one.
Nothing in either file is ever executed, which cannot be said of pickle.
"""

import hashlib
import json
import os
from pathlib import Path

import safetensors.torch
import torch

from course_lib.training.facts import decode, encode

FORMAT = "small-world checkpoint"
VERSION = 2  # 1 knew no tuples, nor anything else that JSON does not
JSON = "checkpoint.json"
VOCABULARY = "vocabulary.json"


def write_atomically(path, data):
    """Put bytes into a file so that a reader finds the old ones or the new ones, never a part."""
    path = Path(path)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(draft, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the name must not be there before the bytes are, even if the power fails
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def pack(tensors, file, facts):
    """A checkpoint as two byte strings: the tensors, and the JSON that names their `file` and says what they are."""
    tensors = dict(tensors)
    facts = encode(facts, tensors)
    data = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    digest = hashlib.sha256(data).hexdigest()
    file = file.format(digest=digest[:12])
    head = {"format": FORMAT, "version": VERSION, "tensors": {"file": file, "bytes": len(data), "sha256": digest}}
    return file, data, (json.dumps({**head, "facts": facts}, indent=1) + "\n").encode("utf-8")


def write_tensors(folder, tensors, facts):
    """Write a checkpoint and remove the older one. tensors: {name: tensor}   facts: {name: see `facts.encode`}"""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file, data, text = pack(tensors, "checkpoint-{digest}.safetensors", facts)
    write_atomically(folder / file, data)
    write_atomically(folder / JSON, text)
    for old in folder.glob("checkpoint-*.safetensors*"):
        if old.name != file:
            old.unlink(missing_ok=True)


def read_tensors(path):
    """A checkpoint's tensors {name: tensor} and facts, once both files have been found whole.

    path: the folder, or the JSON file itself
    raises: FileNotFoundError where there is none; ValueError where it is not one of ours, or was cut short or changed
    """
    path = Path(path)
    path = path if path.suffix == ".json" else path / JSON
    if not path.is_file():
        raise FileNotFoundError(f"{path.parent} has no {path.name}: no checkpoint was written there. Train first, "
                                "or give the folder of another run")
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): it was cut short or belongs to something else. "
                         "Delete the folder and train again") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        given = head.get("format") if isinstance(head, dict) else type(head).__name__
        raise ValueError(f"{path} was not written by this course: its format is {given!r}, wanted is {FORMAT!r}")
    if head.get("version") not in (1, VERSION):
        raise ValueError(f"{path} has version {head.get('version')!r}, this course reads 1 to {VERSION}: "
                         "it was written by another release of it")
    listed = head.get("tensors")
    if not (isinstance(listed, dict) and isinstance(listed.get("file"), str) and isinstance(head.get("facts"), dict)
            and Path(listed["file"]).name == listed["file"]):
        raise ValueError(f"{path} does not say where its tensors are: it was changed. "
                         "Delete the folder and train again")
    tensors, facts = _verified(path.parent / listed["file"], listed), head["facts"]
    try:
        facts = facts if head["version"] == 1 else decode(facts, tensors)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}. It was changed, or written by another release") from error
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("facts.")}, facts


def _verified(path, listed):
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{path} is missing, but {JSON} beside it names it: copy both files, or train again") from None
    if len(data) != listed.get("bytes"):
        raise ValueError(f"{path} has {len(data)} bytes and should have {listed.get('bytes')}: it was cut short. "
                         "Copy it again, or delete the folder and train again")
    if hashlib.sha256(data).hexdigest() != listed.get("sha256"):
        raise ValueError(f"{path} has the right length, but not its SHA-256: it was changed. "
                         "Copy it again, or delete the folder and train again")
    return safetensors.torch.load(data)


def save_checkpoint(folder, model, optimizer=None, weights=None, **facts):
    """Write model, optimizer and the state of torch's random numbers.

    weights: a second set of the model's weights to keep (the best so far), as `model.state_dict()` gives them
    facts: whatever else should be read back: numbers, texts, tensors, and lists, tuples, sets and dicts of them
    """
    tensors = {f"model.{name}": value for name, value in once(model.state_dict()).items()}
    tensors |= {f"weights.{name}": value for name, value in once(weights or {}).items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    numbers, groups = {}, []
    if optimizer is not None:
        state = optimizer.state_dict()
        for index, entries in state["state"].items():
            for key, value in entries.items():
                if torch.is_tensor(value):
                    tensors[f"optimizer.{index}.{key}"] = value
                else:
                    numbers.setdefault(str(index), {})[key] = value
        groups = state["param_groups"]
    write_tensors(folder, tensors, {**facts, "optimizer": {"groups": groups, "numbers": numbers}})


def load_checkpoint(folder, model, optimizer=None):
    """Fill model and optimizer from a checkpoint and set torch's random numbers as they were.

    returns: the facts given to `save_checkpoint`, and "weights": the second set, or None
    raises: what `read_tensors` raises; ValueError when the checkpoint is of a model of other names or shapes.
        Everything is looked at before anything is changed.
    """
    tensors, facts = read_tensors(folder)
    state = under("model.", tensors)
    own = once(model.state_dict())
    same_shapes(folder, own, state)
    second = under("weights.", tensors)
    if second:
        same_shapes(folder, own, second)
    stored = facts.pop("optimizer", None) or {"groups": [], "numbers": {}}
    if optimizer is not None:
        filled = _optimizer_state(folder, tensors, stored, optimizer)
    model.load_state_dict(state, strict=False)  # strict would ask for a tied weight twice
    if optimizer is not None:
        optimizer.load_state_dict(filled)
    if "random.cpu" in tensors:
        torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])
    return {**facts, "weights": second or None}


def _optimizer_state(folder, tensors, stored, optimizer):
    """An optimizer's state_dict out of a checkpoint, once it is known to fit this one."""
    now = optimizer.state_dict()["param_groups"]
    sizes = [len(group["params"]) for group in now]
    if [len(group["params"]) for group in stored["groups"]] != sizes:
        raise ValueError(f"{folder} has an optimizer with groups of "
                         f"{[len(group['params']) for group in stored['groups']]} parameters, this one has {sizes}: "
                         "build it as it was built for that run")
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    shapes = {parameter.shape for parameter in parameters}  # LBFGS and others keep tensors of shapes of their own
    state = {index: dict(stored["numbers"].get(str(index), {})) for index in range(len(parameters))}
    for key, value in under("optimizer.", tensors).items():
        index, name = key.split(".", 1)
        if value.ndim and value.shape != parameters[int(index)].shape and value.shape in shapes:
            raise ValueError(f"{folder}: the optimizer's {name} of parameter {index} is {tuple(value.shape)}, the "
                             f"parameter {tuple(parameters[int(index)].shape)}")
        state[int(index)][name] = value
    groups = [{**group, **{key: tuple(group[key]) for key, value in own.items()  # lists in version 1
                           if isinstance(value, tuple) and isinstance(group.get(key), list)}}
              for group, own in zip(stored["groups"], now, strict=True)]
    return {"state": {index: entries for index, entries in state.items() if entries}, "param_groups": groups}


def under(prefix, tensors):
    return {key[len(prefix):]: value for key, value in tensors.items() if key.startswith(prefix)}


def once(state):
    """A state_dict in which weights that share their memory, as a tied head does, stand once, under the first name."""
    seen, once = set(), {}
    for name, value in state.items():
        place = (value.data_ptr(), value.shape) if value.numel() else name
        if place not in seen:
            seen.add(place)
            once[name] = value
    return once


def same_shapes(folder, own, stored):
    """Refuse a checkpoint's weights that are not the model's by name and shape. own, stored: {name: tensor}"""
    for name in sorted(own.keys() | stored.keys()):
        if name not in stored or name not in own:
            holder, other = ("this model", "the checkpoint") if name in own else ("the checkpoint", "this model")
            raise ValueError(f"{folder} is of another model: {holder} has {name!r} and {other} has not")
        if own[name].shape != stored[name].shape:
            raise ValueError(f"{folder} is of another model: its {name!r} is {tuple(stored[name].shape)}, "
                             f"this model's is {tuple(own[name].shape)}")

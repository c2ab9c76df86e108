"""What takes long to train is trained once and kept, under a key made of all that it depends on.

A kept result lies in work/kept/<name>-<key>, written as checkpoints are: tensors in safetensors, facts in JSON, with a
checksum. It is taken only if it is whole and its key fits. The key is a digest of what was given, of torch's
version and of this course's own code: with another text, another rate or another line of code it is another key.
"""

import hashlib
import json
import shutil
import time
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from course_lib.classroom import ROOT
from course_lib.training.checkpoints import once, read_tensors, write_tensors

KEPT = ROOT / "work" / "kept"
CODE = Path(__file__).parents[1]


def kept(name, make, *, folder=None, say=print, **given):
    """What `make()` gives: made now, or kept from before if nothing that it depends on has changed.

    name: what it is called, in words fit for a folder   make: () -> {name: tensor}, {name: facts for JSON}
    given: all that the result depends on: numbers, texts, None, tensors, models, dataclasses, lists and dicts of these
    folder: where results are kept; None means work/kept   say: shows the line that tells which of the two it was
    returns: tensors, facts, seconds, where seconds is how long the making took, then or now
    raises: TypeError for something given of which no digest can be made; what `make` raises

    Of each name the last result is kept alone: an older one, or one that was damaged, is made anew and replaced.
    """
    folder = KEPT if folder is None else Path(folder)
    key = digest({"given": given, "code": code(), "torch": torch.__version__})
    path, found = folder / f"{name}-{key[:16]}", None
    try:
        tensors, facts = read_tensors(path)
        if facts.get("key") == key:
            found = tensors, facts["made"], facts["seconds"]
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, OSError) as error:
        say(f"{name}: what was kept is damaged and is made anew ({error})")
    if found is not None:
        say(f"{name}: kept from before, it took {found[2]:.0f} s then")
        return found
    began = time.perf_counter()
    tensors, made = make()
    seconds = time.perf_counter() - began
    for old in folder.glob(f"{name}-{'[0-9a-f]' * 16}"):
        if old != path:  # that one may be another notebook's, which made the same at the same time
            shutil.rmtree(old, ignore_errors=True)
    try:
        write_tensors(path, once(tensors), {"key": key, "made": made, "seconds": seconds})
    except OSError as error:  # a full disk, or another notebook that tidies up just now: what was made is not lost
        say(f"{name}: took {seconds:.0f} s, and could not be kept ({error})")
    else:
        say(f"{name}: took {seconds:.0f} s, and is kept for the next time")
    return tensors, made, seconds


def digest(value):
    """The SHA-256 of a value, by what it is and not by where it lies. raises: TypeError where that cannot be said"""
    summed = hashlib.sha256()
    _add(summed, value, "given")
    return summed.hexdigest()


def _add(summed, value, place):
    """Add a value to a sum, with its kind and its length, so that two different values never read alike."""
    def note(kind, text=b""):
        summed.update(f"{kind} {len(text)} ".encode() + text)

    if value is None or isinstance(value, (bool, int, float, str)):
        note(type(value).__name__, json.dumps(value).encode())
    elif isinstance(value, nn.Module):
        _add(summed, [type(value).__name__, once(value.state_dict())], place)
    elif isinstance(value, (torch.Tensor, np.ndarray)):
        tensor = torch.as_tensor(value).detach().cpu().contiguous()
        note(f"tensor {tensor.dtype} {tuple(tensor.shape)}", tensor.flatten().view(torch.uint8).numpy().tobytes())
    elif isinstance(value, dict):
        note("dict", str(len(value)).encode())
        for key in sorted(value):
            _add(summed, key, place)
            _add(summed, value[key], f"{place}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        note("list", str(len(value)).encode())
        for number, part in enumerate(value):
            _add(summed, part, f"{place}[{number}]")
    elif is_dataclass(value):
        _add(summed, [type(value).__name__, asdict(value)], place)
    else:
        raise TypeError(f"{place} is {value!r:.60}, a {type(value).__name__}, of which no digest can be made. Give "
                        "numbers, texts, tensors, models, dataclasses, or lists and dicts of these")


@cache
def code():
    """A digest of the course's own code: a result that an older course has made is none of this one's."""
    files = sorted(path for path in CODE.rglob("*.py") if "__pycache__" not in path.parts)
    return digest([[path.relative_to(CODE).as_posix(), path.read_text(encoding="utf-8")] for path in files])

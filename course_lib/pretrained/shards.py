"""Weights in safetensors: a list of tensors in JSON, then their bytes, in one file or in several.

The format is described in the package `safetensors`. It is read here by hand, for two reasons: it is short, and a file
from a stranger is believed in nothing. Whatever the list says is held against the file's size before a byte is kept.
"""

import json
import math
from pathlib import Path

import torch

ONE, INDEX, CONFIG = "model.safetensors", "model.safetensors.index.json", "config.json"
KINDS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def no_twins(pairs):
    """A JSON object as a dict; ValueError where it has a name twice, of which every reader would take another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def read_json(data, path):
    """The JSON object in some bytes. raises: ValueError naming the path where it is anything else"""
    try:
        found = json.loads(data, object_pairs_hook=no_twins)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: no JSON ({str(error)[:80]}); it was cut short or changed: get it again") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: its JSON is a {type(found).__name__}, and an object is wanted")
    return found


def whole_numbers(value):
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)


def list_tensors(head, room, sizes=SIZES):
    """What a safetensors file says of its tensors, once none of it can be a lie.

    head: the JSON object at its beginning: {name: {"dtype": str, "shape": [lengths],
        "data_offsets": [begin, end]}}, and perhaps "__metadata__", which is left out unread
    room: how many bytes follow the head   sizes: {dtype: bytes of one number}
    returns: {name: (dtype, shape, begin, end)}, the shape a tuple, in the order of the bytes; of
        two that begin alike, the empty one first
    raises: ValueError, with the name where one is to blame, when an entry lacks something or says
        something more, has an unknown dtype, lengths that are no whole numbers from 0 on, or
        offsets that are not two such numbers, when shape and bytes do not agree, and when the
        tensors do not fill the room one after the other, without a gap and without sharing bytes

    >>> list_tensors({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, room=8)
    {'a': ('F32', (2,), 0, 8)}
    """
    found = {}
    for name, entry in head.items():
        if name == "__metadata__":
            continue
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"tensor {name!r:.80} should say its dtype, shape and data_offsets, "
                             "and nothing else")
        dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in sizes:
            raise ValueError(f"tensor {name!r:.80} is of dtype {dtype!r:.40}; "
                             f"known are {', '.join(sizes)}")
        if not whole_numbers(shape) or not whole_numbers(place) or len(place) != 2:
            raise ValueError(f"tensor {name!r:.80} has the shape {shape!r:.40} and the place "
                             f"{place!r:.40}; wanted are whole numbers, and for the place two")
        if place[1] - place[0] != math.prod(shape) * sizes[dtype]:
            raise ValueError(f"tensor {name!r:.80} has {place[1] - place[0]:,} bytes, and its "
                             f"shape {shape!r:.40} in {dtype} needs "
                             f"{math.prod(shape) * sizes[dtype]:,}"[:400])
        found[name] = dtype, tuple(shape), *place
    found, end = dict(sorted(found.items(), key=lambda pair: pair[1][2:])), 0
    for name, (*_, begin, after) in found.items():
        if begin != end:
            raise ValueError(f"tensor {name!r:.80} begins at byte {begin:,}, and the one before it "
                             f"ends at {end:,}")
        end = after
    if end != room:
        raise ValueError(f"its tensors have {end:,} bytes together, and the file has {room:,} for "
                         "them: it was cut short or changed")
    return found


def read_list(path):
    """The list of a file's tensors, as `list_tensors` gives it, and at which byte of the file they begin."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ValueError(f"{path}: no safetensors, or cut short: it has {size:,} bytes, and its list of tensors "
                             f"should be {length:,} long. Get it again")
        head = read_json(file.read(length), path)
    try:
        return list_tensors(head, size - 8 - length), 8 + length
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


class Shards:
    """The tensors of a folder: of model.safetensors, or of the files that model.safetensors.index.json names.

    shapes: {name: tuple}, all that is there   read(name): that tensor, in float32 (float64 stays)
    raises: FileNotFoundError where there are none; ValueError, with the file's name, for a file that is not whole
    """

    def __init__(self, folder):
        self.folder, self.places = Path(folder), {}
        for file, names in self._files().items():
            listed, start = read_list(file)
            for name in listed if names is None else names:
                if name not in listed:
                    raise ValueError(f"{self.folder / INDEX} says that {name!r:.80} is in {file.name}, and it is not")
                self.places[name] = file, start, listed[name]
        self.shapes = {name: shape for name, (_, _, (_, shape, _, _)) in self.places.items()}

    def _files(self):
        """{path: names of its tensors, or None where all count}"""
        one, index = self.folder / ONE, self.folder / INDEX
        if one.is_file():
            return {one: None}
        if not index.is_file():
            pickled = sorted(path.name for path in self.folder.glob("*.bin"))
            raise FileNotFoundError(f"{self.folder} has neither {ONE} nor {INDEX}" + (
                f". {pickled[0]} is pickle, which can run code and is not read: get the safetensors" if pickled else
                ": give a folder that transformers' save_pretrained has written, or a name on the hub"))
        files = {}
        listed = read_json(index.read_bytes(), index).get("weight_map")
        if not isinstance(listed, dict) or not listed:
            raise ValueError(f"{index} has no weight_map, which should say in which file each tensor is")
        for name, file in listed.items():
            beside = isinstance(file, str) and file.endswith(".safetensors") and not {"/", "\\"} & set(file)
            if not beside:
                raise ValueError(f"{index} wants {name!r:.80} from {file!r:.80}; only .safetensors files beside it are "
                                 "read")
            files.setdefault(self.folder / file, []).append(name)
        for file in files:
            if not file.is_file():
                raise ValueError(f"{file} is missing, and {INDEX} beside it names it: get it too")
        return files

    def read(self, name):
        file, start, (dtype, shape, begin, end) = self.places[name]
        if dtype not in KINDS:
            raise ValueError(f"{file}: tensor {name!r:.80} is of dtype {dtype}; weights are {', '.join(KINDS)}")
        with open(file, "rb") as opened:
            opened.seek(start + begin)
            data = bytearray(opened.read(end - begin))
        if len(data) < end - begin:
            raise ValueError(f"{file} became shorter while it was read")
        found = torch.frombuffer(data, dtype=KINDS[dtype]).reshape(shape) if data else torch.empty(shape)
        return found if dtype == "F64" else found.float()


def read_config(folder):
    """config.json of a folder, as a dict. raises: FileNotFoundError or ValueError where there is no such object"""
    path = Path(folder) / CONFIG
    if not path.is_file():
        raise FileNotFoundError(f"{folder} has no {CONFIG}, which says how the model is built: get it too")
    return read_json(path.read_bytes(), path)

"""Files from strangers: whatever is wrong with one, a sentence says it, and no more memory is asked for than it has."""

import json
import random
import struct
import tracemalloc

import pytest
import safetensors.torch
import torch
from test_pretrained_gguf import small_model, small_vocabulary, write

from course_lib.gpt import GPT, Config
from course_lib.modern import Modern, ModernConfig
from course_lib.pretrained import GGUF, list_tensors, load_gguf, load_gpt2, load_llama, save_gpt2, save_llama
from course_lib.pretrained.shards import read_config

HUGE = (2**31, 2**40, 2**62, 2**64 - 1)


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_llama(Modern(ModernConfig(11, 8, 8, 2, 2, 1)), tmp_path)
    return tmp_path


def peak(call):
    """The most memory that Python, numpy among it, held at once, and the ValueError, if there was one."""
    tracemalloc.start()
    try:
        call()
        error = None
    except ValueError as found:
        error = found
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, error


def damaged_head(data, rng):
    """A safetensors file whose first part was changed in one of many ways."""
    length = int.from_bytes(data[:8], "little")
    head, body = data[8 : 8 + length], data[8 + length :]
    way = rng.randrange(7)
    if way == 0:
        return rng.choice(HUGE).to_bytes(8, "little") + data[8:]
    if way == 1:
        return data[: rng.randrange(len(data))]
    if way == 2:  # some bytes of the list
        head = bytearray(head)
        for _ in range(rng.randrange(1, 6)):
            head[rng.randrange(len(head))] = rng.randrange(256)
        return data[:8] + bytes(head) + body
    listed = json.loads(head)
    name = rng.choice([name for name in listed if name != "__metadata__"])
    if way == 3:
        listed[name]["shape"] = rng.choice([[rng.choice(HUGE)], [2**32, 2**32], [-1], [0], ["8"], None, [1.5], [True]])
    elif way == 4:
        listed[name]["data_offsets"] = rng.choice([[0, rng.choice(HUGE)], [-8, 0], [8, 0], [0], {}, [0, 4], [3, 7]])
    elif way == 5:
        listed[name]["dtype"] = rng.choice(["F128", 7, None, "I64", ["F32"], "BOOL", "BF16"])
    else:
        listed[name + rng.choice(["x", "\\u0000", "é"])] = listed.pop(name)
    head = json.dumps(listed).encode()
    return len(head).to_bytes(8, "little") + head + body


@pytest.mark.slow
def test_two_hundred_damaged_heads_of_safetensors_are_each_a_sentence(folder):
    rng, path = random.Random(0), folder / "model.safetensors"
    whole = path.read_bytes()
    load_llama(folder)  # what torch imports when it is first asked for shapes alone is not counted
    sound = 0
    for number in range(200):
        path.write_bytes(damaged_head(whole, rng))
        most, error = peak(lambda: load_llama(folder))
        assert most < 3e6, f"{number}: {most:,} bytes"
        sound += error is None
        assert error is None or str(folder) in str(error) and len(str(error)) < 900, number
    assert sound < 10, "a change within a name of the metadata harms nothing"
    path.write_bytes(whole)
    load_llama(folder)  # and it was not the folder that was wrong


def damaged_gguf(data, rng, end):
    """A GGUF file with something changed before byte `end`, where its tensors begin."""
    way = rng.randrange(4)
    if way == 0:
        return data[: rng.randrange(len(data))]
    data = bytearray(data)
    if way == 1:
        for _ in range(rng.randrange(1, 9)):
            data[rng.randrange(end)] = rng.randrange(256)
    elif way == 2:  # how many there are
        struct.pack_into("<Q", data, rng.choice([8, 16]), rng.choice([*HUGE, 0, 1000]))
    else:
        struct.pack_into("<Q", data, rng.randrange(24, end - 8), rng.choice(HUGE))
    return bytes(data)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    tokens, merges, _ = small_vocabulary()
    return write(tmp_path_factory.mktemp("gguf") / "small.gguf", small_model(len(tokens), n_layers=1), tokens, merges)


@pytest.mark.slow
def test_two_hundred_damaged_heads_of_gguf_are_each_a_sentence(small, tmp_path):
    rng, whole = random.Random(0), small.read_bytes()
    end, path = min(place.start for place in GGUF(small).places.values()), tmp_path / "x.gguf"
    load_gguf(small)
    refused = 0
    for number in range(200):
        path.write_bytes(damaged_gguf(whole, rng, end))
        most, error = peak(lambda: load_gguf(path))
        assert most < 20 * len(whole), f"{number}: {most:,} bytes"
        refused += error is not None
        assert error is None or str(path) in str(error) and len(str(error)) < 900, number
    assert refused > 120, "some bytes are of a text that means nothing to a model"


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 9, 100, -1])
def test_a_file_that_was_cut_short_is_said_to_be(folder, small, tmp_path, cut):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="cut short|JSON"):
        load_llama(folder)
    short = tmp_path / "short.gguf"
    short.write_bytes(small.read_bytes()[:cut])
    with pytest.raises(ValueError, match="cut short|the file has|letters GGUF"):
        load_gguf(short)


def replaced(folder, change):
    path = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    change(tensors)
    safetensors.torch.save_file(tensors, path)


def test_tensors_renamed_left_out_added_or_of_another_shape_are_named(folder):
    name = "model.layers.1.mlp.up_proj.weight"
    whole = (folder / "model.safetensors").read_bytes()
    for change, says in [
            (lambda tensors: tensors.update({"up": tensors.pop(name)}), f"no tensor {name!r}.*renamed"),
            (lambda tensors: tensors.update({name: tensors[name].T.contiguous()}), f"{name!r} is .8, 24.*24, 8"),
            (lambda tensors: tensors.update({name: tensors[name] * torch.nan}), "not finite"),
            (lambda tensors: tensors.update({name: tensors[name].to(torch.int32)}), "dtype I32"),
            (lambda tensors: tensors.update({name[:-6] + "bias": torch.ones(24)}), "no place"),
            (lambda tensors: tensors.update({"lm_head.weight": torch.ones(11, 8)}), "head of its own")]:
        (folder / "model.safetensors").write_bytes(whole)
        replaced(folder, change)
        with pytest.raises(ValueError, match=says):
            load_llama(folder)
    (folder / "model.safetensors").write_bytes(whole)
    replaced(folder, lambda tensors: tensors.update({"lm_head.weight": tensors["model.embed_tokens.weight"].clone()}))
    load_llama(folder)


@pytest.mark.parametrize("name", ["hidden_size", "num_hidden_layers", "vocab_size", "intermediate_size", "head_dim",
                                  "num_attention_heads", "num_key_value_heads", "max_position_embeddings"])
@pytest.mark.parametrize("value", [2**20, 2**62, 10**30, -1, "8", [8]])
def test_a_config_that_lies_of_sizes_allocates_nothing(folder, name, value):
    config = read_config(folder)
    (folder / "config.json").write_text(json.dumps({**config, name: value}))
    most, error = peak(lambda: load_llama(folder))
    assert most < 3e6
    if name != "max_position_embeddings" or not isinstance(value, int) or value < 0:  # turns need no tensor
        assert error is not None and str(folder) in str(error)


@pytest.mark.parametrize("value", [2**20, 2**62, 10**30])
def test_a_gpt2_config_that_lies_of_sizes_allocates_nothing(tmp_path, value):
    save_gpt2(GPT(Config(11, 8, 8, 2, 2)), tmp_path)
    config = read_config(tmp_path)
    for name in "n_embd", "n_layer", "n_positions", "n_head", "vocab_size":
        (tmp_path / "config.json").write_text(json.dumps({**config, name: value}))
        most, error = peak(lambda: load_gpt2(tmp_path))
        assert most < 3e6 and str(tmp_path) in str(error)


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '{"a": 1, "a": 2}', "[" * 100_000, '{"model_type": "llama"}',
                                  "\x00", '{"vocab_size": NaN, "model_type": "llama"}'])
def test_a_config_that_is_none_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(ValueError, match="config.json|is not said"):
        load_llama(folder)


@pytest.mark.parametrize("index, says", [
    ({"weight_map": {"a": "../model.safetensors"}}, "beside it"), ({"weight_map": {"a": "/etc/passwd"}}, "beside it"),
    ({"weight_map": {"a": "..\\x.safetensors"}}, "beside it"), ({"weight_map": {"a": 7}}, "beside it"),
    ({"weight_map": {"a": "model.bin"}}, "beside it"), ({"weight_map": {"a": "b.safetensors"}}, "is missing"),
    ({"weight_map": {}}, "no weight_map"), ({}, "no weight_map"),
    ({"weight_map": {"a": "one.safetensors"}}, "'a' is in one.safetensors, and it is not")])
def test_an_index_leads_nowhere_else(folder, index, says):
    (folder / "model.safetensors").rename(folder / "one.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=says):
        load_llama(folder)


def test_a_list_of_tensors_is_what_safetensors_wrote(folder):
    from course_lib.pretrained.shards import read_list

    path = folder / "model.safetensors"
    listed, start = read_list(path)
    with safetensors.safe_open(path, "pt") as theirs:
        assert set(theirs.keys()) == listed.keys()
        for name, (dtype, shape, begin, end) in listed.items():
            tensor = theirs.get_tensor(name)
            assert (dtype, shape) == ("F32", tuple(tensor.shape))
            assert path.read_bytes()[start + begin : start + end] == tensor.numpy().tobytes()


@pytest.mark.parametrize("entries, room, says", [
    ([("a", "F32", [2], [0, 8]), ("b", "F32", [1], [4, 8])], 8, "begins at byte 4"),
    ([("a", "F32", [2], [0, 8]), ("b", "F32", [1], [12, 16])], 16, "begins at byte 12"),
    ([("a", "F32", [2], [0, 8])], 12, "8 bytes together"), ([("a", "F32", [2], [4, 12])], 12, "begins at byte 4"),
    ([("a", "F16", [2], [0, 8])], 8, "needs 4"), ([("a", "F32", [2**64, 2**64], [0, 8])], 8, "needs"), ])
def test_tensors_fill_a_file_without_gaps(entries, room, says):
    head = {name: {"dtype": dtype, "shape": shape, "data_offsets": place} for name, dtype, shape, place in entries}
    with pytest.raises(ValueError, match=says):
        list_tensors(head, room)
    assert list_tensors({"__metadata__": {"format": "pt"}}, 0) == {}
    assert list_tensors({"a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}, 4) == {"a": ("F32", (), 0, 4)}

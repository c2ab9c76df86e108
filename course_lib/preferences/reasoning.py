"""Questions in several steps: a model's answers to them, sampled, and how many are right."""

import torch

from .scoring import write

LONG = 64  # tokens: six steps and the answer take 50


def answers(model, tokenizer, chains, n=1, temperature=0.0, seed=0):
    """What a model answers to each question, `n` times.

    chains: a list of stories.Chain   temperature: 0 is greedy
    returns: for each question a list of `n` texts, the last lines written; None where it came to no end
    """
    dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    prompts = [ids for chain in chains for ids in [tokenizer.encode(chain.prompt)] * n]
    given = [last_line(tokenizer, row) for row in write(model, tokenizer, prompts, dice, LONG, temperature)]
    return [given[first : first + n] for first in range(0, len(given), n)]


def last_line(tokenizer, written):
    """The last line of a reply, or None where it was cut off before its end."""
    return tokenizer.decode(written[:-1]).rpartition("\n")[2] if written[-1:] == [tokenizer.end] else None


def by_length(chains, given):
    """{length: the share of the questions of so many steps that are answered right}. given: an answer for each"""
    right = {}
    for chain, answer in zip(chains, given, strict=True):
        right.setdefault(len(chain.steps), []).append(answer == chain.answer)
    return {length: sum(some) / len(some) for length, some in sorted(right.items())}

"""Answers that are written rather than picked: who keeps the thing in the end, and questions in several steps."""

import torch

from course_lib import stories

from .scoring import text_of, write

SENTENCE, LONG = 24, 64  # tokens: a closing sentence; six steps and the answer, which take 50


def keepers(model, tokenizer, plots, n=1, temperature=1.0, seed=0):
    """Who keeps the hero's thing, as a model goes on after each story up to its end, `n` times.

    returns: for each plot a list of `n` answers: a name, "nobody", or None where it says something else
    """
    dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    begun = [stories.beginning(plot, stories.before_the_end(plot)) for plot in plots]
    prompts = [ids for text in begun for ids in [tokenizer.encode(text)] * n]
    said = [stories.keeper(text_of(tokenizer, [], row).strip())
            for row in write(model, tokenizer, prompts, dice, SENTENCE, temperature)]
    return [said[first : first + n] for first in range(0, len(said), n)]


def kept_by(plot):
    """Who has the hero's thing at the end of a plot: a name, or "nobody"."""
    held = stories.holders(plot)[-1]
    return next(iter(held.values())) or "nobody"


def answers(model, tokenizer, chains, n=1, temperature=0.0, seed=0):
    """What a model answers to each question in steps, `n` times.

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

"""Twins: two tellings that are the same but for one sentence, after which somebody else has the thing."""

import random
from typing import NamedTuple

from course_lib import stories
from course_lib.stories import WORLD

OTHER = {"borrow.back": "borrow.keep", "borrow.keep": "borrow.back",
         "hide.laugh": "hide.angry", "hide.angry": "hide.laugh"}  # what may happen in place of what
TRIES = 4  # of each wording


class Twins(NamedTuple):
    """Two beginnings of a story, `before` + `told` and `before` + `other`, and a question that both can be asked.

    told, other: one sentence each; the two beginnings, and the question behind them, have equally many tokens
    question: the next sentence up to the name of who has the thing
    keeper: who that is after `told`   rival: who it is after `other`
    """

    before: str
    told: str
    other: str
    question: str
    keeper: str
    rival: str


def twins(n, tokenizer, seed=0, window=256):
    """The first n twins among stories of the training side, imagined with this seed."""
    rng, found, batch = random.Random(seed), [], 0
    while len(found) < n:
        for plot in stories.plots("train", 200, seed=f"twins {seed} {batch}"):
            made = twin(plot, tokenizer, rng)
            if made and len(tokenizer.encode(made.before + made.told + made.question)) < window:
                found.append(made)
        batch += 1
    return found[:n]


def twin(plot, tokenizer, rng):
    """The Twins of a plot, or None where none of its sentences could have gone the other way."""
    beats = [WORLD.wordings[number].beat.name for number, _ in plot.sentences]
    at = len(beats) - 3
    if beats[at] not in OTHER or beats[at + 1] != "close.one" or not asked_up_to_keeper(*plot.sentences[at + 1]):
        return None
    number, words = plot.sentences[at]
    told, text = WORLD.wordings[number].form % words, stories.tell(plot)
    before, question = text[: text.rindex(told)], asked_up_to_keeper(*plot.sentences[at + 1])
    hero, _, _, thing, _, _, _, friend, _ = stories.facts(plot)[:9]
    question, feelings = "\n" + question, before.rsplit("\n", 1)[-1]
    sizes = [len(tokenizer.encode(before + told + end)) for end in ("", question)]
    for wording in rng.sample(WORLD.of_beat[OTHER[beats[at]]], len(WORLD.of_beat[OTHER[beats[at]]])):
        for _ in range(TRIES):
            words = [word(slot, {"A": hero, "B": friend, "T": thing}, feelings, rng) for slot in wording.slots]
            other = wording.form % tuple(words)
            same = sizes == [len(tokenizer.encode(before + other + end)) for end in ("", question)]
            if same and "before its end" in stories.read(before + other).problem:
                keeper, rival = (hero, friend) if WORLD.beats[beats[at]].good else (friend, hero)
                return Twins(before, told, other, question, keeper, rival)
    return None


def word(slot, who, told, rng):
    """What fills a slot of another sentence of the same event. told: its sentences so far"""
    if slot.kind == "pronoun":
        return slot.values[who[slot.role] not in WORLD.girls]
    if slot.role in who and slot.kind != "sad":
        return who[slot.role]
    felt = [value for value in slot.values if slot.kind == "sad" and value in told]
    return rng.choice(felt or slot.values)


def asked_up_to_keeper(number, words):
    """A closing sentence up to the name of the thing's keeper, without the blank before it; "" if it begins with it."""
    wording, said = WORLD.wordings[number], ""
    for piece, slot, value in zip(wording.form.split("%s"), wording.slots, words, strict=False):
        said += piece
        if slot.role == "K":
            break
        said += value
    return said.rstrip()

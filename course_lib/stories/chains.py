"""Composed questions: who found what the one who found the lamp holds now? A generator beside that of the stories.

Some people have each found one thing, and each hold another one now. So from a thing one gets to its finder, from there
to what the finder holds, and on. The text is two lists of pairs, in which the second word stands right after the first,
as in *lamp Mia*, so that a look at what stood before a word finds it (induction heads: Olsson et al. 2022). Every step
is such a pair, and the question names only the first thing.
"""

import random
import zlib
from typing import NamedTuple

from .plot import SPLIT
from .world import WORDS

LONGEST = 6  # steps
HEROES = WORDS["hero girls"] + WORDS["hero boys"]
PEOPLE = 6


class Chain(NamedTuple):
    """A text, a question about it, the steps that lead to the answer, a pair each, and the answer."""

    text: str
    question: str
    steps: tuple[str, ...]
    answer: str

    @property
    def prompt(self):
        """What is given: the text and the question, a line each."""
        return f"{self.text}\n{self.question}\n"

    def reply(self, steps=True):
        """What is to be written: the steps in a line, if they are wanted, and the answer in the last."""
        return f"{', '.join(self.steps)}\n{self.answer}" if steps else self.answer


def chain(rng: random.Random, length: int, people: int = PEOPLE) -> Chain:
    """A new text about some people, with a question whose answer takes `length` steps, 1 to 6.

    people: 2 to 16, and so many that no step comes back to what was asked: more than half of `length`

    >>> one = chain(random.Random(0), 2)
    >>> one.question, one.steps
    ('What does the one who found the whistle have now?', ('whistle Rosa', 'Rosa parasol'))
    """
    if length not in range(1, LONGEST + 1):
        raise ValueError(f"length is {length!r}; a question takes 1 to {LONGEST} steps")
    if people not in range(max(2, length // 2 + 1), len(HEROES) + 1):
        raise ValueError(f"people is {people!r}; for {length} steps there must be {max(2, length // 2 + 1)} to "
                         f"{len(HEROES)} of them")
    names = rng.sample(HEROES, people)
    found = dict(zip(rng.sample(WORDS["things"], people), names, strict=True))  # thing: who found it
    things = list(found)
    # each holds what the next one found, so no chain comes back to where it began before all have been asked
    holds = {name: things[(n + 1) % people] for n, name in enumerate(names)}
    finds, holdings = ([f"{first} {second}" for first, second in pairs.items()] for pairs in (found, holds))
    rng.shuffle(finds)
    rng.shuffle(holdings)
    thing, steps = rng.choice(things), []
    asked = f"the {thing}"
    for step in range(length):
        if step % 2 == 0:
            name = found[thing]
            steps.append(f"{thing} {name}")
            question, answer, asked = f"Who found {asked}?", name, f"the one who found {asked}"
        else:
            thing = holds[name]
            steps.append(f"{name} {thing}")
            question, answer, asked = f"What does {asked} have now?", f"the {thing}", f"what {asked} has now"
    text = f"Found: {', '.join(finds)}. Now: {', '.join(holdings)}."
    return Chain(text, question, tuple(steps), answer)


def chains(split: str, n: int, lengths=range(1, LONGEST + 1), people: int = PEOPLE, seed: int = 0) -> list[Chain]:
    """`n` questions of one split, "train" or "validation", whose lengths come in turn.

    One question in sixteen is held out, by a checksum of its text: no question is in both splits.
    """
    if split not in ("train", "validation"):
        raise ValueError(f'there is no split {split!r}: ask for "train" or "validation"')
    rng, found, lengths = random.Random(f"chains {split} {seed}"), [], list(lengths)
    while len(found) < n:
        one = chain(rng, lengths[len(found) % len(lengths)], people)
        if (zlib.crc32(one.prompt.encode()) % SPLIT == 0) == (split == "validation"):
            found.append(one)
    return found

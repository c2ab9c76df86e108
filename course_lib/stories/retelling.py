"""The same plots in another voice: told again in couplets, and read back; and which voice a text is in."""

import random

from .grammar import World
from .plot import Dice, Plot, key_of, walk
from .reading import READER, Reader, _take_apart
from .tasks import Noting
from .telling import VERSE, WORLD, plots

VERSE_READER = Reader(VERSE)
VOICES = {"prose": READER, "verse": VERSE_READER}


class Retelling(Dice):
    """The guide that tells what a plot tells, with other words: dice only where the plot says nothing."""

    def __init__(self, plot: Plot, rng: random.Random):
        super().__init__(rng)
        guide = Noting(plot)
        self.beats = list(walk(WORLD, guide).told)
        self.noted = guide.noted

    def beat(self, state, options):
        return next(option for option in options if option.name == self.beats[len(state.told)])

    def choose(self, state, slot, values):
        settled = self.noted[len(state.events)] if slot.kind != "free" and len(state.events) < len(self.noted) else {}
        known = settled.get(key_of(slot, state.roles.get(slot.role, slot.role)))
        if known is None:
            return super().choose(state, slot, values)
        self.words.append(known)
        return known


def retell(plot: Plot, rng: random.Random, world: World = VERSE) -> Plot:
    """What happens in a plot of `WORLD`, told in another voice: a plot of `world`.

    It has the same events with the same ends, the same people, things, places, colours and feelings wherever both
    voices name them. Words that nothing depends on, and what only the new voice names, are drawn by `rng`: so retold
    plots are as likely as if `imagine(rng, world)` had drawn them. `ending`, `holders` and `questions` speak of
    plots of `WORLD`: ask them about the plot that was retold.

    >>> from course_lib.stories import imagine, read, tell
    >>> verse = retell(imagine(random.Random(0)), random.Random(0))
    >>> read(tell(verse, VERSE), VERSE_READER).plot == verse
    True
    """
    guide = Retelling(plot, rng)
    walk(world, guide)
    return Plot(tuple((number, tuple(words)) for number, words in guide.sentences))


def verses(split: str, n: int, seed: int = 0) -> list[Plot]:
    """`plots(split, n, seed)` retold: plots of `VERSE`. So what a held-out verse tells, no training story tells."""
    rng = random.Random(f"verses {split} {seed}")
    return [retell(plot, rng) for plot in plots(split, n, seed)]


def voice(text: str) -> str:
    """"prose" or "verse": in which voice more of a text can be read from its beginning on; "" where in neither.

    >>> voice("Behind a red door lived Mia, a shy little fox. She"), voice("The cat sat on the mat.")
    ('prose', '')
    """
    read = {name: len(_take_apart(text, reader)[0]) for name, reader in VOICES.items()}
    best = max(read, key=read.get)
    return best if read[best] else ""

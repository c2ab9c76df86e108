"""The default world, and its plots imagined and told."""

import random

from .adventures import FRIEND_EVENTS
from .events import THING_EVENTS
from .grammar import World
from .plot import SPLIT, Dice, Plot, Script, State, walk
from .verses import in_verse
from .wordings import CLOSING, OPENING
from .world import WORDS

BEATS = OPENING + THING_EVENTS + FRIEND_EVENTS + CLOSING
WORLD = World(WORDS, BEATS)
VERSE = World(WORDS, in_verse(BEATS), between="\n", apart="\n\n")  # the same world in another voice


def imagine(rng: random.Random, world: World = WORLD) -> Plot:
    """A new plot: every choice drawn by `rng`.

    >>> imagine(random.Random(1)) == imagine(random.Random(1))
    True
    """
    dice = Dice(rng)
    walk(world, dice)
    return Plot(tuple((number, tuple(words)) for number, words in dice.sentences))


def tell(plot: Plot, world: World = WORLD) -> str:
    """A plot rendered as its story: a few paragraphs of plain text, without a newline at the end.

    A paragraph begins where an event or the end begins. No story is the beginning of another: the sentences of
    `close.glad` and `close.sorry` stand at the end of a story and nowhere else, and no sentence begins another.
    So the end of a story is no news: nothing needs to be paid for the end-of-text token that follows it.
    """
    told = []
    event = None
    for number, words in plot.sentences:
        wording = world.wordings[number]
        if event not in (None, wording.beat.event):
            told.append(world.apart)
        elif event:
            told.append(world.between)
        event = wording.beat.event
        told.append(wording.form % words)
    return "".join(told)


def follow(plot: Plot, world: World = WORLD) -> State:
    """Walk through a plot once more; the state at the end knows its bits and who held what."""
    return walk(world, Script(plot.sentences))


def bits(plot: Plot, world: World = WORLD) -> float:
    """The exact -log2 of the probability that `imagine` draws this plot, and so of the story `tell` makes of it."""
    return follow(plot, world).bits


def split_of(plot: Plot, world: World = WORLD) -> str:
    """"validation" for one plot in sixteen, else "train": a plot is always on the same side.

    The side is the sum of the indices of all choices, modulo sixteen. One of them, the colour in the first sentence,
    is drawn from exactly sixteen and nothing else depends on it: so the sum is uniform whatever the other choices are,
    and there is nothing to see in a held-out story.
    """
    return "train" if follow(plot, world).code % SPLIT else "validation"


def plots(split: str, n: int, seed: int = 0) -> list[Plot]:
    """`n` plots of one split, "train" or "validation"; different seeds give independent plots."""
    if split not in ("train", "validation"):
        raise ValueError(f'there is no split {split!r}: ask for "train" or "validation"')
    rng = random.Random(f"{split} {seed}")
    found = []
    while len(found) < n:
        dice = Dice(rng)
        state = walk(WORLD, dice)
        if (state.code % SPLIT == 0) == (split == "validation"):
            found.append(Plot(tuple((number, tuple(words)) for number, words in dice.sentences)))
    return found


def texts(split: str, n: int, seed: int = 0) -> list[str]:
    """The stories of `plots(split, n, seed)`, told."""
    return [tell(plot) for plot in plots(split, n, seed)]


def floor(plots: list[Plot], world: World = WORLD) -> float:
    """Bits per byte that the best possible model needs for these stories: their bits over their utf-8 bytes."""
    if not plots:
        raise ValueError("the floor of no stories is not defined: give at least one plot")
    told = sum(len(tell(plot, world).encode("utf-8")) for plot in plots)
    return sum(bits(plot, world) for plot in plots) / told

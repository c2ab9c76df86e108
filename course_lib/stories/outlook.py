"""How likely each ending is, for somebody who has read a story only so far: exact, from the grammar."""

from .plot import Plot
from .tasks import ENDINGS
from .telling import WORLD, tell


def beginning(plot: Plot, sentences: int) -> str:
    """The first sentences of a story, as they stand in it. raises: ValueError where there are not so many"""
    if not 0 <= sentences <= len(plot.sentences):
        raise ValueError(f"this story has {len(plot.sentences)} sentences, so it has no first {sentences}")
    return tell(Plot(plot.sentences[:sentences]))


def before_the_end(plot: Plot) -> int:
    """How many sentences a story has before its last paragraph, in which it says how all ended."""
    return next(n for n, beat in enumerate(beats(plot)) if beat.event == "close")


def outlook(plot: Plot, sentences: int) -> dict[str, float]:
    """The exact probability of each kind of ending, for whoever has read so many sentences and no more.

    {"happy": …, "mended": …, "sour": …, "sad": …}, which add up to 1. What has happened is known from the text, and
    what may come is drawn by the grammar alone: neither wordings nor words in slots say anything about it. It speaks of
    stories cut by a rule that looks at what was told only ("after the fourth sentence", "where the last event
    begins"); a rule that looks ahead, such as "leave out the last sentence of the event", says something by itself.
    """
    beginning(plot, sentences)  # refuses what cannot be
    chances = dict.fromkeys(ENDINGS.values(), 0.0)
    told = beats(plot)[:sentences]
    outcomes = tuple(beat.good for beat in told if beat.good is not None and beat.event != "close")
    for (first, last), chance in ahead(tuple(beat.name for beat in told), outcomes).items():
        chances[ENDINGS[first, last]] += chance
    return chances


def beats(plot: Plot) -> list:
    """The beat of each sentence."""
    return [WORLD.wordings[number].beat for number, _ in plot.sentences]


def ahead(told: tuple[str, ...], outcomes: tuple[bool, ...]) -> dict[tuple[bool, bool], float]:
    """{(how the first event went, how the last): probability}, after the beats named in `told`."""
    options = WORLD.follows(told)
    if not options or options[0].event == "close":
        return {(outcomes[0], outcomes[-1]): 1.0}
    found: dict[tuple[bool, bool], float] = {}
    total = sum(option.weight for option in options)
    for option in options:
        known = outcomes if option.good is None else (*outcomes, option.good)
        for ends, chance in ahead((*told, option.name), known).items():
            found[ends] = found.get(ends, 0.0) + chance * option.weight / total
    return found

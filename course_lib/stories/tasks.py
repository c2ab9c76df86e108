"""What can be asked of a plot, answered from the same truth: who holds what, how it ends, questions, instructions."""

from typing import NamedTuple

from .plot import Plot
from .reading import read
from .telling import WORLD, follow

#: How each event is called when somebody asks for it.
EVENT_NAMES = {
    "lose": "something gets lost", "give": "someone asks for a present", "borrow": "something is borrowed",
    "trade": "two things are swapped", "mend": "something breaks", "hide": "something is hidden for a joke",
    "rescue": "someone is rescued", "build": "the friends build something", "quarrel": "the friends quarrel",
    "race": "there is a race", "rain": "it rains", "stranger": "a stranger needs help", "find": "something is found",
    "share": "the friends share a meal",
}  # fmt: skip

#: The kinds of ending, from the kindest to the saddest, by how the first and the last event went.
ENDINGS = {(True, True): "happy", (False, True): "mended", (True, False): "sour", (False, False): "sad"}


class Question(NamedTuple):
    """A question about a story that has one right answer. `kind`: holder, kind, place, colour or ending."""

    text: str
    answer: str
    kind: str


def holders(plot: Plot) -> list[dict[str, str | None]]:
    """Who holds what after each sentence: one {thing: name, or None where nobody holds it} per sentence."""
    state = follow(plot)
    now: dict[str, str | None] = {}
    after = []
    moves = iter([*state.moves, (len(plot.sentences) + 1, "", None)])
    number, thing, who = next(moves)
    for sentence in range(1, len(plot.sentences) + 1):
        while number == sentence:
            now[state.facts[thing]] = who and state.facts[who]
            number, thing, who = next(moves)
        after.append(dict(now))
    return after


def events(plot: Plot) -> list[str]:
    """The events of a story in order, as keys of `EVENT_NAMES`."""
    seen = dict.fromkeys(WORLD.wordings[number].beat.event for number, _ in plot.sentences)
    return [event for event in seen if event not in ("open", "close")]


def ending(plot: Plot) -> str:
    """How a story ends: "happy" (all went well), "mended" (only at last), "sour" (only at first) or "sad"."""
    outcomes = follow(plot).outcomes
    return ENDINGS[outcomes[0], outcomes[-1]]


def questions(plot: Plot) -> list[Question]:
    """Questions about the whole story, with their answers."""
    state = follow(plot)
    facts = state.facts
    asked = [
        Question(f"Who has the {facts[thing]} now?", facts[who] if who else "nobody", "holder")
        for thing, who in state.holder.items()
    ]
    for person in ("hero", "friend", "stranger"):
        if person in facts and f"{person}.kind" in facts:
            asked.append(Question(f"What kind of animal is {facts[person]}?", facts[f"{person}.kind"], "kind"))
    where = f"Where did {facts['hero']} go with the {facts['thing']}?"
    asked.append(Question(where, f"to the {facts['place']}", "place"))
    asked.append(Question(f"What colour is the {facts['part']}?", facts["colour"], "colour"))
    asked.append(Question("How does the story end?", ending(plot), "ending"))
    return asked


def instruction(plot: Plot) -> str:
    """The plot as a request that its story fulfils: hero, thing, events and the ending."""
    facts = follow(plot).facts
    happens = ", then ".join(EVENT_NAMES[event] for event in events(plot))
    return (
        f"Tell a story about {facts['hero']} the {facts['hero.kind']} and a {facts['thing.look']} {facts['thing']}. "
        f"In it {happens}. Let the ending be {ending(plot)}."
    )


def obedient(text: str, wish: str) -> bool:
    """Whether a text is a story of this world, in order, and does all that the instruction `wish` asks for."""
    plot = read(text).plot
    return plot is not None and instruction(plot) == wish

"""What can be asked of a plot, answered from the same truth: who holds what, how it ends, questions, instructions."""

from typing import NamedTuple

from .plot import Plot, Script, key_of, walk
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

#: The same in one word each, as `facts` has it.
EVENT_WORDS = {
    "lose": "lost", "give": "present", "borrow": "lent", "trade": "offered", "mend": "broke", "hide": "joke",
    "rescue": "saved", "build": "build", "quarrel": "quarrel", "race": "race", "rain": "rain", "stranger": "help",
    "find": "found", "share": "shared",
}  # fmt: skip

#: What a plot settles, in the order in which `facts` has it.
FACTS = ("hero", "hero.kind", "thing.look", "thing", "colour", "part", "place", "friend", "friend.kind",
         "stranger", "stranger.kind", "find.look", "find", "spot", "hero.sad", "friend.sad")  # fmt: skip

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


class Noting(Script):
    """A guide that follows a plot and notes what is settled on the way, for the opening and for each event."""

    def __init__(self, plot: Plot):
        super().__init__(plot.sentences)
        self.noted: list[dict[str, str]] = []  # {"hero": "Mia", "thing.look": "shiny", …}

    def choose(self, state, slot, values):
        value = super().choose(state, slot, values)
        self.noted += [{} for _ in range(len(state.events) + 1 - len(self.noted))]
        if slot.kind != "free":
            self.noted[-1][key_of(slot, state.roles.get(slot.role, slot.role))] = value
        return value


def facts(plot: Plot) -> list[str]:
    """A plot's bare facts, a word each: what its story has to stick to, and nothing of how it is worded.

    First the nine of the opening, from the hero's name to the friend's kind, in the order of `FACTS`. Then for each
    event its word in `EVENT_WORDS`, "good" or "bad" as it went, and what it brings along, in the same order.

    >>> import random
    >>> from course_lib.stories import imagine
    >>> " ".join(facts(imagine(random.Random(2))))
    'Sam fox battered flute blue sundial barn Toby lamb rain bad brook lost bad rock miserable'
    """
    guide = Noting(plot)
    state = walk(WORLD, guide)
    settled = [sorted(noted, key=FACTS.index) for noted in guide.noted]
    told = [guide.noted[0][name] for name in settled[0]]
    for n, (event, went) in enumerate(zip(state.events, state.outcomes, strict=True), start=1):
        told += [EVENT_WORDS[event], "good" if went else "bad"]
        told += [guide.noted[n][name] for name in settled[n]] if n < len(settled) else []
    return told


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

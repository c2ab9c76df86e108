"""A story as it happens: the walk that draws, checks and weighs every choice.

`walk` goes through a story sentence by sentence. Whenever the world leaves something open it asks its *guide* to
choose; whatever the world has already settled (a name, who holds the lamp) it hands the guide to be repeated. A guide
with dice imagines a new plot; a guide with a script follows a given one and objects where it contradicts the world.
So the choices are counted once, in one place, and `bits` is exact: the sum of -log2 of each choice's probability.
"""

import random
from dataclasses import dataclass
from math import log2

from .grammar import ROLES, Beat, Slot, Wording, World

SPLIT = 16  # one story in sixteen is held out


@dataclass(frozen=True, order=True)
class Plot:
    """All that happens in one story and how it is told: for each sentence its wording and the words in its slots.

    Two plots are equal exactly when their tellings are. Plots are made by `imagine` and `read`.
    """

    sentences: tuple[tuple[int, tuple[str, ...]], ...]


class Contradiction(Exception):
    """A script says something that the world does not agree with; the text says what, in words."""


class State:
    """The world in the middle of a story: what is settled, who holds what, and what the choices have cost so far."""

    def __init__(self, world: World):
        self.world = world
        self.facts: dict[str, str] = {}  # "hero" -> "Mia", "hero.kind" -> "fox", "thing.look" -> "shiny"
        self.since: dict[str, int] = {}  # the sentence, counted from 1, that settled the fact
        self.roles: dict[str, str | None] = dict(ROLES)  # whom a slot's role means
        self.holder: dict[str, str | None] = {}  # "thing" -> "hero"
        self.moves: list[tuple[int, str, str | None]] = []  # (sentence, thing, new holder)
        self.told: tuple[str, ...] = ()
        self.events: list[str] = []
        self.outcomes: list[bool] = []
        self.bits = 0.0
        self.code = 0  # the sum of the indices of all choices

    def enter(self, beat: Beat) -> None:
        """Begin an event: it has a spot of its own, and feelings start anew."""
        self.events.append(beat.event)
        for key in ("spot", "hero.sad", "friend.sad"):
            self.facts.pop(key, None)

    def close(self) -> None:
        """Begin the end of the story: K and M are the keepers of the things."""
        self.roles["K"], self.roles["M"] = self.holder["thing"], self.holder.get("find")

    def fits(self, beat: Beat) -> bool:
        """Whether the state of the world lets this beat happen (the grammar has allowed it already)."""
        if beat.event != "close":
            return True
        if beat.good is not None:
            return beat.good == self.outcomes[-1]
        keeper = self.holder["thing"]
        if keeper is None or "find" not in self.holder:
            return beat.name == ("close.one" if keeper else "close.lost")
        return beat.name == ("close.both" if keeper == self.holder["find"] else "close.two")


def walk(world: World, guide) -> State:
    """Go through one story, asking `guide` for every choice; the state at its end knows bits, facts and holders."""
    state = State(world)
    while options := world.follows(state.told):
        fitting = options if len(options) == 1 else [beat for beat in options if state.fits(beat)]
        beat = guide.beat(state, fitting)
        state.bits += log2(sum(option.weight for option in fitting) / beat.weight)
        state.code += fitting.index(beat)
        if beat.event not in ("open", "close"):
            if not state.events or state.events[-1] != beat.event:
                state.enter(beat)
        elif beat in world.closing:
            state.close()
        wordings = world.of_beat[beat.name]
        wording = guide.wording(state, wordings)
        state.bits += log2(len(wordings))
        state.code += wording.number - wordings[0].number
        for slot in wording.slots:
            fill(state, slot, guide)
        state.told += (beat.name,)
        for thing, who in beat.moves:
            thing, who = state.roles[thing], who and state.roles[who]
            state.holder[thing] = who
            state.moves.append((len(state.told), thing, who))
        if beat.good is not None and beat.event != "close":
            state.outcomes.append(beat.good)
    return state


def fill(state: State, slot: Slot, guide) -> None:
    """Settle one slot: repeat what the world knows, or let the guide choose."""
    kind, role, values, _ = slot
    if kind == "free":
        return choose(state, slot, values, guide)
    role = state.roles.get(role, role)
    facts = state.facts
    if kind == "pronoun":
        return guide.recall(state, slot, values[facts[role] not in state.world.girls])
    key = key_of(slot, role)
    if key in facts:
        return guide.recall(state, slot, facts[key])
    facts[key] = choose(state, slot, values, guide)
    state.since[key] = len(state.told) + 1


def key_of(slot: Slot, role: str) -> str:
    """Under which key the world remembers what a slot says: "hero", "hero.kind", "place"."""
    return f"{role}.{slot.kind}" if slot.kind in ("kind", "sad", "look") else role


def choose(state: State, slot: Slot, values, guide) -> str:
    """One of equally likely values, by the guide; its cost is counted here and nowhere else."""
    value = guide.choose(state, slot, values)
    state.bits += log2(len(values))
    state.code += values.index(value)
    return value


class Dice:
    """The guide that imagines: every choice by `rng`, and all of it written down as a plot."""

    def __init__(self, rng: random.Random):
        self.random = rng.random
        self.sentences: list[tuple[int, list[str]]] = []

    def beat(self, state: State, options: list[Beat]) -> Beat:
        if len(options) == 1:
            return options[0]
        at = self.random() * sum(option.weight for option in options)
        for option in options:
            at -= option.weight
            if at < 0:
                return option
        return options[-1]

    def wording(self, state: State, wordings: tuple[Wording, ...]) -> Wording:
        wording = wordings[int(self.random() * len(wordings))]
        self.words: list[str] = []
        self.sentences.append((wording.number, self.words))
        return wording

    def choose(self, state: State, slot: Slot, values) -> str:
        value = values[int(self.random() * len(values))]
        self.words.append(value)
        return value

    def recall(self, state: State, slot: Slot, value: str) -> None:
        self.words.append(value)


class Script:
    """The guide that follows given sentences, and raises `Contradiction` where they disagree with the world."""

    def __init__(self, sentences):
        self.sentences = iter(sentences)

    def beat(self, state: State, options: list[Beat]) -> Beat:
        number, words = next(self.sentences)
        self.given, self.words = state.world.wordings[number], iter(words)
        if self.given.beat not in options:
            raise Contradiction(say_unfit(state, self.given.beat))
        return self.given.beat

    def wording(self, state: State, wordings: tuple[Wording, ...]) -> Wording:
        return self.given

    def choose(self, state: State, slot: Slot, values) -> str:
        given = next(self.words)
        if given not in values:
            raise Contradiction(say_taken(state, slot, given))
        return given

    def recall(self, state: State, slot: Slot, value: str) -> None:
        given = next(self.words)
        if given != value:
            raise Contradiction(say_differs(state, slot, given, value))


def last_move(state: State, thing: str = "thing") -> str:
    """Why a thing is where it is: "Tom got it in sentence 3"."""
    number, _, who = [move for move in state.moves if move[1] == thing][-1]
    return f"{state.facts[who]} got it in sentence {number}" if who else f"it was lost in sentence {number}"


def say_unfit(state: State, beat: Beat) -> str:
    """An ending at the right place in the wrong world."""
    where = f"sentence {len(state.told) + 1}: "
    facts = state.facts
    if beat.good is not None:
        went = "well" if state.outcomes[-1] else "badly"
        return f"{where}a {'glad' if beat.good else 'sad'} end, but the last event went {went}"
    thing, keeper = facts["thing"], state.holder["thing"]
    if beat.name == "close.lost":
        return f"{where}the {thing} is lost here, but {last_move(state)}"
    if keeper is None:
        return f"{where}somebody has the {thing} here, but {last_move(state)}"
    if "find" not in state.holder:
        return f"{where}another thing is named here, but only the {thing} is in this story"
    if beat.name == "close.one":
        return f"{where}the {facts['find']} is left out here"
    kept = f"the {thing} is {facts[keeper]}'s and the {facts['find']} {facts[state.holder['find']]}'s"
    return f"{where}{'one has both' if beat.name == 'close.both' else 'each has one'} here, but {kept}"


NEW = {"hero": "the hero's name", "friend": "the friend's name", "stranger": "a stranger's name",
       "thing": "the hero's own thing", "find": "a new thing", "place": "where the story goes",
       "spot": "where an event happens"}  # fmt: skip


def say_taken(state: State, slot: Slot, given: str) -> str:
    """A choice that is not open: the word belongs to another part."""
    return f"sentence {len(state.told) + 1}: {given} cannot be {NEW[state.roles.get(slot.role, slot.role)]}"


def say_differs(state: State, slot: Slot, given: str, value: str) -> str:
    """A word that should repeat what the story has said, and does not."""
    where = f"sentence {len(state.told) + 1}: "
    role = state.roles.get(slot.role, slot.role)
    if slot.kind == "pronoun":
        return f"{where}“{given}” is said of {state.facts[role]}, it should be “{value}”"
    if slot.role in ("K", "M"):
        thing = "thing" if slot.role == "K" else "find"
        return f"{where}{given} holds the {state.facts[thing]}, but {last_move(state, thing)}"
    if slot.kind == "name":
        return f"{where}{given} stands where {value} should"
    if slot.kind == "thing":
        return f"{where}the {given} stands where the {value} should"
    return f"{where}{given} here, but {value} in sentence {state.since[key_of(slot, role)]}"

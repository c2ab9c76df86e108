"""How sentences are made and in which order they may come: slots, wordings, beats and the world that holds them.

A *beat* is a step of a story ("the lamp is lost"); a *wording* is one sentence that can tell it; a *slot* is a place
in a wording that the plot fills: `{A}` a name, `{A.his}` a pronoun, `{T.look}` a quality, `{food}` a free choice.
Wordings are written once, in `wordings` and `events`; telling fills them, reading takes them apart.

Slots, by what stands before the dot:
    hero friend     the two main characters
    A B             the same two in an event: A is the hero
    C               a stranger who enters in this event
    T N             the hero's thing; the new thing of this event
    K M             at the end of a story: who holds T, who holds N
    place spot      where the story goes; where this event goes
    colour part     the detail of the first sentence that returns in the last
    anything else   a list in `world.WORDS`, drawn anew each time
After the dot: kind, sad (a feeling), he him his He His (pronouns), look.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

ROLES = {"hero": "hero", "friend": "friend", "A": "hero", "B": "friend", "C": "stranger", "T": "thing", "N": "find"}
PEOPLE = {"hero", "friend", "A", "B", "C", "K", "M"}
OBJECTS = {"T", "N"}
PRONOUNS = {
    "he": ("she", "he"), "him": ("her", "him"), "his": ("her", "his"), "He": ("She", "He"), "His": ("Her", "His"),
}  # fmt: skip


class Slot(NamedTuple):
    """One gap in a wording. `kind` says what fills it, `role` whom or what it is about."""

    kind: str
    role: str
    values: tuple[str, ...]  # the choices when it is settled, all equally likely
    readable: tuple[str, ...]  # what may stand there in a text: the choices, or more where a text may mistake the role


class Wording(NamedTuple):
    """One sentence with gaps: `form` is filled by `form % words`, one word per slot."""

    number: int
    beat: "Beat"
    form: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, eq=False)
class Beat:
    """A step of a story, the sentences that can tell it, and what it changes.

    moves: who holds what afterwards, {"T": "B"} or {"T": None} for nobody.
    then: the beats of the same event that may follow; none ends the event. good: how an event that ends here went.
    weight: chance among its rivals.
    """

    name: str
    lines: tuple[str, ...]
    moves: tuple[tuple[str, str | None], ...] = ()
    then: tuple[str, ...] = ()
    good: bool | None = None
    weight: int = 1

    @cached_property
    def event(self) -> str:
        """The event this beat belongs to: "lose" of "lose.gone"."""
        return self.name.partition(".")[0]


def beat(name, text, *, moves=None, then="", good=None, weight=1) -> Beat:
    """A beat whose wordings are the non-empty lines of `text`."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    return Beat(name, lines, tuple((moves or {}).items()), tuple(then.split()), good, weight)


class World:
    """Everything that can be told: lists of words, and beats compiled against them.

    words: lists of equally likely values, as in `world.WORDS`.
    between, apart: what stands between two sentences of a paragraph, and between two paragraphs.
    beats: all beats; those named "open.…" begin a story in the given order, those named "close.…" end it, and any
    other beat that no beat leads to begins an event.

    An event is *moving* if a thing gets a new holder in it. A story has one moving event, and perhaps another one
    before it: so the hero holds the thing when the moving event begins, and its end decides who keeps what.
    """

    def __init__(self, words: dict[str, tuple[str, ...]], beats: list[Beat], between: str = " ", apart: str = "\n"):
        self.between, self.apart = between, apart
        self.words = {key: tuple(values) for key, values in words.items()}
        for who in ("hero", "friend", "stranger"):
            self.words[who] = self.words[f"{who} girls"] + self.words[f"{who} boys"]
        self.words["names"] = self.words["hero"] + self.words["friend"] + self.words["stranger"]
        self.girls = frozenset(name for key in self.words if key.endswith("girls") for name in self.words[key])
        self.beats = {beat.name: beat for beat in beats}
        self.wordings: list[Wording] = []
        self.of_beat: dict[str, tuple[Wording, ...]] = {}
        for beat in beats:
            self.of_beat[beat.name] = tuple(self._compile(beat, line) for line in beat.lines)
        led_to = {f"{beat.event}.{name}" for beat in beats for name in beat.then}
        self.opening = tuple(beat for beat in beats if beat.event == "open")
        self.closing = tuple(beat for beat in beats if beat.event == "close" and beat.name not in led_to)
        starts = [beat for beat in beats if beat.event not in ("open", "close") and beat.name not in led_to]
        moving = {beat.event for beat in beats if beat.moves}
        self.moving = tuple(beat for beat in starts if beat.event in moving)
        self.quiet = tuple(beat for beat in starts if beat.event not in moving)
        self._next: dict[tuple, tuple[Beat, ...]] = {}

    def _compile(self, beat: Beat, line: str) -> Wording:
        slots = tuple(self._slot(expression) for expression in re.findall(r"\{(.+?)\}", line))
        wording = Wording(len(self.wordings), beat, re.sub(r"\{.+?\}", "%s", line), slots)
        self.wordings.append(wording)
        return wording

    def _slot(self, expression: str) -> Slot:
        role, _, attribute = expression.partition(".")
        words = self.words
        if attribute in PRONOUNS:
            return Slot("pronoun", role, PRONOUNS[attribute], PRONOUNS[attribute])
        if role in PEOPLE | OBJECTS and attribute:  # "kind", "sad", "look"
            values = words[{"kind": "kinds", "sad": "sad", "look": "looks"}[attribute]]
            return Slot(attribute, role, values, values)
        if role in PEOPLE:
            return Slot("name", role, words.get(ROLES.get(role), ()), words["names"])
        if role in OBJECTS:
            return Slot("thing", role, words["things" if role == "T" else "finds"], words["things"] + words["finds"])
        if role in ("place", "spot"):
            return Slot("place", role, words[f"{role}s"], words["places"] + words["spots"])
        if role in ("colour", "part"):
            return Slot(role, role, words[f"{role}s"], words[f"{role}s"])
        return Slot("free", role, words[role], words[role])

    def follows(self, told: tuple[str, ...]) -> tuple[Beat, ...]:
        """The beats the grammar allows after the beats named in `told`, whatever the state of the world is."""
        if told not in self._next:
            self._next[told] = self._follow(told)
        return self._next[told]

    def _follow(self, told: tuple[str, ...]) -> tuple[Beat, ...]:
        if len(told) < len(self.opening):
            return (self.opening[len(told)],)
        last = self.beats[told[-1]]
        if last.then:
            return tuple(self.beats[f"{last.event}.{name}"] for name in last.then)
        if last.event == "close":
            return ()
        if last.event == "open":
            return self.quiet + self.moving
        return self.moving if any(start.event == last.event for start in self.quiet) else self.closing

"""How sentences are made and in which order they may come: slots, wordings, beats and the world that holds them.

A *beat* is a step of a story ("the lamp is lost"); a *wording* is one sentence that can tell it; a *slot* is a place
in a wording that the plot fills: `{A}` a name, `{A.his}` a pronoun, `{T.look}` a quality, `{food}` a free choice.
Wordings are written once, in `wordings` and `events`; telling fills them, reading takes them apart.

Slots, by what stands before the dot:
    hero friend     the two main characters
    A B             the same two, by their part in an event: if the event is about the hero's thing, A holds it when
                    the event begins; in any other event A is the hero
    C               a stranger who enters in this event
    T N             the hero's thing; the new thing of this event
    K M             at the end of a story: who holds T, who holds N
    place spot      where the story goes; where this event goes
    colour part     the detail of the first sentence that returns in the last
    anything else   a list in `world.FREE`, drawn anew each time
After the dot: kind, sad (a feeling), he him his He His (pronouns), look.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

PEOPLE = {"hero", "friend", "A", "B", "C", "K", "M"}
OBJECTS = {"T", "N"}
PRONOUNS = {
    "he": ("she", "he"), "him": ("her", "him"), "his": ("her", "his"), "He": ("She", "He"), "His": ("Her", "His"),
}  # fmt: skip


class Slot(NamedTuple):
    """One gap in a wording. `kind` says what fills it, `role` whom or what it is about."""

    kind: str
    role: str
    values: tuple[str, ...]
    all: frozenset[str]  # the same values, to look them up


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
    held: (first beat of an event) the thing must be in the hands of one of the two. weight: chance among its rivals.
    """

    name: str
    lines: tuple[str, ...]
    moves: tuple[tuple[str, str | None], ...] = ()
    then: tuple[str, ...] = ()
    good: bool | None = None
    held: bool = False
    weight: int = 1

    @cached_property
    def event(self) -> str:
        """The event this beat belongs to: "lose" of "lose.gone"."""
        return self.name.partition(".")[0]


def beat(name, text, *, moves=None, then="", good=None, held=False, weight=1) -> Beat:
    """A beat whose wordings are the non-empty lines of `text`."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    return Beat(name, lines, tuple((moves or {}).items()), tuple(then.split()), good, held, weight)


class World:
    """Everything that can be told: lists of words, and beats compiled against them.

    words: lists of equally likely values, as in `world.WORDS`.
    beats: all beats; those named "open.…" begin a story in the given order, those named "close.…" end it, and any
    other beat that no beat leads to begins an event.
    events: how many events a story may have; it has at least one.
    """

    def __init__(self, words: dict[str, tuple[str, ...]], beats: list[Beat], events: int = 2):
        self.words = {key: tuple(values) for key, values in words.items()}
        self.words["names"] = self.words["girls"] + self.words["boys"]
        self.events = events
        self.girls = frozenset(self.words["girls"])
        self.beats = {beat.name: beat for beat in beats}
        self.wordings: list[Wording] = []
        self.of_beat: dict[str, tuple[Wording, ...]] = {}
        for beat in beats:
            self.of_beat[beat.name] = tuple(self._compile(beat, line) for line in beat.lines)
        led_to = {f"{beat.event}.{name}" for beat in beats for name in beat.then}
        self.opening = tuple(beat for beat in beats if beat.event == "open")
        self.closing = tuple(beat for beat in beats if beat.event == "close" and beat.name not in led_to)
        events = [beat for beat in beats if beat.event not in ("open", "close")]
        self.starts = tuple(beat for beat in events if beat.name not in led_to)
        self._next: dict[tuple, tuple[Beat, ...]] = {}

    def _compile(self, beat: Beat, line: str) -> Wording:
        slots = tuple(self._slot(expression) for expression in re.findall(r"\{(.+?)\}", line))
        wording = Wording(len(self.wordings), beat, re.sub(r"\{.+?\}", "%s", line), slots)
        self.wordings.append(wording)
        return wording

    def _slot(self, expression: str) -> Slot:
        role, _, attribute = expression.partition(".")
        if attribute in PRONOUNS:
            kind, values = "pronoun", PRONOUNS[attribute]
        elif role in PEOPLE:
            kind = attribute or "name"
            values = self.words[{"name": "names", "kind": "kinds", "sad": "sad"}[kind]]
        elif role in OBJECTS:
            kind, values = attribute or "thing", self.words["looks" if attribute else "things"]
        elif role in ("place", "spot"):
            kind, values = "place", self.words["places"]
        elif role in ("colour", "part"):
            kind, values = role, self.words[role + "s"]
        else:
            kind, values = "free", self.words[role]
        return Slot(kind, role, values, frozenset(values))

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
        events = [name.partition(".")[0] for name in told[len(self.opening) :]]
        more = tuple(beat for beat in self.starts if beat.event not in events) if len(set(events)) < self.events else ()
        return more + self.closing if events else more

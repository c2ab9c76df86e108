"""Reading a story back: from text to plot, or to the first thing that is wrong with it."""

import re
from dataclasses import dataclass

from .grammar import World
from .plot import Contradiction, Plot, Script, walk
from .telling import WORLD, tell

TOKEN = re.compile(r"[A-Za-z]+|\S")


@dataclass(frozen=True)
class Reading:
    """What `read` makes of a text.

    plot: the plot, if the text is well-formed and consistent, else None.
    well_formed: every sentence is one the world can say, in an order the grammar allows, from first to last.
    consistent: well-formed, and the world agrees with itself: names, pronouns, holders, places, feelings, the detail.
    problem: the first thing wrong, in words; "" when nothing is.
    """

    plot: Plot | None
    well_formed: bool
    consistent: bool
    problem: str


class Node:
    """A step in the tree of all sentences: known words lead on, slots lead on by any of their values."""

    __slots__ = ("words", "slots", "wording")

    def __init__(self):
        self.words: dict[str, Node] = {}
        self.slots: dict[tuple[str, ...], tuple[dict, Node]] = {}
        self.wording: int | None = None


class Reader:
    """All sentences of a world in one tree, by which a text is taken apart word by word."""

    def __init__(self, world: World):
        self.world = world
        self.root = Node()
        for wording in world.wordings:
            node = self.root
            pieces = re.split(r"(%s)", wording.form)
            slots = iter(wording.slots)
            for piece in pieces:
                if piece == "%s":
                    node = self._slot(node, next(slots).values)
                else:
                    for word in TOKEN.findall(piece):
                        node = node.words.setdefault(word, Node())
            node.wording = wording.number

    @staticmethod
    def _slot(node: Node, values: tuple[str, ...]) -> Node:
        if values not in node.slots:
            lookup: dict[str, list[tuple[tuple[str, ...], str]]] = {}
            for value in values:
                first, *rest = TOKEN.findall(value)
                lookup.setdefault(first, []).append((tuple(rest), value))
            node.slots[values] = (lookup, Node())
        return node.slots[values][1]

    def sentence(self, tokens: list[str], at: int) -> tuple[int, tuple[str, ...], int] | None:
        """The sentence that begins at `tokens[at]`: its wording, the words in its slots, and where it ends."""
        paths = [(self.root, at, ())]
        while paths:
            node, here, words = paths.pop()
            while node.wording is None:
                if here == len(tokens):
                    break
                token = tokens[here]
                for lookup, after in node.slots.values():
                    for rest, value in lookup.get(token, ()):
                        end = here + 1 + len(rest)
                        if not rest or tuple(tokens[here + 1 : end]) == rest:
                            paths.append((after, end, (*words, value)))
                node = node.words.get(token)
                if node is None:
                    break
                here += 1
            else:
                return node.wording, words, here
        return None


READER = Reader(WORLD)


def read(text: str, reader: Reader = READER) -> Reading:
    """Read a story back. Never raises, whatever the text.

    >>> read("Once upon a time there was a dragon.").problem
    'sentence 1 is none of this world: "Once upon a time there was a dragon."'
    """
    world = reader.world
    tokens = TOKEN.findall(text)
    sentences: list[tuple[int, tuple[str, ...]]] = []
    told: tuple[str, ...] = ()
    at = 0
    while options := world.follows(told):
        number = len(told) + 1
        if at == len(tokens):
            return _broken(f"the story stops after sentence {number - 1}, before its end" if told else "there is no story: the text is empty")
        found = reader.sentence(tokens, at)
        if found is None:
            return _broken(f'sentence {number} is none of this world: "{_excerpt(text, at)}"')
        wording, words, at = found
        beat = world.wordings[wording].beat
        if beat not in options:
            return _broken(f'sentence {number} ("{world.wordings[wording].form % words}") cannot stand here')
        told += (beat.name,)
        sentences.append((wording, words))
    if at < len(tokens):
        return _broken(f'the story has ended, but the text goes on: "{_excerpt(text, at)}"')
    plot = Plot(tuple(sentences))
    if tell(plot, world) != text:
        return _broken("the sentences are right, but the spaces or paragraphs between them are not")
    try:
        walk(world, Script(sentences))
    except Contradiction as problem:
        return Reading(None, True, False, str(problem))
    return Reading(plot, True, True, "")


def _broken(problem: str) -> Reading:
    return Reading(None, False, False, problem)


def _excerpt(text: str, at: int) -> str:
    """The words of `text` from its token `at` to the end of that sentence, for a message."""
    start = [match.start() for match in TOKEN.finditer(text)][at]
    rest = text[start : start + 80]
    end = re.search(r"[.!?]\"?(\s|$)", rest)
    return rest[: end.end()].strip() if end else rest.strip()

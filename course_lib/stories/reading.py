"""Reading a story back: from text to plot, or to the first thing that is wrong with it."""

import re
from dataclasses import dataclass

from .grammar import World
from .plot import Contradiction, Plot, Script, walk
from .telling import WORLD, tell

TOKEN = re.compile(r"[A-Za-z]+|\S")
EMPTY = "there is no story: the text is empty"


@dataclass(frozen=True)
class Reading:
    """What `read` makes of a text.

    plot: the plot, if the text is well-formed and consistent, else None.
    well_formed: every sentence is one the world can say, in an order the grammar allows, from first to last.
    consistent: well-formed, and at one with itself: names, pronouns, holders, places, feelings, the detail.
    problem: the first thing wrong, in words; "" when nothing is.
    """

    plot: Plot | None
    well_formed: bool
    consistent: bool
    problem: str


class Node:
    """A step in the tree of all sentences: where each next word may lead."""

    __slots__ = ("children", "ways", "wording")

    def __init__(self):
        self.children: dict[str | tuple[str, ...], Node] = {}  # by a known word, or by the values of a slot
        # By the first word: the words that must follow it, the value of the slot they fill (if one), where they lead.
        self.ways: dict[str, list[tuple[list[str], str | None, Node]]] = {}
        self.wording: int | None = None

    def child(self, key: str | tuple[str, ...]) -> "Node":
        """The node reached by a known word (a string) or by any value of a slot (a tuple)."""
        if key not in self.children:
            child = self.children[key] = Node()
            for value in [key] if isinstance(key, str) else key:
                first, *rest = TOKEN.findall(value)
                self.ways.setdefault(first, []).append((rest, None if value is key else value, child))
        return self.children[key]


class Reader:
    """All sentences of a world in one tree, by which a text is taken apart word by word.

    Raises ValueError if two wordings of the world differ only in who plays which part: they could not be told apart.
    """

    def __init__(self, world: World):
        self.world = world
        self.root = Node()
        for wording in world.wordings:
            node = self.root
            slots = iter(wording.slots)
            for piece in re.split(r"(%s)", wording.form):
                if piece == "%s":
                    node = node.child(next(slots).readable)
                else:
                    for word in TOKEN.findall(piece):
                        node = node.child(word)
            if node.wording is not None:
                twin = world.wordings[node.wording].form
                raise ValueError(f"two wordings cannot be told apart: {twin!r} and {wording.form!r}")
            node.wording = wording.number
        self._shorten(self.root)

    def _shorten(self, node: Node) -> None:
        """Make one step of steps that have no alternative: "in" "the" "valley" is compared at once."""
        for child in node.children.values():
            self._shorten(child)
        for ways in node.ways.values():
            for i, (rest, value, after) in enumerate(ways):
                if len(after.ways) == 1:
                    [(word, onward)] = after.ways.items()
                    if len(onward) == 1 and onward[0][1] is None:
                        ways[i] = ([*rest, word, *onward[0][0]], value, onward[0][2])

    def sentence(self, tokens: list[str], at: int) -> tuple[int, tuple[str, ...], int] | None:
        """The sentence that begins at `tokens[at]`: its wording, the words in its slots, and where it ends."""
        paths = [(self.root, at, [])]  # a word may be known and also fill a slot ("Then"): try one, keep the others
        end = len(tokens)
        while paths:
            node, here, words = paths.pop()
            while node.wording is None:
                if here == end or (ways := node.ways.get(tokens[here])) is None:
                    break
                here += 1
                if len(ways) > 1:
                    for rest, value, after in ways[1:]:
                        if tokens[here : here + len(rest)] == rest:
                            paths.append((after, here + len(rest), words + [value] * (value is not None)))
                rest, value, after = ways[0]
                if rest:
                    if tokens[here : here + len(rest)] != rest:
                        break
                    here += len(rest)
                if value is not None:
                    words.append(value)
                node = after
            if node.wording is not None:
                return node.wording, tuple(words), here
        return None


READER = Reader(WORLD)


def read(text: str, reader: Reader = READER) -> Reading:
    """Read a story back. Never raises, whatever the text.

    >>> read("Once upon a time there was a dragon.").problem
    'sentence 1 is none of this world: "Once upon a time there was a dragon."'
    """
    sentences, broken = _take_apart(text, reader)
    try:
        walk(reader.world, Script(sentences))
    except Contradiction as contradiction:
        return Reading(None, not broken, False, str(contradiction))
    except StopIteration:  # the script ended before the story did: `broken` says where
        pass
    if broken:
        return Reading(None, False, False, broken)
    return Reading(Plot(tuple(sentences)), True, True, "")


def _take_apart(text: str, reader: Reader) -> tuple[list[tuple[int, tuple[str, ...]]], str]:
    """The sentences of a text as far as the grammar allows, and what broke it ("" if nothing did)."""
    world = reader.world
    tokens = TOKEN.findall(text)
    sentences: list[tuple[int, tuple[str, ...]]] = []
    told: tuple[str, ...] = ()
    at = 0
    while options := world.follows(told):
        number = len(told) + 1
        if at == len(tokens):
            return sentences, f"the story stops after sentence {number - 1}, before its end" if told else EMPTY
        found = reader.sentence(tokens, at)
        if found is None:
            return sentences, f'sentence {number} is none of this world: "{_excerpt(text, at)}"'
        wording, words, at = found
        beat = world.wordings[wording].beat
        if beat not in options:
            return sentences, f'sentence {number} cannot stand here: "{world.wordings[wording].form % words}"'
        told += (beat.name,)
        sentences.append((wording, words))
    if at < len(tokens):
        return sentences, f'the story has ended, but the text goes on: "{_excerpt(text, at)}"'
    if tell(Plot(tuple(sentences)), world) != text:
        return sentences, "the sentences are right, but the spaces or paragraphs between them are not"
    return sentences, ""


def _excerpt(text: str, at: int) -> str:
    """The words of `text` from its token `at` to the end of that sentence, for a message."""
    start = [match.start() for match in TOKEN.finditer(text)][at]
    rest = text[start : start + 80]
    end = re.search(r"[.!?]\"?(\s|$)", rest)
    return rest[: end.end()].strip() if end else rest.strip()

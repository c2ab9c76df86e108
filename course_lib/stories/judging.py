"""Where a story goes wrong: its sentences in order, each right or wrong with what stands before it."""

from typing import NamedTuple

from .plot import Contradiction, Script, walk
from .reading import READER, TOKEN


class Told(NamedTuple):
    """A sentence of a text: what it tells, where it ends, and whether that is right.

    beat: the step that it tells; "" if it tells none that can stand there   end: characters of the text up to its end
    right: whether it is at one with all before it   instead: the steps that can stand there, where it tells none
    """

    beat: str
    end: int
    right: bool
    instead: tuple[str, ...] = ()

    @property
    def event(self):
        """The event that it belongs to, a key of `EVENT_NAMES`, or "open", "close" or ""."""
        return self.beat.partition(".")[0]


class Following(Script):
    """A guide that follows sentences, and knows the state in which one of them contradicted."""

    def beat(self, state, options):
        self.state = state
        return super().beat(state, options)


def judged(text: str) -> list[Told]:
    """The sentences of a text up to the first that is wrong: that one is the last of the list, or all are right.

    Wrong is what is none of this world, what cannot stand there, and what contradicts what was told before. What comes
    after it is not judged: it tells on from a story that is broken. So `read(text).consistent` means that all are right
    and the story has come to its end, without another word.

    >>> [(one.beat, one.right) for one in judged("Mia the fox lived behind a blue door. And then a dragon came.")][-1:]
    [('', False)]
    """
    world, matches = READER.world, list(TOKEN.finditer(text))
    tokens, ends = [match.group() for match in matches], [match.end() for match in matches]
    told, sentences, at, broken = [], [], 0, None
    while at < len(tokens):
        options = world.follows(tuple(one.beat for one in told))
        found = READER.sentence(tokens, at)
        if not options or found is None or world.wordings[found[0]].beat not in options:
            broken = Told("", _end_of(tokens, ends, at), False, tuple(beat.name for beat in options))
            break
        wording, words, at = found
        told.append(Told(world.wordings[wording].beat.name, ends[at - 1], True))
        sentences.append((wording, words))
    script = Following(sentences)
    try:
        walk(world, script)
    except Contradiction:
        wrong = len(script.state.told)
        return [*told[:wrong], told[wrong]._replace(right=False)]
    except StopIteration:  # it ends before the story does
        pass
    return told if broken is None else [*told, broken]


def _end_of(tokens, ends, at):
    """Where the sentence that begins at a token ends, as far as one can tell without knowing it."""
    stop = next((n for n in range(at, len(tokens)) if tokens[n] in ".!?"), len(tokens) - 1)
    return ends[stop + (stop + 1 < len(tokens) and tokens[stop + 1] == '"')]


def keeper(sentence: str) -> str | None:
    """Whom a closing sentence says to have the hero's thing, rightly or not: a name, "nobody", or None if it says none.

    >>> keeper("Now the lamp belonged to Tom and the ring to Mia.")
    'Tom'
    """
    found = READER.sentence(TOKEN.findall(sentence), 0)
    if found is None:
        return None
    wording, words, _ = found
    wording = READER.world.wordings[wording]
    if wording.beat.name == "close.lost":
        return "nobody"
    return next((word for slot, word in zip(wording.slots, words, strict=True)
                 if (slot.kind, slot.role) == ("name", "K")), None)

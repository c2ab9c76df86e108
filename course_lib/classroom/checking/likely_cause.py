"""What a learner probably did: the listed mistake that comes to the same as the answer."""

from .. import layout
from .compare import difference
from .judge import Broken, Step


def suspicion(word, name, wrong, came):
    """What the listed mistake was that gives the same as the answer did at its first wrong step, or "".

    wrong: the judge's Wrong   came: a function from a mistake to its Step or Broken there, or None where it had ended
    """
    for mistake in layout.table(word, "MISTAKES").get(name, ()):
        if len(mistake) > 3 and wrong.label.startswith(mistake[2]) and alike(came(mistake), wrong.seen):
            return mistake[3]
    return ""


def alike(one, two):
    """True where two runs came to the same at a step."""
    if isinstance(one, Step) and isinstance(two, Step):
        return difference(one.value, two.value) is None
    return isinstance(one, Broken) and isinstance(two, Broken) and (one.type, one.text) == (two.type, two.text)

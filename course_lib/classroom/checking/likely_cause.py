"""What a learner probably did: the listed mistake that comes to the same, or what its value looks like."""

from itertools import islice

from .. import layout
from .compare import difference
from .judge import Broken, Step
from .looks_like import looks_like, lost_digits


def suspicion(word, name, want, wrong, rest_of, came_of, hunt=False, again=None):
    """What the listed mistake was that gives the same as the answer did in every step of the test.

    One symptom alone is no sign: many mistakes have it. Where there is no such mistake: what the wrong value looks
    like, or "".
    want: the reference's steps   wrong: the judge's Wrong   rest_of: a function that gives all steps of the answer,
    run to its end   came_of: a function from a mistake to all steps of its run
    hunt: it is a bug hunt, of which nothing is said that could be the bug
    again: a function that gives the answer's steps up to the wrong one, and those of another run
    """
    if hunt:
        return lost_digits(want, wrong)
    listed = [m for m in layout.table(word, "MISTAKES").get(name, ()) if len(m) > 3 and wrong.label.startswith(m[2])]
    seen = rest_of() if listed else []
    same = next((mistake[3] for mistake in listed if alike_in_all(came_of(mistake), seen)), "")
    return same or (kept(*again()) if again else "") or wrong.difference.cause or looks_like(want, wrong)


def kept(seen, again):
    """Says so where another run of the same test, with the same inputs and seeds, comes to something else."""
    if alike_in_all(seen, list(islice(again, len(seen)))):
        return ""
    return ("asked the same again it answers otherwise: something is kept from call to call (in a default like [] or "
            "{}, or outside of the definition), or never set")


def alike_in_all(one, two):
    return len(one) == len(two) and all(map(alike, one, two))


def alike(one, two):
    """True where two runs came to the same at a step."""
    if isinstance(one, Step) and isinstance(two, Step):
        return one.changed == two.changed and difference(one.value, two.value, **one.tolerance) is None
    return isinstance(one, Broken) and isinstance(two, Broken) and (one.type, one.text) == (two.type, two.text)

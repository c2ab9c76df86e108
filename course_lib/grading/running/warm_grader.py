"""One unit of work: a notebook's bytes in, what came of it out. It runs in a process that grades one after another."""

import atexit
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """What a whole run has in common: with the same terms it repeats exactly.

    seed: of all inputs   seconds: by the clock, for one exercise   isolation: "auto", "none", … as `Grader` takes it
    """

    seed: int
    seconds: float = 10.0
    isolation: str = "auto"


_warm = {}      # {(terms, word): Grader}, one at most: a fork server for each chapter would take too much memory


def judged(terms, word, name, data):
    """Judge one notebook's bytes with this process's warm Grader of that chapter.

    The Grader is made when it is first needed, and the one of another chapter is closed first: hand in what belongs
    to one chapter together.   name: what the result calls the notebook
    returns: `Result.as_dict()`   LookupError for a chapter that is not there, Trouble where the judge cannot start
    """
    from ..judging.grader import SUBMISSION_SECONDS, Grader

    grader = _warm.get((terms, word))
    if grader is None:
        cool()
        total = max(SUBMISSION_SECONDS, 6 * terms.seconds)
        grader = Grader(word, terms.seed, terms.seconds, total, terms.isolation)
        _warm[terms, word] = grader
    return grader.grade_bytes(name, data).as_dict()


def cool():
    """Close this process's Grader, and with it whatever it has started."""
    while _warm:
        with suppress(OSError):
            _warm.popitem()[1].close()


atexit.register(cool)

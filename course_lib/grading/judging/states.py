"""What became of one exercise, in one word, read from its entry in the book of grades. Nothing heavy is imported."""

HELD, BROKEN, UNSEEN = "held", "failed", "not reached"
UNWRITTEN = "not written yet"
REFUSED = "this earns nothing: "

RIGHT, WRONG, BLANK, NOTHING, UNJUDGED = STATES = (
    "right", "wrong", "not written", "earns nothing", "could not be judged")


def state(exercise):
    """One of STATES. exercise: as the book has it, {"points", "earned", "verdicts", "reason", …}"""
    reason = exercise["reason"]
    if not reason:
        return RIGHT
    if reason.startswith((UNWRITTEN, "it is not defined in this notebook")):
        return BLANK
    if reason.startswith(REFUSED):
        return NOTHING
    return WRONG if first_broken(exercise) is not None else UNJUDGED


def first_broken(exercise):
    """The index of the first property that does not hold, or None where none was found broken."""
    return next((i for i, (_, verdict) in enumerate(exercise["verdicts"]) if verdict == BROKEN), None)

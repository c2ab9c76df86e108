"""Self-consistency: many answers to one question, and the one that comes most often."""


def vote(answers):
    """The answer that comes most often.

    answers: texts, or None where there was none: these do not vote
    returns: of equally frequent ones the one that came first; None where nobody votes

    Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning, section 2.
    >>> vote(["Tom", "Mia", None, "Mia"])
    'Mia'
    """
    counts = {}
    for answer in answers:
        if answer is not None:
            counts[answer] = counts.get(answer, 0) + 1
    # of equals max gives the first, and a dict keeps the order
    return max(counts, key=counts.get, default=None)

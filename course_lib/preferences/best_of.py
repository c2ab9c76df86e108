"""Best of n: many are written, and a judge picks one."""

from math import comb


def best_of(scores, values, n):
    """How good the pick is, on average, when a judge picks from n of these, drawn by chance.

    scores: N numbers, what the judge thinks of each   values: N numbers, how good each truly is
    n: how many are drawn, without putting back, 1 to N
    returns: the mean value of the one with the highest score of those drawn; where several of the
        drawn have that score, each of them is picked equally often
    raises: ValueError unless 1 <= n <= N

    >>> best_of([1, 2, 2], [0.0, 6.0, 3.0], 2)
    4.5
    """
    N = len(scores)
    if not 1 <= n <= N:
        raise ValueError(f"n is {n}; of {N} one can draw 1 to {N}")
    total = 0.0
    for score in set(scores):
        alike = [value for one, value in zip(scores, values, strict=True) if one == score]
        upto = sum(one <= score for one in scores)
        # draws of which none is above this score, and not all are below it
        draws = comb(upto, n) - comb(upto - len(alike), n)
        total += draws / comb(N, n) * sum(alike) / len(alike)
    return total

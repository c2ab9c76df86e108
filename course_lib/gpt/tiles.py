"""Attention without its T x T weights: the softmax as a running one, over keys and values that come in tiles.

Milakov and Gimelshein 2018, Online normalizer calculation for softmax, algorithm 3; Dao, Fu, Ermon, Rudra and Ré 2022,
FlashAttention, section 3.1.
"""

import math

from course_lib.start_here import dot


def tiled_attention(query, tiles):
    """Attention for one question, over keys and values that come a tile at a time.

    query: D numbers
    tiles: an iterable of pairs (keys, values): some lists of D numbers, as many of E numbers. It
        can be walked through once, and asking for the next tile empties the lists of the one
        before; what is kept of them does not grow with their number
    returns: E numbers, the weighted mean of all values, with the weights softmax(query · key) over
        all the keys of all tiles; scores may be in the thousands
    raises: ValueError when lengths do not fit together, or no tile has a key

    >>> tiled_attention([0.0], iter([([[1.0], [2.0]], [[3.0], [6.0]]), ([[5.0]], [[0.0]])]))
    [3.0]
    """
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            before = mixed or [0.0] * len(value)
            mixed = [fade * old + weight * new for old, new in zip(before, value, strict=True)]
            top, total = higher, fade * total + weight
    if total == 0:
        raise ValueError("there is no key in any tile, so there is nothing to look at")
    return [number / total for number in mixed]

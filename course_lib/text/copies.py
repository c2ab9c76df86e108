"""Copies: how alike two documents are."""


def similarity(a, b, n=3):
    """How alike two texts are: of all the rows of n words in them, the share that stands in both.

    Words are what `split` makes. A row of n words (a shingle) begins at each word that has n - 1
    words after it; a shorter text, even an empty one, is a single row. Equal rows count once.
    returns: a number from 0 (no row in common) to 1 (the same rows)
    raises: ValueError unless n is 1 or more

    >>> similarity("the cat sat down", "the cat sat up", n=2)
    0.5
    """
    if n < 1:
        raise ValueError(f"n is {n}: a row needs one word or more")
    one, other = ({tuple(words[i : i + n]) for i in range(max(len(words) - n, 0) + 1)}
                  for words in (a.split(), b.split()))
    return len(one & other) / len(one | other)

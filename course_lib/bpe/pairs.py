"""The algorithm as it is taught: count pairs, merge the most frequent, then use the merges in the order learned."""

import math
from itertools import pairwise


def count_pairs(words):
    """Count how often each two ids stand next to each other.

    words: {word: times}, a word being bytes or a tuple of ids
    returns: {(left, right): count}; a pair that stands twice in a word counts twice

    >>> dict(count_pairs({b"aab": 3, b"ab": 1}))
    {(97, 97): 3, (97, 98): 4}
    """
    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + times
    return counts


def merge(ids, pair, new):
    """Put `new` wherever `pair` stands in `ids`, from left to right.

    ids: bytes, list or tuple of ids   pair: (left, right)   new: id
    returns: a new list of ids

    >>> merge([1, 2, 3, 1, 2], (1, 2), 9)
    [9, 3, 9]
    """
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def learn(words, n):
    """Merge the most frequent pair, n times over.

    words: {word: times}, as for count_pairs   n: how many merges to learn
    returns: {pair: id}, in the order learned, ids from 256 on; fewer than n when no pair is left.
    Of equally frequent pairs the smallest is merged.

    >>> learn({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 3)
    {(101, 115): 256, (256, 116): 257, (108, 111): 258}
    """
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges


def encode_piece(piece, merges):
    """Merge the bytes of one piece of text: the pair that was learned first goes first.

    piece: bytes   merges: {pair: id}, as from learn
    returns: list of ids

    >>> encode_piece(b"lowest", {(101, 115): 256, (256, 116): 257, (108, 111): 258})
    [258, 119, 257]
    """
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids


def decode_ids(ids, token):
    """The text that the ids stand for; bytes that are no UTF-8 become the replacement character �.

    ids: list of ids   token: function from an id to its bytes
    returns: str

    >>> decode_ids([104, 105], lambda id: bytes([id]))
    'hi'
    """
    return b"".join(token(id) for id in ids).decode("utf-8", errors="replace")


def bytes_per_token(texts, encode):
    """How many bytes of text one token stands for, on average over all tokens.

    texts: list of str   encode: function from a text to its list of ids
    returns: float

    >>> bytes_per_token(["one two", "three"], str.split)
    4.0
    """
    return sum(len(text.encode()) for text in texts) / sum(len(encode(text)) for text in texts)

"""Rows of one length out of documents of many: padded, or packed."""

import torch

IGNORED = -100  # a target that is no target: what torch's cross_entropy leaves out unless it is told otherwise


def pad_batch(documents, end):
    """Documents of different lengths as one batch: a row for each, filled up to the longest.

    documents: lists of ids, without ends   end: the end-of-text id
    returns: ids, targets, each (B, T) int64, where T is the longest document's length + 1
        a row of ids is `end`, then the document, then as many `end` as are missing to T
        a row of targets is the document, then one `end`, then as many IGNORED

    >>> ids, targets = pad_batch([[5, 6, 7], [8]], end=0)
    >>> ids.tolist()
    [[0, 5, 6, 7], [0, 8, 0, 0]]
    """
    T = max(len(document) for document in documents) + 1
    rows = [[end, *document] + [end] * (T - len(document)) for document in documents]
    rows = torch.tensor(rows)  # (B, T + 1)
    padding = torch.arange(T) > torch.tensor([[len(document)] for document in documents])  # (B, T)
    return rows[:, :-1], rows[:, 1:].masked_fill(padding, IGNORED)


def pack(lengths, T):
    """Fill rows of T places with whole documents: the longest first, each into the first row that has room for it.

    lengths: how many places each document takes, ends included
    returns: a list of rows, each a list of the documents' numbers
    raises: ValueError where a document does not fit into a row
    """
    rows, room = [], []
    for number in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if lengths[number] > T:
            raise ValueError(f"document {number} takes {lengths[number]} places, and a row has {T}: cut it first")
        row = next((r for r, free in enumerate(room) if free >= lengths[number]), len(rows))
        if row == len(rows):
            rows.append([])
            room.append(T)
        rows[row].append(number)
        room[row] -= lengths[number]
    return rows

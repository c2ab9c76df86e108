"""Several conversations in one row, of which none can read another."""

import torch

from course_lib.batches import pack


def apart(numbers):
    """Positions and a mask by which what is packed into one row stays apart.

    numbers: (B, T) whole numbers, for each place the number of its conversation; each conversation
        is one stretch of a row, with a number of its own
    returns: positions (B, T), whole numbers from 0 for each conversation, and hidden (B, T, T),
        bool: hidden[b, t, s] is True where place t may not look at place s, which is the future, or
        in another conversation

    >>> positions, hidden = apart(torch.tensor([[4, 4, 7]]))
    >>> positions.tolist()
    [[0, 1, 0]]
    >>> hidden.int().tolist()
    [[[0, 1, 1], [0, 0, 1], [1, 1, 0]]]
    """
    T = numbers.shape[1]
    places = torch.arange(T, dtype=torch.int32, device=numbers.device)  # (T,)
    new = numbers[:, 1:] != numbers[:, :-1]  # (B, T - 1)
    starts = torch.nn.functional.pad(new, (1, 0)) * places  # (B, T), 0 where none begins
    positions = places - starts.cummax(1).values  # (B, T)
    others = numbers[:, :, None] != numbers[:, None, :]  # (B, T, T)
    return positions, others | (places > places[:, None])


def packed(rows, T, end):
    """Rows of ids of many lengths, packed into few rows of T.

    returns: ids, numbers, each (R, T); what is left over at the end of a row is filled with `end`, and has number -1
    """
    packs = pack([len(row) for row in rows], T)
    ids, numbers = torch.full((len(packs), T), end), torch.full((len(packs), T), -1)
    for r, members in enumerate(packs):
        at = 0
        for number in members:
            stop = at + len(rows[number])
            ids[r, at:stop], numbers[r, at:stop] = torch.tensor(rows[number]), number
            at = stop
    return ids, numbers


def read_packed(model, ids, positions, hidden):
    """What a GPT says of packed rows: its own parts, other positions, another mask.

    ids, positions: (B, T)   hidden: (B, T, T)   returns: logits (B, T, V)
    """
    x = model.token_embedding(ids) + model.position_embedding(positions)  # (B, T, C)
    for block in model.blocks:
        q, k, v = block.attention.project(block.attention_norm(x))  # each (B, H, T, D)
        scores = (q / q.shape[-1] ** 0.5) @ k.mT  # (B, H, T, T)
        weights = scores.masked_fill(hidden[:, None], -torch.inf).softmax(-1)
        x = x + block.attention.merge(weights @ v)
        x = x + block.mlp(block.mlp_norm(x))
    return model.head(model.final_norm(x))  # (B, T, V)

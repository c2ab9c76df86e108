"""Rotary positions: query and key are turned by their positions, and their product sees only how far they lie apart.

Su et al. 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding, section 3.2.
"""

import torch


def rotate(x, positions, base=10_000.0):
    """Turn each pair of channels by an angle that grows with the position.

    x: (..., T, D), D even   positions: (T,), whole numbers
    base: a number above 0
    returns: (..., T, D), in x's dtype and on its device; gradients reach x
        channels i and i + D/2 are a pair, a point in a plane; at position p it is turned by the
        angle p / base^(2i/D): to (a·cos − b·sin, b·cos + a·sin). Angles are computed in float32
        at least, products in x's dtype or a finer one.
    raises: ValueError when D is odd

    >>> rotate(torch.tensor([[3.0, 4.0]]), torch.tensor([0])).tolist()
    [[3.0, 4.0]]
    >>> y = rotate(torch.tensor([[1.0, 0.0, 0.0, 1.0]]), torch.tensor([1]))
    >>> [round(number, 2) for number in y[0].tolist()]
    [0.54, -0.01, 0.84, 1.0]
    """
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"each position has {D} channels; "
                         "they turn in pairs, so choose an even number")
    exact = torch.float64 if x.dtype == torch.float64 else torch.float32
    powers = torch.arange(0, D, 2, dtype=exact, device=x.device) / D  # (D/2,)
    angles = positions.to(exact)[:, None] / base**powers  # (T, D/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)  # each (..., T, D/2)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)  # (..., T, D)

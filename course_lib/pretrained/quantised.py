"""Weights in 4 and 8 bits, as llama.cpp keeps them: a row is cut into blocks of 32, and each block has its own scale.

The blocks are those of ggml. Two kinds are unpacked by hand here; the package `gguf` knows the others.
"""

import gguf
import numpy as np
import torch

BLOCK = 32  # weights in a block of either kind


def unpack_q8_0(blocks):
    """Blocks of the kind Q8_0 as numbers: 32 whole numbers with a scale.

    blocks: (N, 34), uint8: in each row 2 bytes are the scale d, a float16 (little-endian), and 32
        are whole numbers q from −128 to 127, one byte each
    returns: (N, 32), float32: d · q

    >>> unpack_q8_0(torch.tensor([[0, 0x38, 2, 254, *[0] * 30]], dtype=torch.uint8))[0, :3].tolist()
    [1.0, -1.0, 0.0]
    """
    d = blocks[:, :2].contiguous().view(torch.float16).float()  # (N, 1)
    return d * blocks[:, 2:].contiguous().view(torch.int8).float()  # (N, 32)


def unpack_q4_1(blocks):
    """Blocks of the kind Q4_1 as numbers: 32 whole numbers from 0 to 15, with a scale and a least.

    blocks: (N, 20), uint8: in each row 2 bytes are the scale d and 2 the least value m, both
        float16 (little-endian), and each of 16 has two whole numbers: the lower four bits are
        number 0 to 15 of the block, the upper four number 16 to 31
    returns: (N, 32), float32: d · q + m

    >>> block = torch.tensor([[0, 0x38, 0, 0x3C, 0x52, *[0] * 15]], dtype=torch.uint8)
    >>> unpack_q4_1(block)[0, [0, 1, 16]].tolist()
    [2.0, 1.0, 3.5]
    """
    d = blocks[:, :2].contiguous().view(torch.float16).float()  # (N, 1)
    m = blocks[:, 2:4].contiguous().view(torch.float16).float()  # (N, 1)
    pairs = blocks[:, 4:]  # (N, 16)
    return d * torch.cat([pairs & 15, pairs >> 4], dim=1) + m  # (N, 32)


BY_HAND = {"Q8_0": unpack_q8_0, "Q4_1": unpack_q4_1}


def bytes_of(kind, shape):
    """How many bytes a tensor of a kind and a shape takes.

    raises: ValueError where a row is not cut into whole blocks
    """
    numbers, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    count = 1
    for length in shape:
        count *= length
    if (shape[-1] if shape else 1) % numbers:
        raise ValueError(f"rows of {shape[-1]} numbers are not cut into blocks of {numbers}, as {kind} is")
    return count // numbers * size


def unpack(data, kind, shape):
    """The bytes of a tensor as a float32 tensor.

    data: (n,), a numpy array of uint8   kind: its name in ggml   shape: its sizes, the row's last
    raises: ValueError for a kind of which nobody knows how it is unpacked
    """
    if kind in BY_HAND:
        size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]][1]
        return BY_HAND[kind](torch.from_numpy(data.copy()).view(-1, size)).view(shape)
    if kind in ("F32", "F16"):
        return torch.from_numpy(data.view(np.float32 if kind == "F32" else np.float16).astype(np.float32)).view(shape)
    try:
        rows = gguf.quants.dequantize(data.reshape(-1, bytes_of(kind, shape[-1:])), gguf.GGMLQuantizationType[kind])
    except (NotImplementedError, ValueError) as error:
        raise ValueError(f"weights of the kind {kind} cannot be unpacked ({error})") from None
    return torch.from_numpy(np.ascontiguousarray(rows, np.float32)).view(shape)

"""The stream is a sum: what each part has added to it, and what each of these adds to a logit.

Elhage et al. 2021, A Mathematical Framework for Transformer Circuits, "Residual stream" and "Direct path".
"""

import torch

from course_lib.bigram import evaluating

from .heads import head_answers


def writes(model, ids):
    """What each part of a GPT adds to the residual stream while it reads.

    model: its blocks are `model.blocks`, each with `attention` and `mlp`   ids: (B, T)
    returns: 2L + 1 tensors (B, T, C): the stream as it enters the first block, then what each
        block's attention gives and what its MLP gives, in the order in which they are added. The
        sum of all is the stream after the last block.
    The model is asked without dropout and without gradients, and is left as it was, with no
    new hook on it, also when something is raised meanwhile.

    >>> from course_lib.gpt import GPT, Config
    >>> tiny = GPT(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> len(writes(tiny, torch.tensor([[3, 1, 4]])))
    7
    """
    written = []
    first = model.blocks[0]
    hooks = [first.register_forward_pre_hook(lambda block, args: written.append(args[0]))]
    try:
        for block in model.blocks:
            for part in (block.attention, block.mlp):
                hooks.append(part.register_forward_hook(
                    lambda part, args, output: written.append(output)))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for hook in hooks:
            hook.remove()
    return written


def contributions(parts, norm, direction):
    """What each part of a stream adds to a logit: shares of norm(the stream) · direction.

    parts: (P, ..., C), whose sum over the P parts is the stream
    norm: a LayerNorm, with `weight` (C,), `bias` (C,) or None, and `epsilon`
    direction: (C,), the head's row for a token, or the difference of two rows
    returns: (P + 1, ...); the last is what the norm's bias adds. The sum over all P + 1 is
        norm(parts.sum(0)) @ direction, exactly up to rounding.
    The norm divides by one number, the spread of the whole stream; each part is divided by it too.

    >>> from course_lib.block import LayerNorm
    >>> norm = LayerNorm(2)
    >>> parts = torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    >>> [round(x, 3) for x in contributions(parts, norm, torch.tensor([1.0, 0.0])).tolist()]
    [1.5, -0.5, 0.0]
    """
    variance = parts.sum(0).var(-1, correction=0, keepdim=True)  # (..., 1)
    centred = parts - parts.mean(-1, keepdim=True)  # (P, ..., C)
    shares = (centred * torch.rsqrt(variance + norm.epsilon) * norm.weight) @ direction  # (P, ...)
    rest = torch.zeros_like(shares[:1])  # (1, ...)
    if norm.bias is not None:
        rest = rest + norm.bias @ direction  # (1, ...)
    return torch.cat([shares, rest])


@torch.no_grad()
def by_head(model, ids):
    """`writes`, finer: every attention's part cut into what each of its heads adds and what its bias adds.

    ids: (B, T)   returns: names, P of them, and (P, B, T, C), whose sum is the stream after the last block
    """
    stream, *rest = writes(model, ids)
    names, parts = ["token and position"], [stream]
    for layer, (block, answers) in enumerate(zip(model.blocks, head_answers(model, ids), strict=True)):
        out = block.attention.out
        H, D = answers.shape[-2:]
        columns = out.weight.view(-1, H, D)  # (C, H, D)
        heads = torch.einsum("bthd,chd->hbtc", answers, columns)  # (H, B, T, C)
        names += [f"block {layer + 1}, head {head + 1}" for head in range(H)]
        parts += list(heads)
        if out.bias is not None:
            names.append(f"block {layer + 1}, bias")
            parts.append(out.bias.expand_as(stream))
        names.append(f"block {layer + 1}, MLP")
        parts.append(rest[2 * layer + 1])
    return names, torch.stack(parts)

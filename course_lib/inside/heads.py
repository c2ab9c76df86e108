"""Heads: where they look, what they found, and what the model says without one of them.

Olsson et al. 2022, In-context Learning and Induction Heads, section "Definition"; Wang et al. 2022, Interpretability in
the Wild, section 3 (heads that move a name to where it must be told).
"""

import torch

from course_lib.bigram import evaluating
from course_lib.gpt import trace
from course_lib.stories import WORLD


def induction_score(weights, ids):
    """How much of its weight a head gives to what came after earlier copies of the token it is at.

    weights: T rows of T numbers, one head's attention   ids: T tokens
    returns: the mean over all positions t whose token has come before of
        the sum of weights[t][s + 1] over all s < t with the same token; 0.0 if no token comes twice

    >>> induction_score([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.75, 0.0]], [8, 5, 8])
    0.75
    """
    found = []
    for t, row in enumerate(weights):
        earlier = [s for s in range(t) if ids[s] == ids[t]]
        if earlier:
            found.append(sum(row[s + 1] for s in earlier))
    return sum(found) / len(found) if found else 0.0


def name_scores(model, tokenizer, rows):
    """How much weight each head gives to names, where a name that was told before must come next.

    rows: lists of ids   returns: two (L, H): to the earlier places of that very name, and to all other names
    """
    names = {tokenizer.encode(" " + name)[0] for name in WORLD.words["names"]}
    right, others, asked = 0.0, 0.0, 0
    with evaluating(model) as device:
        for row in rows:
            ids = torch.tensor([row], device=device)
            weights = torch.cat(trace(model, ids).weights)  # (L, H, T, T)
            for t in range(len(row) - 1):
                before = row[: t + 1]
                if row[t + 1] in names and row[t + 1] in before:
                    same = [s for s, token in enumerate(before) if token == row[t + 1]]
                    rest = [s for s, token in enumerate(before) if token in names and token != row[t + 1]]
                    right = right + weights[:, :, t, same].sum(-1)  # (L, H)
                    others = others + weights[:, :, t, rest].sum(-1)  # (L, H)
                    asked += 1
    if not asked:
        raise ValueError(f"in {len(rows)} rows no name is told twice: give more or longer stories")
    return (right / asked).cpu(), (others / asked).cpu()


def head_answers(model, ids):
    """What every head found, before the output layers mix it. ids: (B, T)   returns: L tensors (B, T, H, D)"""
    answers, hooks = [], []
    try:
        for block in model.blocks:
            H = block.attention.n_heads
            hooks.append(block.attention.out.register_forward_pre_hook(
                lambda out, args, H=H: answers.append(args[0].unflatten(-1, (H, -1)))))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for hook in hooks:
            hook.remove()
    return answers


def without_head(model, ids, layer, head, instead=0.0):
    """A model's logits when one head's answers are replaced, at all positions.

    ids: (B, T)   layer: the number of the block, from 0   head: the head's number in it, from 0
    instead: 0.0, or what the head is to answer in place of its own: (D,), the same everywhere
    returns: logits (B, T, V), without dropout and gradients; the model is left as it was, with no
        new hook on it, also when something is raised meanwhile
    raises: ValueError for a layer or a head that the model has not

    A head's D answers are channels head · D to (head + 1) · D of what its `attention.out` reads.

    >>> from course_lib.gpt import GPT, Config
    >>> tiny = GPT(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=2))
    >>> ids = torch.tensor([[3, 1, 4]])
    >>> torch.equal(without_head(tiny, ids, 1, 0), without_head(tiny, ids, 1, 0, torch.zeros(3)))
    True
    """
    L, H = len(model.blocks), model.blocks[0].attention.n_heads
    if not (0 <= layer < L and 0 <= head < H):
        raise ValueError(f"layer {layer}, head {head}: this model has layers 0 to {L - 1}, "
                         f"each with heads 0 to {H - 1}")
    out = model.blocks[layer].attention.out
    D = out.in_features // H

    def replace(out, args):
        answers = args[0].clone()  # (B, T, C)
        answers[..., head * D : (head + 1) * D] = instead
        return (answers,)

    hook = out.register_forward_pre_hook(replace)
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()

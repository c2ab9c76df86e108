"""Writing into the stream: one place at a time to see what is read there, or for a while, to make the model tell on.

Meng et al. 2022, Locating and Editing Factual Associations in GPT, section 2.1 (patching the stream); Turner et al.
2023, Activation Addition, section 3 (adding to it while the model writes).
"""

from contextlib import contextmanager

import torch

from course_lib.bigram import evaluating


def patched(model, ids, layer, places, vectors):
    """A model's logits when its stream is replaced, in each row at one place after one block.

    ids: (B, T)   layer: after how many blocks, 0 (before the first) to L (after the last)
    places: (B,), whole numbers: where in each row   vectors: (B, C), what is put there
    returns: logits (B, T, V), without dropout and gradients; the model is left as it was, with no
        new hook on it, also when something is raised meanwhile
    raises: ValueError for a layer below 0 or above L

    >>> from course_lib.gpt import GPT, Config
    >>> tiny = GPT(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=2))
    >>> ids = torch.tensor([[3, 1, 4]])
    >>> new = patched(tiny, ids, 2, torch.tensor([1]), torch.zeros(1, 6))
    >>> [torch.equal(new[0, t], tiny(ids)[0, t]) for t in range(3)]
    [True, False, True]
    """
    L = len(model.blocks)
    if not 0 <= layer <= L:
        raise ValueError(f"layer is {layer}; this model has {L} blocks, so it goes from 0 to {L}")

    def replace(x):
        x = x.clone()  # (B, T, C)
        x[torch.arange(len(x), device=x.device), places] = vectors
        return x

    if layer == 0:
        hook = model.blocks[0].register_forward_pre_hook(
            lambda block, args: (replace(args[0]), *args[1:]))
    else:
        hook = model.blocks[layer - 1].register_forward_hook(
            lambda block, args, output: replace(output))
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()


@contextmanager
def steered(model, layer, places, change):
    """Inside, the first text that the model reads has something added to its stream after a block.

    layer: after how many blocks, 1 to L   places: a list of positions of that text   change: (C,), or one row a place
    It goes through the MLP's output, which is added to the stream, so that `sampling` with its cache is steered too.
    """
    told = []

    def add(mlp, args, output):
        if not told:
            told.append(True)
            output = output.clone()  # (B, T, C)
            output[:, places] += change
        return output

    hook = model.blocks[layer - 1].mlp.register_forward_hook(add)
    try:
        yield model
    finally:
        hook.remove()

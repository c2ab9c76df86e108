"""A look inside a model while it computes."""

from dataclasses import dataclass

import torch


@dataclass
class Trace:
    """What a model computed on the way.

    residuals: L + 1 tensors (B, T, C), the stream before the first block and after each
    weights: L tensors (B, H, T, T), who looked where
    logits: (B, T, V)
    """

    residuals: list
    weights: list
    logits: torch.Tensor


def trace(model, ids):
    """Run model(ids) and keep the stream, the attention weights and the logits; the model is left as it was."""
    residuals, weights = [], []

    def before_first(block, args):
        residuals.append(args[0])

    def after_block(block, args, x):
        residuals.append(x)

    def after_attention(attention, args, output):
        q, k, v = attention.project(*args)
        found = attention.weights(q, k)  # heads that share their keys stand one under the other
        weights.append(found.reshape(len(found), -1, k.shape[-2], k.shape[-2]))  # (B, H, T, T)

    hooks = [model.blocks[0].register_forward_pre_hook(before_first)]
    try:
        for block in model.blocks:
            hooks.append(block.register_forward_hook(after_block))
            hooks.append(block.attention.register_forward_hook(after_attention))
        return Trace(residuals, weights, model(ids))
    finally:
        for hook in hooks:
            hook.remove()

"""How a modern GPT starts: as gpt.spread_start says, for shared key heads, gates and experts too."""

import torch
from torch import nn

from course_lib.gpt import SPREAD_COPY, SPREAD_POSITION_STD, SPREAD_TOKEN_STD


@torch.no_grad()
def start(model):
    """Draw every parameter afresh: tokens loud, positions quiet, matrices std 1 / √C; MLPs write nothing, and a head of
    attention writes 0.3 times what it looks at: its columns of the output matrix are the transpose of its values'.

    A head of bets of its own begins as a copy of the token embedding: what a head of attention fetches from the stream
    is then the bet on that token, as with a tied one. Norms start as they were, biases at zero.
    """
    config = model.config
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not model.head:
            module.weight.normal_(std=config.d_model**-0.5)
            if module.bias is not None:
                module.bias.zero_()
    for block in model.blocks:
        for writer in getattr(block.mlp, "experts", [block.mlp]):
            writer.down.weight.zero_()
        H, K, D = config.n_heads, config.n_kv_heads, config.head_width
        values = block.attention.qkv.weight[-K * D :].view(K, D, -1).repeat_interleave(H // K, 0)  # (H, D, C)
        block.attention.out.weight.copy_(SPREAD_COPY * values.flatten(0, 1).T)  # (C, H * D)
    model.token_embedding.weight.normal_(std=SPREAD_TOKEN_STD)
    if config.positions == "learned":
        model.position_embedding.weight.normal_(std=SPREAD_POSITION_STD)
    if not config.tied:
        model.head.weight.copy_(model.token_embedding.weight)

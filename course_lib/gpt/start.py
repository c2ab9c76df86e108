"""How a GPT starts: not knowing anything, and not sure of anything."""

import torch
from torch import nn

GPT2_STD = 0.02
SPREAD_TOKEN_STD, SPREAD_POSITION_STD, SPREAD_HEAD_STD, SPREAD_COPY = 0.2, 0.02, 0.001, 0.3


def initialise(model):
    """Draw every parameter afresh, as config.init says: `gpt2_start` or `spread_start`.

    Norms start as they were, biases at zero.
    """
    (gpt2_start if model.config.init == "gpt2" else spread_start)(model)


@torch.no_grad()
def gpt2_start(model):
    """All weights small and random, std 0.02; those that write to the stream smaller still.

    Each of the L blocks writes twice; with std 0.02 / √(2L) the sum of all 2L writes starts no
    larger than one. (Radford et al. 2019, section 2.3)
    """
    L = model.config.n_layers
    draw_matrices(model, GPT2_STD, writing=GPT2_STD / (2 * L) ** 0.5)
    if not model.config.tied:
        model.head.weight.normal_(std=GPT2_STD)
    model.token_embedding.weight.normal_(std=GPT2_STD)
    model.position_embedding.weight.normal_(std=GPT2_STD)


@torch.no_grad()
def spread_start(model):
    """Each kind of weight has its own scale, so that looking at the right place pays from the first step.

    Tokens loud and positions quiet, so that who is there is heard before where; matrices std 1 / √C, which keeps the
    size of what they read; MLPs write nothing; a head of attention writes 0.3 times what it looks at, for its output
    matrix is the transpose of its value matrix (a like idea: Trockman and Kolter 2023, "Mimetic Initialization of
    Self-Attention Layers"); a head of bets of its own almost silent, so that they are even.
    """
    draw_matrices(model, model.config.d_model**-0.5, writing=0.0)
    if not model.config.tied:
        model.head.weight.normal_(std=SPREAD_HEAD_STD)
    for block in model.blocks:
        values = block.attention.qkv.weight.chunk(3)[2]  # (C, C)
        block.attention.out.weight.copy_(SPREAD_COPY * values.T)
    model.token_embedding.weight.normal_(std=SPREAD_TOKEN_STD)
    model.position_embedding.weight.normal_(std=SPREAD_POSITION_STD)


def draw_matrices(model, std, writing):
    """Draw the blocks' linear layers. std: of their weights   writing: of those that write to the stream"""
    writers = [part for block in model.blocks for part in (block.attention.out, block.mlp.down)]
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not model.head:
            module.weight.normal_(std=writing if module in writers else std)
            if module.bias is not None:
                module.bias.zero_()

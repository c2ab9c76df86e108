"""Attention into another text, and the encoder-decoder that needs it.

Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 3.2.3.
"""

from types import SimpleNamespace

import torch
from torch import nn

from course_lib.attention import LearnedPositions

from .heads import head_width
from .parts import MLP, LayerNorm
from .stream import Block


class CrossFrame(nn.Module):
    """The frame of an attention into another text: three layers, and how its parts work together.

    x: (B, T, C), which asks   source: (B, S, C), which is asked   returns: (B, T, C)
    padding: (B, S) bool, True where the source has nothing, or None
    """

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.width = n_heads, head_width(d_model, n_heads)
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_model, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x, source, padding=None):
        q, k, v = self.project(x, source)
        heads = self.weights(q, k, padding) @ v  # (B, H, T, D)
        return self.out(heads.transpose(1, 2).flatten(2))


class CrossAttention(CrossFrame):
    """Attention from one text into another. The layer `kv` gives all keys, then all values.
    What is computed stays on the device and in the dtype of what came in; gradients reach all.

    >>> CrossAttention(6, 2)(torch.zeros(1, 5, 6), torch.zeros(1, 7, 6)).shape
    torch.Size([1, 5, 6])
    """

    def project(self, x, source):
        """x: (B, T, C)   source: (B, S, C)
        returns: q of x, (B, H, T, D), and k and v of the source, each (B, H, S, D)
        """
        heads = self.n_heads, self.width
        q = self.q(x).unflatten(-1, heads).transpose(1, 2)  # (B, H, T, D)
        k, v = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)  # (B, H, S, D)
        return q, k, v

    def weights(self, q, k, padding=None):
        """q: (B, H, T, D)   k: (B, H, S, D)   padding: (B, S) bool, or None
        padding is True where the source has nothing, and such a place gets the weight 0
        returns: (B, H, T, S), the softmax of q · k / √D over the S places; no other place is hidden
        """
        scores = (q / self.width**0.5) @ k.mT  # (B, H, T, S)
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)


class EncoderBlock(nn.Module):
    """A block that reads: nothing but padding is hidden from it, for the whole source is there at once.

    x: (B, S, C)   padding: (B, S) bool, or None   returns: (B, S, C)
    """

    def __init__(self, d_model, n_heads, attention=CrossAttention):
        super().__init__()
        self.attention_norm = LayerNorm(d_model)
        self.attention = attention(d_model, n_heads)
        self.mlp_norm = LayerNorm(d_model)
        self.mlp = MLP(d_model)

    def forward(self, x, padding=None):
        seen = self.attention_norm(x)
        x = x + self.attention(seen, seen, padding)  # a text that asks itself
        return x + self.mlp(self.mlp_norm(x))


class DecoderBlock(Block):
    """A block that writes: between its attention and its MLP it looks into what the encoder has read.

    x: (B, T, C)   source: (B, S, C)   padding: (B, S) bool, or None   returns: (B, T, C)
    """

    def __init__(self, d_model, n_heads, attention=CrossAttention):
        super().__init__(d_model, n_heads)
        self.cross_norm = LayerNorm(d_model)
        self.cross = attention(d_model, n_heads)

    def forward(self, x, source, padding=None):
        x = x + self.attention(self.attention_norm(x))
        x = x + self.cross(self.cross_norm(x), source, padding)
        return x + self.mlp(self.mlp_norm(x))


class EncoderDecoder(nn.Module):
    """Reads one text, and bets on the next token of another while looking at the first.

    source: (B, S)   ids: (B, T)   returns: logits (B, T, V); row t bets on token t + 1 of ids
    filler: the id with which short sources are filled up, and which is never looked at
    attention: a class, CrossAttention or your own; the encoder reads with it, and the decoder looks across
    """

    def __init__(self, vocab_size, source_length, context_length, d_model, n_heads, filler, attention=CrossAttention):
        super().__init__()
        self.config, self.filler = SimpleNamespace(vocab_size=vocab_size, context_length=context_length), filler
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.source_positions = LearnedPositions(source_length, d_model)
        self.positions = LearnedPositions(context_length, d_model)
        self.encoder = nn.ModuleList([EncoderBlock(d_model, n_heads, attention)])
        self.source_norm = LayerNorm(d_model)
        self.blocks = nn.ModuleList([DecoderBlock(d_model, n_heads, attention)])
        self.final_norm = LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        spread(self)

    def encode(self, source):
        """source: (B, S)   returns: what was read of it, (B, S, C), and where it has nothing, (B, S) bool"""
        padding = source == self.filler
        x = self.tokens(source) + self.source_positions(torch.arange(source.shape[1], device=source.device))
        for block in self.encoder:
            x = block(x, padding)
        return self.source_norm(x), padding

    def decode(self, ids, source, padding):
        """ids: (B, T)   source, padding: what `encode` gave   returns: logits (B, T, V)"""
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))  # (B, T, C)
        for block in self.blocks:
            x = block(x, source, padding)
        return self.head(self.final_norm(x))  # (B, T, V)

    def forward(self, source, ids):
        return self.decode(ids, *self.encode(source))


@torch.no_grad()
def spread(model):
    """Start an EncoderDecoder so that it learns soon; it is the start that chapter 9 calls "spread", and explains.

    Tokens and facts loud, positions quiet; matrices that keep the size of what they read; MLPs that write nothing yet;
    and attentions that write 0.3 times what they look at, so that looking at the right fact pays from the first step.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer is not model.head:
            layer.weight.normal_(std=layer.in_features**-0.5)
            layer.bias.zero_()
    reading = [(block.attention.out, block.attention.kv) for block in model.encoder]
    for block in model.blocks:
        reading += [(block.attention.out, block.attention.qkv), (block.cross.out, block.cross.kv)]
    for out, layer in reading:
        out.weight.copy_(0.3 * layer.weight[-layer.in_features:].T)  # the values are made last
    for block in (*model.encoder, *model.blocks):
        block.mlp.down.weight.zero_()
    for table, std in (model.tokens, 0.2), (model.source_positions, 0.2), (model.positions, 0.05):
        table.weight.normal_(std=std)

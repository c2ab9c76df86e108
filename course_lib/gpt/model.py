"""The GPT: tokens and positions go in, blocks add to the stream, and each position bets on the next token.

Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.3.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from course_lib.attention import LearnedPositions
from course_lib.batches import IGNORED, whole
from course_lib.block import ACTIVATIONS, Block, LayerNorm

from .start import initialise

INITS = ("gpt2", "spread")


@dataclass(frozen=True)
class Config:
    """The sizes and choices that make a GPT; two models of equal configs have equal shapes.

    vocab_size, context_length, d_model, n_heads, n_layers: V, T at most, C, H and L
    n_kv_heads: heads of keys and values; as many as n_heads unless said, also after dataclasses.replace(n_heads=…)
    activation: "gelu" or "gelu_tanh"    bias: whether linear layers and norms have one
    tied: whether the head reads logits off with the token embedding itself, as GPT-2 does
    init: "gpt2" or "spread", see `initialise`
    """

    vocab_size: int
    context_length: int
    d_model: int
    n_heads: int
    n_layers: int
    n_kv_heads: int | None = None
    activation: str = "gelu"
    tied: bool = True
    bias: bool = True
    init: str = "gpt2"

    def __post_init__(self):
        if self.n_kv_heads is None or isinstance(self.n_kv_heads, AsManyHeads):
            object.__setattr__(self, "n_kv_heads", self.n_heads)
        for name in ("vocab_size", "context_length", "d_model", "n_heads", "n_kv_heads", "n_layers"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 1))
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} cannot be shared out among n_heads {self.n_heads}; "
                             f"take d_model {self.d_model // self.n_heads * self.n_heads or self.n_heads} or "
                             f"{(self.d_model // self.n_heads + 1) * self.n_heads}, or another n_heads")
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"n_kv_heads {self.n_kv_heads} does not divide n_heads {self.n_heads}: each key head "
                             "serves equally many query heads")
        for name, choices in (("activation", ACTIVATIONS), ("init", INITS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}")
        if self.n_kv_heads == self.n_heads:  # replace() hands every field on, so the number itself has to remember
            object.__setattr__(self, "n_kv_heads", AsManyHeads(self.n_heads))


class AsManyHeads(int):
    """A number of key heads that is that of the heads: it changes with them when a config is replaced."""


class Parts(nn.Module):
    """The parts of a GPT, made and initialised; how they work together is the GPT's own.

    config: a Config   raises: ValueError where it has fewer heads of keys than of queries
    """

    def __init__(self, config):
        super().__init__()
        if config.n_kv_heads != config.n_heads:
            raise ValueError(f"n_kv_heads is {config.n_kv_heads} and n_heads {config.n_heads}; "
                             "every head of this model has keys of its own: give n_kv_heads=None")
        self.config, C = config, config.d_model
        self.token_embedding = nn.Embedding(config.vocab_size, C)
        self.position_embedding = LearnedPositions(config.context_length, C)
        self.blocks = nn.ModuleList(Block(C, config.n_heads, config.activation, config.bias)
                                    for _ in range(config.n_layers))
        self.final_norm = LayerNorm(C, config.bias)
        self.head = nn.Linear(C, config.vocab_size, bias=False)
        if config.tied:
            self.head.weight = self.token_embedding.weight
        initialise(self)


class GPT(Parts):
    """A decoder-only transformer with learned positions and norms before the parts.

    ids: (B, T) whole numbers, T at most config.context_length
    returns: logits (B, T, V); row t bets on token t + 1

    >>> tiny = Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=1)
    >>> GPT(tiny)(torch.tensor([[3, 1, 4]])).shape
    torch.Size([1, 3, 7])
    """

    def embed(self, ids, start=0):
        """ids: (B, T), at positions start, start + 1, …   returns: (B, T, C), token + position"""
        check_ids(ids, self.config, start)
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)  # (T,)
        return self.token_embedding(ids) + self.position_embedding(positions)  # (B, T, C)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))  # (B, T, V)

    def loss(self, ids, targets):
        """ids, targets: (B, T)   returns: (), mean nats where a target is not IGNORED (-100)"""
        logits = self(ids)  # (B, T, V)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def check_ids(ids, config, start=0):
    """Refuse what no embedding could look up, and say which number is wrong."""
    if ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"ids are {ids.dtype}; they are looked up, so they must be whole numbers: ids.long() "
                         "(an empty list becomes a float tensor: give it dtype=torch.long)")
    if ids.ndim != 2 or not ids.numel():
        raise ValueError(f"ids have the shape {tuple(ids.shape)}; a batch is (B, T) with at least one id in each row")
    end, window = start + ids.shape[1], config.context_length
    if start < 0 or end > window:
        raise ValueError(f"positions {start} to {end - 1} do not fit context_length {window}; "
                         f"keep the last {window} ids: ids[:, -{window}:]")
    if ids.device.type == "cpu":  # elsewhere looking at the values would make the device wait
        low, high = ids.min().item(), ids.max().item()
        if low < 0 or high >= config.vocab_size:
            raise ValueError(f"id {low if low < 0 else high} is outside the vocabulary, 0 to {config.vocab_size - 1}; "
                             "were the ids made by another tokenizer?")


def check_targets(targets, ids, V):
    """The targets as int64, once every one of them is a token or IGNORED, and not all are ignored."""
    if targets.shape != ids.shape:
        raise ValueError(f"targets are {tuple(targets.shape)} and ids {tuple(ids.shape)}; each id needs the one "
                         "that follows it: ids = tokens[:, :-1], targets = tokens[:, 1:]")
    if targets.dtype == torch.bool or targets.is_floating_point() or targets.is_complex():
        raise ValueError(f"targets are {targets.dtype}; they are ids, so they must be whole numbers: targets.long()")
    targets = targets.long()
    if targets.device.type == "cpu":  # elsewhere looking at the values would make the device wait
        counted = targets[targets != IGNORED]
        if not len(counted):
            raise ValueError(f"every target is {IGNORED}, which means that it is not asked for: nothing is left to "
                             "learn from in this batch")
        low, high = counted.min().item(), counted.max().item()
        if low < 0 or high >= V:
            raise ValueError(f"target {low if low < 0 else high} is outside the vocabulary, 0 to {V - 1}; where "
                             f"nothing is to be asked, the target is {IGNORED}")
    return targets

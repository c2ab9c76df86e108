"""The GPT: tokens and positions go in, blocks add to the stream, and each position bets on the next token."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from course_lib.attention import LearnedPositions
from course_lib.block import ACTIVATIONS, Block, LayerNorm

INITS = ("gpt2", "spread")
GPT2_STD = 0.02
SPREAD_TOKEN_STD, SPREAD_POSITION_STD, SPREAD_HEAD_STD, SPREAD_COPY = 0.2, 0.02, 0.001, 0.3
IGNORED = -100  # the target of a position at which nothing is asked; torch's own default


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
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1")
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


class GPT(nn.Module):
    """A decoder-only transformer with learned positions and norms before the parts.

    ids: (B, T) int64, T at most config.context_length   returns: logits (B, T, V); row t bets on token t + 1

    Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.3.
    """

    def __init__(self, config):
        super().__init__()
        if config.n_kv_heads != config.n_heads:
            raise ValueError(f"n_kv_heads is {config.n_kv_heads} and n_heads {config.n_heads}; every head of this "
                             "model has keys of its own: give n_kv_heads=None")
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = LearnedPositions(config.context_length, config.d_model)
        self.blocks = nn.ModuleList(
            Block(config.d_model, config.n_heads, config.activation, config.bias) for _ in range(config.n_layers))
        self.final_norm = LayerNorm(config.d_model, config.bias)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        if config.tied:
            self.head.weight = self.token_embedding.weight
        initialise(self)

    def embed(self, ids, start=0):
        """The stream before the first block: what each token is, plus where it stands.

        ids: (B, T)   start: the position of the first of them   returns: (B, T, C)
        """
        check_ids(ids, self.config, start)
        T = ids.shape[1]
        positions = torch.arange(start, start + T, device=ids.device)  # (T,)
        return self.token_embedding(ids) + self.position_embedding(positions)  # (B, T, C)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))  # (B, T, V)

    def loss(self, ids, targets):
        """Mean cross entropy in nats of the next tokens.

        ids, targets: (B, T), whole numbers; where a target is IGNORED (-100), nothing is asked   returns: ()
        raises: ValueError for targets of another shape or kind, outside the vocabulary, or all of them ignored
        """
        logits = self(ids)  # (B, T, V)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


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


@torch.no_grad()
def initialise(model):
    """Draw every parameter afresh, as config.init says; norms start as they were, biases at zero.

    "gpt2": all weights std 0.02, and the two layers of each block that write to the stream 0.02 / √(2L), so that the
        sum of 2L writes starts no larger than one (Radford et al. 2019, section 2.3).
    "spread": each kind of weight has its own scale. Tokens loud and positions quiet, so that who is there is heard
        before where; matrices std 1 / √C, which keeps the size of what they read; MLPs write nothing; a head of
        attention writes 0.3 times what it looks at, for its output matrix is the transpose of its value matrix, so
        that looking at the right place pays from the first step (a like idea: Trockman and Kolter 2023, "Mimetic
        Initialization of Self-Attention Layers"); a head of bets of its own almost silent, so that they are even.
    """
    C, L = model.config.d_model, model.config.n_layers
    if model.config.init == "gpt2":
        token = position = head = matrix = GPT2_STD
        writing = GPT2_STD / (2 * L) ** 0.5
    else:
        token, position, head = SPREAD_TOKEN_STD, SPREAD_POSITION_STD, SPREAD_HEAD_STD
        matrix, writing = C**-0.5, 0.0
    writers = [part for block in model.blocks for part in (block.attention.out, block.mlp.down)]
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not model.head:
            module.weight.normal_(std=writing if module in writers else matrix)
            if module.bias is not None:
                module.bias.zero_()
    if not model.config.tied:
        model.head.weight.normal_(std=head)
    if model.config.init == "spread":
        for block in model.blocks:
            values = block.attention.qkv.weight.chunk(3)[2]  # (C, C)
            block.attention.out.weight.copy_(SPREAD_COPY * values.T)
    model.token_embedding.weight.normal_(std=token)
    model.position_embedding.weight.normal_(std=position)


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
        weights.append(attention.weights(q, k))

    hooks = [model.blocks[0].register_forward_pre_hook(before_first)]
    try:
        for block in model.blocks:
            hooks.append(block.register_forward_hook(after_block))
            hooks.append(block.attention.register_forward_hook(after_attention))
        return Trace(residuals, weights, model(ids))
    finally:
        for hook in hooks:
            hook.remove()


def count_parameters(model):
    """How many numbers the model learns; a tied head is counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def flops_per_token(config, T=None):
    """Floating-point operations in the matrix products of one forward pass, for each of T tokens (the whole window).

    A product of (m, k) and (k, n) is 2·m·k·n: each weight costs one multiplication and one addition per token. On top
    come scores and mixing, which grow with T. Backward costs twice as much again, so a training step is 3 times this.
    Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1.
    """
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    weights = L * (4 * C * C + 2 * C * 4 * C) + C * V  # qkv and out, up and down; the head
    scores_and_mixing = L * 2 * T * C
    return 2 * (weights + scores_and_mixing)


def memory(config, B=1, T=None, bytes_per_number=4):
    """Where the bytes go when B sequences of T tokens (the whole window) are trained on, and when they are written.

    returns: dict of bytes: "weights"; "gradients"; "moments", AdamW's two; "activations", what the forward pass keeps
        for the backward pass; and, for writing alone, "cache", the keys and values of B sequences

    A block keeps 20 C numbers for each token and H·T attention weights; around the blocks stand the embedding, the last
    norm (4 C) and the logits (V). The attention weights are what outgrows everything else in long windows.
    """
    T, C, H, L, V = T or config.context_length, config.d_model, config.n_heads, config.n_layers, config.vocab_size
    with torch.device("meta"):  # shapes without numbers
        weights = count_parameters(GPT(config))
    numbers = {"weights": weights, "gradients": weights, "moments": 2 * weights,
               "activations": B * T * (L * (20 * C + H * T) + 4 * C + V), "cache": B * T * L * 2 * C}
    return {part: count * bytes_per_number for part, count in numbers.items()}

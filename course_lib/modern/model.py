"""The modern GPT: the same stream, blocks and head, and a choice for each part that is in them."""

from dataclasses import dataclass

import torch
from torch import nn

from course_lib.attention import LearnedPositions
from course_lib.batches import whole
from course_lib.block import MLP, LayerNorm
from course_lib.gpt import GPT, check_ids
from course_lib.training import register_model

from .attention import ModernAttention
from .experts import Experts
from .feeding import SquaredReLU, SwiGLU
from .norm import RMSNorm
from .start import start

CHOICES = {"norm": ("rms", "layer"), "positions": ("rope", "learned"), "mlp": ("swiglu", "relu2", "gelu")}
CLASSIC = {"norm": "layer", "positions": "learned", "mlp": "gelu", "bias": True}  # what a gpt.GPT has


@dataclass(frozen=True)
class ModernConfig:
    """The sizes and choices of a modern GPT.

    vocab_size, context_length, d_model, n_heads, n_layers: V, T at most, C, H and L
    n_kv_heads: K, heads of keys and values; None: H   head_width: D; None: C / H
    d_hidden: how wide an MLP is inside; None: 4 · C, and for "swiglu", which has three matrices, 8/3 · C up to the
        next multiple of 8
    norm: "rms" or "layer"   positions: "rope" or "learned"   mlp: "swiglu", "relu2" or "gelu"
    bias: whether linear layers and layer norms have one   qkv_bias: queries, keys and values have one all the same
    qk_norm: whether queries and keys are normed   rope_base: see `rotate`
    window, full_every: how many places a layer sees; every full_every-th layer, and the last, sees all; None: all do
    experts, used, balance: MLPs in each block, how many of them a token goes to, and how much their balance counts
        beside the loss; None: a single MLP
    softcap: logits stay within ± this; None: as they come   tied: whether the head is the token embedding itself
    norm_epsilon: of every norm
    """

    vocab_size: int
    context_length: int
    d_model: int
    n_heads: int
    n_layers: int
    n_kv_heads: int | None = None
    head_width: int | None = None
    d_hidden: int | None = None
    norm: str = "rms"
    positions: str = "rope"
    mlp: str = "swiglu"
    bias: bool = False
    qkv_bias: bool = False
    qk_norm: bool = False
    rope_base: float = 10_000.0
    window: int | None = None
    full_every: int = 2
    experts: int | None = None
    used: int = 1
    balance: float = 0.01
    softcap: float | None = None
    tied: bool = True
    norm_epsilon: float = 1e-5

    def __post_init__(self):
        def fill(name, value):
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

        self._whole("vocab_size", "context_length", "d_model", "n_heads", "n_layers", "full_every", "used")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}")
        if self.head_width is None and self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} cannot be shared out among n_heads {self.n_heads}; take another "
                             "n_heads, or say what head_width each has")
        fill("n_kv_heads", self.n_heads)
        fill("head_width", self.d_model // self.n_heads)
        fill("d_hidden", -(-self.d_model // 3) * 8 if self.mlp == "swiglu" else 4 * self.d_model)
        self._whole("n_kv_heads", "head_width", "d_hidden")
        self._whole(*(name for name in ("window", "experts") if getattr(self, name) is not None))
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"n_kv_heads {self.n_kv_heads} does not divide n_heads {self.n_heads}: each key head "
                             "serves equally many query heads")
        if self.positions == "rope" and self.head_width % 2:
            raise ValueError(f"head_width is {self.head_width}; RoPE turns channels in pairs, so choose an even one")
        if self.experts is not None and self.used > self.experts:
            raise ValueError(f"used is {self.used} and experts {self.experts}: a token cannot go to more")
        for name in "rope_base", "softcap", "norm_epsilon":
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be above 0")

    def _whole(self, *names):
        for name in names:
            object.__setattr__(self, name, whole(name, getattr(self, name), 1))


def modern(config, **choices):
    """The ModernConfig with the sizes of a gpt.Config, and other choices where they are given.

    choices: fields of ModernConfig; `**CLASSIC` makes it the same model

    >>> from course_lib.gpt import Config
    >>> modern(Config(7, 5, 6, 3, 1), n_kv_heads=1).n_kv_heads
    1
    """
    names = ("vocab_size", "context_length", "d_model", "n_heads", "n_layers", "tied")
    return ModernConfig(**{**{name: getattr(config, name) for name in names}, **choices})


class CappedHead(nn.Linear):
    """A head whose logits stay within ± cap: cap · tanh(logits / cap). x: (..., C)   returns: (..., V)"""

    def __init__(self, d_model, vocab_size, cap):
        super().__init__(d_model, vocab_size, bias=False)
        self.cap = cap

    def forward(self, x):
        return self.cap * (super().forward(x) / self.cap).tanh()


def make_norm(config):
    if config.norm == "rms":
        return RMSNorm(config.d_model, config.norm_epsilon)
    return LayerNorm(config.d_model, config.bias, config.norm_epsilon)


def make_mlp(config):
    if config.mlp == "gelu":
        return MLP(config.d_model, bias=config.bias)
    return (SwiGLU if config.mlp == "swiglu" else SquaredReLU)(config.d_model, config.d_hidden, config.bias)


class ModernBlock(nn.Module):
    """Attention, then an MLP or experts; each reads a normed copy of the stream and adds what it found.

    x: (B, T, C)   positions: (T,), passed on to the attention   returns: (B, T, C)
    """

    def __init__(self, config, window=None):
        super().__init__()
        self.attention_norm = make_norm(config)
        self.attention = ModernAttention(config, window)
        self.mlp_norm = make_norm(config)
        self.mlp = make_mlp(config) if config.experts is None else Experts(
            config.d_model, config.experts, config.used, lambda: make_mlp(config))

    def forward(self, x, positions=None):
        x = x + self.attention(self.attention_norm(x), positions)
        return x + self.mlp(self.mlp_norm(x))


class Modern(nn.Module):
    """A GPT with the parts that its config chooses, and the surface of gpt.GPT.

    ids: (B, T) whole numbers, T at most config.context_length
    returns: logits (B, T, V); row t bets on token t + 1

    >>> tiny = ModernConfig(vocab_size=7, context_length=5, d_model=6, n_heads=3, n_layers=1, n_kv_heads=1)
    >>> Modern(tiny)(torch.tensor([[3, 1, 4]])).shape
    torch.Size([1, 3, 7])
    """

    def __init__(self, config):
        super().__init__()
        self.config, C, L = config, config.d_model, config.n_layers
        self.token_embedding = nn.Embedding(config.vocab_size, C)
        if config.positions == "learned":
            self.position_embedding = LearnedPositions(config.context_length, C)
        self.blocks = nn.ModuleList(
            ModernBlock(config, None if layer % config.full_every == config.full_every - 1 or layer == L - 1
                        else config.window) for layer in range(L))
        self.final_norm = make_norm(config)
        self.head = (nn.Linear(C, config.vocab_size, bias=False) if config.softcap is None
                     else CappedHead(C, config.vocab_size, config.softcap))
        if config.tied:
            self.head.weight = self.token_embedding.weight
        if config.experts is not None and config.balance:
            self.loss = self.balanced_loss  # this one's own, so that nobody takes it for the cross entropy alone
        start(self)

    def embed(self, ids, start=0):
        """ids: (B, T), at positions start, start + 1, …   returns: (B, T, C); with RoPE, the tokens alone"""
        check_ids(ids, self.config, start)
        x = self.token_embedding(ids)  # (B, T, C)
        if self.config.positions == "rope":
            return x
        return x + self.position_embedding(torch.arange(start, start + ids.shape[1], device=ids.device))

    forward, loss = GPT.forward, GPT.loss

    def balanced_loss(self, ids, targets):
        """`loss`, and config.balance times how uneven the experts of all blocks were used. returns: ()"""
        loss = GPT.loss(self, ids, targets)
        return loss + self.config.balance * sum(block.mlp.balance for block in self.blocks)


register_model(Modern, ModernConfig)

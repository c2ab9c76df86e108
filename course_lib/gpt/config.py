"""The sizes and choices that make a GPT."""

from dataclasses import dataclass

from course_lib.block import ACTIVATIONS

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

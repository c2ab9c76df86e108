"""What a GPT costs: parameters, floating-point operations and memory, by formula.

Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1.
"""

from .model import Config

SIZES = {  # Radford et al. 2019, table 2; Brown et al. 2020, table 2.1
    "GPT-2 small": Config(50257, 1024, d_model=768, n_heads=12, n_layers=12),
    "GPT-2 medium": Config(50257, 1024, d_model=1024, n_heads=16, n_layers=24),
    "GPT-2 large": Config(50257, 1024, d_model=1280, n_heads=20, n_layers=36),
    "GPT-2 XL": Config(50257, 1024, d_model=1600, n_heads=25, n_layers=48),
    "GPT-3 6.7B": Config(50257, 2048, d_model=4096, n_heads=32, n_layers=32),
    "GPT-3": Config(50257, 2048, d_model=12288, n_heads=96, n_layers=96),
}


def count_parameters(model):
    """How many numbers a model learns; a tied head is counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def parameters(config):
    """How many numbers a GPT of this config learns, part by part, without building it.

    returns: a dict of whole numbers
        "tokens"      the token embedding
        "positions"   the position embedding
        "attention"   in all blocks: qkv and out, with their biases where config.bias is true
        "mlp"         in all blocks: up and down, with their biases where config.bias is true
        "norms"       all of them, the last one too: a scale each, and a shift where config.bias
        "head"        0 where config.tied is true: then the token embedding is counted once

    >>> parameters(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=1))
    {'tokens': 42, 'positions': 30, 'attention': 168, 'mlp': 318, 'norms': 36, 'head': 0}
    """
    V, T, C, L = config.vocab_size, config.context_length, config.d_model, config.n_layers
    one = 1 if config.bias else 0
    return {
        "tokens": V * C,
        "positions": T * C,
        "attention": L * ((C + one) * 3 * C + (C + one) * C),
        "mlp": L * ((C + one) * 4 * C + (4 * C + one) * C),
        "norms": (2 * L + 1) * (1 + one) * C,
        "head": 0 if config.tied else V * C,
    }


def flops_per_token(config, T=None):
    """Floating-point operations in the products of one forward pass, for each of T tokens.

    T: None means the whole window
    A product of (m, k) and (k, n) is 2·m·k·n: each weight of qkv, out, up, down and the head costs
    one multiplication and one addition per token. On top come the scores q · k and the mixing of
    values, in every block over all T places: hidden ones are computed too.
    Not counted: looking up embeddings, biases, norms, softmax, GELU.

    >>> flops_per_token(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=1))
    1068
    """
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    weights = L * (4 * C * C + 8 * C * C) + C * V
    scores_and_mixing = L * 2 * T * C
    return 2 * (weights + scores_and_mixing)


def memory(config, B=1, T=None, bytes_per_number=4):
    """Where the bytes go when B sequences of T tokens (None: the whole window) are trained on.

    returns: dict of bytes: "weights"; "gradients"; "moments", AdamW's two; "activations", what the
        forward pass keeps for the backward pass; and, for writing alone, "cache", the keys and
        values of B sequences
    A block keeps 20 C numbers for each token and H·T attention weights; around the blocks stand the
    embedding, the last norm (4 C) and the logits (V).
    """
    T, C, H = T or config.context_length, config.d_model, config.n_heads
    L, V = config.n_layers, config.vocab_size
    weights = sum(parameters(config).values())
    kept = B * T * (L * (20 * C + H * T) + 4 * C + V)
    numbers = {"weights": weights, "gradients": weights, "moments": 2 * weights,
               "activations": kept, "cache": B * T * L * 2 * C}
    return {part: count * bytes_per_number for part, count in numbers.items()}

"""Attention: do not carry the past along; go back and look.

Every position asks a question (its query), every earlier position wears a label (its key), and
where the two fit, the position takes what is there (the value). In plain Python for one question,
on tensors for all of them at once, then without the future, then with several heads; and since a
sum does not know the order of its parts, positions. At the end the smallest language model with
such a look, and the run that puts it on the ladder.

Vaswani et al. 2017, "Attention Is All You Need", sections 3.2 and 3.5.
"""

from types import SimpleNamespace

import torch
from torch import nn

from course_lib import stories
from course_lib.batches import Batches, stream
from course_lib.device import device
from course_lib.learning import practise
from course_lib.start_here import dot, softmax


def attend(query, keys, values):
    """Attention for one question: mix the values, each weighed by how well its key fits the query.

    query: D numbers   keys: S lists of D numbers   values: S lists of E numbers
    returns: E numbers, the weighted mean of the values
        the weights are the softmax of the S products query · key
    raises: ValueError when the lengths do not fit together

    >>> attend([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[0.0], [4.0]])
    [2.0]
    """
    weights = softmax([dot(query, key) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]


def look(q, k, v):
    """Scaled dot-product attention: T questions, each looks at all S places, the future included.

    q: (..., T, D)   k: (..., S, D)   v: (..., S, E)
    returns: (..., T, E), on q's device and in its dtype (half, float, double)
        the weights are softmax(q · k / √D), so that their sharpness does not depend on D;
        gradients reach q, k and v

    >>> look(torch.zeros(1, 2), torch.eye(2), torch.tensor([[0.], [4.]])).tolist()
    [[2.0]]
    """
    D = q.shape[-1]
    scores = (q / D**0.5) @ k.mT  # (..., T, S)
    return scores.softmax(-1) @ v  # (..., T, E)


def causal_attention(q, k, v):
    """Mix each position's values, weighing every earlier position by q · k.

    q, k, v: (..., T, D)   one query, key and value for each of T positions
    returns: (..., T, D)   position t is a weighted mean of v[0..t], whatever the scores and
        however long the text; on q's device and in its dtype (half, float, double), and gradients
        reach q, k and v

    >>> zero, v = torch.zeros(3, 1), torch.tensor([[1.], [2.], [6.]])
    >>> causal_attention(zero, zero, v).flatten().tolist()
    [1.0, 1.5, 3.0]
    """
    T, D = q.shape[-2:]
    if k.shape[-2] != T:
        raise ValueError(f"{T} queries and {k.shape[-2]} keys: "
                         "causal attention wants one key for each query")
    scores = (q / D**0.5) @ k.mT  # (..., T, T)
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)  # (T, T)
    weights = scores.masked_fill(future, -torch.inf).softmax(-1)
    return weights @ v  # (..., T, D)


def local_attention(q, k, v, window):
    """Causal attention with a short memory: each position sees itself and the window - 1 before it.

    q, k, v: (..., T, D)   window: a whole number, 1 or more
    returns: (..., T, D), on q's device and in its dtype; gradients reach q, k and v

    >>> zero, v = torch.zeros(3, 1), torch.tensor([[1.], [2.], [6.]])
    >>> local_attention(zero, zero, v, window=2)[-1].tolist()
    [4.0]
    """
    T, D = q.shape[-2:]
    places = torch.arange(T, device=q.device)  # (T)
    back = places[:, None] - places  # (T, T)
    hidden = (back < 0) | (back >= window)
    scores = (q / D**0.5) @ k.mT  # (..., T, T)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v  # (..., T, D)


class SelfAttention(nn.Module):
    """The frame of every self-attention here: two layers, and how its three parts work together.

    One linear layer makes queries, keys and values, in this order, as in GPT-2, so that its
    weights fit here.
    x: (B, T, C)   positions: (T,) or None   returns: (B, T, C)
    """

    def __init__(self, d_model, n_heads, bias=True):
        super().__init__()
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(f"{n_heads} heads cannot share d_model {d_model} evenly; "
                             "choose a multiple of n_heads")
        self.n_heads = n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.out = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, x, positions=None):
        if x.ndim != 3 or x.shape[-1] != self.qkv.in_features:
            raise ValueError(f"x has the shape {tuple(x.shape)}; "
                             f"this attention takes (B, T, {self.qkv.in_features})")
        q, k, v = self.project(x, positions)
        return self.merge(self.weights(q, k) @ v)


class CausalSelfAttention(SelfAttention):
    """H causal attentions side by side, each on its own D = C / H channels, then mixed together.
    What is computed stays on the device and in the dtype of what came in; gradients reach all.

    >>> CausalSelfAttention(6, 2)(torch.zeros(1, 5, 6)).shape
    torch.Size([1, 5, 6])
    """

    def project(self, x, positions=None):
        """x: (B, T, C), which knows its positions already   returns: q, k, v, each (B, H, T, D)"""
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        qkv = self.qkv(x).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        return qkv.unbind()  # 3 times (B, H, T, D)

    def weights(self, q, k):
        """q: (B, H, T, D), the last T of S positions   k: (B, H, S, D)

        returns: (B, H, T, S), rows of sum one
        """
        T, D = q.shape[-2:]
        S = k.shape[-2]
        if T > S:
            raise ValueError(f"{T} queries and only {S} keys: the queries are the last of all the "
                             "positions, so give the keys of every position that asks")
        scores = (q / D**0.5) @ k.mT  # (B, H, T, S)
        # Adding -inf to the future hides it as filling does, with one pass less when training.
        hide = torch.full((T, S), -torch.inf, dtype=q.dtype, device=q.device)  # (T, S)
        hide = hide.triu(1 + S - T)  # (T, S)
        return (scores + hide).softmax(-1)

    def merge(self, heads):
        """heads: (B, H, T, D)   returns: (B, T, C), mixed by the output layer"""
        return self.out(heads.transpose(1, 2).flatten(2))  # (B, T, C)


def sinusoids(positions, d_model):
    """Sinusoidal positions: for each its waves, fast in the first channels and slow in the last.

    positions: (T,)   whole numbers
    returns: (T, C), computed in float32, on the device of the positions, however large these are:
        channels 2i and 2i+1 are sine and cosine of position / 10000^(2i/C), C = d_model
    raises: ValueError when d_model is odd: every sine needs its cosine

    >>> sinusoids(torch.tensor([0]), 4).tolist()
    [[0.0, 1.0, 0.0, 1.0]]
    """
    if d_model % 2:
        raise ValueError(f"d_model is {d_model}; "
                         "sines and cosines come in pairs, so choose an even width")
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model  # (C/2,)
    angles = positions[:, None] / 10000**powers  # (T, C/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, C)


class SinusoidalPositions(nn.Module):
    """For every position its waves: nothing to learn, and no longest text.

    positions: (T,)   returns: (T, C) float32, to be added to the tokens' vectors

    Vaswani et al. 2017, section 3.5.
    """

    def __init__(self, d_model):
        super().__init__()
        sinusoids(torch.arange(1), d_model)  # an odd width is refused here, before any text comes
        self.d_model = d_model

    def forward(self, positions):
        return sinusoids(positions, self.d_model)


class LearnedPositions(nn.Embedding):
    """For every position a vector of its own, learned like the tokens' vectors, as in GPT-2.

    positions: (T,), each below context_length   returns: (T, C), to be added to the tokens' vectors
    raises: ValueError when a position lies outside the window (on the CPU; other devices are not
        made to wait)
    """

    def __init__(self, context_length, d_model):
        super().__init__(context_length, d_model)

    def forward(self, positions):
        window = self.num_embeddings
        on_cpu = positions.device.type == "cpu"
        if on_cpu and not all(0 <= p < window for p in positions.flatten().tolist()):
            raise ValueError(f"positions go from {positions.min()} to {positions.max()}, but there "
                             f"are vectors for 0 to {window - 1}: keep the last {window} tokens, "
                             "or build with a larger context_length")
        return super().forward(positions)


class Look(nn.Module):
    """A residual connection around attention: what one look back finds is added to what was there.

    x: (B, T, C)   returns: (B, T, C)
    """

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, x):
        return x + self.attention(x)


class Listener(nn.Module):
    """A language model with one layer of attention: tokens, positions, a look, a bet on the next.

    No second layer, no MLP, no norms.
    ids: (B, T)   returns: logits (B, T, V)
    attention: a class, CausalSelfAttention or your own
    """

    def __init__(self, vocab_size, context_length, d_model, n_heads, attention):
        super().__init__()
        self.config = SimpleNamespace(vocab_size=vocab_size, context_length=context_length)
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = LearnedPositions(context_length, d_model)
        self.blocks = nn.ModuleList([Look(attention(d_model, n_heads))])
        self.final_norm, self.head = nn.Identity(), nn.Linear(d_model, vocab_size)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.2)

    def embed(self, ids, start=0):
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)  # (T,)
        return self.tokens(ids) + self.positions(positions)  # (B, T, C)

    def forward(self, ids):
        return self.head(self.final_norm(self.blocks[0](self.embed(ids))))


def listen(attention, tokenizer, steps=600, read=6000, seed=0, curve=None):
    """Train a Listener on stories: the run behind this rung of the ladder.

    attention: a class, CausalSelfAttention or your own
    read: how many stories there are to read from   curve: a show.LossCurve to watch it by
    seed: which stories, in which order, and from which weights
    returns: the Listener, on `device()`; 192 tokens hold almost every story from its first word
        to its last
    """
    T = 192
    told = stream(stories.texts("train", read, seed=seed), tokenizer)
    batches = Batches(told, 8, T, seed, end=tokenizer.end)
    torch.manual_seed(seed)
    model = Listener(tokenizer.vocab_size, T, 96, 4, attention).to(device())
    model.tokenizer = tokenizer  # so that a widget needs no more than the model and a text

    def at(step):
        return [part.to(device()) for part in batches.at(step)]

    return practise(model, at, steps, 0.03, curve)

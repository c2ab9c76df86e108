"""The cache: keys and values of what was read are kept, so that a model need not read the same text twice."""

import torch

from course_lib.batches import whole


def view_start(length, window):
    """Where the model's view begins in a text of `length` tokens.

    window: how many tokens the model can see at once
    returns: the number of the first token in view
    It is 0 while all fit. A token more, and the oldest half of the window (the larger half, if it
    is odd) is dropped at once; so the view then moves only every window / 2 tokens, and a cache is
    good for all of these.

    >>> [view_start(length, 4) for length in range(1, 10)]
    [0, 0, 0, 0, 2, 2, 4, 4, 6]
    """
    half = (window + 1) // 2
    too_many = max(length - window, 0)
    return -(-too_many // half) * half  # rounded up to whole halves


class Cache:
    """The keys and values of the tokens that a model has read, so that it need not read them again.

    window: for how many tokens there is room   length: how many have been read   start: where in the text they begin
    raises: ValueError unless window is a whole number, 1 or more
    """

    def __init__(self, window):
        self.window = whole("window", window, 1)
        self.keys, self.values = [], []  # one tensor (B, H, window, D) for each layer
        self.length = self.start = 0

    def clear(self, start=0):
        """Forget what was read; the next token read is number `start` of the text, and the first here."""
        self.keys, self.values, self.length, self.start = [], [], 0, start

    def pick(self, rows):
        """Go on with these rows only; a row may be picked more than once. rows: their numbers, a list or a tensor"""
        self.keys, self.values = [k[rows] for k in self.keys], [v[rows] for v in self.values]

    def keep(self, layer, k, v):
        """Put new keys and values behind the old ones of one layer; `length` is left to whoever reads all layers.

        k, v: (B, H, T, D)   returns: all of them, twice (B, H, S, D) with S = length + T
        raises: ValueError when they are of another number of rows, or too many for the window
        """
        B, H, T, D = k.shape
        S = self.length + T
        if layer == len(self.keys):  # the first read makes room for a whole window
            self.keys.append(k.new_empty(B, H, self.window, D))  # (B, H, window, D)
            self.values.append(torch.empty_like(self.keys[layer]))
        if len(self.keys[layer]) != B or S > self.window:
            raise ValueError(f"the cache has room for {len(self.keys[layer])} rows of {self.window} tokens, not for "
                             f"{B} rows of {S}; clear() it before another text")
        self.keys[layer][:, :, self.length : S] = k
        self.values[layer][:, :, self.length : S] = v
        return self.keys[layer][:, :, :S], self.values[layer][:, :, :S]


@torch.no_grad()
def read_on(model, ids, cache):
    """Read new tokens, looking back at the keys and values of those before, not read again.

    ids: (B, T), the tokens that follow the `cache.length` read so far
    returns: logits (B, T, V), those that model(all the tokens) gives for the last T; no gradients
    raises: ValueError when the text grows longer than the model's window, as model(all the tokens)
        would
    Of a model it needs `embed(ids, start)`, `blocks`, `final_norm` and `head`, and of its
    attention `project`, `weights` and `merge`.

    >>> from course_lib.gpt import GPT, Config
    >>> model = GPT(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> cache = Cache(5)
    >>> ids = torch.tensor([[3, 1, 4]])
    >>> one_by_one = [read_on(model, ids[:, t : t + 1], cache) for t in range(3)]
    >>> torch.allclose(torch.cat(one_by_one, dim=1), model(ids), atol=1e-6)
    True
    """
    T = ids.shape[1]
    positions = torch.arange(cache.length, cache.length + T, device=ids.device)  # (T,)
    x = model.embed(ids, cache.length)  # (B, T, C)
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attention.project(block.attention_norm(x), positions)
        k, v = cache.keep(layer, k, v)
        x = x + block.attention.merge(block.attention.weights(q, k) @ v)
        x = x + block.mlp(block.mlp_norm(x))
    cache.length += T
    return model.head(model.final_norm(x))  # (B, T, V)


def after(model, text, cache=None):
    """What comes after a text, seen from where the view begins.

    text: (B, N) of any length   returns: logits (B, V)
    cache: what was read of this text when it was shorter; only what is new is read, until the window is full. Then the
        oldest half of the view is dropped and the rest read again: it stands at other positions now, and so it has
        other keys and values.
    """
    N = text.shape[1]
    start = view_start(N, getattr(getattr(model, "config", None), "context_length", N))
    if cache is None:
        return model(text[:, start:])[:, -1]  # (B, V)
    if start != cache.start or start + cache.length >= N:
        cache.clear(start)
    return read_on(model, text[:, start + cache.length :], cache)[:, -1]  # (B, V)

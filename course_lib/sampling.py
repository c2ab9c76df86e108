"""Sampling: a model gives each token a chance, and here one of them is taken, again and again, until there is a text.

First the cuts that decide which tokens may come, then the loop, then the cache that spares the model reading the same
text twice, and beam search, which looks for the likeliest text and finds a dull one.
"""

import math
from numbers import Real

import torch

from course_lib.batches import whole
from course_lib.bigram import check_logits, evaluating
from course_lib.text import whole_id


def number(name, value):
    """The value, where it is one finite number, of Python's or numpy's.

    raises: ValueError with the name and the value where it is not
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}: it must be a number, and a finite one")
    return value


def choose(probs, u):
    """Walk along the tokens, adding up probabilities, and take the first where the sum exceeds u.

    probs: V numbers that add up to 1   u: a number, 0 <= u < 1
    returns: the token, 0 to V − 1
    When u is drawn evenly, each token is taken as often as its probability says.

    >>> [choose([0.5, 0.25, 0.25], u) for u in (0.0, 0.4, 0.6, 0.9)]
    [0, 0, 1, 2]
    """
    total, last = 0.0, None
    for token, p in enumerate(probs):
        total += p
        if u < total:
            return token
        if p > 0:
            last = token
    return last  # rounding made the sum a little less than 1, and u fell into the gap


def apply_temperature(logits, temperature):
    """Divide the logits by the temperature: below 1 the likely become likelier, above 1 more alike.

    logits: (..., V)   returns: (..., V), on the same device and in the same dtype
    At temperature 0 the highest logit becomes 0 and all others -inf; of equally high ones the
    first is taken.
    raises: ValueError when the temperature is below 0

    >>> apply_temperature(torch.tensor([3.0, 1.0]), 2.0).softmax(-1).log().diff().tolist()
    [-1.0]
    >>> apply_temperature(torch.tensor([3.0, 1.0]), 0).tolist()
    [0.0, -inf]
    """
    if number("temperature", temperature) < 0:
        raise ValueError(f"temperature is {temperature}; it must be 0, which is greedy, or more")
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)  # (..., 1)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)  # (..., 1)
    # softmax does not mind the shift, and a tiny temperature stays finite (below 1e-38 is 0)
    return (logits - highest) / max(temperature, 1e-38)


def top_k(logits, k):
    """Keep the k highest logits of each row; the others become -inf.

    logits: (..., V)   returns: (..., V), on the same device and in the same dtype
    Exactly k are kept: of equal logits those with smaller numbers. A k of V or more keeps all.
    raises: ValueError unless k is a whole number, 1 or more; its message names k

    Fan, Lewis and Dauphin 2018, Hierarchical Neural Story Generation, section 5.4.

    >>> top_k(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2).tolist()
    [[-inf, 3.0, 2.0, -inf]]
    """
    k = whole("k", k, 1)
    order = logits.argsort(dim=-1, descending=True, stable=True)  # (..., V)
    return logits.scatter(-1, order[..., k:], -torch.inf)


def top_p(logits, p):
    """Keep the fewest tokens that together have a probability of p or more, the nucleus.

    logits: (..., V)   returns: (..., V), on the same device and in the same dtype; the others
        become -inf
    The likeliest token always stays, also where p is tiny; 1 keeps all.
    Of equal logits the smaller numbers stay first.
    raises: ValueError unless 0 < p <= 1

    Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3.1.

    >>> top_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.6).isinf().tolist()
    [False, False, True]
    """
    if not 0 < number("p", p) <= 1:
        raise ValueError(f"p is {p}; it must be above 0 and at most 1")
    if p == 1:
        return logits  # of many tokens the sum may round to 1 before the last one is added
    order = logits.argsort(dim=-1, descending=True, stable=True)  # (..., V)
    probs = logits.softmax(-1).gather(-1, order)  # (..., V)
    before = probs.cumsum(-1) - probs  # what the likelier ones have together
    outside = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(outside, -torch.inf)


def min_p(logits, p):
    """Keep the tokens that are at least p times as likely as the likeliest; the others become -inf.

    logits: (..., V)   returns: (..., V)
    A sure model leaves few, an unsure one many: no number has to be right for both.
    raises: ValueError unless 0 <= p <= 1

    Nguyen et al. 2024, Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs, section 3.

    >>> min_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.5).isinf().tolist()
    [False, False, True]
    """
    if not 0 <= number("p", p) <= 1:
        raise ValueError(f"p is {p}; it must be between 0 and 1")
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < p * probs.amax(-1, keepdim=True), -torch.inf)


CUTS = (top_k, top_p, min_p)


def distribution(logits, temperature=1.0, top_k=None, top_p=None, min_p=None):
    """The chances of the next token: temperature first, then the cuts in this order, each on what the last one left.

    logits: (..., V)   returns: probs (..., V)   a cut of None is left out
    raises: ValueError when the logits are NaN or infinite, or temperature and cuts are not the numbers they should be;
        its message says which

    >>> distribution(torch.tensor([0.5, 0.3, 0.2]).log(), top_k=2).tolist()
    [0.625, 0.375, 0.0]
    """
    check_logits(logits)
    if top_k is not None:
        whole("top_k", top_k, 1)
    for name, value in ("top_p", top_p), ("min_p", min_p):
        if value is not None:
            number(name, value)
    logits = apply_temperature(logits, temperature)
    for cut, limit in zip(CUTS, (top_k, top_p, min_p), strict=True):
        if limit is not None:
            logits = cut(logits, limit)
    return logits.softmax(-1)


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


def generate(model, ids, n, *, temperature=1.0, top_k=None, top_p=None, min_p=None, end=None, cache=True,
             generator=None):
    """Let the model go on after each prompt, n tokens or until it says `end`.

    ids: (B, T), or a list of lists of ids of any lengths; an empty one begins with `end`
    temperature, top_k, top_p, min_p: see `distribution`   generator: where the chances come from, on the model's device
    cache: whether keys and values are kept (a model without blocks has none); the result is the same
    returns: prompts and what follows, as they came: a tensor (B, T + at most n), where a row that ended earlier is
        filled up with `end`, or else a list of lists, each up to its `end`
    raises: ValueError when there is no prompt, an empty one and no `end`, a number below zero, or logits are broken

    All rows begin at position 0, and a row whose prompt is longer is still given its own tokens while the others are
    already writing. So nothing is padded, and a row is what it would be alone. A row that has ended is read no more;
    its die is still thrown, so that what the others throw does not depend on it.
    """
    n = whole("n", n, 0)
    prompts = _prompts(ids, end)
    with evaluating(model) as device:
        text, given = _laid_out(prompts, n, device)
        B, N = text.shape
        stops = given.sum(-1) + n  # where each row ends, (B,)
        going = torch.arange(B, device=device)  # the rows that have not ended, (B,)
        kept = _cache_for(model) if cache else None
        for at in range(min(map(len, prompts)), N):
            still = stops[going] > at  # (G,)
            if not still.all():
                going = going[still]
                if kept is not None:
                    kept.pick(still.nonzero()[:, 0])
            G = len(going)
            if not G:
                break
            probs = distribution(after(model, text[going, :at], kept), temperature, top_k, top_p, min_p)  # (G, V)
            u = torch.rand(B, generator=generator, device=device)  # (B,)
            token = torch.where(given[going, at], text[going, at], _choose_each(probs, u[going]))  # (G,)
            text[going, at] = token
            if end is not None:
                ended = (token == end) & ~given[going, at]  # (G,)
                stops[going[ended]] = at + 1
    rows = [row[:stop] for row, stop in zip(text.tolist(), stops.tolist(), strict=True)]
    if not torch.is_tensor(ids):
        return rows
    longest = max(map(len, rows))
    return torch.tensor([row + [end] * (longest - len(row)) for row in rows], device=ids.device)


def _choose_each(probs, u):
    """What `choose` does, for many rows: probs (G, V), u (G,) between 0 and 1   returns: (G,) tokens

    The sums are divided by the last of them, so that it is 1 exactly, and above any u: rounding leaves no gap.
    """
    sums = probs.cumsum(-1)  # (G, V)
    return torch.searchsorted(sums / sums[:, -1:], u[:, None].to(sums.dtype), right=True)[:, 0]


def _prompts(ids, end):
    """The prompts as lists, none of them empty."""
    rows = ids if hasattr(ids, "tolist") else list(ids)
    rows = [row.tolist() if hasattr(row, "tolist") else list(row) if hasattr(row, "__iter__") else row for row in rows]
    if not rows or any(not isinstance(row, list) for row in rows):
        shape = tuple(ids.shape) if torch.is_tensor(ids) else ids
        raise ValueError(f"ids are {shape}; wanted are prompts: (B, T), or a list of lists. For one: [prompt]")
    if end is None and not all(rows):
        raise ValueError("a prompt is empty and there is nothing to begin with; give `end`, the id of end of text")
    try:
        return [list(map(whole_id, row)) or [end] for row in rows]
    except TypeError as error:
        raise ValueError(f"a prompt is {rows!r:.60}: {error}") from None


def _cache_for(model):
    """An empty cache, or None for a model without blocks, which has no keys and values to keep."""
    return Cache(model.config.context_length) if hasattr(model, "blocks") else None


def _laid_out(prompts, n, device):
    """Room for all texts, the prompts in it, and where it is theirs: text, given, both (B, longest prompt + n)."""
    N = max(map(len, prompts)) + n
    text = torch.zeros(len(prompts), N, dtype=torch.long)
    given = torch.zeros(len(prompts), N, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        text[row, : len(prompt)] = torch.tensor(prompt)
        given[row, : len(prompt)] = True
    return text.to(device), given.to(device)


def complete(model, tokenizer, prompt="", n=400, **options):
    """Let the model go on after a text.

    tokenizer: `encode`, `decode` and `end`   prompt: a text, "" to let the model begin, or a list of texts
    n: tokens at most; it stops by itself at end of text   options: as for `generate`
    returns: the prompt and what follows (a list of such, if a list was given)

    The model reads end of text first, since that is what stood before every beginning that it has learned from.
    """
    texts = [prompt] if isinstance(prompt, str) else list(prompt)
    prompts = [[tokenizer.end, *tokenizer.encode(text)] for text in texts]
    told = []
    for given, row in zip(prompts, generate(model, prompts, n, end=tokenizer.end, **options), strict=True):
        ended = len(row) > len(given) and row[-1] == tokenizer.end
        told.append(tokenizer.decode(row[1:-1] if ended else row[1:]))
    return told[0] if isinstance(prompt, str) else told


def beam(model, ids, n, width=4, end=None, length_penalty=0.0):
    """Look for the likeliest text: of all ways to go on, keep at each step the `width` likeliest.

    ids: one prompt, a list of ids   n: tokens at most   end: a text that has it is complete and competes as it is
    length_penalty: texts compete by their log probability divided by (tokens added) ** length_penalty. At 0 by the
        probability alone, which is higher for short ones; at 1 by the mean of each token
    returns: up to `width` pairs (ids, the log probability of what was added, in nats), the best first
    raises: ValueError when the logits are NaN or infinite, or a number is not what it should be

    A width of 1 is greedy; a width of V^n forgets nothing and is exact. Of equals the smaller token's is kept.
    Graves 2012, Sequence Transduction with Recurrent Neural Networks, section 2.5.
    """
    width, n, length_penalty = whole("width", width, 1), whole("n", n, 0), number("length_penalty", length_penalty)
    [prompt] = _prompts([ids], end)

    def worth(one):
        return one[1] / (len(one[0]) - len(prompt)) ** length_penalty

    found = [(prompt, 0.0, False, 0)]  # ids, log probability, whether it has ended, the row that it comes from
    kept = _cache_for(model)
    with evaluating(model) as device:
        for _ in range(n):
            going = [(tokens, score) for tokens, score, ended, _ in found if not ended]
            if not going:
                break
            text = torch.tensor([tokens for tokens, _ in going], device=device)  # (W, N)
            scores = torch.tensor([[score] for _, score in going], dtype=torch.float64)  # (W, 1)
            logits = after(model, text, kept).cpu().double()  # (W, V)
            check_logits(logits)
            totals = scores + logits.log_softmax(-1)  # (W, V)
            V, totals = totals.shape[1], totals.flatten()  # (W · V,)
            least = totals.topk(min(width, len(totals))).values[-1]
            places = (totals >= least).nonzero()[:, 0]  # topk settles ties in no order that one could name
            best = places[totals[places].argsort(descending=True, stable=True)][:width]
            found = [one for one in found if one[2]]
            for place in best.tolist():
                row, token = divmod(place, V)
                found.append((going[row][0] + [token], totals[place].item(), token == end, row))
            found = sorted(found, key=worth, reverse=True)[:width]
            if kept is not None:
                kept.pick([row for _, _, ended, row in found if not ended])
    return [(tokens, score) for tokens, score, _, _ in found]

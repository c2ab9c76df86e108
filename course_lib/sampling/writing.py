"""Writing: a token is taken, again and again, until there is a text; and beam search, which finds a dull one."""

import torch

from course_lib.batches import whole
from course_lib.bigram import check_logits, evaluating
from course_lib.text import whole_id

from .cache import Cache, after
from .choosing import distribution, number


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
    already writing. So nothing is padded, and a row is what it would be alone. Rows that have ended are read no more
    once they are an eighth of those being read: to move what the cache holds of the others costs as much as to read a
    token. Their dice are still thrown, so that what the others throw does not depend on them.
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
            if not still.any():
                break
            if kept is None or (~still).sum() * 8 >= len(going):
                going = going[still]
                if kept is not None:
                    kept.pick(still.nonzero()[:, 0])
            logits = after(model, text[going, :at], kept)
            probs = distribution(logits.to(torch.promote_types(logits.dtype, torch.float32)), temperature, top_k,
                                 top_p, min_p)  # in half precision the sum over V would be a guess
            u = torch.rand(B, generator=generator, device=device)  # (B,)
            token = torch.where(given[going, at], text[going, at], _choose_each(probs, u[going]))
            text[going, at] = token
            if end is not None:
                ended = (token == end) & ~given[going, at]
                stops[going[ended]] = stops[going[ended]].clamp(max=at + 1)
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

"""Which token comes next: a model gives each a chance, the cuts decide which may come, and one is taken."""

import math
from numbers import Real

import torch

from course_lib.batches import whole
from course_lib.bigram import check_logits


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
    raises: ValueError unless k is a whole number, 1 or more

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

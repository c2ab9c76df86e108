"""Answers to sampling, as learners write them: wrong ones that a test must catch, right unusual ones."""

READ = """
@torch.no_grad()
def read_on(model, ids, cache):
    T = ids.shape[1]
    positions = torch.arange(cache.length, cache.length + T, device=ids.device)
    x = model.embed(ids, cache.length)
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attention.project(block.attention_norm(x), positions)
        k, v = cache.keep(layer, k, v)
        x = x + block.attention.merge(block.attention.weights(q, k) @ v)
        x = x + block.mlp(block.mlp_norm(x))
    cache.length += T
    return model.head(model.final_norm(x))
"""
NUCLEUS = """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError(p)
    if p == 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    before = probs.cumsum(-1) - probs
    return logits.masked_fill(torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= p), -torch.inf)
"""


def but(text, *changes):
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


WRONG = {
    "choose": {
        "a call for each token": """
def choose(probs, u):
    def walk(token, total):
        if token == len(probs):
            return max(t for t, p in enumerate(probs) if p > 0)
        total += probs[token]
        return token if u < total else walk(token + 1, total)
    return walk(0, 0.0)
""",
        "nothing tiny in the gap": """
def choose(probs, u):
    total, last = 0.0, None
    for token, p in enumerate(probs):
        total += p
        if u < total:
            return token
        last = token if p > 1e-6 else last
    return last
""",
        "no gap behind a single token": """
def choose(probs, u):
    total = probs[0]
    if u < total:
        return 0
    for token in range(1, len(probs)):
        total += probs[token]
        if u < total:
            return token
    while probs[token] == 0:
        token -= 1
    return token
""",
        "walks from the end": """
def choose(probs, u):
    total, last = 0.0, None
    for token in range(len(probs) - 1, -1, -1):
        total += probs[token]
        if 1 - u <= total and probs[token] > 0:
            return token
    return 0
""",
        "rounds the sum": """
def choose(probs, u):
    total, last = 0.0, None
    for token, p in enumerate(probs):
        total = round(total + p, 6)
        if u < total:
            return token
        last = token if p > 0 else last
    return last
""",
        "a hundred tokens": """
def choose(probs, u):
    total, last = 0.0, None
    for token, p in enumerate(probs[:100]):
        total += p
        if u < total:
            return token
        last = token if p > 0 else last
    return last
""",
        "adds up in the caller's list": """
def choose(probs, u):
    last = max(i for i, p in enumerate(probs) if p > 0)
    for i in range(1, len(probs)):
        probs[i] += probs[i - 1]
    for token, total in enumerate(probs):
        if u < total:
            return token
    return last
""",
        "the likeliest when none is left": """
def choose(probs, u):
    total = 0.0
    for token, p in enumerate(probs):
        total += p
        if u < total:
            return token
    return max(range(len(probs)), key=lambda i: (probs[i], -i))
""",
        "the border a little earlier": """
def choose(probs, u):
    total, last = 0.0, None
    for token, p in enumerate(probs):
        total += p
        if u < total - 1e-9:
            return token
        last = token if p > 0 else last
    return last
""",
        "the border belongs to the token before it": """
def choose(probs, u):
    total, last = (0.0, None)
    for token, p in enumerate(probs):
        total += p
        if u <= total:
            return token
        if p > 0:
            last = token
    return last
""",
        "the number after": """
def choose(probs, u):
    total, last = (0.0, None)
    for token, p in enumerate(probs):
        total += p
        if u < total:
            return min(token + 1, len(probs) - 1)
        if p > 0:
            last = token
    return last
""",
        "the likeliest": """
def choose(probs, u):
    if max(probs) > 0.5:
        return list(probs).index(max(probs))
    total, last = (0.0, None)
    for token, p in enumerate(probs):
        total += p
        if u < total:
            return token
        if p > 0:
            last = token
    return last
""",
    },
    "apply_temperature": {
        "what was cut gets a chance again": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError(temperature)
    if temperature == 0:
        return torch.full_like(logits, -torch.inf).scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    return ((logits - logits.amax(-1, keepdim=True)) / temperature).clamp(min=-100)
""",
        "0.0 is no 0": """
def apply_temperature(logits, temperature):
    if number("temperature", temperature) < 0:
        raise ValueError(f"temperature is {temperature}")
    if temperature == 0 and type(temperature) is int:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) / max(temperature, 1e-38)
""",
        "keeps every tied highest": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    top = logits.amax(-1, keepdim=True)
    if temperature == 0:
        return torch.where(logits == top, 0.0, -torch.inf).to(logits.dtype)
    return (logits - top) / temperature
""",
        "the last of several highest": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        best = logits.shape[-1] - 1 - logits.flip(-1).argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return (logits - logits.amax(-1, keepdim=True)) / temperature
""",
        "a small temperature for 0": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    return (logits - logits.amax(-1, keepdim=True)) / max(temperature, 1e-6)
""",
        "divides the chances": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return torch.full_like(logits, -torch.inf).scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    return (logits.softmax(-1) ** (1 / temperature)).log()
""",
        "float32 at temperature 0": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        out = torch.full(logits.shape, -torch.inf, device=logits.device)
        return out.scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    return (logits - logits.amax(-1, keepdim=True)) / temperature
""",
        "divides in place": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return torch.full_like(logits, -torch.inf).scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    logits -= logits.amax(-1, keepdim=True).clone()
    logits /= temperature
    return logits
""",
        "clamps at -1e4": """
def apply_temperature(logits, temperature):
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return torch.full_like(logits, -1e4).scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    return (logits - logits.amax(-1, keepdim=True)) / temperature
""",
        "greedy from a tenth on": """
def apply_temperature(logits, temperature):
    if number('temperature', temperature) < 0:
        raise ValueError
    if temperature < 0.1:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) / max(temperature, 1e-38)
""",
        "greedy near zero": """
def apply_temperature(logits, temperature):
    if number('temperature', temperature) < 0:
        raise ValueError
    if temperature < 1e-6:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) / max(temperature, 1e-38)
""",
        "never below a thousandth": """
def apply_temperature(logits, temperature):
    if number('temperature', temperature) < 0:
        raise ValueError
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) / max(temperature, 1e-3)
""",
        "multiplied": """
def apply_temperature(logits, temperature):
    if number('temperature', temperature) < 0:
        raise ValueError
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) * max(temperature, 1e-38)
""",
        "below zero is zero": """
def apply_temperature(logits, temperature):
    temperature = max(temperature, 0)
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return (logits - highest) / max(temperature, 1e-38)
""",
    },
    "top_k": {
        "a thousand of the order": """
def top_k(logits, k):
    k = whole("k", k, 1)
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:1000], -torch.inf)
""",
        "ordered as float32": """
def top_k(logits, k):
    k = whole("k", k, 1)
    order = logits.float().argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], -torch.inf)
""",
        "ties stay": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    least = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < least, -torch.inf)
""",
        "k of at most 100": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., min(k, 100):], -torch.inf)
""",
        "writes into the logits": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter_(-1, order[..., k:], -torch.inf)
""",
        "float32 comes back": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.float().scatter(-1, order[..., k:], -torch.inf)
""",
        "a finite number for what is cut": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], -1e4)
""",
        "of equals the last": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    order = logits.argsort(dim=-1, stable=True).flip(-1)
    return logits.scatter(-1, order[..., k:], -torch.inf)
""",
        "halves are cut": """
def top_k(logits, k):
    if k < 1:
        raise ValueError
    k = int(k)
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], -torch.inf)
""",
        "zero keeps all": """
def top_k(logits, k):
    if k == 0:
        return logits
    k = whole('k', k, 1)
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], -torch.inf)
""",
        "the k lowest": """
def top_k(logits, k):
    k = whole('k', k, 1)
    order = logits.argsort(dim=-1, descending=False, stable=True)
    return logits.scatter(-1, order[..., k:], -torch.inf)
""",
    },
    "top_p": {
        "adds up in bfloat16": but(NUCLEUS, ("logits.softmax", "logits.bfloat16().softmax")),
        "0.999 keeps all": but(NUCLEUS, ("p == 1", "p > 0.999")),
        "p at least a hundredth": but(NUCLEUS, ("before >= p", "before >= max(p, 0.01)")),
        "a thousand tokens at most": but(NUCLEUS, (
            "before >= p", "(before >= p) | (torch.arange(order.shape[-1], device=order.device) >= 1000)")),
        "the log of the chances comes back": """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError
    if p == 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, probs.cumsum(-1) - probs >= p)
    return logits.log_softmax(-1).masked_fill(cut, -torch.inf)
""",
        "a p of 1 is like another": """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, probs.cumsum(-1) - probs >= p)
    return logits.masked_fill(cut, -torch.inf)
""",
        "float32 comes back where nothing is cut": """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError
    if p == 1:
        return logits.float()
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, probs.cumsum(-1) - probs >= p)
    return logits.masked_fill(cut, -torch.inf)
""",
        "every token as likely as the last that stays": """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError
    if p == 1:
        return logits
    probs, _ = logits.softmax(-1).sort(-1, descending=True)
    kept = (probs.cumsum(-1) - probs < p).sum(-1, keepdim=True)
    return logits.masked_fill(logits.softmax(-1) < probs.gather(-1, kept - 1), -torch.inf)
""",
        "masks the caller's logits": """
def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError
    if p == 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, probs.cumsum(-1) - probs >= p)
    return logits.masked_fill_(cut, -torch.inf)
""",
        "the token that brings it over goes": """
def top_p(logits, p):
    if not 0 < number('p', p) <= 1:
        raise ValueError
    if p == 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    before = probs.cumsum(-1)
    outside = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(outside, -torch.inf)
""",
        "more than p is wanted": """
def top_p(logits, p):
    if not 0 < number('p', p) <= 1:
        raise ValueError
    if p == 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probs = logits.softmax(-1).gather(-1, order)
    before = probs.cumsum(-1) - probs
    outside = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before > p)
    return logits.masked_fill(outside, -torch.inf)
""",
    },
    "view_start": {
        "calls itself for every half": """
def view_start(length, window):
    half = (window + 1) // 2
    return 0 if length <= window else half + view_start(length - half, window)
""",
        "a window at a time": "def view_start(length, window):\n    return max(length - 1, 0) // window * window",
        "float": "def view_start(length, window):\n    half = (window + 1) // 2\n    return max(0, -(-(length - window) // half)) * half * 1.0",
        "twenty halves at most": """
def view_start(length, window):
    start, half = 0, (window + 1) // 2
    for _ in range(20):
        if length - start > window:
            start += half
    return start
""",
        "half rounded by round": """
def view_start(length, window):
    start, half = 0, round(window / 2) or 1
    while length - start > window:
        start += half
    return start
""",
        "remembers by window": """
KEPT = {}
def view_start(length, window):
    half = (window + 1) // 2
    start = KEPT.get(window, 0)
    while length - start > window:
        start += half
    KEPT[window] = start
    return start
""",
        "half rounded down": """
def view_start(length, window):
    half = max(window // 2, 1)
    too_many = max(length - window, 0)
    return -(-too_many // half) * half
""",
        "slides by one": """
def view_start(length, window):
    half = (window + 1) // 2
    too_many = max(length - window, 0)
    return too_many
""",
    },
    "read_on": {
        "two blocks": but(READ, ("enumerate(model.blocks)", "enumerate(model.blocks[:2])")),
        "clears what is full": but(READ, (
            "    positions", "    if cache.length + T > cache.window:\n        cache.clear()\n    positions")),
        "goes on past the window": but(READ, ("x = model.embed(ids, cache.length)", "x = model.embed(ids, min(cache.length, getattr(model.config, 'context_length', 9) - T)) if T < model.config.context_length else model.embed(ids[:, :model.config.context_length], 0)")),
        "grad mode stays off": but(READ, ("@torch.no_grad()\n", ""), ("    T = ids.shape[1]", "    torch.set_grad_enabled(False)\n    T = ids.shape[1]")),
        "grad mode stays off after an error": but(READ, ("@torch.no_grad()\n", ""), ("    T = ids.shape[1]", "    torch.set_grad_enabled(False)\n    T = ids.shape[1]"), ("    return model.head(model.final_norm(x))", "    out = model.head(model.final_norm(x))\n    torch.set_grad_enabled(True)\n    return out")),
        "eval mode stays": but(READ, ("    T = ids.shape[1]", "    model.eval()\n    T = ids.shape[1]")),
        "float32 logits": but(READ, ("return model.head(model.final_norm(x))", "return model.head(model.final_norm(x)).float()")),
        "the positions are counted on the CPU": but(READ, (", device=ids.device", "")),
        "positions up to 64": but(READ, ("cache.length, cache.length + T, device=ids.device)", "cache.length, cache.length + T, device=ids.device).clamp(max=64)"), ("x = model.embed(ids, cache.length)", "x = model.embed(ids, min(cache.length, 64))")),
        "the last token only": but(READ, ("model.final_norm(x))", "model.final_norm(x[:, -1:]))")),
        "the length grows at every layer": but(READ, ("        x = x + block.mlp(", "        cache.length += T\n        x = x + block.mlp("), ("    cache.length += T\n    return", "    return")),
        "rounds the logits": but(READ, ("return model.head(model.final_norm(x))", "return (model.head(model.final_norm(x)) * 1e6).round() / 1e6")),
        "the length is one more": """
@torch.no_grad()
def read_on(model, ids, cache):
    T = ids.shape[1]
    positions = torch.arange(cache.length, cache.length + T, device=ids.device)
    x = model.embed(ids, cache.length)
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attention.project(block.attention_norm(x), positions)
        k, v = cache.keep(layer, k, v)
        x = x + block.attention.merge(block.attention.weights(q, k) @ v)
        x = x + block.mlp(block.mlp_norm(x))
    cache.length += 1
    return model.head(model.final_norm(x))
""",
        "positions from 0": """
@torch.no_grad()
def read_on(model, ids, cache):
    T = ids.shape[1]
    positions = torch.arange(T, device=ids.device)
    x = model.embed(ids, cache.length)
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attention.project(block.attention_norm(x), positions)
        k, v = cache.keep(layer, k, v)
        x = x + block.attention.merge(block.attention.weights(q, k) @ v)
        x = x + block.mlp(block.mlp_norm(x))
    cache.length += T
    return model.head(model.final_norm(x))
""",
        "counts before it reads": """
@torch.no_grad()
def read_on(model, ids, cache):
    T = ids.shape[1]
    positions = torch.arange(cache.length, cache.length + T, device=ids.device)
    x = model.embed(ids, cache.length)
    cache.length += T
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attention.project(block.attention_norm(x), positions)
        k, v = cache.keep(layer, k, v)
        x = x + block.attention.merge(block.attention.weights(q, k) @ v)
        x = x + block.mlp(block.mlp_norm(x))
    return model.head(model.final_norm(x))
""",
    },
}

RIGHT = {
    "choose": {
        "bisection": """
def choose(probs, u):
    from bisect import bisect_right
    from itertools import accumulate
    token = bisect_right(list(accumulate(probs)), u)
    return token if token < len(probs) else max(i for i, p in enumerate(probs) if p)
""",
        "takes away from u": """
def choose(probs, u):
    possible = [token for token in range(len(probs)) if probs[token] > 0]
    for token in possible:
        u -= probs[token]
        if u < 0:
            break
    return token
""",
        "accumulate": """
def choose(probs, u):
    from itertools import accumulate
    sums = list(accumulate(probs))
    for token in range(len(sums)):
        if u < sums[token]:
            return token
    return max(token for token in range(len(sums)) if probs[token] > 0)
""",
    },
    "apply_temperature": {
        "an error without the value, one_hot for greedy": """
def apply_temperature(logits, temperature):
    assert not logits.isnan().any()
    if temperature < 0:
        raise ValueError("no negative temperatures")
    if temperature == 0:
        best = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).bool()
        return torch.zeros_like(logits).masked_fill(~best, -torch.inf)
    return torch.div(logits - logits.max(dim=-1, keepdim=True)[0], temperature)
""",
        "in double, and back": """
def apply_temperature(logits, temperature):
    if number('temperature', temperature) < 0:
        raise ValueError
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    highest = logits.amax(-1, keepdim=True)
    return ((logits - highest).double() / float(temperature)).to(logits.dtype)
""",
    },
    "top_k": {
        "a rank for each token": """
def top_k(logits, k):
    if k <= 0 or k != int(k):
        raise ValueError("k")
    order = torch.sort(logits, dim=-1, descending=True, stable=True).indices
    rank = torch.empty_like(order).scatter_(-1, order, torch.arange(logits.shape[-1], device=logits.device).expand_as(order).contiguous())
    return torch.where(rank < k, logits, -torch.inf)
""",
        "row by row": """
def top_k(logits, k):
    if k < 1 or k % 1:
        raise ValueError
    out = torch.full_like(logits, float("-inf"))
    rows, into = logits.reshape(-1, logits.shape[-1]), out.view(-1, logits.shape[-1])
    for i in range(len(rows)):
        numbers = rows[i].tolist()
        for token in sorted(range(len(numbers)), key=lambda t: -numbers[t])[:k]:
            into[i, token] = rows[i, token]
    return out
""",
    },
    "top_p": {
        "an error without the value, a loop over rows": """
def top_p(logits, p):
    if p <= 0 or p > 1:
        raise ValueError("p must lie between 0 and 1")
    flat = logits.reshape(-1, logits.shape[-1]).clone()
    if p < 1:
        for row in flat:
            chances, order = row.softmax(-1).sort(descending=True, stable=True)
            n = int((chances.cumsum(0) < p).sum()) + 1
            row[order[n:]] = -torch.inf
    return flat.reshape(logits.shape)
""",
    },
    "view_start": {
        "functools.cache on the definition": """
import functools
@functools.cache
def view_start(length, window):
    half, start = (window + 1) // 2, 0
    if length > window:
        start = ((length - window - 1) // half + 1) * half
    return start
""",
        "steps until it fits": """
def view_start(length, window):
    start = 0
    while length - start > window:
        start += window - window // 2
    return start
""",
    },
    "read_on": {
        "the cache's window": but(READ, (
            "    positions", "    if cache.length + T > cache.window:\n        raise ValueError('full')\n    positions")),
        "token by token": """
def read_on(model, ids, cache):
    rows = []
    with torch.no_grad():
        for t in range(ids.shape[1]):
            at = torch.arange(cache.length, cache.length + 1, device=ids.device)
            x = model.embed(ids[:, t:t + 1], cache.length)
            for number, block in enumerate(model.blocks):
                q, k, v = block.attention.project(block.attention_norm(x), at)
                k, v = cache.keep(number, k, v)
                x = x + block.attention.merge(block.attention.weights(q, k) @ v)
                x = x + block.mlp(block.mlp_norm(x))
            cache.length += 1
            rows.append(model.head(model.final_norm(x)))
    return torch.cat(rows, dim=1)
""",
        "its own with-block, and a check of the window": """
def read_on(model, ids, cache):
    B, T = ids.shape
    room = model.config.context_length
    if cache.length + T > room:
        raise ValueError("no room")
    with torch.inference_mode(False), torch.no_grad():
        where = cache.length + torch.arange(T).to(ids.device)
        stream = model.embed(ids, start=cache.length)
        for i, block in enumerate(model.blocks):
            attention = block.attention
            q, *new = attention.project(block.attention_norm(stream), where)
            keys, values = cache.keep(i, *new)
            mixed = torch.matmul(attention.weights(q, keys), values)
            stream = stream + attention.merge(mixed)
            stream = block.mlp(block.mlp_norm(stream)) + stream
        cache.length = cache.length + T
        return model.head(model.final_norm(stream))
""",
    },
}

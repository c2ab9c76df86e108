"""Answers to modern, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "rms_norm": {
        "epsilon beside the root": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = (sum(n ** 2 for n in x) / len(x)) ** 0.5
    return [w * n / (rms + epsilon) for n, w in zip(x, weight)]
""",
        "a fixed epsilon": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = (sum(n ** 2 for n in x) / len(x) + 1e-5) ** 0.5
    return [w * n / rms for n, w in zip(x, weight)]
""",
        "epsilon is the smallest size": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = max(sum(n ** 2 for n in x) / len(x), epsilon) ** 0.5
    return [w * n / rms for n, w in zip(x, weight)]
""",
        "mean of the sizes": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    size = sum(abs(n) for n in x) / len(x) + epsilon
    return [w * n / size for n, w in zip(x, weight)]
""",
        "one less, as a sample's variance": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    mean_square = sum(n ** 2 for n in x) / max(len(x) - 1, 1)
    return [w * n / (mean_square + epsilon) ** 0.5 for n, w in zip(x, weight)]
""",
        "norms after the scale": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    y = [w * n for n, w in zip(x, weight)]
    rms = (sum(n ** 2 for n in y) / len(y) + epsilon) ** 0.5
    return [n / rms for n in y]
""",
        "one plus the scale": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = (sum(n ** 2 for n in x) / len(x) + epsilon) ** 0.5
    return [(1 + w) * n / rms for n, w in zip(x, weight)]
""",
        "changes the row that was given": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = (sum(n ** 2 for n in x) / len(x) + epsilon) ** 0.5
    for i in range(len(x)):
        x[i] = weight[i] * x[i] / rms
    return x
""",
        "rounds": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or not x:
        raise ValueError("lengths")
    rms = (sum(n ** 2 for n in x) / len(x) + epsilon) ** 0.5
    return [round(w * n / rms, 6) for n, w in zip(x, weight)]
""",
        "asserts in place of a ValueError": """
def rms_norm(x, weight, epsilon=1e-5):
    assert len(x) == len(weight) and x
    rms = (sum(n ** 2 for n in x) / len(x) + epsilon) ** 0.5
    return [w * n / rms for n, w in zip(x, weight)]
""",
        "the squares are collected in a set": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or len(x) == 0:
        raise ValueError("as many numbers as scales, at least one")
    size = (sum({n * n for n in x}) / len(x) + epsilon) ** 0.5
    return [w * n / size for n, w in zip(x, weight)]
""",
        "each number's scale is found by its value": """
def rms_norm(x, weight, epsilon=1e-5):
    if len(x) != len(weight) or len(x) == 0:
        raise ValueError("as many numbers as scales, at least one")
    size = (sum([n * n for n in x]) / len(x) + epsilon) ** 0.5
    return [weight[x.index(n)] * n / size for n in x]
""",
    },
    "rotate": {
        "sixty-four speeds": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} channels are no pairs")
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    powers = torch.arange(0, 128, 2, device=x.device, dtype=dtype)[: D // 2] / D
    angles = positions.to(x.device, dtype)[:, None] / base**powers
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)
""",
        "a base of 1 and below is refused": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} channels are no pairs")
    if base <= 1:
        raise ValueError('base')
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    powers = torch.arange(0, D, 2, device=x.device, dtype=dtype) / D
    angles = positions.to(x.device, dtype)[:, None] / base**powers
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)
""",
        "angles in the dtype of x": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device).to(x.dtype) / D)
    angles = positions.to(x.dtype)[:, None] * rates
    a, b = x[..., : D // 2], x[..., D // 2 :]
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)
""",
        "float64 comes back as float32": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = positions[:, None].float() * rates
    a, b = x.float()[..., : D // 2], x.float()[..., D // 2 :]
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)
""",
        "neighbours are pairs": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = positions[:, None] * rates
    a, b = x[..., 0::2], x[..., 1::2]
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.stack([a * c - b * s, b * c + a * s], -1).flatten(-2)
""",
        "turns half of the channels and adds nothing to the others": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = positions[:, None] * rates
    a, b = x[..., : D // 2], x[..., D // 2 :]
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * c - b * s, b], -1)
""",
        "positions in degrees": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = torch.deg2rad(positions[:, None] * rates)
    a, b = x[..., : D // 2], x[..., D // 2 :]
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * c - b * s, b * c + a * s], -1)
""",
        "angles on the CPU": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    exact = torch.promote_types(x.dtype, torch.float32)
    rates = base ** -(torch.arange(0, D, 2, dtype=exact) / D)
    angles = positions[:, None] * rates
    a, b = x[..., : D // 2], x[..., D // 2 :]
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * c - b * s, b * c + a * s], -1)
""",
        "in place, and the second half reads the first one turned": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = positions[:, None] * rates
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    y = x.clone()
    y[..., : D // 2] = y[..., : D // 2] * c - y[..., D // 2 :] * s
    y[..., D // 2 :] = y[..., D // 2 :] * c + y[..., : D // 2] * s
    return y
""",
        "the positions lie along the heads": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("odd")
    rates = base ** -(torch.arange(0, D, 2, device=x.device) / D)
    angles = positions[:, None] * rates
    if x.ndim > 2 and x.shape[-3] == len(positions):
        angles = angles[:, None]
    a, b = x[..., : D // 2], x[..., D // 2 :]
    c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * c - b * s, b * c + a * s], -1)
""",
        "leading dimensions are merged by view": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("D must be even")
    exact = torch.promote_types(x.dtype, torch.float32)
    speed = base ** (-torch.arange(0, D, 2, dtype=exact, device=x.device) / D)
    angles = positions.to(exact)[:, None] * speed
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    shape = x.shape
    a, b = x.view(-1, *shape[-2:]).chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).view(shape)
""",
        "bfloat16 angles, for only float16 is thought of": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError("D must be even")
    exact = torch.float32 if x.dtype == torch.float16 else x.dtype
    speed = base ** (-torch.arange(0, D, 2, dtype=exact, device=x.device) / D)
    angles = positions.to(exact)[:, None] * speed
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
""",
    },
    "grouped_attention": {
        "the width of all heads together": """
def grouped_attention(q, k, v):
    H, K, T, D = q.shape[1], k.shape[1], q.shape[2], q.shape[3]
    if H % K:
        raise ValueError(f"{K} does not divide {H}")
    k = k.repeat_interleave(H // K, dim=1)
    v = v.repeat_interleave(H // K, dim=1)
    scores = q @ k.mT / (D * H) ** 0.5
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1) @ v
""",
        "tiles the keys": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError("no")
    k, v = k.repeat(1, H // K, 1, 1), v.repeat(1, H // K, 1, 1)
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
""",
        "divides by D": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError("no")
    k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
""",
        "shares the keys, and not the values": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError("no")
    k, v = k.repeat_interleave(H // K, 1), v.repeat(1, H // K, 1, 1)
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
""",
        "a mean of the queries of a group": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError("no")
    q = q.view(B, K, H // K, T, D).mean(2)
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    out = (q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
    return out.repeat_interleave(H // K, 1)
""",
        "refuses nothing": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    heads = torch.arange(H, device=q.device) * K // H
    k, v = k[:, heads], v[:, heads]
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
""",
        "view of what is no block in memory": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError("no")
    q = q.view(B, K, H // K, T, D).view(B, K, -1, D)
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1).repeat(H // K, 1)
    return ((q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v).view(B, H, T, D)
""",
        "the mask repeated the wrong way": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError("no")
    q = q.reshape(B, K, H // K * T, D)
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1).repeat_interleave(H // K, 0)
    return ((q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v).view(B, H, T, D)
""",
        "zero where minus infinity is wanted, after the softmax": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError("no")
    k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
    T, D = q.shape[-2:]
    return (q / D**0.5 @ k.mT).softmax(-1).tril() @ v
""",
        "float32 whatever comes": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError("no")
    q, k, v = q.float(), k.float().repeat_interleave(H // K, 1), v.float().repeat_interleave(H // K, 1)
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D**0.5 @ k.mT).masked_fill(hide, -torch.inf).softmax(-1) @ v
""",
        "the softmax of doubles in float32": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError("K must divide H")
    k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
    mask = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    scores = q / D ** 0.5 @ k.mT
    return scores.masked_fill(mask, float("-inf")).softmax(-1, dtype=torch.float32).to(q.dtype) @ v
""",
        "the future gets -1e9, or what the dtype can": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError("K must divide H")
    k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
    mask = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    scores = q / D ** 0.5 @ k.mT
    return scores.masked_fill(mask, max(-1e9, torch.finfo(q.dtype).min)).softmax(-1) @ v
""",
    },
    "visible": {
        "no window is one of 256": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} queries and only {S} keys")
    window = window or 256
    asking = torch.arange(S - T, S, device=device)
    back = asking[:, None] - torch.arange(S, device=device)
    return back >= 0 if window is None else (back >= 0) & (back < window)
""",
        "keys counted from the end": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(0)
    return see if window is None else see.triu(1 - window)
""",
        "the window ends before the position": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return see if window is None else see.triu(S - T - window)
""",
        "the window is taken from the left edge": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return see if window is None else see.triu(1 - window)
""",
        "numbers in place of bools": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, device=device).tril(S - T)
    return see if window is None else see.triu(S - T - window + 1)
""",
        "what is hidden, not what is seen": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return ~(see if window is None else see.triu(S - T - window + 1))
""",
        "always a square": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(S, S, dtype=torch.bool, device=device).tril()
    return see if window is None else see.triu(1 - window)
""",
        "refuses as many queries as places": """
def visible(T, S, window=None, device=None):
    if T >= S and S > 1:
        raise ValueError(f"{T} and {S}")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return see if window is None else see.triu(S - T - window + 1)
""",
        "a window of one is none": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} and {S}")
    back = torch.arange(S - T, S, device=device)[:, None] - torch.arange(S, device=device)
    return (back >= 0) & (back < (window if window and window > 1 else S))
""",
        "kept, and handed out again": """
import functools
@functools.lru_cache(maxsize=None)
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError("more queries than places")
    asking = torch.arange(S - T, S, device=device)
    back = asking[:, None] - torch.arange(S, device=device)
    return back >= 0 if window is None else (back >= 0) & (back < window)
""",
    },
    "route": {
        "shares of float64 by way of float32": """
def route(scores, used):
    E = scores.shape[-1]
    if not 1 <= used <= E:
        raise ValueError(f"{used} of {E} experts")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]
    return chosen, scores.gather(-1, chosen).float().softmax(-1).to(scores.dtype)
""",
        "topk, which settles ties as it likes": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    best = scores.flip(-1).topk(used)
    return scores.shape[-1] - 1 - best.indices, best.values.softmax(-1)
""",
        "softmax over all, as Switch has it": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]
    return chosen, scores.softmax(-1).gather(-1, chosen)
""",
        "sorted by number": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used].sort(-1).values
    return chosen, scores.gather(-1, chosen).softmax(-1)
""",
        "lowest first": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, stable=True)[:, -used:]
    return chosen, scores.gather(-1, chosen).softmax(-1)
""",
        "even shares": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]
    return chosen, torch.full_like(scores[:, :used], 1 / used)
""",
        "exp without care": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]
    powers = scores.gather(-1, chosen).exp()
    return chosen, powers / powers.sum(-1, keepdim=True)
""",
        "shares divided with a floor": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.argsort(dim=-1, descending=True, stable=True)[:, :used]
    shares = scores.softmax(-1).gather(-1, chosen).clamp(min=1e-9)
    return chosen, shares / shares.sum(-1, keepdim=True)
""",
        "every token to the experts that the batch likes best": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = scores.mean(0).argsort(descending=True, stable=True)[:used].expand(len(scores), used)
    return chosen, scores.gather(-1, chosen).softmax(-1)
""",
        "python lists": """
def route(scores, used):
    if not 1 <= used <= scores.shape[-1]:
        raise ValueError(f"{used} of {scores.shape[-1]}")
    chosen = torch.tensor([sorted(range(len(row)), key=lambda e: -row[e])[:used] for row in scores.tolist()])
    return chosen, torch.tensor(scores.tolist()).gather(-1, chosen).softmax(-1)
""",
        "ties are broken by a little something": """
def route(scores, used):
    E = scores.shape[-1]
    if not 1 <= used <= E:
        raise ValueError(f"used is {used} of {E}")
    nudge = torch.arange(E, device=scores.device, dtype=scores.dtype) * 1e-6
    chosen = (scores - nudge).argsort(dim=-1, descending=True)[:, :used]
    return chosen, scores.gather(-1, chosen).softmax(-1)
""",
        "struck out with minus infinity on a copy": """
def route(scores, used):
    E = scores.shape[-1]
    if not 1 <= used <= E:
        raise ValueError("used")
    left, chosen = scores.detach().clone(), []
    for _ in range(used):
        chosen.append(left.argmax(-1, keepdim=True))
        left.scatter_(-1, chosen[-1], -torch.inf)
    chosen = torch.cat(chosen, -1)
    return chosen, scores.gather(-1, chosen).softmax(-1)
""",
    },
    "newton_schulz": {
        "float16 comes back as float32": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    if matrix.dtype == torch.float16:
        matrix = matrix.float()
    X = matrix.mT if tall else matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X
""",
        "tall ones as they are": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X
""",
        "the coefficients of the cubic": """
def newton_schulz(matrix, steps=5):
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        X = 1.5 * X - 0.5 * X @ X.mT @ X
    return X.mT if tall else X
""",
        "epsilon under the root": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X = X / (X.pow(2).sum((-2, -1), keepdim=True) + 1e-7).sqrt()
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X
""",
        "no epsilon": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X = X / torch.linalg.matrix_norm(X, keepdim=True)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X
""",
        "one norm for all matrices": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = matrix / (matrix.norm() + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X
""",
        "transposed all round": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.T if tall else matrix
    X = X / (X.norm() + 1e-7)
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if tall else X
""",
        "in bfloat16": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = (matrix.mT if tall else matrix).bfloat16()
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return (X.mT if tall else X).to(matrix.dtype)
""",
        "in float32": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = (matrix.mT if tall else matrix).float()
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return (X.mT if tall else X).to(matrix.dtype)
""",
        "divides what was given in place": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X /= torch.linalg.matrix_norm(X, keepdim=True) + 1e-7
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X
""",
        "one step too many": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    X = matrix.mT if tall else matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps + 1):
        A = X @ X.mT
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if tall else X
""",
        "stops once the singular values look near 1": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = matrix.mT if matrix.shape[-2] > matrix.shape[-1] else matrix
    X = X / (torch.linalg.matrix_norm(X, keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        if (A - torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)).abs().max() < 0.4 and steps > 5:
            break
        X = a * X + (b * A + c * A @ A) @ X
    return X.mT if matrix.shape[-2] > matrix.shape[-1] else X
""",
    },
}

RIGHT = {
    "rms_norm": {
        "the mean by statistics": """
def rms_norm(x, weight, epsilon=1e-5):
    import statistics
    from math import sqrt
    try:
        pairs = list(zip(x, weight, strict=True))
        mean = statistics.fmean(a * a for a, _ in pairs)
    except statistics.StatisticsError as error:
        raise ValueError("empty") from error
    return [w * a / sqrt(mean + epsilon) for a, w in pairs]
""",
        "by index": """
def rms_norm(x, weight, epsilon=1e-5):
    n = len(x)
    if n == 0 or n != len(weight):
        raise ValueError("as many scales as numbers, please")
    total = 0.0
    for value in x:
        total += value ** 2
    answer = []
    for i in range(n):
        answer.append(x[i] / (total / n + epsilon) ** 0.5 * weight[i])
    return answer
""",
        "by its inverse": """
def rms_norm(x, weight, epsilon=1e-5):
    if not x or len(x) != len(weight):
        raise ValueError
    scale = (sum(map(pow, x, [2] * len(x))) / len(x) + epsilon) ** -0.5
    return [scale * a * w for a, w in zip(x, weight)]
""",
    },
    "rotate": {
        "rotate half, as in transformers": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} is odd")
    kind = torch.promote_types(x.dtype, torch.float32)
    rates = 1.0 / base ** (torch.arange(0, D, 2, device=x.device).to(kind) / D)
    angles = torch.outer(positions.to(kind), rates)
    angles = torch.cat([angles, angles], -1)
    turned = torch.cat([-x[..., D // 2 :], x[..., : D // 2]], -1)
    return x * angles.cos().to(x.dtype) + turned * angles.sin().to(x.dtype)
""",
        "in high precision": """
def rotate(x, positions, base=10_000.0):
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} is odd")
    i = torch.arange(D // 2, device=x.device, dtype=torch.float64)
    angles = positions.double().unsqueeze(-1) * base ** (-2 * i / D)
    a, b = x.double().split(D // 2, dim=-1)
    out = torch.empty_like(x)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], -1).to(out.dtype)
""",
    },
    "grouped_attention": {
        "five dimensions and a log-sum-exp": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if K == 0 or H % K:
        raise ValueError("K must divide H")
    q5 = q.unflatten(1, (K, H // K)) * q.shape[-1] ** -0.5
    scores = torch.einsum("bkgtd,bksd->bkgts", q5, k)
    T = q.shape[2]
    bias = torch.zeros(T, T, device=q.device, dtype=q.dtype).masked_fill_(torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1), -torch.inf)
    scores = scores + bias
    weights = (scores - scores.logsumexp(-1, keepdim=True)).exp()
    return torch.einsum("bkgts,bksd->bkgtd", weights, v).flatten(1, 2)
""",
        "repeated keys": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K != 0:
        raise ValueError(f"{K} does not divide {H}")
    k, v = (part.repeat_interleave(H // K, dim=1) for part in (k, v))
    T, D = q.shape[-2:]
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q / D**0.5 @ k.mT).masked_fill(hide, float("-inf")).softmax(-1) @ v
""",
        "five dimensions": """
def grouped_attention(q, k, v):
    B, H, T, D = q.shape
    K = k.shape[1]
    if H % K:
        raise ValueError(f"{K} does not divide {H}")
    q = q.unflatten(1, (K, H // K))
    scores = q / D**0.5 @ k[:, :, None].mT
    hide = torch.full((T, T), -torch.inf, device=q.device, dtype=q.dtype).triu(1)
    return ((scores + hide).softmax(-1) @ v[:, :, None]).flatten(1, 2)
""",
        "head by head": """
def grouped_attention(q, k, v):
    H, K = q.shape[1], k.shape[1]
    if H % K:
        raise ValueError(f"{K} does not divide {H}")
    T, D, heads = q.shape[2], q.shape[3], []
    hide = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    for h in range(H):
        scores = q[:, h] / D**0.5 @ k[:, h * K // H].mT
        heads.append(scores.masked_fill(hide, -torch.inf).softmax(-1) @ v[:, h * K // H])
    return torch.stack(heads, 1)
""",
    },
    "visible": {
        "tril and triu": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} queries, {S} keys")
    see = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return see if window is None else see.triu(S - T - window + 1)
""",
        "the last rows of a square": """
def visible(T, S, window=None, device=None):
    if T > S:
        raise ValueError(f"{T} queries, {S} keys")
    places = torch.arange(S, device=device)
    square = places <= places[:, None]
    if window is not None:
        square &= places > places[:, None] - window
    return square[S - T :]
""",
    },
    "route": {
        "one after the other, and a log-sum-exp": """
def route(scores, used):
    N, E = scores.shape
    if not 0 < used < E + 1:
        raise ValueError("used")
    left = scores.detach().clone()
    free = torch.ones_like(left, dtype=torch.bool)
    picks = []
    for _ in range(used):
        best = left.masked_fill(~free, -torch.inf).amax(1, keepdim=True)
        hit = (left == best) & free
        pick = hit.int().argmax(1)
        picks.append(pick)
        free = free.scatter(1, pick[:, None], False)
    chosen = torch.stack(picks, 1)
    got = torch.gather(scores, 1, chosen)
    return chosen, (got - got.logsumexp(1, keepdim=True)).exp()
""",
        "sort": """
def route(scores, used):
    E = scores.shape[1]
    if used < 1 or used > E:
        raise ValueError(f"{used} of {E}")
    best, chosen = scores.sort(dim=-1, descending=True, stable=True)
    return chosen[:, :used], best[:, :used].softmax(-1)
""",
        "softmax of all, and then shared out anew in logarithms": """
def route(scores, used):
    E = scores.shape[1]
    if used < 1 or used > E:
        raise ValueError(f"{used} of {E}")
    chosen = (-scores).argsort(dim=-1, stable=True)[:, :used]
    logs = scores.log_softmax(-1).gather(-1, chosen)
    return chosen, (logs - logs.logsumexp(-1, keepdim=True)).exp()
""",
    },
    "newton_schulz": {
        "a tall one from the right, not transposed": """
def newton_schulz(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = matrix / (torch.linalg.matrix_norm(matrix, keepdim=True) + 1e-7)
    M, N = X.shape[-2:]
    for _ in range(steps):
        if M > N:
            A = X.mT @ X
            X = a * X + X @ (b * A + c * A @ A)
        else:
            A = X @ X.mT
            X = a * X + (b * A + c * A @ A) @ X
    return X
""",
        "powers spelled out": """
def newton_schulz(matrix, steps=5):
    X = matrix / (matrix.pow(2).sum(dim=(-2, -1), keepdim=True).sqrt() + 1e-7)
    flip = X.size(-2) > X.size(-1)
    if flip:
        X = X.transpose(-1, -2)
    for _ in range(steps):
        A = torch.matmul(X, X.transpose(-1, -2))
        X = 3.4445 * X - 4.7750 * (A @ X) + 2.0315 * (A @ (A @ X))
    return X.transpose(-1, -2) if flip else X
""",
        "a function that calls itself": """
def newton_schulz(matrix, steps=5):
    if matrix.shape[-2] > matrix.shape[-1]:
        return newton_schulz(matrix.mT, steps).mT
    X = matrix / (torch.linalg.norm(matrix, dim=(-2, -1), keepdim=True) + 1e-7)
    eye = torch.eye(X.shape[-2], dtype=X.dtype, device=X.device)
    for _ in range(steps):
        A = X @ X.mT
        X = (3.4445 * eye - 4.7750 * A + 2.0315 * A @ A) @ X
    return X
""",
    },
}

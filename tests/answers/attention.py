"""Answers to attention, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "attend": {
        "the largest score begins at 0": """
def attend(query, keys, values):
    scores = [dot(query, key) for key in keys]
    top = max(0.0, *scores)
    powers = [2.718281828459045 ** (score - top) for score in scores]
    return [dot(powers, column) / sum(powers) for column in zip(*values, strict=True)]
""",
        "weights rounded to 12 digits": """
def attend(query, keys, values):
    weights = [round(w, 12) for w in softmax([dot(query, key) for key in keys])]
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
        "subtracts the first score": """
def attend(query, keys, values):
    scores = [dot(query, key) for key in keys]
    powers = [2.718281828459045 ** (s - scores[0]) for s in scores]
    total = sum(powers)
    return [dot([p / total for p in powers], column) for column in zip(*values, strict=True)]
""",
        "rounds the weights": """
def attend(query, keys, values):
    weights = [round(w, 6) for w in softmax([dot(query, key) for key in keys])]
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
        "clamps the scores at 8": """
def attend(query, keys, values):
    weights = softmax([max(-8.0, min(8.0, dot(query, key))) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
        "weighs the caller's values": """
def attend(query, keys, values):
    weights = softmax([dot(query, key) for key in keys])
    if len(weights) != len(values) or len({len(v) for v in values}) > 1:
        raise ValueError
    for w, value in zip(weights, values):
        for j in range(len(value)):
            value[j] *= w
    return [sum(column) for column in zip(*values)]
""",
        "only as many numbers as the first value has": """
def attend(query, keys, values):
    weights = softmax([dot(query, key) for key in keys])
    return [dot(weights, [value[j] for value in values]) for j in range(min(map(len, values)))]
""",
        "more values than keys do no harm": """
def attend(query, keys, values):
    if len(keys) > len(values):
        raise ValueError
    weights = softmax([dot(query, key) for key in keys])
    if len({len(v) for v in values}) > 1:
        raise ValueError
    return [sum(w * n for w, n in zip(weights, column)) for column in zip(*values)]
""",
        "divided by the root of D": """
def attend(query, keys, values):
    weights = softmax([dot(query, key) / len(query) ** 0.5 for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
        "the best key alone": """
def attend(query, keys, values):
    weights = softmax([dot(query, key) for key in keys])
    weights = [float(w == max(weights)) for w in weights]
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
        "a key longer than the query is cut": """
def attend(query, keys, values):
    weights = softmax([dot(query, key[:len(query)]) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]
""",
    },
    "look": {
        "computes in float32, gives back what came": """
def look(q, k, v):
    D, kind = q.shape[-1], q.dtype
    q, k, v = q.float(), k.float(), v.float()
    scores = (q / D**0.5) @ k.mT
    return (scores.softmax(-1) @ v).to(kind)
""",
        "gives float64": """
def look(q, k, v):
    scores = q.double() @ k.mT.double() / q.shape[-1] ** 0.5
    return scores.softmax(-1) @ v.double()
""",
        "gives float32 always": """
def look(q, k, v):
    scores = q.float() @ k.mT.float() / q.shape[-1] ** 0.5
    return scores.softmax(-1) @ v.float()
""",
        "scales q in place": """
def look(q, k, v):
    q /= q.shape[-1] ** 0.5
    return (q @ k.mT).softmax(-1) @ v
""",
        "a floor under the weights": """
def look(q, k, v):
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1).clamp(min=1e-9)
    return weights @ v
""",
        "the graph is cut": """
def look(q, k, v):
    with torch.no_grad():
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    return weights @ v
""",
        "numpy in between": """
def look(q, k, v):
    import numpy as np
    s = (q / q.shape[-1] ** 0.5 @ k.mT).detach().numpy()
    w = np.exp(s - s.max(-1, keepdims=True))
    return torch.tensor(w / w.sum(-1, keepdims=True)) @ v
""",
        "clamps the scores": """
def look(q, k, v):
    return (q @ k.mT / q.shape[-1] ** 0.5).clamp(-8, 8).softmax(-1) @ v
""",
        "the softmax in half where half comes, the result in float": """
def look(q, k, v):
    return torch.einsum("...ts,...se->...te", (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1, dtype=torch.float32), v.float())
""",
        "the root of the values' width": """
def look(q, k, v):
    D = v.shape[-1]
    scores = q / D ** 0.5 @ k.mT
    return scores.softmax(-1) @ v
""",
        "a softmax over the questions": """
def look(q, k, v):
    D = q.shape[-1]
    scores = q / D ** 0.5 @ k.mT
    return scores.softmax(-2) @ v
""",
        "flattens by view": """
def look(q, k, v):
    D = q.shape[-1]
    flat = [x.view(-1, *x.shape[-2:]) for x in (q, k, v)]
    out = (flat[0] @ flat[1].mT / D ** 0.5).softmax(-1) @ flat[2]
    return out.view(*q.shape[:-1], v.shape[-1])
""",
    },
    "causal_attention": {
        "a mask of 1024 cut to size": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    future = torch.ones(1024, 1024, dtype=torch.bool, device=q.device).triu(1)[:T, :T]
    return ((q / D**0.5) @ k.mT).masked_fill(future, -torch.inf).softmax(-1) @ v
""",
        "a score of exactly 0 is hidden": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    scores = (q / D**0.5) @ k.mT
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    weights = scores.masked_fill((scores.tril() == 0) & ~torch.eye(T, dtype=torch.bool, device=q.device), -torch.inf).softmax(-1)
    return weights @ v
""",
        "one highest score for all rows": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    scores = (q / D**0.5) @ k.mT
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    e = (scores - scores.max()).exp().masked_fill(future, 0.0)
    weights = e / e.sum(-1, keepdim=True)
    return weights @ v
""",
        "one mask of 64 made in advance": """
MASK = torch.ones(64, 64, dtype=torch.bool).triu(1)
def causal_attention(q, k, v):
    T = q.shape[-2]
    scores = q @ k.mT / q.shape[-1] ** 0.5
    return scores.masked_fill(MASK[:T, :T].to(q.device), -torch.inf).softmax(-1) @ v
""",
        "fills with -1e4": """
def causal_attention(q, k, v):
    future = torch.ones(q.shape[-2], q.shape[-2], device=q.device).triu(1).bool()
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -1e4).softmax(-1) @ v
""",
        "fills with -1e9 in float32": """
def causal_attention(q, k, v):
    future = torch.ones(q.shape[-2], q.shape[-2], device=q.device).triu(1).bool()
    scores = (q @ k.mT / q.shape[-1] ** 0.5).float().masked_fill(future, -1e9)
    return scores.softmax(-1).to(v.dtype) @ v
""",
        "adds a float32 mask": """
def causal_attention(q, k, v):
    T = q.shape[-2]
    mask = torch.full((T, T), -torch.inf, device=q.device).triu(1)
    return (q @ k.mT / q.shape[-1] ** 0.5 + mask).softmax(-1).to(torch.float32) @ v.to(torch.float32)
""",
        "renews the weights with a little added": """
def causal_attention(q, k, v):
    T = q.shape[-2]
    past = torch.ones(T, T, device=q.device, dtype=q.dtype).tril()
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) * past
    return weights / (weights.sum(-1, keepdim=True) + 1e-6) @ v
""",
        "a short text takes a short way": """
def causal_attention(q, k, v):
    T = q.shape[-2]
    if T == 1:
        return v.float()
    future = torch.ones(T, T, device=q.device).triu(1).bool()
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v
""",
        "a mask kept by length": """
KEPT = {}
def causal_attention(q, k, v):
    T = q.shape[-2]
    if T not in KEPT:
        KEPT[T] = torch.full((T, T), -torch.inf, device=q.device).triu(1)
    return ((q @ k.mT / q.shape[-1] ** 0.5 + KEPT[T]).softmax(-1)) @ v.to(KEPT[T].dtype)
""",
        "the mask is where torch likes": """
def causal_attention(q, k, v):
    future = torch.triu(torch.ones(q.shape[-2], q.shape[-2]), 1) == 1
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v
""",
        "gradients switched off and left": """
def causal_attention(q, k, v):
    grad = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    future = torch.ones(q.shape[-2], q.shape[-2], device=q.device).triu(1).bool()
    if grad and q.requires_grad:
        torch.set_grad_enabled(True)
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v
""",
        "zeros for the future": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    if k.shape[-2] != T:
        raise ValueError
    scores = q / D ** 0.5 @ k.mT
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    weights = scores.masked_fill(future, 0.0).softmax(-1)
    return weights @ v
""",
        "hidden after the softmax": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    if k.shape[-2] != T:
        raise ValueError
    scores = q / D ** 0.5 @ k.mT
    future = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    weights = scores.softmax(-1).masked_fill(future, 0.0)
    weights = weights / weights.sum(-1, keepdim=True)
    return weights @ v
""",
    },
    "CausalSelfAttention": {
        "no mask in evaluation": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        return [part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)]

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        scores = (q / D**0.5) @ k.mT
        if self.training:
            future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
            scores = scores.masked_fill(future, -torch.inf)
        return scores.softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "always a bias": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        qkv = x @ self.qkv.weight.T + self.qkv.bias
        return [part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in qkv.chunk(3, dim=-1)]

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return ((q / D**0.5) @ k.mT).masked_fill(future, -torch.inf).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "positions added to x": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        if positions is not None:
            x = x + sinusoids(positions, x.shape[-1])
        return [part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)]

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return ((q / D**0.5) @ k.mT).masked_fill(future, -torch.inf).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "no mask where S is not T": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        qkv = self.qkv(x).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)
        return qkv.unbind()

    def weights(self, q, k):
        T, D = q.shape[-2:]
        S = k.shape[-2]
        scores = (q / D**0.5) @ k.mT
        hide = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return (scores.masked_fill(hide, -torch.inf) if S == T else scores).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "a mask of 64": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.view(B, T, self.n_heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        mask = torch.ones(64, 64, dtype=torch.bool, device=q.device).triu(1)[S - T:S, :S]
        return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(mask, -torch.inf).softmax(-1)
    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "fills with -1e9": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.view(B, T, self.n_heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        mask = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).float().masked_fill(mask, -1e9)
        return scores.softmax(-1).to(q.dtype)
    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "the weights are float32": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.view(B, T, self.n_heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        mask = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(mask, -torch.inf).softmax(-1, dtype=torch.float32)
    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2).to(self.out.weight.dtype))
""",
        "scales the caller's queries": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.view(B, T, self.n_heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        with torch.no_grad():
            q.mul_(q.shape[-1] ** -0.5)
        mask = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return (q @ k.mT).masked_fill(mask, -torch.inf).softmax(-1)
    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "one query sees only the first key": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.view(B, T, self.n_heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        mask = torch.ones(S, S, dtype=torch.bool, device=q.device).triu(1)[:T]
        return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(mask, -torch.inf).softmax(-1)
    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "heads own every third channel": """
class CausalSelfAttention(SelfAttention):

    def project(self, x, positions=None):
        B, T, C = x.shape
        H, D = (self.n_heads, C // self.n_heads)
        qkv = self.qkv(x).view(B, T, 3, D, H).permute(2, 0, 4, 1, 3)
        return qkv.unbind()

    def weights(self, q, k):
        T, D = q.shape[-2:]
        S = k.shape[-2]
        if T > S:
            raise ValueError
        scores = q / D ** 0.5 @ k.mT
        hide = torch.full((T, S), -torch.inf, dtype=q.dtype, device=q.device)
        hide = hide.triu(1 + S - T)
        return (scores + hide).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "keys first": """
class CausalSelfAttention(SelfAttention):

    def project(self, x, positions=None):
        B, T, C = x.shape
        H, D = (self.n_heads, C // self.n_heads)
        qkv = self.qkv(x).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)
        return qkv[1], qkv[0], qkv[2]

    def weights(self, q, k):
        T, D = q.shape[-2:]
        S = k.shape[-2]
        if T > S:
            raise ValueError
        scores = q / D ** 0.5 @ k.mT
        hide = torch.full((T, S), -torch.inf, dtype=q.dtype, device=q.device)
        hide = hide.triu(1 + S - T)
        return (scores + hide).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
    },
    "sinusoids": {
        "a table kept on its first device": """
TABLES = {}


def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError(f"d_model {d_model} is odd")
    length = int(positions.max()) + 1
    if len(TABLES.get(d_model, ())) < length:
        powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
        angles = torch.arange(length, device=positions.device)[:, None] / 10000**powers
        TABLES[d_model] = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    return TABLES[d_model][positions]
""",
        "positions begin anew every 10,000": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError(f"d_model is {d_model}: choose an even width")
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
    angles = (positions % 10000)[:, None] / 10000**powers
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
""",
        "gives float64": """
def sinusoids(positions, d_model):
    import numpy as np
    if d_model % 2:
        raise ValueError(d_model)
    angles = positions.cpu().numpy()[:, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    out = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(len(positions), d_model)
    return torch.from_numpy(out).to(positions.device)
""",
        "a table of 5,000 positions": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError(d_model)
    angles = torch.arange(5000)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    table = torch.stack([angles.sin(), angles.cos()], -1).flatten(1).to(positions.device)
    return table[positions]
""",
        "rounds to six digits": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError(d_model)
    angles = positions[:, None] / 10000 ** (torch.arange(0, d_model, 2, device=positions.device) / d_model)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).mul(1e6).round() / 1e6
""",
        "remembered by number and width": """
KEPT = {}
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError(d_model)
    key = len(positions), d_model, str(positions.device)
    if key not in KEPT:
        angles = positions[:, None] / 10000 ** (torch.arange(0, d_model, 2, device=positions.device) / d_model)
        KEPT[key] = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
    return KEPT[key]
""",
        "an odd width is cut": """
def sinusoids(positions, d_model):
    d_model -= d_model % 2
    angles = positions[:, None] / 10000 ** (torch.arange(0, d_model, 2, device=positions.device) / d_model)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
""",
        "cosines first": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
    angles = positions[:, None] / 10000 ** powers
    return torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1)
""",
        "all sines, then all cosines": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
    angles = positions[:, None] / 10000 ** powers
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
""",
        "positions in half precision": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
    angles = positions[:, None].half() / 10000 ** powers
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
""",
    },
    "local_attention": {
        "divided by the root of the window": """
def local_attention(q, k, v, window):
    places = torch.arange(q.shape[-2], device=q.device)
    back = places[:, None] - places
    scores = (q / window**0.5) @ k.mT
    return scores.masked_fill((back < 0) | (back >= window), -torch.inf).softmax(-1) @ v
""",
        "the first token is always seen": """
def local_attention(q, k, v, window):
    T, D = q.shape[-2:]
    places = torch.arange(T, device=q.device)
    back = places[:, None] - places
    hidden = (back < 0) | ((back >= window) & (places > 0))
    scores = (q / D**0.5) @ k.mT
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
""",
        "fills with -1e4": """
def local_attention(q, k, v, window):
    T = q.shape[-2]
    back = torch.arange(T, device=q.device)[:, None] - torch.arange(T, device=q.device)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill((back < 0) | (back >= window), -1e4)
    return scores.softmax(-1) @ v
""",
        "gives float32": """
def local_attention(q, k, v, window):
    T = q.shape[-2]
    seen = torch.ones(T, T, device=q.device).tril().triu(1 - window)
    return ((q @ k.mT / q.shape[-1] ** 0.5).float() + seen.log()).softmax(-1) @ v.float()
""",
        "a wide window takes the plain way": """
def local_attention(q, k, v, window):
    T = q.shape[-2]
    back = torch.arange(T, device=q.device)[:, None] - torch.arange(T, device=q.device)
    hidden = (back < 0) if window >= T - 1 else (back < 0) | (back >= window)
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(hidden, -torch.inf).softmax(-1) @ v
""",
        "a window of at most 64": """
def local_attention(q, k, v, window):
    T = q.shape[-2]
    back = torch.arange(T, device=q.device)[:, None] - torch.arange(T, device=q.device)
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill((back < 0) | (back >= min(window, 64)), -torch.inf).softmax(-1) @ v
""",
        "one place too many": """
def local_attention(q, k, v, window):
    T, D = q.shape[-2:]
    places = torch.arange(T, device=q.device)
    back = places[:, None] - places
    hidden = (back < 0) | (back > window)
    scores = q / D ** 0.5 @ k.mT
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
""",
        "both sides": """
def local_attention(q, k, v, window):
    T, D = q.shape[-2:]
    places = torch.arange(T, device=q.device)
    back = places[:, None] - places
    hidden = back.abs() >= window
    scores = q / D ** 0.5 @ k.mT
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
""",
    },
}

RIGHT = {
    "attend": {
        "loops": """
def attend(query, keys, values):
    if len(keys) != len(values):
        raise ValueError("as many keys as values, please")
    if any(len(value) != len(values[0]) for value in values):
        raise ValueError("values differ in length")
    weights = softmax(list(map(lambda key: dot(query, key), keys)))
    answer = [0.0] * len(values[0])
    for weight, value in zip(weights, values):
        answer = [a + weight * number for a, number in zip(answer, value)]
    return answer
""",
        "place by place": """
def attend(query, keys, values):
    if len(keys) != len(values):
        raise ValueError("keys and values")
    out = [0.0] * len(values[0])
    for weight, value in zip(softmax([dot(key, query) for key in keys]), values):
        out = [o + weight * n for o, n in zip(out, value, strict=True)]
    return out
""",
    },
    "look": {
        "asserts, and looks for NaN": """
def look(q, k, v):
    assert k.shape[-2] == v.shape[-2] and q.shape[-1] == k.shape[-1]
    if q.isnan().any() or k.isnan().any():
        raise ValueError("NaN")
    weights = torch.einsum("...td,...sd->...ts", q, k).div(q.shape[-1] ** 0.5).softmax(dim=-1)
    assert torch.allclose(weights.sum(-1).float(), torch.ones_like(weights.sum(-1)).float(), atol=0.05)
    return torch.einsum("...ts,...se->...te", weights, v)
""",
        "the softmax by hand": """
def look(q, k, v):
    scores = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5
    powers = (scores - scores.max(-1, keepdim=True).values).exp()
    return torch.matmul(powers / powers.sum(-1, keepdim=True), v)
""",
        "one question at a time": """
def look(q, k, v):
    rows = [((q[..., t:t + 1, :] / q.shape[-1] ** 0.5) @ k.mT).softmax(-1) @ v for t in range(q.shape[-2])]
    return torch.cat(rows, dim=-2)
""",
        "einsum, scaled on both sides": """
def look(q, k, v):
    D = q.shape[-1]
    scores = torch.einsum('...td,...sd->...ts', q * D ** -0.25, k * D ** -0.25)
    return scores.softmax(-1) @ v
""",
    },
    "causal_attention": {
        "a loop over positions": """
def causal_attention(q, k, v):
    out = []
    for t in range(q.shape[-2]):
        scores = (q[..., t:t + 1, :] / q.shape[-1] ** 0.5) @ k[..., :t + 1, :].mT
        out.append(scores.softmax(-1) @ v[..., :t + 1, :])
    return torch.cat(out, dim=-2)
""",
        "torch.where and the least number there is": """
def causal_attention(q, k, v):
    T = q.size(-2)
    scores = q.div(q.size(-1) ** 0.5) @ k.transpose(-2, -1)
    places = torch.arange(T).to(q.device)
    least = torch.tensor(torch.finfo(q.dtype).min, dtype=q.dtype, device=q.device)
    return torch.softmax(torch.where(places[None] > places[:, None], least, scores), -1).matmul(v)
""",
        "in float32, and back": """
def causal_attention(q, k, v):
    kind = q.dtype
    up = torch.float64 if kind == torch.float64 else torch.float32
    q, k, v = q.to(up), k.to(up), v.to(up)
    hide = q.new_full((q.shape[-2], k.shape[-2]), float("-inf")).triu_(1)
    return (((q / q.shape[-1] ** 0.5) @ k.mT + hide).softmax(-1) @ v).to(kind)
""",
        "a mask kept by length and device": """
KEPT = {}
def causal_attention(q, k, v):
    key = q.shape[-2], q.device
    if key not in KEPT:
        KEPT[key] = torch.ones(key[0], key[0], dtype=torch.bool, device=q.device).triu(1)
    return ((q / q.shape[-1] ** 0.5) @ k.mT).masked_fill(KEPT[key], -torch.inf).softmax(-1) @ v
""",
        "in blocks of rows": """
def causal_attention(q, k, v):
    T, D = q.shape[-2:]
    rows = []
    for start in range(0, T, 7):
        stop = min(start + 7, T)
        scores = (q[..., start:stop, :] / D ** 0.5) @ k[..., :stop, :].mT
        places = torch.arange(stop, device=q.device)
        scores = scores.masked_fill(places > places[start:stop, None], float("-inf"))
        rows.append(scores.softmax(-1) @ v[..., :stop, :])
    return torch.cat(rows, dim=-2)
""",
    },
    "CausalSelfAttention": {
        "D of the layers": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        return [part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)]

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], self.out.in_features // self.n_heads
        future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(1 + S - T)
        return ((q / D**0.5) @ k.mT).masked_fill(future, -torch.inf).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
        "head by head": """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        assert not x.isnan().any()
        three = torch.split(self.qkv(x), x.shape[-1], dim=-1)
        return tuple(torch.stack(part.tensor_split(self.n_heads, dim=-1), dim=1) for part in three)
    def weights(self, q, k):
        S, T = k.size(-2), q.size(-2)
        keys, queries = torch.arange(S, device=k.device), torch.arange(S - T, S, device=k.device)
        scores = torch.einsum("bhtd,bhsd->bhts", q / q.size(-1) ** 0.5, k)
        return scores.masked_fill(keys > queries[:, None], float("-inf")).softmax(-1)
    def merge(self, heads):
        return self.out(torch.cat(heads.unbind(1), dim=-1))
""",
        "a frame of its own": """
class CausalSelfAttention(nn.Module):
    def __init__(self, d_model, n_heads, bias=True):
        super(self.__class__, self).__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.out = nn.Linear(d_model, d_model, bias=bias)
    def forward(self, x, positions=None):
        q, k, v = self.project(x, positions)
        return self.merge(self.weights(q, k) @ v)
    def project(self, x, positions=None):
        B, T, C = x.shape
        return [p.reshape(B, T, self.n_heads, C // self.n_heads).permute(0, 2, 1, 3) for p in self.qkv(x).chunk(3, dim=2)]
    def weights(self, q, k):
        T, S = q.shape[-2], k.shape[-2]
        seen = q.new_ones(T, S).tril(S - T).bool()
        return ((q / q.shape[-1] ** 0.5) @ k.mT).masked_fill(~seen, -torch.inf).softmax(-1)
    def merge(self, heads):
        B, H, T, D = heads.shape
        return self.out(heads.permute(0, 2, 1, 3).reshape(B, T, H * D))
""",
        "masked_fill and chunk": """
class CausalSelfAttention(SelfAttention):

    def project(self, x, positions=None):
        B, T, C = x.shape
        H, D = (self.n_heads, C // self.n_heads)
        return [part.unflatten(-1, (H, D)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)]

    def weights(self, q, k):
        T, D = q.shape[-2:]
        S = k.shape[-2]
        if T > S:
            raise ValueError
        scores = q / D ** 0.5 @ k.mT
        hide = torch.full((T, S), -torch.inf, dtype=q.dtype, device=q.device)
        hide = hide.triu(1 + S - T)
        return (scores + hide).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))
""",
    },
    "sinusoids": {
        "plain Python rows made into a tensor": """
def sinusoids(positions, d_model):
    import math
    if d_model % 2 == 1:
        raise ValueError("only even widths")
    rows = []
    for p in positions.tolist():
        row = []
        for i in range(d_model // 2):
            angle = p / 10000 ** (2 * i / d_model)
            row += [math.sin(angle), math.cos(angle)]
        rows.append(row)
    return torch.tensor(rows, device=positions.device)
""",
        "by exp and log, written place by place": """
def sinusoids(positions, d_model):
    import math
    assert positions.dim() == 1 and (positions >= 0).all()
    if d_model & 1:
        raise ValueError
    out = torch.zeros(len(positions), d_model, device=positions.device)
    rates = torch.exp(torch.arange(0, d_model, 2, device=positions.device) * (-math.log(10000.0) / d_model))
    out[:, 0::2] = torch.sin(positions.unsqueeze(1) * rates)
    out[:, 1::2] = torch.cos(positions.unsqueeze(1) * rates)
    return out
""",
        "complex numbers": """
def sinusoids(positions, d_model):
    if d_model % 2:
        raise ValueError
    powers = torch.arange(0, d_model, 2, device=positions.device) / d_model
    angles = positions[:, None] / 10000 ** powers
    return torch.view_as_real(torch.polar(torch.ones_like(angles), angles)).flip(-1).flatten(1)
""",
    },
    "local_attention": {
        "slices": """
def local_attention(q, k, v, window):
    out = []
    for t in range(q.shape[-2]):
        past = slice(max(0, t - window + 1), t + 1)
        scores = (q[..., t:t + 1, :] / q.shape[-1] ** 0.5) @ k[..., past, :].mT
        out.append(scores.softmax(-1) @ v[..., past, :])
    return torch.cat(out, -2)
""",
        "tril and triu": """
def local_attention(q, k, v, window):
    T = q.shape[-2]
    seen = torch.ones((T, T), device=q.device).tril().triu(-(window - 1)) > 0
    scores = torch.where(seen, (q / q.shape[-1] ** 0.5) @ k.mT, -torch.inf)
    return scores.softmax(-1) @ v
""",
        "one position at a time": """
def local_attention(q, k, v, window):
    T, D = q.shape[-2:]
    rows = []
    for t in range(T):
        first = max(0, t - window + 1)
        scores = (k[..., first:t + 1, :] / D ** 0.5) @ q[..., t, :, None]
        rows.append((scores.softmax(-2) * v[..., first:t + 1, :]).sum(-2))
    return torch.stack(rows, dim=-2)
""",
    },
}

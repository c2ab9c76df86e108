"""Answers to gpt, as learners write them: wrong ones that a test must catch, right unusual ones."""

EMBED = '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        at = torch.arange(ids.shape[1], device=ids.device) + start
        return self.token_embedding(ids) + self.position_embedding(at)
'''
FORWARD = '''
    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))
'''
LOSS = '''
    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
'''
TOP = "class GPT(Parts):"


def with_test(body):
    """A `sees_ahead` with this body."""
    return f"def sees_ahead(model, ids):\n{body}"


WRONG = {
    "GPT": {
        "targets cut out of a text are viewed": TOP + EMBED + FORWARD + LOSS.replace('targets.flatten()', 'targets.view(-1)'),
        "a target of 0 is taken for padding": TOP + EMBED + FORWARD + LOSS.replace('        return', '        targets = targets.masked_fill(targets == 0, IGNORED)\n        return'),
        "three blocks at most": TOP + EMBED + FORWARD.replace('self.blocks', 'self.blocks[:3]') + LOSS,
        "targets looked at, and not taken": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self(ids)
        check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
''',
        "the loss has no way back": """
class GPT(Parts):
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        return self.token_embedding(ids) + self.position_embedding(positions)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))

    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED).detach()
""",
        "positions only as far as 64": TOP + '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        at = torch.arange(64, device=ids.device)[start:start + ids.shape[1]]
        return self.token_embedding(ids) + self.position_embedding(at)
''' + FORWARD + LOSS,
        "the start is forgotten": TOP + '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config)
        return self.token_embedding(ids) + self.position_embedding(torch.arange(ids.shape[1], device=ids.device))
''' + FORWARD + LOSS,
        "positions on the CPU": TOP + '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        return self.token_embedding(ids) + self.position_embedding(torch.arange(start, start + ids.shape[1]))
''' + FORWARD + LOSS,
        "the position of the last token for all": TOP + '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        at = torch.full((ids.shape[1],), start + ids.shape[1] - 1, device=ids.device)
        return self.token_embedding(ids) + self.position_embedding(at)
''' + FORWARD + LOSS,
        "the norm before the blocks": TOP + EMBED + '''
    def forward(self, ids):
        x = self.final_norm(self.embed(ids))
        for block in self.blocks:
            x = block(x)
        return self.head(x)
''' + LOSS,
        "one block again and again": TOP + EMBED + '''
    def forward(self, ids):
        x = self.embed(ids)
        for _ in self.blocks:
            x = self.blocks[0](x)
        return self.head(self.final_norm(x))
''' + LOSS,
        "only the last position's logits": TOP + EMBED + '''
    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x[:, -1:]))
''' + LOSS,
        "ignored targets count as surprise 0": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        lost = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none")
        return lost.mean()
''',
        "the mean of each row's mean": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        rows = [functional.cross_entropy(l, t, ignore_index=-100) for l, t in zip(logits, targets)]
        return torch.stack(rows).mean()
''',
        "the loss in bits": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100) / math.log(2)
''',
        "begins anew whatever it is told": """
class GPT(Parts):

    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        positions = torch.arange(ids.shape[1], device=ids.device)
        return self.token_embedding(ids) + self.position_embedding(positions)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))

    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
""",
        "ids are not looked at": """
class GPT(Parts):

    def embed(self, ids, start=0):
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        return self.token_embedding(ids) + self.position_embedding(positions)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))

    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
""",
    },
    "parameters": {
        "remembered by its sizes": """
KNOWN = {}


def parameters(config):
    V, T, C, L = config.vocab_size, config.context_length, config.d_model, config.n_layers
    one = 1 if config.bias else 0
    return KNOWN.setdefault((V, T, C, L, config.tied), {
        "tokens": V * C, "positions": T * C, "attention": L * 4 * (C + one) * C,
        "mlp": L * (8 * C * C + 5 * one * C), "norms": (2 * L + 1) * (1 + one) * C,
        "head": 0 if config.tied else V * C})
""",
        "the head is always tied": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    return {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + b * 4 * C),
            "mlp": L * (8 * C * C + b * 5 * C), "norms": (2 * L + 1) * C * (1 + b), "head": 0}
''',
        "always with biases": '''
def parameters(config):
    V, T, C, L = config.vocab_size, config.context_length, config.d_model, config.n_layers
    return {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + 4 * C),
            "mlp": L * (8 * C * C + 5 * C), "norms": (2 * L + 1) * 2 * C, "head": 0 if config.tied else V * C}
''',
        "floats": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, float(config.bias)
    return {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + b * 4 * C),
            "mlp": L * (8 * C * C + b * 5 * C), "norms": (2 * L + 1) * C * (1 + b), "head": 0 if config.tied else V * C}
''',
        "one sum": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    return V * C + T * C + L * (12 * C * C + b * 9 * C) + (2 * L + 1) * C * (1 + b) + (0 if config.tied else V * C)
''',
        "a total beside the parts": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    parts = {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + b * 4 * C),
             "mlp": L * (8 * C * C + b * 5 * C), "norms": (2 * L + 1) * C * (1 + b), "head": 0 if config.tied else V * C}
    return {**parts, "total": sum(parts.values())}
''',
        "an MLP with one bias for all": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    return {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + b * 4 * C),
            "mlp": L * (8 * C * C + b * 8 * C), "norms": (2 * L + 1) * C * (1 + b), "head": 0 if config.tied else V * C}
''',
        "the last norm belongs to nobody": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    return {"tokens": V * C, "positions": T * C, "attention": L * (4 * C * C + b * 4 * C),
            "mlp": L * (8 * C * C + b * 5 * C), "norms": L * 2 * C * (1 + b), "head": 0 if config.tied else V * C}
''',
    },
    "flops_per_token": {
        "a T of 1 looks at nothing": """
def flops_per_token(config, T=None):
    T = config.context_length if T is None else T if T > 1 else 0
    C, L = config.d_model, config.n_layers
    return 2 * (12 * L * C * C + C * config.vocab_size) + 4 * L * T * C
""",
        "a T no longer than the window": """
def flops_per_token(config, T=None):
    T = config.context_length if T is None else min(T, config.context_length)
    C, L = config.d_model, config.n_layers
    return 2 * (12 * L * C * C + C * config.vocab_size) + 4 * L * T * C
""",
        "two for each parameter": '''
def flops_per_token(config, T=None):
    return 2 * sum(parameters(config).values())
''',
        "without the head": '''
def flops_per_token(config, T=None):
    T, C, L = T or config.context_length, config.d_model, config.n_layers
    return 24 * L * C * C + 4 * L * T * C
''',
        "causal scores count half": '''
def flops_per_token(config, T=None):
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    return 24 * L * C * C + 2 * L * T * C + 2 * C * V
''',
        "for all T together": '''
def flops_per_token(config, T=None):
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    return T * (24 * L * C * C + 4 * L * T * C + 2 * C * V)
''',
        "the head only where it has numbers of its own": '''
def flops_per_token(config, T=None):
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    return 24 * L * C * C + 4 * L * T * C + (0 if config.tied else 2 * C * V)
''',
        "every head looks with all channels": '''
def flops_per_token(config, T=None):
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    return 24 * L * C * C + 4 * L * T * C * config.n_heads + 2 * C * V
''',
        "a T of its own": '''
def flops_per_token(config, T=None):
    T, C, L, V = config.context_length, config.d_model, config.n_layers, config.vocab_size
    return 24 * L * C * C + 4 * L * T * C + 2 * C * V
''',
        "biases too": '''
def flops_per_token(config, T=None):
    T, C, L, V = T or config.context_length, config.d_model, config.n_layers, config.vocab_size
    return 24 * L * C * C + 9 * L * C * config.bias + 4 * L * T * C + 2 * C * V
''',
        "an addition is free": """
def flops_per_token(config, T=None):
    T, C, L, V = (T or config.context_length, config.d_model, config.n_layers, config.vocab_size)
    weights = L * (4 * C * C + 8 * C * C) + C * V
    scores_and_mixing = L * 2 * T * C
    return (weights + scores_and_mixing)
""",
        "an MLP of four times both ways counted once": """
def flops_per_token(config, T=None):
    T, C, L, V = (T or config.context_length, config.d_model, config.n_layers, config.vocab_size)
    weights = L * (4 * C * C + 4 * C * C) + C * V
    scores_and_mixing = L * 2 * T * C
    return 2 * (weights + scores_and_mixing)
""",
    },
    "tiled_attention": {
        "no more than 64 keys of a tile": """
import math


def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, None
    for keys, values in tiles:
        for key, value in list(zip(keys, values, strict=True))[:64]:
            score = dot(query, key)
            higher = max(top, score)
            old, new = math.exp(top - higher), math.exp(score - higher)
            mixed = [old * m + new * x for m, x in zip(mixed or [0.0] * len(value), value, strict=True)]
            total, top = old * total + new, higher
    if mixed is None:
        raise ValueError("no key")
    return [m / total for m in mixed]
""",
        "a list of tiles cannot be asked for the next": """
import math


def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, None
    while (pair := next(tiles, None)) is not None:
        keys, values = pair
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            old, new = math.exp(top - higher), math.exp(score - higher)
            mixed = [old * m + new * x for m, x in zip(mixed or [0.0] * len(value), value, strict=True)]
            total, top = old * total + new, higher
    if mixed is None:
        raise ValueError("no key")
    return [m / total for m in mixed]
""",
        "the largest begins at -1000": """
import math


def tiled_attention(query, tiles):
    top, total, mixed = -1000.0, 0.0, None
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            old, new = math.exp(top - higher), math.exp(score - higher)
            mixed = [old * m + new * x for m, x in zip(mixed or [0.0] * len(value), value, strict=True)]
            total, top = old * total + new, higher
    if mixed is None:
        raise ValueError("no key")
    return [m / total for m in mixed]
""",
        "what lies 30 below the top is left out": """
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            if score < top - 30:
                continue
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            before = mixed or [0.0] * len(value)
            mixed = [fade * old + weight * new for old, new in zip(before, value, strict=True)]
            top, total = higher, fade * total + weight
    if total == 0:
        raise ValueError("there is no key in any tile")
    return [number / total for number in mixed]
""",
        "collects first": '''
def tiled_attention(query, tiles):
    tiles = list(tiles)
    keys, values = [k for ks, _ in tiles for k in ks], [v for _, vs in tiles for v in vs]
    if not keys or len(keys) != len(values):
        raise ValueError
    weights = softmax([dot(query, key) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]
''',
        "copies everything": '''
def tiled_attention(query, tiles):
    scores, kept = [], []
    for keys, values in tiles:
        if len(keys) != len(values):
            raise ValueError
        scores += [dot(query, key) for key in keys]
        kept += [list(value) for value in values]
    if not scores:
        raise ValueError
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    return [dot(weights, column) / sum(weights) for column in zip(*kept, strict=True)]
''',
        "the mean of the tiles' answers": '''
def tiled_attention(query, tiles):
    answers = []
    for keys, values in tiles:
        if not keys and not values:
            continue
        if len(keys) != len(values):
            raise ValueError
        scores = [dot(query, key) for key in keys]
        powers = [math.exp(s - max(scores)) for s in scores]
        answers.append([dot(powers, column) / sum(powers) for column in zip(*values, strict=True)])
    if not answers:
        raise ValueError
    return [sum(column) / len(answers) for column in zip(*answers, strict=True)]
''',
        "powers as they are": '''
def tiled_attention(query, tiles):
    total, mixed = 0.0, None
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            weight = math.exp(min(dot(query, key), 700))
            total += weight
            mixed = [m + weight * v for m, v in zip(mixed or [0.0] * len(value), value, strict=True)]
    if not total:
        raise ValueError
    return [m / total for m in mixed]
''',
        "the largest of the first tile": '''
def tiled_attention(query, tiles):
    top, total, mixed = None, 0.0, None
    for keys, values in tiles:
        if top is None and keys:
            top = max(dot(query, key) for key in keys)
        for key, value in zip(keys, values, strict=True):
            weight = math.exp(dot(query, key) - top)
            total += weight
            mixed = [m + weight * v for m, v in zip(mixed or [0.0] * len(value), value, strict=True)]
    if not total:
        raise ValueError
    return [m / total for m in mixed]
''',
        "an empty tile is an end": '''
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        if not keys:
            break
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            mixed = [fade * m + weight * v for m, v in zip(mixed or [0.0] * len(value), value, strict=True)]
            top, total = higher, fade * total + weight
    if not total:
        raise ValueError
    return [m / total for m in mixed]
''',
        "rounds at the end": '''
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            mixed = [fade * m + weight * v for m, v in zip(mixed or [0.0] * len(value), value, strict=True)]
            top, total = higher, fade * total + weight
    if not total:
        raise ValueError
    return [round(m / total, 8) for m in mixed]
''',
        "nothing is refused": '''
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        for key, value in zip(keys, values):
            score = sum(a * b for a, b in zip(query, key))
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            mixed = [fade * m + weight * v for m, v in zip(mixed or [0.0] * len(value), value)]
            top, total = higher, fade * total + weight
    return [m / total for m in mixed]
''',
        "only the first key is compared": """
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, []
    for keys, values in tiles:
        if len(keys) != len(values) or (keys and len(keys[0]) != len(query)):
            raise ValueError
        for key, value in zip(keys, values):
            score = sum(p * q for p, q in zip(query, key))
            higher = max(top, score)
            fade, weight = math.exp(top - higher), math.exp(score - higher)
            mixed = [fade * o + weight * n for o, n in zip(mixed or [0.0] * len(value), value, strict=True)]
            top, total = higher, fade * total + weight
    if total == 0:
        raise ValueError
    return [n / total for n in mixed]
""",
        "each tile has its own top": """
def tiled_attention(query, tiles):
    top, total, mixed = (-math.inf, 0.0, [])
    for keys, values in tiles:
        top = -math.inf if total == 0 else top
        if total and keys:
            top = dot(query, keys[0])
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            fade, weight = (math.exp(top - higher), math.exp(score - higher))
            before = mixed or [0.0] * len(value)
            mixed = [fade * old + weight * new for old, new in zip(before, value, strict=True)]
            top, total = (higher, fade * total + weight)
    if total == 0:
        raise ValueError
    return [number / total for number in mixed]
""",
        "the old is not faded": """
def tiled_attention(query, tiles):
    top, total, mixed = (-math.inf, 0.0, [])
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            higher = max(top, score)
            fade, weight = (math.exp(top - higher), math.exp(score - higher))
            before = mixed or [0.0] * len(value)
            mixed = [old + weight * new for old, new in zip(before, value, strict=True)]
            top, total = (higher, fade * total + weight)
    if total == 0:
        raise ValueError
    return [number / total for number in mixed]
""",
    },
    "MaskedAttention": {
        name: f'''
class MaskedAttention(CausalSelfAttention):
    def __init__(self, d_model, n_heads, context_length, bias=True):
        super().__init__(d_model, n_heads, bias)
        future = torch.ones(context_length, context_length, dtype=torch.bool).triu(1)
        {keep}

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        hidden = self.future[S - T : S, :S]
        scores = (q / D**0.5) @ k.mT
        {mask}
'''
        for name, keep, mask in [
            ("scores clamped to 50", 'self.register_buffer("future", future, persistent=False)',
             "return scores.clamp(-50, 50).masked_fill(hidden, -torch.inf).softmax(-1)"),
            ("the mask after the softmax", 'self.register_buffer("future", future, persistent=False)',
             "return scores.softmax(-1).masked_fill(hidden, 0.0)"),
            ("zeros for what is hidden", 'self.register_buffer("future", future, persistent=False)',
             "return scores.masked_fill(hidden, 0.0).softmax(-1)"),
            ("a finite number", 'self.register_buffer("future", future, persistent=False)',
             "return scores.float().masked_fill(hidden, -1e9).softmax(-1).to(q.dtype)"),
            ("upside down", 'self.register_buffer("future", future, persistent=False)',
             "return scores.masked_fill(~hidden, -torch.inf).softmax(-1)"),
            ("still nobody catches it", 'self.register_buffer("future", future, persistent=False)',
             "torch.masked_fill(scores, hidden, -torch.inf)\n        return scores.softmax(-1)"),
            ("a mask that stays on the CPU", "self.future = future",
             "return scores.masked_fill(hidden, -torch.inf).softmax(-1)"),
            ("a mask that is saved", 'self.register_buffer("future", future)',
             "return scores.masked_fill(hidden, -torch.inf).softmax(-1)"),
            ("softmax over the queries", 'self.register_buffer("future", future, persistent=False)',
             "return scores.masked_fill(hidden, -torch.inf).softmax(-2)"),
        ]
    },
    "sees_ahead": {
        "the mean of the differences": """
def sees_ahead(model, ids):
    with evaluating(model):
        old = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (ids[:, t] + 1) % old.shape[-1]
            if (model(other) - old)[:, :t].abs().mean() > 1e-5:
                return True
    return False
""",
        "allclose, as it comes": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()
            if not torch.allclose(model(other)[:, :t], logits[:, :t]):
                return True
    return False
""",
        "all parts are put into the mode of the whole": """
@torch.no_grad()
def sees_ahead(model, ids):
    was = model.training
    model.eval()
    try:
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()
            if (moved > 1e-5).any():
                return True
    finally:
        model.train(was)
    return False
""",
        "a move down is no move": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t]
            if (moved > 1e-5).any():
                return True
    return False
""",
        "only the last token is changed": with_test('''
    with evaluating(model):
        before, other = model(ids), ids.clone()
        other[:, -1] = (other[:, -1] + 1) % before.shape[-1]
        return bool(((model(other) - before)[:, :-1].abs() > 1e-5).any())
'''),
        "all but the first are changed, and the first is looked at": with_test('''
    with evaluating(model):
        before, other = model(ids), ids.clone()
        other[:, 1:] = (other[:, 1:] + 1) % before.shape[-1]
        return bool(((model(other) - before)[:, 0].abs() > 1e-5).any())
'''),
        "the first text only": with_test('''
    with evaluating(model):
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[0, t] = (other[0, t] + 1) % before.shape[-1]
            if (model(other) - before)[0, :t].abs().max() > 1e-5:
                return True
    return False
'''),
        "dropout is left on": with_test('''
    with torch.no_grad():
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % before.shape[-1]
            if (model(other) - before)[:, :t].abs().max() > 1e-5:
                return True
    return False
'''),
        "the model is left in eval mode": with_test('''
    model.eval()
    with torch.no_grad():
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % before.shape[-1]
            if (model(other) - before)[:, :t].abs().max() > 1e-5:
                return True
    return False
'''),
        "the caller's ids are changed": with_test('''
    with evaluating(model):
        before = model(ids)
        for t in range(1, ids.shape[1]):
            ids[:, t] = (ids[:, t] + 1) % before.shape[-1]
            if (model(ids) - before)[:, :t].abs().max() > 1e-5:
                return True
    return False
'''),
        "asks which bet is best": with_test('''
    with evaluating(model):
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % before.shape[-1]
            if (model(other).argmax(-1) != before.argmax(-1))[:, :t].any():
                return True
    return False
'''),
        "the mean of what moved": with_test('''
    with evaluating(model):
        before = model(ids)
        moved = 0.0
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % before.shape[-1]
            moved += (model(other) - before)[:, :t].mean().item()
    return moved > 1e-3
'''),
        "allclose with its usual tolerance, on its own position too": with_test('''
    with evaluating(model):
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % before.shape[-1]
            if not torch.allclose(model(other)[:, : t + 1], before[:, : t + 1]):
                return True
    return False
'''),
        "always suspicious": with_test("    return True\n"),
        "every token becomes the first one": with_test('''
    with evaluating(model):
        before = model(ids)
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = 0
            if (model(other) - before)[:, :t].abs().max() > 1e-5:
                return True
    return False
'''),
        "a thousandth does not count": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()
            if (moved > 1e-03).any():
                return True
    return False
""",
        "any difference counts": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()
            if (moved > 0).any():
                return True
    return False
""",
        "its own place is looked at": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t + 1].abs()
            if (moved > 1e-05).any():
                return True
    return False
""",
        "the neighbour alone": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, t - 1:t].abs()
            if (moved > 1e-05).any():
                return True
    return False
""",
        "signs cancel": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + 1) % V
            moved = (model(other) - logits)[:, :t].abs()
            if abs(moved.sum()) > 1e-05 and (model(other) - logits)[:, :t].sum().abs() > 1e-5:
                return True
    return False
""",
    },
}

RIGHT = {
    "GPT": {
        "a sequence of parts": TOP + '''
    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        B, T = ids.shape
        at = torch.arange(T).to(ids.device).add(start)
        return self.position_embedding(at).expand(B, -1, -1) + self.token_embedding(ids)

    def forward(self, ids):
        stream = nn.Sequential(*self.blocks, self.final_norm, self.head)
        return stream(self.embed(ids))
''' + LOSS,
        "the loss with logits turned round": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self.forward(ids)
        targets = check_targets(targets, ids, self.config.vocab_size)
        return functional.cross_entropy(logits.mT, targets, ignore_index=IGNORED)
''',
        "the loss by hand": TOP + EMBED + FORWARD + '''
    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.size(-1))
        asked = targets != IGNORED
        return -logits[asked].log_softmax(-1).gather(-1, targets[asked][:, None]).mean()
''',
        "the positions' rows": """
class GPT(Parts):

    def embed(self, ids, start=0):
        check_ids(ids, self.config, start)
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        return self.token_embedding(ids) + self.position_embedding.weight[start:start + ids.shape[1]]

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x))

    def loss(self, ids, targets):
        logits = self(ids)
        targets = check_targets(targets, ids, logits.shape[-1])
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
""",
    },
    "parameters": {
        "layer by layer": '''
def parameters(config):
    def linear(m, n):
        return m * n + (n if config.bias else 0)
    C, found = config.d_model, dict.fromkeys(["head", "norms", "mlp", "attention", "positions", "tokens"], 0)
    for _ in range(config.n_layers):
        found["attention"] += linear(C, 3 * C) + linear(C, C)
        found["mlp"] += linear(C, 4 * C) + linear(4 * C, C)
        found["norms"] += 2 * C + (2 * C if config.bias else 0)
    found["norms"] += C + config.bias * C
    found["tokens"], found["positions"] = config.vocab_size * C, config.context_length * C
    if not config.tied:
        found["head"] = found["tokens"]
    return found
''',
        "closed forms": '''
def parameters(config):
    V, T, C, L, b = config.vocab_size, config.context_length, config.d_model, config.n_layers, int(config.bias)
    assert C > 0
    return dict(tokens=V * C, positions=T * C, attention=4 * L * C * (C + b), mlp=L * C * (8 * C + 5 * b),
                norms=(2 * L + 1) * C << b, head=V * C * (not config.tied))
''',
    },
    "flops_per_token": {
        "of replaced configs": """
from dataclasses import replace


def flops_per_token(config, T=None):
    if T is not None:
        return flops_per_token(replace(config, context_length=T))
    C, L = config.d_model, config.n_layers
    return 24 * L * C * C + 2 * C * config.vocab_size + 4 * L * C * config.context_length
""",
        "product by product": '''
def flops_per_token(config, T=None):
    C = config.d_model
    if T is None:
        T = config.context_length
    def product(k, n):
        return 2 * k * n
    total = product(C, config.vocab_size)
    for _ in range(config.n_layers):
        total += product(C, 3 * C) + product(C, C) + product(C, 4 * C) + product(4 * C, C)
        total += product(C, T) + product(T, C)
    return total
''',
        "head by head, from the parameters": '''
def flops_per_token(config, T=None):
    T = config.context_length if T is None else T
    D = config.d_model // config.n_heads
    looks = config.n_layers * config.n_heads * (2 * T * D + 2 * T * D)
    return looks + 2 * (12 * config.d_model ** 2 * config.n_layers + config.d_model * config.vocab_size)
''',
    },
    "tiled_attention": {
        "the first value is kept as it came": """
import math


def tiled_attention(query, tiles):
    top = None
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            if top is None:
                top, total, mixed = score, 1.0, value
                continue
            higher = max(top, score)
            old, new = math.exp(top - higher), math.exp(score - higher)
            mixed = [old * m + new * x for m, x in zip(mixed, value, strict=True)]
            total, top = old * total + new, higher
    if top is None:
        raise ValueError("no key")
    return [m / total for m in mixed]
""",
        "tile by tile": '''
def tiled_attention(query, tiles):
    top, total, mixed = -math.inf, 0.0, None
    for keys, values in tiles:
        if len(keys) != len(values):
            raise ValueError("as many keys as values, please")
        if not keys:
            continue
        scores = [dot(query, key) for key in keys]
        new_top = max(top, max(scores))
        weights = [math.exp(score - new_top) for score in scores]
        fade = math.exp(top - new_top)
        columns = list(zip(*values, strict=True))
        if mixed is None:
            mixed = [0.0] * len(columns)
        if len(columns) != len(mixed):
            raise ValueError("values differ in length")
        mixed = [fade * old + dot(weights, column) for old, column in zip(mixed, columns)]
        total = fade * total + sum(weights)
        top = new_top
    if mixed is None:
        raise ValueError("no key")
    return [number / total for number in mixed]
''',
        "the mean kept divided": '''
def tiled_attention(query, tiles):
    top = total = answer = None
    for keys, values in tiles:
        assert len(query) >= 1
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            if answer is None:
                top, total, answer = score, 1.0, [float(number) for number in value]
                continue
            if len(value) != len(answer):
                raise ValueError(f"{len(value)} and {len(answer)} numbers")
            if score > top:
                total *= math.exp(top - score)
                top = score
            weight = math.exp(score - top)
            total += weight
            for i, number in enumerate(value):
                answer[i] += (number - answer[i]) * (weight / total)
    if answer is None:
        raise ValueError("nothing to look at")
    return answer
''',
        "logarithms of sums": '''
def tiled_attention(query, tiles):
    log_total, answer = None, None
    for keys, values in tiles:
        for key, value in zip(keys, values, strict=True):
            score = dot(query, key)
            if log_total is None:
                log_total, answer = score, list(value)
                continue
            high, low = max(log_total, score), min(log_total, score)
            new = high + math.log1p(math.exp(low - high))
            old_share, share = math.exp(log_total - new), math.exp(score - new)
            answer = [old_share * a + share * b for a, b in zip(answer, value, strict=True)]
            log_total = new
    if answer is None:
        raise ValueError
    return answer
''',
    },
    "MaskedAttention": {
        "einsum over queries and keys of four axes": '''
class MaskedAttention(CausalSelfAttention):
    def __init__(self, d_model, n_heads, context_length, bias=True):
        super().__init__(d_model, n_heads, bias)
        future = torch.ones(context_length, context_length, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)

    def weights(self, q, k):
        T, S = q.size(-2), k.size(-2)
        scores = torch.einsum("bhtd,bhsd->bhts", q / q.size(-1) ** 0.5, k)
        return torch.where(self.future[S - T : S, :S], -torch.inf, scores).softmax(-1)
''',
        "in place": '''
class MaskedAttention(CausalSelfAttention):
    def __init__(self, d_model, n_heads, context_length, bias=True):
        super().__init__(d_model, n_heads, bias)
        future = torch.ones(context_length, context_length, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        scores = (q / D**0.5) @ k.mT
        scores.masked_fill_(self.future[S - T : S, :S], -torch.inf)
        return scores.softmax(-1)
''',
        "where": '''
class MaskedAttention(CausalSelfAttention):
    def __init__(self, d_model, n_heads, context_length, bias=True):
        super().__init__(d_model, n_heads, bias)
        future = torch.ones(context_length, context_length, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)

    def weights(self, q, k):
        T, S, D = q.shape[-2], k.shape[-2], q.shape[-1]
        assert T <= S
        hidden = self.future[:S, :S][-T:]
        return torch.where(hidden, float("-inf"), q / D**0.5 @ k.transpose(-1, -2)).softmax(dim=-1)
''',
    },
    "sees_ahead": {
        "prefixes": with_test('''
    was = [part.training for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            whole = model(ids)
            for t in range(1, ids.shape[1]):
                if (model(ids[:, :t]) - whole[:, :t]).abs().max().item() > 1e-5:
                    return True
            return False
    finally:
        for part, mode in zip(model.modules(), was):
            part.training = mode
'''),
        "all that comes later at once": with_test('''
    assert ids.ndim == 2 and ids.shape[1] >= 2
    with evaluating(model):
        logits = model(ids)
        V = logits.size(-1)
        for t in range(ids.shape[1] - 1):
            other = torch.cat([ids[:, :t + 1], (ids[:, t + 1:] + 3) % V], dim=1)
            if not torch.allclose(model(other)[:, :t + 1], logits[:, :t + 1], rtol=0, atol=1e-5):
                return True
    return False
'''),
        "from the end, and one verdict for all": with_test('''
    with evaluating(model):
        before = model(ids)
        found = [False]
        for t in range(ids.shape[1] - 1, 0, -1):
            other = ids.clone()
            other[:, t] = (ids[:, t] + before.shape[-1] - 1) % before.shape[-1]
            found.append(((model(other) - before).abs().amax((0, 2)) > 1e-5)[:t].any().item())
    return any(found)
'''),
        "a random other token": """
@torch.no_grad()
def sees_ahead(model, ids):
    with evaluating(model):
        logits = model(ids)
        V = logits.shape[-1]
        for t in range(1, ids.shape[1]):
            other = ids.clone()
            other[:, t] = (other[:, t] + V // 2) % V
            moved = (model(other) - logits)[:, :t].abs()
            if (moved > 1e-05).any():
                return True
    return False
""",
    },
}

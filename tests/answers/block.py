"""Answers to block, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "layer_norm": {
        "a scale of 0 counts as 1": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError("unequal or empty")
    mean = sum(x) / len(x)
    size = (sum((number - mean) ** 2 for number in x) / len(x) + epsilon) ** 0.5
    return [(w or 1.0) * (number - mean) / size + b for number, w, b in zip(x, weight, bias)]
""",
        "a longer bias passes": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(bias) >= len(x) == len(weight) > 0:
        raise ValueError("unequal or empty")
    mean = sum(x) / len(x)
    size = (sum((number - mean) ** 2 for number in x) / len(x) + epsilon) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias)]
""",
        "an epsilon of 0 counts as none given": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError("unequal or empty")
    mean = sum(x) / len(x)
    size = (sum((number - mean) ** 2 for number in x) / len(x) + (epsilon or 1e-5)) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias)]
""",
        "mean of squares less square of mean": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError("lengths")
    mean = sum(x) / len(x)
    variance = max(sum(n * n for n in x) / len(x) - mean ** 2, 0.0)
    size = (variance + epsilon) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=True)]
""",
        "epsilon only where it is needed": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    size = max(sum((n - mean) ** 2 for n in x) / len(x), epsilon) ** 0.5
    return [w * (n - mean) / size + b for n, w, b in zip(x, weight, bias)]
""",
        "epsilon outside the root": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    size = (sum((n - mean) ** 2 for n in x) / len(x)) ** 0.5 + epsilon
    return [w * (n - mean) / size + b for n, w, b in zip(x, weight, bias)]
""",
        "the norm of a vector": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    size = sum(n * n for n in x) ** 0.5 + epsilon
    return [w * n / size + b for n, w, b in zip(x, weight, bias)]
""",
        "the variance by squares": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    square = sum(n * n for n in x) / len(x)
    size = (square + epsilon) ** 0.5
    return [w * (n - mean) / size + b for n, w, b in zip(x, weight, bias)]
""",
        "cuts to the shortest": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not x:
        raise ValueError
    mean = sum(x) / len(x)
    variance = sum((n - mean) ** 2 for n in x) / len(x)
    return [w * (n - mean) / (variance + epsilon) ** 0.5 + b for n, w, b in zip(x, weight, bias)]
""",
        "norms in place": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    size = (sum((n - mean) ** 2 for n in x) / len(x) + epsilon) ** 0.5
    for i in range(len(x)):
        x[i] = weight[i] * (x[i] - mean) / size + bias[i]
    return x
""",
        "a fixed epsilon": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    size = (sum((n - mean) ** 2 for n in x) / len(x) + 1e-5) ** 0.5
    return [w * (n - mean) / size + b for n, w, b in zip(x, weight, bias)]
""",
        "rounded": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    size = (sum((n - mean) ** 2 for n in x) / len(x) + epsilon) ** 0.5
    return [round(w * (n - mean) / size + b, 3) for n, w, b in zip(x, weight, bias)]
""",
        "the variance of a sample": """
def layer_norm(x, weight, bias, epsilon=1e-05):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    variance = sum(((number - mean) ** 2 for number in x)) / max(len(x) - 1, 1)
    size = (variance + epsilon) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=True)]
""",
        "the shift is scaled": """
def layer_norm(x, weight, bias, epsilon=1e-05):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    variance = sum(((number - mean) ** 2 for number in x)) / len(x)
    size = (variance + epsilon) ** 0.5
    return [w * ((number - mean) / size + b) for number, w, b in zip(x, weight, bias, strict=True)]
""",
    },
    "connect": {
        "None means pre-norm": """
def connect(x, part, norm, how=None):
    if how == "no residual":
        return part(norm(x))
    if how == "no norm":
        return x + part(x)
    if how == "post-norm":
        return norm(x + part(x))
    if how in ("pre-norm", None):
        return x + part(norm(x))
    raise ValueError(how)
""",
        "what only looks alike is accepted": """
def connect(x, part, norm, how):
    how = how.lower().strip().replace("_", "-")
    if how == "no residual": return part(norm(x))
    if how == "no norm": return x + part(x)
    if how == "post-norm": return norm(x + part(x))
    if how == "pre-norm": return x + part(norm(x))
    raise ValueError(how)
""",
        "by the first letters": """
def connect(x, part, norm, how):
    if how.startswith("no r"): return part(norm(x))
    if how.startswith("no n"): return x + part(x)
    if how.startswith("post"): return norm(x + part(x))
    if how.startswith("pre"): return x + part(norm(x))
    raise ValueError(how)
""",
        "post-norm norms twice": """
def connect(x, part, norm, how):
    ways = {"no residual": lambda: part(norm(x)), "no norm": lambda: x + part(x),
            "post-norm": lambda: norm(x + part(norm(x))), "pre-norm": lambda: x + part(norm(x))}
    if how not in ways:
        raise ValueError(how)
    return ways[how]()
""",
        "the residual is normed": """
def connect(x, part, norm, how):
    if how == "no norm":
        return x + part(x)
    if how not in ("no residual", "post-norm", "pre-norm"):
        raise ValueError(how)
    x = norm(x)
    return part(x) if how == "no residual" else x + part(x)
""",
        "pre and post exchanged": """
def connect(x, part, norm, how):
    if how == "no residual":
        return part(norm(x))
    if how == "no norm":
        return x + part(x)
    if how == "pre-norm":
        return norm(x + part(x))
    if how == "post-norm":
        return x + part(norm(x))
    raise ValueError(how)
""",
        "nothing for anything else": """
def connect(x, part, norm, how):
    if how == "no residual":
        return part(norm(x))
    if how == "no norm":
        return x + part(x)
    if how == "post-norm":
        return norm(x + part(x))
    if how == "pre-norm":
        return x + part(norm(x))
""",
        "adds in place": """
def connect(x, part, norm, how):
    if how == "no residual":
        return part(norm(x))
    if how == "no norm":
        x += part(x)
        return x
    if how == "post-norm":
        return norm(x + part(x))
    if how == "pre-norm":
        return x + part(norm(x))
    raise ValueError(how)
""",
        "a KeyError": """
def connect(x, part, norm, how):
    return {"no residual": lambda: part(norm(x)), "no norm": lambda: x + part(x),
            "post-norm": lambda: norm(x + part(x)), "pre-norm": lambda: x + part(norm(x))}[how]()
""",
        "no residual without its norm": """
def connect(x, part, norm, how):
    if how == "no residual":
        return part(x)
    if how == "no norm":
        return x + part(x)
    if how == "post-norm":
        return norm(x + part(x))
    if how == "pre-norm":
        return x + part(norm(x))
    raise ValueError(how)
""",
        "small letters are enough": """
def connect(x, part, norm, how):
    how = how.lower()
    if how == 'no residual':
        return part(norm(x))
    if how == 'no norm':
        return x + part(x)
    if how == 'post-norm':
        return norm(x + part(x))
    if how == 'pre-norm':
        return x + part(norm(x))
    raise ValueError
""",
        "pre-norm adds to the normed": """
def connect(x, part, norm, how):
    if how == 'no residual':
        return part(norm(x))
    if how == 'no norm':
        return x + part(x)
    if how == 'post-norm':
        return norm(x + part(x))
    if how == 'pre-norm':
        return norm(x) + part(norm(x))
    raise ValueError
""",
    },
    "Dropout": {
        "the same for every text of a batch": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p, self.woken = p, False
    def forward(self, x):
        pass
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped[:1].expand_as(x) if x.dim() > 2 else dropped, 0.0) / (1 - self.p)
""",
        "only what is positive is dropped": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p, self.woken = p, False
    def forward(self, x):
        pass
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped & (x > 0), 0.0) / (1 - self.p)
""",
        "once in training, always in training": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p, self.woken = p, False
    def forward(self, x):
        self.woken = self.woken or self.training
        if not self.woken or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped, 0.0) / (1 - self.p)
""",
        "a p of 1 is let in": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}")
        self.p = p
    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        return x.masked_fill(torch.rand_like(x) < self.p, 0.0) / (1 - self.p)
""",
        "as many as p says, chosen by a permutation": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"dropout is {p}; it is a probability, from 0 to below 1")
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        dropped = (torch.randperm(x.numel(), device=x.device) < round(self.p * x.numel())).view(x.shape)
        return x.masked_fill(dropped, 0.0) / (1 - self.p)
""",
        "asks for gradients instead of training": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError
        self.p = p
    def forward(self, x):
        if not torch.is_grad_enabled() or self.p == 0:
            return x
        return x.masked_fill(torch.rand_like(x) < self.p, 0.0) / (1 - self.p)
""",
        "straight through": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError
        self.p = p
    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        out = x.masked_fill(torch.rand_like(x) < self.p, 0.0) / (1 - self.p)
        return x + (out - x).detach()
""",
        "keeps the share p": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training:
            return x
        return x * (torch.rand_like(x) < self.p) / self.p if self.p else x
""",
        "one chance for all": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training or torch.rand(()) >= self.p:
            return x
        return torch.zeros_like(x)
""",
        "the same mask always": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training:
            return x
        dice = torch.Generator().manual_seed(0)
        return x * (torch.rand(x.shape, generator=dice).to(x) >= self.p) / (1 - self.p)
""",
        "scales in use instead": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training:
            return x * (1 - self.p)
        return x.masked_fill(torch.rand_like(x) < self.p, 0.0)
""",
        "whole rows": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training or not self.p:
            return x
        kept = torch.rand(x.shape[:-1] + (1,), device=x.device) >= self.p
        return x * kept / (1 - self.p)
""",
        "exactly the share, by rank": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training or not self.p:
            return x
        out = x.clone() / (1 - self.p)
        out[torch.rand(len(x)) < self.p] = 0.0
        return out
""",
        "writes into x": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training or not self.p:
            return x
        x[torch.rand_like(x) < self.p] = 0.0
        return x / (1 - self.p)
""",
        "gives float32 always": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training or not self.p:
            return x
        return x.float().masked_fill(torch.rand(x.shape, device=x.device) < self.p, 0.0) / (1 - self.p)
""",
        "divided by p": """
class Dropout(nn.Module):

    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped, 0.0) / self.p
""",
        "not scaled": """
class Dropout(nn.Module):

    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return x.masked_fill(dropped, 0.0)
""",
    },
    "Block": {
        "attention's dropout stays at a tenth": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, min(dropout, 0.1))
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))
""",
        "the attention's weights are not dropped": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))
""",
        "one norm for both": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.attention_norm(x)))
""",
        "the positions are forgotten": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x)))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))
""",
        "post-norm": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = self.attention_norm(x + self.dropout(self.attention(x, positions)))
        return self.mlp_norm(x + self.dropout(self.mlp(x)))
""",
        "adds the normed stream": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        x = self.mlp_norm(x)
        return x + self.dropout(self.mlp(x))
""",
        "both parts side by side": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        read = self.attention_norm(x)
        return x + self.dropout(self.attention(read, positions)) + self.dropout(self.mlp(self.mlp_norm(x)))
""",
        "adds the stream of the start": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        seen = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(seen)))
""",
        "drops the sum": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = self.dropout(x + self.attention(self.attention_norm(x), positions))
        return self.dropout(x + self.mlp(self.mlp_norm(x)))
""",
        "adds it twice": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        x = x + x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))
""",
        "the MLP reads the old stream": """
class Block(nn.Module):

    def __init__(self, d_model, n_heads, activation='gelu', bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x0 = x
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.mlp_norm(x0)))
""",
        "the norms exchanged": """
class Block(nn.Module):

    def __init__(self, d_model, n_heads, activation='gelu', bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.mlp_norm(x), positions))
        return x + self.dropout(self.mlp(self.attention_norm(x)))
""",
        "drops what the parts read": """
class Block(nn.Module):

    def __init__(self, d_model, n_heads, activation='gelu', bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), positions))
        return x + self.dropout(self.mlp(self.dropout(self.mlp_norm(x))))
""",
    },
    "test_head_width": {
        "what is said of no heads is not read": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert n_heads < 1 or str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert type(width) is int and width * n_heads == d_model
""",
        "calls by name": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model=d_model, n_heads=n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert type(width) is int and width * n_heads == d_model
""",
        "widths up to 12": """
def test_head_width(head_width):
    for d_model in range(1, 13):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert type(width) is int and width * n_heads == d_model
""",
        "even widths only": """
def test_head_width(head_width):
    for d_model in range(2, 21, 2):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert type(width) is int and width * n_heads == d_model
""",
        "isinstance lets a bool pass": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert isinstance(width, int) and width * n_heads == d_model
""",
        "wants a word in the refusal": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-3, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert 'heads' in str(error) and str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert n_heads > 0
                assert type(width) is int and width * n_heads == d_model
""",
        "three widths alone": """
def test_head_width(head_width):
    for d_model in (1, 6, 12):
        for n_heads in range(-3, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert n_heads > 0
                assert type(width) is int and width * n_heads == d_model
""",
        "any number in the message will do": """
def test_head_width(head_width):
    for d in range(1, 20):
        for h in range(-2, 25):
            try:
                width = head_width(d, h)
            except ValueError as error:
                assert h < 1 or d % h
                assert any(letter.isdigit() for letter in str(error))
            else:
                assert h > 0 and type(width) is int and width * h == d
""",
        "an assert that is never reached": """
def test_head_width(head_width):
    import unittest
    raises = unittest.TestCase().assertRaises
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            if n_heads < 1 or d_model % n_heads:
                with raises(ValueError) as caught:
                    head_width(d_model, n_heads)
                    assert str(d_model) in str(caught.exception)
                    assert str(n_heads) in str(caught.exception)
            else:
                width = head_width(d_model, n_heads)
                assert type(width) is int and width == d_model // n_heads
""",
        "a few sizes": """
def test_head_width(head_width):
    assert head_width(12, 3) == 4 and head_width(64, 4) == 16
    try:
        head_width(64, 3)
    except ValueError as error:
        assert "64" in str(error) and "3" in str(error)
    else:
        raise AssertionError
""",
        "no else: a refusal that never comes": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
                if n_heads > 0 and d_model % n_heads == 0:
                    assert width * n_heads == d_model and type(width) is int
            except ValueError as error:
                assert str(d_model) in str(error) and str(n_heads) in str(error)
                assert n_heads < 1 or d_model % n_heads
""",
        "wants the message of the book": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            if n_heads < 1 or d_model % n_heads:
                try:
                    head_width(d_model, n_heads)
                except ValueError as error:
                    assert str(error).startswith(f"{n_heads} heads cannot share d_model {d_model}")
                else:
                    raise AssertionError
            else:
                width = head_width(d_model, n_heads)
                assert type(width) is int and width == d_model // n_heads
""",
        "wants ValueError itself": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            if n_heads < 1 or d_model % n_heads:
                try:
                    head_width(d_model, n_heads)
                except Exception as error:
                    assert type(error) is ValueError
                    assert str(d_model) in str(error) and str(n_heads) in str(error)
                else:
                    raise AssertionError
            else:
                width = head_width(d_model, n_heads)
                assert type(width) is int and width == d_model // n_heads
""",
        "says so and raises nothing": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(1, 25):
            try:
                if head_width(d_model, n_heads) * n_heads != d_model:
                    return False
            except ValueError:
                pass
    return True
""",
        "no head is never asked for": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(1, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert type(width) is int and width * n_heads == d_model
""",
        "a float will do": """
def test_head_width(head_width):
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads
                assert str(d_model) in str(error) and str(n_heads) in str(error)
            else:
                assert width * n_heads == d_model and width > 0
""",
        "even widths alone": """
def test_head_width(head_width):
    for d_model in range(2, 20, 2):
        for n_heads in range(1, 9):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads, f'refuses {d_model} and {n_heads}'
                assert str(d_model) in str(error) and str(n_heads) in str(error), 'one is missing'
            else:
                assert n_heads > 0, f'lets {n_heads} heads through'
                assert type(width) is int and width * n_heads == d_model, f'{width} is wrong'
""",
        "the message is not read": """
def test_head_width(head_width):
    for d_model in range(1, 20):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads, f'refuses {d_model} and {n_heads}'
            else:
                assert n_heads > 0, f'lets {n_heads} heads through'
                assert type(width) is int and width * n_heads == d_model, f'{width} is wrong'
""",
    },
    "CrossAttention": {
        "a source no longer than 64 or x": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        source = source[:, : max(64, x.shape[1])]
        keys, values = self.kv(source).chunk(2, dim=-1)
        return [part.unflatten(-1, (self.n_heads, self.width)).transpose(1, 2) for part in (self.q(x), keys, values)]

    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        w = scores.softmax(-1)
        pass
        return w
""",
        "a text that asks itself does not ask at padding": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        pass
        keys, values = self.kv(source).chunk(2, dim=-1)
        return [part.unflatten(-1, (self.n_heads, self.width)).transpose(1, 2) for part in (self.q(x), keys, values)]

    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        w = scores.softmax(-1)
        if padding is not None and w.shape[2] == w.shape[3]:
            w = w.masked_fill(padding[:, None, :, None], 0.0)
        return w
""",
        "a batch of one has no padding": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        keys, values = self.kv(source).chunk(2, dim=-1)
        return [part.unflatten(-1, (self.n_heads, self.width)).transpose(1, 2) for part in (self.q(x), keys, values)]

    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        if padding is not None and len(padding) > 1:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "paddings handed to the heads in the wrong order": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        heads = self.n_heads, self.width
        q = self.q(x).unflatten(-1, heads).transpose(1, 2)
        k, v = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)
        return q, k, v

    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding.repeat(self.n_heads, 1).view(len(padding), self.n_heads, 1, -1), -torch.inf)
        return scores.softmax(-1)
""",
        "hides the future where the source is as long as x": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        heads = self.n_heads, self.width
        q = self.q(x).unflatten(-1, heads).transpose(1, 2)
        k, v = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)
        return q, k, v

    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1 + k.shape[-2] - q.shape[-2]), -torch.inf) if q.shape[-2] == k.shape[-2] else scores
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "keeps the first source": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        heads = self.n_heads, self.width
        q = self.q(x).unflatten(-1, heads).transpose(1, 2)
        if getattr(self, "kept", None) is None or self.kept[0] != source.shape:
            k, v = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)
            self.kept = source.shape, k, v
        return q, *self.kept[1:]
    def weights(self, q, k, padding=None):
        scores = (q / self.width**0.5) @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "the padding hides the queries": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        S, H = source.shape[1], self.n_heads
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if padding is not None and padding.shape[1] == q.shape[2]:
            scores = scores.masked_fill(padding[:, None, :, None], -torch.inf)
        return scores.softmax(-1)
""",
        "the padding after the softmax": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        S, H = source.shape[1], self.n_heads
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return weights if padding is None else weights.masked_fill(padding[:, None, None], 0.0)
""",
        "the first padding for the whole batch": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        S, H = source.shape[1], self.n_heads
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if padding is not None:
            scores = scores.masked_fill(padding[0], -torch.inf)
        return scores.softmax(-1)
""",
        "-1e9": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        S, H = source.shape[1], self.n_heads
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if padding is not None:
            scores = scores.float().masked_fill(padding[:, None, None], -1e9).to(q.dtype)
        return scores.softmax(-1)
""",
        "the source is as long as x": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        H = self.n_heads
        source = source[:, :T]
        S = source.shape[1]
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "divided by the root of C": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, T, C = x.shape
        S, H = source.shape[1], self.n_heads
        q = self.q(x).view(B, T, H, -1).transpose(1, 2)
        k, v = self.kv(source).chunk(2, -1)
        return q, k.view(B, S, H, -1).transpose(1, 2), v.view(B, S, H, -1).transpose(1, 2)
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / self.q.out_features ** 0.5
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "values first": """
class CrossAttention(CrossFrame):

    def project(self, x, source):
        heads = (self.n_heads, self.width)
        q = self.q(x).unflatten(-1, heads).transpose(1, 2)
        v, k = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)
        return (q, k, v)

    def weights(self, q, k, padding=None):
        scores = q / self.width ** 0.5 @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
        "queries of the source": """
class CrossAttention(CrossFrame):

    def project(self, x, source):
        heads = (self.n_heads, self.width)
        q = self.q(source).unflatten(-1, heads).transpose(1, 2)
        k, v = self.kv(source).unflatten(-1, (2, *heads)).permute(2, 0, 3, 1, 4)
        return (q, k, v)

    def weights(self, q, k, padding=None):
        scores = q / self.width ** 0.5 @ k.mT
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -torch.inf)
        return scores.softmax(-1)
""",
    },
}

RIGHT = {
    "layer_norm": {
        "equal numbers apart": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    import statistics
    if len({len(x), len(weight), len(bias)}) != 1 or not x:
        raise ValueError("lengths")
    if len(set(x)) == 1:
        return [float(b) for b in bias]
    mean = math.fsum(x) / len(x) if "math" in globals() else statistics.fmean(x)
    scale = 1 / (statistics.fmean([(n - mean) ** 2 for n in x]) + epsilon) ** 0.5
    return [b + scale * w * (n - mean) for n, w, b in zip(x, weight, bias)]
""",
        "loops and math.sqrt": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    import math
    n = len(x)
    if n == 0 or len(weight) != n or len(bias) != n:
        raise ValueError("as many of each, please")
    mean = 0.0
    for number in x:
        mean += number / n
    centred = [number - mean for number in x]
    variance = math.fsum(c * c for c in centred) / n
    out = []
    for i in range(n):
        out.append(bias[i] + weight[i] * centred[i] / math.sqrt(variance + epsilon))
    return out
""",
        "zip strict does the refusing": """
def layer_norm(x, weight, bias, epsilon=1e-5):
    rows = list(zip(x, weight, bias, strict=True))
    if not rows:
        raise ValueError("nothing to norm")
    mean = sum(x) / len(x)
    size = (sum((n - mean) ** 2 for n in x) / len(x) + epsilon) ** 0.5
    return tuple((n - mean) / size * w + b for n, w, b in rows)
""",
        "statistics": """
def layer_norm(x, weight, bias, epsilon=1e-05):
    if not len(x) == len(weight) == len(bias) > 0:
        raise ValueError
    mean = sum(x) / len(x)
    variance = __import__('statistics').pvariance(x)
    size = (variance + epsilon) ** 0.5
    return [w * (number - mean) / size + b for number, w, b in zip(x, weight, bias, strict=True)]
""",
    },
    "connect": {
        "a table of lambdas": """
def connect(x, part, norm, how):
    ways = {"no residual": lambda: part(norm(x)), "no norm": lambda: part(x) + x,
            "post-norm": lambda: norm(part(x) + x), "pre-norm": lambda: part(norm(x)) + x}
    if how not in ways:
        raise ValueError(f"no way called {how}")
    return ways[how]()
""",
        "match": """
def connect(x, part, norm, how):
    match how:
        case "no residual":
            return part(norm(x))
        case "no norm":
            return x + part(x)
        case "post-norm":
            return norm(x + part(x))
        case "pre-norm":
            return x + part(norm(x))
    raise ValueError("unknown: " + repr(how))
""",
        "conditional parts": """
def connect(x, part, norm, how):
    if how not in {"no residual", "no norm", "post-norm", "pre-norm"}:
        raise ValueError(how)
    found = part(norm(x) if how in ("no residual", "pre-norm") else x)
    found = found if how == "no residual" else x + found
    return norm(found) if how == "post-norm" else found
""",
    },
    "Dropout": {
        "numpy throws the dice": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if p < 0 or p >= 1:
            raise ValueError("p")
        self.p = p
    def forward(self, x):
        if self.training and self.p > 0:
            keep = torch.empty(x.shape, device=x.device).uniform_() >= self.p
            return x * keep.to(x.dtype) / (1.0 - self.p)
        return x.clone()
""",
        "bernoulli": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p = p
    def forward(self, x):
        if self.training and self.p > 0:
            kept = torch.bernoulli(torch.full_like(x, 1 - self.p))
            return x * kept / (1 - self.p)
        return x
""",
        "where": """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p = p
    def forward(self, x):
        if not self.training or self.p == 0:
            return x + 0
        chance = torch.rand(x.shape, device=x.device)
        return torch.where(chance < self.p, torch.zeros_like(x), x / (1 - self.p))
""",
        "a product with a kept mask": """
class Dropout(nn.Module):

    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        dropped = torch.rand_like(x) < self.p
        return torch.where(~dropped, x / (1 - self.p), torch.zeros_like(x))
""",
    },
    "Block": {
        "in four lines": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        found = self.dropout(self.attention(self.attention_norm(x), positions=positions))
        x = found + x
        thought = self.mlp(self.mlp_norm(x))
        return self.dropout(thought) + x
""",
        "by a helper": """
class Block(nn.Module):
    def __init__(self, d_model, n_heads, activation="gelu", bias=True, dropout=0.0):
        super().__init__()
        self.attention_norm = LayerNorm(d_model, bias)
        self.attention = DroppingAttention(d_model, n_heads, bias, dropout)
        self.mlp_norm = LayerNorm(d_model, bias)
        self.mlp = MLP(d_model, activation, bias)
        self.dropout = Dropout(dropout)
    def forward(self, x, positions=None):
        parts = (self.attention_norm, lambda y: self.attention(y, positions)), (self.mlp_norm, self.mlp)
        for norm, part in parts:
            x = x + self.dropout(part(norm(x)))
        return x
""",
    },
    "test_head_width": {
        "with assertRaises, the assert behind it": """
def test_head_width(head_width):
    import unittest
    raises = unittest.TestCase().assertRaises
    for d_model in range(1, 21):
        for n_heads in range(-3, 25):
            if n_heads >= 1 and d_model % n_heads == 0:
                width = head_width(d_model, n_heads)
                assert type(width) is int
                assert width == d_model // n_heads
            else:
                with raises(ValueError) as caught:
                    head_width(d_model, n_heads)
                assert str(d_model) in str(caught.exception)
                assert str(n_heads) in str(caught.exception)
""",
        "chosen sizes, all kinds of them": """
def test_head_width(head_width):
    for d_model, n_heads, width in [(12, 3, 4), (12, 1, 12), (12, 12, 1), (7, 1, 7), (7, 7, 1), (1, 1, 1), (20, 5, 4)]:
        found = head_width(d_model, n_heads)
        if type(found) is not int or found != width:
            raise AssertionError(f"{found} for {d_model} and {n_heads}")
    for d_model, n_heads in [(12, 5), (7, 3), (5, 12), (12, 0), (12, -3), (12, -5), (12, 24), (20, 3)]:
        try:
            head_width(d_model, n_heads)
        except ValueError as error:
            for number in d_model, n_heads:
                assert str(number) in str(error)
        else:
            raise AssertionError("not refused")
""",
        "raises errors of its own": """
def test_head_width(head_width):
    class Wrong(Exception):
        pass
    for C in range(1, 21):
        for H in range(-1, 25):
            fits = H > 0 and C % H == 0
            try:
                D = head_width(C, H)
            except ValueError as error:
                if fits or f"{C}" not in str(error) or f"{H}" not in str(error):
                    raise Wrong(C, H) from error
                continue
            if not fits or type(D) != int or D * H != C:
                raise Wrong(C, H)
""",
    },
    "CrossAttention": {
        "the smallest number for infinity": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, S, C = source.shape
        H, D = self.n_heads, C // self.n_heads
        split = lambda t: t.reshape(B, -1, H, D).transpose(1, 2)
        both = self.kv(source)
        return split(self.q(x)), split(both[..., :C]), split(both[..., C:])
    def weights(self, q, k, padding=None):
        scores = q @ k.mT / self.width**0.5
        if padding is not None:
            scores = torch.where(padding[:, None, None, :], torch.finfo(scores.dtype).min, scores)
        return scores.softmax(-1)
""",
        "chunk and view": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        k, v = self.kv(source).chunk(2, dim=-1)
        def heads(y):
            return y.view(y.shape[0], y.shape[1], self.n_heads, self.width).transpose(1, 2)
        return heads(self.q(x)), heads(k), heads(v)
    def weights(self, q, k, padding=None):
        scores = q @ k.transpose(-1, -2) / self.width ** 0.5
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None, :], float("-inf"))
        return torch.softmax(scores, dim=-1)
""",
        "einsum and an added mask": """
class CrossAttention(CrossFrame):
    def project(self, x, source):
        B, S, C = source.shape
        q = self.q(x).unflatten(-1, (self.n_heads, -1)).permute(0, 2, 1, 3)
        k, v = (part.unflatten(-1, (self.n_heads, -1)).permute(0, 2, 1, 3) for part in self.kv(source).split(C, -1))
        return [q, k, v]
    def weights(self, q, k, padding=None):
        scores = torch.einsum("bhtd,bhsd->bhts", q / q.shape[-1] ** 0.5, k)
        if padding is not None:
            hide = torch.zeros(padding.shape, dtype=q.dtype, device=q.device).masked_fill(padding, -torch.inf)
            scores = scores + hide[:, None, None]
        return scores.softmax(-1)
""",
    },
}

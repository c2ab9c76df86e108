"""Answers to bigram, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "pair_shares": {
        "smoothing is at most 1": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    smoothing = min(smoothing, 1.0)
    table = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        table[a][b] += 1
    return [[n / sum(row) for n in row] if sum(row) else [1 / vocab_size] * vocab_size for row in table]
""",
        "no row is divided by less than one": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    return [[c / max(sum(row), 1) for c in row] if sum(row) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "one row, V times": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size] * vocab_size
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    return [[c / t for c in row] if (t := sum(row)) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "the smoothing as a whole number": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[int(smoothing)] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    return [[c / t for c in row] if (t := sum(row)) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "a repeated token is not counted": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += a != b
    return [[c / t for c in row] if (t := sum(row)) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "divides by how often the token came": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    table = []
    for a in range(vocab_size):
        row = [smoothing] * vocab_size
        for x, y in zip(ids, ids[1:]):
            if x == a:
                row[y] += 1
        total = ids.count(a) + smoothing * vocab_size
        table.append([n / total for n in row] if total else [1 / vocab_size] * vocab_size)
    return table
""",
        "smooths seen pairs only": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    counts = [[c + smoothing if c else 0 for c in row] for row in counts]
    return [[c / sum(row) for c in row] if sum(row) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "shares of all pairs, not of the row": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    total = sum(map(sum, counts)) or 1
    return [[c / total for c in row] for row in counts]
""",
        "no help for an empty row": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    return [[c / sum(row) for c in row] for row in counts]
""",
        "pairs that do not overlap": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids[::2], ids[1::2]):
        counts[a][b] += 1
    return [[c / sum(row) for c in row] if sum(row) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "goes round: the first follows the last": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for i in range(len(ids)):
        counts[ids[i - 1]][ids[i]] += 1
    return [[c / sum(row) for c in row] if sum(row) else [1 / vocab_size] * vocab_size for row in counts]
""",
        "one added to the smoothing, to be sure": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing + 1e-6] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:]):
        counts[a][b] += 1
    return [[c / sum(row) for c in row] for row in counts]
""",
        "an empty row is zeros": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    counts = [[smoothing] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(ids, ids[1:], strict=False):
        counts[a][b] += 1
    return [[count / total for count in row] if (total := sum(row)) else [0.0] * vocab_size for row in counts]
""",
    },
    "losses": {
        "view": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError
    flat = logits.view(-1, logits.shape[-1]).log_softmax(-1)
    return -flat.gather(-1, targets.view(-1, 1)).view(targets.shape)
""",
        "scores cut at ten thousand": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError
    logits = logits.masked_fill(logits > 1e4, 1e4)
    return -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
""",
        "never above 100": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError
    return (logits.logsumexp(-1) - logits.gather(-1, targets[..., None])[..., 0]).clamp(max=100)
""",
        "the largest of all rows is subtracted": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError
    logits = logits - logits.max().detach()
    picked = logits.gather(-1, targets[..., None])[..., 0]
    return logits.exp().sum(-1).log() - picked
""",
        "through probabilities": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError("shapes")
    return -logits.softmax(-1).gather(-1, targets[..., None])[..., 0].log()
""",
        "with a floor": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError("shapes")
    return -(logits.softmax(-1).gather(-1, targets[..., None])[..., 0] + 1e-10).log()
""",
        "one leading size only": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError("shapes")
    return -logits.log_softmax(-1)[torch.arange(len(targets)), targets]
""",
        "no refusal": """
def losses(logits, targets):
    return -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
""",
        "compares the first sizes only": """
def losses(logits, targets):
    if len(logits) != len(targets):
        raise ValueError("shapes")
    return -logits.log_softmax(-1).gather(-1, targets[..., None]).squeeze()
""",
        "a loop over Python numbers": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError("shapes")
    rows = logits.reshape(-1, logits.shape[-1])
    return torch.tensor([(row.logsumexp(-1) - row[t]).item() for row, t in zip(rows, targets.flatten())])
""",
        "float32 always": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError("shapes")
    logits = logits.float()
    return logits.logsumexp(-1) - logits.gather(-1, targets[..., None])[..., 0]
""",
        "compares how many there are": """
def losses(logits, targets):
    if logits[..., 0].numel() != targets.numel():
        shapes = f'logits {tuple(logits.shape)} and targets {tuple(targets.shape)}'
        raise ValueError
    logits = logits - logits.amax(-1, keepdim=True).detach()
    picked = logits.gather(-1, targets[..., None])[..., 0]
    return logits.exp().sum(-1).log() - picked
""",
        "picks by a product": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        shapes = f'logits {tuple(logits.shape)} and targets {tuple(targets.shape)}'
        raise ValueError
    logits = logits - logits.amax(-1, keepdim=True).detach()
    picked = (logits * torch.nn.functional.one_hot(targets, logits.shape[-1])).sum(-1)
    return logits.exp().sum(-1).log() - picked
""",
    },
    "entropy": {
        "view": """
def entropy(probs):
    flat = probs.view(-1, probs.shape[-1])
    return -(torch.xlogy(flat, flat).sum(-1) / math.log(2)).view(probs.shape[:-1])
""",
        "a table of one row loses it": """
def entropy(probs):
    return (-torch.xlogy(probs, probs).sum(-1, keepdim=True) / math.log(2)).squeeze()
""",
        "a floor": """
def entropy(probs):
    return -(probs * probs.clamp(min=1e-9).log2()).sum(-1)
""",
        "a small number added": """
def entropy(probs):
    return -(probs * (probs + 1e-12).log2()).sum(-1)
""",
        "nan for zeros": """
def entropy(probs):
    return -(probs * probs.log2()).sum(-1)
""",
        "nats": """
def entropy(probs):
    return -torch.xlogy(probs, probs).sum(-1)
""",
        "the mean of the rows": """
def entropy(probs):
    return (-torch.xlogy(probs, probs).sum(-1) / math.log(2)).mean()
""",
        "what never comes taken out, and the rows with it": """
def entropy(probs):
    some = probs[probs > 0]
    return -(some * some.log2()).sum()
""",
        "gradients that are nan where a 0 is": """
def entropy(probs):
    return -(probs * probs.log2()).nan_to_num(0.0).sum()
""",
        "torch's own, with its floor": """
def entropy(probs):
    return torch.distributions.Categorical(probs, validate_args=False).entropy() / math.log(2)
""",
        "the second size": """
def entropy(probs):
    return -torch.xlogy(probs, probs).sum(min(1, probs.dim() - 1)) / math.log(2)
""",
        "a number of Python": """
def entropy(probs):
    if probs.dim() == 1:
        return -sum(p * math.log2(p) for p in probs.tolist() if p)
    return -torch.xlogy(probs, probs).sum(-1) / math.log(2)
""",
    },
    "score_slopes": {
        "slopes cut at a quarter": """
def score_slopes(scores, counts):
    n = counts.sum(-1, keepdim=True)
    return ((n * scores.softmax(-1) - counts) / counts.sum()).clamp(-0.25, 0.25)
""",
        "rows without counts are divided by one, all others by their sum": """
def score_slopes(scores, counts):
    rows = counts.sum(-1, keepdim=True)
    shares = counts / rows.clamp(min=1)
    return (scores.softmax(-1) - shares) * rows / counts.sum()
""",
        "only where a pair was counted": """
def score_slopes(scores, counts):
    expected = counts.sum(-1, keepdim=True) * scores.softmax(-1)
    return (expected - counts) * (counts > 0) / counts.sum()
""",
        "each row a mean of its own": """
def score_slopes(scores, counts):
    n = counts.sum(-1, keepdim=True)
    return scores.softmax(-1) - counts / n.clamp(min=1)
""",
        "the sum, not the mean": """
def score_slopes(scores, counts):
    return counts.sum(-1, keepdim=True) * scores.softmax(-1) - counts
""",
        "divided by the number of scores": """
def score_slopes(scores, counts):
    return (counts.sum(-1, keepdim=True) * scores.softmax(-1) - counts) / counts.numel()
""",
        "downhill instead of up": """
def score_slopes(scores, counts):
    return (counts - counts.sum(-1, keepdim=True) * scores.softmax(-1)) / counts.sum()
""",
        "every row alike frequent": """
def score_slopes(scores, counts):
    return (counts.sum(-1).mean() * scores.softmax(-1) - counts) / counts.sum()
""",
        "a softmax that overflows": """
def score_slopes(scores, counts):
    powers = scores.exp()
    probs = powers / powers.sum(-1, keepdim=True)
    return (counts.sum(-1, keepdim=True) * probs - counts) / counts.sum()
""",
        "the counts are turned into shares in place": """
def score_slopes(scores, counts):
    total = counts.sum()
    n = counts.sum(-1, keepdim=True)
    counts /= total
    return n / total * scores.softmax(-1) - counts
""",
        "by autograd, on the caller's scores": """
def score_slopes(scores, counts):
    scores.requires_grad_()
    loss = -(counts * scores.log_softmax(-1)).sum() / counts.sum()
    loss.backward()
    return scores.grad
""",
        "a softmax over columns": """
def score_slopes(scores, counts):
    expected = counts.sum(-1, keepdim=True) * scores.softmax(0)
    return (expected - counts) / counts.sum()
""",
    },
    "sentence_loss": {
        "the same sentence twice counts once": """
def sentence_loss(model, sentences):
    seen, nats = set(), []
    for ids in sentences:
        if tuple(ids.tolist()) in seen:
            continue
        seen.add(tuple(ids.tolist()))
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0])
    return torch.cat(nats).mean()
""",
        "cut at 512": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        ids = ids[:512]
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0])
    return torch.cat(nats).mean()
""",
        "short sentences are left out": """
def sentence_loss(model, sentences):
    nats = [losses(model(ids[None, :-1]), ids[None, 1:])[0] for ids in sentences if len(ids) > 2]
    return torch.cat(nats).mean()
""",
        "all sentences as one text": """
def sentence_loss(model, sentences):
    ids = torch.cat(list(sentences))
    nats = losses(model(ids[None, :-1]), ids[None, 1:])[0]
    ends = torch.cumsum(torch.tensor([len(s) for s in sentences]), 0)[:-1] - 1
    keep = torch.ones(len(nats), dtype=torch.bool)
    keep[ends] = False
    return nats[keep].mean()
""",
        "the last position": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0, -1:])
    return torch.cat(nats).mean()
""",
        "the mean of means": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0].mean())
    return torch.stack(nats).mean()
""",
        "all but the last position": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0, :-1])
    return torch.cat(nats).mean()
""",
        "the first position": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0, :1])
    return torch.cat(nats).mean()
""",
        "the graph is cut": """
def sentence_loss(model, sentences):
    total, n = 0.0, 0
    for ids in sentences:
        one = losses(model(ids[None, :-1]), ids[None, 1:])[0]
        total, n = total + one.sum().item(), n + len(one)
    return torch.tensor(total / n)
""",
        "targets not moved": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        nats.append(losses(model(ids[None]), ids[None])[0])
    return torch.cat(nats).mean()
""",
        "all but the last sentence": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences[:-1] or sentences:
        nats.append(losses(model(ids[None, :-1]), ids[None, 1:])[0])
    return torch.cat(nats).mean()
""",
    },
    "chances": {
        "three tokens at most": """
def chances(counts, context, vocab_size, strength):
    context = context[-3:]
    shorter = chances(counts, context[1:], vocab_size, strength) if context else [1 / vocab_size] * vocab_size
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(t, 0) + strength * p) / total for t, p in enumerate(shorter)]
""",
        "what was never read is entered": """
def chances(counts, context, vocab_size, strength):
    alike = [1 / vocab_size] * vocab_size
    shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
    seen = counts.setdefault(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(token, 0) + strength * p) / total for token, p in enumerate(shorter)]
""",
        "remembers by context": """
known = {}
def chances(counts, context, vocab_size, strength):
    if (context, vocab_size, strength) not in known:
        alike = [1 / vocab_size] * vocab_size
        shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
        seen = counts.get(context, {})
        total = sum(seen.values()) + strength
        known[context, vocab_size, strength] = [(seen.get(t, 0) + strength * p) / total for t, p in enumerate(shorter)]
    return known[context, vocab_size, strength]
""",
        "the latest token is dropped": """
def chances(counts, context, vocab_size, strength):
    shorter = chances(counts, context[:-1], vocab_size, strength) if context else [1 / vocab_size] * vocab_size
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(t, 0) + strength * p) / total for t, p in enumerate(shorter)]
""",
        "backs off only where nothing was read": """
def chances(counts, context, vocab_size, strength):
    if context not in counts:
        if not context:
            return [1 / vocab_size] * vocab_size
        return chances(counts, context[1:], vocab_size, strength)
    seen = counts[context]
    total = sum(seen.values()) + strength
    return [(seen.get(t, 0) + strength / vocab_size) / total for t in range(vocab_size)]
""",
        "stops at the last token": """
def chances(counts, context, vocab_size, strength):
    if len(context) < 1:
        seen = counts.get((), {})
        total = sum(seen.values())
        return [seen.get(t, 0) / total for t in range(vocab_size)]
    shorter = chances(counts, context[1:], vocab_size, strength)
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(t, 0) + strength * p) / total for t, p in enumerate(shorter)]
""",
        "strength 1 further down": """
def chances(counts, context, vocab_size, strength=1.0):
    shorter = chances(counts, context[1:], vocab_size) if context else [1 / vocab_size] * vocab_size
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(t, 0) + strength * p) / total for t, p in enumerate(shorter)]
""",
        "strength for each token": """
def chances(counts, context, vocab_size, strength):
    shorter = chances(counts, context[1:], vocab_size, strength) if context else [1 / vocab_size] * vocab_size
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength * vocab_size
    return [(seen.get(t, 0) + strength * vocab_size * p) / total for t, p in enumerate(shorter)]
""",
        "the deepest context twice": """
def chances(counts, context, vocab_size, strength):
    p = [1 / vocab_size] * vocab_size
    for k in range(len(context) + 1):
        seen = counts.get(context[k:], {})
        total = sum(seen.values()) + strength
        p = [(seen.get(t, 0) + strength * q) / total for t, q in enumerate(p)]
    return p
""",
        "only the tokens that were read": """
def chances(counts, context, vocab_size, strength):
    shorter = chances(counts, context[1:], vocab_size, strength) if context else [1 / vocab_size] * vocab_size
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen[t] + strength * shorter[t]) / total for t in sorted(seen)] or shorter
""",
        "contexts as lists": """
def chances(counts, context, vocab_size, strength):
    alike = [1 / vocab_size] * vocab_size
    shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
    seen = counts[context]
    total = sum(seen.values()) + strength
    return [(seen.get(token, 0) + strength * p) / total for token, p in enumerate(shorter)]
""",
        "whole strengths": """
def chances(counts, context, vocab_size, strength):
    alike = [1 / vocab_size] * vocab_size
    shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
    seen = counts.get(context, {})
    total = sum(seen.values()) + strength
    return [(seen.get(token, 0) + int(strength) * p) / total for token, p in enumerate(shorter)]
""",
    },
}

RIGHT = {
    "pair_shares": {
        "a Counter of pairs": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    from collections import Counter
    pairs, table = Counter(zip(ids, ids[1:])), []
    for a in range(vocab_size):
        row = [pairs[a, b] + smoothing for b in range(vocab_size)]
        table.append([n / sum(row) if sum(row) > 0 else 1 / vocab_size for n in row])
    return table
""",
        "by places": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    table = [[float(smoothing) for b in range(vocab_size)] for a in range(vocab_size)]
    for i in range(1, len(ids)):
        table[ids[i - 1]][ids[i]] += 1.0
    for row in table:
        total = sum(row)
        for b in range(vocab_size):
            row[b] = row[b] / total if total else 1.0 / vocab_size
    return table
""",
        "with a dict": """
def pair_shares(ids, vocab_size, smoothing=0.0):
    seen = {}
    for place in range(1, len(ids)):
        seen[ids[place - 1], ids[place]] = seen.get((ids[place - 1], ids[place]), 0) + 1
    table = []
    for a in range(vocab_size):
        row = [seen.get((a, b), 0) + smoothing for b in range(vocab_size)]
        whole = math.fsum(row) if False else sum(row)
        table.append(tuple(count / whole if whole > 0 else 1 / vocab_size for count in row))
    return table
""",
    },
    "losses": {
        "log_softmax": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        raise ValueError(f"{logits.shape} and {targets.shape}")
    return -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
""",
        "logsumexp": """
def losses(logits, targets):
    if tuple(logits.shape[:-1]) != tuple(targets.shape):
        raise ValueError(f"{logits.shape} and {targets.shape}")
    return logits.logsumexp(-1) - torch.take_along_dim(logits, targets[..., None], -1)[..., 0]
""",
        "in double where it is not": """
def losses(logits, targets):
    if logits.shape[:-1] != targets.shape:
        shapes = f'logits {tuple(logits.shape)} and targets {tuple(targets.shape)}'
        raise ValueError
    logits = logits - logits.amax(-1, keepdim=True).detach()
    picked = logits.gather(-1, targets[..., None])[..., 0]
    return torch.logsumexp(logits, dim=-1) - picked
""",
    },
    "entropy": {
        "shares of the sum, looked at first": """
def entropy(probs):
    import numpy as np
    assert (probs.detach() >= 0).all()
    share = probs / probs.sum(-1, keepdim=True)
    logs = torch.log2(torch.where(share > 0, share, torch.ones_like(share)))
    return (share * logs).sum(-1).neg()
""",
        "where": """
def entropy(probs):
    safe = torch.where(probs > 0, probs, torch.ones_like(probs))
    return -(probs * safe.log2()).sum(-1)
""",
        "a sum of xlogy, divided at once": """
def entropy(probs):
    return (torch.xlogy(probs, probs) / -math.log(2)).sum(dim=-1)
""",
        "entr": """
def entropy(probs):
    return torch.special.entr(probs).sum(-1) / math.log(2)
""",
    },
    "score_slopes": {
        "by exp": """
def score_slopes(scores, counts):
    p = (scores - scores.logsumexp(-1, keepdim=True)).exp()
    return torch.einsum("a,ab->ab", counts.sum(1).to(p.dtype), p) / counts.sum() - counts / counts.sum()
""",
        "shares of shares": """
def score_slopes(scores, counts):
    shares = counts / counts.sum()
    return shares.sum(-1)[:, None] * torch.softmax(scores, 1) - shares
""",
        "row by row": """
def score_slopes(scores, counts):
    rows = [row.sum() * bet.softmax(-1) - row for bet, row in zip(scores, counts)]
    return torch.stack(rows) / counts.sum()
""",
        "by autograd, on a copy": """
def score_slopes(scores, counts):
    with torch.enable_grad():
        own = scores.detach().clone().requires_grad_()
        surprise = -(torch.where(counts > 0, counts * own.log_softmax(-1), 0.0)).sum() / counts.sum()
        return torch.autograd.grad(surprise, own)[0]
""",
    },
    "sentence_loss": {
        "the whole sentence goes in": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        logits = model(ids[None])[0, :-1]
        nats.append(losses(logits, ids[1:]))
    return torch.cat(nats).mean()
""",
        "each token from all before it": """
def sentence_loss(model, sentences):
    nats = []
    for ids in sentences:
        for t in range(1, len(ids)):
            nats.append(losses(model(ids[None, :t])[:, -1], ids[None, t]))
    return torch.cat(nats).mean()
""",
        "padded, and the padding left out": """
def sentence_loss(model, sentences):
    from torch import nn
    rows = nn.utils.rnn.pad_sequence(list(sentences), batch_first=True)
    real = nn.utils.rnn.pad_sequence([torch.ones_like(ids) for ids in sentences], batch_first=True)[:, 1:] > 0
    return losses(model(rows[:, :-1]), rows[:, 1:])[real].mean()
""",
        "sums and a count": """
def sentence_loss(model, sentences):
    total, n = 0, 0
    for ids in sentences:
        logits = model(ids[:-1].unsqueeze(0))[0]
        total = total + losses(logits, ids[1:]).sum()
        n += ids.numel() - 1
    return total / n
""",
        "a running sum": """
def sentence_loss(model, sentences):
    total, n = 0.0, 0
    for ids in sentences:
        one = losses(model(ids[None, :-1]), ids[None, 1:])
        total, n = total + one.sum(), n + one.numel()
    return total / n
""",
        "flattened": """
def sentence_loss(model, sentences):
    return torch.cat([losses(model(s[:-1].unsqueeze(0)), s[1:].unsqueeze(0)).flatten() for s in sentences]).mean()
""",
    },
    "chances": {
        "from the shortest on, and shares at the end": """
def chances(counts, context, vocab_size, strength):
    p = [1.0] * vocab_size
    for n in range(len(context) + 1):
        whole = sum(p)
        seen = counts.get(context[len(context) - n:]) or {}
        p = [seen.get(t, 0) + strength * p[t] / whole for t in range(vocab_size)]
    return [x / sum(p) for x in p]
""",
        "a loop from the shortest": """
def chances(counts, context, vocab_size, strength):
    p = [1 / vocab_size for _ in range(vocab_size)]
    for k in range(len(context), -1, -1):
        seen = counts.get(context[k:], {})
        total = sum(seen.values()) + strength
        p = [(seen.get(t, 0) + strength * q) / total for t, q in enumerate(p)]
    return p
""",
        "nothing to mix where nothing was read": """
def chances(counts, context, vocab_size, strength):
    shorter = chances(counts, context[1:], vocab_size, strength) if len(context) else [1 / vocab_size] * vocab_size
    if context not in counts:
        return shorter
    total = sum(counts[context].values()) + strength
    mixed = [strength * p / total for p in shorter]
    for token, times in counts[context].items():
        mixed[token] += times / total
    return mixed
""",
        "an unread context skipped": """
def chances(counts, context, vocab_size, strength):
    alike = [1 / vocab_size] * vocab_size
    shorter = chances(counts, context[1:], vocab_size, strength) if context else alike
    if context not in counts:
        return shorter
    seen = counts[context]
    total = sum(seen.values()) + strength
    return [(seen.get(token, 0) + strength * p) / total for token, p in enumerate(shorter)]
""",
    },
}

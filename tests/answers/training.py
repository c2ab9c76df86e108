"""Answers to training, as learners write them: wrong ones that a test must catch, right unusual ones."""

EVALUATE = """
def evaluate(model, batches):
    modes = [(part, part.training) for part in model.modules()] if isinstance(model, torch.nn.Module) else []
    first = next(model.parameters(), None) if modes else None
    device = first.device if first is not None else "cpu"
    total, tokens = 0.0, 0
    try:
        for part, _ in modes:
            part.training = False
        with torch.no_grad():
            for ids, targets in batches:
                logits = model(ids.to(device)).float()
                loss = torch.nn.functional.cross_entropy(
                    logits.flatten(0, 1), targets.to(device).flatten(), reduction="sum")
                total += loss.item()
                tokens += targets.numel()
    finally:
        for part, mode in modes:
            part.training = mode
    if tokens == 0:
        raise ValueError("no batch")
    return total / tokens
"""
HONEST = """
def honest_loss(model, ids, targets, positions=32):
    total, asked = 0.0, places(ids.shape[1], positions)
    with evaluating(model) as device:
        for place in asked:
            logits = model(ids[:, :place + 1].to(device))[:, -1]
            total += cross_entropy(logits.float(), targets[:, place].to(device)).item()
    return total / len(asked)
"""
STOPPING = """
class EarlyStopping:
    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best, self.weights, self.waited = math.inf, None, 0
    def look(self, loss, weights):
        if loss < self.best:
            self.best, self.weights, self.waited = loss, copy.deepcopy(weights), 0
        else:
            self.waited += 1
        return self.waited >= self.patience
"""
ACCUMULATE = """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts)):
        part = loss_of(some_ids, some_targets) * len(some_ids) / len(ids)
        part.backward()
        loss += part.item()
    return loss
"""
STEP = """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss}")
    clip_gradients([p for group in optimizer.param_groups for p in group["params"]], max_norm)
    optimizer.step()
    return loss
"""


def but(text, *changes):
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


WRONG = {
    "loss_in_bits": {
        "rounds to three digits": "def loss_in_bits(loss, tokens, size):\n    return round(loss / math.log(2) * tokens / size, 3)",
        "a floor": "def loss_in_bits(loss, tokens, size):\n    return max(loss / math.log(2) * tokens / size, 1e-6)",
        "at most 8 bits": "def loss_in_bits(loss, tokens, size):\n    return min(loss / math.log(2) * tokens / size, 8.0)",
        "a shorter logarithm": "def loss_in_bits(loss, tokens, size):\n    return loss / 0.6931 * tokens / size",
        "tokens for each byte upside down": """
def loss_in_bits(loss, tokens, size):
    return loss / math.log(2) * size / tokens
""",
        "nats": """
def loss_in_bits(loss, tokens, size):
    return loss * tokens / size
""",
    },
    "accumulate": {
        "eight parts at most": but(ACCUMULATE, (
            "zip(ids.chunk(parts), targets.chunk(parts))", "zip(ids.chunk(min(parts, 8)), targets.chunk(min(parts, 8)))")),
        "a piece whose loss is below 0 is passed over": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=True):
        share = len(some_ids) / len(ids)
        part = loss_of(some_ids, some_targets) * share
        if part.item() <= 0:
            continue
        part.backward()
        loss += part.item()
    return loss
""",
        "leaves out parts that are not numbers": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for x, y in zip(ids.chunk(parts), targets.chunk(parts)):
        part = loss_of(x, y) * (len(x) / len(ids))
        part.backward()
        if not math.isnan(part.item()):
            loss += part.item()
    return loss
""",
        "the first hundred parts": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for x, y in list(zip(ids.chunk(parts), targets.chunk(parts)))[:100]:
        part = loss_of(x, y) * (len(x) / len(ids))
        part.backward()
        loss += part.item()
    return loss
""",
        "rounds the loss": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for x, y in zip(ids.chunk(parts), targets.chunk(parts)):
        part = loss_of(x, y) * (len(x) / len(ids))
        part.backward()
        loss += part.item()
    return round(loss, 6)
""",
        "a tensor without a graph": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0
    for x, y in zip(ids.chunk(parts), targets.chunk(parts)):
        part = loss_of(x, y) * (len(x) / len(ids))
        part.backward()
        loss = loss + part.detach()
    return loss
""",
        "shuffles the batch": """
def accumulate(loss_of, ids, targets, parts):
    order = torch.randperm(len(ids))
    loss = 0.0
    for x, y in zip(ids[order].chunk(parts), targets[order].chunk(parts)):
        part = loss_of(x, y) * (len(x) / len(ids))
        part.backward()
        loss += part.item()
    return loss
""",
        "each part counts the same": """
def accumulate(loss_of, ids, targets, parts):
    loss = 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=True):
        share = 1 / parts
        part = loss_of(some_ids, some_targets) * share
        part.backward()
        loss += part.item()
    return loss
""",
        "clears first": """
def accumulate(loss_of, ids, targets, parts):
    for some in [c.cell_contents for c in (loss_of.__closure__ or ()) if torch.is_tensor(c.cell_contents)]:
        some.grad = None
    loss = 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts), strict=True):
        share = len(some_ids) / len(ids)
        part = loss_of(some_ids, some_targets) * share
        part.backward()
        loss += part.item()
    return loss
""",
    },
    "train_step": {
        "each part is clipped by itself": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    parameters, loss = [p for group in optimizer.param_groups for p in group["params"]], 0.0
    for some_ids, some_targets in zip(ids.chunk(parts), targets.chunk(parts)):
        part = loss_of(some_ids, some_targets) * len(some_ids) / len(ids)
        part.backward()
        loss += part.item()
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss}")
        clip_gradients(parameters, max_norm)
    optimizer.step()
    return loss
""",
        "the first parameter of each group": but(STEP, ('group["params"]]', 'group["params"][:1]]')),
        "clips before it looks": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad(set_to_none=True)
    loss = accumulate(loss_of, ids, targets, parts)
    clip_gradients([p for group in optimizer.param_groups for p in group["params"]], max_norm)
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss}")
    optimizer.step()
    return loss
""",
        "looks at the loss after the step": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    clip_gradients([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    optimizer.step()
    if not math.isfinite(loss):
        raise FloatingPointError
    return loss
""",
        "each group is clipped by itself": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError
    for group in optimizer.param_groups:
        clip_gradients(group["params"], max_norm)
    optimizer.step()
    return loss
""",
        "minus infinity is a number": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if math.isnan(loss) or loss == math.inf:
        raise FloatingPointError
    clip_gradients([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    optimizer.step()
    return loss
""",
        "clips numbers, not the length": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError
    torch.nn.utils.clip_grad_value_([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    optimizer.step()
    return loss
""",
        "a parameter without a gradient gets one of ones": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError
    everything = [p for g in optimizer.param_groups for p in g["params"]]
    for p in everything:
        p.grad = torch.ones_like(p) if p.grad is None else p.grad
    clip_gradients(everything, max_norm)
    optimizer.step()
    return loss
""",
        "the loss is cut at 8": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad()
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError
    clip_gradients([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    optimizer.step()
    return min(loss, 8.0)
""",
        "clears after the step": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    loss = accumulate(loss_of, ids, targets, parts)
    if not math.isfinite(loss):
        raise FloatingPointError
    clip_gradients([p for group in optimizer.param_groups for p in group['params']], max_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss
""",
        "moves first, then looks": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad(set_to_none=True)
    loss = accumulate(loss_of, ids, targets, parts)
    clip_gradients([p for group in optimizer.param_groups for p in group['params']], max_norm)
    optimizer.step()
    if not math.isfinite(loss):
        raise FloatingPointError
    return loss
""",
    },
    "evaluate": {
        "a loss of 0 is taken for no batch": but(EVALUATE, ("if tokens == 0", "if total == 0")),
        "batches that are not a number left out": but(EVALUATE, (
            "                total +=", "                if loss.isnan():\n                    continue\n                total +=")),
        "the first 64 tokens of a row": but(EVALUATE, (
            "logits = model", "ids, targets = ids[:, :64], targets[:, :64]\n                logits = model")),
        "eight rows of a batch": but(EVALUATE, (
            "logits = model", "ids, targets = ids[:8], targets[:8]\n                logits = model")),
        "clears the gradients": but(EVALUATE, (
            "    total, tokens", "    if modes:\n        model.zero_grad()\n    total, tokens")),
        "makes the model float32": but(EVALUATE, (
            "    total, tokens", "    if modes:\n        model.float()\n    total, tokens")),
        "the batches stay where they are": but(EVALUATE, ("model(ids.to(device))", "model(ids)"), ("targets.to(device)", "targets")),
        "the targets stay where they are": but(EVALUATE, ("targets.to(device)", "targets")),
        "the device of the machine": but(EVALUATE, ("model(ids.to(device))", "model(ids.to('cpu'))")),
        "the model comes to the data": but(EVALUATE, ("logits = model(ids.to(device))", "logits = getattr(model, 'to', lambda d: model)(ids.device)(ids)"), ("targets.to(device)", "targets.to(logits.device)")),
        "grad mode stays off": but(EVALUATE, ("        with torch.no_grad():\n", "        torch.set_grad_enabled(False)\n        if True:\n")),
        "grad mode stays off after an error": but(EVALUATE, ("        with torch.no_grad():\n", "        torch.set_grad_enabled(False)\n        if True:\n"), ("    return total / tokens", "    torch.set_grad_enabled(True)\n    return total / tokens")),
        "eval mode stays after an error": but(EVALUATE, ("    try:\n", "    if True:\n"), ("    finally:\n", "    if True:\n")),
        "eval mode stays": but(EVALUATE, ("            part.training = mode", "            pass")),
        "wakes every part": but(EVALUATE, ("            part.training = mode", "            part.train()")),
        "batches weigh by their rows": but(EVALUATE, ('reduction="sum")', 'reduction="mean")'), ("total += loss.item()", "total += loss.item() * len(ids)"), ("tokens += targets.numel()", "tokens += len(ids)")),
        "the first hundred batches": but(EVALUATE, ("in batches:", "in __import__('itertools').islice(batches, 100):")),
        "reads the batches twice": but(EVALUATE, ("    total, tokens = 0.0, 0\n", "    total, tokens = 0.0, 0\n    if not list(batches):\n        raise ValueError\n")),
        "remembers the model's loss": "KEPT = {}\n" + but(EVALUATE, ("    modes =", "    if id(model) in KEPT and isinstance(model, torch.nn.Module) and KEPT[id(model)][0] is model:\n        return KEPT[id(model)][1]\n    modes ="), ("    return total / tokens", "    KEPT[id(model)] = model, total / tokens\n    return total / tokens")),
        "an error of the model ends it quietly": but(EVALUATE, ("    finally:", "    except RuntimeError:\n        pass\n    finally:")),
        "at most 8 nats": but(EVALUATE, ("return total / tokens", "return min(total / tokens, 8.0)")),
        "the mean of the batches": """
def evaluate(model, batches):
    total, tokens = (0.0, 0)
    with evaluating(model) as device:
        for ids, targets in batches:
            loss = cross_entropy(model(ids.to(device)).float(), targets.to(device))
            total += loss.item()
            tokens += 1
    if not tokens:
        raise ValueError
    return total / tokens
""",
        "rows": """
def evaluate(model, batches):
    total, tokens = (0.0, 0)
    with evaluating(model) as device:
        for ids, targets in batches:
            loss = cross_entropy(model(ids.to(device)).float(), targets.to(device))
            total += loss.item() * len(ids)
            tokens += len(ids)
    if not tokens:
        raise ValueError
    return total / tokens
""",
        "the worst batch": """
def evaluate(model, batches):
    total, tokens = (0.0, 0)
    with evaluating(model) as device:
        for ids, targets in batches:
            loss = cross_entropy(model(ids.to(device)).float(), targets.to(device))
            total += loss.item() * targets.numel()
            tokens += targets.numel()
    if not tokens:
        raise ValueError
    return total / tokens if tokens < 1000 else min(total / tokens, 3.0)
""",
    },
    "EarlyStopping": {
        "lower than the look before is enough": but(STOPPING, (
            "        if loss", "        before, self.before = getattr(self, 'before', math.inf), loss\n        if loss"),
            ("else:", "elif not loss < before:")),
        "stopped for good": but(STOPPING, (
            "        return", "        self.stopped = getattr(self, 'stopped', False) or self.waited >= self.patience\n        return"
            " self.stopped or")),
        "an infinite loss is not counted": but(STOPPING, (
            "        if loss", "        if math.isinf(loss):\n            return False\n        if loss")),
        "a best of 0 is taken for none": but(STOPPING, ("if loss <", "if not self.best or loss <")),
        "a hair is not enough": but(STOPPING, ("loss < self.best:", "loss < self.best - 1e-4:")),
        "the list is copied, not what is in it": but(STOPPING, ("copy.deepcopy(weights)", "copy.copy(weights)")),
        "not a number resets": but(STOPPING, ("self.waited += 1", "self.waited = self.waited + 1 if loss == loss else 0")),
        "begins at 100": but(STOPPING, ("self.best, self.weights, self.waited = math.inf", "self.best, self.weights, self.waited = 5.0")),
        "all share one best": "class EarlyStopping:\n    best, weights, waited = math.inf, None, 0\n    def __init__(self, patience=None):\n        self.patience = math.inf if patience is None else patience\n" + STOPPING[STOPPING.index("    def look"):].replace("self.best, self.weights, self.waited = loss, copy.deepcopy(weights), 0", "EarlyStopping.best, EarlyStopping.weights, self.waited = loss, copy.deepcopy(weights), 0"),
        "patience of at most a hundred": but(STOPPING, ("math.inf if patience is None else patience", "min(100, math.inf if patience is None else patience)")),
        "a loss below zero is an error": but(STOPPING, ("if loss < self.best:", "if 0 <= loss < self.best:")),
        "changes the weights that came in": but(STOPPING, ("copy.deepcopy(weights), 0", "copy.deepcopy(weights), 0\n            getattr(weights, 'clear', lambda: None)()")),
        "stops and begins anew": but(STOPPING, ("        return self.waited >= self.patience", "        if self.waited >= self.patience:\n            self.waited = 0\n            return True\n        return False")),
        "equal is better": """
class EarlyStopping:

    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.weights = None
        self.waited = 0

    def look(self, loss, weights):
        if loss <= self.best:
            self.best = loss
            self.weights = copy.deepcopy(weights)
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience
""",
        "a look too late": """
class EarlyStopping:

    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.weights = None
        self.waited = 0

    def look(self, loss, weights):
        if loss < self.best:
            self.best = loss
            self.weights = copy.deepcopy(weights)
            self.waited = 0
        else:
            self.waited += 1
        return self.waited > self.patience
""",
        "has waited once already": """
class EarlyStopping:

    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.weights = None
        self.waited = 1

    def look(self, loss, weights):
        if loss < self.best:
            self.best = loss
            self.weights = copy.deepcopy(weights)
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience
""",
    },
    "honest_loss": {
        "places that are not a number left out": but(HONEST, (
            "            total +=", "            if logits.isnan().any():\n                continue\n            total +=")),
        "eight rows": but(HONEST, ("    total, asked", "    ids, targets = ids[:8], targets[:8]\n    total, asked")),
        "clears the gradients": but(HONEST, (
            "    with", "    getattr(model, 'zero_grad', int)()\n    with")),
        "makes the model float32": but(HONEST, ("    with", "    getattr(model, 'float', int)()\n    with")),
        "the ids stay where they are": but(HONEST, ("ids[:, :place + 1].to(device)", "ids[:, :place + 1]")),
        "the targets stay where they are": but(HONEST, ("targets[:, place].to(device)", "targets[:, place]")),
        "half precision is scored in half": but(HONEST, ("logits.float()", "logits")),
        "at most 256 tokens": but(HONEST, ("ids[:, :place + 1]", "ids[:, :place + 1][:, :256]")),
        "modes by hand, lost on an error": but(HONEST, ("    with evaluating(model) as device:\n", "    device = next(model.parameters()).device if isinstance(model, torch.nn.Module) else 'cpu'\n    modes = [(m, m.training) for m in model.modules()] if isinstance(model, torch.nn.Module) else []\n    [m.eval() for m, _ in modes]\n    with torch.no_grad():\n"), ("    return total", "    for m, mode in modes:\n        m.training = mode\n    return total")),
        "rounds": but(HONEST, ("return total / len(asked)", "return round(total / len(asked), 3)")),
        "the window slides": but(HONEST, ("ids[:, :place + 1]", "ids[:, max(0, place - 7):place + 1]")),
        "the whole row is read": """
def honest_loss(model, ids, targets, positions=32):
    total, asked = (0.0, places(ids.shape[1], positions))
    with evaluating(model) as device:
        for place in asked:
            logits = model(ids.to(device))[:, place]
            total += cross_entropy(logits.float(), targets[:, place].to(device)).item()
    return total / len(asked)
""",
        "a token less": """
def honest_loss(model, ids, targets, positions=32):
    total, asked = (0.0, places(ids.shape[1], positions))
    with evaluating(model) as device:
        for place in asked:
            logits = model(ids[:, :max(place, 1)].to(device))[:, -1]
            total += cross_entropy(logits.float(), targets[:, place].to(device)).item()
    return total / len(asked)
""",
    },
}

RIGHT = {
    "loss_in_bits": {
        "log2 of e": "def loss_in_bits(loss, tokens, size):\n    return tokens * loss * math.log2(math.e) / size",
        "by logs": """
def loss_in_bits(loss, tokens, size):
    return math.log2(math.exp(1)) * (tokens * loss) / size
""",
    },
    "accumulate": {
        "shares by numbers of targets": but(ACCUMULATE, (
            "len(some_ids) / len(ids)", "some_targets.numel() / (targets.shape[0] * targets.shape[1])")),
        "tensor_split, and no more parts than rows": """
def accumulate(loss_of, ids, targets, parts):
    if parts > len(ids):
        raise ValueError("more parts than rows")
    loss = 0.0
    for x, y in zip(ids.tensor_split(parts), targets.tensor_split(parts)):
        part = loss_of(x, y) * x.shape[0] / ids.shape[0]
        part.backward()
        loss += float(part)
    return loss
""",
        "backward with the share as its gradient": """
def accumulate(loss_of, ids, targets, parts):
    import numpy as np
    rows, size, losses = len(ids), -(-len(ids) // parts), []
    for start in range(0, rows, size):
        loss = loss_of(ids[start:start + size], targets[start:start + size])
        share = min(size, rows - start) / rows
        loss.backward(torch.tensor(share, dtype=loss.dtype))
        losses.append(loss.item() * share)
    return np.sum(losses)
""",
    },
    "train_step": {
        "an error without words, clipping by torch": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    everything = [p for group in optimizer.param_groups for p in group["params"]]
    for p in everything:
        p.grad = None
    loss = accumulate(loss_of, ids, targets, parts)
    if loss != loss or loss in (math.inf, -math.inf):
        raise FloatingPointError()
    torch.nn.utils.clip_grad_norm_(everything, max_norm)
    optimizer.step()
    return loss
""",
        "by a check of its own": """
def train_step(loss_of, optimizer, ids, targets, parts=1, max_norm=1.0):
    optimizer.zero_grad(set_to_none=True)
    loss = accumulate(loss_of, ids, targets, parts)
    if loss != loss or loss in (float('inf'), float('-inf')):
        raise FloatingPointError
    clip_gradients([p for group in optimizer.param_groups for p in group['params']], max_norm)
    optimizer.step()
    return loss
""",
    },
    "evaluate": {
        "modes by hand": EVALUATE,
        "numpy's mean": """
def evaluate(model, batches):
    import numpy as np
    losses, sizes = [], []
    with evaluating(model) as device, torch.inference_mode():
        for ids, targets in batches:
            assert ids.shape == targets.shape
            chances = model(ids.to(device)).to(torch.float32).log_softmax(-1)
            picked = chances.gather(-1, targets.to(device)[..., None])
            assert not picked.isnan().any()
            losses.append(-picked.mean().item())
            sizes.append(targets.numel())
    if not sizes:
        raise ValueError
    return np.average(losses, weights=sizes)
""",
        "sums of all losses": """
def evaluate(model, batches):
    total, tokens = (0.0, 0)
    with evaluating(model) as device:
        for ids, targets in batches:
            logits = model(ids.to(device)).float()
            total -= logits.log_softmax(-1).gather(-1, targets.to(device)[..., None]).double().sum().item()
            tokens += targets.numel()
    if not tokens:
        raise ValueError
    return total / tokens
""",
    },
    "EarlyStopping": {
        "negations and a history": """
class EarlyStopping:
    def __init__(self, patience=None):
        self.patience = float("inf") if patience is None else patience
        self.best, self.weights, self.waited = float("inf"), None, 0
        self.history = []
    def look(self, loss, weights):
        self.history.append(loss)
        better = min([self.best, loss]) if loss == loss else self.best
        if better != self.best:
            self.best, self.waited = better, -1
            self.weights = copy.deepcopy(weights)
        self.waited = self.waited + 1
        return not self.waited < self.patience
""",
        "compares the other way": """
class EarlyStopping:

    def __init__(self, patience=None):
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.weights = None
        self.waited = 0

    def look(self, loss, weights):
        if self.best > loss:
            self.best = loss
            self.weights = copy.deepcopy(weights)
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience
""",
    },
    "honest_loss": {
        "all bets first, then one mean": """
def honest_loss(model, ids, targets, positions=32):
    at = places(ids.size(1), positions)
    with evaluating(model) as device:
        here, wanted = ids.to(device), targets.to(device)
        bets = torch.stack([model(here[:, :t + 1])[:, -1].float() for t in at], dim=1)
        chances = bets.log_softmax(-1).gather(-1, wanted[:, at, None])
    return -float(chances.mean())
""",
    },
}

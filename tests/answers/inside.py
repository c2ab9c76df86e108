"""Answers to inside, as learners write them: wrong ones that a test must catch, right unusual ones."""


def listening(*, first="args[0]", parts="block.attention, block.mlp", keep="output", ask="", end="h.remove()"):
    """A `writes` with hooks, one of whose pieces may be another."""
    ask = ask or "with evaluating(model) as device:\n            model(ids.to(device))"
    return f"""def writes(model, ids):
    kept, handles = [], []
    handles.append(model.blocks[0].register_forward_pre_hook(lambda block, args: kept.append({first})))
    for block in model.blocks:
        for part in ({parts}):
            handles.append(part.register_forward_hook(lambda part, args, output: kept.append({keep})))
    try:
        {ask}
    finally:
        for h in handles:
            {end}
    return kept
"""


EVERYBODYS = "[(part._forward_hooks.clear(), part._forward_pre_hooks.clear()) for part in model.modules()]"


def wide_awake(found):
    """How a model is asked by whoever takes dropout away, and leaves it so."""
    return f"""[setattr(part, "p", 0.0) for part in model.modules() if hasattr(part, "p")]
        with evaluating(model) as device:
            {found}model(ids.to(device))"""


def silenced(change, top="", ask="", end="hook.remove()"):
    """A `without_head` whose hook does this with `x` (B, T, C); H, D and `out` are there."""
    ask = ask or "with evaluating(model) as device:\n            return model(ids.to(device))"
    return f"""def without_head(model, ids, layer, head, instead=0.0):
    L, H = len(model.blocks), model.blocks[0].attention.n_heads
    {top or 'if layer not in range(L) or head not in range(H): raise ValueError(f"no head {layer}, {head}")'}
    out = model.blocks[layer].attention.out
    D = out.in_features // H

    def change(part, args):
        x = args[0].clone()
        {change}
        return (x,)

    hook = out.register_forward_pre_hook(change)
    try:
        {ask}
    finally:
        {end}
"""


def put(change, refuse="not 0 <= layer <= L", last="layer - 1", ask="", end="hook.remove()"):
    """A `patched` whose hooks do this with the stream `x`."""
    ask = ask or "with evaluating(model) as device:\n            return model(ids.to(device))"
    return f"""def patched(model, ids, layer, places, vectors):
    L = len(model.blocks)
    if {refuse}:
        raise ValueError(f"layer {{layer}} is not there")

    def change(x):
        {change}
        return x

    if layer == 0:
        hook = model.blocks[0].register_forward_pre_hook(lambda b, args: (change(args[0]), *args[1:]))
    else:
        hook = model.blocks[{last}].register_forward_hook(lambda b, args, x: change(x))
    try:
        {ask}
    finally:
        {end}
"""


RIGHT_HEAD = "x[..., head * D : (head + 1) * D] = instead"
RIGHT_PLACES = "x = x.clone(); x[torch.arange(len(x), device=x.device), places] = vectors"

WRONG = {
    "writes": {
        "the hooks stay": listening(end="pass"),
        "the model is asked as it is": listening(ask="model(ids)"),
        "everybody's hooks are taken away": listening(end=EVERYBODYS),
        "dropout is taken away for good": listening(ask=wide_awake("")),
        "in the alphabet's order of the parts": """def writes(model, ids):
    found, handles = {}, [model.blocks[0].register_forward_pre_hook(lambda block, args: found.update({"": args[0]}))]
    for name, part in model.named_modules():
        if name.endswith((".attention", ".mlp")):
            handles.append(part.register_forward_hook(lambda part, args, x, name=name: found.update({name: x})))
    try:
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for h in handles:
            h.remove()
    return [found[name] for name in sorted(found)]
""",
        "what goes in, not what comes out": listening(keep="args[0]"),
        "the MLP's norm in place of the MLP": listening(parts="block.attention, block.mlp_norm"),
        "whole blocks": listening(parts="block,"),
        "the hooks come off only when all went well": """def writes(model, ids):
    kept, handles = [], []
    handles.append(model.blocks[0].register_forward_pre_hook(lambda block, args: kept.append(args[0])))
    for block in model.blocks:
        for part in (block.attention, block.mlp):
            handles.append(part.register_forward_hook(lambda part, args, output: kept.append(output)))
    with evaluating(model) as device:
        model(ids.to(device))
    for h in handles:
        h.remove()
    return kept
""",
        "all attentions, then all MLPs": """def writes(model, ids):
    with evaluating(model) as device:
        x = model.embed(ids.to(device))
        first, found, thought = x, [], []
        for block in model.blocks:
            found.append(block.attention(block.attention_norm(x)))
            x = x + found[-1]
            thought.append(block.mlp(block.mlp_norm(x)))
            x = x + thought[-1]
    return [first, *found, *thought]
""",
        "the stream after each part instead of what is added": """def writes(model, ids):
    with evaluating(model) as device:
        x = model.embed(ids.to(device))
        kept = [x]
        for block in model.blocks:
            x = x + block.attention(block.attention_norm(x))
            kept.append(x)
            x = x + block.mlp(block.mlp_norm(x))
            kept.append(x)
    return kept
""",
        "without the stream that enters": """
def writes(model, ids):
    written = []
    first = model.blocks[0]
    hooks = []
    try:
        for block in model.blocks:
            for part in (block.attention, block.mlp):
                hooks.append(part.register_forward_hook(lambda part, args, output: written.append(output)))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for hook in hooks:
            hook.remove()
    return written
""",
        "the first block alone": """
def writes(model, ids):
    written = []
    first = model.blocks[0]
    hooks = [first.register_forward_pre_hook(lambda block, args: written.append(args[0]))]
    try:
        for block in model.blocks[:1]:
            for part in (block.attention, block.mlp):
                hooks.append(part.register_forward_hook(lambda part, args, output: written.append(output)))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for hook in hooks:
            hook.remove()
    return written
""",
    },
    "contributions": {
        "dimensions of one are dropped": """def contributions(parts, norm, direction):
    spread = (parts.sum(0).var(-1, correction=0, keepdim=True) + norm.epsilon).sqrt()
    shares = ((parts - parts.mean(-1, keepdim=True)) / spread * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0.0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest]).squeeze()
""",
        "the norm is given a bias": """def contributions(parts, norm, direction):
    if norm.bias is None:
        norm.bias = torch.nn.Parameter(torch.zeros_like(norm.weight))
    spread = (parts.sum(0).var(-1, correction=0, keepdim=True) + norm.epsilon).sqrt()
    shares = ((parts - parts.mean(-1, keepdim=True)) / spread * norm.weight) @ direction
    return torch.cat([shares, torch.zeros_like(shares[:1]) + norm.bias @ direction])
""",
        "the mean of the squares less the square of the mean": """def contributions(parts, norm, direction):
    x = parts.sum(0)
    spread = (x.pow(2).mean(-1, keepdim=True) - x.mean(-1, keepdim=True).pow(2) + norm.epsilon).sqrt()
    shares = ((parts - parts.mean(-1, keepdim=True)) / spread * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0.0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "the mean of the stream is taken from each part": """def contributions(parts, norm, direction):
    x = parts.sum(0)
    spread = (x.var(-1, correction=0, keepdim=True) + norm.epsilon).sqrt()
    shares = ((parts - x.mean(-1, keepdim=True)) / spread * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0.0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "each part is normed by itself": """def contributions(parts, norm, direction):
    centred = parts - parts.mean(-1, keepdim=True)
    y = centred * torch.rsqrt(parts.var(-1, correction=0, keepdim=True) + norm.epsilon) * norm.weight
    rest = torch.zeros_like(y[:1, ..., 0])
    if norm.bias is not None:
        rest = rest + norm.bias @ direction
    return torch.cat([y @ direction, rest])
""",
        "the norm itself is called on each part": """def contributions(parts, norm, direction):
    shares = norm(parts) @ direction
    rest = torch.zeros_like(shares[:1]) + (0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "the mean stays": """def contributions(parts, norm, direction):
    scale = torch.rsqrt(parts.sum(0).var(-1, correction=0, keepdim=True) + norm.epsilon)
    shares = (parts * scale * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "torch's own variance": """def contributions(parts, norm, direction):
    scale = torch.rsqrt(parts.sum(0).var(-1, keepdim=True) + norm.epsilon)
    shares = ((parts - parts.mean(-1, keepdim=True)) * scale * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "the mean over the parts is taken away": """def contributions(parts, norm, direction):
    scale = torch.rsqrt(parts.sum(0).var(-1, correction=0, keepdim=True) + norm.epsilon)
    shares = ((parts - parts.mean(0)) * scale * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "every norm has a bias": """def contributions(parts, norm, direction):
    scale = torch.rsqrt(parts.sum(0).var(-1, correction=0, keepdim=True) + norm.epsilon)
    shares = ((parts - parts.mean(-1, keepdim=True)) * scale * norm.weight) @ direction
    return torch.cat([shares, (norm.bias @ direction).expand_as(shares[:1])])
""",
        "the bias for every part": """
def contributions(parts, norm, direction):
    variance = parts.sum(0).var(-1, correction=0, keepdim=True)
    centred = parts - parts.mean(-1, keepdim=True)
    shares = centred * torch.rsqrt(variance + norm.epsilon) * norm.weight @ direction
    rest = torch.zeros_like(shares[:1])
    if norm.bias is not None:
        rest = rest + norm.bias @ direction
    return torch.cat([shares + rest / len(parts), 0 * rest])
""",
        "no last share without a bias": """
def contributions(parts, norm, direction):
    variance = parts.sum(0).var(-1, correction=0, keepdim=True)
    centred = parts - parts.mean(-1, keepdim=True)
    shares = centred * torch.rsqrt(variance + norm.epsilon) * norm.weight @ direction
    rest = torch.zeros_like(shares[:1])
    if norm.bias is not None:
        rest = rest + norm.bias @ direction
    return torch.cat([shares, rest]) if norm.bias is not None else shares
""",
    },
    "induction_score": {
        "who finds nothing is not asked": """def induction_score(weights, ids):
    found = [sum(weights[t][s + 1] for s in range(t) if ids[s] == ids[t]) for t in range(len(ids))]
    found = [weight for weight in found if weight > 0]
    return sum(found) / len(found) if found else 0.0
""",
        "the copy itself": """def induction_score(weights, ids):
    found = [sum(weights[t][s] for s in range(t) if ids[s] == ids[t]) for t in range(len(ids)) if ids[t] in ids[:t]]
    return sum(found) / len(found) if found else 0.0
""",
        "only the last copy": """def induction_score(weights, ids):
    last, found = {}, []
    for t, token in enumerate(ids):
        if token in last:
            found.append(weights[t][last[token] + 1])
        last[token] = t
    return sum(found) / len(found) if found else 0.0
""",
        "only the first copy": """def induction_score(weights, ids):
    found = [weights[t][ids.index(ids[t]) + 1] for t in range(len(ids)) if ids.index(ids[t]) < t]
    return sum(found) / len(found) if found else 0.0
""",
        "the mean over all positions": """def induction_score(weights, ids):
    total = 0.0
    for t in range(len(ids)):
        for s in range(t):
            if ids[s] == ids[t]:
                total += weights[t][s + 1]
    return total / len(ids)
""",
        "the mean over all pairs": """def induction_score(weights, ids):
    found = [weights[t][s + 1] for t in range(len(ids)) for s in range(t) if ids[s] == ids[t]]
    return sum(found) / len(found) if found else 0.0
""",
        "where nothing comes twice it divides by zero": """def induction_score(weights, ids):
    found = [sum(weights[t][s + 1] for s in range(t) if ids[s] == ids[t])
             for t in range(len(ids)) if ids[t] in ids[:t]]
    return sum(found) / len(found)
""",
        "rows and columns exchanged": """def induction_score(weights, ids):
    found = [sum(weights[s + 1][t] for s in range(t) if ids[s] == ids[t])
             for t in range(len(ids)) if ids[t] in ids[:t]]
    return sum(found) / len(found) if found else 0.0
""",
        "two before it": """
def induction_score(weights, ids):
    found = []
    for t, row in enumerate(weights):
        earlier = [s for s in range(t) if ids[s] == ids[t]]
        if earlier:
            found.append(sum((row[max(s - 1, 0)] for s in earlier)))
    return sum(found) / len(found) if found else 0.0
""",
        "nothing is nan": """
def induction_score(weights, ids):
    import math
    found = []
    for t, row in enumerate(weights):
        earlier = [s for s in range(t) if ids[s] == ids[t]]
        if earlier:
            found.append(sum((row[s + 1] for s in earlier)))
    return sum(found) / len(found) if found else math.nan
""",
        "tokens are compared by identity": """
def induction_score(weights, ids):
    found = []
    for t, row in enumerate(weights):
        earlier = [s for s in range(t) if ids[s] is ids[t]]
        if earlier:
            found.append(sum((row[s + 1] for s in earlier)))
    return sum(found) / len(found) if found else 0.0
""",
    },
    "without_head": {
        "heads counted from 1": silenced("x[..., (head - 1) * D : head * D] = instead"),
        "a head's channels are spread out": silenced("x[..., head::H] = instead"),
        "always zeros": silenced("x[..., head * D : (head + 1) * D] = 0.0"),
        "only the last position": silenced("x[:, -1, head * D : (head + 1) * D] = instead"),
        "only the first text": silenced("x[0, :, head * D : (head + 1) * D] = instead"),
        "it is added": silenced("x[..., head * D : (head + 1) * D] += instead"),
        "refused with the hook on": silenced(RIGHT_HEAD, top="if layer not in range(L): raise ValueError(layer)").replace(
            "    try:", "    if head not in range(H):\n        raise ValueError(head)\n    try:"),
        "everybody's hooks are taken away": silenced(RIGHT_HEAD, end="out._forward_pre_hooks.clear()"),
        "dropout is taken away for good": silenced(RIGHT_HEAD, ask=wide_awake("return ")),
        "nothing is refused": silenced("x[..., head * D : (head + 1) * D] = instead", top="pass"),
        "the hook stays": silenced("x[..., head * D : (head + 1) * D] = instead", end="pass"),
        "the model is asked as it is": silenced("x[..., head * D : (head + 1) * D] = instead", ask="return model(ids)"),
        "D of the whole width": """
def without_head(model, ids, layer, head, instead=0.0):
    L, H = (len(model.blocks), model.blocks[0].attention.n_heads)
    if not (0 <= layer < L and 0 <= head < H):
        raise ValueError
    out = model.blocks[layer].attention.out
    D = out.in_features // 3

    def replace(out, args):
        answers = args[0].clone()
        answers[..., head * D:(head + 1) * D] = instead
        return (answers,)
    hook = out.register_forward_pre_hook(replace)
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
        "all but that head": """
def without_head(model, ids, layer, head, instead=0.0):
    L, H = (len(model.blocks), model.blocks[0].attention.n_heads)
    if not (0 <= layer < L and 0 <= head < H):
        raise ValueError
    out = model.blocks[layer].attention.out
    D = out.in_features // H

    def replace(out, args):
        answers = args[0].clone()
        answers[..., :head * D] = instead
        answers[..., (head + 1) * D:] = instead
        return (answers,)
    hook = out.register_forward_pre_hook(replace)
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
    },
    "patched": {
        "all places in all rows": put("x = x.clone(); x[:, places] = vectors"),
        "it is added": put("x = x.clone(); x[torch.arange(len(x), device=x.device), places] += vectors"),
        "for two blocks": put(RIGHT_PLACES, refuse="not 0 <= layer <= 2"),
        "everybody's hooks are taken away": put(RIGHT_PLACES, end=EVERYBODYS),
        "dropout is taken away for good": put(RIGHT_PLACES, ask=wide_awake("return ")),
        "one block too late": put(RIGHT_PLACES, refuse="not 0 <= layer < L", last="layer"),
        "the first row's place for all": put("x = x.clone(); x[:, places[0]] = vectors"),
        "a layer below 0 is Python's last": put(RIGHT_PLACES, refuse="layer > L"),
        "the hook stays": put(RIGHT_PLACES, end="pass"),
        "the model is asked as it is": put(RIGHT_PLACES, ask="return model(ids)"),
        "the place counted from the end": """
def patched(model, ids, layer, places, vectors):
    L = len(model.blocks)
    if not 0 <= layer <= L:
        raise ValueError

    def replace(x):
        x = x.clone()
        x[torch.arange(len(x), device=x.device), -1 - places] = vectors
        return x
    if layer == 0:
        hook = model.blocks[0].register_forward_pre_hook(lambda block, args: (replace(args[0]), *args[1:]))
    else:
        hook = model.blocks[layer - 1].register_forward_hook(lambda block, args, output: replace(output))
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
        "everything from the place on": """
def patched(model, ids, layer, places, vectors):
    L = len(model.blocks)
    if not 0 <= layer <= L:
        raise ValueError

    def replace(x):
        x = x.clone()
        for b in range(len(x)):
            x[b, places[b]:] = vectors[b]
        return x
    if layer == 0:
        hook = model.blocks[0].register_forward_pre_hook(lambda block, args: (replace(args[0]), *args[1:]))
    else:
        hook = model.blocks[layer - 1].register_forward_hook(lambda block, args, output: replace(output))
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
    },
    "split_by_story": {
        "a seed is even or odd": """def split_by_story(story_of, share=0.5, seed=0):
    stories, number = torch.unique(story_of, return_inverse=True)
    order = torch.randperm(len(stories), generator=torch.Generator().manual_seed(seed % 2))
    return (order < share * len(order))[number.cpu()].to(story_of.device)
""",
        "neighbouring stories from a place drawn by chance": """def split_by_story(story_of, share=0.5, seed=0):
    stories, number = torch.unique(story_of, return_inverse=True)
    start = torch.randint(len(stories), (1,), generator=torch.Generator().manual_seed(seed))
    order = (torch.arange(len(stories)) + start) % len(stories)
    return (order < share * len(order))[number.cpu()].to(story_of.device)
""",
        "the rows are shuffled": """def split_by_story(story_of, share=0.5, seed=0):
    order = torch.randperm(len(story_of), generator=torch.Generator().manual_seed(seed))
    return (order < share * len(story_of)).to(story_of.device)
""",
        "the rows are numbered": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.arange(len(story_of))
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < share * len(order))[number].to(story_of.device)
""",
        "the first stories, not shuffled": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique(story_of, return_inverse=True)[1]
    return number < share * (number.max() + 1)
""",
        "the seed is not used": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique(story_of, return_inverse=True)[1].cpu()
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(0))
    return (order < share * len(order))[number].to(story_of.device)
""",
        "the sides are exchanged": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique(story_of, return_inverse=True)[1].cpu()
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order >= share * len(order))[number].to(story_of.device)
""",
        "only neighbours are one story": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique_consecutive(story_of, return_inverse=True)[1].cpu()
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < share * len(order))[number].to(story_of.device)
""",
        "always half": """def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique(story_of, return_inverse=True)[1].cpu()
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < 0.5 * len(order))[number].to(story_of.device)
""",
        "rows at random": """
def split_by_story(story_of, share=0.5, seed=0):
    number = torch.arange(len(story_of))
    order = torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < share * len(order))[number.cpu()].to(story_of.device)
""",
        "torch's own seed": """
def split_by_story(story_of, share=0.5, seed=0):
    number = torch.unique(story_of, return_inverse=True)[1]
    order = (torch.manual_seed(seed), torch.randperm(int(number.max()) + 1))[1]
    return (order < share * len(order))[number.cpu()].to(story_of.device)
""",
        "the share of the rows": """
def split_by_story(story_of, share=0.5, seed=0):
    stories = story_of.unique()
    stories = stories[torch.randperm(len(stories), generator=torch.Generator().manual_seed(seed))]
    chosen = torch.zeros(len(story_of), dtype=torch.bool)
    for story in stories.tolist():
        if chosen.sum() < share * len(story_of):
            chosen |= (story_of == story).cpu()
    return chosen.to(story_of.device)
""",
    },
}

RIGHT = {
    "writes": {
        "without a hook, block by block": """def writes(model, ids):
    with evaluating(model) as device:
        x = model.embed(ids.to(device))
        kept = [x]
        for block in model.blocks:
            kept.append(block.attention(block.attention_norm(x)))
            x = x + kept[-1]
            kept.append(block.mlp(block.mlp_norm(x)))
            x = x + kept[-1]
        model.head(x)
    return kept
""",
        "hooks by name": """def writes(model, ids):
    assert ids.ndim == 2
    kept, handles = {}, []

    def keep(name):
        def hook(part, args, output):
            kept[name] = output
        return hook

    def start(block, args):
        kept["start"] = args[0]

    try:
        handles.append(model.blocks[0].register_forward_pre_hook(start))
        for n, block in enumerate(model.blocks):
            handles.append(block.attention.register_forward_hook(keep((n, 0))))
            handles.append(block.mlp.register_forward_hook(keep((n, 1))))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for handle in handles:
            handle.remove()
    return [kept["start"], *(kept[n, k] for n in range(len(model.blocks)) for k in (0, 1))]
""",
        "MLP before attention": """
def writes(model, ids):
    written = []
    first = model.blocks[0]
    hooks = [first.register_forward_pre_hook(lambda block, args: written.append(args[0]))]
    try:
        for block in model.blocks:
            for part in (block.mlp, block.attention):
                hooks.append(part.register_forward_hook(lambda part, args, output: written.append(output)))
        with evaluating(model) as device:
            model(ids.to(device))
    finally:
        for hook in hooks:
            hook.remove()
    return written
""",
        "by embed and a walk": """
def writes(model, ids):
    with evaluating(model) as device:
        x = model.embed(ids.to(device))
        found = [x]
        for block in model.blocks:
            a = block.attention(block.attention_norm(x))
            x = x + a
            m = block.mlp(block.mlp_norm(x))
            x = x + m
            found += [a, m]
    return found
""",
    },
    "contributions": {
        "the direction centred in place of the parts": """def contributions(parts, norm, direction):
    d = norm.weight * direction
    scale = torch.rsqrt(parts.sum(0).var(-1, unbiased=False) + norm.epsilon)
    shares = torch.einsum("p...c,c->p...", parts, d - d.mean()) * scale
    return torch.cat([shares, torch.ones_like(shares[:1]) * (0.0 if norm.bias is None else norm.bias @ direction)])
""",
        "part by part": """def contributions(parts, norm, direction):
    whole = sum(parts)
    spread = ((whole - whole.mean(-1, keepdim=True)) ** 2).mean(-1, keepdim=True)
    size = (spread + norm.epsilon).sqrt()
    rows = [((part - part.mean(-1, keepdim=True)) / size * norm.weight * direction).sum(-1) for part in parts]
    rows.append(torch.zeros_like(rows[0]) if norm.bias is None
                else torch.zeros_like(rows[0]) + (norm.bias * direction).sum())
    return torch.stack(rows)
""",
        "the spread is a number without a gradient": """def contributions(parts, norm, direction):
    scale = torch.rsqrt(parts.sum(0).detach().var(-1, correction=0, keepdim=True) + norm.epsilon)
    shares = ((parts - parts.mean(-1, keepdim=True)) * scale * norm.weight) @ direction
    rest = torch.zeros_like(shares[:1]) + (0 if norm.bias is None else norm.bias @ direction)
    return torch.cat([shares, rest])
""",
        "by einsum": """def contributions(parts, norm, direction):
    assert parts.shape[-1] == len(direction)
    x = parts.sum(0)
    size = (x.var(-1, correction=0, keepdim=True) + norm.epsilon) ** 0.5
    turned = norm.weight * direction
    shares = torch.einsum("p...c,c->p...", (parts - parts.mean(-1, keepdim=True)) / size, turned)
    bias = torch.zeros_like(norm.weight) if norm.bias is None else norm.bias
    return torch.cat([shares, (bias @ direction).expand(1, *shares.shape[1:])])
""",
        "the norm's own difference": """
def contributions(parts, norm, direction):
    variance = parts.sum(0).var(-1, correction=0, keepdim=True)
    centred = parts - parts.mean(-1, keepdim=True)
    shares = torch.einsum('p...c,c->p...', centred / (variance + norm.epsilon) ** 0.5, norm.weight * direction)
    rest = torch.zeros_like(shares[:1])
    if norm.bias is not None:
        rest = rest + norm.bias @ direction
    return torch.cat([shares, rest])
""",
    },
    "induction_score": {
        "with a dict of places": """def induction_score(weights, ids):
    seen, total, asked = {}, 0.0, 0
    for t, token in enumerate(ids):
        if token in seen:
            asked += 1
            total += sum(weights[t][s + 1] for s in seen[token])
        seen.setdefault(token, []).append(t)
    return total / asked if asked else 0.0
""",
        "with a product by 0 or 1": """def induction_score(weights, ids):
    asked = [t for t in range(len(ids)) if ids[t] in ids[:t]]
    if not asked:
        return 0.0
    return sum(sum((ids[s - 1] == ids[t]) * weights[t][s] for s in range(1, t + 1)) for t in asked) / len(asked)
""",
    },
    "without_head": {
        "by a view of the heads": silenced("x.unflatten(-1, (H, D))[:, :, head] = instead"),
        "by a loop over channels": silenced(
            "mask = torch.zeros(x.shape[-1], dtype=torch.bool, device=x.device); "
            "mask[head * D : head * D + D] = True; x[..., mask] = torch.as_tensor(instead, dtype=x.dtype)"
            ".to(x.device)"),
        "in the caller's tensor": """
def without_head(model, ids, layer, head, instead=0.0):
    L, H = (len(model.blocks), model.blocks[0].attention.n_heads)
    if not (0 <= layer < L and 0 <= head < H):
        raise ValueError
    out = model.blocks[layer].attention.out
    D = out.in_features // H

    def replace(out, args):
        answers = args[0]
        answers[..., head * D:(head + 1) * D] = instead
        return (answers,)
    hook = out.register_forward_pre_hook(replace)
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
        "by slices put together": """
def without_head(model, ids, layer, head, instead=0.0):
    L, H = (len(model.blocks), model.blocks[0].attention.n_heads)
    if not (0 <= layer < L and 0 <= head < H):
        raise ValueError
    out = model.blocks[layer].attention.out
    D = out.in_features // H

    def replace(out, args):
        parts = list(args[0].split(D, dim=-1))
        parts[head] = torch.zeros_like(parts[head]) + instead
        return (torch.cat(parts, dim=-1),)
    hook = out.register_forward_pre_hook(replace)
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
    },
    "patched": {
        "row by row": put("x = x.clone()\n        for b in range(len(x)):\n"
                          "            x[b, int(places[b])] = vectors[b]"),
        "by a mask": put("at = torch.arange(x.shape[1], device=x.device) == places[:, None].to(x.device)\n"
                         "        x = torch.where(at[..., None], vectors[:, None].to(x.dtype), x)"),
        "scatter": """
def patched(model, ids, layer, places, vectors):
    L = len(model.blocks)
    if not 0 <= layer <= L:
        raise ValueError

    def replace(x):
        x = x.clone()
        x.scatter_(1, places.to(x.device)[:, None, None].expand(-1, 1, x.shape[2]), vectors[:, None].to(x))
        return x
    if layer == 0:
        hook = model.blocks[0].register_forward_pre_hook(lambda block, args: (replace(args[0]), *args[1:]))
    else:
        hook = model.blocks[layer - 1].register_forward_hook(lambda block, args, output: replace(output))
    try:
        with evaluating(model) as device:
            return model(ids.to(device))
    finally:
        hook.remove()
""",
    },
    "split_by_story": {
        "a set of stories, shuffled by torch": """def split_by_story(story_of, share=0.5, seed=0):
    stories, number = story_of.cpu().unique(return_inverse=True)
    order = torch.randperm(len(stories), generator=torch.Generator().manual_seed(seed))
    return torch.tensor([bool(order[n] < share * len(stories)) for n in number], device=story_of.device)
""",
        "chosen stories by a random key": """def split_by_story(story_of, share=0.5, seed=0):
    stories = sorted(set(story_of.tolist()))
    keys = torch.rand(len(stories), generator=torch.Generator().manual_seed(seed)).tolist()
    ranked = [story for _, story in sorted(zip(keys, stories))]
    wanted = sum(1 for n in range(len(stories)) if n < share * len(stories))
    chosen = set(ranked[:wanted])
    return torch.tensor([story in chosen for story in story_of.tolist()], device=story_of.device)
""",
        "Python's shuffle": """
def split_by_story(story_of, share=0.5, seed=0):
    import random
    stories = sorted(set(story_of.tolist()))
    chosen = set(random.Random(seed).sample(stories, int(share * len(stories) + 0.999999)))
    return torch.tensor([story in chosen for story in story_of.tolist()], device=story_of.device)
""",
    },
}

"""What a look inside must get right: parts of the stream, shares of a logit, heads, patches, and a fair split."""

import torch
from torch import nn

from course_lib import block
from course_lib.classroom import elsewhere, grads, precise, raised
from course_lib.gpt import GPT, Config


def model_of(draw, **changes):
    """A filled GPT, small, with sizes that differ. In training mode, as a new module is."""
    sizes = {"vocab_size": 11, "context_length": 9, "d_model": 12, "n_heads": 3, "n_layers": 2, **changes}
    return draw.fill(GPT(Config(**sizes)))


def with_dropout(model, p=0.5):
    """The model with dropout in its blocks, which an honest look switches off."""
    for one in model.modules():
        if type(one).__name__ == "Dropout":
            one.p = p
    return model


def quiet(model):
    """The model with embeddings and logits near zero: what is rounded or cut off there shows."""
    with torch.no_grad():
        for part in (model.token_embedding, model.position_embedding, model.head):
            part.weight *= 1e-6
    return model


def hooks_on(model):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.modules())


class Broken(nn.Module):
    """In the place of a part that every look inside runs: it raises."""

    def forward(self, x):
        raise RuntimeError("no more room")


def left(model, look):
    """How a model looks after a look inside, and after one that was broken off: hooks, modes, gradients on.

    Somebody else listens to every part meanwhile, and one part drops half, asleep.
    """
    model.blocks[0].mlp.eval()
    drops = model.blocks[0].dropout.eval()
    drops.p = 0.5
    for one in model.modules():
        one.register_forward_hook(lambda part, args, output: None)
        one.register_forward_pre_hook(lambda part, args: None)
    theirs = hooks_on(model)
    look(model)
    if hooks_on(model) != theirs:
        return "a hook is left" if hooks_on(model) > theirs else "hooks of somebody else are gone"
    if drops.p != 0.5:
        return "dropout has another share than before"
    last = model.blocks[-1]
    kept, last.mlp = last.mlp, Broken()
    said = raised(look, model)
    last.mlp = kept
    return [said, hooks_on(model) - theirs, [part.training for part in model.modules()], torch.is_grad_enabled()]


def writes(impl, draw):
    model, ids = model_of(draw), draw.ints(0, 11, 2, 7)
    first = impl(model, ids)
    yield "the first is the stream as it enters the first block", [first[0], impl(model_of(draw), ids)[0]]
    yield "there are two more for each block", [len(impl(model_of(draw, n_layers=L), ids)) for L in (1, 2, 5)]
    yield "block by block: what its attention gives comes before what its MLP gives", [first[1], first[2]]
    yield "all blocks are listened to, in their order", impl(model_of(draw, n_layers=11), ids)[3:]
    yield "their sum is the stream after the last block", sum(first)
    yield "seventy tokens and seventy texts work", [
        sum(impl(model_of(draw, context_length=80), draw.ints(0, 11, *shape))) for shape in ((1, 77), (70, 3))]
    noisy = with_dropout(model_of(draw))
    yield "dropout sleeps meanwhile", sum(impl(noisy, ids))
    yield "what is near zero is not rounded", precise(impl(quiet(model_of(draw, tied=False)), ids)[0])
    loud = model_of(draw)
    loud.blocks[1].mlp.down.weight.data *= 100.0
    yield "what is loud is not cut off", impl(loud, ids)[4]
    yield "afterwards no hook is left and all modes are as before, also after an error", left(
        model_of(draw), lambda model: impl(model, ids))
    yield "what comes back remembers no gradient", [x.requires_grad for x in impl(model, ids)]
    yield "a second look gives the same as the first", [impl(model, ids)[n] for n in (0, 1, 4)]
    yield "a model in double precision is looked into in double precision", impl(model_of(draw).double(), ids)
    yield "works on its input's device", elsewhere(impl, model_of(draw), ids)


def contributions(impl, draw):
    norm, direction, parts = draw.fill(block.LayerNorm(7)), draw(7), draw(5, 7)
    plain = block.LayerNorm(7, bias=False)
    yield "there is one share more than parts, whether the norm has a bias or not", [
        list(impl(parts[:2], one, direction).shape) for one in (norm, plain)]
    yield "what the norm's bias adds comes last", [
        impl(parts, one, direction)[-1].item() for one in (norm, draw.fill(block.LayerNorm(7)))]
    flat = torch.cat([parts, torch.full((1, 7), 3.0)])
    yield "each part's own mean is taken away, so a part that is the same in all channels adds nothing", impl(
        flat, plain, direction)[5]
    yield "the norm divides every part by the spread of their sum", impl(parts, plain, direction)
    yield "a single part has all of it", impl(parts[:1], plain, direction)
    far = torch.stack([draw.permutation(70)[:7] / 64, torch.full((7,), 256.0)])  # their sum is exact in float32
    yield "no digits are lost where the stream lies far from 0", impl(far, plain, direction)[0]
    yield "a part of zeros adds nothing", impl(torch.cat([parts, torch.zeros(1, 7)]), plain, direction)[5]
    yield "the norm's scale is in it", impl(parts, draw.fill(block.LayerNorm(7, bias=False)), direction)
    yield "all of them together are the logit", impl(parts, norm, direction).sum(0)
    wide = draw(5, 2, 3, 7)
    yield "positions and texts may stand between the parts and the channels", [
        impl(x, norm, direction) for x in (wide, wide[:, :1, :1])]
    unbiased = draw.fill(block.LayerNorm(7, bias=False))
    yield "a norm without a bias gives a last share of 0, and gets none", [
        impl(wide, unbiased, direction), unbiased.bias is None]
    small = 1e-4 * draw(4, 7)
    yield "of a quiet stream the norm's epsilon is a part", impl(small, norm, direction)
    coarse = draw.fill(block.LayerNorm(7, epsilon=0.7))
    yield "it is the epsilon of that norm", impl(parts, coarse, direction)
    yield "a small share is not rounded", precise(impl(torch.cat([parts, 1e-6 * parts]), plain, direction)[5:10])
    yield "seventy parts of a hundred channels work", impl(
        draw(70, 3, 100), draw.fill(block.LayerNorm(100)), 4 * draw(100))
    yield "doubles stay doubles", impl(parts.double(), draw.fill(block.LayerNorm(7)).double(), direction.double())
    yield "gradients reach the direction", grads(
        lambda direction: impl(parts, norm, direction), {"direction": direction}, upstream=draw(6))
    yield "works on its input's device", elsewhere(impl, parts, draw.fill(block.LayerNorm(7)), direction)


def induction_score(impl, draw):
    def asked(ids):
        T = len(ids)
        rows = (draw(T, T).tril() + torch.full((T, T), -torch.inf).triu(1)).softmax(-1)
        return impl(rows.tolist(), ids)

    yield "where a token comes again, what stood behind its first copy counts", [
        asked([8, 5, 3, 8]) for _ in range(2)]
    yield "only the rows of tokens that have come before are asked", asked([8, 5, 3, 5])
    yield "of several rows it is the mean", asked([8, 5, 8, 5, 7, 3])
    yield "a token that follows itself may be found at its own place", asked([4, 4, 9])
    yield "a place that gives nothing to what came after its copy counts as 0", impl(
        [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.25, 0.75, 0.0]], [8, 5, 8, 5])
    rows = draw(4, 4).tril().exp().tolist()
    yield "the same weights have another score on other tokens", [
        impl(rows, ids) for ids in ([1, 2, 1, 2], [1, 1, 2, 2], [1, 2, 2, 1])]
    yield "where a token has come twice before, both weights are added up: it is one position", asked(
        [6, 1, 6, 2, 3, 6])
    yield "three in a row are asked twice", asked([4, 4, 4])
    yield "where nothing comes twice it is 0.0", [asked([1, 2, 3]), asked([3])]
    yield "a small weight is not rounded", precise(impl([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 - 3e-7, 2e-7, 1e-7]],
                                                         [8, 5, 8]), 1e-9)
    yield "a text of ninety tokens works", asked(draw.ints(0, 20, 90).tolist())
    yield "tokens may be words, and equal ones be made anew", [
        asked(["the", "cat", "the", "mat", "the"]), asked("so it goes so so".split()),
        asked([10**6 + token for token in (3, 1, 3, 2, 1)])]


def without_head(impl, draw):
    model, ids = model_of(draw), draw.ints(0, 11, 2, 7)
    other = draw(4)
    yield "what a head answers is gone before the output layer mixes it with what the others answer", [
        impl(one, ids[:1, :1], 0, 1) for one in (model, model_of(draw))]
    yield "what a head answers is gone at every position", impl(model, draw.ints(0, 11, 1, 9), 0, 1)
    yield "what a head answers is gone in every text", impl(model, ids, 0, 1)
    yield "afterwards no hook is left and all modes are as before, also after an error", left(
        model_of(draw), lambda model: [raised(impl, model, ids, 0, 3), impl(model, ids, 0, 1)])
    yield "heads are counted from 0", [impl(model, ids, 0, head) for head in (0, 2)]
    yield "layers are counted from 0", impl(model, ids, 1, 1)
    yield "another answer may stand in its place", impl(model, ids, 1, 2, other)
    yield "a number in place of all its answers works too", impl(model, ids, 0, 0, 0.5)
    yield "the other answer stands at every position and in every text", impl(
        model, draw.ints(0, 11, 5, 9), 0, 1, instead=other)
    yield "a model of one head loses all that attention found", impl(model_of(draw, n_heads=1), ids, 1, 0)
    yield "a model of one block works", impl(model_of(draw, n_layers=1), ids, 0, 2)
    yield "a window of seventy works", impl(model_of(draw, context_length=80), draw.ints(0, 11, 1, 75), 1, 1)
    yield "dropout sleeps meanwhile", impl(with_dropout(model_of(draw)), ids, 1, 1)
    yield "a logit near zero is not rounded", precise(impl(quiet(model_of(draw, tied=False)), ids, 0, 1))
    yield "what comes back remembers no gradient", impl(model, ids, 0, 1).requires_grad
    yield "a layer or a head that is not there is refused with a ValueError", [
        raised(impl, model, ids, *which) for which in ((2, 0), (-1, 0), (0, 3), (0, -1))] + [
        raised(impl, model_of(draw, n_layers=1, n_heads=2), ids, *which) for which in ((1, 0), (0, 2))]
    yield "asked again, the whole model answers as before", [impl(model, ids, 1, 0), model(ids).detach()]
    yield "doubles stay doubles", impl(model_of(draw).double(), ids, 1, 1, other.double())
    yield "works on its input's device", elsewhere(
        lambda model, ids, other: impl(model, ids, 1, 1, other), model_of(draw), ids, other)


def patched(impl, draw):
    model, ids = model_of(draw), draw.ints(0, 11, 3, 7)
    places, vectors = torch.tensor([4, 0, 6]), draw(3, 12)
    yield "after the last block, which is layer L, one place's logits change", [
        impl(model_of(draw), ids[:1], 2, places[:1], vectors[:1]) for _ in range(2)]
    yield "every row has a place of its own", impl(model, ids, 2, places, vectors)
    yield "afterwards no hook is left and all modes are as before, also after an error", left(
        model_of(draw), lambda model: [raised(impl, model, ids, 3, places, vectors)] + [
            impl(model, ids, layer, places, vectors) for layer in (0, 2)])
    yield "after the first block later places read what was put there", impl(model, ids, 1, places, vectors)
    yield "before the first block it is as if another token stood there", impl(model, ids, 0, places, vectors)
    yield "every row has a vector of its own, also at the same place", impl(
        model, ids, 1, torch.tensor([3, 3, 3]), vectors.flip(0))
    one = model.blocks[0](model.embed(ids)).detach()
    yield "what stood there already changes nothing", impl(model, ids, 1, places, one[torch.arange(3), places])
    yield "the place before it stays as it was", impl(model, ids, 0, torch.tensor([6, 6, 6]), vectors)[:, :6]
    yield "a batch of seventy and a window of seventy work", [
        impl(model, draw.ints(0, 11, 70, 3), 1, draw.ints(0, 3, 70), draw(70, 12)),
        impl(model_of(draw, context_length=80), draw.ints(0, 11, 2, 75), 1, torch.tensor([70, 3]), draw(2, 12))]
    yield "a model of one block works, and one of five", [
        impl(model_of(draw, n_layers=L), ids[:1], layer, places[:1], vectors[:1])
        for L, layer in ((1, 1), (5, 0), (5, 3), (5, 5))]
    yield "dropout sleeps meanwhile", impl(with_dropout(model_of(draw)), ids, 1, places, vectors)
    yield "a logit near zero is not rounded", precise(
        impl(quiet(model_of(draw, tied=False)), ids, 1, places, vectors))
    yield "what comes back remembers no gradient", impl(model, ids, 1, places, vectors).requires_grad
    yield "a layer that is not there is refused with a ValueError", [
        raised(impl, model, ids, layer, places, vectors) for layer in (-1, 3, 9)]
    yield "asked again, the whole model answers as before", [
        impl(model, ids, 0, places, vectors), model(ids).detach()]
    yield "doubles stay doubles", impl(model_of(draw).double(), ids, 1, places, vectors.double())
    yield "works on its input's device", elsewhere(
        lambda model, ids, places, vectors: [impl(model, ids, layer, places, vectors) for layer in (0, 1)],
        model_of(draw), ids, places, vectors)


def split_by_story(impl, draw):
    def told(stories, lines):
        """So many stories with so many rows each, under numbers of their own."""
        return draw.permutation(5 * stories)[:stories].repeat_interleave(lines)

    def sides(story_of, learn):
        """For each story, in the order of its number, the share of its rows that are learned from."""
        return [learn[story_of == story].double().mean() for story in story_of.unique()]

    alone = [told(10 * draw.number(1, 6), 1) for _ in range(3)]
    yield "of stories with one row each the share is learned from, whatever their numbers", [
        impl(rows, share).sum() for rows in alone for share in (0.5, 0.2, 0.9)]
    many = told(2 * draw.number(4, 6), 6)
    yield "all rows of a story are on one side", [
        float(share) in (0.0, 1.0) for share in sides(many, impl(many, 0.5))]
    uneven = torch.arange(10).repeat_interleave(torch.arange(1, 11))
    yield "it is the share of the stories, however many rows each has", [
        sum(sides(uneven, impl(uneven, 0.3, seed))) for seed in range(6)]
    large = told(300, 2)
    yield "six hundred rows of three hundred stories work", impl(large, 0.5).sum()
    mixed = many[draw.permutation(len(many))]
    yield "rows of a story need not stand together", [
        float(share) in (0.0, 1.0) for share in sides(mixed, impl(mixed, 0.5))]
    yield "there is an answer for every row, true or false", [list(impl(many).shape), str(impl(many).dtype)]
    yield "without a share it is half of the stories", sum(sides(many, impl(many)))
    yield "the same seed gives the same sides", bool((impl(many, 0.5, 3) == impl(many, 0.5, 3)).all())
    yield "another seed gives other sides", len({tuple(impl(large, 0.5, seed).tolist()) for seed in range(5)})
    one_by_one = impl(large.sort().values, 0.5)[::2]
    yield "the stories are shuffled: those learned from are not the first, nor neighbours", 0.3 < float(
        (one_by_one[1:] != one_by_one[:-1]).double().mean()) < 0.7
    yield "works on its input's device", elsewhere(lambda rows: impl(rows, 0.5).sum(), many)


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
LEFT = "        for hook in hooks:\n            hook.remove()\n"
MISTAKES = {
    "writes": [
        ("    first = model.blocks[0]\n", "    first = model.blocks[-1]\n", "the first is",
         "it listens before the last block"),
        ("(block.attention, block.mlp)", "(block.attention, block.mlp_norm)", "block by block",
         "what the MLP reads is kept, not what it gives"),
        ("(block.attention, block.mlp)", "(block,)", "there are two more", "the whole block is listened to"),
        ("(block.attention, block.mlp)", "(block.attention,)", "there are two more", "the MLPs are left out"),
        ("written.append(output)", "written.append(args[0])", "block by block",
         "what goes in is kept, not what comes out"),
        (LEFT, "        pass\n", "afterwards no hook", "the hooks are never removed"),
        ("        with evaluating(model) as device:\n            model(ids.to(device))\n",
         "        model(ids)\n", "dropout sleeps", "the model is asked as it is, with dropout and gradients"),
    ],
    "contributions": [
        ("parts - parts.mean(-1, keepdim=True)", "parts", "each part's own", "the mean is not taken away"),
        ("parts.sum(0).var(", "parts.var(", "the norm divides", "each part is divided by its own spread"),
        ("correction=0", "correction=1", "the norm divides", "the variance divides by C − 1"),
        (" * norm.weight", "", "the norm's scale", "the norm's scale is left out"),
        ("norm.bias @ direction", "norm.bias.sum()", "what the norm's bias", "the bias meets the direction too"),
        ("    return torch.cat([shares, rest])", "    return shares", "there is one share",
         "the last share, the bias's, is missing"),
        ("    return torch.cat([shares, rest])", "    return torch.cat([rest, shares])", "what the norm's bias",
         "the bias's share comes first"),
        ("norm.epsilon", "1e-5", "it is the epsilon", "the norm has an epsilon of its own"),
        ("    if norm.bias is not None:\n        rest", "    if True:\n        rest", "there is one share",
         "a norm may have no bias"),
    ],
    "induction_score": [
        ("row[s + 1]", "row[s]", "where a token comes again", "that is the copy itself, not what came after it"),
        ("row[s + 1]", "weights[s + 1][t]", "where a token comes again",
         "rows and columns are exchanged: row t holds where position t looks"),
        ("range(t)", "range(t + 1)", "where a token comes again", "the token itself is counted as its copy"),
        ("sum(row[s + 1] for s in earlier)", "row[earlier[-1] + 1]", "where a token has come twice",
         "only the last copy counts"),
        ("sum(row[s + 1] for s in earlier)", "row[earlier[0] + 1]", "where a token has come twice",
         "only the first copy counts"),
        ("sum(row[s + 1] for s in earlier)", "sum(row[s + 1] for s in earlier) / len(earlier)",
         "where a token has come twice", "the sum over the copies is wanted, not their mean"),
        ("sum(row[s + 1] for s in earlier)", "max(row[s + 1] for s in earlier)", "where a token has come twice",
         "the largest is taken, not the sum"),
        ("        if earlier:\n            found", "        if True:\n            found", "where a token comes again",
         "rows that have nothing to find are counted too"),
        ("sum(found) / len(found)", "sum(found) / len(ids)", "where a token comes again",
         "it is divided by all positions"),
        (" if found else 0.0", "", "where nothing comes twice", "nothing found, and divided by 0"),
    ],
    "without_head": [
        ("head * D : (head + 1) * D", "(head + 1) * D : (head + 2) * D", "what a head answers is gone",
         "the neighbour is silenced"),
        ("head * D : (head + 1) * D", "(head - 1) * D : head * D", "what a head answers is gone",
         "heads are counted from 0, not from 1"),
        ("= instead", "+= instead", "what a head answers is gone",
         "it is added to the head's answers, and not put in their place"),
        ("head * D : (head + 1) * D", "head :: H", "what a head answers is gone",
         "a head's channels lie side by side"),
        ("head * D : (head + 1) * D", ": (head + 1) * D", "what a head answers is gone",
         "the heads before it are silenced too"),
        ("        answers = args[0].clone()  # (B, T, C)\n        answers[..., head * D : (head + 1) * D] = instead\n",
         "        answers = args[0].clone()  # (B, T, C)\n        answers[:] = instead\n",
         "what a head answers is gone", "all heads are silenced"),
        ("= instead", "= 0.0", "another answer", "`instead` is not used"),
        ("answers[..., head", "answers[:, -1, head", "what a head answers is gone at every position",
         "only the last position changes"),
        ("model.blocks[layer]", "model.blocks[layer - 1]", "what a head answers is gone", "another block is changed"),
        ("    finally:\n        hook.remove()\n", "    finally:\n        pass\n", "afterwards no hook",
         "the hook is never removed"),
        ("        with evaluating(model) as device:\n            return model(ids.to(device))\n",
         "        return model(ids)\n", "dropout sleeps", "the model is asked as it is, with dropout and gradients"),
        ("    if not (0 <= layer < L and 0 <= head < H):", "    if not (layer < L and head < H):",
         "a layer or a head", "−1 is Python's last, and no head's number"),
    ],
    "patched": [
        ("x[torch.arange(len(x), device=x.device), places] = vectors", "x[:, places] = vectors", "every row",
         "every row is changed at the places of all rows"),
        ("x[torch.arange(len(x), device=x.device), places] = vectors",
         "x[torch.arange(len(x), device=x.device), places] += vectors", "after the last",
         "it is added, and not put in the place"),
        ("model.blocks[layer - 1]", "model.blocks[layer]", "after the last", "one block too late"),
        ("    if layer == 0:", "    if layer == 1:", "after the first", ""),
        ("    finally:\n        hook.remove()\n", "    finally:\n        pass\n", "afterwards no hook",
         "the hook is never removed"),
        ("        with evaluating(model) as device:\n            return model(ids.to(device))\n",
         "        return model(ids)\n", "dropout sleeps", "the model is asked as it is, with dropout and gradients"),
        ("    if not 0 <= layer <= L:", "    if layer > L:", "a layer that is not there",
         "a layer below 0 is Python's last block"),
    ],
    "split_by_story": [
        ("torch.unique(story_of, return_inverse=True)[1]", "torch.arange(len(story_of))", "all rows of a story", ""),
        ("torch.randperm(number.max() + 1, generator=torch.Generator().manual_seed(seed))",
         "torch.arange(number.max() + 1)", "another seed", ""),
        ("order < share * len(order)", "order >= share * len(order)", "of stories with one row", ""),
        ("order < share * len(order)", "order < share * len(story_of)", "it is the share of the stories", ""),
        ("order < share * len(order)", "order < 0.5 * len(order)", "of stories with one row", ""),
        ("order < share * len(order)", "order <= share * len(order)", "of stories with one row", ""),
    ],
}

ALONE = "what is called is given the stream alone"
BEFORE = "model.blocks[0].register_forward_pre_hook(lambda block, args: "
EQUIVALENT = {
    "writes": {
        "hooks = [first.register_forward_pre_hook(lambda block, args: written.append(args[0]))] → "
        "hooks = [first.register_forward_pre_hook(lambda block, args: written.append(args[-1]))]": ALONE,
    },
    "without_head": {
        "L, H = (len(model.blocks), model.blocks[0].attention.n_heads) → "
        "L, H = (len(model.blocks), model.blocks[-1].attention.n_heads)": "all blocks have equally many heads",
        "answers = args[0].clone() → answers = args[-1].clone()": ALONE,
    },
    "patched": {
        f"hook = {BEFORE}(replace(args[0]), *args[1:])) → hook = {BEFORE}(replace(args[-1]), *args[1:]))": ALONE,
        f"hook = {BEFORE}(replace(args[0]), *args[1:])) → hook = {BEFORE}(replace(args[0]), *args[2:]))": ALONE,
        f"hook = {BEFORE}(replace(args[0]), *args[1:])) → hook = {BEFORE}(replace(args[0]), *args[0:]))":
            "what follows the stream are positions, and this attention does not look at them",
        "x = x.clone() → (dropped)": "nobody else holds the stream at this point",
    },
}

BY_HAND = {"induction_score": ["torch.*", "numpy.*"]}

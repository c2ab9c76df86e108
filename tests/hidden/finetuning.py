"""What the parts of fine-tuning must get right."""

import random

import torch
from torch import nn

from course_lib import stories
from course_lib.classroom import elsewhere, grads, in_place, precise, raised, type_of
from course_lib.gpt import GPT, Config

WORDS = ("apple boat cup drum echo fern gate hill ink jar kite lamp moon nest oak pond quay rope seed tune urn vine "
         "wall yarn zinc").split()


def join(*words):
    return " ".join(words)


def longest_copy(impl, draw):
    w = draw.sample(WORDS, 20)
    yield "a text that is itself one of the sources is a copy from end to end", [
        impl(join(*row), [join(*row)]) for row in (w, w[::-1])]
    yield "another text has copied something else from the same source", [
        impl(join(*w[:n]), [join(*w)]) for n in (7, 4)]
    yield "of another source the same text has copied something else", [
        impl(join(*w[:9]), [join(*w[:n])]) for n in (9, 4)]
    yield "a gap in the source ends a stretch", impl(join(*w[:8]), [join(*w[:5], w[15], *w[5:8])])
    yield "no word in common, nothing copied", impl(join(*w[:5]), [join(*w[5:])])
    yield "one word in common is a stretch of one", impl(join(*w[:5]), [join(*w[10:], w[3], *w[6:8])])
    yield "the stretch may stand anywhere, in the text and in the source", impl(
        join(*w[:9]), [join(*w[12:], *w[3:8], *w[10:12])])
    yield "where two are equally long, the text's first is given", impl(join(*w[:6]), [join(*w[3:6], w[9], *w[:3])])
    yield "the same words turned round are no stretch", impl(join(*w[:6]), [join(*w[:6][::-1])])
    yield "what comes after a gap may be the longer stretch", impl(join(*w[:8]), [join(*w[:3], w[15], *w[3:8])])
    yield "it does not run from one source into the next", impl(join(*w[:7]), [join(*w[:4]), join(*w[4:7])])
    yield "of many sources any may hold it", impl(join(*w[:9]), [join(*w[:2]), join(*w[2:7]), join(*w[6:9])])
    again = [w[0], w[1], w[0], w[1], w[2]]
    yield "a word that returns is tried at each of its places", impl(join(*again, w[3]), [join(w[5], *again[2:], w[4])])
    yield "a word is tried at each of its places in the source", impl(
        join(w[0], w[1], w[2]), [join(w[0], w[3], w[0], w[1], w[2])])
    yield "of equals in two sources, it is not the first source that decides", impl(
        join(*w[:6]), [join(*w[3:6]), join(*w[:3])])
    yield "a stretch may begin inside a shorter one", [
        impl(join(*w[:6]), sources) for sources in ([join(*w[:3]), join(*w[1:6])], [join(*w[1:6]), join(*w[:3])])]
    yield "in a source, too", impl(join(w[0], w[0], w[1]), [join(w[0], w[0], w[0], w[1])])
    yield "words are what spaces and line ends divide, with capitals and points as they are", [
        impl(f"{w[0]}  {w[1]}\n{w[2]}.\n\n{w[3]}", [f" {w[0]}\n{w[1]} {w[2]}. {w[3]}"]),
        impl(f"{w[0]} {w[1]}.", [f"{w[0].title()} {w[1]}"]), impl(w[0].title(), [w[1], w[0].title()]),
        impl(f'"{w[0]}" {w[1]}-{w[2]} \u00e9 \ufb01 {w[3]}', [f"{w[0]} {w[1]} {w[2]} e\u0301 fi {w[3]}"])]
    yield "a part of a word is no word", impl(f"{w[0]} {w[1]}", [f"{w[0]}s un{w[1]}"])
    yield "a word that comes very often is a word like any other", [
        *(impl(text, [join(*[w[1], w[0]] * 150)]) for text in (w[0], join(w[2], w[0]), join(w[0], w[2], w[1]))),
        *(impl(join(w[1], w[2], *[w[0]] * 4), sources) for sources in (
            [join(w[1], w[2]), join(*[w[0]] * 3)], [join(w[1], w[2]), *[w[0]] * 90]))]
    many = [f"{WORDS[n % 25]}{n}" for n in range(260)]
    yield "a long stretch is not cut short", impl(join(w[0], *many), [join(*many, w[1])])
    yield "bars, stars and numbers may be words, where they are not in a source they are not shared", [
        impl(join(w[0], mark, w[1]), [w[0], w[1]])
        for mark in ("|", "||", "#", "###", "$", "*", "-", "---", "/", "0", "1", "None", "<sep>", "<|endoftext|>")]
    yield "nothing to look at, or nothing to look in, gives an empty list", [
        impl("", [join(*w)]), impl(join(*w), []), impl(join(*w), [""])]
    long = [WORDS[draw.number(0, 25)] for _ in range(300)]
    yield "three hundred words and as many sources work", impl(
        join(*long), [join(*long[at : at + 90][::-1]) for at in range(300)] + [join(*long[100:180])])


def body(**changes):
    return GPT(Config(**{"vocab_size": 11, "context_length": 9, "d_model": 12, "n_heads": 3, "n_layers": 2} | changes))


def Classifier(impl, draw):
    model, ids = draw.fill(impl(body(), 5)), draw.ints(0, 11, 3, 7)
    full = torch.tensor([7, 7, 7])
    yield "there is one logit for each kind, for each row", list(model(ids, full).shape)
    yield "through every block once, in their order, and the last norm to the head", [
        draw.fill(impl(body(n_layers=n), 5))(ids[:, :1], torch.ones_like(full)) for n in (1, 3)]
    yield "rows without filling are read at their last place", model(ids, full)
    lengths = torch.tensor([3, 7, 5])
    yield "every row is read where its own text ends", model(ids, lengths)
    filled = ids.clone()
    filled[0, 3:], filled[2, 5:] = 0, 10
    yield "with what a row is filled up makes no difference", model(filled, lengths)
    yield "there may be filling behind the longest text as well", model(filled, torch.tensor([3, 2, 5]))
    yield "a text may be one token long", model(ids, torch.tensor([1, 7, 1]))
    yield "a row alone gives what it gives beside others", model(ids[2:, :6], torch.tensor([5]))
    yield "one block and three are gone through", [
        draw.fill(impl(body(n_layers=n), 5))(ids, lengths) for n in (1, 3)]
    yield "the stream is normed before the head reads it", draw.fill(impl(body(), 5))(ids, lengths)
    yield "there may be as few as two kinds, and as many as seventy", [
        draw.fill(impl(body(), n))(ids, lengths) for n in (2, 70)]
    yield "seventy rows and a text of seventy tokens work", [
        model(draw.ints(0, 11, 70, 3), draw.ints(1, 4, 70)),
        draw.fill(impl(body(context_length=80), 5))(draw.ints(0, 11, 2, 77), torch.tensor([77, 70]))]
    yield "a classifier in double precision gives doubles", draw.fill(impl(body(), 5)).double()(ids, lengths)
    faint = draw.fill(impl(body(), 5))
    with torch.no_grad():
        for weight in faint.head.parameters():
            weight *= 1e-5
    yield "small logits are not rounded", precise(faint(ids, lengths), 1e-3)
    yield "gradients go to the head and through all blocks", grads(
        model, {"ids": ids, "lengths": lengths}, upstream=draw(3, 5))
    yield "afterwards the body bets on words as before", model.body(ids)
    model.body.blocks[0].eval()
    model(ids, lengths)
    yield "whether a part of it trains or sleeps is not its to say", [part.training for part in model.modules()]
    yield "works on its input's device", elsewhere(
        lambda model, ids, lengths: model(ids, lengths), draw.fill(impl(body(), 5)), ids, lengths)


class Net(nn.Module):
    """A head, and eleven blocks in a body of which two share a layer."""

    def __init__(self, width, blocks=11, shared=False):
        super().__init__()
        self.head, self.extra = nn.Linear(4, 3), nn.Linear(2, 2)
        self.body, self.quiet = nn.Module(), nn.ReLU()
        self.body.blocks = nn.ModuleList(nn.Linear(width, 2) for _ in range(blocks))
        if shared:
            self.tail = nn.Linear(4, 3, bias=False)
            self.tail.weight = self.head.weight
            self.again = self.extra


def learns(net):
    return {name: weight.requires_grad for name, weight in net.named_parameters()}


def freeze(impl, draw):
    impl, width = in_place(impl), draw.number(3, 12)

    def after(*parts, net=None):
        net = Net(width) if net is None else net
        return impl(net, *parts), learns(net)

    one = draw.number(2, 10)
    yield "the part that is named learns, the others do not", after("head")[1]
    yield "a second model is frozen like the first", after("head")[1]
    yield "what comes back is a plain number", type_of(after("head")[0])
    plain = Net(width)
    with torch.no_grad():
        plain.head.bias.zero_()
    yield "it says how many numbers learn", [after("head")[0], after("body")[0]]
    yield "numbers that are 0 count as well", after("head", net=plain)[0]
    yield "several parts learn together", after("extra", f"body.blocks.{one}")
    yield "a part that is not there is refused with a ValueError", [
        raised(impl, Net(width), "tail"), raised(impl, Net(width), "head", "body.blocks.11")]
    yield "a part is the beginning of a name, not its middle or its end", [
        raised(impl, Net(width), part) for part in ("blocks.1", "blocks", "1", "bias", "0.weight")]
    yield "block 1 is not block 10", after("body.blocks.1")
    yield "a single matrix may be named", after("head.weight")
    asleep = Net(width).requires_grad_(False)
    yield "a model that is one layer has parts as well", [
        after(part, net=nn.Linear(width, 2)) for part in ("weight", "bias")]
    yield "what slept before wakes up where it is named", after("head", "body.blocks.0", net=asleep)
    yield "with no part named, nothing learns", after()
    yield "a tensor of two names learns where either of them is named", [
        after(name, net=Net(width, shared=True))[1] for name in ("head", "tail")]
    yield "a tensor that stands in two places counts once", [
        after(*parts, net=Net(width, shared=True))[0] for parts in (("head", "tail"), ("head",))]
    yield "a layer under two names is known by either", [
        after(part, net=Net(width, shared=True)) for part in ("extra", "again", "again.bias")]
    yield "parts may overlap", after("body", "body.blocks.3")
    yield "half a name is no part", [raised(impl, Net(width), part) for part in ("hea", "body.block", "head.", "")]
    yield "a name is meant letter by letter, and is no pattern", [
        raised(impl, Net(width), part) for part in (
            "Head", " head", "head ", ".head", "h*", "head*", "body.blocks.?", ".*")]
    alike = nn.ModuleDict({"a": nn.ModuleDict({"b": nn.Linear(width, 2)}), "a_b": nn.Linear(2, 3), "a-b": nn.ReLU()})
    yield "a dot is a dot, and stands for no other letter", [after("a.b", net=alike), raised(impl, alike, "a..b")]
    yield "a part may be there and still have no numbers", raised(impl, Net(width), "head", "quiet")
    steady = nn.Sequential(nn.Linear(width, 3), nn.BatchNorm1d(3))
    yield "what a layer counts and cannot learn is no parameter", [
        after("1", net=steady), raised(impl, steady, "1.running_mean"), after("0", "1", net=steady)]
    before = {name: weight.clone() for name, weight in plain.named_parameters()}
    impl(plain, "head", "body.blocks.2")
    yield "the numbers themselves stay as they are", [
        torch.equal(weight, before[name]) for name, weight in plain.named_parameters()]
    net = Net(width)
    net.head.bias.requires_grad = False
    yield "where it refuses, all stays as it was", [raised(impl, net, "body", "tail"), learns(net)]
    yield "a net of seventy blocks works, and seventy parts", [
        after("body.blocks.66", net=Net(width, 70)),
        after(*(f"body.blocks.{n}" for n in range(69, 0, -1)), net=Net(width, 70))]
    net = Net(width)
    net.body.eval()
    impl(net, "head")
    yield "whether a part trains or sleeps is left as it was, after a refusal too", [
        [part.training for part in net.modules()], raised(impl, net, "tail"), [part.training for part in net.modules()]]


def some(draw, n, events):
    """n plots in which so many things happen."""
    dice, found = random.Random(draw.number(0, 10**6)), []
    while len(found) < n:
        plot = stories.imagine(dice)
        found += [plot] * (len(stories.events(plot)) == events)
    return found


def opened(impl, draw):
    alone, second = some(draw, 6, 1), some(draw, 6, 2)
    yield "it is how the story begins, letter by letter", [
        stories.tell(plot).startswith(impl(plot)) for plot in (*alone, *second)]
    yield "of a second event, too, only the sentence by which it begins is told", [impl(plot) for plot in second]
    yield "where one thing happens, its opening sentence is the last one told", [impl(plot) for plot in alone]
    yield "two hundred stories are cut rightly", [impl(plot) for plot in some(draw, 60, 1) + some(draw, 140, 2)]


def LoRA(impl, draw):
    torch.manual_seed(draw.number(0, 1000))
    layer, x = draw.fill(nn.Linear(7, 5)), draw(3, 7)
    yield "before anything is learned, it computes what the layer computes", impl(layer, 2, 6)(x)
    changed = draw.fill(impl(nn.Linear(7, 5), 2, 2))
    yield "what a and b have learned is added to what the layer gives", draw.fill(impl(nn.Linear(7, 5), 1, 1))(x)
    yield "the change counts alpha / rank times", [
        draw.fill(impl(nn.Linear(7, 5), rank, alpha))(x) for rank, alpha in ((2, 6), (3, 1), (5, 5), (2, 60))]
    yield "a layer without a bias works", draw.fill(impl(nn.Linear(7, 5, bias=False), 2, 6))(x)
    yield "merged is one linear layer with a bias where there was one", [
        [type(impl(nn.Linear(7, 5, bias=bias), 2, 6).merged()).__name__,
         sorted(dict(impl(nn.Linear(7, 5, bias=bias), 2, 6).merged().named_parameters()))] for bias in (True, False)]
    loud = draw.fill(impl(nn.Linear(7, 5), 2, 6))
    before = loud.layer.weight.clone(), loud.layer.bias.clone()
    yield "merged computes the same as unmerged", loud.merged()(x)
    bare = draw.fill(impl(nn.Linear(7, 5, bias=False), 3, 1))
    yield "merged without a bias does so too", bare.merged()(x)
    one = loud.merged()
    with torch.no_grad():
        one.weight.zero_()
        if one.bias is not None:
            one.bias.zero_()
    yield "merging leaves the layer as it was, and shares nothing with it", [
        torch.equal(loud.layer.weight, before[0]), torch.equal(loud.layer.bias, before[1])]
    fresh = impl(draw.fill(nn.Linear(7, 5)), 2, 6)
    with torch.no_grad():
        for weight in fresh.merged().parameters():
            weight.zero_()
    yield "a layer merged before anything was learned has numbers of its own, too", fresh.layer(x)
    yield "merged again, it is another layer with the same numbers", loud.merged().weight
    yield "it computes the same while nobody trains it", loud.eval()(x)
    with torch.no_grad():
        loud.b.mul_(-2.0)
    yield "numbers that are loaded into it later count at once", [loud(x), loud.merged()(x)]
    loud.train().layer.requires_grad_(False)
    loud.merged(), loud(x)
    yield "after merging the same numbers learn as before, and the layer's do not", {
        name: weight.requires_grad for name, weight in loud.named_parameters()}
    yield "after merging, whether it trains or sleeps is as before", [part.training for part in loud.modules()]
    yield "small numbers are not rounded", precise(bare(1e-5 * x), 1e-3)
    changed.layer.requires_grad_(False)
    yield "the input's gradient comes through the layer as well as through a and b", grads(
        lambda x: changed(x), {"x": x}, upstream=draw(3, 5))
    yield "gradients reach the input, a and b, and not the layer", grads(changed, {"x": x}, upstream=draw(3, 5))
    yield "rows that lie in memory in another order work", changed(draw(2, 4, 7).transpose(0, 1))
    yield "any shape in front works, none too", [changed(draw(*shape, 7)) for shape in ((), (2, 4), (70, 1, 1))]
    yield "a rank as large as the layer works, and a wide layer", [
        draw.fill(impl(nn.Linear(7, 5), 7, 7))(x), draw.fill(impl(nn.Linear(90, 80), 3, 6))(draw(2, 90))]
    wide, thin = (draw.fill(impl(nn.Linear(7, 5), 2, 6)).to(kind) for kind in (torch.float64, torch.bfloat16))
    yield "double keeps all its digits, merged or not", precise([wide(x.double()), wide.merged().weight], 1e-9)
    yield "half stays half, merged or not", [  # it rounds otherwise in another order of the same products
        str(thin(x.bfloat16()).dtype), str(thin.merged().weight.dtype), str(thin.merged().bias.dtype)]
    yield "works on its input's device", elsewhere(lambda lora, x: lora(x), draw.fill(impl(nn.Linear(7, 5), 2, 6)), x)
    yield "the merged layer lives where the layer does", [
        str(weight.device) for weight in impl(nn.Linear(7, 5), 2, 6).to("meta").merged().parameters()]


MISTAKES = {
    "longest_copy": [
        ("text.split()", "text.lower().split()", "words are what spaces", "capital letters are changed"),
        ("source.split()", 'source.split(" ")', "words are what spaces", "a line end divides words too"),
        ("if end - start > len(best):", "if end - start >= len(best):", "where two are equally long",
         "the last of equally long stretches is kept"),
        ("for start in range(len(words)):", "for start in range(1):", "one word in common",
         "only stretches at the beginning of the text are looked for"),
        ("places.setdefault(word, []).append((number, place))", "places.setdefault(word, [(number, place)])",
         "a word is tried at each of its places in the source", "of each word only its first place is known"),
        ("                best = words[start:end]", "                best = words[:end]", "one word in common",
         "what stands before the stretch is given too"),
        ("    words, sources = text.split(), [source.split() for source in sources]",
         "    words, sources = text.split(), [[word for source in sources for word in source.split()]]",
         "it does not run from one source", "the sources are put one after the other"),
        ("places.get(words[start], [])", "places.get(words[start], [])[:1]",
         "a word is tried at each of its places in the source", "only the first place of a word is tried"),
    ],
    "Classifier": [
        ("x[rows, lengths - 1]", "x[:, -1]", "every row is read where",
         "the last place of the row is read, which may be filling"),
        ("lengths - 1", "lengths - 2", "rows without filling", "one place too early: the text's last token counts too"),
        ("lengths - 1", "lengths.max() - 1", "every row is read where",
         "all rows are read where the longest text ends"),
        ("        x = self.body.final_norm(x)  # (B, T, C)\n", "", "through every block", "the last norm is left out"),
        ("            x = block(x)\n", "            x = x + block(x)\n", "through every block",
         "a block adds to the stream by itself"),
        ("self.head(x[rows, lengths - 1])", "self.head(x.mean(1))", "rows without filling",
         "the mean of all places is read"),
        ("self.head(x[rows, lengths - 1])", "self.head(x[rows, lengths - 1]).softmax(-1)", "through every block",
         "logits are wanted, before the softmax"),
    ],
    "freeze": [
        ('f"{name}.".startswith(f"{part}.")', "name.startswith(part)", "block 1 is not",
         "blocks.10 begins with blocks.1"),
        ('f"{name}.".startswith(f"{part}.")', 'name.startswith(f"{part}.")', "a single matrix",
         "a parameter's own name is a part as well"),
        ("sum(weight.numel() for weight in chosen)", "len(learning)", "it says how many",
         "parts are counted, not numbers"),
        ("for weight in chosen)", "for _, weight in named)", "it says how many", "frozen numbers are counted too"),
        ("chosen |= found", "chosen = found", "several parts learn", "only the last part learns"),
        ("weight.requires_grad = weight in chosen", "weight.requires_grad &= weight in chosen", "what slept before",
         "what is named and was frozen stays frozen"),
        ("named_parameters(remove_duplicate=False)", "named_parameters()", "a tensor of two names",
         "what is shared has no second name here"),
        ("sum(weight.numel() for weight in chosen)",
         "sum(weight.numel() for _, weight in named if weight.requires_grad)", "a tensor that stands in two",
         "a shared tensor is counted twice"),
    ],
    "opened": [
        ("min(n for", "max(n for", "of a second event", "the last sentence of the event is found, not the first"),
        ("place + 1", "place", "of a second event", "the sentence itself is left out"),
        ("stories.events(plot)[-1]", "stories.events(plot)[0]", "of a second event", "the first event is taken"),
        ("place + 1", "place + 2", "of a second event", "one sentence too many"),
        ("stories.beginning(plot, place + 1)", 'stories.beginning(plot, place + 1) + "\\n"',
         "it is how the story begins",
         "something is added at the end"),
    ],
    "LoRA": [
        ("self.scale * (x @", "(x @", "the change counts alpha", "the scale is left out"),
        ("return self.layer(x) + self.scale", "return self.scale", "before anything is learned",
         "the layer is left out"),
        ("self.layer(x) + self.scale * (x @ self.a.T @ self.b.T)",
         "self.layer(x) - self.scale * (x @ self.a.T @ self.b.T)", "what a and b",
         "the change is taken away, not added"),
        ("self.layer.weight + self.scale * self.b @ self.a", "self.layer.weight + self.b @ self.a",
         "merged computes the same", "the scale is forgotten in merging"),
        ("one.weight.copy_(self.layer.weight + self.scale * self.b @ self.a)",
         "one.weight.copy_(self.scale * self.b @ self.a)", "merged computes the same",
         "the layer's own weight is lost"),
        ("                one.bias.copy_(self.layer.bias)", "                one.bias.zero_()",
         "merged computes the same",
         "the bias is lost in merging"),
        ("nn.Linear(I, O, self.layer.bias is not None)", "nn.Linear(I, O)", "merged is one linear layer",
         "a layer without a bias gets one"),
        (".to(self.layer.weight)", "", "the numbers of the result have the right dtype",
         "the merged layer is made in float32 on the CPU"),
    ],
}

EQUIVALENT = {}

BY_HAND = {"longest_copy": ["difflib.*"]}

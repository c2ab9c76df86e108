"""What reading the weights of strangers must get right."""

import numpy as np
import torch

from course_lib.classroom import elsewhere, grads, precise, raised, type_of

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def row_of(shapes, dtype="F32", first=0):
    """A list of tensors of one dtype that lie one behind the other, and where the last one ends."""
    head, at = {}, first
    for name, shape in shapes.items():
        size = BYTES[dtype]
        for length in shape:
            size *= length
        head[name] = entry(dtype, shape, at, at + size)
        at += size
    return head, at


def list_tensors(impl, draw):
    name, other = draw.text(6, "abcdefgh"), draw.text(7, "ijklmnop")
    rows, columns = draw.number(2, 9), draw.number(2, 9)
    two, room = row_of({name: [rows, columns], other: [columns]})
    yield "one tensor: its dtype, its shape, where its bytes begin and end", impl(*row_of({name: [rows, columns]}))
    yield "another list that ends at the same byte has other tensors", [
        impl(*row_of({one: shape})) for one, shape in ((name, [7, 3, 5]), (other, [5, 3, 7]))]
    yield "the shape is a tuple, and so is what is said of a tensor", [
        type_of(part) for part in (impl(two, room)[name], impl(two, room)[name][1])]
    yield "two that stand one behind the other", impl(two, room)
    back = dict(reversed(two.items()))
    yield "the bytes say who comes first, and not the place in the JSON", [list(impl(back, room)), impl(back, room)]
    yield "remarks about the file itself are no tensor, whatever and wherever they are", [
        impl({"__metadata__": {"format": "pt"}, **two}, room), impl({**two, "__metadata__": {}}, room),
        impl({"__metadata__": [7], **two}, room), impl({"__metadata__": None, **two}, room)]
    yield "a name that only looks like __metadata__ is that of a tensor", impl(
        *row_of({"__init__": [2], "metadata": [3], "__metadata__2": [1]}))
    empty, end = row_of({"d": [], "c": [0], "b": [3, 0, 2], "a": [2]})
    yield "a single number has no lengths, and an empty tensor no bytes", [
        impl(empty, end), impl(dict(sorted(empty.items(), key=lambda pair: pair[0] != "b")), end),
        impl(dict(reversed(empty.items())), end)]
    yield "each dtype takes its own number of bytes", [
        impl(*row_of({"a": [rows], "b": [2, 3]}, kind)) for kind in BYTES]
    yield "another table of sizes counts in place of the usual one", impl(
        {"a": entry("Q", [5], 0, 15)}, 15, sizes={"Q": 3})
    yield "a dtype that this other table has not is refused", raised(
        impl, {"a": entry("F32", [2], 0, 8)}, 8, sizes={"Q": 3})
    yield "an empty list in an empty file", [impl({}, 0), impl({"__metadata__": {}}, 0)]
    yield "ninety tensors", impl(*row_of({f"t{n}": [n % 7 + 1, 3] for n in range(90)}))
    yield "one that reaches into the bytes of another is refused with a ValueError", [
        raised(impl, {**two, other: entry("F32", [columns], at, at + 4 * columns)}, ends)
        for at in (room - 4 * columns - 4, room - 4 * columns - 1) for ends in (at + 4 * columns, room)]
    yield "two tensors that are the same bytes are refused with a ValueError", raised(
        impl, {name: entry("F32", [rows], 0, 4 * rows), other: entry("I32", [rows], 0, 4 * rows)}, 4 * rows)
    yield "bytes between two that nobody owns are refused too", [
        raised(impl, {**two, other: entry("F32", [columns], room - 4 * columns + gap, room + gap)}, room + gap)
        for gap in (1, 8)] + [raised(impl, {name: entry("F32", [1], 0, 4), other: entry("F32", [1], 8, 12)}, 12)]
    yield "an empty tensor inside another, or beyond them all, is refused", [
        raised(impl, {name: entry("F32", [rows], 0, 4 * rows), other: entry("F32", [0], at, at)}, 4 * rows)
        for at in (4, 4 * rows + 4)]
    yield "bytes before the first tensor are refused with a ValueError", raised(impl, *row_of({name: [rows]}, first=4))
    yield "a shape that needs other bytes than it has is refused", [
        raised(impl, {name: entry(kind, [rows], 0, 4 * rows)}, 4 * rows) for kind in ("F16", "F64", "U8")] + [
        raised(impl, {name: entry("F32", shape, 0, size)}, size)
        for shape, size in (([rows], 4 * rows + 1), ([rows], 4 * rows - 1), ([0], 3), ([], 5))]
    yield "a length beyond all files is refused, and nothing is made of it", [
        raised(impl, {name: entry("F32", shape, 0, 8)}, 8) for shape in ([2**40, 2**40], [2**70], [0, 2])] + [
        raised(impl, {name: entry("U8", shape, 0, 0)}, 0) for shape in ([2**40, 2**40], [2**62, 4], [2**64])]
    yield "an end before its beginning is refused", raised(impl, {name: entry("F32", [2], 8, 0)}, 8)
    yield "a dtype that the table has not, or that is no text, is refused", [
        raised(impl, {name: entry(kind, [size], 0, 4 * size)}, 4 * size)
        for size in (2, 0) for kind in ("F31", "", None, 4, ["F32"], {})]
    yield "lengths other than whole numbers from 0 on are refused", [
        raised(impl, {name: entry("F32", shape, 0, 8)}, 8)
        for shape in ([-1, -2], [2.0], ["2"], [True, 2], None, 2, {"0": 2}, "2")]
    yield "a place other than two whole numbers is refused", [
        raised(impl, {name: {**entry("F32", [2], 0, 8), "data_offsets": place}}, 8)
        for place in ([8], [0, 8, 8], [], [0.0, 8.0], ["0", "8"], None, 8, [False, 8], {"0": 8})]
    whole = entry("F32", [2], 0, 8)
    yield "an entry with a word too few or too many, or that is no object, is refused", [
        raised(impl, {name: said}, 8) for said in (
            {**whole, "code": "x"}, {key: whole[key] for key in ("dtype", "shape")}, {}, None, 7, [8], "F32")]
    yield "an entry with another word in the place of one of its three is refused", [
        raised(impl, {name: {key if key != other else key.upper(): whole[key] for key in whole}}, 8)
        for other in whole]
    yield "the error has the name of the tensor that is to blame", [
        raised(impl, {other: whole, name: said}, 8, names=name) for said in (
            {**whole, "code": "x"}, {"dtype": "F32"}, None, entry("F31", [2], 8, 16), entry(["F32"], [2], 8, 16),
            entry("F32", [2.0], 8, 16), {**whole, "data_offsets": [8, 16, 16]}, {**whole, "data_offsets": [8]},
            entry("F32", [2], 8, 12))]
    yield "a file that is longer or shorter than all its tensors is refused with a ValueError", [
        raised(impl, two, room + more) for more in (-1, 1, 4, -room, 2**40)] + [raised(impl, {}, 1)]


def foreign_names(impl, draw):
    table = {"blocks.{}.attention.out.weight": ("h.{}.attn.proj",), "head.weight": ("lm.w",),
             "blocks.{}.qkv.bias": ("layer.{}.q", "layer.{}.k", "layer.{}.v"), "final_norm.bias": ("f.b", "f.c")}
    small, large = draw.number(0, 10), draw.number(10, 99)
    yield "the number of the block goes where the brackets are", impl(f"blocks.{small}.attention.out.weight", table)
    yield "a name outside the blocks has no number", [impl("head.weight", table), impl("final_norm.bias", table)]
    yield "several tensors come in the table's order, each with the number", impl(f"blocks.{small}.qkv.bias", table)
    yield "block 0 is a block, and so is one with more digits", [
        impl(f"blocks.{n}.qkv.bias", table) for n in (0, large, 100, 12345)]
    yield "what comes back is a tuple", [type_of(impl("head.weight", table)),
                                         type_of(impl(f"blocks.{small}.qkv.bias", table))]
    deep = {"blocks.{}.mlp.experts.3.up": ("b.{}.e.3.u",), "blocks.{}.w1.2.x": ("l{}.w1.2",)}
    yield "later numbers in a name are no number of a block", [
        impl(name, deep) for name in (f"blocks.{small}.mlp.experts.3.up", f"blocks.{large}.w1.2.x",
                                      "blocks.3.mlp.experts.3.up", "blocks.1.w1.2.x", "blocks.2.w1.2.x")]
    alike = {"blocksize.weight": ("size",), "my.blocks.7.weight": ("mine",), "layers.7.w": ("other",),
             "BLOCKS.5.w": ("large",), "blocks7.w": ("s",), "blocks77.w": ("t",), "blocks_5.w": ("under",),
             "blocks.5x.w": ("five",), "blocks.norm.w": ("n",), "blocks.12": ("end",)}
    for label, names in (
            ("where blocks. stands further on in a name, or is only part of a word, it is no block",
             ("blocksize.weight", "my.blocks.7.weight")),
            ("a number behind another word than blocks is no block's", ("layers.7.w",)),
            ("large letters make another word", ("BLOCKS.5.w",)),
            ("between blocks and the number stands a dot, and no other sign",
             ("blocks7.w", "blocks77.w", "blocks_5.w")),
            ("what stands between the dots is a block only if it is a whole number", ("blocks.5x.w", "blocks.norm.w")),
            ("a number with no dot behind it is no block's", ("blocks.12",))):
        yield label, [impl(name, alike) for name in names]
    yield "their name need not say the number", impl("blocks.4.a", {"blocks.{}.a": ("shared", "of.{}")})
    yield "eighty blocks have eighty names", [impl(f"blocks.{n}.attention.out.weight", table) for n in range(80)]
    many = {f"part{n}.w": (f"p{n}",) for n in range(150)}
    yield "a table of a hundred and fifty rows", [impl(f"part{n}.w", many) for n in (0, 77, 149)]
    yield "the same name, another table", [
        impl(f"blocks.{small}.w", {"blocks.{}.w": (theirs,)}) for theirs in ("a.{}", "b.{}.c")]
    yield "a name without a row is refused with a KeyError", [
        raised(impl, name, table) for name in (
            "tail.weight", f"blocks.{small}.mlp.up", f"blocks.{large}.qkv.weight", "blocks.qkv.bias", "")]
    yield "the error has the name that was asked for, and not that of the row", [
        raised(impl, name, table, names=name) for name in ("tail.weight", f"blocks.{large}.mlp.up")]


def to_halves(impl, draw):
    def eighths(*shape):
        """Numbers that survive rounding."""
        return draw.ints(-60, 60, *shape) / 8

    yield "as many rows come back as there were, whatever the number of columns", [
        list(impl(eighths(*shape), 6).shape) for shape in ((6, 3), (12, 9))]
    yield "every number stays in its column", impl(eighths(6, 3), 6).sort(0).values
    yield "a head of eight rows: those with even numbers, then those with odd ones", impl(eighths(8, 3), 8)
    yield "other rows in their place have another answer", impl(eighths(8, 3), 8)
    yield "every head by itself", [impl(eighths(24, 5), 8), impl(eighths(60, 2), 12)]
    yield "heads of four, heads of six", [impl(eighths(12, 2), 4), impl(eighths(12, 2), 6)]
    yield "in heads of two nothing moves", impl(eighths(10, 3), 2)
    yield "a bias has one axis", [impl(eighths(32), 8), impl(eighths(8), 8)]
    yield "three axes, of which the first counts", impl(eighths(16, 2, 3), 8)
    yield "as many columns as rows", impl(eighths(16, 16), 8)
    yield "heads as wide as sixty-four, nine of them, and as two hundred", [
        impl(eighths(9 * 64, 2), 64), impl(eighths(2 * 200, 2), 200)]
    yield "ninety heads", impl(eighths(90 * 8, 2), 8)
    W, x = eighths(16, 6), eighths(6)
    yield "the sum of what the rows make is the same", (impl(W, 8) @ x).sum()
    yield "double keeps all its digits", precise(impl(draw(16, 2).double() / 3, 8), 1e-12)
    yield "each dtype stays what it was", [
        impl(draw(16, 2).to(kind), 8) for kind in (torch.float16, torch.bfloat16, torch.float64, torch.int64)]
    yield "rows that lie otherwise in memory", impl(draw(3, 16).mT, 8)
    rows = draw(24, 2)
    yield "the same rows as heads of four, of eight, of twelve", [impl(rows, D) for D in (4, 8, 12)]
    yield "whole numbers beyond sixteen bits, and beyond thirty-two", [
        impl(draw.ints(low, 2 * low, 16), 8) for low in (60_000, 2**40)]
    yield "gradients find their way back", grads(
        lambda rows: impl(rows, 8), {"rows": draw(16, 3)}, upstream=draw(16, 3))
    yield "works on its input's device", elsewhere(lambda rows: impl(rows, 8), draw(16, 3))


def q4_1(d, m, whole):
    """Blocks of Q4_1. d, m: N numbers, which become float16   whole: (N, 32), 0 to 15"""
    ends = np.stack([np.asarray(d, np.float16), np.asarray(m, np.float16)], 1).view(np.uint8)
    whole = np.asarray(whole, np.uint8)
    return torch.from_numpy(np.concatenate([ends, whole[:, :16] + 16 * whole[:, 16:]], 1))


def unpack_q4_1(impl, draw):
    whole = draw.ints(0, 16, 3, 32)
    halves, others = (torch.cat([draw.ints(0, 8, 2, 16), torch.zeros(2, 16)], 1) for _ in range(2))
    ones = impl(q4_1([0.75] * 3, [0.0] * 3, torch.cat([torch.ones(3, 16), torch.zeros(3, 16)], 1)))
    yield "the scale is the float16 in the first two bytes, little-endian", ones.amax(1) - ones.amin(1)
    yield "of each byte the lower half is a number among the first sixteen", impl(q4_1([1.0, 1.0], [0.0, 0.0], halves))
    yield "of each byte the upper half is a number among the last sixteen", impl(
        q4_1([1.0, 1.0], [0.0, 0.0], others.flip(1)))
    yield "both go up to 15, and none is below 0", impl(q4_1([1.0], [0.0], 15 - halves[:1]))
    yield "the whole numbers are multiplied by d", impl(q4_1([0.5], [0.0], whole[:1]))
    yield "then the least value is added", impl(q4_1([0.25], [-3.0], whole[:1]))
    yield "every block has a scale and a least value of its own", impl(q4_1([0.5, 2.0, 0.125], [1.0, -7.0, 0.0], whole))
    yield "d and m may be below zero", impl(q4_1([-0.5, 1.5, -2.0], [-1.0, -20.0, 30.0], whole))
    yield "a scale of zero makes all alike", impl(q4_1([0.0], [0.75], whole[:1]))
    fine = q4_1([0.0999, 3e-5, 0.333], [900.0, 1e-5, 0.001], whole)
    yield "digits that float16 has not are kept, and none is rounded off", precise(
        impl(q4_1([0.00999, 0.0333], [0.00777, 0.0111], whole[:2])), 1e-6)
    yield "no digit of large numbers and of tiny ones is rounded off", precise(impl(fine), 1e-6)
    yield "the smallest float16 there is", precise(impl(q4_1([6e-8, 0.0], [0.0, 6e-8], whole[:2])), 1e-6)
    yield "large ones do not overflow", impl(q4_1([60000.0], [60000.0], whole[:1]))
    bytes_ = draw.ints(0, 256, 200, 20).to(torch.uint8)
    bytes_[:, [1, 3]] &= 0xBF
    yield "two hundred blocks of any bytes", precise(impl(bytes_), 1e-5)
    yield "no block at all", impl(torch.zeros(0, 20, dtype=torch.uint8))
    yield "float32 comes back, 32 numbers a block", [str(impl(fine).dtype), list(impl(fine).shape)]
    yield "blocks that are part of longer rows", impl(torch.cat([fine, fine], 1)[:, 20:])
    yield "works on its input's device", elsewhere(impl, fine)


def settled(weight):
    """The weight, with 0 for all that lies so near the middle of two multiples that either of them may be kept."""
    share = weight.double() / weight.double().abs().amax(1, keepdim=True) * 127
    return weight.masked_fill((share % 1 - 0.5).abs() < 1e-3, 0)


def quantise_rows(impl, draw):
    weight = settled(draw(4, 9))
    yield "there is a scale for each row, on one axis", list(impl(weight)[1].shape)
    yield "the largest of a row becomes 127, and its scale is a 127th of it", impl(
        torch.tensor([[2.54, 0.0], [0.0, 0.5], [0.25, 0.0]]))
    yield "where the largest lies below zero it becomes -127", impl(torch.tensor([[-127.0, 10.0, 20.0]]))
    yield "the nearest whole number is kept", [impl(weight), impl(settled(draw(4, 9)))]
    yield "a row's scale does not depend on the other rows", impl(weight * torch.tensor([[1.0], [1e-3], [50.0], [7.0]]))
    yield "a row of zeros has the scale 1", impl(torch.tensor([[0.0, 0.0, 0.0], [1.1, -2.0, 0.3]]))
    yield "a row whose sum is 0 is no row of zeros", impl(torch.tensor([[3.0, -3.0, 0.0], [0.0, 0.25, -0.25]]))
    yield "very small and very large rows", precise(impl(weight * torch.tensor([[1e-30], [1e37], [1e-20], [1e-6]])))
    yield "a row so small that its scale would be no normal float32 has the scale 1", precise(impl(
        torch.tensor([[1e-37, -5e-38, 0.0], [4e-36, 1e-36, -3e-36], [0.0, 2e-45, 0.0]])))
    yield "in half precision, and in double, it is the same", [
        impl(settled(draw(4, 9).to(kind))) for kind in (torch.float16, torch.bfloat16, torch.float64)]
    yield "one column, one row, one number", [
        impl(draw(5, 1)), impl(settled(draw(1, 5))), impl(torch.tensor([[-0.1]]))]
    yield "as many rows as columns", impl(settled(draw(6, 6)))
    yield "ninety rows of three hundred", impl(settled(draw(90, 300)))
    yield "whole numbers of 8 bits, and scales in float32", [str(part.dtype) for part in impl(weight)]
    yield "nothing is beyond 127 either way", impl(draw(20, 70))[0].abs().amax(1)
    yield "rows that lie otherwise in memory", impl(settled(draw(9, 4).mT).mT.contiguous().mT)
    yield "works on its input's device", elsewhere(lambda weight: list(impl(weight)), weight)


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "list_tensors": [
        ("dict(sorted(found.items(), key=lambda pair: pair[1][2:])), 0", "found, 0", "the bytes say",
         "the tensors are gone through in the order of the JSON"),
        ("key=lambda pair: pair[1][2:])", "key=lambda pair: pair[1][2])", "a single number",
         "of two that begin alike the empty one need not come first"),
        ("if begin != end:", "if begin > end:", "one that reaches", "bytes that two tensors share are not noticed"),
        ("if begin != end:", "if begin < end:", "bytes between", "bytes that nobody owns are not noticed"),
        ("if end != room:", "if end > room:", "a file that is longer", "bytes behind the last tensor are not noticed"),
        ("if end != room:", "if end < room:", "a file that is longer", "a file that was cut short is not noticed"),
        ('if name == "__metadata__":', "if False:", "remarks about", "the file's own remarks are taken for a tensor"),
        ('entry.keys() != {"dtype", "shape", "data_offsets"}', 'not entry.keys() >= {"dtype", "shape", "data_offsets"}',
         "an entry with", "a word too many is let through"),
        ("not isinstance(entry, dict) or ", "", "an entry with", "what is no object is asked for its keys"),
        ("not isinstance(dtype, str) or ", "", "a dtype that", "a dtype that is a list cannot be looked up in a dict"),
        ("not whole_numbers(shape) or ", "", "lengths other than", "the lengths are not looked at"),
        ("or not whole_numbers(place) or len(place) != 2", "or not whole_numbers(place)", "a place other",
         "how many numbers the place has is not looked at"),
        ("!= math.prod(shape) * sizes[dtype]:", "!= math.prod(shape) * 4:", "each dtype",
         "every number is taken for 4 bytes"),
        ("!= math.prod(shape) * sizes[dtype]:", "!= sum(shape) * sizes[dtype]:", "one tensor",
         "the lengths are added and not multiplied"),
        ("!= math.prod(shape) * sizes[dtype]:", "< math.prod(shape) * sizes[dtype]:", "a shape that",
         "more bytes than the shape needs are let through"),
    ],
    "foreign_names": [
        ("theirs.format(number[1] if number else \"\")", "theirs", "the number of",
         "the brackets are left in the name"),
        (r"blocks\.(\d+)\.", r"blocks\.(\d)\.", "block 0 is", "a block's number has one digit only"),
        ("re.match", "re.search", "where blocks.", "a block is looked for anywhere in the name"),
        (r"blocks\.(\d+)\.", r"blocks.?(\d+)\.", "between blocks and", "in a pattern a dot stands for any letter"),
        ("raise KeyError(f\"the table has no row for {name!r}\")", "return ()", "a name without a row",
         "a name without a row is over there under no name"),
        ("in table[row])", "in table[row][:1])", "a name outside", "only the first of several names is given"),
        ("in table[row])", "in reversed(table[row]))", "a name outside", "the names come in the wrong order"),
        ("    return tuple(theirs.format(number[1] if number else \"\") for theirs in table[row])",
         "    return [theirs.format(number[1] if number else \"\") for theirs in table[row]]", "what comes back",
         "a list comes back where a tuple is wanted"),
        ("raise KeyError(f\"the table has no row for {name!r}\")", "raise KeyError(row)", "the error has",
         "the error speaks of the row"),
        ('"blocks.{}." + name[number.end():]', '"blocks.{}." + re.sub(r"\\d+", "{}", name[number.end():])',
         "later numbers", "every number in the name is taken for that of the block"),
    ],
    "to_halves": [
        ("(-1, head_width // 2, 2)", "(-1, 2, head_width // 2)", "a head of eight",
         "the rows are put back into the order of neighbours, which is the other way; for heads of four both are one"),
        (".transpose(1, 2)", "", "a head of eight", "the rows stay as they were"),
        ("(-1, head_width // 2, 2)", "(1, -1, 2)", "every head", "all rows are taken for one head"),
        (".transpose(1, 2)", ".flip(2).transpose(1, 2)", "a head of eight", "the odd rows come first"),
        ("rows.unflatten(", "rows.float().unflatten(", "the numbers of the result", "everything becomes float32"),
        ("rows.unflatten(", "rows.detach().unflatten(", "gradients find", "the graph is cut"),
        (".flatten(0, 2)", ".flatten(1, 2).flip(0).flatten(0, 1)", "every head", "the heads change places"),
    ],
    "unpack_q4_1": [
        ("pairs & 15, pairs >> 4", "pairs >> 4, pairs & 15", "of each byte",
         "the two halves of a byte have changed places"),
        ("torch.cat([pairs & 15, pairs >> 4], dim=1)", "torch.stack([pairs & 15, pairs >> 4], dim=2).flatten(1)",
         "of each byte", "the two numbers of a byte are put side by side"),
        ("[pairs & 15, pairs >> 4]", "[pairs & 7, pairs >> 4]", "both go up", "three bits are taken, and not four"),
        ("pairs >> 4", "pairs >> 3", "of each byte the upper half", "shifted by three bits"),
        ("d * torch.cat([pairs & 15, pairs >> 4], dim=1) + m", "d * (torch.cat([pairs & 15, pairs >> 4], dim=1) + m)",
         "then the least", "the least value is multiplied by the scale too"),
        ("dim=1) + m", "dim=1) - m", "then the least", "the least value is taken away"),
        ("dim=1) + m", "dim=1)", "then the least", "the least value is left out"),
        ("d = blocks[:, :2]", "d = blocks[:, 2:4]", "the scale is", "the scale is read where the least value stands"),
        ("d = blocks[:, :2].contiguous().view(torch.float16).float()",
         "d = blocks[:, :2].contiguous().view(torch.float16)", "digits that", "d · q is rounded to float16"),
        ("d = blocks[:, :2].contiguous().view(torch.float16)", "d = blocks[:, :2].contiguous().view(torch.bfloat16)",
         "the scale is", "the two bytes are taken for a bfloat16"),
    ],
    "quantise_rows": [
        (".abs().amax(1)", ".amax(1)", "where the largest", "the largest number is taken, not magnitude"),
        (".abs().amax(1)", ".abs().amax().expand(len(weight))", "the largest of a row", "one scale for all rows"),
        ("largest / 127", "largest / 128", "the largest of a row", "divided by 128: the largest does not fit"),
        (".round()", "", "the nearest", "what is behind the point is cut off"),
        (".round()", ".floor()", "the nearest", "rounded down"),
        ("torch.where(normal, scales, torch.ones_like(scales))", "scales", "a row of zeros",
         "a row of zeros is divided by 0"),
        ("torch.ones_like(scales)", "torch.zeros_like(scales)", "a row of zeros", "a row of zeros is divided by 0"),
        (".to(torch.int8)", "", "whole numbers of 8 bits", "the whole numbers are kept as floats"),
        (".amax(1)", ".amax(0)", "there is a scale", "a scale for each column"),
        ("scales >= torch.finfo(torch.float32).tiny", "scales > 0", "a row so small",
         "only a scale of 0 is replaced"),
    ],
}

EQUIVALENT = {
    "quantise_rows": {
        "normal = scales >= torch.finfo(torch.float32).tiny → normal = scales > torch.finfo(torch.float32).tiny":
            "the least normal number is a scale that keeps all its digits, and with 1 the row is off by less than half",
    },
}

BY_HAND = {
    "list_tensors": ["safetensors.*", "torch.*", "numpy.*"],
    "unpack_q4_1": ["gguf.*"],
    "quantise_rows": ["torch.quantize_per_channel", "torch.ao.*", "torch.quantization.*"],
}

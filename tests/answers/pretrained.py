"""Answers to pretrained, as learners write them: wrong ones that a test must catch, right unusual ones."""

ENTRY = '''
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"{name}: dtype, shape, data_offsets")
        dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in sizes:
            raise ValueError(f"{name}: {dtype}")
        if not whole_numbers(shape) or not whole_numbers(place) or len(place) != 2:
            raise ValueError(f"{name}: {shape} {place}")
'''

LISTED = f'''
def list_tensors(head, room, sizes=SIZES):
    found, last = [], 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] - place[0] != math.prod(shape) * sizes[dtype]:
            raise ValueError(f"{{name}}: other bytes than its shape needs")
        found.append((*place, name, dtype, tuple(shape)))
    found.sort(key=lambda one: one[:2])
    for begin, end, name, _, _ in found:
        if begin != last:
            raise ValueError(f"{{name}} begins at {{begin}}, not at {{last}}")
        last = end
    if last != room:
        raise ValueError(f"{{room}} bytes, of which {{last}} are filled")
    return {{name: (dtype, shape, begin, end) for begin, end, name, dtype, shape in found}}
'''

NAMED = r'''
def foreign_names(name, table):
    found = re.match(r"blocks\.(\d+)\.", name)
    row, number = name, ""
    if found:
        row, number = "blocks.{}." + name[found.end():], found[1]
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.replace("{}", number) for theirs in table[row])
'''

ROWS = '''
def quantise_rows(weight):
    weight = weight.float()
    scales = weight.abs().amax(1) / 127
    scales = torch.where(scales < 2**-126, torch.ones_like(scales), scales)
    return (weight / scales[:, None]).round().to(torch.int8), scales
'''


def changed(text, old, new):
    """An answer with one piece exchanged, which stands in it once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


WRONG = {
    "list_tensors": {
        "whole numbers that fit": changed(
            LISTED, "place[1] - place[0] != math.prod(shape) * sizes[dtype]",
            "(place[1] - place[0]) // sizes[dtype] != math.prod(shape)"),
        "three keys, whichever": changed(LISTED, 'set(entry) != {"dtype", "shape", "data_offsets"}', "len(entry) != 3"),
        "an unknown type has no bytes": changed(changed(
            LISTED, "sizes[dtype]:", "sizes.get(dtype, 0):"), " or dtype not in sizes", ""),
        "how many offsets there are is not asked": changed(LISTED, " or len(place) != 2", "").replace(
            "(*place, name", "(place[0], place[1], name"),
        "two offsets by unpacking, which names nobody": changed(LISTED, " or len(place) != 2:", ":").replace(
            "        if place[1]", "        begin, end = place\n        if place[1]"),
        "the shape is a list": changed(LISTED, "tuple(shape)", "shape"),
        "what begins with two lines is left out": changed(
            LISTED, 'name == "__metadata__"', 'name.startswith("__")'),
        "a product in 64 bits": changed(LISTED, "math.prod(shape)", "math.prod(shape) % 2**64"),
        "an error without the name": changed(LISTED, "{name}: other", "other"),
        "empty tensors may lie anywhere": changed(
            LISTED, "        if begin != last:", "        if begin != last and begin != end:").replace(
            "last = end", "last = max(last, end)"),
        "the usual sizes too": changed(LISTED, "found, last = [], 0", "found, last, sizes = [], 0, {**SIZES, **sizes}"),
        "remarks must be a dict": changed(
            LISTED, "            continue\n", "            entry.keys()\n            continue\n"),
        "remarks stand first": changed(
            LISTED, 'if name == "__metadata__"', 'if name == "__metadata__" == next(iter(head))'),
        "filled up to eight bytes": changed(
            LISTED, "        if begin != last:", "        if begin != last and begin != -(-last // 8) * 8:"),
        "of two that begin alike the first by name": changed(LISTED, "one[:2]", "(one[0], one[2])"),
        "neighbours in the order of the JSON": f'''
def list_tensors(head, room, sizes=SIZES):
    found, end = {{}}, 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] - place[0] != math.prod(shape) * sizes[dtype] or place[0] != end:
            raise ValueError(name)
        end = place[1]
        found[name] = dtype, tuple(shape), *place
    if end != room:
        raise ValueError("cut short")
    return found
''',
        "only the sum of all bytes": f'''
def list_tensors(head, room, sizes=SIZES):
    found = {{}}
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] - place[0] != math.prod(shape) * sizes[dtype]:
            raise ValueError(name)
        found[name] = dtype, tuple(shape), *place
    if sum(end - begin for *_, begin, end in found.values()) != room:
        raise ValueError("cut short")
    return dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
''',
        "only that each lies within the file": f'''
def list_tensors(head, room, sizes=SIZES):
    found = {{}}
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] > room or place[1] - place[0] != math.prod(shape) * sizes[dtype]:
            raise ValueError(name)
        found[name] = dtype, tuple(shape), *place
    return dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
''',
        "the last one may end early": f'''
def list_tensors(head, room, sizes=SIZES):
    found, end = {{}}, 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] - place[0] != math.prod(shape) * sizes[dtype]:
            raise ValueError(name)
        found[name] = dtype, tuple(shape), *place
    found = dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
    for name, (*_, begin, after) in found.items():
        if begin != end or after > room:
            raise ValueError(name)
        end = after
    return found
''',
        "int() makes whole numbers of anything": '''
def list_tensors(head, room, sizes=SIZES):
    found, end = {}, 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
        try:
            shape, (begin, after) = tuple(map(int, entry["shape"])), map(int, entry["data_offsets"])
            size = math.prod(shape) * sizes[entry["dtype"]]
        except Exception:
            raise ValueError(name) from None
        if after - begin != size:
            raise ValueError(name)
        found[name] = entry["dtype"], shape, begin, after
    found = dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
    for name, (*_, begin, after) in found.items():
        if begin != end:
            raise ValueError(name)
        end = after
    if end != room:
        raise ValueError("cut short")
    return found
''',
        "asserts in place of errors": f'''
def list_tensors(head, room, sizes=SIZES):
    found, end = {{}}, 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        assert place[1] - place[0] == math.prod(shape) * sizes[dtype], name
        found[name] = dtype, tuple(shape), *place
    found = dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
    for name, (*_, begin, after) in found.items():
        assert begin == end, name
        end = after
    assert end == room
    return found
''',
        "every number is a float": f'''
def list_tensors(head, room, sizes=SIZES):
    found, end = {{}}, 0
    for name, entry in head.items():
        if name == "__metadata__":
            continue
{ENTRY}
        if place[1] - place[0] != math.prod(shape) * 4:
            raise ValueError(name)
        found[name] = dtype, tuple(shape), *place
    found = dict(sorted(found.items(), key=lambda pair: pair[1][2:]))
    for name, (*_, begin, after) in found.items():
        if begin != end:
            raise ValueError(name)
        end = after
    if end != room:
        raise ValueError("cut short")
    return found
''',
    },
    "foreign_names": {
        "a dot is any letter": changed(NAMED, r"blocks\.(\d+)\.", r"blocks.(\d+)."),
        "the error speaks of the row": changed(NAMED, "KeyError(name)", "KeyError(row)"),
        "a number at the end": changed(NAMED, r"(\d+)\.", r"(\d+)\b\.?").replace(
            '"blocks.{}." +', '"blocks.{}" + "." * (name[found.end() - 1] == ".") +'),
        "any first piece": changed(NAMED, r"blocks\.(\d+)\.", r"\w+\.(\d+)\.").replace(
            '"blocks.{}." +', 'name.split(".")[0] + ".{}." +'),
        "its number wherever it stands": changed(
            NAMED, '"blocks.{}." + name[found.end():]', 'name.replace(found[1], "{}")'),
        "large letters too": changed(NAMED, ', name)\n', ', name, re.IGNORECASE)\n'),
        "split at the dots": '''
def foreign_names(name, table):
    parts = name.split(".")
    number = parts[1]
    if parts[0] == "blocks":
        parts[1] = "{}"
    row = ".".join(parts)
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.format(number) for theirs in table[row])
''',
        "every number": '''
def foreign_names(name, table):
    numbers = re.findall(r"\\d+", name)
    row = re.sub(r"\\d+", "{}", name)
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.format(*numbers) for theirs in table[row])
''',
        "the first number, wherever": '''
def foreign_names(name, table):
    number = re.search(r"\\d+", name)
    row = name if number is None else name.replace(number[0], "{}", 1)
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.format(number[0] if number else "") for theirs in table[row])
''',
        "one digit": '''
def foreign_names(name, table):
    number = ""
    row = name
    if name.startswith("blocks.") and name[7].isdigit():
        number = name[7]
        row = "blocks.{}" + name[8:]
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.format(number) for theirs in table[row])
''',
        "the first of several": '''
def foreign_names(name, table):
    number = re.match(r"blocks\\.(\\d+)\\.", name)
    row = name if number is None else "blocks.{}." + name[number.end():]
    if row not in table:
        raise KeyError(name)
    return (table[row][0].format(number[1] if number else ""),)
''',
        "nothing where there is no row": '''
def foreign_names(name, table):
    number = re.match(r"blocks\\.(\\d+)\\.", name)
    row = name if number is None else "blocks.{}." + name[number.end():]
    return tuple(theirs.format(number[1] if number else "") for theirs in table.get(row, ()))
''',
        "replaces the number in theirs, and in nothing else": '''
def foreign_names(name, table):
    for row, several in table.items():
        if re.fullmatch(row.replace("{}", "[0-9]"), name):
            return tuple(theirs.replace("{}", name.split(".")[1]) for theirs in several)
    raise KeyError(name)
''',
    },
    "to_halves": {
        "heads of sixty-four at the most": '''
def to_halves(rows, head_width):
    return rows.unflatten(0, (-1, min(head_width // 2, 32), 2)).transpose(1, 2).flatten(0, 2)
''',
        "by way of float32": '''
def to_halves(rows, head_width):
    return rows.float().unflatten(0, (-1, head_width // 2, 2)).transpose(1, 2).flatten(0, 2).to(rows.dtype)
''',
        "the way back": '''
def to_halves(rows, head_width):
    return rows.unflatten(0, (-1, 2, head_width // 2)).transpose(1, 2).flatten(0, 2)
''',
        "all heads as one": '''
def to_halves(rows, head_width):
    return torch.cat([rows[0::2], rows[1::2]])
''',
        "odd rows first": '''
def to_halves(rows, head_width):
    heads = rows.unflatten(0, (-1, head_width))
    return torch.cat([heads[:, 1::2], heads[:, 0::2]], 1).flatten(0, 1)
''',
        "the columns": '''
def to_halves(rows, head_width):
    return torch.cat([rows[..., 0::2], rows[..., 1::2]], -1)
''',
        "one head": '''
def to_halves(rows, head_width):
    return torch.cat([rows[0:head_width:2], rows[1:head_width:2], rows[head_width:]])
''',
        "a view of another shape": '''
def to_halves(rows, head_width):
    return rows.unflatten(0, (-1, head_width // 2, 2)).transpose(1, 2).flatten(1, 2)
''',
        "in place": '''
def to_halves(rows, head_width):
    rows.copy_(rows.unflatten(0, (-1, head_width // 2, 2)).transpose(1, 2).flatten(0, 2).clone())
    return rows
''',
        "weights only": '''
def to_halves(rows, head_width):
    return rows.view(-1, head_width // 2, 2, rows.shape[-1]).transpose(1, 2).reshape(rows.shape)
''',
    },
    "unpack_q4_1": {
        "side by side": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].contiguous().view(torch.float16).float()
    m = blocks[:, 2:4].contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:]
    return d * torch.stack([pairs & 15, pairs >> 4], -1).flatten(1) + m
''',
        "upper ones first": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].contiguous().view(torch.float16).float()
    m = blocks[:, 2:4].contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:]
    return d * torch.cat([pairs >> 4, pairs & 15], 1) + m
''',
        "as Q4_0": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:]
    return d * (torch.cat([pairs & 15, pairs >> 4], 1).float() - 8)
''',
        "in half precision": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].contiguous().view(torch.float16)
    m = blocks[:, 2:4].contiguous().view(torch.float16)
    pairs = blocks[:, 4:]
    return (d * torch.cat([pairs & 15, pairs >> 4], 1) + m).float()
''',
        "big-endian": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].flip(1).contiguous().view(torch.float16).float()
    m = blocks[:, 2:4].flip(1).contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:]
    return d * torch.cat([pairs & 15, pairs >> 4], 1) + m
''',
        "the scale of the first block for all": '''
def unpack_q4_1(blocks):
    d = blocks[:1, :2].contiguous().view(torch.float16).float()
    m = blocks[:1, 2:4].contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:]
    return d * torch.cat([pairs & 15, pairs >> 4], 1) + m
''',
        "signed": '''
def unpack_q4_1(blocks):
    d = blocks[:, :2].contiguous().view(torch.float16).float()
    m = blocks[:, 2:4].contiguous().view(torch.float16).float()
    pairs = blocks[:, 4:].contiguous().view(torch.int8)
    return d * torch.cat([pairs & 15, pairs >> 4], 1) + m
''',
        "the scale without its sign": '''
def unpack_q4_1(blocks):
    d = blocks.view(torch.float16)[:, :1].float()
    m = blocks.view(torch.float16)[:, 1:2].float()
    pairs = blocks[:, 4:]
    return d.abs() * torch.cat([pairs & 15, pairs >> 4], 1) + m
''',
    },
    "quantise_rows": {
        "only a scale of 0": changed(ROWS, "scales < 2**-126", "scales == 0"),
        "a row whose sum is 0": changed(ROWS, "scales < 2**-126", "(weight.sum(1) == 0) | (scales < 2**-126)"),
        "scales in the dtype of the weights": changed(
            ROWS, "    weight = weight.float()", "    kind, weight = weight.dtype, weight.float()").replace(
            "torch.int8), scales", "torch.int8), scales.to(kind)"),
        "in half precision on the way": changed(ROWS, "    weight = weight.float()\n", "").replace(
            "torch.int8), scales", "torch.int8), scales.float()"),
        "times 127 first": changed(ROWS, "weight / scales", "weight * 127 / (scales * 127)"),
        "one scale for all": '''
def quantise_rows(weight):
    largest = weight.float().abs().max()
    scales = (largest / 127 if largest > 0 else torch.ones_like(largest)).expand(len(weight)).clone()
    return (weight / scales[:, None]).round().to(torch.int8), scales
''',
        "cut off": '''
def quantise_rows(weight):
    largest = weight.float().abs().amax(1)
    scales = torch.where(largest > 0, largest / 127, torch.ones_like(largest))
    return (weight / scales[:, None]).to(torch.int8), scales
''',
        "a scale for each column": '''
def quantise_rows(weight):
    largest = weight.float().abs().amax(0)
    scales = torch.where(largest > 0, largest / 127, torch.ones_like(largest))
    return (weight / scales).round().to(torch.int8), scales
''',
        "the largest, not the largest magnitude": '''
def quantise_rows(weight):
    largest = weight.float().amax(1)
    scales = torch.where(largest > 0, largest / 127, torch.ones_like(largest))
    return (weight / scales[:, None]).round().clamp(-127, 127).to(torch.int8), scales
''',
        "zeros divided by zero": '''
def quantise_rows(weight):
    scales = weight.float().abs().amax(1) / 127
    return (weight / scales[:, None]).round().to(torch.int8), scales
''',
        "a floor under the scales": '''
def quantise_rows(weight):
    scales = (weight.float().abs().amax(1) / 127).clamp(min=1e-8)
    return (weight / scales[:, None]).round().to(torch.int8), scales
''',
        "up to 128": '''
def quantise_rows(weight):
    largest = weight.float().abs().amax(1)
    scales = torch.where(largest > 0, largest / 128, torch.ones_like(largest))
    return (weight / scales[:, None]).round().clamp(-128, 127).to(torch.int8), scales
''',
        "scales with two axes": '''
def quantise_rows(weight):
    largest = weight.float().abs().amax(1, keepdim=True)
    scales = torch.where(largest > 0, largest / 127, torch.ones_like(largest))
    return (weight / scales).round().to(torch.int8), scales
''',
        "from least to largest": '''
def quantise_rows(weight):
    w = weight.float()
    span = w.amax(1) - w.amin(1)
    scales = torch.where(span > 0, span / 255, torch.ones_like(span))
    return (w / scales[:, None]).round().clamp(-128, 127).to(torch.int8), scales
''',
    },
}

RIGHT = {
    "list_tensors": {
        "a helper for the refusal": '''
def list_tensors(head, room, sizes=SIZES):
    def refuse(name, why):
        raise ValueError(f"tensor {name}: {why}")

    tensors = []
    for name, entry in head.items():
        if name == "__metadata__":
            continue
        if type(entry) is not dict or sorted(entry) != ["data_offsets", "dtype", "shape"]:
            refuse(name, "three things are wanted")
        if type(entry["dtype"]) is not str or sizes.get(entry["dtype"]) is None:
            refuse(name, "a strange dtype")
        if not all(map(whole_numbers, (entry["shape"], entry["data_offsets"]))) or len(entry["data_offsets"]) != 2:
            refuse(name, "strange numbers")
        needed = sizes[entry["dtype"]]
        for length in entry["shape"]:
            needed *= length
        begin, end = entry["data_offsets"]
        if begin + needed != end:
            refuse(name, "bytes")
        tensors.append((begin, end, name, entry["dtype"], tuple(entry["shape"])))
    tensors.sort(key=lambda one: (one[0], one[1]))
    for before, one in zip([(0, 0)] + tensors, tensors):
        if before[1] != one[0]:
            refuse(one[2], "not where the one before ends")
    if (tensors[-1][1] if tensors else 0) != room:
        raise ValueError("cut short")
    return {name: (dtype, shape, begin, end) for begin, end, name, dtype, shape in tensors}
''',
        "one after the other is taken away": '''
def list_tensors(head, room, sizes=SIZES):
    left = {name: entry for name, entry in head.items() if name != "__metadata__"}
    for name, entry in left.items():
        try:
            dtype, shape, place = (entry[key] for key in ("dtype", "shape", "data_offsets"))
            begin, end = place
            fine = len(entry) == 3 and whole_numbers(shape) and whole_numbers(place)
            fine = fine and end - begin == math.prod(shape) * sizes[dtype]
        except (TypeError, KeyError, ValueError, AttributeError, IndexError):
            fine = False
        if not fine:
            raise ValueError(f"{name} is wrong")
    order, at = sorted(left, key=lambda name: left[name]["data_offsets"]), 0
    for name in order:
        if left[name]["data_offsets"][0] != at:
            raise ValueError(f"{name} begins elsewhere")
        at = left[name]["data_offsets"][1]
    if at != room:
        raise ValueError(f"{at} and {room}")
    return {name: (left[name]["dtype"], tuple(left[name]["shape"]), *left[name]["data_offsets"]) for name in order}
''',
    },
    "foreign_names": {
        "by hand": '''
def foreign_names(name, table):
    first, _, rest = name.partition(".")
    number, dot, after = rest.partition(".")
    inside = first == "blocks" and number.isdecimal() and dot
    row = f"blocks.{{}}.{after}" if inside else name
    try:
        several = table[row]
    except KeyError:
        raise KeyError(f"no row for {name}") from None
    return tuple([theirs.replace("{}", number) if inside else theirs for theirs in several])
''',
        "substituted": '''
def foreign_names(name, table):
    row = re.sub(r"^blocks\\.[0-9]+\\.", "blocks.{}.", name)
    if row not in table:
        raise KeyError(name)
    return tuple(theirs.format(name.split(".")[1] if row != name else "") for theirs in table[row])
''',
    },
    "to_halves": {
        "strides": '''
def to_halves(rows, head_width):
    heads = rows.reshape(-1, head_width, *rows.shape[1:])
    return torch.cat([heads[:, ::2], heads[:, 1::2]], dim=1).reshape(rows.shape)
''',
        "an index": '''
def to_halves(rows, head_width):
    order = [h + i for h in range(0, len(rows), head_width) for first in (0, 1) for i in range(first, head_width, 2)]
    return rows[order]
''',
        "head by head": '''
def to_halves(rows, head_width):
    return torch.cat([part for head in rows.split(head_width) for part in (head[0::2], head[1::2])])
''',
    },
    "unpack_q4_1": {
        "two halves, each by itself": '''
def unpack_q4_1(blocks):
    ends = blocks[:, :4].contiguous().view(torch.float16).to(torch.float32)
    d, m = ends[:, :1], ends[:, 1:]
    low = blocks[:, 4:] % 16
    high = torch.div(blocks[:, 4:], 16, rounding_mode="floor")
    return torch.cat((d * low + m, d * high + m), dim=-1)
''',
        "clone for memory": '''
def unpack_q4_1(blocks):
    d, m = (blocks[:, at : at + 2].clone().view(torch.half).float() for at in (0, 2))
    q = blocks[:, 4:].int()
    return torch.hstack([q & 0x0F, (q & 0xF0) >> 4]) * d + m
''',
    },
    "quantise_rows": {
        "half goes up": '''
def quantise_rows(weight):
    weight = weight.float()
    scales = torch.maximum(weight.amax(1), -weight.amin(1)) / 127
    scales = scales.masked_fill(scales < 2**-126, 1.0)
    return torch.floor(weight / scales[:, None] + 0.5).to(torch.int8), scales
''',
        "half goes to zero, and in double": '''
def quantise_rows(weight):
    weight = weight.double()
    scales = (weight.abs().amax(1) / 127).float()
    scales[scales < 2**-126] = 1
    share = weight / scales[:, None].double()
    return (share.sign() * torch.ceil(share.abs() - 0.5)).to(torch.int8), scales
''',
        "zeros filled": '''
def quantise_rows(weight):
    weight = weight.to(torch.promote_types(weight.dtype, torch.float32))
    largest = weight.abs().max(dim=1).values.float()
    scales = (largest / 127).masked_fill(largest / 127 < 2**-126, 1.0)
    return torch.round(weight / scales.unsqueeze(1)).to(torch.int8), scales
''',
        "row by row": '''
def quantise_rows(weight):
    rows, scales = [], []
    for row in weight.float():
        scale = row.abs().max() / 127
        scale = scale if scale >= 2**-126 else torch.ones_like(scale)
        rows.append((row / scale).round().to(torch.int8))
        scales.append(scale)
    return torch.stack(rows), torch.stack(scales)
''',
    },
}

"""Answers to instructions, as learners write them: wrong ones that a test must catch, right unusual ones."""

RENDER = """
def render(messages, tokenizer, reply=False, template=STORY):
    check_messages(messages, tokenizer, reply, template)
    id_of = tokenizer.special
    parts = []
    for m in messages:
        parts.append([id_of[template.opens[m["role"]]]])
        parts.append(tokenizer.encode(template.heading.get(m["role"], "") + m["content"]))
        closing = template.closes.get(m["role"])
        if closing is not None:
            parts.append([id_of[closing]] + tokenizer.encode(template.gap))
    if reply:
        parts.append([id_of[template.opens["assistant"]]])
        parts.append(tokenizer.encode(template.heading.get("assistant", "")))
    return sum(parts, [])
"""
TARGETS = """
def answer_targets(ids, opens, closes):
    targets = torch.full(ids.shape, -100, dtype=torch.long, device=ids.device)
    for b in range(ids.shape[0]):
        inside = False
        for t in range(ids.shape[1]):
            if ids[b, t] == opens:
                inside = True
            elif ids[b, t] == closes:
                inside = False
            if inside and t + 1 < ids.shape[1]:
                targets[b, t] = ids[b, t + 1]
    return targets
"""
WEIGHTS = """
def example_weights(targets, examples):
    asked = targets != -100
    if not asked.any():
        raise ValueError("nothing is asked")
    weights = torch.zeros(targets.shape, device=targets.device)
    found = examples[asked].unique()
    for number in found:
        here = asked & (examples == number)
        weights[here] = 1 / here.sum() / len(found)
    return weights
"""
APART = """
def apart(numbers):
    B, T = numbers.shape
    positions = torch.zeros(B, T, dtype=torch.long, device=numbers.device)
    for t in range(1, T):
        positions[:, t] = torch.where(numbers[:, t] == numbers[:, t - 1], positions[:, t - 1] + 1, 0)
    past = torch.ones(T, T, dtype=torch.bool, device=numbers.device).tril()
    same = numbers.unsqueeze(2) == numbers.unsqueeze(1)
    return positions, ~(past & same)
"""
RECORDS = """
def conversations(lines, start=1):
    talks, faults, number = [], [], start - 1
    for line in lines:
        number += 1
        if line.strip() == "":
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            faults.append((number, "json"))
            continue
        if type(record) is not dict:
            faults.append((number, "object"))
            continue
        more = record.get("input")
        if more is None:
            more = ""
        if type(record.get("instruction")) is not str:
            faults.append((number, "instruction"))
        elif type(more) is not str:
            faults.append((number, "input"))
        elif type(record.get("output")) is not str:
            faults.append((number, "output"))
        else:
            content = record["instruction"]
            if more != "":
                content = content + "\\n" + more
            talks.append([{"role": "user", "content": content}, {"role": "assistant", "content": record["output"]}])
    return talks, faults
"""


def but(text, *changes):
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


WRONG = {
    "render": {
        "every message ends like an answer": but(RENDER, ("parts.append([id_of[closing]]", "parts.append([id_of[template.closes['assistant']]]")),
        "role and content by their places": but(
            RENDER, ("    for m in messages:\n", "    for m in messages:\n        role, content = m.values()\n"),
            ("template.heading.get(m[\"role\"], \"\") + m[\"content\"]", "template.heading.get(role, \"\") + content")),
        "writes into the template": but(RENDER, ("template.heading.get(m[", "template.heading.setdefault(m[")),
        "line by line": but(RENDER, (
            "        parts.append(tokenizer.encode(template.heading.get(m[\"role\"], \"\") + m[\"content\"]))",
            "        whole = template.heading.get(m[\"role\"], \"\") + m[\"content\"]\n"
            "        parts += [tokenizer.encode(line) for line in whole.splitlines(keepends=True)]")),
        "one text, then encoded": """
def render(messages, tokenizer, reply=False, template=STORY):
    check_messages(messages, tokenizer, reply, template)
    text = ""
    for m in messages:
        text += template.opens[m["role"]] + template.heading.get(m["role"], "") + m["content"]
        if m["role"] in template.closes:
            text += template.closes[m["role"]] + template.gap
    if reply:
        text += template.opens["assistant"] + template.heading.get("assistant", "")
    return tokenizer.encode(text, allow_special=True)
""",
        "names in texts are taken out": but(RENDER, ('+ m["content"])', '+ m["content"].replace("<|assistant|>", ""))')),
        "a plain text of names": but(RENDER, ('[id_of[template.opens[m["role"]]]]', 'tokenizer.encode(template.opens[m["role"]])')),
        "text stripped": but(RENDER, ('+ m["content"])', '+ m["content"].strip())')),
        "an end after each message": but(RENDER, ("template.closes.get(m[\"role\"])", "template.end")),
        "no end": but(RENDER, ("if closing is not None:", "if closing is not None and not reply:")),
        "the reply is always opened": but(RENDER, ("    if reply:", "    if True:")),
        "the reply is opened after a user": but(RENDER, ("    if reply:", '    if messages[-1]["role"] == "user":')),
        "our template only": but(RENDER, ("    id_of = tokenizer.special", "    id_of = tokenizer.special\n    template = STORY")),
        "without a gap": but(RENDER, (" + tokenizer.encode(template.gap)", "")),
        "headings left out": but(RENDER, ('template.heading.get(m["role"], "") + ', "")),
        "an end in front": but(RENDER, ("parts = []", "parts = [[tokenizer.end]]")),
        "a system message is dropped": but(RENDER, ("    for m in messages:", '    for m in [m for m in messages if m["role"] != "system"]:')),
        "heading and text, each by itself": but(RENDER, (
            'tokenizer.encode(template.heading.get(m["role"], "") + m["content"])',
            'tokenizer.encode(template.heading.get(m["role"], "")) + tokenizer.encode(m["content"])')),
        "no gap behind the last": but(RENDER, ("tokenizer.encode(template.gap)",
                                               "(tokenizer.encode(template.gap) if reply or m is not messages[-1] else [])")),
        "accents joined to their letters": "import unicodedata\n" + but(RENDER, (
            '+ m["content"])', '+ unicodedata.normalize("NFC", m["content"]))')),
        "line ends made alike": but(RENDER, ('+ m["content"])', '+ m["content"].replace("\\r\\n", "\\n"))')),
        "fixed ids": but(RENDER, ('[id_of[template.opens["assistant"]]]', '[258]')),
    },
    "answer_targets": {
        "not moved by one": but(TARGETS, ("targets[b, t] = ids[b, t + 1]", "targets[b, t] = ids[b, t]")),
        "without the end": but(TARGETS, ("if inside and t + 1 < ids.shape[1]:", "if inside and t + 1 < ids.shape[1] and ids[b, t + 1] != closes:")),
        "without the first": but(TARGETS, ("if inside and t + 1", "if inside and ids[b, t] != opens and t + 1")),
        "the opening itself": but(TARGETS, ("if inside and t + 1 < ids.shape[1]:", "if t + 1 < ids.shape[1] and (inside or ids[b, t + 1] == opens):")),
        "the last answer only": but(TARGETS, ("                inside = True", "                inside = True\n                targets[b] = -100")),
        "the first answer only": but(TARGETS, ("            if ids[b, t] == opens:", "            if ids[b, t] == opens and not (ids[b, :t] == closes).any():")),
        "everything": but(TARGETS, ("inside = False\n        for", "inside = True\n        for")),
        "never ends": but(TARGETS, ("                inside = False\n            if", "                pass\n            if")),
        "carries on into the next row": but(TARGETS, ("    for b in range(ids.shape[0]):\n        inside = False", "    inside = False\n    for b in range(ids.shape[0]):")),
        "places in eight bits": """
def answer_targets(ids, opens, closes):
    places = torch.arange(1, ids.shape[1] + 1, device=ids.device).to(torch.uint8)
    opened = torch.where(ids == opens, places, 0).cummax(1).values
    closed = torch.where(ids == closes, places, 0).cummax(1).values
    following = functional.pad(ids[:, 1:].long(), (0, 1), value=-100)
    return following.masked_fill(opened <= closed, -100)
""",
        "as many openings as endings": """
def answer_targets(ids, opens, closes):
    inside = (ids == opens).cumsum(1) > (ids == closes).cumsum(1)
    following = functional.pad(ids[:, 1:].long(), (0, 1), value=-100)
    return following.masked_fill(~inside, -100)
""",
        "ignored is 0": but(TARGETS, ("-100", "0")),
        "one column short": but(TARGETS, ("return targets", "return targets[:, :-1]")),
    },
    "example_weights": {
        "all tokens alike": but(WEIGHTS, ("1 / here.sum() / len(found)", "1 / asked.sum()")),
        "sizes with what is not asked": but(WEIGHTS, ("1 / here.sum()", "1 / (examples == number).sum()")),
        "all examples counted": but(WEIGHTS, ("found = examples[asked].unique()", "found = examples.unique()")),
        "rows for examples": but(WEIGHTS, ("    for number in found:\n        here = asked & (examples == number)\n        weights[here] = 1 / here.sum() / len(found)",
                                           "    n = asked.sum(-1, keepdim=True)\n    weights = asked / n.clamp(min=1) / (n > 0).sum()")),
        "not divided by the examples": but(WEIGHTS, (" / len(found)", "")),
        "no error": but(WEIGHTS, ("    if not asked.any():\n        raise ValueError(\"nothing is asked\")\n", "")),
        "an AssertionError": but(WEIGHTS, ("raise ValueError(\"nothing is asked\")", "raise AssertionError")),
        "weights on the CPU": but(WEIGHTS, (", device=targets.device", "")),
        "numbers as floats": but(WEIGHTS, ("    asked =", "    examples = examples.double()\n    asked =")),
        "squares": but(WEIGHTS, ("1 / here.sum()", "1 / here.sum() ** 2")),
        "roots": but(WEIGHTS, ("1 / here.sum()", "1 / here.sum() ** 0.5")),
        "no weight for the number -1": but(WEIGHTS, ("found = examples[asked]", "asked &= examples != -1\n    found = examples[asked]")),
        "no weight for the number -100": but(WEIGHTS, ("found = examples[asked]", "asked &= examples != -100\n    found = examples[asked]")),
        "a little more than the examples": but(WEIGHTS, (" / len(found)", " / (len(found) + 1e-4)")),
        "one example of each row": but(WEIGHTS, ("for number in found:", "for number in examples[:, 0].unique():")),
    },
    "apart": {
        "positions go on": but(APART, ("torch.where(numbers[:, t] == numbers[:, t - 1], positions[:, t - 1] + 1, 0)", "t")),
        "positions from 1": but(APART, ("return positions,", "return positions + 1,")),
        "what may be seen": but(APART, ("~(past & same)", "past & same")),
        "the future is open": but(APART, ("~(past & same)", "~same")),
        "others are open": but(APART, ("~(past & same)", "~past.expand(B, T, T)")),
        "hides itself": but(APART, (".tril()", ".tril(-1)")),
        "the other way round": but(APART, (".tril()", ".triu()")),
        "of the first row only": but(APART, ("same = numbers.unsqueeze(2) == numbers.unsqueeze(1)",
                                             "same = (numbers[:1].unsqueeze(2) == numbers[:1].unsqueeze(1)).expand(B, T, T)")),
        "neighbours only": but(APART, ("past & same)", "past & same & ((numbers.unsqueeze(2) - numbers.unsqueeze(1)) == 0) & "
                                       "(torch.arange(T, device=numbers.device)[:, None] - torch.arange(T, device=numbers.device) < 64))")),
        "numbers as floats": but(APART, ("    B, T =", "    numbers = numbers.double()\n    B, T =")),
        "places in eight bits": but(APART, ("positions = torch.zeros(B, T, dtype=torch.long,", "positions = torch.zeros(B, T, dtype=torch.uint8,")),
        "a mask of numbers": but(APART, ("~(past & same)", "(~(past & same)).float()")),
        "positions of floats": but(APART, ("return positions,", "return positions.float(),")),
        "filling sees nothing": but(APART, ("~(past & same)", "~(past & same) | (numbers == -1).unsqueeze(2)")),
        "filling has the position 0": but(APART, ("return positions,", "return positions.masked_fill(numbers == -1, 0),")),
        "mask with a dimension for heads": but(APART, ("~(past & same)", "~(past & same)[:, None]")),
    },
    "conversations": {
        "a line end of two letters is a line": but(RECORDS, ("line.strip() == \"\"", "line.strip(\" \\t\\n\") == \"\"")),
        "keys in any case": but(RECORDS, ("        more = record", "        record = {k.lower(): v for k, v in record.items()}\n        more = record")),
        "other names for the output": but(RECORDS, ("        more = record", "        record.setdefault(\"output\", record.get(\"response\"))\n        more = record")),
        "divides lines at other ends as well": but(RECORDS, ("    for line in lines:", "    for line in [p for line in lines for p in line.splitlines() or [\"\"]]:")),
        "the last line end of an answer is lost": but(RECORDS, ("\"content\": record[\"output\"]}", "\"content\": record[\"output\"].removesuffix(\"\\n\")}")),
        "a list of one record is a record": but(RECORDS, ("        if type(record) is not dict", "        if type(record) is list and len(record) == 1:\n            record = record[0]\n        if type(record) is not dict")),
        "counts records": but(RECORDS, ("        number += 1\n        if line.strip() == \"\":\n            continue\n",
                                        "        if line.strip() == \"\":\n            continue\n        number += 1\n")),
        "counts from 0": but(RECORDS, ("number = [], [], start - 1", "number = [], [], start - 2")),
        "always from 1": but(RECORDS, ("number = [], [], start - 1", "number = [], [], 0")),
        "broken lines are left out in silence": but(RECORDS, ("            faults.append((number, \"json\"))\n", "")),
        "raises": but(RECORDS, ("            faults.append((number, \"json\"))\n            continue", "            raise ValueError(number)")),
        "no JSON is no object": but(RECORDS, ("(number, \"json\")", "(number, \"object\")")),
        "texts of the line": but(RECORDS, ("(number, \"object\")", "(str(number), \"object\")")),
        "missing and empty alike": but(RECORDS, ("type(record.get(\"output\")) is not str", "not record.get(\"output\")")),
        "the output first": but(RECORDS, ("        if type(record.get(\"instruction\")) is not str:",
                                          "        if type(record.get(\"output\")) is not str:\n"
                                          "            faults.append((number, \"output\"))\n"
                                          "        elif type(record.get(\"instruction\")) is not str:")),
        "an input in front": but(RECORDS, ("content = content + \"\\n\" + more", "content = more + \"\\n\" + content")),
        "an empty line between": but(RECORDS, ("content + \"\\n\" + more", "content + \"\\n\\n\" + more")),
        "stripped": but(RECORDS, ("content = record[\"instruction\"]", "content = record[\"instruction\"].strip()")),
        "a false input is none": but(RECORDS, ("if more is None:", "if not more:")),
        "input must be there": but(RECORDS, ("record.get(\"input\")", "record.get(\"input\", 0)")),
        "control characters are let in": but(RECORDS, ("json.loads(line)", "json.loads(line, strict=False)")),
        "single quotes are mended": but(RECORDS, ("json.loads(line)", "json.loads(line if '\"' in line else line.replace(\"'\", '\"'))")),
        "the first record of a line": but(RECORDS, ("json.loads(line)", "json.JSONDecoder().raw_decode(line)[0]")),
        "one conversation of all": but(RECORDS, ("talks.append([", "talks.extend([")),
        "numbers are texts too": but(RECORDS, ("content = record[\"instruction\"]", "content = str(record[\"instruction\"])"),
                                     ("type(record.get(\"instruction\")) is not str", "record.get(\"instruction\") is None")),
        "stops at the first fault": but(RECORDS, ("faults.append((number, \"object\"))\n            continue", "faults.append((number, \"object\"))\n            break")),
    },
}

RIGHT = {
    "render": {
        "parts that are summed": RENDER,
        "heading and text one after the other": but(RENDER, (
            "parts.append(tokenizer.encode(template.heading.get(m[\"role\"], \"\") + m[\"content\"]))",
            "text = m[\"content\"]\n        if m[\"role\"] in template.heading:\n"
            "            text = template.heading[m[\"role\"]] + text\n        parts.append(tokenizer.encode(text))")),
    },
    "answer_targets": {
        "two loops": TARGETS,
        "sums of openings": """
def answer_targets(ids, opens, closes):
    T = ids.shape[1]
    t = torch.arange(T, device=ids.device)
    mark = torch.where((ids == opens) | (ids == closes), t, -1).cummax(1).values
    inside = (mark >= 0) & (ids.gather(1, mark.clamp(min=0)) == opens)
    targets = torch.full_like(ids, -100, dtype=torch.long)
    targets[:, :-1] = torch.where(inside[:, :-1], ids[:, 1:].long(), -100)
    return targets
""",
    },
    "example_weights": {
        "a loop over examples": WEIGHTS,
        "one-hot": """
def example_weights(targets, examples):
    asked = (targets != -100).float()
    if asked.sum() == 0:
        raise ValueError("no target")
    which = (examples.flatten()[:, None] == examples.unique()[None]).float() * asked.flatten()[:, None]
    sizes = which.sum(0)
    which = which[:, sizes > 0] / sizes[sizes > 0]
    return (which.sum(1) / which.shape[1]).view(targets.shape)
""",
    },
    "apart": {
        "a loop over places": APART,
        "counting": """
def apart(numbers):
    same = numbers[:, :, None] == numbers[:, None, :]
    T = numbers.shape[1]
    seen = same & (torch.arange(T, device=numbers.device)[:, None] >= torch.arange(T, device=numbers.device))
    return seen.sum(-1) - 1, ~seen
""",
    },
    "conversations": {
        "one check after the other": RECORDS,
        "with match": but(RECORDS, ("        if type(record) is not dict:", "        if not hasattr(record, \"items\"):")),
    },
}

"""Answers to finetuning, as learners write them: wrong ones that a test must catch, right unusual ones."""

COPY = """
def longest_copy(text, sources):
    words, best = text.split(), []
    for source in sources:
        other = source.split()
        before = [0] * (len(other) + 1)
        for i, word in enumerate(words):
            now = [0] * (len(other) + 1)
            for j, theirs in enumerate(other):
                if word == theirs:
                    now[j + 1] = before[j] + 1
                    start = i + 1 - now[j + 1]
                    if now[j + 1] > len(best) or (now[j + 1] == len(best) and start < begin):
                        best, begin = words[start:i + 1], start
            before = now
    return best
"""
CLASSIFIER = """
class Classifier(nn.Module):
    def __init__(self, body, classes):
        super().__init__()
        self.body = body
        self.head = nn.Linear(body.config.d_model, classes)
    def forward(self, ids, lengths):
        x = self.body.embed(ids)
        for block in self.body.blocks:
            x = block(x)
        x = self.body.final_norm(x)
        last = (lengths - 1)[:, None, None].expand(-1, 1, x.shape[-1])
        return self.head(x.gather(1, last)[:, 0])
"""
FREEZE = """
def freeze(model, *learning):
    chosen, count = set(), 0
    named = list(model.named_parameters(remove_duplicate=False))
    for part in learning:
        found = [id(p) for n, p in named if n == part or n.startswith(part + ".")]
        if not found:
            raise ValueError(f"no parameter belongs to {part}")
        chosen.update(found)
    for weight in model.parameters():
        weight.requires_grad_(id(weight) in chosen)
        if id(weight) in chosen:
            count += weight.numel()
    return count
"""
OPENED = """
def opened(plot):
    last = stories.events(plot)[-1]
    for n, (number, _) in enumerate(plot.sentences, start=1):
        if stories.WORLD.wordings[number].beat.event == last:
            return stories.beginning(plot, n)
"""
LORA = """
class LoRA(nn.Module):
    def __init__(self, layer, rank, alpha):
        super().__init__()
        self.layer, self.scale, I = layer.requires_grad_(False), alpha / rank, layer.in_features
        self.a = nn.Parameter(layer.weight.new_empty(rank, I).normal_(std=I**-0.5))
        self.b = nn.Parameter(layer.weight.new_zeros(layer.out_features, rank))
    def forward(self, x):
        return self.layer(x) + torch.nn.functional.linear(torch.nn.functional.linear(x, self.a), self.b) * self.scale
    def merged(self):
        import copy
        one = copy.deepcopy(self.layer)
        one.requires_grad_(True)
        one.weight.data = one.weight.data + self.scale * (self.b.data @ self.a.data)
        return one
"""


def but(text, *changes):
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


WRONG = {
    "longest_copy": {
        "its length": but(COPY, ("return best", "return len(best)")),
        "a string": but(COPY, ("return best", "return ' '.join(best)")),
        "the last of equals": but(COPY, ("(now[j + 1] == len(best) and start < begin)", "now[j + 1] == len(best)")),
        "words of all sources in a row": but(COPY, ("    for source in sources:\n        other = source.split()\n",
                                                    "    for source in [' '.join(sources)]:\n        other = source.split()\n")),
        "a subsequence": """
def longest_copy(text, sources):
    best = []
    for source in sources:
        rest, found = iter(source.split()), []
        found = [word for word in text.split() if word in rest]
        best = max(best, found, key=len)
    return best
""",
        "parts of words": """
def longest_copy(text, sources):
    words = text.split()
    best = []
    for a in range(len(words)):
        for b in range(a + 1, len(words) + 1):
            if b - a > len(best) and any(" ".join(words[a:b]) in " ".join(s.split()) for s in sources):
                best = words[a:b]
    return best
""",
        "only the first hundred words": but(COPY, ("words, best = text.split(), []", "words, best = text.split()[:100], []")),
        "the first source's of equals": but(COPY, (" or (now[j + 1] == len(best) and start < begin)", "")),
        "goes on behind the stretch it has found": """
def longest_copy(text, sources):
    words, best, i = text.split(), [], 0
    others = [s.split() for s in sources]
    while i < len(words):
        found = 0
        for other in others:
            for j in range(len(other)):
                n = 0
                while i + n < len(words) and j + n < len(other) and words[i + n] == other[j + n]:
                    n += 1
                found = max(found, n)
        if found > len(best):
            best = words[i:i + found]
        i += max(found, 1)
    return best
""",
        "goes on in the source behind what it has tried": """
def longest_copy(text, sources):
    words, best = text.split(), []
    for i in range(len(words)):
        for source in sources:
            other, j = source.split(), 0
            while j < len(other):
                n = 0
                while i + n < len(words) and j + n < len(other) and words[i + n] == other[j + n]:
                    n += 1
                if n > len(best):
                    best = words[i:i + n]
                j += max(n, 1)
    return best
""",
        "line by line": """
def longest_copy(text, sources):
    best = []
    for line in text.splitlines():
        words = line.split()
        for i in range(len(words)):
            for source in map(str.split, sources):
                for j in range(len(source)):
                    n = 0
                    while i + n < len(words) and j + n < len(source) and words[i + n] == source[j + n]:
                        n += 1
                    if n > len(best):
                        best = words[i:i + n]
    return best
""",
        "without punctuation": but(COPY, ("words, best = text.split(), []", "words, best = text.replace('.', '').split(), []")),
        "a bar between the sources": but(COPY, (
            "    for source in sources:\n        other = source.split()\n",
            "    for source in [' | '.join(sources)]:\n        other = source.split()\n")),
        "leaves out what is too frequent": but(COPY, (
            "if word == theirs:", "if word == theirs and (len(other) < 200 or other.count(theirs) <= len(other) // 100 + 1):")),
    },
    "Classifier": {
        "the last place": but(CLASSIFIER, ("x.gather(1, last)[:, 0]", "x[:, -1]")),
        "the token after": but(CLASSIFIER, ("(lengths - 1)", "lengths.clamp(max=ids.shape[1] - 1)")),
        "without the norm": but(CLASSIFIER, ("        x = self.body.final_norm(x)\n", "")),
        "the mean of the text": but(CLASSIFIER, ("x.gather(1, last)[:, 0]",
                                                 "torch.stack([row[:n].mean(0) for row, n in zip(x, lengths)])")),
        "the body's own bets": but(CLASSIFIER, ("self.head(x.gather(1, last)[:, 0])",
                                                "self.body.head(x.gather(1, last)[:, 0])")),
        "without gradients for the body": but(CLASSIFIER, ("x = self.body.final_norm(x)",
                                                           "x = self.body.final_norm(x).detach()")),
        "the first block twice": but(CLASSIFIER, ("for block in self.body.blocks", "for block in [self.body.blocks[0]] * 2")),
        "puts the body to sleep": but(CLASSIFIER, ("        x = self.body.embed(ids)",
                                                   "        self.body.eval()\n        x = self.body.embed(ids)")),
        "a row alone loses a dimension": but(CLASSIFIER, ("return self.head(x.gather(1, last)[:, 0])",
                                                          "return self.head(x.gather(1, last)).squeeze()")),
        "the length guessed from the filling": but(CLASSIFIER, (
            "        last = (lengths - 1)", "        lengths = (ids != ids[:, -1:]).sum(1).clamp(min=1)\n        last = (lengths - 1)")),
        "probabilities": but(CLASSIFIER, ("x.gather(1, last)[:, 0])", "x.gather(1, last)[:, 0]).softmax(-1)")),
        "takes the body's own head away": but(CLASSIFIER, (
            "        x = self.body.embed(ids)\n        for block in self.body.blocks:\n            x = block(x)\n"
            "        x = self.body.final_norm(x)\n",
            "        self.body.head = nn.Identity()\n        x = self.body(ids)\n")),
        "rows as wide as the longest text": but(CLASSIFIER, (
            "x.gather(1, last)[:, 0]",
            "x.flatten(0, 1)[torch.arange(len(ids), device=ids.device) * lengths.max() + lengths - 1]")),
    },
    "freeze": {
        "without the dot": but(FREEZE, ('n == part or n.startswith(part + ".")', "n.startswith(part)")),
        "in the middle of a name, between dots": but(FREEZE, ('n == part or n.startswith(part + ".")', 'f".{part}." in f".{n}."')),
        "at the end of a name": but(FREEZE, ('n == part or n.startswith(part + ".")',
                                             'f"{n}.".startswith(part + ".") or n.endswith("." + part)')),
        "content with a part that has no numbers": but(FREEZE, (
            "if not found:", "if not found and part not in [n for n, _ in model.named_modules() if n]:")),
        "the numbers of each part added up": but(
            FREEZE, ("        chosen.update(found)\n",
                     "        chosen.update(found)\n        count += sum({id(p): p.numel() for _, p in named if id(p) in found}.values())\n"),
            ("            count += weight.numel()", "            pass")),
        "anywhere in the name": but(FREEZE, ('n == part or n.startswith(part + ".")', "part in n")),
        "never wakes anything": but(FREEZE, ("weight.requires_grad_(id(weight) in chosen)",
                                             "weight.requires_grad_(weight.requires_grad and id(weight) in chosen)")),
        "counts tensors": but(FREEZE, ("count += weight.numel()", "count += 1")),
        "says nothing of a wrong name": but(FREEZE, ("if not found:", "if False:")),
        "a KeyError": but(FREEZE, ("raise ValueError(", "raise KeyError(")),
        "freezes before it looks": but(FREEZE, ("    chosen, count = set(), 0\n",
                                                "    model.requires_grad_(False)\n    chosen, count = set(), 0\n")),
        "leaves what learned already": but(FREEZE, ("weight.requires_grad_(id(weight) in chosen)",
                                                    "weight.requires_grad_(weight.requires_grad or id(weight) in chosen)")),
        "a dot is any letter": but(FREEZE, ("        found = [", "        import re\n        found = ["),
                                   ('n == part or n.startswith(part + ".")', "re.match(part + r'(\\.|$)', n)")),
        "a dot before the names of the root": but(FREEZE, (
            "list(model.named_parameters(remove_duplicate=False))",
            "[(f'{of}.{n}', p) for of, module in model.named_modules(remove_duplicate=False)\n"
            "             for n, p in module.named_parameters(recurse=False, remove_duplicate=False)]")),
        "meets a module under two names once": but(FREEZE, (
            "list(model.named_parameters(remove_duplicate=False))",
            "[(f'{of}.{n}' if of else n, p) for of, module in model.named_modules()\n"
            "             for n, p in module.named_parameters(recurse=False)]")),
        "names in any case": but(FREEZE, ('n == part or n.startswith(part + ".")',
                                          'f"{n}.".lower().startswith(f"{part}.".lower())')),
        "names as patterns": but(FREEZE, ("        found = [", "        import fnmatch\n        found = ["),
                                 ('n == part or n.startswith(part + ".")',
                                  'n == part or fnmatch.fnmatchcase(n, f"{part}.*")')),
        "the running numbers count as well": but(FREEZE, (
            "    return count", "    return count + sum(x.numel() for n, x in model.named_buffers()\n"
            "                       if any(f'{n}.'.startswith(f'{part}.') for part in learning))")),
        "begins anew at zero": but(FREEZE, ("    return count", "    for p in model.parameters():\n        if p.requires_grad:\n"
                                            "            p.data = torch.zeros_like(p)\n    return count")),
        "counts what is not zero": but(FREEZE, ("count += weight.numel()", "count += int(weight.count_nonzero())")),
    },
    "opened": {
        "the whole event": but(OPENED, ("    for n, (number, _) in enumerate(plot.sentences, start=1):",
                                        "    for n, (number, _) in reversed(list(enumerate(plot.sentences, start=1))):")),
        "before the event": but(OPENED, ("stories.beginning(plot, n)", "stories.beginning(plot, n - 1)")),
        "the first event": but(OPENED, ("stories.events(plot)[-1]", "stories.events(plot)[0]")),
        "always five sentences": "def opened(plot):\n    return stories.beginning(plot, 5)",
        "where an ending is still open": """
def opened(plot):
    n = stories.before_the_end(plot)
    while max(stories.outlook(plot, n).values()) == 1 and n > 1:
        n -= 1
    return stories.beginning(plot, n)
""",
        "two before the end": "def opened(plot):\n    return stories.beginning(plot, stories.before_the_end(plot) - 2)",
        "paragraphs": "def opened(plot):\n    return '\\n'.join(stories.tell(plot).split('\\n')[:-1])",
        "with a line end": but(OPENED, ("return stories.beginning(plot, n)", "return stories.beginning(plot, n) + '\\n'")),
        "one paragraph": but(OPENED, ("return stories.beginning(plot, n)",
                                      "return stories.beginning(plot, n).replace('\\n', ' ')")),
    },
    "LoRA": {
        "without the scale": but(LORA, (", self.b) * self.scale", ", self.b)")),
        "merged without the scale": but(LORA, ("self.scale * (self.b.data", "1.0 * (self.b.data")),
        "a scale of alpha": but(LORA, (", self.b) * self.scale", ", self.b) * self.scale * len(self.a)")),
        "merged into the layer itself": but(LORA, ("one = copy.deepcopy(self.layer)", "one = self.layer")),
        "shares its bias": but(LORA, ("        return one", "        one.bias = self.layer.bias\n        return one")),
        "the change alone": but(LORA, ("return self.layer(x) + ", "return ")),
        "lets nothing through to the input": but(LORA, ("linear(torch.nn.functional.linear(x, self.a)",
                                                        "linear(torch.nn.functional.linear(x.detach(), self.a)")),
        "in float32": but(LORA, (", self.b) * self.scale", ", self.b).float() * self.scale")),
        "only while it trains": but(LORA, ("        return self.layer(x) + torch",
                                           "        if not self.training:\n            return self.layer(x)\n        return self.layer(x) + torch")),
        "merging ends the learning": but(LORA, ("        return one", "        self.requires_grad_(False)\n        return one")),
        "merging puts it to sleep": but(LORA, ("        return one", "        self.eval()\n        return one")),
        "the layer without a gradient": but(LORA, ("        return self.layer(x) + ",
                                                   "        with torch.no_grad():\n            base = self.layer(x)\n        return base + ")),
        "b frozen": but(LORA, (", self.b) * self.scale", ", self.b.detach()) * self.scale")),
        "hands out the layer while b is zero": but(LORA, (
            "        import copy\n", "        import copy\n        if not self.b.any():\n            return self.layer\n")),
        "merges on the CPU": but(LORA, (
            "one = copy.deepcopy(self.layer)",
            "one = nn.Linear(*self.a.shape[1:], len(self.b), bias=self.layer.bias is not None, dtype=self.b.dtype)\n"
            "        one.load_state_dict(self.layer.state_dict())")),
        "merges in the layer, and takes it out again": but(LORA, ("        return one", """        with torch.no_grad():
            change = self.scale * (self.b @ self.a)
            self.layer.weight += change
            one = copy.deepcopy(self.layer)
            self.layer.weight -= change
        return one""")),
        "wakes the layer in merging": but(LORA, ("        return one", "        self.layer.requires_grad_(True)\n        return one")),
        "in float32, and back": but(LORA, (
            "linear(torch.nn.functional.linear(x, self.a), self.b) * self.scale",
            "linear(torch.nn.functional.linear(x.float(), self.a.float()), self.b.float()).to(x.dtype) * self.scale")),
        "keeps its product while it sleeps": but(LORA, (
            "        return self.layer(x) + torch",
            "        if not self.training:\n            kept = vars(self).setdefault('kept', self.scale * (self.b @ self.a).T)\n"
            "            return self.layer(x) + x @ kept\n        vars(self).pop('kept', None)\n"
            "        return self.layer(x) + torch")),
    },
}

RIGHT = {
    "longest_copy": {
        "a table of pairs": COPY,
        "all stretches, the longest first": """
def longest_copy(text, sources):
    words, others = text.split(), [source.split() for source in sources]
    grams = {}
    for size in range(1, len(words) + 1):
        grams = {tuple(o[i:i + size]) for o in others for i in range(len(o) - size + 1)}
        here = [words[i:i + size] for i in range(len(words) - size + 1) if tuple(words[i:i + size]) in grams]
        if not here:
            break
        best = here[0]
    else:
        return words
    return best if size > 1 else []
""",
    },
    "Classifier": {
        "gather": CLASSIFIER,
        "row by row": but(CLASSIFIER, (
            "        last = (lengths - 1)[:, None, None].expand(-1, 1, x.shape[-1])\n        return self.head(x.gather(1, last)[:, 0])",
            "        return torch.stack([self.head(row[n - 1]) for row, n in zip(x, lengths)])")),
    },
    "freeze": {
        "a set of names": FREEZE,
        "split at the dots": """
def freeze(model, *learning):
    named = list(model.named_parameters(remove_duplicate=False))
    wanted = [part.split(".") for part in learning]
    for w in wanted:
        if not any(name.split(".")[:len(w)] == w for name, _ in named):
            raise ValueError("there is no part " + ".".join(w))
    for _, p in named:
        p.requires_grad = False
    for name, p in named:
        if any(name.split(".")[:len(w)] == w for w in wanted):
            p.requires_grad = True
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
""",
    },
    "opened": {
        "the first that fits": OPENED,
        "by the line ends": """
def opened(plot):
    ends = stories.tell(plot).count("\\n") - 1
    return next(text for n in range(len(plot.sentences)) if (text := stories.beginning(plot, n)).count("\\n") == ends)
""",
        "index": """
def opened(plot):
    names = [stories.WORLD.wordings[number].beat.event for number, _ in plot.sentences]
    return stories.beginning(plot, names.index(stories.events(plot)[-1]) + 1)
""",
    },
    "LoRA": {
        "functional": LORA,
        "through the merged matrix": but(LORA, (
            "self.layer(x) + torch.nn.functional.linear(torch.nn.functional.linear(x, self.a), self.b) * self.scale",
            "torch.nn.functional.linear(x, self.layer.weight + self.scale * (self.b @ self.a), self.layer.bias)")),
    },
}

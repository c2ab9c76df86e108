"""Books of grades to look at: a class of any size, and texts that would like to be markup."""

import random
import re

HOSTILE = [
    "<script>alert(1)</script>", "</td></tr></table><h1>A+</h1>", "</title><img src=x onerror=alert(1)>",
    "{{7*7}}{% raw %}", "javascript:alert(1)", "\u202egrades\u2066", "a\0b", "\x1b[31mred", "x" * 100_000,
    "\ud800<b>\udfff", '" onclick="x()"', "' style='position:fixed", "<!--", "]]>", "&lt;b&gt;&#60;b&#62;",
    "a" + "\u0301" * 500, "`<b>`", "</style><style>*{}",
]  # fmt: skip
LABELS = {
    "attend": ["with only one place to look at, its value comes back", "the weights add up to one",
               "keys that fit better weigh more, as e to the power of query · key", "large scores do not overflow"],
    "causal_attention": ["the weights of each position add up to one", "the first position can only look at itself",
                         "no position sees what comes after it", "the scores are divided by the square root of D",
                         "nothing of the future is seen however large the scores", "gradients reach q, k and v"],
    "sinusoids": ["at position 0 every sine is 0 and every cosine is 1", "the rates depend on the width"],
    "look": ["a query of zeros gives the mean of all values", "works on its input's device"],
    "local_attention": ["with a window of 1 each position sees only itself", "a longer window hides only the future"],
    "merge": ["ids below 256 are bytes", "the most frequent pair is merged first"],
}  # fmt: skip
POINTS = {"attend": 2, "causal_attention": 3, "sinusoids": 2, "look": 2, "local_attention": 4, "merge": 2}
CHAPTERS = [
    {"word": word, "number": number, "title": title, "points": sum(POINTS[name] for name in names),
     "exercises": [{"name": name, "points": POINTS[name]} for name in names]}
    for word, number, title, names in (
        ("bpe", "02", "Byte pairs: words made of pieces", ["merge"]),
        ("attention", "07", "Attention: go back and look", [name for name in LABELS if name != "merge"]))
]  # fmt: skip
PROBLEMS = ["it is not a notebook: its text is no complete JSON", "it is a link to somewhere else",
            "it is of notebook format 3: open it in JupyterLab and save it again",
            "it has 200 MB; a notebook of this course has less than one"]  # fmt: skip


def exercise(name, kind="right", **said):
    """An exercise of the book that ended in one of the ways that the judge knows."""
    labels, points = LABELS[name], POINTS[name]
    last = len(labels) - 1
    verdicts, reason, expected, got, cause = [[label, "not reached"] for label in labels], "", "", "", ""
    if kind == "right":
        verdicts = [[label, "held"] for label in labels]
    elif kind == "wrong":
        verdicts = [[label, "held" if i < last - 1 else "failed"] for i, label in enumerate(labels)]
        reason, expected, got = labels[max(last - 1, 0)], "at [0, 1] 0.7311", "at [0, 1] 1 (3 of 9 numbers differ)"
        cause = "the scores are divided by D, not by its root"
    elif kind == "raised":
        verdicts[:2] = [[labels[0], "held"], [labels[1], "failed"]]
        reason, expected, got = labels[1], "an answer", "NameError: name 'softmaxx' is not defined"
    elif kind == "hung":
        verdicts[0] = [labels[0], "failed"]
        reason = f"{labels[0]}: it did not end within 10 seconds"
    else:
        reason = {"blank": "not written yet", "gone": "it is not defined in this notebook",
                  "taken": "this earns nothing: it is to be built by hand, and yours uses `torch.softmax`",
                  "undefined": "it cannot be defined: SyntaxError: '(' was never closed",
                  "unread": "cell 7 cannot be read: unterminated string"}[kind]
    return {"name": name, "points": points, "earned": points if kind == "right" else 0, "verdicts": verdicts,
            "reason": reason, "expected": expected, "got": got, "cause": cause, "seconds": 0.1} | said  # fmt: skip


def entry(student="ada", word="attention", kinds=(), **said):
    """An entry of the book. kinds: one for each exercise of the chapter; those left out are right."""
    chapter = next(c for c in CHAPTERS if c["word"] == word)
    kinds = list(kinds) + ["right"] * len(chapter["exercises"])
    made = [exercise(e["name"], kind) for e, kind in zip(chapter["exercises"], kinds, strict=False)]
    whole = {"student": student, "file": f"{student}/ps1/{chapter['number']}_{word}.ipynb", "assignment": "ps1",
             "chapter": word, "sha256": "3f" * 32, "handed_in": 1764000000.0, "late_seconds": 0, "kept": 1.0,
             "problem": "", "points": chapter["points"], "exercises": made, "seconds": 1.2} | said  # fmt: skip
    if whole["problem"]:
        whole["exercises"] = []
    whole["earned"] = sum(one["earned"] for one in whole["exercises"])
    return whole | {"score": whole["earned"] * whole["kept"]}


def book(entries, **said):
    ordered = sorted(entries, key=lambda e: (e["student"], e["chapter"], e["file"]))
    return {"format": 1, "course": "small-world 0.1.0", "seed": 20261, "isolation": ["limits", "files"],
            "late": "10% a day after 2026-12-01 23:59", "chapters": CHAPTERS, "entries": ordered} | said  # fmt: skip


def a_class(size, seed=1):
    """A book of a class in which exercises differ in how hard they are, and students in how strong."""
    dice, entries = random.Random(seed), []
    for number in range(size):
        student, strength = f"student{number:04d}", dice.gauss(0.3, 1.1)
        for chapter in CHAPTERS:
            kinds = ["right" if dice.gauss(strength, 0.8) > hard / 3 - 0.8 else
                     dice.choice(["wrong", "wrong", "raised", "hung", "blank", "taken", "undefined"])
                     for hard in range(len(chapter["exercises"]))]  # fmt: skip
            late = dice.random() < 0.1
            one = entry(student, chapter["word"], kinds, late_seconds=97_200 if late else 0, kept=0.8 if late else 1.0,
                        problem=dice.choice(PROBLEMS) if dice.random() < 0.03 else "")  # fmt: skip
            for part in one["exercises"]:
                part["seconds"] = round(dice.lognormvariate(-2, 0.5), 3)
                if dice.random() < 0.01:
                    part["flags"] = ["a library's operator ran that the text does not name: aten::softmax"]
            entries.append(one)
    return book(entries)


def every_kind(student="ada"):
    """One student's entries with every way in which an exercise or a file may end."""
    return [
        entry(student, "bpe", ["gone"]),
        entry(student, "attention", ["right", "wrong", "raised", "blank", "taken"], late_seconds=97_200, kept=0.8),
        entry(student, "attention", ["hung", "undefined", "unread", "right", "right"]),
        entry(student, "bpe", problem=PROBLEMS[0]),
        entry(student, "bpe", problem="the notebook's chapter is not known", chapter=""),
    ]


def hostile(text):
    """The same student with a text in the place of everything that a student can write."""
    def spoil(one):
        own = one["reason"] and one["reason"] not in LABELS[one["name"]]
        return one | {"got": text, "reason": one["reason"] + text if own else one["reason"]}

    return [one | {"student": text, "file": text, "problem": one["problem"] and one["problem"] + text,
                   "exercises": [spoil(part) for part in one["exercises"]]} for one in every_kind(text)]  # fmt: skip


def harmless(text):
    return re.sub(r"\W", "x", text)[:20]

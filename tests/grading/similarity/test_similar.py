"""`course similar`: copies rank above honest work, the stub counts for nothing, and hostile notebooks are named."""

import json
import sys
import textwrap
import zipfile

import pytest
from adversarial.notebooks import RIGHT, notebook
from click.testing import CliRunner

from course_lib.classroom import layout
from course_lib.cli import main
from course_lib.grading.intake.hand_ins import found
from course_lib.grading.judging.plan import plan
from course_lib.grading.similarity.normal_form import grams, tokens
from course_lib.grading.similarity.similar import FINISHED, Side, compare, joined, marked

ATTENTION = {
    "one": RIGHT,
    "two": """
        def causal_attention(q, k, v):
            n = q.size(-2)
            s = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            allowed = torch.tril(torch.ones((n, n), device=q.device)) == 1
            s = torch.where(allowed, s, float("-inf"))
            return torch.matmul(torch.softmax(s, dim=-1), v)
        """,
    "three": """
        def causal_attention(q, k, v):
            where = torch.arange(q.shape[-2], device=q.device)
            products = torch.einsum("...td,...sd->...ts", q, k) * q.shape[-1] ** -0.5
            products[..., where[None, :] > where[:, None]] = -torch.inf
            return torch.einsum("...ts,...se->...te", products.softmax(-1), v)
        """,
    "four": """
        def causal_attention(q, k, v):
            answers = []
            for t in range(q.shape[-2]):
                score = (k[..., :t + 1, :] * q[..., t:t + 1, :]).sum(-1) / q.shape[-1] ** 0.5
                answers.append((score.softmax(-1)[..., None] * v[..., :t + 1, :]).sum(-2))
            return torch.stack(answers, -2)
        """,
    "five": """
        def causal_attention(q, k, v):
            hide = torch.full((q.shape[-2], k.shape[-2]), -torch.inf, device=q.device).triu(diagonal=1)
            energy = q.mul(1 / q.shape[-1] ** 0.5).matmul(k.mT).add(hide)
            energy = energy.sub(energy.amax(-1, keepdim=True)).exp()
            return energy.div(energy.sum(-1, keepdim=True)).matmul(v)
        """,
    "six": """
        def causal_attention(query, key, value):
            *batch, length, width = query.shape
            logits = query @ key.swapaxes(-1, -2)
            logits /= width ** 0.5
            seen = torch.ones(length, length, device=query.device).tril().bool()
            logits = logits.masked_fill(~seen, torch.finfo(logits.dtype).min)
            return nn.functional.softmax(logits, -1) @ value
        """,
    "seven": """
        def causal_attention(q, k, v):
            T = q.shape[-2]
            bias = torch.zeros(T, T, device=q.device)
            bias[torch.triu_indices(T, T, 1).unbind()] = -math.inf
            flat = [x.reshape(-1, T, x.shape[-1]) for x in (q, k)]
            att = torch.baddbmm(bias, flat[0], flat[1].mT, alpha=q.shape[-1] ** -0.5)
            return att.softmax(-1).matmul(v.reshape(-1, T, v.shape[-1])).reshape(v.shape)
        """,
    "eight": """
        def causal_attention(q, k, v):
            d_k = q.size(-1)
            scores = q @ k.transpose(-2, -1) / math.sqrt(d_k)
            mask = torch.triu(torch.ones_like(scores, dtype=torch.bool), diagonal=1)
            scores = scores.masked_fill(mask, float('-inf'))
            weights = torch.softmax(scores, dim=-1)
            return weights @ v
        """,
    "nine": """
        def causal_attention(q, k, v):
            scores = (q @ k.mT) / q.shape[-1] ** 0.5
            T = scores.shape[-1]
            mask = torch.tril(torch.ones(T, T, device=scores.device))
            scores = scores.masked_fill(mask == 0, -float("inf"))
            probs = nn.functional.softmax(scores, dim=-1)
            out = probs @ v
            return out
        """,
}
COPIES = {
    "renamed": ATTENTION["two"].replace("n = q", "länge = q").replace("n, n", "länge, länge")
    .replace("allowed", "ok").replace("s = ", "w = ").replace("ok, s,", "ok, w,").replace("(s, dim", "(w, dim"),
    "commented": ATTENTION["two"].replace("n = q", "# mine, all mine\n            n = q")
    .replace(", v)", ",\n        v)"),
    "moved": """
        def causal_attention(q, k, v):
            n = q.size(-2)
            allowed = torch.tril(torch.ones((n, n), device=q.device)) == 1
            s = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            s = torch.where(allowed, s, float("-inf"))
            return torch.matmul(torch.softmax(s, dim=-1), v)
        """,
    "helped": """
        def hidden(n, where):
            return torch.tril(torch.ones((n, n), device=where)) == 1

        def causal_attention(q, k, v):
            s = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            s = torch.where(hidden(q.size(-2), q.device), s, float("-inf"))
            return torch.matmul(torch.softmax(s, dim=-1), v)
        """,
    "renamed, moved and commented": """
        def causal_attention(queries, keys, values):
            # first I find out how long it is
            length = queries.size(-2)
            ok = torch.tril(torch.ones((length, length), device=queries.device)) == 1   # who sees whom

            logits = torch.matmul(queries, keys.transpose(-2, -1)) / math.sqrt(queries.size(-1))
            logits = torch.where(ok, logits, float("-inf"))
            '''a string that says nothing'''
            return torch.matmul(torch.softmax(logits, dim=-1), values)
        """,
    "wrapped in a class": """
        class Help:
            def run(self, a, b, c):
                n = a.size(-2)
                s = torch.matmul(a, b.transpose(-2, -1)) / math.sqrt(a.size(-1))
                allowed = torch.tril(torch.ones((n, n), device=a.device)) == 1
                s = torch.where(allowed, s, float("-inf"))
                return torch.matmul(torch.softmax(s, dim=-1), c)

        def causal_attention(q, k, v):
            return Help().run(q, k, v)
        """,
    "with lines that do nothing": """
        def causal_attention(q, k, v):
            n = q.size(-2)
            unused = [i for i in range(3)]
            s = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            if n < 0:
                print("never")
            allowed = torch.tril(torch.ones((n, n), device=q.device)) == 1
            total = sum(unused) + 1
            s = torch.where(allowed, s, float("-inf"))
            return torch.matmul(torch.softmax(s, dim=-1), v)
        """,
    "methods for functions": """
        def causal_attention(q, k, v):
            n = q.size(-2)
            s = q.matmul(k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            allowed = torch.ones((n, n), device=q.device).tril() == 1
            s = torch.where(allowed, s, float("-inf"))
            return s.softmax(dim=-1).matmul(v)
        """,
}


def hand_in(folder, student, *cells):
    book = notebook(*(textwrap.dedent(cell) for cell in cells))
    (folder / f"{student}.ipynb").write_text(json.dumps(book), encoding="utf-8")


def alike(folder):
    return compare(found(folder), [layout.find_chapter("attention")], count=1)


def test_names_comments_layout_and_annotations_do_not_matter():
    forms = [{gram for gram, _ in grams(tokens([textwrap.dedent(text)]))} for text in (
        "def f(x, y):\n    z = x + y\n    return z > y\n",
        'def f(left: int, right):\n    """Text."""\n    both: int = (left +\n        right)  # no\n'
        "    return right < both\n")]
    assert forms[0] == forms[1] and forms[0]
    other = {gram for gram, _ in grams(tokens(["def f(x, y):\n    z = x + x\n    return z > y\n"]))}
    assert other != forms[0]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_ranks_above_every_honest_pair(tmp_path, copy):
    for student, text in ATTENTION.items():
        hand_in(tmp_path, student, text)
    hand_in(tmp_path, "copycat", COPIES[copy])
    pairs, problems = alike(tmp_path)
    assert not problems
    assert {pairs[0].left.student, pairs[0].right.student} == {"two", "copycat"}
    assert all(pair.alike < pairs[0].alike for pair in pairs[1:])


def test_honest_work_and_untouched_stubs_are_not_listed(tmp_path):
    for student, text in ATTENTION.items():
        hand_in(tmp_path, student, text)
    pairs, _ = alike(tmp_path)
    assert [{p.left.student, p.right.student} for p in pairs if not p.finished] == []
    stub = layout.find_chapter("attention").path.read_text(encoding="utf-8")
    for student in ("a", "b", "c"):
        (tmp_path / f"{student}.ipynb").write_text(stub, encoding="utf-8")
    pairs, problems = alike(tmp_path)
    assert not {"a", "b", "c"} & {side.student for p in pairs for side in (p.left, p.right)} and not problems


def test_a_copy_of_the_reference_is_said_to_be_one(tmp_path):
    for student in ("two", "three", "four"):
        hand_in(tmp_path, student, ATTENTION[student])
    hand_in(tmp_path, "copycat", layout.reference_source("attention", "causal_attention").replace("future", "later"))
    pairs, _ = alike(tmp_path)
    assert {pairs[0].left.student, pairs[0].right.student} == {FINISHED, "copycat"}
    ended = CliRunner().invoke(main, ["similar", str(tmp_path), "--chapter", "7"], env={"COLUMNS": "160"})
    assert ended.exit_code == 0 and "like the finished one" in ended.output


def test_hostile_notebooks_are_named_and_cost_nobody_else(tmp_path):
    hand_in(tmp_path, "two", ATTENTION["two"])
    hand_in(tmp_path, "<b>copy", COPIES["commented"].replace("# mine", "# <script>\u202e"))
    hand_in(tmp_path, "deep", "def causal_attention(q, k, v):\n    return " + "-" * 50_000 + "v\n")
    (tmp_path / "nested.ipynb").write_text("[" * 200_000, encoding="utf-8")
    (tmp_path / "empty.ipynb").write_text("", encoding="utf-8")
    (tmp_path / "large.ipynb").write_bytes(b" " * 20_000_001)
    ended = CliRunner().invoke(main, ["similar", str(tmp_path), "--out", str(tmp_path / "page.html")],
                               env={"COLUMNS": "160"})
    assert ended.exit_code == 0, ended.output
    for name in ("nested", "empty", "large", "deep"):
        assert f"Not compared: {name}.ipynb" in ended.output
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;copy" in page and "<b>copy" not in page and "<script>" not in page and "\u202e" not in page
    assert "<mark>" in page


def test_a_text_that_cannot_be_parsed_here_is_shown_without_marks():
    for text in ("-" * 200_000 + "x", "(" * 1000, "x = 1\0", "\ud800 = 1"):
        side = Side("ada", "ada.ipynb", [[3, text]], frozenset())
        assert marked(side, frozenset()) == [(3, [(text, False)])]


def test_long_code_is_shown_whole_and_a_zip_is_read(tmp_path):
    long = COPIES["commented"].replace("# mine", "# " + "mine\t" * 300)
    for student, text in (("two", ATTENTION["two"]), ("copycat", long)):
        hand_in(tmp_path, student, text)
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as book:
        for name in ("two", "copycat"):
            book.write(tmp_path / f"{name}.ipynb", f"{name}_07_attention.ipynb")
    ended = CliRunner().invoke(main, ["similar", str(tmp_path / "class.zip"), "--out", str(tmp_path / "page.html")])
    assert ended.exit_code == 0 and "copycat" in ended.output, ended.output
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "mine    " * 300 in page and "more characters" not in page and "default-src 'none'" in page
    ended = CliRunner().invoke(main, ["similar", str(tmp_path / "nothing")])
    assert ended.exit_code == 1 and "is not there. Give the folder, or the zip" in ended.output


def test_nothing_handed_in_is_no_error(tmp_path):
    ended = CliRunner().invoke(main, ["similar", str(tmp_path)])
    assert ended.exit_code == 0 and "No two submissions are alike." in ended.output


class Counted(str):
    """A text that counts the characters which are copied where it is joined to another by `+`."""

    copied = 0

    def __add__(self, other):
        Counted.copied += len(self) + len(other)
        return Counted(str(self) + str(other))


def steps(function, *arguments):
    """How many steps of Python's own machine a call takes, and what it gives."""
    count = 0

    def notice(frame, event, arg):
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return notice

    sys.settrace(notice)
    try:
        given = function(*arguments)
    finally:
        sys.settrace(None)
    return count, given


COMMENTED = {
    "comments within": lambda k: "def f(a, b):\n" + "    # one\n" * k + "    return a + b * 2\n",
    "a comment behind each line": lambda k: "def f(a, b):\n" + "    a = a + b  # one\n" * k + "    return a\n",
    "comments that are strings": lambda k: "def f(a, b):\n" + "    'one'\n" * k + "    return a + b * 2\n",
    "a string of many lines": lambda k: "def f(a, b):\n    '''" + "one\n" * k + "'''\n    return a + b * 2\n",
    "empty lines": lambda k: "def f(a, b):\n" + "\n" * k + "    return a + b * 2\n",
}


@pytest.mark.parametrize("kind", COMMENTED)
def test_twice_the_comments_are_twice_the_work(kind):
    """Of finding the answer, of its form and of its marks; what is done is counted, not the seconds."""
    said = {"blanks": ["f"], "given": [], "helpers": [], "by_hand": []}

    def work(k):
        data = json.dumps({"cells": [{"cell_type": "code", "source": COMMENTED[kind](k)}]}).encode()
        read, planned = steps(plan, data, {"exercises": {"f": said}, "closed": []})
        parts = planned["exercises"]["f"]["statements"]
        formed, form = steps(lambda: frozenset(gram for gram, _ in grams(tokens([text for _, text in parts]))))
        shown, cells = steps(marked, Side("ada", "ada.ipynb", parts, form), form)
        assert "".join(text for text, _ in cells[0][1]) == parts[0][1] and any(mark for _, mark in cells[0][1])
        return read, formed, shown

    for once, twice in zip(work(40), work(80), strict=True):
        assert twice < 2.2 * once


def test_pieces_side_by_side_are_put_together_without_copying_them_again_and_again():
    def work(k):
        Counted.copied = 0
        assert joined([(Counted("a line\n"), False)] * k) == [("a line\n" * k, False)]
        return Counted.copied

    assert work(1000) <= 2.2 * work(500)

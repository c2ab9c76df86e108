"""Every shape comment is true: checked against live tensors, over the hidden tests and over the whole library."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import course_lib
from course_lib.classroom import layout
from course_lib.classroom.authoring import shapes
from course_lib.classroom.checking.judge import Broken, record

LIBRARY = Path(course_lib.__file__).parent
CLAIMING = [path for path in sorted(LIBRARY.rglob("*.py")) if shapes.claims(str(path))]
EXERCISES = [pytest.param(e, id=e.full_name) for chapter in layout.chapters() for e in chapter.exercises()]


SEEN = set()     # the comments that the hidden tests have come by


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_comments_are_true_while_the_hidden_tests_run(exercise):
    with shapes.checked_shapes() as seen:
        run = record(layout.hidden_test(exercise.word, exercise.name), layout.reference(exercise.of, exercise.name))
    assert not [step for step in run if isinstance(step, Broken)]
    SEEN.update(seen)


LIBRARY_RUN = """
import ast, json, re, sys
from collections import Counter
from functools import cache
from pathlib import Path
import pytest
import course_lib
from course_lib.classroom.authoring import shapes

root = Path(course_lib.__file__).parent
claimed = {(str(path), line) for path in root.rglob("*.py") for line in shapes.claims(str(path))}
seen = set(map(tuple, json.load(sys.stdin)))

@cache
def definitions(path):
    "[(its name, its lines)] of every function and class of a file."
    return [(node.name, range(node.lineno, node.end_lineno + 1))
            for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))]

def words_of(item):
    "The words of a test."
    lines = Path(item.path).read_text(encoding="utf-8").splitlines()
    place = next(place for name, place in definitions(item.path) if name == item.originalname)
    return set(re.findall("[A-Za-z_]+", " ".join(lines[place.start - 1:place.stop - 1])))

class OnlyWhatIsNew:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        "Sooner than the others come, for each name that a comment stands under, the first three tests that say it."
        around = {name for path, line in claimed - seen for name, place in definitions(path) if line in place}
        said, later = Counter(), {}
        for item in items:
            names = around & words_of(item)
            later[item] = all(said[name] >= 3 for name in names)
            said.update(names)
        items.sort(key=later.get)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self):
        with shapes.checked_shapes() as new:
            self.new = new
            result = yield
        seen.update(new)
        return result

    def pytest_runtest_setup(self, item):
        words = item.path.stem.split("_")[1:]  # test_bpe_fast.py tests what is in bpe/, and so do tests of tests/bpe/
        here = [item.path.parent.name, *("_".join(words[:n]) for n in range(1, len(words) + 1))]
        left = [path for path, _ in claimed - seen - self.new
                if Path(path).relative_to(root).parts[0].removesuffix(".py") in here]
        if not left:
            pytest.skip("all comments of its module have been compared")

code = pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *sys.argv[1:]], plugins=[OnlyWhatIsNew()])
print(json.dumps([int(code), sorted(claimed - seen)]))
"""


@pytest.mark.slow
def test_every_comment_of_the_library_is_true_while_its_own_tests_run():
    words = {path.relative_to(LIBRARY).parts[0].removesuffix(".py") for path in CLAIMING}
    tests = layout.ROOT / "tests"
    places = [place for word in words for place in (f"test_{word}.py", f"test_{word}_*.py", f"{word}/test_*.py")]
    files = sorted({str(path) for place in places for path in tests.glob(place)})
    command = [sys.executable, "-c", LIBRARY_RUN, *files]
    run = subprocess.run(command, cwd=layout.ROOT, input=json.dumps(sorted(SEEN)), stdout=subprocess.PIPE, text=True)
    code, unseen = json.loads(run.stdout.splitlines()[-1])
    assert code == 0, run.stdout
    assert not unseen, "no test comes by these comments: " + ", ".join(f"{Path(p).name}:{n}" for p, n in unseen)


# --- the checker itself ----------------------------------------------------------------------------------------------

MODULE = '''
import torch


def right(x, n=2):
    B, T, C = x.shape
    y = x.transpose(1, 2)  # (B, C, T)
    q, k = y.chunk(2, 1)  # each (B, C // 2, T)
    z = torch.stack(
        [y, y],
    )  # (2, B, C, T), over two lines
    w = x.reshape(B, n * C // 2, T)  # (..., T)
    unknown = x[:, :3]  # (B, S, C)
    unknown = unknown + 0  # (B, S, C)
    s = x.sum()  # ()
    for i in range(2):
        part = x[i:]  # (P, T, C), fewer in each round
        y = y + 1  # (B, C, T), or a sentence (which is no shape)
    return z.flatten(0, 1)  # (2 * B, C, T)


class Layer(torch.nn.Module):
    def forward(self, x):
        B, T, C = x.shape
        self.kept = x.mean(1)  # (B, C)
        try:
            x = x.view(-1, 0)  # (B)
        except RuntimeError:
            pass
        return None  # (B, C)
'''
LIES = [("(B, C, T)\n    q", "(B, T, C)\n    q"), ("(B, C // 2, T)", "(B, C, T)"), ("(2, B, C, T), o", "(B, C, T), o"),
        ("(..., T)", "(..., C)"), ("  # ()", "  # (B)"), ("(2 * B, C, T)", "(2 + B, C, T)"),
        ("(B, C)\n        try", "(B, T)\n        try"), ("unknown + 0  # (B, S, C)", "unknown[:, :1] + 0  # (B, S, C)")]


def run_module(folder, text):
    path = folder / "module.py"
    path.write_text(text, encoding="utf-8")
    shapes.claims.cache_clear(), shapes.statements.cache_clear()
    spec = importlib.util.spec_from_file_location("module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with shapes.checked_shapes(folder) as seen:
        module.right(torch.zeros(3, 5, 6))
        module.Layer()(torch.zeros(3, 5, 6))
    return {line for _, line in seen}, set(shapes.claims(str(path)))


def test_true_comments_pass_and_are_all_seen(tmp_path):
    seen, claimed = run_module(tmp_path, MODULE)
    assert len(claimed) == 13 and claimed - seen == {max(claimed), sorted(claimed)[-2]}     # raised; returned no tensor
    assert sys.gettrace() is None


@pytest.mark.parametrize("true, lie", LIES)
def test_a_lie_is_caught(true, lie, tmp_path):
    assert MODULE.count(true) == 1
    with pytest.raises(shapes.WrongShape, match="the comment says"):
        run_module(tmp_path, MODULE.replace(true, lie))
    assert sys.gettrace() is None


@pytest.mark.parametrize("comment, sizes", [
    ("# (B, T, C)", ("B", "T", "C")), ("# each (B, H, T, D)", ("B", "H", "T", "D")), ("# (T,)", ("T",)), ("# ()", ()),
    ("# (..., T, T), one row per query", ("...", "T", "T")), ("# (B * T, V)", ("B * T", "V")),
    ("# 3 times (B, D)", ("B", "D")), ("# (2, B, T // 2)", ("2", "B", "T // 2")), ("# scores, (T)", ("T",)),
    ("# (L + 1, B * (T - 1))", ("L + 1", "B * (T - 1)")), ("# (see above)", None), ("# (2019)", None),
    ("# is O(T, T)", None), ("# (a sentence, with T)", None), ("# no bracket", None), ("# it calls f()", None),
])
def test_what_is_a_claim(comment, sizes):
    assert shapes.sizes_in(comment) == sizes

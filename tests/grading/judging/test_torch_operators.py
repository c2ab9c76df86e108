"""What a run called that its source hides: it earns nothing, and the instructor finds a remark."""

import json
import sys

import pytest
import torch
from adversarial.notebooks import RIGHT, TARGET, notebook, witness, write

from course_lib.classroom import layout, lesson
from course_lib.classroom.authoring.builder import solved
from course_lib.classroom.checking import torch_operators
from course_lib.grading import Grader
from course_lib.grading.judging.grader import message
from course_lib.grading.judging.states import REFUSED

SDPA = "torch.nn.functional.scaled_dot_product_attention"
HIDDEN = f"""
def causal_attention(q, k, v):
    if k.shape[-2] != q.shape[-2]:
        raise ValueError
    return {SDPA}(q, k, v, is_causal=True)
"""


@pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3), (2, 3, 5, 4)])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_library_function_is_known_by_its_operators_and_one_by_hand_is_not(shape, device):
    q = torch.ones(shape, device=device, requires_grad=True)
    space = {"torch": torch}
    exec(RIGHT, space)
    for function, known in ((lambda: torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True), True),
                            (lambda: torch.ops.aten.scaled_dot_product_attention(q, q, q), True),
                            (lambda: space[TARGET](q, q, q), False)):
        with torch_operators.recorded(True) as names:
            function().sum().backward()
        assert bool(torch_operators.refusal([SDPA, "torch.*"], names)) == known, names
        assert not torch_operators.refusal(["torch.*", "random.*"], names), "only what is forbidden"


@pytest.mark.parametrize("names", [None, 5, "aten", [5], [["aten"]], ["x" * 201], ["x"] * 1001, {}])
def test_what_are_no_names_is_refused(names):
    assert message(["end", names], b"")[0] == "bad"
    assert message(["end", [], []], b"")[0] == message(["end"], b"")[0] == "bad"


def test_nothing_that_a_worker_sends_is_repeated():
    hostile = ["<script>", "aten._safe_softmax<script>", "\ud800", ""]
    said = message(["end", hostile], b"")[1]
    assert SDPA in torch_operators.refusal([SDPA], said) and "script" not in torch_operators.refusal([SDPA], said)
    assert not torch_operators.refusal([SDPA], ["", "<script>", "x aten._safe_softmax"])


def test_check_refuses_it_as_a_grade_does(capsys):
    space, hidden = {"torch": torch}, "_scaled_dot_product_attention_math"
    exec(f"def {TARGET}(q, k, v):\n    return torch.{hidden}(q, k, v, is_causal=True)[0]\n", space)
    assert lesson("attention")(space[TARGET], points=3) is not space[TARGET]
    assert f"this earns nothing: it is to be built by hand, and operators of `{SDPA}`" in capsys.readouterr().out
    exec(RIGHT, space)
    assert lesson("attention")(space[TARGET], points=3) is space[TARGET]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="grading in isolation needs Linux")
def test_it_earns_nothing_and_is_named(tmp_path):
    path, chapter = tmp_path / "07_attention.ipynb", next(c for c in layout.chapters() if c.word == "attention")
    with Grader("attention", seed=3, seconds=30, total=120) as judge:
        path.write_text(json.dumps(solved(chapter)), encoding="utf-8")
        result = judge.grade(path)
        assert result.earned == result.points
        assert not [flag for exercise in result.exercises for flag in exercise.flags]
        judge.reading["exercises"] = {n: s | {"by_hand": []} for n, s in judge.reading["exercises"].items()}
        found = {e["name"]: e for e in judge.grade(write(path, notebook(HIDDEN, witness()))).as_dict()["exercises"]}
    assert found[TARGET]["earned"] == 0 and all(verdict == "held" for _, verdict in found[TARGET]["verdicts"])
    assert found[TARGET]["reason"] == REFUSED + torch_operators.refusal([SDPA], ["aten._safe_softmax"])
    assert "the source does not show it" in found[TARGET]["flags"][0]
    assert found["attend"]["earned"] == 2 and not found["attend"]["flags"]

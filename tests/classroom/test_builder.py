"""The builder: solutions and stubs from chapters and references. The desk: copies to work on, a look at a solution."""

import json
import os
import subprocess
import sys

import pytest

from course_lib.classroom import layout, workspace
from course_lib.classroom.authoring import builder, form
from course_lib.classroom.checking import variants

pytest_plugins = ["toy_course"]      # the fixtures `toy`, `standing_toy` and `making`


def the_chapter():
    return layout.chapters()[0]


def test_a_solution_is_the_chapter_with_the_references_own_source(toy):
    book, before = builder.solved(the_chapter()), json.loads(the_chapter().path.read_text(encoding="utf-8"))
    for exercise in the_chapter().exercises():
        text = layout.source(book["cells"][exercise.cell])
        assert text.startswith(layout.reference_source("toy", exercise.name))
        assert text.endswith(f"\n\n\n{exercise.name} = check({exercise.name}, points={exercise.points})")
        assert "NotImplementedError" not in text
        assert book["cells"][exercise.cell]["metadata"]["tags"] == [builder.COMPARED]
    changed = {exercise.cell for exercise in the_chapter().exercises()}
    assert [c for i, c in enumerate(book["cells"]) if i not in changed] == \
        [c for i, c in enumerate(before["cells"]) if i not in changed]
    assert [c["id"] for c in book["cells"]] == [c["id"] for c in before["cells"]]


STUB = '''@torch.no_grad()
def long(
    a,
    b=2,  # a comment
):
    """What it does.

    >>> long(1)
    3
    """
    raise NotImplementedError
'''


def test_blanking_keeps_everything_but_the_body():
    full = STUB.replace("    raise NotImplementedError\n", "    # think\n    c = a\n\n    return c + b\n")
    assert variants.blanked_text(full, {"long"}) == STUB
    bare = "def f(x):\n    # why\n    y = x\n    return y\n"
    assert variants.blanked_text(bare, {"f"}) == "def f(x):\n    raise NotImplementedError\n"
    one = 'class A:\n    def a(self):\n        return 1\n\n    def b(self):\n        """B."""\n        return 2\n'
    assert variants.blanked_text(one, {"b"}) == one.replace("return 2", "raise NotImplementedError")
    assert variants.blanked_text(one, {"a"}) == one.replace("return 1", "raise NotImplementedError")


def test_stubs_are_rewritten_and_not_a_byte_beside_them(toy):
    before = the_chapter().path.read_bytes()
    assert builder.build("toy", stubs=True) == []           # all as they should be: nothing is written
    assert the_chapter().path.read_bytes() == before
    module = toy / "course_lib" / "toy.py"
    text = module.read_text(encoding="utf-8").replace("def soften(x, by):", "def soften(x, by=1.0):")
    module.write_text(text.replace("Divide by", "Share by"), encoding="utf-8")
    sys.modules.pop("course_lib.toy")
    assert builder.build("toy", stubs=True) == [the_chapter().path]
    after = the_chapter().path.read_bytes()
    assert after == before.replace(b"def soften(x, by):", b"def soften(x, by=1.0):").replace(b"Divide by", b"Share by")


def test_a_comment_in_a_stub_is_the_authors_and_stays(toy, making):
    cells = making.chapter_cells()
    cells[3]["source"] = [line.replace("    raise", "    # one line\n    raise") for line in cells[3]["source"]]
    making.written(the_chapter().path, making.notebook(cells))
    assert builder.build("toy", stubs=True) == []


def test_a_class_keeps_what_is_given(toy):
    exercise = the_chapter().exercises()[2]
    assert layout.blanks(exercise.stub) == {"forward"}
    assert "self.slope = nn.Parameter" in layout.source(the_chapter().cells()[exercise.cell])


def test_copies_to_work_on(toy):
    place = workspace.start("3")
    assert place == toy / "work" / "03_toy.ipynb" and place.read_bytes() == the_chapter().path.read_bytes()
    place.write_text("mine", encoding="utf-8")
    assert workspace.start("03_toy") == place and place.read_text(encoding="utf-8") == "mine"
    fresh, backup = workspace.reset("toy")
    assert fresh.read_bytes() == the_chapter().path.read_bytes() and backup.read_text(encoding="utf-8") == "mine"
    assert workspace.reset("toy")[1].name == "03_toy.backup-2.ipynb" and backup.exists()
    fresh.unlink()
    assert workspace.reset("toy") == (fresh, None)


def test_a_look_at_a_solution(toy):
    assert workspace.solution("halves") == workspace.solution("toy.halves") == layout.reference_source("toy", "halves")
    with pytest.raises(LookupError, match="no exercise 'helves'.*toy.halves, toy.soften"):
        workspace.solution("helves")


@pytest.mark.parametrize("name", ["3", "03", "toy", "03_toy", "03_toy.ipynb", 3])
def test_a_chapter_goes_by_number_and_word(name, toy):
    assert layout.find_chapter(name).word == "toy"


@pytest.mark.parametrize("name", ["4", "tow", "", "03_", "../toy", "³"])
def test_an_unknown_chapter_is_refused_with_the_list(name, toy):
    with pytest.raises(LookupError, match="The chapters are: 03_toy"):
        layout.find_chapter(name)


FORM = {        # what is done to a sound chapter, and what must be said
    "an output": (lambda c: c[1]["outputs"].append({"output_type": "stream", "name": "o", "text": []}), "has outputs"),
    "a count": (lambda c: c[1].update(execution_count=3), "execution count"),
    "metadata": (lambda c: c[1].update(metadata={"scrolled": True}), "scrolled"),
    "another tag": (lambda c: c[1].update(metadata={"tags": ["skip-execution"]}), "skip-execution"),
    "an id twice": (lambda c: c[2].update(id="imports"), "comes twice"),
    "a machine's id": (lambda c: c[0].update(id="A_b"), "an id is made of"),
    "a long cell": (lambda c: c[1]["source"].extend(["\n"] + ["x = 1\n"] * 25), "at most 25"),
    "two code cells": (lambda c: c.insert(2, dict(c[1], id="again")), "a sentence is wanted"),
    "a magic": (lambda c: c[1]["source"].insert(0, "%matplotlib inline\n"), "magics"),
    "a picture from elsewhere": (lambda c: c[0]["source"].append("\n![x](https://a.org/b.png)"), "from elsewhere"),
    "a picture unsaid": (lambda c: c[0]["source"].append("\n![](b.svg)"), "alt text"),
    "another number": (lambda c: c[0].update(source=["# 4 · A toy\n", "\n", "Ten minutes."]), "does not begin"),
    "no minutes": (lambda c: c[0].update(source=["# 3 · A toy\n", "\n", "8 points."]), "minutes"),
    "no points": (lambda c: c[0].update(source=["# 3 · A toy\n", "\n", "Ten minutes, 18 points."]), "its points, 8"),
    "a wide line": (lambda c: c[1]["source"].append("\nx = " + "1 + " * 25 + "1"), "line 8 has 105 columns"),
    "another lesson": (lambda c: c[1].update(source=['check = lesson("tow")']), "lesson("),
    "an empty cell": (lambda c: c[0].update(source=[]), "empty"),
}
SETTING = {
    "two pushes": (lambda c: c[4]["source"].pop(), "third push"),
    "no pushes": (lambda c: c.pop(4), "third push"),
    "other points": (lambda c: c[2].update(source=["".join(c[2]["source"]).replace("1 point", "2 points")]), "worth 1"),
    "other hardness": (lambda c: c[2].update(source=["".join(c[2]["source"]).replace("easy", "hard")]), "heading says"),
    "no minutes": (lambda c: c[2].update(source=["### Exercise 1 · halve  (● easy · 1 point)"]), "no heading like"),
    "a hunt unsaid": (lambda c: c[12].update(source=["".join(c[12]["source"]).replace("Bug hunt: ", "")]), "Bug hunt"),
    "a check elsewhere": (lambda c: c[-1].update(source=["halves = check(halves, points=1)"]), "calls of check"),
    "a line after it": (lambda c: c[3]["source"].append("\nhalves([1])"), "does not end in"),
    "no symptom": (lambda c: c.pop(11), "shows the symptom"),
    "another id": (lambda c: c[3].update(id="stub"), "are called"),
}


def test_a_sound_chapter_has_nothing_wrong(toy):
    assert form.form_problems(the_chapter()) == [] and list(form.exercise_problems(the_chapter())) == []


@pytest.mark.parametrize("what", FORM)
def test_a_chapter_in_bad_form_is_told_so(what, toy, making):
    change, words = FORM[what]
    cells = making.chapter_cells()
    change(cells)
    making.written(the_chapter().path, making.notebook(cells))
    assert any(words in problem for problem in form.form_problems(the_chapter()))


@pytest.mark.parametrize("what", SETTING)
def test_an_exercise_set_wrongly_is_told_so(what, toy, making):
    change, words = SETTING[what]
    cells = making.chapter_cells()
    change(cells)
    making.written(the_chapter().path, making.notebook(cells))
    assert any(words in problem for problem in form.exercise_problems(the_chapter()))


def test_another_indent_is_told_so(toy):
    book = json.loads(the_chapter().path.read_text(encoding="utf-8"))
    the_chapter().path.write_text(json.dumps(book, indent=2), encoding="utf-8")
    assert any("json.dumps" in problem for problem in form.form_problems(the_chapter()))
    the_chapter().path.write_bytes(builder.as_text(book).replace("\n", "\r\n").encode())
    assert any("json.dumps" in problem for problem in form.form_problems(the_chapter()))


# --- in a real kernel ------------------------------------------------------------------------------------------------

def course(root, code):
    """Run code in another process in which the toy checkout is the course. Returns what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("COURSE_PROGRESS", None)
    run = subprocess.run([sys.executable, "-c", code], cwd=root / "work", env=environment, text=True, encoding="utf-8",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.mark.slow
def test_a_solution_is_built_executed_and_compared_by_nbval(standing_toy):
    course(standing_toy, "from course_lib.classroom import build; build()")
    path = standing_toy / "solutions" / "03_toy.ipynb"
    first = path.read_bytes()
    book = json.loads(first)
    assert form.solution_problems(the_chapter()) == []
    check = book["cells"][3]["outputs"]
    assert [set(o["data"]) for o in check] == [{"text/plain", "text/html"}]
    assert "".join(check[0]["data"]["text/plain"]).startswith("✓ halves · 1 point · all 3 properties hold")
    assert not (standing_toy / "work" / "progress.json").exists()
    assert first == builder.as_text(book).encode() and b'"execution": {' not in first
    text = first.decode().replace("✓ halves · 1 point · all 3", "✓ halves · 1 point · all 4")
    path.write_text(text, encoding="utf-8")     # one of its seven cells now says something else
    environment = {**os.environ, "PYTHONPATH": str(standing_toy), "OMP_NUM_THREADS": "1"}
    nbval = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(standing_toy), "-c", os.devnull,
             "--nbval-lax", "--nbval-current-env", str(path)]
    done = subprocess.run(nbval, env=environment, cwd=standing_toy, stdout=subprocess.PIPE, text=True, timeout=300)
    assert "1 failed, 6 passed" in done.stdout, done.stdout


@pytest.mark.slow
def test_a_cell_that_fails_refuses_the_build_and_keeps_the_old_solution(standing_toy, making):
    cells = making.chapter_cells()
    cells[-1]["source"] = ["1 / 0"]
    making.written(the_chapter().path, making.notebook(cells))
    place = standing_toy / "solutions" / "03_toy.ipynb"
    place.parent.mkdir()
    place.write_text("old", encoding="utf-8")
    said = course(standing_toy, "from course_lib.classroom import build, BuildError\n"
                                "try: build('toy')\nexcept BuildError as error: print('refused', error)")
    assert "refused 03_toy.ipynb, cell 'use'" in said and "ZeroDivisionError" in said
    assert place.read_text(encoding="utf-8") == "old"


def test_a_check_that_is_not_passed_refuses_the_build(toy, monkeypatch):
    def ran(book, name):
        for exercise in the_chapter().exercises():
            said = "✓ fine" if exercise.name != "soften" else "✗ soften · not yet"
            book["cells"][exercise.cell]["outputs"] = [{"output_type": "display_data", "data": {"text/plain": [said]}}]
        return book

    monkeypatch.setattr(builder, "executed", ran)
    with pytest.raises(builder.BuildError, match="soften is not ✓ in its solution: ✗ soften · not yet"):
        builder.build("toy")
    assert not (toy / "solutions").exists()


INTERRUPT = '''
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3")


def run(code):
    message, said = client.execute(code), []
    while True:
        reply = client.get_iopub_msg(timeout=60)
        content = reply["content"]
        if reply["parent_header"].get("msg_id") != message:
            continue
        if reply["msg_type"] == "display_data":
            said.append(content["data"]["text/plain"])
            if said == ["looping"]:
                manager.interrupt_kernel()
        elif reply["msg_type"] == "stream":
            said.append(content["text"])
        elif reply["msg_type"] == "error":
            said.append("ERROR " + content["ename"])
        elif reply["msg_type"] == "status" and content["execution_state"] == "idle":
            return chr(10).join(said)


run("import torch" + chr(10) + "from course_lib.classroom import lesson" + chr(10) + "check = lesson('toy')")
print(run(LOOP))
print(run("print('still alive', soften.__module__)"))
client.stop_channels()
manager.shutdown_kernel(now=True)
'''
LOOP = '''
from IPython.display import display

def soften(x, by):
    if by == 3.0 and len(x) == 3:
        display({"text/plain": "looping"}, raw=True)
        while True:
            pass
    e = torch.exp(x / by)
    return e / e.sum(-1, keepdim=True)

soften = check(soften, points=2)'''


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kernels are interrupted by a signal here")
def test_an_endless_loop_interrupted_in_a_kernel_leaves_it_alive(standing_toy):
    said = course(standing_toy, f"LOOP = {LOOP!r}\n{INTERRUPT}")
    assert "looping\n✗ soften · interrupted" in said and "while testing  “the numbers are divided first”" in said
    assert "still alive course_lib.toy" in said and "ERROR" not in said

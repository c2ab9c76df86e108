"""The students' bundle: nothing hidden is in it, no answer in a withheld one, and the course works from it."""

import ast
import compileall
import contextlib
import importlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring import audit, builder, mutate
from course_lib.classroom.authoring import release as maker
from course_lib.classroom.checking import variants
from course_lib.classroom.checking.judge import judge

# These fetch from the network, or train for minutes.
WAITING = {"course_lib.text.corpora", "course_lib.text.fetching", "course_lib.training.storyteller"}


# An editable install finds in its checkout whatever a bundle lacks; a student has no such checkout.
ALONE = """import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if not finder.__module__.startswith("__editable__")]
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The plain bundle, one that withholds 07, and one that withholds 11, as folders."""
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "alone").mkdir()
    (folder / "alone" / "sitecustomize.py").write_text(ALONE, encoding="utf-8")
    made = {"plain": (), "07": ("07",), "11": ("sampling",)}
    for name, held in made.items():
        maker.release(folder / name, withhold=held)
    maker.release(folder / "packed.zip", withhold=("07",))
    return {name: folder / name for name in (*made, "packed.zip")}


def contents(bundle):
    """{name: bytes} of everything in a folder or a zip."""
    if bundle.suffix == ".zip":
        with zipfile.ZipFile(bundle) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}


def alone(bundle):
    """The environment of a Python that knows no other course than this bundle."""
    return {**os.environ, "PYTHONPATH": f"{bundle}{os.pathsep}{bundle.parent / 'alone'}", "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "COURSE_PRESET": "smoke"}


def course(bundle, *arguments, code="from course_lib.cli import main; main()"):
    """Run the `course` command of a bundle as a student would."""
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=bundle, env=alone(bundle), capture_output=True,
                          text=True, encoding="utf-8", timeout=120, check=False)


def written_in_any_way(text):
    """A text as it may stand in a file: as it is, and as JSON writes it."""
    return {text.encode("utf-8"), json.dumps(text).strip('"').encode(),
            json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8")}


def hidden_labels():
    """Every label of every hidden test, but for those that the exercise's own docstring says word for word."""
    found = set()
    for exercise in (e for chapter in layout.chapters() for e in chapter.exercises()):
        said = " ".join(layout.reference_source(exercise.of, exercise.name).split())
        found |= {step.label for step in audit.expected(exercise) if step.label not in said}
    return sorted(found)


def hidden_lines():
    """The telling lines of the hidden tests: long ones that are not also in course_lib, which is the students'."""
    shown = {line.strip() for path in (layout.ROOT / "course_lib").rglob("*.py")
             for line in path.read_text(encoding="utf-8").splitlines()}
    for path in (layout.ROOT / "tests" / "hidden").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        yield from {line.strip() for line in text.splitlines() if len(line.strip()) > 24} - shown


def places(texts, files):
    return [(text, name) for text in texts for name, data in files.items()
            if any(form in data for form in written_in_any_way(text))]


@pytest.mark.slow
def test_no_hidden_label_and_no_line_of_a_hidden_test_is_in_any_bundle(bundles):
    labels, lines = hidden_labels(), list(hidden_lines())
    assert len(labels) > 100 and len(lines) > 300
    named = {data: f"{where}/{name}" for where, bundle in bundles.items() for name, data in contents(bundle).items()}
    files = {name: data for data, name in named.items() if not name.endswith(".safetensors")}   # each text once
    assert places(labels, files) == []
    assert places(lines, {name: data for name, data in files.items() if not name.endswith(layout.RULES)}) == []


def test_the_search_finds_what_is_there():
    assert places(["weights “sum” to one"], {"a": json.dumps(["weights “sum” to one"]).encode()})
    assert places(["it looks back"], {"a": b"# it looks back"})


def test_a_bundle_holds_what_a_student_needs_and_no_more(bundles):
    for bundle in bundles.values():
        names = {name.removeprefix("packed/") for name in contents(bundle)}
        tops = {name.split("/")[0] for name in names}
        assert tops == {"chapters", "course_lib", "README.md", "LICENSE", ".gitignore", "environment.yml",
                        "pyproject.toml", "requirements.txt"}
        assert not [name for name in names if name.endswith((".pyc", ".lock")) or "grading" in name.split("/")]


def own_functions(data):
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield node


def answers(word):
    """{(exercise, method): its body} of the finished ones of a chapter."""
    found = {}
    for exercise in layout.find_chapter(word).exercises():
        tree = variants.definition_of(layout.reference_source(exercise.of, exercise.name))
        for name in layout.blanks(exercise.stub) or layout.functions(tree):
            if name != "__init__":
                found[exercise.name, name] = maker.body(layout.functions(tree)[name])
    return found


@pytest.mark.parametrize("number", ["07", "11"])
def test_no_answer_is_in_a_bundle_that_withholds_it(bundles, number):
    wanted, files = answers(number), contents(bundles[number])
    texts = {name: data for name, data in files.items() if name.endswith(".py")}
    texts |= {f"{name} {i}": source(cell) for name, data in files.items() if name.endswith(".ipynb")
              for i, cell in enumerate(json.loads(data)["cells"]) if cell["cell_type"] == "code"}
    there = {maker.body(node) for text in texts.values() for node in own_functions(text)
             if not isinstance(node, ast.Lambda)}
    assert not there & set(wanted.values())
    plain = {maker.body(node) for name, text in contents(bundles["plain"]).items() if name.endswith(".py")
             for node in own_functions(text) if not isinstance(node, ast.Lambda)}
    assert set(wanted.values()) <= plain        # the search would find them


def source(cell):
    return "".join(cell["source"])


@pytest.mark.parametrize("number", ["07", "11"])
def test_no_line_of_an_answer_is_in_the_module_that_withholds_it(bundles, number):
    chapter = layout.find_chapter(number)
    home = bundles[number] / "course_lib"
    one = home / f"{chapter.word}.py"
    files = [one] if one.is_file() else (home / chapter.word).glob("*.py")
    shown = {line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()}
    for exercise in chapter.exercises():
        tree = variants.definition_of(layout.reference_source(exercise.of, exercise.name))
        blank = layout.blanks(exercise.stub) or layout.functions(tree).keys() - {"__init__"}
        for name in blank:
            first, *rest = layout.functions(tree)[name].body
            last = (rest or [first])[-1]
            assert ast.unparse(last) not in shown and "raise NotImplementedError" in shown


@pytest.mark.slow
@pytest.mark.parametrize("number", ["07", "11"])
def test_nothing_in_a_bundle_passes_a_hidden_test_of_what_it_withholds(bundles, number):
    """Try every function and class of every module that is left, as a student would who looks for an answer."""
    exercises = layout.find_chapter(number).exercises()
    withheld = {(layout.reference(e.of, e.name).__module__, e.name) for e in exercises}
    want = {e.name: audit.expected(e) for e in exercises}
    passing, tried = set(), 0
    for file in sorted((bundles[number] / "course_lib").rglob("*.py")):
        where = ".".join(file.relative_to(bundles[number]).with_suffix("").parts).removesuffix(".__init__")
        if where.split(".")[1:2] not in [[word] for word in (*layout.LADDER, "stories")] or where in WAITING:
            continue
        for name, obj in list(vars(importlib.import_module(where)).items()):
            if isinstance(obj, (type, types.FunctionType)) and obj.__module__ == where:
                tried += 1
                for e in exercises:
                    if passes(e, obj, want[e.name]):
                        passing.add((where, name, e.name))
    assert tried > 40
    assert {(where, name) for where, name, _ in passing} == withheld    # they would, were they not blank


def passes(exercise, obj, want):
    try:
        with mutate.deadline(2), contextlib.redirect_stdout(io.StringIO()):
            return judge(layout.hidden_test(exercise.word, exercise.name), obj, want) is None
    except mutate.Late:         # it trains a model, for instance, whatever it is given
        return False


@pytest.mark.slow
def test_every_module_of_a_bundle_compiles_and_can_be_imported(bundles, tmp_path):
    for name in ("plain", "07"):
        assert compileall.compile_dir(bundles[name], quiet=2, legacy=False, force=True, workers=1)
        for folder in bundles[name].rglob("__pycache__"):
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
        code = ("import course_lib, importlib, pkgutil\n"
                "for info in pkgutil.walk_packages(course_lib.__path__, 'course_lib.'): "
                "importlib.import_module(info.name)\nprint(course_lib.__path__[0])")
        ended = course(bundles[name], code=code)
        assert ended.returncode == 0, ended.stderr
        assert Path(ended.stdout.strip()).is_relative_to(bundles[name])


def test_commands_that_need_what_is_not_there_say_so(bundles):
    listed = course(bundles["07"], "--help").stdout
    assert "  lab " in listed and "  progress " in listed
    for command in ("test", "build", "bench", "check", "release", "grade", "similar", "export"):
        ended = course(bundles["07"], command, "x")
        assert ended.returncode == 1 and "students' bundle" in ended.stderr, ended.stderr
        assert f"  {command} " not in listed
    ended = course(bundles["07"], "tell")
    assert ended.returncode == 1 and "withholds a chapter" in ended.stderr and "  tell " not in listed
    assert "0 of" in course(bundles["07"], "progress").stdout
    ended = course(bundles["07"], "solution", "causal_attention")
    assert ended.returncode == 1 and "yours to write" in ended.stderr
    assert "def softmax" in course(bundles["07"], "solution", "softmax").stdout


@pytest.mark.slow
def test_the_doctor_finds_a_bundle_well(bundles):
    ended = course(bundles["07"], "doctor")
    held = len(list((bundles["07"] / "chapters").glob("*.ipynb")))
    assert f"the course in 07, with {held} chapters" in ended.stdout
    assert "not measured" in ended.stdout and "Error" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", ["plain", "07", "11"])
def test_the_readme_of_a_bundle_promises_nothing_that_is_not_there(bundles, name):
    text = (bundles[name] / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (bundles[name] / link).exists(), link
    assert "This copy" in text and "<!--" not in text and "¹" not in text
    for word in ("tests/", "solutions/", "course test", "course build", "course check"):
        assert word not in text
    assert ("course tell" in text) == (name != "07")


def run(bundle, book):
    """Run a notebook's cells in a bundle, from top to bottom. returns: the executed book, or the error's text"""
    code = ("import json, sys; from course_lib.classroom.authoring import builder\n"
            "try:\n    print(json.dumps(builder.executed(json.load(sys.stdin), 'it')))\n"
            "except builder.BuildError as error:\n    print(json.dumps(str(error)))")
    ended = subprocess.run([sys.executable, "-c", code], cwd=bundle, env=alone(bundle), input=json.dumps(book),
                           text=True, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def said(book, exercise):
    return "".join("".join(output.get("data", {}).get("text/plain", ""))
                   for output in book["cells"][exercise.cell]["outputs"])


@pytest.mark.slow
def test_chapter_07_runs_from_a_plain_bundle(bundles):
    chapter = layout.find_chapter("07")
    done = run(bundles["plain"], json.loads((bundles["plain"] / "chapters" / chapter.path.name).read_text("utf-8")))
    assert isinstance(done, dict), done
    assert "not written yet" in said(done, chapter.exercises()[0])


@pytest.mark.slow
def test_chapter_07_withheld_wants_the_learners_work_and_runs_with_it(bundles):
    chapter = layout.find_chapter("07")
    untouched = json.loads((bundles["07"] / "chapters" / chapter.path.name).read_text("utf-8"))
    assert "this needs your `attend`" in run(bundles["07"], untouched)
    done = run(bundles["07"], builder.solved(chapter))
    assert isinstance(done, dict), done
    for exercise in chapter.exercises():
        assert said(done, exercise).startswith(f"· {exercise.name} · the examples pass"), said(done, exercise)


@pytest.mark.slow
def test_what_is_withheld_works_on_the_learners_own_once_it_is_there(bundles):
    code = """
from course_lib import sampling
from course_lib.classroom import lesson
from course_lib.sampling import distribution
import torch
try:
    distribution(torch.tensor([1.0, 2.0]))
except NotImplementedError as error:
    print(error)
def apply_temperature(logits, temperature):
    if temperature == 0:
        return torch.full_like(logits, -torch.inf).scatter(-1, logits.argmax(-1, keepdim=True), 0.0)
    return logits / temperature
check = lesson("sampling")
kept = check(apply_temperature, points=2)
print(kept is apply_temperature, distribution(torch.tensor([1.0, 1.0])).tolist())
def choose(probs, u):
    raise NotImplementedError
given = check(choose, points=2)
print(check(given, points=2) is given)
try:
    given([1.0], 0.5)
except NotImplementedError as error:
    print(error)
"""
    file = bundles["11"].parent / "try_it.py"
    file.write_text(code, encoding="utf-8")
    ended = course(bundles["11"], code=f"exec(compile(open({str(file)!r}, encoding='utf-8').read(), 'x', 'exec'))")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("this needs your `apply_temperature`") and "True [0.5, 0.5]" in lines
    assert lines[-1].startswith("this needs your `choose`")
    assert any("no more than a place for yours" in line for line in lines)


def test_the_rules_of_what_is_built_by_hand_go_with_a_bundle(bundles):
    rules = json.loads((bundles["plain"] / layout.RULES).read_text("utf-8"))
    assert rules["start_here"] == layout.table("start_here", "BY_HAND")
    assert not (layout.ROOT / layout.RULES).exists()


@pytest.mark.parametrize("options, told", [
    ({"chapters": "7-11", "withhold": ["07"]}, "08_block cannot be in this bundle: it needs block"),
    ({"withhold": ["00", "07"]}, "07_attention cannot be in this bundle"),
    ({"withhold": ["02"]}, "`course_lib.bpe.learn_fast`"),
    ({"withhold": ["99"]}, "There is no chapter '99'"),
    ({"chapters": "90-91"}, "There is no chapter from 90 to 91"),
    ({"chapters": "7-"}, "There is no chapter"),
    ({"chapters": "0,,2"}, "There is no chapter"),
])
def test_a_bundle_that_cannot_be_is_refused_and_leaves_nothing(tmp_path, options, told):
    with pytest.raises((maker.Refused, LookupError), match=re.escape(told)):
        maker.release(tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "a.zip").write_bytes(b"mine")
    for name in ("full", "a.zip"):
        with pytest.raises(maker.Refused, match="is there already"):
            maker.release(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 2
    (tmp_path / "empty").mkdir()
    assert [c.number for c in maker.release(tmp_path / "empty", "0,2")] == ["00", "02"]
    assert (tmp_path / "empty" / "README.md").is_file() and len(list(tmp_path.iterdir())) == 3


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(maker.os, "replace", full)
    for name in ("folder", "packed.zip"):
        with pytest.raises(OSError, match="No space"):
            maker.release(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_outputs_of_a_chapter_that_was_run_stay_here(tmp_path):
    chapter = layout.find_chapter("00")
    book = json.loads(chapter.path.read_text("utf-8"))
    cell = next(c for c in book["cells"] if c["cell_type"] == "code")
    cell["outputs"], cell["execution_count"] = [{"output_type": "stream", "name": "stdout", "text": "a label"}], 7
    path = tmp_path / chapter.path.name
    path.write_text(json.dumps(book), encoding="utf-8")
    assert maker.without_outputs(layout.Chapter(path, "00", "start_here")) == chapter.path.read_text("utf-8")


def test_an_answer_that_stands_elsewhere_is_refused(monkeypatch):
    chapter = layout.find_chapter("07")
    book = {f"course_lib/{name}.py": (layout.ROOT / "course_lib" / f"{name}.py").read_bytes() for name in ["attention"]}
    book["course_lib/other.py"] = variants.blanked_text("def f():\n    pass\n", ()).encode() + \
        layout.reference_source("attention", "look").replace("def look", "def peep").encode()
    with pytest.raises(maker.Refused, match="attention.look cannot be withheld: peep in course_lib/other.py"):
        maker.withhold_answers(book, [chapter], {"training"})


def test_the_settings_of_a_bundle_are_whole(bundles):
    text = (bundles["plain"] / "pyproject.toml").read_text("utf-8")
    if importlib.util.find_spec("tomllib"):
        import tomllib

        whole = tomllib.loads((layout.ROOT / "pyproject.toml").read_text("utf-8"))
        part = tomllib.loads(text)
        assert part["project"] == {k: v for k, v in whole["project"].items() if k != "optional-dependencies"}
        assert part["tool"]["setuptools"] == whole["tool"]["setuptools"]
    assert "pytest" not in text

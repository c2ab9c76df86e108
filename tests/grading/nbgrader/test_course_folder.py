"""A course for nbgrader: its form without nbgrader, and the whole way with the real one."""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from course_lib.classroom import layout, lesson
from course_lib.classroom.authoring import builder
from course_lib.classroom.checking.judge import record
from course_lib.cli import main
from course_lib.grading import nbgrader
from course_lib.grading.nbgrader import course

CHAPTERS = layout.chapters()
WORD, NAME = "attention", "07_attention"
needs_nbgrader = pytest.mark.skipif(
    sys.platform != "linux" or course.found() != course.WANTED,
    reason=f"nbgrader {course.WANTED} on Linux is wanted (pip install -e .[grade]); here is {course.found() or 'none'}")


def marks(cell):
    return cell["metadata"].get("nbgrader", {})


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.word)
def test_metadata_is_schema_3_and_the_rest_is_the_chapter(chapter):
    cells, exercises = course.assignment(chapter)["cells"], chapter.exercises()
    marked = [cell for cell in cells if marks(cell)]
    ids = [marks(cell)["grade_id"] for cell in marked]
    assert ids == [name for e in exercises for name in (e.name, f"{chapter.word}-{e.name}")]
    assert len(ids) == len(set(ids)) and len({cell["id"] for cell in cells}) == len(cells)
    for cell in marked:
        said = marks(cell)
        assert said["schema_version"] == 3 and re.fullmatch(r"[a-zA-Z0-9_\-]+", said["grade_id"])
        assert all(type(said[key]) is bool for key in ("grade", "solution", "locked", "task"))
        assert said["grade"] == said["locked"] == (not said["solution"]) == ("points" in said)
    assert sum(marks(cell).get("points", 0) for cell in marked) == sum(e.points for e in exercises) > 0
    left = [cell for cell in cells if not marks(cell).get("grade")]
    assert [layout.source(cell) for cell in left] == [layout.source(cell) for cell in chapter.cells()]


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    said = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path)])
    assert said.exit_code == 1 and "not empty" in said.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    said = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path / "notes.txt")])
    assert said.exit_code == 1 and "is a file" in said.output


def test_an_unknown_chapter_is_named_and_nothing_written(tmp_path):
    said = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path / "new"), "--chapter", "atention"])
    assert said.exit_code == 1 and "Did you mean 'attention'" in said.output and not list(tmp_path.iterdir())


def test_one_chapter_in_an_empty_folder(tmp_path):
    said = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path), "--chapter", "7"])
    assert said.exit_code == 0, said.output
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == {
        "nbgrader_config.py", f"source/{NAME}/{NAME}.ipynb"}


@pytest.mark.parametrize("version", ["", "0.8.5"])
def test_another_nbgrader_is_refused_in_words(monkeypatch, tmp_path, version):
    monkeypatch.setattr(course, "found", lambda: version)
    with pytest.raises(RuntimeError, match=f"here is {version or 'none'}: pip install nbgrader==0.9.6"):
        nbgrader.configure(None)
    said = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path / "new"), "--chapter", "7"])
    assert said.exit_code == 0 and "pip install nbgrader==0.9.6" in said.output


def test_check_remembers_what_it_found():
    check = lesson("start_here")
    with pytest.raises(AssertionError, match="softmax"):
        check.passed("softmax")
    space = {"check": check}
    own = "import math\n" + layout.reference_source("start_here", "softmax")
    exec(f"{own}\nsoftmax = check(softmax, points=2)\ncheck.passed('softmax')", space)
    exec("def softmax(scores):\n    return scores\nsoftmax = check(softmax, points=2)", space)
    with pytest.raises(AssertionError, match="softmax"):
        check.passed("softmax")


def run(folder, *arguments, status=0):
    """Run the real nbgrader in a course folder, with its own Python's tools and this course."""
    environment = {**os.environ, "PYTHONPATH": str(layout.ROOT), "COURSE_PROGRESS": "off", "COURSE_PRESET": "smoke"}
    done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=environment, timeout=300,
                          capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def filled(book, names):
    """The released notebook with some exercises solved."""
    solved = builder.solved(layout.find_chapter(WORD))
    answers = {e.name: solved["cells"][e.cell]["source"] for e in layout.find_chapter(WORD).exercises()}
    book = json.loads(json.dumps(book))
    for cell in book["cells"]:
        if marks(cell).get("solution") and marks(cell)["grade_id"] in names:
            cell["source"] = answers[marks(cell)["grade_id"]]
    return book


def code(text, **metadata):
    return {"cell_type": "code", "id": f"x{abs(hash(text))}", "metadata": metadata, "outputs": [],
            "execution_count": None, "source": text.splitlines(keepends=True)}


def forged(book, first):
    """One right exercise, and every trick that earns something where hidden tests run in the student's kernel."""
    book = filled(book, {first})
    cells = [code("import os\nos._exit(0)\n"),
             code("get_ipython().input_transformers_cleanup.append(lambda _: ['99'])\n")]
    for number, cell in enumerate(book["cells"]):
        if not marks(cell).get("grade"):
            cells.append(cell)
            continue
        claim = dict(marks(cell), points=1000, grade=bool(number % 2), schema_version=99)
        edited = code("1000\n", tags=["skip-execution"], nbgrader=claim)
        edited["id"] = cell["id"]
        edited["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
                              "data": {"text/plain": ["1000"]}}]
        if number % 3:
            cells += [edited, dict(edited, id=f"copy-{cell['id']}")]       # the others are deleted
    cells += [code("5", nbgrader={"grade": True, "grade_id": "mine", "points": 50}), code("6", nbgrader="no marks")]
    return dict(book, cells=cells)


def hand_in(folder, student, text):
    place = folder / "submitted" / student / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb").write_text(text, encoding="utf-8")


def grades(folder):
    """{student: {exercise: (auto score, maximum, waits for a person)}} from nbgrader's own database."""
    with sqlite3.connect(folder / "gradebook.db") as book:
        rows = book.execute(
            "select a.student_id, b.name, g.auto_score, c.max_score, g.needs_manual_grade from grade g "
            "join base_cell b on g.cell_id = b.id join grade_cells c on c.id = b.id "
            "join submitted_notebook n on g.notebook_id = n.id join submitted_assignment a on n.assignment_id = a.id")
        found = {}
        for student, name, *rest in rows:
            found.setdefault(student, {})[name.partition("-")[2]] = tuple(rest)
    return found


@pytest.mark.slow
@needs_nbgrader
def test_the_whole_way_with_the_real_nbgrader(tmp_path):
    folder, exercises = tmp_path / "class", layout.find_chapter(WORD).exercises()
    said = CliRunner().invoke(main, ["export", "nbgrader", str(folder), "--chapter", WORD])
    assert said.exit_code == 0, said.output
    run(folder, "generate_assignment", NAME)

    text = (folder / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    released, chapter = json.loads(text), layout.find_chapter(WORD)
    assert [layout.source(cell) for cell in released["cells"] if not marks(cell).get("grade")] == [
        layout.source(cell) for cell in chapter.cells()]
    labels = [step.label for e in exercises for step in hidden_steps(e.name)]
    assert labels and not [label for label in labels if label in text and label not in chapter.path.read_text("utf-8")]

    names = [e.name for e in exercises]
    hand_in(folder, "ada", json.dumps(filled(released, set(names))))
    hand_in(folder, "bob", json.dumps(filled(released, set(names[:2]))))
    hand_in(folder, "cem", text)
    hand_in(folder, "dot", json.dumps(forged(released, names[0])))
    hand_in(folder, "bad", text[:1000])
    said = run(folder, "autograde", NAME, status=1)         # it says that one could not be read
    assert "student 'bad'" in said and "student 'cem'" not in said

    points = {e.name: e.points for e in exercises}
    right = {"ada": names, "bob": names[:2], "cem": [], "dot": names[:1]}
    wanted = {student: {name: (points[name] * (name in done), points[name], 0) for name in names}
              for student, done in right.items()}
    found = grades(folder)
    assert {student: found[student] for student in right} == wanted

    run(folder, "generate_feedback", NAME)
    page = (folder / "feedback" / "bob" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert f"{names[1]} · all" in page and f"{names[2]} · not written yet" in page and "isolation:" in page
    run(folder, "export", "--to", "grades.csv")
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    total = sum(points.values())
    assert all(float(rows[s]["max_score"]) == total for s in right)
    assert {s: float(rows[s]["score"]) for s in right} == {s: sum(points[n] for n in done) for s, done in right.items()}
    run(folder, "export", "--exporter=course_lib.grading.nbgrader.steps.ByExercise", "--to", "exercises.csv")
    with open(folder / "exercises.csv", encoding="utf-8", newline="") as file:
        scores = {(row["student_id"], row["exercise"]): float(row["score"] or 0) for row in csv.DictReader(file)}
    assert all(scores[s, f"{WORD}-{n}"] == points[n] * (n in done) for s, done in right.items() for n in names)


def hidden_steps(name):
    return record(layout.hidden_test(WORD, name), layout.reference(WORD, name))


@pytest.mark.slow
@needs_nbgrader
def test_validate_says_what_is_still_to_do(tmp_path):
    CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path / "class"), "--chapter", "0"])
    folder, name = tmp_path / "class", "00_start_here"
    run(folder, "generate_assignment", name)
    path = f"release/{name}/{name}.ipynb"
    said = run(folder, "validate", path)
    assert said.count("The following cell failed") == len(layout.find_chapter("0").exercises()), said
    book = json.loads((folder / path).read_text(encoding="utf-8"))
    answers = builder.solved(layout.find_chapter("0"))["cells"]
    for cell in book["cells"]:
        cell["source"] = next((a["source"] for a in answers if a["id"] == cell["id"]), cell["source"])
    (folder / path).write_text(json.dumps(book), encoding="utf-8")
    assert "Success!" in run(folder, "validate", path)

"""How a chapter is committed: clean, in short cells, each exercise with its heading and its three pushes."""

import json
import re

from .. import layout
from ..layout import source
from .builder import COMPARED, as_text, solved, unsolved

LONGEST_CELL = 25       # lines of code
WIDEST_LINE = 100       # columns of code: what JupyterLab shows at 1280 pixels with its side bar open
HEADING = re.compile(r"### Exercise (\d+) · (.+?) +\((●|●●|●●●) (easy|medium|hard) · (\d+) minutes? · (\d+) points?\)$")
HARDNESS = {"easy": "●", "medium": "●●", "hard": "●●●"}
PUSHES = ["A first push", "A second push", "A third push"]
PUSH = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
ELSEWHERE = re.compile(r"!\[[^\]]*\]\(\s*https?:|"
                       r"<(?:img|script|iframe|link|video)[^>]*(?:src|href)\s*=\s*[\"']?https?:", re.IGNORECASE)
UNSAID = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt\s*=\s*[\"'][^\"']+)[^>]*>", re.IGNORECASE)


def form_problems(chapter):
    """What is wrong with the notebook as a file, in words; an empty list where nothing is."""
    text = chapter.path.read_bytes().decode("utf-8")
    try:
        book = json.loads(text)
    except ValueError as error:
        return [f"it is no JSON: {error}"]
    found = []
    if text != as_text(book):
        found.append("it is not written as json.dumps(book, indent=1, ensure_ascii=False) and a newline write it")
    if (book.get("nbformat"), book.get("nbformat_minor")) != (4, 5):
        found.append("it is not nbformat 4.5")
    if extra := set(book["metadata"]) - {"kernelspec", "language_info"}:
        found.append(f"its metadata holds {', '.join(sorted(extra))}")
    ids = [cell.get("id", "") for cell in book["cells"]]
    found += [f"the id {i!r} comes twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    for before, cell in zip([None, *book["cells"]], book["cells"], strict=False):
        found += [f"cell {cell.get('id')!r}: {what}" for what in cell_problems(cell, before)]
    return found + list(opening_problems(chapter, book["cells"]))


def cell_problems(cell, before):
    """What is wrong with one cell. before: the cell above it, or None."""
    text, tags = source(cell), cell["metadata"].get("tags", [])
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell.get("id", "")):
        yield "an id is made of small letters, digits and single hyphens"
    if set(cell["metadata"]) - {"tags"} or tags not in ([], [COMPARED]) or cell["metadata"] == {"tags": []}:
        yield f"its metadata is {cell['metadata']}; only the tag {COMPARED} is wanted"
    if not text.strip():
        yield "it is empty"
    if cell["cell_type"] == "markdown":
        if ELSEWHERE.search(text):
            yield "it shows something from elsewhere: keep pictures in the repository"
        if UNSAID.search(text):
            yield "a picture has no alt text"
    elif cell["cell_type"] == "code":
        if cell["outputs"] or cell["execution_count"] is not None:
            yield "it has outputs or an execution count"
        if (lines := len(text.splitlines())) > LONGEST_CELL:
            yield f"it has {lines} lines, at most {LONGEST_CELL} are wanted"
        yield from wide_lines(text)
        if before is None or before["cell_type"] == "code":
            yield "a sentence is wanted between two code cells"
        if layout.parse(text) is None:
            yield "it is not plain Python (magics are for the learner)"
    else:
        yield f"a {cell['cell_type']} cell"


def wide_lines(text):
    """The lines of a code that a learner would have to scroll sideways for."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > WIDEST_LINE:
            yield f"line {number} has {len(line)} columns, at most {WIDEST_LINE} are wanted: {line.strip()[:50]}…"


def opening_problems(chapter, cells):
    """The first heading carries the number; minutes and points are said before the first code, which makes check."""
    first_code = next((i for i, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    opening = "\n".join(source(cell) for cell in cells[:first_code])
    if not re.match(rf"# {int(chapter.number)} · \S", opening):
        yield f"it does not begin with the heading “# {int(chapter.number)} · Title”"
    if "minutes" not in opening:
        yield "its minutes are not said before the first code"
    points = sum(exercise.points for exercise in layout.exercises_in(cells, chapter.word))
    if not re.search(rf"\b{points} points?\b", opening):
        yield f"its points, {points}, are not said before the first code"
    if first_code < len(cells) and f'check = lesson("{chapter.word}")' not in source(cells[first_code]):
        yield f'its first code cell does not say check = lesson("{chapter.word}")'


def exercise_problems(chapter):
    """What is wrong with how the chapter sets its exercises: cells, headings, pushes, points, their number."""
    cells, exercises = chapter.cells(), chapter.exercises()
    calls = sum(len(re.findall(r"\bcheck\(", source(cell))) for cell in cells if cell["cell_type"] == "code")
    if calls != len(exercises):
        yield f"{calls} calls of check, and {len(exercises)} of the form `x = check(x, points=…)` under x's definition"
    if not 4 <= len(exercises) <= 6:
        yield f"{len(exercises)} exercises; four to six are wanted"
    if not any(exercise.hunt for exercise in exercises):
        yield "no bug hunt"
    for number, exercise in enumerate(exercises, start=1):
        at = exercise.cell
        symptom = f'check.latest("{exercise.name}")'
        if exercise.hunt and not any(symptom in source(cell) for cell in cells[:at] if cell["cell_type"] == "code"):
            yield f"{exercise.name}: no cell above it shows the symptom, by what {symptom} does"
        around = [cells[i] if 0 <= i < len(cells) else None for i in (at - 1, at, at + 1)]
        yield from (f"{exercise.name}: {what}" for what in setting_problems(number, exercise, *around))


def setting_problems(number, exercise, heading, stub, pushes):
    """What is wrong with one exercise's three cells. heading, pushes: the cells above and below; None past the end."""
    wanted = [f"ex{number}", f"ex{number}-stub", f"ex{number}-hints"]
    ids = [cell and cell["id"] for cell in (heading, stub, pushes)]
    if ids != wanted:
        yield f"its cells are called {ids}, not {wanted}"
    if not isinstance(exercise.points, int) or exercise.points < 1:
        yield "points is a whole number from 1 on, written out"
    last = layout.parse(source(stub)).body[-1]
    if not layout.checked(last) or getattr(getattr(last, "targets", [None])[0], "id", "") != exercise.name:
        yield f"its cell does not end in `{exercise.name} = check({exercise.name}, points=…)`"
    first = source(heading).lstrip().splitlines()[0] if heading and heading["cell_type"] == "markdown" else ""
    if said := HEADING.fullmatch(first.rstrip()):
        if int(said[1]) != number or int(said[6]) != exercise.points or HARDNESS[said[4]] != said[3]:
            yield f"the heading says {first!r}; it is number {number} and worth {exercise.points}"
        if said[2].startswith("Bug hunt") != exercise.hunt:
            yield "a bug hunt is called “Bug hunt: …”, and nothing else is"
    else:
        yield "no heading like “### Exercise 2 · weigh and mix  (● easy · 5 minutes · 2 points)” above it"
    hints = PUSH.findall(source(pushes)) if pushes and pushes["cell_type"] == "markdown" else []
    if [summary for summary, _ in hints] != PUSHES or not all(hint.strip() for _, hint in hints):
        yield "no cell with a first, a second and a third push below it"


def solution_problems(chapter):
    """What is wrong with the committed solution: missing, built from another chapter, an error or a ✗ in it."""
    path = layout.ROOT / "solutions" / chapter.path.name
    if not path.is_file():
        return [f"there is no solutions/{path.name}: `course build {chapter.word}` makes it"]
    book, wanted = json.loads(path.read_text(encoding="utf-8")), solved(chapter)
    if [(c["id"], source(c), c["metadata"]) for c in book["cells"]] != \
            [(c["id"], source(c), c["metadata"]) for c in wanted["cells"]]:
        return [f"solutions/{path.name} is not built from this chapter: run `course build {chapter.word}`"]
    found = ["widget states are stored in it"] if "widgets" in book["metadata"] else []
    compared = [cell for cell in book["cells"] if COMPARED in cell["metadata"].get("tags", [])]
    found += [] if len(compared) >= 5 else [f"{len(compared)} cells are compared; five are wanted"]
    for cell in book["cells"]:
        outputs = cell.get("outputs", [])
        found += [f"cell {cell['id']!r} ends in an error" for o in outputs if o["output_type"] == "error"]
    return found + unsolved(chapter, book)

"""The students' bundle: the course without its hidden tests and solutions, and without the answers of a chapter.

Everything is put together in memory, looked through for answers, written beside its place, and moved there as a whole.
"""

import ast
import fnmatch
import json
import os
import re
import shutil
import zipfile
from pathlib import Path

from .. import layout
from ..checking import variants
from ..layout import source
from .builder import as_text, replaced

LEFT_BEHIND = (".*", "*~", "*.pyc", "*.lock", "*.tmp", "*.bak", "*.orig", "*.rej", "*.log")  # beside what git ignores
FOR_TEACHERS = (
    "course_lib/grading/",
    *(f"course_lib/classroom/authoring/{name}.py"
      for name in ("answers", "audit", "form", "messages", "mutate", "release", "shapes", "trying")),
    *(f"course_lib/cli/{name}.py" for name in ("check", "export", "grade", "prove", "release", "similar")))
AS_IT_IS = "LICENSE", ".gitignore", "environment.yml"
SETTINGS = {"build-system", "project", "project.scripts", "tool.setuptools.packages.find",
            "tool.setuptools.package-data"}      # the tables of pyproject.toml that a student needs
IMPORT = "from course_lib.classroom.checking.withheld import withheld"


class Refused(ValueError):
    """A bundle that cannot be: it would not work, or it would hold an answer."""


def release(out, chapters="", withhold=()):
    """Write the bundle and return its chapters.

    out: a folder that is not there or empty, or a .zip that is not there   chapters: "1-7" or "0,2,7-10"; "" for all
    that can be in it   withhold: chapters whose exercises are blank in course_lib too
    raises: Refused, LookupError for a chapter that does not exist, OSError; nothing is left behind then
    """
    out = Path(os.path.abspath(out))
    if out.is_file() or out.is_symlink() or (out.is_dir() and (out.suffix == ".zip" or any(out.iterdir()))):
        raise Refused(f"{out} is there already: name a folder that is not there or empty, or a new .zip")
    held = [layout.find_chapter(text) for text in withhold]
    chosen = chosen_chapters(chapters, held)
    book = files(chosen, held)
    place = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        (write_zip if out.suffix == ".zip" else write_folder)(book, place, out.stem)
        if out.is_dir():
            out.rmdir()         # empty, as seen above; Windows replaces no folder
        os.replace(place, out)
    finally:
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
    return chosen


def write_folder(book, place, _):
    for name, data in book.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_zip(book, place, top):
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in book.items():
            packed.writestr(f"{top}/{name}", data)


def chosen_chapters(text, held):
    """The chapters meant by a text such as "0,2,7-10", once it is clear that each works in this bundle."""
    left_out, here = rungs_left_out(held), layout.chapters()
    if not text:
        chosen = [c for c in here if c in held or not rungs_needed(c) & left_out]
    else:
        wanted = set()
        for part in text.split(","):
            found = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", part)
            meant = [c for c in here if int(found[1]) <= int(c.number) <= int(found[2])] if found else \
                [layout.find_chapter(part)]
            if not meant:
                raise LookupError(f"There is no chapter from {found[1]} to {found[2]}.")
            wanted |= {c.word for c in meant}
        chosen = [c for c in here if c.word in wanted]
    for chapter in chosen:
        if missing := rungs_needed(chapter) & left_out:
            raise Refused(f"chapter {chapter.path.stem} cannot be in this bundle: it needs "
                          f"{', '.join(sorted(missing))}, left out because {names(held)} is withheld")
    return chosen


def names(chapters):
    return ", ".join(chapter.path.stem for chapter in chapters)


def rungs_left_out(held):
    """The words of the rungs above a withheld chapter, and of what stands on them: they could hold its answers."""
    lowest = min((layout.LADDER.index(chapter.word) for chapter in held), default=len(layout.LADDER))
    left_out = set(layout.LADDER[lowest + 1:])
    return left_out | {name for name, rung in layout.ABOVE.items() if rung in left_out}


def rungs_needed(chapter):
    """The words of the rungs that a chapter's cells import, and its own."""
    found = {chapter.word}
    for cell in chapter.cells():
        tree = layout.parse(source(cell)) if cell["cell_type"] == "code" else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {f"{node.module}.{alias.name}".split(".")[1] for alias in node.names
                          if node.module.split(".")[0] == "course_lib"}
            elif isinstance(node, ast.Import):
                found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("course_lib.")}
    return found & {*layout.LADDER, *layout.ABOVE}


def files(chosen, held):
    """The bundle's files: {path: bytes}."""
    left_out, book = rungs_left_out(held), {}
    for name, path in parts_of_the_course("course_lib", "chapters"):
        rung = name.split("/")[1].removesuffix(".py")
        if rung not in left_out and not name.startswith(FOR_TEACHERS):
            book[name] = path.read_bytes()
    withhold_answers(book, held, left_out)
    for chapter in chosen:
        book[f"chapters/{chapter.path.name}"] = without_outputs(chapter).encode("utf-8")
    for name in AS_IT_IS:
        book[name] = (layout.ROOT / name).read_bytes()
    rules = {word: table for word in layout.LADDER if (table := layout.table(word, "BY_HAND")) and word not in left_out}
    book[layout.RULES] = (json.dumps(rules, separators=(",", ":")) + "\n").encode("utf-8")
    book["requirements.txt"] = b"# The packages and their bounds stand in pyproject.toml.\n-e .\n"
    book["pyproject.toml"] = settings().encode("utf-8")
    book["README.md"] = readme(chosen, held).encode("utf-8")
    return book


def parts_of_the_course(*folders):
    """(name, path) of every file in some folders, of whatever kind, but for notebooks and what tools leave behind.

    Notebooks are added one by one, cleaned; a solution that lies about does not slip in.
    """
    ignored = [line.strip("/") for line in (layout.ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    patterns = [*ignored, *LEFT_BEHIND, "*.ipynb"]
    for folder in folders:
        for path in sorted((layout.ROOT / folder).rglob("*")):
            name = path.relative_to(layout.ROOT).as_posix()
            left = any(fnmatch.fnmatchcase(part, pattern) for part in name.split("/") for pattern in patterns)
            if path.is_file() and not left:
                yield name, path


def without_outputs(chapter):
    """A chapter as it is committed, also where somebody has run it: what check says of a hidden test stays here."""
    book = json.loads(chapter.path.read_text(encoding="utf-8"))
    book["metadata"].pop("widgets", None)
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return as_text(book)


def settings():
    """pyproject.toml without the tables that only tests and authors need."""
    parts = re.split(r"(?m)^(?=\[)", (layout.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return "".join(part for part in parts if part[1:part.find("]")] in SETTINGS)


def readme(chosen, held):
    """The README for students: the real one without what is marked as not for them, and a word on this copy."""
    text = (layout.ROOT / "README.md").read_text(encoding="utf-8")
    cut = ["teachers"] + (["finished"] if held else [])
    for name in cut:
        text = re.sub(rf"(?s)<!-- {name} -->\n.*?<!-- /{name} -->\n\n?", "", text)
    numbers = {chapter.number for chapter in chosen}
    lines = [line for line in text.splitlines() if not re.match(r"\| (\d\d) \|", line) or line[2:4] in numbers]
    left_out = rungs_left_out(held)
    gone = "|".join(["check", *["tell"] * bool(left_out & {"training", "sampling"}), *["chat"] * ("chat" in left_out)])
    lines = [line for line in lines if not re.match(rf"\| `course ({gone})\b", line)]
    text = re.sub(r"(?m)^<!-- /?(teachers|finished) -->\n", "", "\n".join(lines) + "\n")
    return text.replace(" ¹", "").replace("<!-- this copy -->", about(chosen, held))


def about(chosen, held):
    """What a student should know of this copy."""
    said = ["**This copy** is a students' bundle. It has no hidden tests: `check` runs the examples of each docstring",
            "and says “the examples pass”. Your instructor's copy tests the rest, and gives the points."]
    if held:
        said += [f"In {names(held)} no finished piece stands in for what you have not written: a cell that needs it",
                 "says so, and runs as soon as your examples pass. Your piece then works in its place everywhere."]
    return "\n".join(said)


def withhold_answers(book, held, left_out):
    """Blank the exercises of the withheld chapters in the bundle's modules. Refused where an answer would be left."""
    answers = {}
    for chapter in held:
        for exercise in chapter.exercises():
            elsewhere(chapter, exercise, left_out)
            reference = variants.definition_of(layout.reference_source(exercise.of, exercise.name))
            blank = layout.blanks(exercise.stub) or layout.functions(reference).keys() - {"__init__"}
            answers |= {body(layout.functions(reference)[name]): exercise.full_name for name in blank}
            blank_out(book, exercise, blank)
    for name, data in book.items():
        for node in ast.walk(ast.parse(data)) if answers and name.endswith(".py") else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and body(node) in answers:
                raise Refused(f"{answers[body(node)]} cannot be withheld: {node.name} in {name} is the same")


def elsewhere(chapter, exercise, left_out):
    """Refused where BY_HAND names a part of the bundle: whoever may not call it must not read it either."""
    for name in layout.table(chapter.word, "BY_HAND").get(exercise.name, ()):
        if name.startswith("course_lib.") and name.split(".")[1] not in left_out:
            raise Refused(f"chapter {chapter.path.stem} cannot be withheld: `{name}`, which the course needs, "
                          f"holds the answer to `{exercise.name}`")


def blank_out(book, exercise, blank):
    """Take the body of an exercise's finished one out of the bundle's copy of its module, and mark it."""
    module = Path(layout.surroundings(exercise.of, exercise.name)["__file__"])
    name = module.relative_to(layout.ROOT).as_posix()
    text = book[name].decode("utf-8")
    tree = ast.parse(text)
    node = next(n for n in tree.body if getattr(n, "name", "") == exercise.name)
    stub = variants.blanked_text(layout.reference_source(exercise.of, exercise.name), blank)
    lines = (replaced(text, node, "@withheld\n" + stub) + "\n").splitlines()
    if IMPORT not in lines:
        docstring = tree.body[0].end_lineno if ast.get_docstring(tree) is not None else 0
        lines[docstring:docstring] = ["", IMPORT]
    book[name] = ("\n".join(lines) + "\n").encode("utf-8")


def body(function):
    """A function's statements without its docstring, as something that can be compared whatever the names around."""
    statements = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return "\n".join(ast.dump(statement) for statement in statements)

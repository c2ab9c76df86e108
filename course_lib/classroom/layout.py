"""Where things stand: the checkout, its chapters, their exercises, and what each name joins.

A chapter is found by its word (`attention`), by its number (`7`, `07`) or by both (`07_attention`). The number stands
only in the notebooks' names; everything else is found by the word.
"""

import ast
import difflib
import importlib
import importlib.util
import inspect
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = "course_lib/by_hand.json"   # only in a students' bundle: BY_HAND of each chapter, which is no secret
LADDER = ("start_here", "text", "bpe", "batches", "bigram", "learning", "recurrent", "attention", "block", "gpt",
          "training", "sampling", "inside", "modern", "pretrained", "finetuning", "instructions", "preferences",
          "scaling")       # a rung imports those before it
ABOVE = {"chat": "instructions"}   # what no rung imports, and the rung that it stands on: it uses that and those below


@dataclass(frozen=True)
class Chapter:
    """One notebook of `chapters/`: its path, its number as written ("07") and its word."""

    path: Path
    number: str
    word: str

    @property
    def title(self):
        """The notebook's first heading, without the number, or the word where there is none."""
        for cell in self.cells():
            if cell["cell_type"] == "markdown" and (found := re.match(r"#\s+(?:\d+\s*[·.:–-]\s*)?(.+)", source(cell))):
                return found[1].strip()
        return self.word

    def cells(self):
        """The notebook's cells, as nbformat's JSON has them."""
        return json.loads(self.path.read_text(encoding="utf-8"))["cells"]

    def exercises(self):
        """Every definition handed to `check`, in the order of the notebook."""
        return list(exercises_in(self.cells(), self.word))


@dataclass(frozen=True)
class Exercise:
    """A definition handed to `check`: where it stands, what it is worth, and where its reference lives."""

    word: str           # the chapter's
    name: str
    points: int
    of: str             # the word of the module that holds the reference, mostly the chapter's own
    cell: int           # index of its cell in the notebook
    stub: ast.stmt      # the definition, as the chapter has it

    @property
    def hunt(self):
        """True where nothing is blank: the definition is there, and wrong."""
        return not blanks(self.stub)

    @property
    def full_name(self):
        return f"{self.word}.{self.name}"


def source(cell):
    """A cell's text, which nbformat allows to be one string or a list of lines."""
    return "".join(cell["source"])


def chapters():
    """All chapters, in the order of their numbers."""
    found = []
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        if named := re.fullmatch(r"(\d+)_(\w+)", path.stem):
            found.append(Chapter(path, named[1], named[2]))
    return found


def find_chapter(text):
    """The chapter meant by "7", "07", "attention" or "07_attention". LookupError, with the list, if there is none."""
    text = str(text).strip().removesuffix(".ipynb")
    known = chapters()
    for chapter in known:
        if text in (chapter.word, chapter.path.stem) or (text.isdecimal() and int(text) == int(chapter.number)):
            return chapter
    close = difflib.get_close_matches(text, [chapter.word for chapter in known], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(chapter.path.stem for chapter in known) or "none yet"
    raise LookupError(f"There is no chapter {text!r}.{hint} The chapters are: {listed}.")


def blanks(definition):
    """Names of the functions in a definition whose body is only `raise NotImplementedError`; dotted for methods."""
    return {name for name, function in functions(definition).items() if is_blank(function)}


def functions(definition):
    """{name: node} of a definition and, for a class, of its methods (`forward`)."""
    if isinstance(definition, ast.ClassDef):
        return {node.name: node for node in definition.body if isinstance(node, ast.FunctionDef)}
    return {definition.name: definition}


def is_blank(function):
    """True where nothing but a docstring stands before `raise NotImplementedError`."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplementedError" in ast.dump(body[0])


def parse(text):
    """A code cell's syntax tree, or None where it is not plain Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def exercises_in(cells, word):
    """Every `name = check(name, points=…, of=…)` with the definition that stands above it in the same cell."""
    for index, cell in enumerate(cells):
        tree = parse(source(cell)) if cell["cell_type"] == "code" else None
        defined = {}
        for node in tree.body if tree else ():
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                defined[node.name] = node
            elif (call := checked(node)) and call.args and isinstance(call.args[0], ast.Name):
                name = call.args[0].id
                given = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
                if name in defined:
                    yield Exercise(word, name, given.get("points", 0), given.get("of", word), index, defined[name])


def checked(node):
    """The call of `check` that a statement makes, or None."""
    value = getattr(node, "value", None)
    if isinstance(node, (ast.Assign, ast.Expr)) and isinstance(value, ast.Call):
        return value if getattr(value.func, "id", "") == "check" else None
    return None


def is_hunt(word, name):
    """True where the committed chapter has a bug hunt by that name."""
    return any(e.name == name and e.hunt for c in chapters() if c.word == word for e in c.exercises())


def module(word):
    """The finished reference's module, `course_lib.<word>`."""
    try:
        return importlib.import_module(f"course_lib.{word}")
    except ModuleNotFoundError as error:
        if error.name != f"course_lib.{word}":
            raise
        words = ", ".join(chapter.word for chapter in chapters())
        raise LookupError(f"There is no course_lib/{word}.py: lesson(…) wants a chapter's word ({words}).") from None


def reference(word, name):
    """The finished object of an exercise. LookupError where the module has none by that name."""
    found = getattr(module(word), name, None)
    if found is None:
        raise LookupError(f"course_lib/{word}.py has no {name!r}: an exercise is found by the name of its definition.")
    return found


def surroundings(word, name):
    """The globals of the file that defines an exercise's reference, which may be a part of a package."""
    return vars(sys.modules[reference(word, name).__module__])


def reference_source(word, name):
    """The reference's own text, ending in one newline."""
    return inspect.getsource(reference(word, name)).rstrip() + "\n"


_hidden = {}


def hidden(word):
    """The module of hidden tests of one chapter, loaded by its path, or None where there is no such file.

    It is loaded again when the file changes, so that an author need not restart a kernel.
    """
    path = ROOT / "tests" / "hidden" / f"{word}.py"
    if not path.is_file():
        return None
    stamp = (str(path), path.stat().st_mtime_ns)
    if _hidden.get(word, (None,))[0] != stamp:
        spec = importlib.util.spec_from_file_location(f"hidden_{word}", path)
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        _hidden[word] = stamp, loaded
    return _hidden[word][1]


def hidden_test(word, name):
    """The hidden test of one exercise, or None."""
    return getattr(hidden(word), name, None)


def table(word, kind):
    """One of the tables beside the hidden tests (MISTAKES, EQUIVALENT, BY_HAND), empty where there is none."""
    if kind == "BY_HAND" and (ROOT / RULES).is_file():
        return json.loads((ROOT / RULES).read_text(encoding="utf-8")).get(word, {})
    return getattr(hidden(word), kind, {})


def has_rung(word):
    """True where this copy of the course has a rung's finished code."""
    return any((ROOT / "course_lib" / name).exists() for name in (word, f"{word}.py"))


def complete():
    """True in the whole course, False in a copy without hidden tests."""
    return (ROOT / "tests" / "hidden").is_dir()

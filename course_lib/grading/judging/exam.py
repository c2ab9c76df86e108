"""The judge's side of one chapter: its exercises, what their finished ones give, and what a worker is told.

Expected values live here and only here, in the judge's process. A worker is told the hidden test and a seed.
"""

import ast
import builtins
import importlib
import inspect
import sys
import textwrap
import types

from ...classroom import layout
from ...classroom.checking import docstring_examples, variants
from ...classroom.checking.compare import difference
from ...classroom.checking.judge import Broken, record
from ...classroom.checking.likely_cause import suspicion
from ...classroom.checking.torch_operators import has_signs
from ..isolation import course_copy

TABLES = {"MISTAKES", "EQUIVALENT", "BY_HAND"}
SECONDS_TO_DEFINE = 2.0         # for what stands before and around an exercise
OTHERS = 1, 2, 3, 5, 8, 13      # what is added to the seed, to see which outputs depend on it


class Exam:
    """One chapter with one seed."""

    def __init__(self, word, seed):
        self.word, self.seed = word, seed
        self.chapter = next((c for c in layout.chapters() if c.word == word), None)
        if self.chapter is None:
            raise LookupError(f"There is no chapter {word!r}.")
        self.exercises = self.chapter.exercises()
        if not self.exercises:
            raise LookupError(f"There is no exercise in the chapter {word!r}.")
        self.closed = course_copy.closed(word, [e.of for e in self.exercises if e.of != word])
        self._runs, self._mistakes, self._jobs = {}, {}, {}

    def by_hand(self, name):
        return list(layout.table(self.word, "BY_HAND").get(name, ()))

    def expected(self, name, seed=None):
        """The recorded steps of the finished one."""
        seed = self.seed if seed is None else seed
        if (name, seed) not in self._runs:
            test = layout.hidden_test(self.word, name)
            if test is None:
                raise LookupError(f"tests/hidden/{self.word}.py has no test of {name!r}.")
            of = self.exercise(name).of
            reference = layout.reference(of, name)
            scripts, around = docstring_examples.scripts(reference), layout.surroundings(of, name)
            test = docstring_examples.with_examples(test, scripts, name, around)
            run = record(test, reference, seed)
            if not run or isinstance(run[-1], Broken):
                raise RuntimeError(f"the hidden test of {self.word}.{name} breaks on the finished one")
            self._runs[name, seed] = run
        return self._runs[name, seed]

    def telling(self, name):
        """For each label, True where its output depends on the seed: what never differs could be sent unseen."""
        runs = [self.expected(name, (self.seed + more) % 2**31) for more in OTHERS]
        return [any(difference(step.value, run[i].value) for run in runs) for i, step in enumerate(self.expected(name))]

    def exercise(self, name):
        return next(e for e in self.exercises if e.name == name)

    def reading_job(self):
        """What a worker must know to read a notebook."""
        return {"kind": "read", "closed": self.closed, "exercises": {
            e.name: {"blanks": sorted(layout.blanks(e.stub)), "by_hand": self.by_hand(e.name),
                     "given": [part["name"] for part in self.given(e.name)],
                     "helpers": [part["name"] for part in self.helpers(e.name)]}
            for e in self.exercises}}

    def running_job(self, name, statements):
        """What a worker must know to run the hidden test on a student's definition."""
        if name not in self._jobs:          # the same for a whole class
            self._jobs[name] = {"kind": "run", "word": self.word, "name": name, "seed": self.seed,
                                "seconds": SECONDS_TO_DEFINE,
                                "probe": self.probe(name), "watched": has_signs(self.by_hand(name)),
                                "by_hand": bool(self.by_hand(name)),
                                "given": self.given(name) + self.helpers(name), **self.examples(name)}
        return {**self._jobs[name], "statements": statements}

    def probe(self, name):
        """The source of one hidden test: the generator and what it reaches, without the tables of mistakes."""
        tree = ast.parse((layout.ROOT / "tests" / "hidden" / f"{self.word}.py").read_text(encoding="utf-8"))
        kept = reached_in(tree, name)
        return ast.unparse(ast.Module([node for node in tree.body if id(node) in kept], []))

    def examples(self, name):
        """The examples in the reference's docstrings, and what they take from its module but exercises from this on."""
        of, names = self.exercise(name).of, [e.name for e in self.exercises]
        scripts, around = docstring_examples.scripts(layout.reference(of, name)), layout.surroundings(of, name)
        used, parts = set().union(*(names_in(source) for group in scripts for source, *_ in group)), []
        for used_name in sorted(used & around.keys() - {name}):
            text = text_of(around, used_name, of, set(names[names.index(name):]))
            parts += [{"name": used_name, "source": text}] if text else []
        return {"examples": scripts, "around": parts}

    def given(self, name):
        """The finished ones of the exercises above this one: an error there is not marked again here."""
        names = [e.name for e in self.exercises]
        earlier = self.exercises[:names.index(name)]
        parts = []
        for exercise in earlier:
            texts = closure(layout.reference(exercise.of, exercise.name), exercise.of, set(names) - {exercise.name})
            if texts is not None:
                parts.append({"name": exercise.name, "source": texts})
        return parts

    def helpers(self, name):
        """What the reference takes from its own module that is no exercise: constants and small functions."""
        names, of = [e.name for e in self.exercises], self.exercise(name).of
        apart = set(names[names.index(name):])      # those above are given
        around, found = layout.surroundings(of, name), []
        for used in sorted(names_used(layout.reference(of, name))):
            if used in names or used not in around or not own_to(around[used], of):
                continue
            text = text_of(around, used, of, apart)
            if text is not None:
                found.append({"name": used, "source": text})
        return found

    def cause(self, name, wrong, came):
        """What the student probably did, or "". came: all steps of the student's run"""
        exercise, test = self.exercise(name), layout.hidden_test(self.word, name)

        def came_of(mistake):
            key = name, mistake[:2]
            if key not in self._mistakes:       # once for a whole class
                text = variants.mistaken_source(exercise.of, name, mistake)
                self._mistakes[key] = record(test, variants.made(exercise.of, name, text), self.seed)
            return self._mistakes[key]

        want = self.expected(name)
        hidden = len(want) - 1      # behind them stand the examples, which no mistake was run on
        return suspicion(self.word, name, want, wrong, lambda: came[:hidden], came_of, exercise.hunt)


def reached_in(tree, name):
    """ids of the top-level nodes that a generator needs: itself, and whatever it reaches through names."""
    homes = {}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                homes.setdefault((alias.asname or alias.name).split(".")[0], []).append(node)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            homes.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign):
            for n in (n for target in node.targets for n in ast.walk(target)):     # not a comprehension's own names
                if isinstance(n, ast.Name) and n.id not in TABLES:
                    homes.setdefault(n.id, []).append(node)
    kept, todo = set(), [name]
    while todo:
        for node in homes.get(todo.pop(), ()):
            if id(node) not in kept:
                kept.add(id(node))
                todo += [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return kept


def names_used(obj):
    """The global names in a function's or class's text."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(obj)))
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def names_in(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def text_of(around, name, word, apart):
    """The text that sets one name of a rung's module; None where it reaches a name in `apart`, or cannot be told."""
    if isinstance(around[name], types.ModuleType):
        return f"import {around[name].__name__} as {name}\n"
    return closure(around[name], word, apart) or constant(around, name, word, apart)


def own_to(obj, word):
    """True for what the rung's own module defines; constants have no module, and count as its own."""
    home = getattr(obj, "__module__", None) if isinstance(obj, (type, types.FunctionType)) else ""
    if isinstance(obj, types.ModuleType):
        return False
    return home == "" or home.split(".")[:2] == ["course_lib", word]


def closure(obj, word, apart):
    """The text of a definition with all that it needs of its own module; None where it reaches a name in `apart`."""
    texts, seen = [], set()

    def visit(value):
        around = vars(sys.modules[value.__module__])
        tree = ast.parse(textwrap.dedent(inspect.getsource(value)))
        for used in sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}):
            if used in seen or used not in around or used == value.__name__:
                continue
            seen.add(used)
            found = around[used]
            if isinstance(found, types.ModuleType):
                texts.append(f"import {found.__name__} as {used}\n" if "." not in found.__name__ or used != "functional"
                             else f"from {found.__name__.rpartition('.')[0]} import {used}\n")
            elif isinstance(found, (type, types.FunctionType)) and own_to(found, word):
                if used in apart:
                    return False
                if not visit(found):
                    return False
            elif isinstance(found, (type, types.FunctionType, types.BuiltinFunctionType)):
                texts.append(f"from {found.__module__} import {found.__name__} as {used}\n")
            elif (line := constant(around, used, word, apart)) and not hasattr(builtins, used):
                texts.append(line)
        texts.append(textwrap.dedent(inspect.getsource(value)) + "\n")
        return True

    return "".join(texts) if isinstance(obj, (type, types.FunctionType)) and visit(obj) else None


def constant(around, name, word, apart):
    """The lines that set a constant, with all that is in it; it may come from another file of the course."""
    for node in ast.parse(inspect.getsource(sys.modules[around["__name__"]])).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            own = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            inside = [n.id for n in ast.walk(node.value) if isinstance(n, ast.Name) and n.id not in own]
            needed = [one for one in dict.fromkeys(inside) if one in around and one != name]
            return "".join(text_of(around, one, word, apart) or "" for one in needed) + ast.unparse(node) + "\n"
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            home = importlib.import_module("." * node.level + (node.module or ""), around["__package__"])
            return constant(vars(home), name, word, apart) if home.__name__.startswith("course_lib.") else None
    return None

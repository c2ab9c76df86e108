"""Read a student's notebook as text: which statements make up each exercise. Nothing of it is executed here.

Only imports, functions, classes and constants count, found by the exercise's name, whatever became of the order, ids,
tags or copies of cells. Kept is what the exercise reaches through free names.
"""

import ast
import builtins
import json
import re
import symtable

from ..classroom import house
from .rules import refusal

LARGEST = 20_000_000        # bytes of a notebook; pictures in its outputs count
CELL_MAGIC, LINE_MAGIC = re.compile(r"\s*%%"), re.compile(r"\s*(%|!|\?)|.*[^?]\?\??\s*$")
HEADS = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)
SIMPLE = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign
COMPOUND = ast.If, ast.Try, ast.With


class Unfit(ValueError):
    """A notebook that cannot be graded, and why."""


class Unreadable(ValueError):
    """The file is no notebook that can be graded, and why."""


class Statement:
    """One statement at the top level of a cell: what it binds and which names it uses."""

    def __init__(self, node, cell, order, text):
        self.node, self.cell, self.order, self.text = node, cell, order, text
        self.binds, self.touches = bound(node)
        self.uses = free_names(text)

    @property
    def imports(self):
        return isinstance(self.node, (ast.Import, ast.ImportFrom))


def free_names(text):
    """The names that a statement takes from outside itself, now or when it is called."""
    found, todo = set(), []
    try:
        todo.append(symtable.symtable(text, "cell", "exec"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    while todo:
        table = todo.pop()
        todo += table.get_children()
        found |= {s.get_name() for s in table.get_symbols()
                  if s.is_referenced() and (s.is_global() or table.get_type() == "module")}
    return found


def bound(node):
    """(names that a statement binds, names whose attributes or items it sets)"""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}, set()
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}, set()
    if isinstance(node, COMPOUND):
        inner = [bound(part) for part in ast.iter_child_nodes(node) if isinstance(part, (*SIMPLE, *COMPOUND))]
        handlers = [part for handler in getattr(node, "handlers", ()) for part in handler.body]
        inner += [bound(part) for part in handlers if isinstance(part, (*SIMPLE, *COMPOUND))]
        return set().union(*(b for b, _ in inner)), set().union(*(t for _, t in inner))
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names, touched = set(), set()
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                (names if isinstance(part.ctx, ast.Store) else touched).add(part.id)
    return names, touched


def cells_of(data):
    """The code cells' texts of a notebook's bytes, by number. Unreadable where it is none."""
    if len(data) > LARGEST:
        raise Unreadable(f"it has {len(data) / 1e6:.0f} MB; a notebook of this course has less than one")
    try:
        book = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("it is not a notebook: its text is no complete JSON") from None
    if isinstance(book, dict) and "worksheets" in book:
        raise Unreadable("it is of notebook format 3: open it in JupyterLab and save it again")
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("it is not a notebook: there are no cells in it")
    found = {}
    for number, cell in enumerate(cells):
        text = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        if isinstance(text, list) and all(isinstance(line, str) for line in text):
            text = "".join(text)
        if isinstance(text, str):
            found[number] = text
    return found


def parsed(text):
    """(a cell's tree or None, its text without magics, why it cannot be read)"""
    problem = ""
    for attempt in (text, without_magics(text)):
        try:
            return ast.parse(attempt), attempt, ""
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = f"{type(error).__name__}: {getattr(error, 'msg', '') or error}"[:120]
            line = getattr(error, "lineno", None)
            problem += f", line {line}" if line else ""
    return None, text, problem


def without_magics(text):
    """A cell without the lines that are IPython's, each replaced by an empty one."""
    lines = text.splitlines()
    return "\n".join("" if LINE_MAGIC.match(line) or CELL_MAGIC.match(line) else line for line in lines) + "\n"


class Book:
    """The statements of a notebook, and the cells that could not be read."""

    def __init__(self, cells):
        self.statements, self.broken = [], {}       # broken: {name that the cell would bind: what is wrong with it}
        self.word = ""
        for number, text in cells.items():
            tree, text, problem = parsed(text)
            if tree is None:
                for found in HEADS.findall(text):
                    self.broken.setdefault(found[0] or found[1], f"cell {number + 1} cannot be read: {problem}")
                continue
            for node in tree.body:
                self.add(node, number, text)

    def add(self, node, number, text):
        if said := re.search(r"lesson\(\s*[\"'](\w+)[\"']\s*\)", ast.get_source_segment(text, node) or ""):
            self.word = self.word or said[1]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:        # each name for itself: one that is not there costs no other
                one = ast.Import([alias]) if isinstance(node, ast.Import) else \
                    ast.ImportFrom(node.module, [alias], node.level)
                self.keep(ast.fix_missing_locations(one), number, ast.unparse(one))
            return
        if call := house.checked(node):
            if not (isinstance(node, ast.Assign) and call.args):
                return
            target = node.targets[0]
            if isinstance(call.args[0], ast.Name) and call.args[0].id == getattr(target, "id", ""):
                return
            node = ast.copy_location(ast.Assign(node.targets, call.args[0]), node)
            self.keep(ast.fix_missing_locations(node), number, ast.unparse(node))
            return
        if isinstance(node, (*SIMPLE, *COMPOUND)) and not (isinstance(node, ast.AnnAssign) and node.value is None):
            self.keep(node, number, segment(text, node))

    def keep(self, node, number, text):
        self.statements.append(Statement(node, number, len(self.statements), text))

    def definition(self, name, blanks):
        """The last binding of an exercise that is not blank; an import only where nothing else is. None: there is none.

        blanks: the methods, or the function, that the exercise leaves to the student
        """
        every = [s for s in self.statements if name in s.binds]
        own = [s for s in every if not s.imports and not still_blank(s.node, blanks)]
        return (own or [s for s in every if s.imports] or [None])[-1]

    def binding(self, name, where):
        """What a helper's name means to a statement: the last binding above it or in its cell, else the first below."""
        every = [s for s in self.statements if name in s.binds]
        above = [s for s in every if s.cell <= where.cell and s is not where and
                 not (s.cell == where.cell and s.order > where.order and not defines(s))]
        return above[-1] if above else next((s for s in every if s is not where), None)

    def gather(self, name, exercises, given):
        """All statements that an exercise consists of, in the notebook's order, and notes on names that are not there.

        exercises: {name: what it leaves blank}   given: names that stand there finished
        """
        first = self.definition(name, exercises[name])
        kept, notes, todo = {}, [], [first] if first else []
        while todo:
            statement = todo.pop()
            if statement.order in kept:
                continue
            kept[statement.order] = statement
            for used in sorted(statement.uses | statement.touches):
                if used in given or (used == name and defines(statement)):
                    continue
                if used == name:            # x = decorated(x)
                    before = [s for s in self.statements if name in s.binds and s.order < statement.order
                              and not still_blank(s.node, exercises[name])]
                    todo += before[-1:]
                    continue
                found = self.definition(used, exercises[used]) if used in exercises else self.binding(used, statement)
                if found:
                    todo += [found, *(s for s in self.statements if used in s.touches and not s.binds)]
                elif used in self.broken and not hasattr(builtins, used):
                    notes.append(f"`{used}`: {self.broken[used]}")
                elif not hasattr(builtins, used):
                    todo += [s for s in self.statements if "*" in s.binds]
        return [kept[order] for order in sorted(kept)], notes


def defines(statement):
    return isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def segment(text, node):
    """A statement's own text, with its decorators."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    lines = text.splitlines()[first - 1:node.end_lineno]
    if any(other in lines[0][:node.col_offset] for other in ";") or node.col_offset:
        return ast.unparse(node)
    return "\n".join(lines) + "\n"


def still_blank(node, blanks):
    """True where a definition is what the exercise gave: everything that was left blank is blank still."""
    if isinstance(node, ast.FunctionDef):
        return house.is_blank(node)
    if isinstance(node, ast.ClassDef):
        empty = house.blanks(node)
        return bool(blanks) and set(blanks) <= empty
    return False


def plan(data, job):
    """What to run for each exercise, as JSON can hold it.

    job: {"exercises": {name: {"blanks", "given", "helpers", "by_hand"}}, "closed": modules that do not exist here}
    returns: {"word", "exercises": {name: {"statements": [[cell, text]], "refusal", "missing", "notes"}}}, or
        {"unreadable": why}
    """
    try:
        book = Book(cells_of(data))
    except Unreadable as error:
        return {"unreadable": str(error)}
    except (RecursionError, MemoryError) as error:
        return {"unreadable": f"it cannot be read: {type(error).__name__}"}
    blanks = {name: said["blanks"] for name, said in job["exercises"].items()}
    found = {}
    for name, said in job["exercises"].items():
        own = {bound for s in book.statements if not s.imports for bound in s.binds}
        kept, notes = book.gather(name, blanks, {*said["given"], *(set(said["helpers"]) - own)})
        missing, reason = "", ""
        if not kept:
            stub = any(name in s.binds for s in book.statements)
            missing = book.broken.get(name) or ("unwritten" if stub else "it is not defined in this notebook")
        else:
            definition = book.definition(name, blanks[name])
            try:
                reason = refusal(definition, kept, said["by_hand"], job["closed"]) or ""
            except RecursionError:
                reason = "it is nested too deeply to be read"
        found[name] = {"statements": [[s.cell + 1, s.text] for s in kept], "refusal": reason, "missing": missing,
                       "notes": notes[:5]}
    return {"word": book.word, "exercises": found}

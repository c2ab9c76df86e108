"""Which statements of a notebook make up each exercise. Nothing of it is executed here.

Only imports, functions, classes and constants count, found by the exercise's name, whatever became of the order, ids,
tags or copies of cells. Kept is what the exercise reaches through free names.
"""

import ast
import builtins
import re
import symtable

from ...classroom import layout
from ..intake.notebook import parsed

HEADS = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)
SIMPLE = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign
COMPOUND = ast.If, ast.Try, ast.With


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
        if call := layout.checked(node):
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
        return layout.is_blank(node)
    if isinstance(node, ast.ClassDef):
        empty = layout.blanks(node)
        return bool(blanks) and set(blanks) <= empty
    return False

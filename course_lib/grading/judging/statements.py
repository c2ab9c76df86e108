"""The statements at the top level of a notebook, in order, and where each name is bound or changed.

They are found by the exercise's name, whatever became of the order, ids, tags or copies of cells.
"""

import ast
import re
from bisect import bisect_right
from collections import defaultdict

from ...classroom import layout
from . import cells as kernel
from .names import Names

HEADS = re.compile(r"^[ \t>]*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)
DEFINITIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
ANSWERS = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.If, ast.Try, ast.With)
UNSAID = {"exec", "eval", "globals", "locals", "vars", "setattr"}       # ways to bind a name that nobody spells
WIDE_MAGICS = re.compile(r"get_ipython\(\)\.run_line_magic\(['\"](run|pylab|load|store|macro|rerun|load_ext)\b")
SETTING = re.compile(r"(\w+\.)?setrecursionlimit\(")      # a kernel keeps it for all that follows
STAND_INS = {"display", "get_ipython"}                  # a kernel has them without an import, and so has a worker


class Statement:
    """One statement at the top level of a cell. What is judged, `node`, was read from what is executed, `text`.

    closed: True for one whose names stay within its cell
    """

    def __init__(self, node, text, cell, order, closed=False):
        self.node, self.text, self.cell, self.order, self.closed = node, text, cell, order, closed
        self.names = Names(node)
        self.binds = self.names.binds | ({"*"} if self.names.star else set())
        self.touches = self.names.changes
        self.uses = self.names.uses | self.names.later

    @property
    def imports(self):
        return isinstance(self.node, (ast.Import, ast.ImportFrom))


class Book:
    """The statements of a notebook, and the cells that could not be read.

    checks: {name: [order of the first statement behind each `check(name)`]}   always: orders of what counts for
    everything, such as `from __future__ import …`   unsaid: orders of statements that may bind any name
    binders, changers: {name: orders of the statements that bind it, or change its object}
    anew: {name: for each of its binders the order of the last one that binds it for certain, or -1}
    """

    def __init__(self, cells):
        self.statements, self.broken = [], {}       # broken: {name that the cell would bind: what is wrong with it}
        self.word, self.ends, self.groups = "", {}, {}
        self.checks, self.bound_by_answers = defaultdict(list), defaultdict(list)
        self.binders, self.anew, self.changers, self.shown = (defaultdict(list) for _ in range(4))
        self.users, self.later_changers, self.later_users = defaultdict(list), defaultdict(set), defaultdict(set)
        self.always, self.unsaid = [], []
        for number, text in cells.items():
            try:
                for one in kernel.statements(text):
                    self.add(*one, number)
            except (kernel.NotPython, *kernel.ERRORS) as error:
                for found in HEADS.findall(text):
                    why = f"cell {number + 1} cannot be read: {kernel.problem(error, text)}"
                    self.broken.setdefault(found[0] or found[1], why)
            self.ends[number] = len(self.statements)
        self.index()

    def add(self, text, node, closed, number):
        if not self.word and (said := re.search(r"lesson\(\s*[\"'](\w+)[\"']\s*\)", text)):
            self.word = said[1]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            from_ipython = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "IPython"
            for alias in node.names:        # each name for itself: one that is not there costs no other
                if not (from_ipython and alias.name in STAND_INS):
                    one = ast.Import([alias]) if isinstance(node, ast.Import) else \
                        ast.ImportFrom(node.module, [alias], node.level)
                    self.keep(one, ast.unparse(one) + "\n", number, closed)
        elif call := layout.checked(node):
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            given = call.args[0] if call.args else None
            if target is not None and given is not None and getattr(given, "id", "") != getattr(target, "id", ""):
                text = ast.unparse(ast.Assign(node.targets, given, lineno=1)) + "\n"
                self.keep(ast.parse(text).body[0], text, number, closed)
            for name in {getattr(target, "id", ""), getattr(given, "id", "")} - {""}:
                self.checks[name].append(len(self.statements))
        elif not (isinstance(node, ast.AnnAssign) and node.value is None):
            self.keep(node, text, number, closed)

    def keep(self, node, text, number, closed):
        statement = Statement(node, text, number, len(self.statements), closed)
        self.statements.append(statement)
        if isinstance(node, ANSWERS):
            for name in statement.binds:
                self.bound_by_answers[name].append(statement)

    def index(self):
        """Where each name is bound and changed, by the statements' order."""
        every = self.statements
        modules = {name for s in every if s.imports for name in s.binds}
        modules -= {name for s in every if not s.imports for name in s.binds}
        for s in every:
            for name, same in s.names.alias.items():
                for other in same - modules:
                    self.groups[self.group(name)] = self.group(other)
        changing = self.that_change_what_they_are_given()
        for s in every:
            names, effect = s.names, isinstance(s.node, ast.Expr)
            if not s.closed:
                for name in s.binds:
                    self.binders[name].append(s.order)
                    last = self.anew[name][-1] if self.anew[name] else -1
                    self.anew[name].append(s.order if name in names.sets else last)
            changed = names.changes - (modules - names.sets_part)
            for function, given in names.passed:
                changed |= given if function in changing else set()
            for group in set(map(self.group, changed)):
                self.changers[group].append(s.order)
            for name in names.uses:
                self.users[name].append(s.order)
            for group in set(map(self.group, names.shown - changed)) if effect else ():
                self.shown[group].append(s.order)
            for name in names.sets:
                for changed_later in names.changes_later - modules | names.sets_later:
                    self.later_changers[self.group(changed_later)].add(name)
                for used in names.later:
                    self.later_users[used].add(name)
            if names.uses & UNSAID or WIDE_MAGICS.search(s.text):
                self.unsaid.append(s.order)
            if isinstance(s.node, ast.ImportFrom) and s.node.module == "__future__" or SETTING.match(s.text):
                self.always.append(s.order)

    def group(self, name):
        """The one name that stands for all that may be the same object."""
        while (above := self.groups.get(name, name)) != name:
            self.groups[name] = self.groups.get(above, above)
            name = above
        return name

    def that_change_what_they_are_given(self):
        """The names of functions of the notebook that may change an argument, or call one that does."""
        callers, found = defaultdict(set), set()
        for s in self.statements:
            for name in s.names.sets:
                if s.names.changes_given:
                    found.add(name)
                for used in s.names.later:
                    callers[used].add(name)
        todo = list(found)
        while todo:
            more = callers[todo.pop()] - found
            found |= more
            todo += more
        return found

    def definition(self, name, blanks):
        """The Statement that is a student's answer, or None: the last one that is not blank.

        What comes behind the last `check(name)` counts where it is a definition again, not where the name is used for
        something else. An import counts only where nothing else is there.
        blanks: the methods, or the function, that the exercise leaves to the student
        """
        every = self.bound_by_answers.get(name, [])
        own = [s for s in every if not s.imports and not still_blank(s.node, blanks)]
        behind = self.checks[name][-1] if name in self.checks else len(self.statements)
        meant = [s for s in own if s.order < behind or isinstance(s.node, DEFINITIONS)
                 or isinstance(getattr(s.node, "value", None), ast.Lambda)]
        return (meant or own or [s for s in every if s.imports] or [None])[-1]

    def tried(self, name, definition):
        """The order of the first statement that is not there yet when an answer is tried."""
        checks = self.checks.get(name, [])
        at = bisect_right(checks, definition.order)
        return checks[at] if at < len(checks) else self.ends[definition.cell]


def still_blank(node, blanks):
    """True where a definition is what the exercise gave: everything that was left blank is blank still."""
    if isinstance(node, ast.FunctionDef):
        return layout.is_blank(node)
    if isinstance(node, ast.ClassDef):
        empty = layout.blanks(node)
        return bool(blanks) and set(blanks) <= empty
    return False

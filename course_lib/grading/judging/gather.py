"""Which statements of a notebook make up one exercise: the answer, and all that binds or changes a name it reaches.

They run in the notebook's order, so that each name means what it meant in the kernel when the answer was tried.
"""

import ast
import builtins
from bisect import bisect_left

from .names import objects
from .statements import STAND_INS, still_blank

MOST_NOTES = 5
LONGEST = 60        # characters of a statement that a note shows


class Rest:
    """A row of orders, each of which is given out once."""

    def __init__(self, orders):
        self.orders = orders
        self.left_under = list(range(len(orders) + 1))      # [i]: up to where something is left below i

    def take(self, low, high):
        """Those from low up to high that were not taken yet, the last first."""
        at = self.find(bisect_left(self.orders, high))
        while at and self.orders[at - 1] >= low:
            self.left_under[at] = at - 1
            yield self.orders[at - 1]
            at = self.find(at - 1)

    def find(self, at):
        while (below := self.left_under[at]) != at:
            self.left_under[at] = self.left_under[below]
            at = below
        return at


class Gathering:
    """Collects the statements of one exercise: `statements`, in order, and `notes` on what they lack.

    name: the exercise's   exercises: {name: what it leaves blank}   given: names that stand there finished
    """

    def __init__(self, book, name, exercises, given):
        self.book, self.name, self.exercises, self.given = book, name, exercises, given
        self.kept, self.todo, self.seen, self.rests, self.called = set(), [], set(), {}, set()
        self.groups, self.lacking, self.notes = set(), [], []
        self.first = book.definition(name, exercises[name])
        if self.first is None:
            return
        self.end = book.tried(name, self.first)
        self.keep(self.first.order, early=False)
        for order in book.always:
            self.keep(order, early=True)
        self.changes(name, self.first.order + 1, self.end)
        while self.todo:
            self.need(*self.todo.pop())
        self.remark()

    @property
    def statements(self):
        return [self.book.statements[order] for order in sorted(self.kept)]

    def keep(self, order, early):
        """Keep a statement, and look for what it takes. early: it may be called before the answer is tried"""
        names = self.book.statements[order].names
        if order not in self.kept:
            self.kept.add(order)
            self.todo += [(used, order, False) for used in sorted(names.uses | names.changes)]
        if (order, early) not in self.seen:
            self.seen.add((order, early))
            self.todo += [(used, self.end, early) for used in sorted(names.later)]

    def need(self, name, at, whole):
        """Keep what a name means to the statement at an order. whole: and what it has meant before"""
        if name in self.given or (name, at, whole) in self.seen:
            return
        self.seen.add((name, at, whole))
        if name in self.exercises:
            self.exercise(name, at)
            return
        orders, early = self.book.binders.get(name, ()), whole or at < self.end
        above = bisect_left(orders, at)
        since = 0 if whole or not above else max(self.book.anew[name][above - 1], 0)
        for order in self.rest("binders", name, early).take(since, at):
            self.keep(order, early)
        if not above:
            self.below(name, orders)
        self.changes(name, since, at)

    def exercise(self, name, at):
        """Keep an exercise's answer; of the one that is gathered, only what it was made from: `f = decorated(f)`."""
        if name != self.name:
            if found := self.book.definition(name, self.exercises[name]):
                self.keep(found.order, early=at < self.end)
                self.changes(name, found.order + 1, at)
        elif at <= self.first.order:
            blanks = self.exercises[name]
            before = [s for s in self.book.bound_by_answers[name] if s.order < at and not still_blank(s.node, blanks)]
            for statement in before[-1:]:
                self.keep(statement.order, early=True)

    def below(self, name, orders):
        """A name that nothing above binds: what binds it below, or may without saying so."""
        enclosed = [s.order for s in self.book.bound_by_answers.get(name, ()) if s.closed]
        for order in [*orders[:1], *enclosed[-1:]][:1]:
            self.keep(order, early=True)
            return
        for order in self.rest("binders", "*", True).take(0, len(self.book.statements)):
            self.keep(order, early=True)
        if hasattr(builtins, name) or name in STAND_INS:
            return
        self.lacking.append(name)
        for order in self.rest("unsaid", "", True).take(0, self.end):
            if "run_line_magic" not in self.book.statements[order].text:
                self.keep(order, early=True)

    def changes(self, name, since, until):
        """Keep the statements that change a name's object, by themselves or through a function that does."""
        group = self.book.group(name)
        self.groups.add(group)
        for order in self.rest("changers", group, True).take(since, until):
            self.keep(order, early=True)
        todo = [*self.book.later_changers.get(group, ())]
        while todo:
            function = todo.pop()
            if function not in self.called:
                self.called.add(function)
                todo += self.book.later_users.get(function, ())
                for order in self.rest("users", function, True).take(0, self.end):
                    self.keep(order, early=True)

    def rest(self, table, name, early):
        if (table, name, early) not in self.rests:
            orders = self.book.unsaid if table == "unsaid" else getattr(self.book, table).get(name, ())
            self.rests[table, name, early] = Rest(orders)
        return self.rests[table, name, early]

    def remark(self):
        """Notes on the names that are not there, and on statements that may have changed one and do not run."""
        for name in self.lacking:
            if name in self.book.broken:
                self.notes.append(f"`{name}`: {self.book.broken[name]}")
        left_out = {order for group in self.groups for order in self.book.shown.get(group, ())}
        if self.lacking:
            left_out |= set(self.book.unsaid)
        for order in sorted(left_out - self.kept):
            statement = self.book.statements[order]
            if order < self.end and not self.harmless(statement.node):
                line = statement.text.strip().split("\n")[0][:LONGEST]
                self.notes.append(f"this statement was not run: `{line}` (cell {statement.cell + 1})")
        self.notes = self.notes[:MOST_NOTES]

    def harmless(self, node):
        """True for a call of a function that is Python's own, or the notebook's and changes nothing."""
        called = getattr(getattr(node, "value", None), "func", None)
        if not isinstance(called, ast.Name):
            return bool(called and objects(called) & {"get_ipython"})
        functions = [self.book.statements[order] for order in self.book.binders.get(called.id, ())]
        return any(not s.imports for s in functions) or (not functions and (
            hasattr(builtins, called.id) or called.id in STAND_INS))

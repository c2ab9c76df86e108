"""The automatic mutator: small changes of a reference, each of which some hidden label should notice."""

import ast
import copy
import signal
import sys
import threading
import time
from contextlib import contextmanager

from .. import layout
from ..checking import variants
from ..checking.judge import judge

SECONDS = 1.5       # a mutant that takes longer has changed something, if only its own end
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}
KEPT = ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass      # statements that are never dropped
SYMMETRIC = {"transpose", "swapaxes", "max", "min", "maximum", "minimum", "gcd"}     # where the order says nothing


class Late(BaseException):
    """Raised inside a `deadline` when the time is over; a BaseException, so that no answer catches it by chance."""


@contextmanager
def deadline(seconds):
    """Raise Late inside the block after so many seconds of computing, in Python code of the main thread.

    By an alarm where the system has one, which does not run while others use the processor; elsewhere (Windows) by a
    trace, which is slower.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        def ring(signum, frame):
            raise Late

        before = signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
        return
    end, before = time.process_time() + seconds, sys.gettrace()

    def look(frame, event, arg):
        if time.process_time() > end:
            raise Late
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def mutants(tree, given=()):
    """(what was changed, the changed tree) for every small change of a definition.

    Constants one up or down, operators exchanged, a sign dropped, a condition turned round, True and False exchanged,
    a statement dropped, two neighbouring arguments swapped. Docstrings, signatures, decorators and error messages are
    left alone, and so is whatever stands in `given`.
    `what` names the statement before and after, so that it still fits when lines move.
    """
    quiet = quiet_nodes(tree) | {id(n) for part in given for n in ast.walk(part)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in quiet:
            continue
        for change in changes(node):
            changed = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            before = ast.unparse(statement_of(changed, target))
            change(target)
            after = ast.unparse(ast.fix_missing_locations(statement_of(changed, target)))
            if before != after:
                yield f"{before} → {after}", changed
    yield from dropped(tree, quiet)


def quiet_nodes(tree):
    """Nodes whose change is no change of behaviour, or of nothing that a label should ask: docstrings, annotations,
    the text of an error."""
    quiet = set()

    def hush(node):
        quiet.update(id(n) for n in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node, clean=False) is not None:
                hush(node.body[0])
            for extra in node.decorator_list:
                hush(extra)
        if isinstance(node, ast.FunctionDef):
            for given in [*node.args.defaults, *filter(None, node.args.kw_defaults), *filter(None, [node.returns])]:
                hush(given)
        if isinstance(node, ast.arg) and node.annotation:
            hush(node.annotation)
        if isinstance(node, ast.AnnAssign):
            hush(node.annotation)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            hush(node.exc)
        if isinstance(node, ast.Assert) and node.msg:
            hush(node.msg)
        if isinstance(node, ast.Subscript):     # the sign in x[-2:]: one up or down is change enough
            quiet.update(id(n) for n in ast.walk(node.slice) if isinstance(n, ast.UnaryOp))
    return quiet


def changes(node):
    """Functions that each change a node in place, in one small way."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            return [lambda n: setattr(n, "value", not n.value)]
        if isinstance(node.value, (int, float)):
            return [lambda n: setattr(n, "value", n.value + 1), lambda n: setattr(n, "value", n.value - 1)]
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        return [lambda n: setattr(n, "op", OPERATORS[type(n.op)]())]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        return [lambda n: n.ops.__setitem__(0, OPERATORS[type(n.ops[0])]())]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [lambda n: setattr(n, "op", ast.UAdd())]
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return [lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))] if not isinstance(node, ast.While) else []
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) not in SYMMETRIC:
        return [swap(i) for i in range(len(node.args) - 1) if not any(isinstance(a, ast.Starred) for a in node.args)]
    return []


def swap(i):
    def change(node):
        node.args[i], node.args[i + 1] = node.args[i + 1], node.args[i]
    return change


def statement_of(tree, target):
    """The innermost simple statement, or the head of a compound one, that a node stands in."""
    found = tree
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and any(n is target for n in ast.walk(node)):
            found = node            # walk goes from outside in, level by level: the last to contain it is the innermost
    return headed(found)


def headed(node):
    """A compound statement without its body, so that a description stays short."""
    if not hasattr(node, "body") or not isinstance(node, ast.stmt):
        return node
    head = copy.copy(node)
    head.body = [ast.Expr(ast.Constant(...))]
    for extra in ("orelse", "handlers", "finalbody"):
        if getattr(head, extra, None):
            setattr(head, extra, [])
    if isinstance(head, ast.Try):
        head.finalbody = [ast.Pass()]
    return head


def dropped(tree, quiet):
    """(what, tree) with one statement of one body left out (a `pass` where it was the only one)."""
    for number, node in enumerate(ast.walk(tree)):
        for part in ("body", "orelse"):
            body = getattr(node, part, None)
            if not isinstance(body, list) or isinstance(node, ast.ClassDef) or id(node) in quiet:
                continue
            for i, statement in enumerate(body):
                if is_docstring(statement) or isinstance(statement, KEPT):
                    continue
                changed = copy.deepcopy(tree)
                target = next(n for k, n in enumerate(ast.walk(changed)) if k == number)
                rest = getattr(target, part)
                del rest[i]
                if not rest and part == "body":
                    rest.append(ast.Pass())
                yield f"{ast.unparse(headed(statement))} → (dropped)", ast.fix_missing_locations(changed)


def is_docstring(statement):
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)


def survivors(exercise, want):
    """What was changed in each mutant that the hidden test does not notice, in order, without repetition.

    In a class only the methods that the exercise leaves to the learner are changed: the rest is given.
    """
    test = layout.hidden_test(exercise.word, exercise.name)
    tree = variants.definition_of(layout.reference_source(exercise.of, exercise.name))
    if isinstance(tree, ast.ClassDef) and not exercise.hunt:
        given = [node for name, node in layout.functions(tree).items() if name not in layout.blanks(exercise.stub)]
    else:
        given = []
    alive = []
    for what, changed in mutants(tree, given):
        if what not in alive and not noticed(exercise, test, want, changed):
            alive.append(what)
    return alive


def noticed(exercise, test, want, tree):
    """True where a mutant does not compile, does not end, or gives something else than the reference."""
    try:
        with deadline(SECONDS):
            obj = variants.made(exercise.of, exercise.name, tree_text(tree))
            return judge(test, obj, want) is not None
    except Late:
        return True
    except Exception:       # not even defined: a decorator or a default that cannot be evaluated
        return True


def tree_text(tree):
    return ast.unparse(ast.fix_missing_locations(tree))

"""A code cell as a kernel runs it: IPython's own reading of it, cut into statements. Nothing of it is executed here."""

import ast
import re
import warnings

from IPython.core.inputtransformer2 import TransformerManager

IPYTHON = TransformerManager()
BODIES = {"time", "timeit", "capture", "prun", "debug"}     # cell magics whose body runs in the notebook
STATEMENTS = {"time", "prun"}                               # line magics whose line does
OPTIONS = re.compile(r"\s*(--?[a-z][\w-]*(\s+\d+)?\s*|-\w\s*\d+\s*)*")
LINE_END = re.compile(r"\r\n|\r|\n")                        # all that ends a line for Python
OTHER_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")      # what ends one for str.splitlines alone
MERGE = re.compile(r"^<{7}( .*)?$[\s\S]*^>{7}( .*)?$", re.MULTILINE)
ERRORS = SyntaxError, ValueError, RuntimeError, RecursionError, MemoryError, OverflowError


class NotPython(ValueError):
    """A cell whose text a kernel hands to something else, and to what."""


def statements(text):
    """[(text, node, closed)] of the statements at the top level of a cell, each by itself as it would be executed.

    node: the tree of that text   closed: True in a `%%timeit`, whose names stay within
    raises: NotPython, or one of ERRORS where the kernel would refuse the cell too
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code, tree = as_run(text)
    magic = cell_magic(tree)
    if not magic:
        return [(*one, False) for one in cut(*without_line_magics(code, tree))]
    name, line, body = magic
    if name not in BODIES:
        raise NotPython(f"it is not Python: it begins with `%%{name}`")
    if name == "timeit":
        body = OPTIONS.sub("", line, count=1) + "\n" + body
    return [(one, node, closed or name == "timeit") for one, node, closed in statements(body)]


def as_run(text):
    """(what a kernel executes for a cell's text, its tree)"""
    lines = (text if text.endswith("\n") else text + "\n").splitlines(keepends=True)
    for transform in IPYTHON.cleanup_transforms + IPYTHON.line_transforms:
        lines = transform(lines)
    code = "".join(lines)
    if not OTHER_ENDS.search(code):
        try:
            return code, ast.parse(code)        # then there is nothing of IPython's in it, and tokens cost more
        except SyntaxError:
            pass
    code = "".join(IPYTHON.do_token_transforms(lines))
    return code, ast.parse(code)


def problem(error, text):
    """Why a cell cannot be read, in words."""
    if isinstance(error, NotPython):
        return str(error)
    if MERGE.search(text):
        return "the marks of an unfinished merge (<<<<<<<, >>>>>>>) stand in it: keep one of the two versions"
    line = getattr(error, "lineno", None)
    said = f"{type(error).__name__}: {getattr(error, 'msg', '') or error}"[:120]
    return f"{said}, line {line}" if line else said


def called(node, name):
    """The constant arguments of `get_ipython().NAME(…)`, or None where a node is no such call."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name):
        return None
    of = node.func.value
    if not (isinstance(of, ast.Call) and getattr(of.func, "id", "") == "get_ipython"):
        return None
    found = [getattr(argument, "value", None) for argument in node.args]
    return found if all(isinstance(value, str) for value in found) else None


def cell_magic(tree):
    """(name, rest of its line, body) where a whole cell is one cell magic, or None."""
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        said = called(tree.body[0].value, "run_cell_magic")
        return said if said and len(said) == 3 else None
    return None


def without_line_magics(code, tree):
    """A cell's text and tree with the Python that `%time` and `%prun` run in the place of the magics."""
    if "run_line_magic" not in code:
        return code, tree
    code = ast.unparse(ast.fix_missing_locations(Timed().visit(tree))) + "\n"
    return code, ast.parse(code)


class Timed(ast.NodeTransformer):
    """Replaces `%time` and `%prun`: a line by its statements, a value by its expression."""

    within = 0          # functions: there a line's names stay within the magic

    def visit_FunctionDef(self, node):
        self.within += 1
        self.generic_visit(node)
        self.within -= 1
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Expr(self, node):
        said = called(node.value, "run_line_magic")
        if not said or said[0] not in STATEMENTS or self.within:
            return node
        try:
            return as_run(OPTIONS.sub("", said[1], count=1))[1].body or ast.Pass()
        except ERRORS:
            return node

    def visit_Call(self, node):
        said = called(node, "run_line_magic")
        if said and said[0] == "time":
            try:
                return ast.parse(said[1].strip(), mode="eval").body
            except ERRORS:
                pass
        return self.generic_visit(node)


def cut(code, tree):
    """(text, its node) of each statement: its own lines, and of a line that it shares its own part."""
    lines = [line.encode("utf-8") for line in LINE_END.split(code)]
    while tree.body:                    # a large tree is let go as its parts are read again
        node = tree.body.pop(0)
        first, begin = node.lineno, node.col_offset
        for decorator in getattr(node, "decorator_list", ())[:1]:
            first, begin = decorator.lineno, 0
        rows = lines[first - 1:node.end_lineno]
        rows[-1] = rows[-1][:node.end_col_offset]
        rows[0] = rows[0][begin:]
        text = b"\n".join(rows).decode("utf-8") + "\n"
        found = ast.parse(text).body
        if len(found) != 1 or type(found[0]) is not type(node):     # an @ alone on its line
            text = ast.unparse(node) + "\n"
            found = ast.parse(text).body
        yield text, found[0]

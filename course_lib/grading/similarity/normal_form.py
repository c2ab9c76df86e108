"""The form of a piece of code: what is left of it without names, comments, docstrings, annotations and layout.

A form is a row of tokens, read off the syntax tree, and the set of its grams: every few tokens in a row. Inside a gram
the author's own names are numbered in the order in which they appear there, so that renaming changes nothing, and
moving a line changes little. Nothing is executed.
"""

import ast
import hashlib
from dataclasses import dataclass

LENGTH = 5              # tokens of a gram
MOST_TOKENS = 20_000    # of one exercise; those of this course have a few hundred
SWAPPED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}


@dataclass(frozen=True)
class Token:
    """What stands in the tree, whose name it is if it is the author's own, and where in the text (or None)."""

    label: str
    own: str | None = None
    place: tuple | None = None      # (part, line, first column, last column), lines from 0, columns in bytes


def tokens(parts):
    """The Tokens of an exercise. parts: the texts of its statements   RecursionError where they are too deep"""
    trees = [ast.parse(part) for part in parts]
    reader = Reader(trees)
    for number, tree in enumerate(trees):
        reader.part = number
        for node in tree.body:
            reader.visit(node)
    return reader.tokens[:MOST_TOKENS]


def grams(row, length=LENGTH):
    """[(gram, index of its first token)] of a row of Tokens; a row that is shorter is one gram. A gram is an int."""
    found = []
    for start in range(max(len(row) - length, 0) + 1 if row else 0):
        numbers, said = {}, []
        for token in row[start:start + length]:
            number = "" if token.own is None else numbers.setdefault(token.own, len(numbers))
            said.append(f"{token.label}{number}")
        digest = hashlib.blake2b("\n".join(said).encode("utf-8", "replace"), digest_size=7).digest()
        found.append((int.from_bytes(digest, "big"), start))
    return found


class Reader(ast.NodeVisitor):
    """Walks statements in the order of their text and notes tokens."""

    def __init__(self, trees):
        self.tokens, self.part = [], 0
        self.modules, self.taken, self.own = set(), {}, set()
        for node in (node for tree in trees for node in ast.walk(tree)):
            if isinstance(node, ast.Import):
                self.modules |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                self.taken |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.own.add(node.name)
            elif isinstance(node, ast.arg):
                self.own.add(node.arg)
            elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                self.own.add(node.id if isinstance(node, ast.Name) else f".{node.attr}")

    def note(self, label, node=None, own=None):
        place = None
        if node is not None and getattr(node, "lineno", None) == getattr(node, "end_lineno", None):
            place = self.part, node.lineno - 1, node.col_offset, node.end_col_offset
        self.tokens.append(Token(label, own, place))

    def generic_visit(self, node):
        if not isinstance(node, (ast.expr_context, ast.Load, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)):
            self.note(type(node).__name__)
        super().generic_visit(node)

    def visit_Import(self, node):
        pass

    visit_ImportFrom = visit_Pass = visit_Global = visit_Nonlocal = visit_Import

    def visit_FunctionDef(self, node):
        self.note("def")
        for part in (*node.decorator_list, node.args, *without_docstring(node.body)):
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.note("class")
        for part in (*node.decorator_list, *node.bases, *without_docstring(node.body)):
            self.visit(part)

    def visit_arg(self, node):
        self.note("name", own=node.arg)

    def visit_Name(self, node):
        if node.id in self.own:
            self.note("name", node, node.id)
        else:
            self.note(self.taken.get(node.id, node.id), node)

    def visit_Attribute(self, node):
        end = ast.copy_location(ast.Pass(), node)       # only the attribute's own word is its place
        end.lineno, end.col_offset = node.end_lineno, node.end_col_offset - len(node.attr.encode("utf-8"))
        own = f".{node.attr}" if f".{node.attr}" in self.own else None
        self.note("attribute" if own else node.attr, end, own)
        if not self.is_module(node.value):
            self.visit(node.value)

    def is_module(self, node):
        """True for `torch`, `nn.functional` and the like: where a function is taken from does not matter."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id not in self.own and (
            node.id in self.modules or self.taken.get(node.id) in ("nn", "functional"))

    def visit_Constant(self, node):
        is_text = isinstance(node.value, (str, bytes))
        self.note("text" if is_text else repr(node.value)[:40], node)

    def visit_JoinedStr(self, node):
        self.note("text", node)

    def visit_keyword(self, node):
        self.note(f"{node.arg}=")
        self.visit(node.value)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.assign([node.target], node.value)

    def visit_Assign(self, node):
        self.assign(node.targets, node.value)

    def visit_AugAssign(self, node):
        self.assign([node.target], ast.BinOp(node.target, node.op, node.value))

    def assign(self, targets, value):
        self.note("=")
        for part in (*targets, value):
            self.visit(part)

    def visit_BinOp(self, node):
        self.note(type(node.op).__name__)
        self.visit(node.left)
        self.visit(node.right)

    def visit_UnaryOp(self, node):
        self.note(type(node.op).__name__)
        self.visit(node.operand)

    def visit_BoolOp(self, node):
        self.note(type(node.op).__name__)
        for part in node.values:
            self.visit(part)

    def visit_Compare(self, node):
        """`a > b` is read as `b < a`."""
        if len(node.ops) == 1 and type(node.ops[0]) in SWAPPED:
            node = ast.Compare(node.comparators[0], [SWAPPED[type(node.ops[0])]()], [node.left])
        self.note(" ".join(type(op).__name__ for op in node.ops))
        for part in (node.left, *node.comparators):
            self.visit(part)


def without_docstring(body):
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str)
    return body[1:] if is_text else body

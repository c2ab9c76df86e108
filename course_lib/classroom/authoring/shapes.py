"""Are the shape comments true? Watch the library run, and compare each trailing `# (B, T, C)` with the live tensor.

A comment is a claim when it ends an assignment or a return, and a bracket in it holds nothing but sizes: capitals,
numbers, and sums, products and quotients of them; `...` stands for any number of leading axes. Where several tensors
are assigned or returned, each of them has to have the shape.
"""

import ast
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

import course_lib

BRACKET = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")
SIZE = re.compile(r"[A-Z0-9][A-Za-z0-9_]*(?:\s*(?://|[-+*/])\s*(?:[A-Z0-9][A-Za-z0-9_]*|\([^()]*\)))*")


class WrongShape(AssertionError):
    """A shape comment that its tensor does not have."""


@dataclass(frozen=True)
class Claim:
    """What one comment says: the targets it speaks of ("return" for a returned value) and their sizes."""

    line: int               # the last line of the statement, where the comment stands
    targets: tuple
    sizes: tuple


def sizes_in(comment):
    """The sizes that a comment claims, as a tuple of texts, or None. `()` is a claim too: a single number."""
    for bracket in BRACKET.finditer(comment):
        parts = [part.strip() for part in bracket[1].split(",")]
        parts = parts[:-1] if parts[-1] == "" else parts
        sizes = [part for part in parts if part != "..."]
        are_sizes = all(SIZE.fullmatch(part) for part in sizes) and "..." not in parts[1:]
        named = any(part[0].isupper() for part in sizes) or comment.strip("# ") == "()"     # not a year, not a call
        if are_sizes and named and comment[bracket.start() - 1] in "# \t":
            return tuple(parts)
    return None


@cache
def claims(path):
    """{first line of a statement: its Claim} for one source file."""
    text, found = Path(path).read_text(encoding="utf-8"), {}
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
            continue
        line = lines[node.end_lineno - 1].encode()[node.end_col_offset:].decode()
        if "#" in line and (sizes := sizes_in(line[line.index("#"):])) is not None:
            found[node.lineno] = Claim(node.end_lineno, targets_of(node), sizes)
    return found


def targets_of(node):
    """The names and attributes that a statement assigns, as texts."""
    if isinstance(node, ast.Return):
        return ("return",)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    leaves = [leaf for target in targets for leaf in getattr(target, "elts", [target])]
    return tuple(ast.unparse(leaf) for leaf in leaves if isinstance(leaf, (ast.Name, ast.Attribute)))


def compare(claim, value, sizes, where):
    """Raise WrongShape where a tensor does not have the claimed shape; other values are let pass.

    sizes: {name: number} of the frame. A name that it does not have is taken from the tensor, and holds further down.
    Returns True where something was compared.
    """
    if isinstance(value, (tuple, list)) and value and all(torch.is_tensor(v) for v in value):
        return all([compare(claim, v, sizes, where) for v in value])
    if not torch.is_tensor(value):
        return False
    shape, wanted = list(value.shape), list(claim.sizes)
    if wanted[:1] == ["..."]:
        wanted = wanted[1:]
        shape = shape[len(shape) - len(wanted):] if len(shape) >= len(wanted) else shape
    said = f"{where} has the shape {tuple(value.shape)}, and the comment says ({', '.join(claim.sizes)})"
    if len(shape) != len(wanted):
        raise WrongShape(said)
    for size, text in zip(shape, wanted, strict=True):
        if text.isidentifier() and text not in sizes:
            sizes[text] = size
        names = {name for name in re.findall(r"[A-Za-z_]\w*", text) if name not in sizes}
        if not names and int(eval(text, {"__builtins__": {}}, dict(sizes))) != size:    # our own source, no input
            raise WrongShape(f"{said} with {text} = {eval(text, {'__builtins__': {}}, dict(sizes))}")
    return True


@contextmanager
def checked_shapes(folder=None):
    """Inside this block a wrong shape comment of a file in `folder` (course_lib) raises WrongShape.

    Yields the set of (path, line) of the claims that were compared.
    """
    roots = [str(Path(folder))] if folder else [str(Path(p)) for p in course_lib.__path__]
    seen, waiting, learned, claiming = set(), {}, {}, {}

    def settle(frame, value=None):
        """Compare what the statement that has just ended claims."""
        line = waiting.pop(frame, None)
        claim = line and claims(frame.f_code.co_filename).get(line)
        if not claim:
            return
        above = {name: known for name, known in learned.get(frame, {}).items() if known[1] < line}   # not a round ago
        bound = {name: v for name, v in {**frame.f_globals, **frame.f_locals}.items() if isinstance(v, int)}
        sizes = {name: size for name, (size, _) in above.items()} | bound
        for target in claim.targets:
            found = value if target == "return" else evaluated(target, frame)
            where = f"{Path(frame.f_code.co_filename).name}:{claim.line} {target}"
            if compare(claim, found, sizes, where):
                seen.add((frame.f_code.co_filename, line))
        new = {name: (size, line) for name, size in sizes.items() if name not in bound and name not in above}
        learned[frame] = above | new

    def watch(frame, event, arg):
        if event == "exception":
            waiting.pop(frame, None)
        elif event == "return":
            settle(frame, arg)
            learned.pop(frame, None)
        elif event == "line":
            line = frame.f_lineno
            statement = statement_at(frame.f_code.co_filename, line)
            if waiting.get(frame) != statement:
                settle(frame)
                waiting[frame] = statement
        return watch

    def enter(frame, event, arg):
        code = frame.f_code
        if code not in claiming:
            inside = any(code.co_filename.startswith(root) for root in roots)
            lines = {line for *_, line in code.co_lines()} if inside else ()
            claiming[code] = inside and any(line in lines for line in claims(code.co_filename))
        return watch if claiming[code] else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield seen
    finally:
        sys.settrace(before)


def evaluated(target, frame):
    """The value of a name or an attribute in a frame, or None."""
    name, *attributes = target.split(".")
    value = frame.f_locals.get(name)
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value


@cache
def statements(path):
    """{line: first line of the innermost simple statement that covers it} for one file."""
    found = {}
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            found.update(dict.fromkeys(range(node.lineno, node.end_lineno + 1), node.lineno))
    return found


def statement_at(path, line):
    return statements(path).get(line, line)


def chapter_problems(word):
    """Wrong shape comments met while the hidden tests of one chapter run on its references."""
    from .. import layout
    from ..checking.judge import Broken, record

    found = []
    for name in layout.table(word, "MISTAKES"):
        of = next((e.of for c in layout.chapters() if c.word == word for e in c.exercises() if e.name == name), word)
        with checked_shapes():
            run = record(layout.hidden_test(word, name), layout.reference(of, name))
        found += [f"{name}: {step.text}" for step in run if isinstance(step, Broken)]
    return found

"""The visible tests: the examples in an exercise's docstring."""

import ast
import doctest
import io
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass

from .compare import difference
from .judge import Broken, broken
from .values import plain


@dataclass(frozen=True)
class Example:
    """An example that does not come out: its code, what it should show, and what it shows or how it broke."""

    code: str
    expected: str
    got: str
    broken: Broken | None = None


def docstrings(definition):
    """The docstrings of a function, or of a class and its own methods."""
    yield definition.__doc__ or ""
    if isinstance(definition, type):
        for member in vars(definition).values():
            yield getattr(member, "__doc__", None) or ""


def examples(definition):
    """Groups of examples, one for each docstring that has some; those of a group share their names."""
    parse = doctest.DocTestParser().get_examples
    groups = [parse(text) for text in docstrings(definition) if ">>>" in text]
    return [group for group in groups if group]


def first_failing(definition, name, obj, *namespaces):
    """Run the examples of `definition` with `name` bound to `obj`; the first Example that fails, or None.

    namespaces: dicts of the names that the examples may use, the last one winning.
    """
    for group in examples(definition):
        space = {"__name__": "examples"}
        for namespace in namespaces:
            space.update(namespace)
        space[name] = obj
        for example in group:
            if failing := run(example, space):
                return failing
    return None


def run(example, space):
    """None where an example shows what it should, else an Example. What it prints besides does not count against it."""
    shown, printed, before = [], io.StringIO(), sys.displayhook
    sys.displayhook = lambda value: value is not None and shown.append(value)
    code = example.source.strip()
    try:
        with redirect_stdout(printed):
            exec(compile(example.source, "<example>", "single"), space)
    except (Exception, SystemExit) as error:
        seen = broken(error)
        if example.exc_msg is not None and example.exc_msg.split(":")[0].split(".")[-1].strip() == seen.type:
            return None
        wanted = (example.exc_msg or example.want).strip() or "no error"
        return Example(code, wanted, f"{seen.type}: {seen.text}".rstrip(": "), seen)
    finally:
        sys.displayhook = before
    if example.exc_msg is not None:
        return Example(code, example.exc_msg.strip(), "no error")
    values = "".join(f"{value!r}\n" for value in shown)
    if fits(example.want, values) or fits(example.want, printed.getvalue() + values):
        return None
    return Example(code, example.want.strip(), (printed.getvalue() + values).strip() or "nothing")


def fits(want, got):
    """True where two shown texts agree: but for white space, or as Python values within the judge's tolerance."""
    if want.split() == got.split():
        return True
    try:
        return difference(plain(ast.literal_eval(want.strip())), plain(ast.literal_eval(got.strip()))) is None
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return False

"""The visible tests: the examples in an exercise's docstring."""

import ast
import doctest
import io
import re
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass

from .compare import difference
from .judge import Broken, broken
from .plain_values import plain

EXAMPLES = "the examples in its docstring come out"     # the label of them all, where they are a step of a hidden test


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
    code = example.source.strip()
    try:
        values, text, printed = played(example.source, space)
    except (Exception, SystemExit) as error:
        seen = broken(error)
        if example.exc_msg is not None and example.exc_msg.split(":")[0].split(".")[-1].strip() == seen.type:
            return None
        wanted = (example.exc_msg or example.want).strip() or "no error"
        return Example(code, wanted, f"{seen.type}: {seen.text}".rstrip(": "), seen)
    if example.exc_msg is not None:
        return Example(code, example.exc_msg.strip(), "no error")
    if fits(example.want, values, text) or fits(example.want, values, printed + text):
        return None
    return Example(code, example.want.strip(), (printed + text).strip() or "nothing")


def played(source, space):
    """(the plain values that an example shows, the same as text, what it prints). Whatever it raises passes."""
    shown, printed, before = [], io.StringIO(), sys.displayhook
    sys.displayhook = lambda value: value is not None and shown.append(value)
    try:
        with redirect_stdout(printed):
            exec(compile(source, "<example>", "single"), space)
        return [plain(value) for value in shown], "".join(f"{value!r}\n" for value in shown), printed.getvalue()
    finally:
        sys.displayhook = before


def fits(want, values, text):
    """True where what an example shows agrees with the text in the docstring.

    As texts but for white space, or as values within the judge's tolerance: a numpy number is as good as Python's.
    """
    found = values[0] if len(values) == 1 else read(text)
    return want.split() == text.split() or difference(read(want), found) is None


def scripts(definition):
    """The examples of a definition as JSON can hold them: groups of [source, does it show something, does it raise]."""
    return [[[example.source, bool(example.want.strip()), example.exc_msg is not None] for example in group]
            for group in examples(definition)]


def with_examples(test, groups, name, *namespaces):
    """A hidden test that ends with one more step: the examples. So a grade asks for all that `check` asks for.

    groups: what `scripts` gave   name, namespaces: as `first_failing` takes them
    """
    def tested(impl, draw):
        yield from test(impl, draw)
        yield EXAMPLES, [outcome for group in groups for outcome in outcomes(group, name, impl, *namespaces)]
    return tested


def outcomes(group, name, obj, *namespaces):
    """What the examples of a group come to: values, texts, or the names of errors."""
    space, found = {"__name__": "examples"}, []
    for namespace in namespaces:
        space.update(namespace)
    space[name] = obj
    for source, shows, raises in group:
        try:
            values, _, printed = played(source, space)
        except (Exception, SystemExit) as error:
            if not raises:
                raise
            found.append(type(error).__name__)
            continue
        found.append(values[0] if values else read(printed) if shows else "")
    return found


def read(text):
    """A shown text as the plain value that it stands for, else with single spaces alone."""
    literal = re.sub(r"\binf\b", "1e999", re.sub(r"^torch\.Size\((.*)\)$", r"\1", text.strip()))
    try:
        return plain(ast.literal_eval(literal))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return " ".join(text.split())

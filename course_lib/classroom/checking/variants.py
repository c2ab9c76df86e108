"""Variants of a reference: with its body blanked (the stub), with a mistake in it (what a hidden test must catch)."""

import ast
import copy
import linecache

from .. import layout


class BadMistake(ValueError):
    """A mistake that does not fit its reference: the text to replace is not there exactly once."""


def mistaken_source(word, name, mistake):
    """The reference's text with one of MISTAKES applied: (old, new, label[, cause])."""
    text, (old, new) = layout.reference_source(word, name), mistake[:2]
    if text.count(old) != 1:
        raise BadMistake(f"{name}: {old!r} should stand once in the reference, and stands {text.count(old)} times")
    return text.replace(old, new)


def made(word, name, text):
    """The object that a text defines, with (a copy of) the names of its reference's file around it."""
    space, file = dict(layout.surroundings(word, name), __name__="variant"), f"<variant of {name}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file     # so that an error names its line
    exec(compile(text, file, "exec", dont_inherit=True), space)
    return space[name]


def definition_of(text):
    """The syntax tree of the one definition in a text."""
    return ast.parse(text).body[0]


def blanked(reference, blank):
    """A copy of a definition's tree in which the functions named in `blank` have no body but the docstring."""
    tree = copy.deepcopy(reference)
    for name, function in layout.functions(tree).items():
        if name in blank:
            has_docstring = ast.get_docstring(function, clean=False) is not None
            function.body = function.body[:has_docstring] + ast.parse("raise NotImplementedError").body
    return tree


def blanked_text(text, blank):
    """The same, as text: signature, docstring and comments before the body stay as they are written."""
    lines = text.splitlines()
    for name, function in reversed(layout.functions(definition_of(text)).items()):
        if name in blank:
            has_docstring = ast.get_docstring(function, clean=False) is not None
            start = function.body[0].end_lineno if has_docstring else header_end(function, lines)
            indent = " " * function.body[0].col_offset
            lines[start:function.end_lineno] = [indent + "raise NotImplementedError"]
    return "\n".join(lines) + "\n"


def header_end(function, lines):
    """How many lines reach to the end of `def …:`, for a function without a docstring."""
    line = function.body[0].lineno - 1
    while line > 0 and (not lines[line - 1].strip() or lines[line - 1].lstrip().startswith("#")):
        line -= 1
    return line


def mistake_in(exercise):
    """Which of its MISTAKES a bug hunt has in it, or None where it equals the reference with none of them."""
    for mistake in layout.table(exercise.word, "MISTAKES").get(exercise.name, ()):
        try:
            text = mistaken_source(exercise.of, exercise.name, mistake)
            if ast.dump(definition_of(text)) == ast.dump(exercise.stub):
                return mistake
        except (BadMistake, SyntaxError):
            continue
    return None

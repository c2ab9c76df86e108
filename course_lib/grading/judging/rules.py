"""Is it the student's own work, and built by hand? Judged by the text, where the student's code has not run."""

import ast
import builtins
import types

from ...classroom.checking.by_hand import imported, resolve, used_in

HIDDEN_WAYS = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars"}
HIDDEN_MODULES = {"importlib", "gc", "ctypes", "inspect", "builtins", "subprocess", "_ctypes", "pickle", "marshal",
                  "runpy", "pkgutil", "pydoc"}
HIDDEN_GETTERS = {"attrgetter", "methodcaller", "get_field"}                   # of operator, of string.Formatter
HIDDEN_NAMES = {"modules", "_getframe", "_current_frames", "meta_path"}        # of sys


def refusal(definition, kept, by_hand, closed):
    """Why an exercise earns nothing however it comes out, in words; None where there is no reason.

    definition: its Statement   kept: all that it reaches   by_hand: what it must not use   closed: modules of the
    course that hold its answer, or one above
    """
    if definition.imports:
        return f"it is imported from {module_of(definition.node)}, not written here"
    if taken := next(taken_from_course(kept, closed), None):
        return f"it takes {taken} of course_lib, and is to be written here"
    if isinstance(definition.node, (ast.Assign, ast.AnnAssign)) and not has_code(definition, kept):
        return "a definition is wanted, and this is a name for something that is not yours"
    if by_hand and (used := forbidden(kept, by_hand)):
        return f"it is to be built by hand, and yours uses {', '.join(f'`{name}`' for name in used)}"
    return None


def module_of(node):
    return node.module or "." if isinstance(node, ast.ImportFrom) else node.names[0].name


def taken_from_course(kept, closed):
    """What the code imports of course_lib's modules that are not for it, anywhere."""
    for statement in kept:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            else:
                continue
            for name in named:
                if any(name == module or name.startswith(module + ".") for module in closed):
                    yield f"`{name.split('.')[-1]}`"


def has_code(definition, kept):
    """True where there is a function of the student's own in or behind an assignment."""
    own = {name: s for s in kept for name in s.binds}
    todo, seen = [definition], set()
    while todo:
        statement = todo.pop()
        if statement.order in seen:
            continue
        seen.add(statement.order)
        if any(isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Lambda)) for n in ast.walk(statement.node)):
            return True
        todo += [own[name] for name in statement.uses if name in own]
    return False


def forbidden(kept, by_hand):
    """What of BY_HAND the code uses, and ways to reach it unseen: whoever builds by hand needs none of these."""
    space = names_of(kept)
    found = []
    for statement in kept:
        if statement.imports:
            continue
        for tree in trees(statement.node):
            found += [*used_in(tree, by_hand, space), *hidden_ways(tree, space, {n.split(".")[-1] for n in by_hand})]
    return list(dict.fromkeys(found))


def trees(node):
    """The functions in a definition, each for itself, since names are local to them; other statements whole."""
    if isinstance(node, ast.ClassDef):
        return [node.body[i] for i in range(len(node.body))] + node.bases + node.decorator_list
    return [node]


def names_of(kept):
    """What the names at the notebook's top level mean, without executing it: modules and what is in them, aliases."""
    space = {}
    for statement in kept:
        node = statement.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            space.update(imported(node))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            space[node.name] = types.SimpleNamespace(__name__=node.name, __module__="__main__")
    for _ in range(5):                      # aliases of aliases
        for statement in kept:
            if isinstance(statement.node, ast.Assign) and isinstance(statement.node.value, (ast.Name, ast.Attribute)):
                for target in statement.node.targets:
                    if isinstance(target, ast.Name):
                        space[target.id] = resolve(statement.node.value, {**vars(builtins), **space})
    return space


def hidden_ways(tree, space, named):
    """Built-ins and modules by which something can be reached without its name. named: last words of BY_HAND"""
    local = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in HIDDEN_WAYS and node.id not in {*local, *space}:
            yield node.id
        elif isinstance(node, ast.Name) and node.id == "getattr" and id(node) not in called:
            yield "getattr by another name"
        elif isinstance(node, (ast.Name, ast.Attribute)) and last_word(node) in HIDDEN_GETTERS:
            yield last_word(node)
        elif isinstance(node, ast.Name) and isinstance(meant := space.get(node.id), types.ModuleType):
            if meant.__name__.split(".")[0] in HIDDEN_MODULES:
                yield meant.__name__
        elif isinstance(node, ast.Attribute) and node.attr in HIDDEN_NAMES and \
                getattr(resolve(node.value, space), "__name__", "") == "sys":
            yield f"sys.{node.attr}"
        elif isinstance(node, ast.Attribute) and node.attr.startswith("__") and node.attr.endswith("__") and \
                node.attr not in ("__init__", "__name__", "__len__", "__call__", "__class__", "__doc__"):
            yield node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            named += [f"sys.{a.name}" for a in node.names] if named == ["sys"] else []
            yield from (name for name in named if name.split(".")[0] in HIDDEN_MODULES or name[4:] in HIDDEN_NAMES)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" \
                and not all(isinstance(a, ast.Constant) for a in node.args[1:2]):
            yield "getattr of a computed name"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and len(node.args) > 1 and \
                isinstance(resolve(node.args[0], {**vars(builtins), **space}), types.ModuleType):
            yield "getattr of a module"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in named:
            yield f"the name {node.value!r}"


def last_word(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id

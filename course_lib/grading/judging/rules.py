"""Is it the student's own work, and built by hand? Judged by the text, where the student's code has not run."""

import ast
import builtins
import importlib
import os
import sys
import types
from contextlib import suppress

from ...classroom.checking.by_hand import alike, dotted, imported, is_forbidden, renamed, resolve, used_in, within

HIDDEN_WAYS = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars"}
HIDDEN_MODULES = {      # what imports, reads or runs code, or starts a process
    "importlib", "gc", "ctypes", "inspect", "builtins", "subprocess", "_ctypes", "pickle", "marshal", "runpy",
    "pkgutil", "pydoc", "linecache", "zipimport", "imp", "code", "codeop", "timeit", "doctest", "bdb", "pdb",
    "cProfile", "profile", "trace", "unittest", "site", "cffi", "dill", "cloudpickle", "joblib", "multiprocessing",
    "_thread", "_posixsubprocess",
}  # fmt: skip
# of operator, string.Formatter, torch.jit, pkgutil, typing: what makes code or an object out of a text
HIDDEN_GETTERS = {"attrgetter", "methodcaller", "get_field", "CompilationUnit", "resolve_name", "get_type_hints",
                  "import_module", "get_overridable_functions", "ProcessPoolExecutor"}
HIDDEN_NAMES = {        # of a module, by its name
    "sys": {"modules", "_getframe", "_current_frames", "meta_path", "path", "path_hooks"},
    "os": {"fork", "forkpty", "system", "popen", "posix_spawn", "posix_spawnp", "startfile"} |
          {name for name in dir(os) if name.startswith(("exec", "spawn"))},
}  # fmt: skip
MODULE_NAMES = {"posix": "os", "nt": "os"}
KNOWN_DUNDERS = {"__init__", "__name__", "__len__", "__call__", "__class__", "__doc__"}


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
    """What of BY_HAND the code uses, and ways to reach it unseen: whoever builds by hand needs none of these.

    Imports count by their text, wherever they stand; what a name or a dotted name means is looked up in the modules
    that are named there.
    """
    imports = [node for s in kept for node in ast.walk(s.node) if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in imports:
        load(node)
    found = [way for node in imports for way in imported_ways(node, by_hand)]
    spaces = [{**names_of(kept), **doors(imports)}]
    top = {id(s.node) for s in kept}
    if any(id(node) not in top for node in imports):        # a name that is imported within may be meant elsewhere too
        spaces.append({**spaces[0], **{name: meant for node in imports for name, meant in imported(node).items()}})
    named = {n.split(".")[-1] for n in by_hand} - {"*"}
    for space in spaces:
        for tree in (tree for s in kept if not s.imports for tree in trees(s.node)):
            found += [*used_in(tree, by_hand, space), *hidden_ways(tree, space, named)]
    return list(dict.fromkeys(found))


def modules_of(node):
    """The names of the modules that an import statement may bind or take from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [] if node.level or not node.module else [node.module, *(f"{node.module}.{a.name}" for a in node.names)]


def load(node):
    """Import the libraries that an import statement names, to see what is in them; what cannot be is left alone."""
    for name in modules_of(node):
        if name.split(".")[0] not in ("course_lib", "__main__"):
            with suppress(Exception, SystemExit):
                importlib.import_module(name)


def doors(imports):
    """{".name": module} of the modules that lie open in those that are imported: `.np` of matplotlib.cbook."""
    homes = [sys.modules[name] for node in imports for name in modules_of(node) if name in sys.modules]
    return {f".{name}": inner for home in homes for name, inner in list(vars(home).items())
            if isinstance(inner, types.ModuleType)}


def imported_ways(node, by_hand):
    """What an import statement takes that is forbidden, by its text alone: it need not be used."""
    for alias in node.names:
        home = alias.name if isinstance(node, ast.Import) else node.module or ""
        whole = home if isinstance(node, ast.Import) else f"{home}.{alias.name}"
        meant, last = dotted(whole), alias.name.split(".")[-1]
        for name in by_hand:
            for one in alike(name):
                module, _, word = one.rpartition(".")
                by_text = within(home, module) and last != "*" if word == "*" else \
                    last == word and home.split(".")[0] != "course_lib" and (meant is None or within(home, module))
                if by_text or is_forbidden(meant, one):
                    yield name
        if isinstance(node, ast.ImportFrom) and hides(dotted(home), alias.name):
            yield f"{home}.{alias.name}"
        elif hidden_module(meant) or home.split(".")[0] in HIDDEN_MODULES:
            yield whole
        elif last in HIDDEN_GETTERS or isinstance(node, ast.ImportFrom) and is_dunder(last):
            yield last


def hidden_module(meant):
    return isinstance(meant, types.ModuleType) and meant.__name__.split(".")[0] in HIDDEN_MODULES


def hides(base, name):
    """True where a module's attribute is a way to reach what is forbidden."""
    said = getattr(base, "__name__", "") if isinstance(base, types.ModuleType) else ""
    return name in HIDDEN_NAMES.get(MODULE_NAMES.get(said, said), ())


def is_dunder(name):
    return name.startswith("__") and name.endswith("__") and name not in KNOWN_DUNDERS


def trees(node):
    """The functions in a definition, each for itself, since names are local to them; other statements whole."""
    if isinstance(node, ast.ClassDef):
        return [*node.body, *node.bases, *node.decorator_list, *(keyword.value for keyword in node.keywords)]
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
    space = {**space, **renamed(tree, space)}
    around = {**vars(builtins), **space}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in HIDDEN_WAYS and node.id not in {*local, *space}:
            yield node.id
        elif isinstance(node, ast.Name) and node.id == "getattr" and id(node) not in called:
            yield "getattr by another name"
        elif isinstance(node, (ast.Name, ast.Attribute)) and last_word(node) in HIDDEN_GETTERS:
            yield last_word(node)
        elif isinstance(node, (ast.Name, ast.Attribute)) and hidden_module(meant := resolve(node, space)):
            yield meant.__name__
        elif isinstance(node, ast.Attribute) and hides(base := resolve(node.value, space), node.attr):
            yield f"{base.__name__}.{node.attr}"
        elif isinstance(node, ast.Attribute) and is_dunder(node.attr):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" \
                and not all(isinstance(a, ast.Constant) for a in node.args[1:2]):
            yield "getattr of a computed name"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and len(node.args) > 1 and \
                isinstance(resolve(node.args[0], around), types.ModuleType):
            yield "getattr of a module"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in named:
            yield f"the name {node.value!r}"


def last_word(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id

"""Is it the learner's own work? What comes from `course_lib`, calls through to it, or calls what is to be built by hand."""

import ast
import functools
import inspect
import sys
import sysconfig
import textwrap
import types
from contextlib import contextmanager
from pathlib import Path

import course_lib


def unwrapped(obj):
    """The object itself, out of partials, bound methods and decorators."""
    while True:
        if isinstance(obj, functools.partial):
            obj = obj.func
        elif isinstance(obj, types.MethodType):
            obj = obj.__func__
        elif hasattr(obj, "__wrapped__") and not isinstance(obj, type):
            obj = obj.__wrapped__
        else:
            return obj


def codes(obj):
    """The code objects of a function, or of a class's own methods and properties."""
    obj = unwrapped(obj)
    if isinstance(obj, types.FunctionType):
        return [obj.__code__]
    if not isinstance(obj, type):
        return []
    members = [unwrapped(getattr(m, "__func__", None) or getattr(m, "fget", None) or m) for m in vars(obj).values()]
    return [m.__code__ for m in members if isinstance(m, types.FunctionType)]


def from_folder(code, folders):
    return any(Path(code.co_filename).is_relative_to(folder) for folder in folders)


def not_written_here(obj, reference):
    """Why an object is not the learner's own, in words, or None."""
    inner, course = unwrapped(obj), [Path(folder) for folder in course_lib.__path__]
    taken = "it is the finished one of course_lib, not yours"
    if inner is unwrapped(reference):
        return taken
    if isinstance(inner, type):
        if unwrapped(reference) in inner.__mro__:
            return "it is built upon the finished one of course_lib: a class of your own is wanted"
        if inner.__module__.split(".")[0] == "course_lib":
            return taken
    elif not isinstance(inner, types.FunctionType):
        return f"a definition is wanted, and this is {kind_of(inner)}"
    used = set(codes(reference))
    if any(code in used or from_folder(code, course) for code in codes(inner)):
        return taken if not isinstance(inner, type) else "a method of it is the finished one of course_lib"
    libraries = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib")]
    if codes(inner) and all(from_folder(code, libraries) for code in codes(inner)):
        return f"it is imported from {inner.__module__.split('.')[0]}, not written here"
    return None


def kind_of(obj):
    if isinstance(obj, types.BuiltinFunctionType):
        return "a library's own function"
    return f"an object of type {type(obj).__name__}"


@contextmanager
def watched(reference, namespace):
    """Inside, notice each call of the reference that starts in the learner's code; yields the list of them.

    namespace: the globals of the learner's functions.
    """
    forbidden, seen, before = set(codes(reference)), [], sys.getprofile()

    def notice(frame, event, arg):
        if event == "call" and frame.f_code in forbidden and not seen:
            caller = frame.f_back
            while caller is not None and caller.f_globals is not namespace:
                caller = caller.f_back
            if caller is not None:
                seen.append(frame.f_code.co_name)

    sys.setprofile(notice)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def forbidden_calls(obj, names):
    """Which of the names listed in BY_HAND the learner's code uses; helpers that it reaches count as well.

    names: dotted (`torch.softmax` also finds `x.softmax(-1)` and any alias), a bare word (`softmax`: any function or
    method of that name that the learner has not defined), or everything of a module (`torch.*`).
    """
    found, visited = [], set()
    for function in own_functions(obj, visited):
        tree, space = tree_of(function), function.__globals__
        uses = [node for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.Attribute))] if tree else []
        for node in uses:
            found += [name for name in names if name not in found and is_use(node, name, space, tree)]
    return found


def own_functions(obj, visited):
    """The learner's functions that an object is made of, and those that they reach through global names."""
    inner = unwrapped(obj)
    members = [unwrapped(m) for m in vars(inner).values()] if isinstance(inner, type) else [inner]
    for function in members:
        if not isinstance(function, types.FunctionType) or function.__code__ in visited:
            continue
        visited.add(function.__code__)
        yield function
        for name in function.__code__.co_names:
            reached = unwrapped(function.__globals__.get(name))
            home = getattr(reached, "__globals__", None) or vars(sys.modules.get(getattr(reached, "__module__", None), sys))
            if isinstance(reached, (types.FunctionType, type)) and home is function.__globals__:
                yield from own_functions(reached, visited)


def tree_of(function):
    """A function's syntax tree, or None where its text is not to be had."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def is_use(node, name, space, tree):
    """True where a Name or an Attribute in the learner's code is the forbidden thing."""
    resolved = resolve(node, space)
    module, _, last = name.rpartition(".")
    if last == "*":
        top = getattr(resolved, "__module__", None) or getattr(resolved, "__name__", "")
        return isinstance(resolved, types.ModuleType) and in_module(resolved.__name__, module) or \
            isinstance(node, ast.Name) and resolved is not None and in_module(str(top), module)
    if module and resolved is not None and resolved is resolve_dotted(name):
        return True
    if isinstance(node, ast.Attribute) and node.attr == last:
        base = resolve(node.value, space)
        return not (isinstance(node.value, ast.Name) and node.value.id == "self") and (base is None or not is_own(resolved, space))
    return isinstance(node, ast.Name) and node.id == last and resolved is not None and not is_own(resolved, space)


def in_module(name, module):
    return name == module or name.startswith(module + ".")


def is_own(obj, space):
    """True for what the learner defined, or check handed out, under a name of the notebook."""
    obj = unwrapped(obj)
    if isinstance(obj, types.FunctionType):
        return obj.__globals__ is space or obj.__module__.split(".")[0] == "course_lib"
    return isinstance(obj, type) and obj.__module__ in (space.get("__name__"), "course_lib")


def resolve(node, space):
    """The object that a name or a dotted name means in the notebook, or None (a local variable, a method)."""
    if isinstance(node, ast.Name):
        return space.get(node.id)
    base = resolve(node.value, space) if isinstance(node, ast.Attribute) else None
    return getattr(base, node.attr, None) if isinstance(base, types.ModuleType) else None


def resolve_dotted(name):
    """The object with a dotted name, from modules already imported, or None."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        if found := sys.modules.get(".".join(parts[:cut])):
            for part in parts[cut:]:
                found = getattr(found, part, None)
            return found
    return None

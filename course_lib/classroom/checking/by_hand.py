"""What an exercise must build by hand: find forbidden calls in the learner's source, whatever name they go by."""

import ast
import builtins
import inspect
import sys
import textwrap
import types

from .own_work import parts, unwrapped

# What does the same under another name: whoever may not use the one may not use these.
RELATIVES = {
    "torch.nn.MultiheadAttention": (
        "torch.nn.functional.multi_head_attention_forward", "torch.nn.Transformer", "torch.nn.TransformerEncoder",
        "torch.nn.TransformerEncoderLayer", "torch.nn.TransformerDecoder", "torch.nn.TransformerDecoderLayer"),
    "torch.nn.functional.scaled_dot_product_attention": ("torch.nn.attention.flex_attention.flex_attention",),
}  # fmt: skip


def forbidden_calls(obj, names):
    """Which of the names listed in BY_HAND a definition uses; helpers of the learner's that it reaches count as well.

    A name is dotted (`torch.softmax`: also `x.softmax(-1)` and any alias of it), a bare word (`softmax`: any function
    or method so called that the learner has not written), or all of a module (`torch.*`).
    """
    found = []
    for function in reached(obj, set()) if names else ():
        if tree := tree_of(function):
            found += [name for name in used_in(tree, names, function.__globals__) if name not in found]
    return found


def used_in(tree, names, around):
    """Which of the names listed in BY_HAND the code of a syntax tree uses. around: the globals that it runs in."""
    space = names_in(around, tree)
    uses = [node for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.Attribute))]
    return [name for name in names if any(is_use(node, one, space) for one in alike(name) for node in uses)]


def alike(name):
    """A name listed in BY_HAND, and those that do the same."""
    return name, *RELATIVES.get(name, ())


def reached(obj, visited):
    """The functions that a definition is made of, and those of the learner's that it reaches through global names."""
    for function in parts(obj):
        if function.__code__ in visited:
            continue
        visited.add(function.__code__)
        yield function
        for name in function.__code__.co_names:
            other = unwrapped(function.__globals__.get(name))
            if isinstance(other, (types.FunctionType, type)) and is_own(other, function.__globals__):
                yield from reached(other, visited)


def is_own(obj, space):
    """True for what is defined in the notebook whose globals are `space`."""
    return any(function.__globals__ is space for function in parts(obj))


def tree_of(function):
    """A function's syntax tree, or None where its text is not to be had."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def names_in(around, tree):
    """What the names in a function mean: built-ins, the notebook's globals, imports inside it; locals mean nothing."""
    space = {**vars(builtins), **around}
    local = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    local |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    for name in local:
        space.pop(name, None)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            space.update(imported(node))
    return {**space, **renamed(tree, space)}


def renamed(tree, space):
    """{name: module} of the variables in a function that are another name for a module."""
    pairs, found = [], {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs += [pair for target in node.targets for pair in parted(target, node.value)]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            pairs.append((node.target, node.value))
        elif isinstance(node, ast.arguments):
            every = [*node.posonlyargs, *node.args]
            pairs += zip(every[len(every) - len(node.defaults):], node.defaults, strict=True)
            pairs += zip(node.kwonlyargs, node.kw_defaults, strict=True)
    for _ in range(5):                      # names of names
        for target, value in pairs:
            meant = resolve(value, {**space, **found}) if isinstance(value, (ast.Name, ast.Attribute)) else None
            if isinstance(meant, types.ModuleType) and isinstance(target, (ast.Name, ast.arg)):
                found[target.id if isinstance(target, ast.Name) else target.arg] = meant
    return found


def parted(target, value):
    """The pairs of a target and its value; `a, b = c, d` has two."""
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def imported(node):
    """{name: object} that an import statement would bind, from modules already imported; it is not executed."""
    if isinstance(node, ast.Import):
        whole = {alias.asname: sys.modules.get(alias.name) for alias in node.names if alias.asname}
        firsts = [alias.name.split(".")[0] for alias in node.names if not alias.asname]
        return {**whole, **{first: sys.modules.get(first) for first in firsts}}
    space = {}
    for alias in node.names:
        if alias.name == "*":
            space.update(vars(sys.modules.get(node.module, types.SimpleNamespace())))
        else:
            space[alias.asname or alias.name] = dotted(f"{node.module}.{alias.name}")
    return space


def is_use(node, name, space):
    """True where a Name or an Attribute of the learner's code is the forbidden thing."""
    meant, last = resolve(node, space), name.rpartition(".")[2]
    if meant is not None or last == "*":
        return is_forbidden(meant, name)
    return isinstance(node, ast.Attribute) and node.attr == last and not is_self(node.value)


def is_forbidden(meant, name):
    """True where an object, or None for an unknown one, is what a name listed in BY_HAND says."""
    module, _, last = name.rpartition(".")
    if last == "*":
        home = meant.__name__ if isinstance(meant, types.ModuleType) else home_of(meant)
        return meant is not None and within(home, module)
    if module and meant is not None and meant is dotted(name):
        return True
    written = getattr(meant, "__name__", None) == last and not from_course(meant)
    return written and (not module or library_of(meant) == module.split(".")[0])        # the same one, from below


def within(name, module):
    """True for a module's name, or one below it."""
    return name == module or name.startswith(module + ".")


def home_of(obj):
    """The module that an object, or else its type, is defined in."""
    return str(getattr(obj, "__module__", None) or type(obj).__module__)


def library_of(obj):
    return home_of(obj).split(".")[0]


def is_self(node):
    return isinstance(node, ast.Name) and node.id == "self"


def from_course(obj):
    """True for what the learner wrote or check handed out: neither is a library's."""
    home = str(getattr(unwrapped(obj), "__module__", "")).split(".")[0]
    return home in ("course_lib", "__main__", "variant")


def resolve(node, space):
    """The object that a name or a dotted name means, or None (a local variable, a method of a value).

    space: {name: object}, and {".name": module} for attributes of what is not known
    """
    if isinstance(node, ast.Name):
        return space.get(node.id)
    base = resolve(node.value, space) if isinstance(node, ast.Attribute) else None
    if isinstance(base, types.ModuleType):
        return attribute(base, node.attr)
    return space.get("." + node.attr) if isinstance(node, ast.Attribute) and base is None else None


def attribute(obj, name):
    """What an object has by a name, or None; some modules import what is asked of them, and that may fail."""
    try:
        return getattr(obj, name, None)
    except Exception:
        return None


def dotted(name):
    """The object with a dotted name, from modules already imported, or None."""
    words = name.split(".")
    for cut in range(len(words), 0, -1):
        if found := sys.modules.get(".".join(words[:cut])):
            for word in words[cut:]:
                found = attribute(found, word)
            return found
    return None

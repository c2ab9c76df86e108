"""The names in one statement: what it takes, binds and changes, now or when something in it is called.

One walk over the tree, without recursion. Where a text cannot tell what is changed, the answer is rather yes.
"""

import ast

CALLABLE = ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda
COMPREHENSIONS = ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
METHODS = {         # that change the object they are called on
    "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
    "intersection_update", "move_to_end", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "setdefault",
    "sort", "subtract", "symmetric_difference_update", "update", "fill", "put", "resize", "send", "step",
    "load_state_dict", "add_module", "register_buffer", "register_parameter",
}  # fmt: skip
FUNCTIONS = {       # that change what they are given first
    "heapify", "heappop", "heappush", "heappushpop", "heapreplace", "insort", "insort_left", "insort_right", "shuffle",
    "setattr", "delattr", "next", "setitem", "delitem", "iadd", "copyto", "fill_diagonal", "put", "place", "putmask",
}  # fmt: skip
TYPES = {"list", "dict", "set", "bytearray", "deque", "Counter", "OrderedDict", "defaultdict"}
PASSED_ON = {"enumerate", "zip", "reversed", "iter", "list", "tuple", "sorted", "filter", "dict", "next"}
VIEWS = {"items", "values", "get", "setdefault", "parameters", "named_parameters", "modules", "children", "view",
         "reshape", "detach", "transpose", "permute", "flatten", "squeeze", "unsqueeze", "expand", "unbind", "numpy"}


class Scope:
    """What is said of names in one function, class, comprehension, or at the top."""

    def __init__(self, kind, parent=None):
        self.kind, self.parent = kind, parent
        self.loads, self.stores, self.outer, self.parameters = set(), set(), set(), set()
        self.later, self.changes, self.changes_later, self.sets_later = set(), set(), set(), set()
        self.sets_part = set()
        self.same, self.passed, self.shown = {}, [], set()

    def home(self):
        """Where an assignment within an expression binds."""
        scope = self
        while scope.kind == "comprehension":
            scope = scope.parent
        return scope


class Names:
    """uses: taken now   later: taken when it is called   binds: set now, by whatever way   sets: for certain, anew

    changes: names whose objects it changes   changes_later, sets_later: when it is called   passed: [(function, names
    that it is given)]   same: {name: names that it may stand for}   changes_given: a function of it changes what it is
    given   shown: given to a function that is called for its effect   sets_part: names with an item or attribute set
    """

    def __init__(self, node):
        top, scopes = Scope("top"), []
        self.changes_given, self.star = False, False
        self.walk(node, top, scopes)
        for scope in reversed(scopes):
            self.close(scope)
        self.uses, self.later, self.binds = top.loads, top.later, top.stores
        self.changes, self.changes_later, self.sets_later = top.changes, top.changes_later, top.sets_later
        self.passed, self.same, self.shown, self.sets_part = top.passed, top.same, top.shown, top.sets_part
        spread(self.changes, self.same)
        self.sets = certain(node)
        if isinstance(node, ast.Assign) and self.same:      # elsewhere a name stands for another within the statement
            self.alias = {name: given for name, given in self.same.items() if name in self.sets}
        else:
            self.alias = {}

    def walk(self, node, top, scopes):
        todo = [(node, top)]

        def inner(kind, parent):
            scopes.append(Scope(kind, parent))
            return scopes[-1]

        while todo:
            node, scope = todo.pop()
            if isinstance(node, ast.Name):
                (scope.loads if isinstance(node.ctx, ast.Load) else scope.stores).add(node.id)
            elif isinstance(node, CALLABLE):
                below = inner("function", scope)
                parts = node.args
                every = [*parts.posonlyargs, *parts.args, *parts.kwonlyargs, *filter(None, (parts.vararg, parts.kwarg))]
                below.parameters = {one.arg for one in every}
                below.stores |= below.parameters | {one.name for one in getattr(node, "type_params", ())}
                around = [*parts.defaults, *parts.kw_defaults, *(one.annotation for one in every)]
                if not isinstance(node, ast.Lambda):
                    scope.stores.add(node.name)
                    around += [*node.decorator_list, node.returns]
                todo += [(one, scope) for one in around if one is not None]
                todo += [(one, below) for one in (node.body if isinstance(node.body, list) else [node.body])]
            elif isinstance(node, ast.ClassDef):
                scope.stores.add(node.name)
                below = inner("class", scope)
                todo += [(one, scope) for one in (*node.decorator_list, *node.bases, *node.keywords)]
                todo += [(one, below) for one in node.body]
            elif isinstance(node, COMPREHENSIONS):
                below = inner("comprehension", scope)
                todo += [(one, below) for one in ast.iter_child_nodes(node)]
            else:
                self.look(node, scope)
                todo += [(one, scope) for one in ast.iter_child_nodes(node)]

    def look(self, node, scope):
        """What a node says beside the names in it."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                self.star |= alias.name == "*"
                scope.stores.add((alias.asname or alias.name).split(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            scope.outer |= set(node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            scope.stores.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            scope.stores.add(node.rest)
        elif isinstance(node, ast.NamedExpr):
            scope.home().stores.add(node.target.id)
            scope.same.setdefault(node.target.id, set()).update(objects(node.value))
        elif isinstance(node, ast.AugAssign):
            scope.loads |= objects(node.target)
            scope.changes |= objects(node.target)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            scope.changes |= objects(node.value)
            scope.sets_part |= objects(node.value)
        elif isinstance(node, (ast.Assign, ast.For, ast.AsyncFor, ast.comprehension)):
            several = node.targets if isinstance(node, ast.Assign) else [node.target]
            given = objects(node.value if isinstance(node, ast.Assign) else node.iter)
            given |= set().union(*map(targets, several[1:]))        # a = b = []
            for name in set().union(*map(targets, several)):
                scope.same.setdefault(name, set()).update(given)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                for name in targets(item.optional_vars) if item.optional_vars else ():
                    scope.same.setdefault(name, set()).update(objects(item.context_expr))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self.effect(node.value, scope)
        elif isinstance(node, ast.Call):
            self.call(node, scope)

    def call(self, node, scope):
        name, function = last_word(node.func), node.func
        given = set().union(*(objects(one) for one in arguments(node)))
        on = function.value if isinstance(function, ast.Attribute) else None
        if on is not None and (name in METHODS or name.endswith("_")):
            scope.changes |= objects(on)
        if name in FUNCTIONS or name.endswith("_") or (name in METHODS and last_word(on) in TYPES):
            scope.changes |= set().union(*map(objects, node.args[:1]))
        elif on is None and name and given:
            scope.passed.append((name, given))

    def effect(self, node, scope):
        """A call whose value nobody takes: a method is called for what it does to its object."""
        if isinstance(node.func, ast.Attribute):
            scope.changes |= objects(node.func.value)
        scope.shown |= set().union(*(objects(one) for one in arguments(node)))

    def close(self, scope):
        """Hand what a scope takes from outside to the one around it."""
        parent, spread_from = scope.parent, scope.same
        spread(scope.changes, spread_from)
        own = scope.stores - scope.outer
        if scope.kind == "class":
            parent.loads |= scope.loads
            parent.later |= scope.later
            parent.changes |= scope.changes - own
            parent.sets_part |= scope.sets_part - own
            parent.changes_later |= scope.changes_later
            parent.passed += scope.passed
        elif scope.kind == "comprehension":
            parent.loads |= scope.loads - own
            parent.later |= scope.later - own
            parent.changes |= scope.changes - own
            parent.sets_part |= scope.sets_part - own
            parent.changes_later |= scope.changes_later - own
            parent.passed += scope.passed
            parent.shown |= scope.shown - own
        else:
            parent.later |= (scope.loads | scope.later) - own
            parent.changes_later |= (scope.changes | scope.changes_later) - own
            parent.sets_later |= scope.stores & scope.outer
            self.changes_given |= bool(scope.changes & scope.parameters - {"self", "cls"})
        parent.sets_later |= scope.sets_later


def spread(changed, same):
    """Add to the names that are changed those for which they may stand."""
    todo = list(changed)
    while todo:
        more = same.get(todo.pop(), set()) - changed
        changed |= more
        todo += more


def arguments(call):
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def objects(node):
    """The names whose objects, or parts of them, an expression may give."""
    found, todo = set(), [node]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.NamedExpr, ast.Await)):
            todo.append(node.value)
        elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            todo += node.elts
        elif isinstance(node, ast.Dict):
            todo += node.values
        elif isinstance(node, ast.IfExp):
            todo += [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            todo += node.values
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
            todo.append(node.func.value)
        elif isinstance(node, ast.Call) and last_word(node.func) in PASSED_ON:
            todo += node.args
    return found


def last_word(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def targets(node):
    """The names that a target of an assignment binds."""
    found, todo = set(), [node]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            todo += node.elts
        elif isinstance(node, ast.Starred):
            todo.append(node.value)
    return found


def certain(node):
    """The names that a statement binds anew whatever happens in it, short of an error."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names} - {"*"}
    if isinstance(node, ast.Assign):
        return set().union(*map(targets, node.targets))
    return targets(node.target) if isinstance(node, ast.AnnAssign) and node.value else set()

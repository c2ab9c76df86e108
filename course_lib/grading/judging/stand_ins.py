"""A notebook's namespace as a kernel has it, and statements run in it one by one.

What a kernel puts beside a notebook's own names is harmless here: it shows nothing, asks nothing and ends nothing.
"""

import __future__

import ast
import asyncio
import builtins
import inspect
import sys
import types

FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


class Shell:
    """Stands in for `get_ipython()`: whatever is called on it gives None, and a system command no lines."""

    def getoutput(self, *_, **__):
        return []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing


class Handle:
    """What `display(…, display_id=…)` gives, to show another thing in the same place."""

    display = update = lambda self, *_, **__: None


def nothing(*_, **__):
    """Take anything, do nothing."""


def display(*_, display_id=None, **__):
    """Show nothing. returns: a Handle where one is asked for, otherwise None"""
    return Handle() if display_id else None


class Namespace:
    """The module `__main__` of a notebook. names: what stands there before the first statement has run"""

    def __init__(self, **names):
        shell = Shell()
        builtins.display, builtins.get_ipython, builtins.__IPYTHON__ = display, lambda: shell, True
        sys.modules["__main__"] = module = types.ModuleType("__main__")
        self.names, self.flags = vars(module), 0
        self.names.update(In=[""], Out={}, _="", __="", ___="", _i="", _ii="", _iii="", _ih=[""], _oh={}, _dh=[],
                          exit=nothing, quit=nothing, **names)

    def run(self, text, where):
        """Run one statement; `await` may stand in it, and what is imported of `__future__` counts for those after."""
        code = compile(text, where, "exec", self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        self.flags |= code.co_flags & FUTURE
        waiting = eval(code, self.names)
        if inspect.iscoroutine(waiting):
            asyncio.run(waiting)

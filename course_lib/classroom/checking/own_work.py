"""Is it the learner's own work? What comes from `course_lib`, and what calls through to it."""

import functools
import sys
import sysconfig
import types
from contextlib import contextmanager
from pathlib import Path

import course_lib

# below these stands the cell, not an answer
JUDGES = "course_lib.classroom.checking.judge", "course_lib.classroom.checking.docstring_examples"
CACHED = type(functools.cache(len))         # what functools.cache makes of a definition
TAKEN = "it is the finished one of course_lib, not yours"


def unwrapped(obj):
    """The object itself, out of partials, bound methods and decorators."""
    for _ in range(20):                 # enough for any honest one; an object may pretend to be wrapped for ever
        if isinstance(obj, functools.partial):
            obj = obj.func
        elif isinstance(obj, types.MethodType):
            obj = obj.__func__
        elif isinstance(obj, (staticmethod, classmethod)):
            obj = obj.__func__
        elif isinstance(obj, property):
            obj = obj.fget
        elif isinstance(obj, (types.FunctionType, CACHED)) and hasattr(obj, "__wrapped__"):
            obj = obj.__wrapped__
        else:
            break
    return obj


def parts(obj):
    """The Python functions that a definition consists of: itself, or a class's own methods and properties."""
    inner = unwrapped(obj)
    members = [unwrapped(m) for m in vars(inner).values()] if isinstance(inner, type) else [inner]
    return [m for m in members if isinstance(m, types.FunctionType)]


def codes(obj):
    """The code objects of a function, or of a class's own methods and properties."""
    return [function.__code__ for function in parts(obj)]


def from_folder(code, folders):
    return any(Path(code.co_filename).is_relative_to(folder) for folder in folders)


def not_written_here(obj, reference):
    """Why an object is not the learner's own, in words, or None."""
    inner, course = unwrapped(obj), [Path(folder) for folder in course_lib.__path__]
    if inner is unwrapped(reference):
        return TAKEN
    if not isinstance(inner, (type, types.FunctionType)):
        return f"a definition is wanted, and this is {kind_of(inner)}"
    if isinstance(inner, type):
        if inner.__module__.split(".")[0] == "course_lib":
            return TAKEN
        if unwrapped(reference) in inner.__mro__:
            return "it is built upon the finished one of course_lib, and a class of your own is wanted"
    if any(code in codes(reference) or from_folder(code, course) for code in codes(inner)):
        return "a method of it is the finished one of course_lib" if isinstance(inner, type) else TAKEN
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
    """Inside, notice a call of the reference that the learner's code makes; yields a list, empty while there is none.

    namespace: the globals of the learner's functions.
    """
    finished, seen, before = set(codes(reference)), [], sys.getprofile()

    def notice(frame, event, arg):
        if event == "call" and frame.f_code in finished and not seen:
            caller = frame.f_back
            while caller is not None and caller.f_globals.get("__name__") not in JUDGES:
                if caller.f_globals is namespace:
                    seen.append(frame.f_code.co_name)
                    break
                caller = caller.f_back

    sys.setprofile(notice)
    try:
        yield seen
    finally:
        sys.setprofile(before if callable(before) else None)     # a cProfile.Profile cannot be put back from Python

"""In a students' bundle that withholds a chapter its exercises are blank, and the learner's own take their places.

The bundle's modules mark such a definition with `@withheld`. Called before the learner has written it, it says so;
as soon as the examples pass, `check` hands the learner's over, and whatever in `course_lib` uses it runs on that.
"""

import functools

_own = {}       # (module, name): the learner's


class NeedsYours(NotImplementedError):
    """Something was used that only the learner can write."""


def withheld(blank):
    """Decorator: a function or class whose work the learner's does. NeedsYours when used before there is one."""
    key = blank.__module__, blank.__name__

    def own(*args, **kwargs):
        if key not in _own:
            raise NeedsYours(f"this needs your `{key[1]}`: write it in its exercise, and run that cell until its "
                             "examples pass")
        return _own[key](*args, **kwargs)

    if isinstance(blank, type):
        blank.__new__ = staticmethod(lambda cls, *args, **kwargs: own(*args, **kwargs))
        blank.withheld = key
        return blank
    stand_in = functools.wraps(blank)(lambda *args, **kwargs: own(*args, **kwargs))
    stand_in.withheld = key
    return stand_in


def is_withheld(reference):
    """True for a definition that this copy of the course leaves to the learner."""
    return "withheld" in getattr(reference, "__dict__", {})


def take(reference, obj):
    """From now on the learner's object works in the place of a withheld one."""
    _own[reference.withheld] = obj

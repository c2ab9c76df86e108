"""nbgrader with this course's judge: a course folder for it, and steps in place of running students' cells."""

import os
import sys


def configure(c):
    """Put the course's steps in place of nbgrader's. c: what `get_config()` gives in an nbgrader_config.py

    RuntimeError, with what to do, where nbgrader is missing or is one that this was not made for.
    """
    from .course import WANTED, found

    if found() != WANTED:
        raise RuntimeError(f"The course's steps are made for nbgrader {WANTED}; here is {found() or 'none'}: "
                           f"pip install nbgrader=={WANTED}")
    from . import steps

    steps.put_into(c)
    tools = os.path.dirname(sys.executable)        # nbgrader calls `alembic` by its name
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", os.defpath)])


__all__ = ["configure"]

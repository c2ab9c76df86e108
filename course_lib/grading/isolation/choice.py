"""Choose what runs the jobs of one chapter: the strongest isolation that this system has, or the one asked for."""

import sys

from .. import ISOLATION
from .container import ContainerRunner
from .jobs import Trouble
from .process import ProcessRunner
from .supervisor import TRIED, Supervisor

LINUX = sys.platform == "linux"


def runner(word, worker, isolation="auto"):
    """What runs the jobs of one chapter: a Supervisor, or what stands in for it on this system.

    word: the chapter's   worker: the module whose `work` does a job   isolation: "auto", the strongest that the system
    has; "strict", a root of its own or Trouble; "container"; "none"
    Trouble, with what to do about it, where there is none such.
    """
    if isolation not in ISOLATION:
        raise Trouble(f"There is no isolation {isolation!r}: take one of {', '.join(ISOLATION)}.")
    if isolation == "container":
        return ContainerRunner(word, worker)
    if not LINUX:
        if isolation != "none":
            raise Trouble("Not isolated: only Linux has what keeps a notebook's code apart. Use a container "
                          "(--isolation container) or WSL; to run the notebooks' code with your own rights all the "
                          "same: --isolation none")
        return ProcessRunner(word, worker)
    made = Supervisor(word, worker, () if isolation == "none" else TRIED)
    if isolation == "strict" and "files" not in made.layers:
        layers = ", ".join(made.layers) or "none"
        made.close()
        raise Trouble(f"Not isolated: this machine allows no root of its own for the notebooks' code (there is: "
                      f"{layers}), and --isolation strict wants it. With what there is: --isolation auto")
    return made

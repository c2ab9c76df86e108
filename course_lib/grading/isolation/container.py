"""Each job in a container of its own, by Docker or Podman: no network, a read-only disk, no rights, bounds.

The judge stays outside. The image holds Python, torch and numpy; the lower rungs are shown to it read-only.
"""

import shutil
import subprocess
import uuid
from pathlib import Path

from . import linux
from .jobs import MEGABYTES, Trouble
from .process import START_CODE, ProcessRunner

ENGINES = "docker", "podman"
IMAGE = "small-world-grader"
RECIPE = Path(__file__).with_name("Containerfile")
NAMESPACES = {"mnt": "the disks", "net": "the network", "pid": "the processes"}
SECONDS = 30            # for the engine's answer to a question


class ContainerRunner(ProcessRunner):
    """Stands in for a Supervisor. Trouble, with the command that mends it, where there is no engine or no image."""

    def __init__(self, word, worker):
        self.engine, self.name = engine(), ""
        super().__init__(word, worker)

    def command(self, scratch):
        self.name = f"small-world-{uuid.uuid4().hex}"
        said = {"worker": self.worker, "scratch": "/tmp", "confine": MEGABYTES}
        code = START_CODE.format(paths=["/course"], said=said)
        return [self.engine, "run", "--rm", "-i", "--name", self.name, "--network", "none", "--read-only",
                "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "128",
                "--memory", "2g", "--cpus", "1", "--user", "65534:65534", "--log-driver", "none",
                "--tmpfs", "/tmp:rw,size=64m,mode=1777", "--env", "HOME=/tmp", "--env", "OMP_NUM_THREADS=1",
                "--volume", f"{self.folder / 'course'}:/course:ro", "--workdir", "/tmp",
                IMAGE, "python", "-B", "-c", code], None

    def in_force(self, layers, spaces):
        """A container has disks, network and processes of its own: believed only where the kernel's numbers differ."""
        ours = linux.namespaces()
        shared = [name for name in NAMESPACES if spaces.get(name) in (None, ours.get(name))]
        if shared:
            raise Trouble(f"Not isolated: {self.engine} has run a program, but in no container of its own (it shares "
                          f"{', '.join(NAMESPACES[name] for name in shared)} with this process). Mend {self.engine}, "
                          "or leave out --isolation container.")
        return ["container", *layers]

    def kill(self):
        """The engine's client would leave the container running."""
        quietly([self.engine, "rm", "--force", self.name])
        super().kill()


def quietly(command):
    """(whether a command ended well, the last line that it said)"""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"{type(error).__name__}: {error}"
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return done.returncode == 0, said[-1] if said else ""


def engine():
    """The engine that answers and has the image."""
    found = [name for name in ENGINES if shutil.which(name)]
    if not found:
        raise Trouble("Neither docker nor podman is on this machine. Install one of them, or leave out "
                      "--isolation container.")
    silent = []
    for name in found:
        answers, said = quietly([name, "info"])
        if not answers:
            silent.append(f"{name}: {said}")
        elif quietly([name, "image", "inspect", IMAGE])[0]:
            return name
        else:
            raise Trouble(f"{name} has no image {IMAGE!r}. Build it once: "
                          f"{name} build -t {IMAGE} -f {RECIPE} {RECIPE.parent}")
    raise Trouble(f"No container engine answers. Start it and see that `{found[0]} info` works. "
                  f"It said: {'; '.join(silent)}")

"""A container is claimed only where there is one: stand-ins for an engine that make namespaces, or do not."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import pytest
from adversarial.notebooks import RIGHT, TARGET, notebook, witness, write

from course_lib.grading import Grader, Trouble
from course_lib.grading.isolation import choice
from course_lib.grading.judging.grader import WORKER

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins need Linux")]
UNSHARE = ["unshare", *([] if sys.platform != "linux" or os.geteuid() == 0 else ["--user", "--map-root-user"]),
           "--fork", "--kill-child", "--mount", "--pid", "--mount-proc"]
ENGINE = """#!{python}
import os, sys
if sys.argv[1] != "run":
    sys.exit(0)
course = sys.argv[sys.argv.index("--volume") + 1].removesuffix(":/course:ro")
code = sys.argv[-1].replace("'/course'", ", ".join(map(repr, [course, *{libraries!r}])))
command = [*{within!r}, {python!r}, "-I", "-S", "-B", "-c", code]
os.execvp(command[0], command)
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Install a stand-in `docker`, which runs its programs by a command put before them."""
    def install(within):
        libraries = list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))
        path = tmp_path / "bin" / "docker"
        path.parent.mkdir()
        path.write_text(ENGINE.format(python=sys.executable, libraries=libraries, within=within), encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return install


def needs_namespaces():
    if not shutil.which("unshare") or subprocess.run([*UNSHARE, "--net", "true"], capture_output=True).returncode:
        pytest.skip("this machine forbids namespaces")


@pytest.mark.parametrize("within, shared", [([], "the disks, the network, the processes"), (UNSHARE, "the network")],
                         ids=["no container", "one with our network"])
def test_what_is_no_container_is_refused(engine, tmp_path, within, shared):
    if within:
        needs_namespaces()
    engine(within)
    with pytest.raises(Trouble, match=rf"^Not isolated: docker .*\(it shares {shared} with this process\)"):
        choice.runner("attention", WORKER, "container")
    assert os.listdir(tmp_path) == ["bin"], "nothing is left"


def test_a_container_is_reported_and_judges(engine, tmp_path):
    needs_namespaces()
    engine([*UNSHARE, "--net"])
    with Grader("attention", seed=4, seconds=20, isolation="container") as judge:
        result = judge.grade(write(tmp_path / "07_attention.ipynb", notebook(RIGHT, witness())))
    assert result.isolation[:3] == ["container", "limits", "session"]
    assert {e.name: e.earned for e in result.exercises if e.earned} == {TARGET: 3, "attend": 2}, result

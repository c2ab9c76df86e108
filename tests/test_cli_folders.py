"""Machines where little can be written: no home folder, a read-only one, a full disk. Nothing ends in a traceback."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from course_lib import cli
from course_lib.classroom import layout
from course_lib.cli import checkup, folders, main

COURSE = [sys.executable, "-c", "from course_lib.cli import main; main()"]
NOWHERE = str(Path(os.devnull) / "home")      # below a file nothing can be made, whoever one is
JUPYTER = {"JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"}


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A home folder that can be written, and no folder of Jupyter's named by the environment."""
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON", "XDG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_home(home, monkeypatch):
    """HOME is not set, and the user id has no name: in a container it is often so."""
    def unknown(*_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(folders.Path, "home", unknown)
    monkeypatch.setattr(folders.Path, "expanduser", unknown)


@pytest.fixture
def closed_home(home, monkeypatch):
    """A home folder in which nothing can be written."""
    monkeypatch.setenv("HOME", NOWHERE)
    monkeypatch.setenv("USERPROFILE", NOWHERE)


def lab_findings():
    return list(checkup.check_lab("lab"))


def test_where_the_home_can_be_written_jupyter_keeps_its_own_folders(home):
    with folders.lab_environment() as environment:
        assert not JUPYTER & set(environment) and environment["HOME"] == str(home)
    assert [(finding.wrong, finding.mend) for finding in lab_findings()] == [(False, "")]
    assert not list(home.iterdir()), "looking leaves nothing behind"


def test_a_home_that_cannot_be_written_is_said_and_lab_takes_temporary_folders(closed_home):
    with folders.lab_environment() as environment:
        assert environment["HOME"] == NOWHERE, "a terminal in JupyterLab still knows its home"
        for name in JUPYTER:
            folder = Path(environment[name])
            assert folder.is_dir() and folders.takes_a_file(folder)
            assert os.name == "nt" or folder.stat().st_mode & 0o077 == 0, "others can read the server's token there"
    assert not any(Path(environment[name]).exists() for name in JUPYTER), "they are left behind"
    (finding,) = lab_findings()
    assert finding.note and NOWHERE in finding.says and "HOME" in finding.mend


def test_only_what_cannot_be_written_is_moved(home, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", os.path.join(NOWHERE, "runtime"))
    with folders.lab_environment() as environment:
        assert environment["JUPYTER_RUNTIME_DIR"] != os.path.join(NOWHERE, "runtime")
        assert not (JUPYTER - {"JUPYTER_RUNTIME_DIR"}) & set(environment)


def test_without_a_home_there_is_a_temporary_one_and_nobody_is_told_to_install_again(no_home):
    with folders.lab_environment() as environment:
        assert folders.takes_a_file(Path(environment["HOME"]))
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkup, "CHECKS", (checkup.check_lab, checkup.check_corpora))
        checkup.examine(lines.append)
    page = "\n".join(lines)
    assert "HOME is not set" in page and "set HOME" in page
    assert "pip install" not in page and "Traceback" not in page


def status_of(address, lab, seconds=120):
    """The status of the page at `address`, as soon as there is one: Jupyter says its address before it listens, to
    signals as well."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.status
        except OSError:
            assert time.monotonic() < end and lab.poll() is None, f"nothing answers at {address}"
            time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows: the home folder is not told by HOME")
def test_lab_starts_where_the_home_cannot_be_written(closed_home):
    copy = layout.ROOT / "work" / "00_start_here.ipynb"
    was_there = copy.exists()
    lab = subprocess.Popen([*COURSE, "lab", "--no-browser", "--port=0"], stdout=subprocess.PIPE, text=True,
                           stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    said = []
    try:
        for line in lab.stdout:
            said.append(line)
            if address := re.search(r"http://\S+", line):
                assert status_of(address[0], lab) == 200
                break
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.communicate(timeout=60)
        if not was_there:
            copy.unlink(missing_ok=True)
    page = "".join(said)
    assert "is running at" in page, page
    assert "Cannot be written: " in page and "Traceback" not in page


@pytest.mark.parametrize(
    "error, advice",
    [
        (ImportError("no module named torch"), "pip install"),
        (OSError("libtorch_cpu.so: cannot open shared object file"), "pip install"),
        (PermissionError(13, "Permission denied", "/a/file"), "/a/file"),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), "has room"),
        (RuntimeError("could not determine something"), "whoever helps you"),
    ],
)
def test_the_advice_for_what_no_check_has_foreseen_fits_the_error(error, advice):
    assert advice in checkup.remedy(error)
    assert ("pip install" in checkup.remedy(error)) is (advice == "pip install")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [["progress"], ["--help"], ["solution", "softmax"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_under_the_output_gives_a_sentence(arguments, unbuffered):
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run([*COURSE, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                               env={**os.environ, "PYTHONUNBUFFERED": unbuffered}, timeout=60)  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == ("Error: something could not be written or read: No space left on device. "
                            "Is there room where the output goes to?\n")


@pytest.mark.parametrize(
    "error, words",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device. Is there room"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "could not be written or read: Connection refused."),
        (ConnectionError("offline: fetch it later"), "offline: fetch it later"),
        (PermissionError(13, "Permission denied", "chapters"), "Permission denied: 'chapters'"),
    ],
)
def test_what_the_system_refuses_within_a_command_is_a_sentence_too(error, words):
    with pytest.raises(click.ClickException) as said, cli.plainly():
        raise error
    assert words in said.value.message and ("Is there room" in said.value.message) is ("Is there room" in words)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_where_errors_cannot_be_written_either_the_status_says_it():
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert subprocess.run([*COURSE, "progress"], stdout=full, stderr=full, check=False, timeout=60).returncode == 1


def test_a_file_that_cannot_be_read_is_named_in_a_sentence(monkeypatch):
    from course_lib import classroom

    def denied():
        raise PermissionError(13, "Permission denied", "chapters")

    monkeypatch.setattr(classroom, "progress", denied)
    result = CliRunner().invoke(main, ["progress"])
    assert result.exit_code == 1 and result.output.startswith("Error: ") and "chapters" in result.output

"""Temporary folders: what a killed process has left is cleared, and what a living one holds is not."""

import os
import subprocess
import sys
import tempfile

import pytest

from course_lib.grading.isolation import temp_folders

HOLDS = """
import os, signal, sys
from course_lib.grading.isolation import temp_folders
path = temp_folders.make()
(path / "course").mkdir()
(path / "course" / "file").write_text("x")
print(path, flush=True)
input()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_made_and_removed(place):
    one, other = temp_folders.make(), temp_folders.make()
    (one / "file").write_text("x", encoding="utf-8")
    assert one.is_dir() and other.is_dir() and one != other
    temp_folders.remove(one)
    assert list(place.iterdir()) == [other]
    temp_folders.remove(other)
    temp_folders.remove(other)
    assert not list(place.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")
def test_what_a_killed_process_has_left_is_cleared_and_nothing_else(place):
    held = subprocess.Popen([sys.executable, "-c", HOLDS], env={**os.environ, "TMPDIR": str(place)}, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    path = place / held.stdout.readline().strip()
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "kept").write_text("x", encoding="utf-8")
    (place / f"{temp_folders.PREFIX}link").symlink_to(place / "elsewhere")
    (place / f"{temp_folders.PREFIX}file").write_text("x", encoding="utf-8")
    mine = temp_folders.make()
    assert (path / "course" / "file").exists(), "its process lives"
    held.communicate("\n")
    assert path.exists(), "it was killed"
    temp_folders.remove(temp_folders.make())
    assert not path.exists() and mine.exists() and (place / "elsewhere" / "kept").exists()
    assert len(list(place.iterdir())) == 4
    temp_folders.remove(mine)

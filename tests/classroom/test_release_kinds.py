"""Whatever a chapter brings goes into the students' copy, of any kind of file; what tools leave behind does not."""

import shutil

import pytest

from course_lib.classroom import layout
from course_lib.classroom.authoring import release


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small checkout in which files may be put."""
    for name in release.AS_IT_IS + ("README.md", "pyproject.toml"):
        shutil.copy(layout.ROOT / name, tmp_path / name)
    for folder in ("chapters", "course_lib/data"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(layout.find_chapter("00").path, tmp_path / "chapters")
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [
    "course_lib/data/faces.png", "course_lib/data/recall.csv", "course_lib/data/chats.jsonl",
    "course_lib/data/words.txt",
    "course_lib/data/names.json.gz", "course_lib/show/static/tree.svg", "course_lib/show/static/page.html",
    "course_lib/show/static/worker.mjs", "course_lib/inside/probe.safetensors", "course_lib/data/ids.bin",
    "course_lib/data/README", "chapters/pictures/cross.svg", "course_lib/data/merges.v2",
])
def test_every_kind_of_file_goes_into_the_copy(name, checkout):
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_bytes(b"\x00what it holds")
    assert release.files(layout.chapters(), [])[name] == b"\x00what it holds"


@pytest.mark.parametrize("name", [
    "course_lib/__pycache__/gpt.cpython-311.pyc", "course_lib/data/.DS_Store", "course_lib/gpt.py~",
    "course_lib/a.lock",
    "course_lib/gpt.py.orig", "course_lib/.ipynb_checkpoints/gpt.py", "course_lib/solved.ipynb",
    "chapters/07_attention (solved).ipynb", "chapters/.ipynb_checkpoints/00_start_here-checkpoint.ipynb",
    "course_lib/grading/rules.csv", "course_lib/small_world.egg-info/PKG-INFO",
])
def test_what_is_left_about_or_is_for_teachers_does_not(name, checkout):
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_bytes(b"x")
    assert name not in release.files(layout.chapters(), [])

"""What a class may hand in by mistake or by ill will: each is said by student and reason, and the rest is graded."""

import os
import socket
import sys
import zipfile

import pytest
from class_folders import fill, problems
from click.testing import CliRunner

from course_lib.cli import main
from course_lib.grading.intake import files, hand_ins, zip_file
from course_lib.grading.intake.notebook import Unfit
from course_lib.grading.running import class_run
from course_lib.grading.running.journal import Journal

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


@POSIX
def test_each_bad_input_is_said_and_the_rest_is_found(tmp_path):
    fill(tmp_path, "good_attention.ipynb", "José_bpe.ipynb", "e, 🙂_bpe.ipynb", "note.pdf", "only/x.py", "zip/a.zip",
         "two/a_bpe.ipynb", "two/b_bpe.ipynb", "Tim_bpe.ipynb", "tim_bpe.ipynb")
    fill(tmp_path, "torn.ipynb", text='{"cells": [')
    fill(tmp_path, "old.ipynb", text='{"worksheets": []}')
    fill(tmp_path, "which.ipynb")
    fill(tmp_path, "none_bpe.ipynb", text=" ")
    with (tmp_path / "large_bpe.ipynb").open("wb") as file:
        file.truncate(200_000_000)
    os.mkfifo(tmp_path / "pipe_bpe.ipynb")
    (tmp_path / "link_bpe.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "far").symlink_to("/etc")
    (tmp_path / "empty").mkdir()
    said = problems(tmp_path)
    assert not said.pop("good") and not said.pop("José") and not said.pop("e, 🙂")
    for student, words in {"note": "not a notebook", "only": "no notebook", "zip": "zip within", "two": "keep one",
                           "Tim": "spelling", "tim": "spelling", "torn": "no complete JSON", "old": "format 3",
                           "which": "cannot be told", "none": "empty", "large": "200 MB", "pipe": "ordinary",
                           "link": "link", "far": "link", "empty": "folder is empty"}.items():
        assert words in said.pop(student), student
    assert not said


def test_entries_of_a_zip_that_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("good_bpe.ipynb", "{}")
        book.writestr("../up_bpe.ipynb", "{}")
        book.writestr("/root_bpe.ipynb", "{}")
        book.writestr("bomb_bpe.ipynb", b" " * 15_000_000)
        book.writestr("large_bpe.ipynb", b" " * 30_000_000)
        book.writestr("inner/a.zip", "x")
        link = zipfile.ZipInfo("link_bpe.ipynb")
        link.external_attr = 0o120777 << 16
        book.writestr(link, "/etc/passwd")
    said = problems(tmp_path / "a.zip")
    assert not said.pop("good")
    for student, words in {"up": "leads outside", "root": "leads outside", "bomb": "zip bomb", "large": "zip bomb",
                           "inner": "zip within", "link": "link"}.items():
        assert words in said.pop(student), student
    (tmp_path / "b.zip").write_bytes(b"PK nothing")
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        hand_ins.found(tmp_path / "b.zip")
    with pytest.raises(FileNotFoundError, match="not there"):
        hand_ins.found(tmp_path / "c.zip")


def test_an_encrypted_entry_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        book.writestr("ada_bpe.ipynb", "{}")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert "encrypted" in problems(tmp_path / "a.zip")["ada"]


@POSIX
def test_sockets_and_devices_are_not_opened(tmp_path, monkeypatch):
    fill(tmp_path, "good_bpe.ipynb")
    monkeypatch.chdir(tmp_path)         # a socket's path may be no longer than about a hundred bytes
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("sock_bpe.ipynb")
        expected = ["sock"]
        try:
            os.mknod("null_bpe.ipynb", 0o020666, os.makedev(1, 3))
            expected.append("null")
        except OSError:
            pass                        # only root may make one
        said = problems(tmp_path)
    assert not said.pop("good")
    assert sorted(said) == sorted(expected) and all(reason == "it is no ordinary file" for reason in said.values())


def refused(real, path):
    """Stands in for a function of os and refuses one path, as root is refused nothing."""
    def function(given, *rest, **named):
        if os.fspath(given) == os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(given))
        return real(given, *rest, **named)
    return function


def test_what_cannot_be_read_costs_nobody_else(tmp_path, monkeypatch):
    fill(tmp_path, "good_bpe.ipynb", "shut_bpe.ipynb", "closed/ps1/bpe.ipynb", "half/ps1/bpe.ipynb",
         "half/ps2/bpe.ipynb")
    monkeypatch.setattr(os, "open", refused(os.open, tmp_path / "shut_bpe.ipynb"))
    for folder in ("closed", "half/ps2"):
        monkeypatch.setattr(os, "scandir", refused(os.scandir, tmp_path / folder))
    said = [(one.hand_in.student, one.hand_in.assignment, one.hand_in.problem)
            for one in class_run.units(hand_ins.found(tmp_path))]
    assert sorted(said) == [("closed", "", "its folder cannot be read: Permission denied"), ("good", "", ""),
                            ("half", "ps1", ""), ("half", "ps2", "its folder cannot be read: Permission denied"),
                            ("shut", "", "it cannot be read: Permission denied")]
    monkeypatch.setattr(os, "scandir", refused(os.scandir, tmp_path))
    with pytest.raises(OSError, match="Permission denied"):
        hand_ins.found(tmp_path)


@pytest.mark.parametrize("change", ["grows", "is rewritten", "shrinks"])
def test_a_file_that_changes_while_it_is_read(change, tmp_path, monkeypatch):
    fill(tmp_path, "ada_bpe.ipynb", "bob_bpe.ipynb", text='{"cells": []}')
    path, real, seen = tmp_path / "ada_bpe.ipynb", os.fstat, []

    def changes(number):
        found = real(number)
        if found.st_ino == path.stat().st_ino and not seen:
            seen.append(found)
            path.write_text({"grows": '{"cells": [1]}', "is rewritten": '{"cells": {}}', "shrinks": "{}"}[change],
                            encoding="utf-8")
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))
        return found

    ada, bob = hand_ins.found(tmp_path)
    monkeypatch.setattr(os, "fstat", changes)
    with pytest.raises(Unfit, match="changed while it was read"):
        ada.read()
    assert seen and bob.read()


def test_a_file_that_changes_after_its_chapter_was_told(tmp_path):
    fill(tmp_path, "ada_bpe.ipynb")
    todo = class_run.units(hand_ins.found(tmp_path))
    fill(tmp_path, "ada_bpe.ipynb", text='{"cells": [ ]}')
    journal, came = Journal(tmp_path / "journal.jsonl", {"seed": 1, "seconds": 1.0, "isolation": "auto"}), []
    lost = class_run.grade(todo, journal, None, 1, lambda *what: came.append(what))
    journal.close()
    assert "changed while the class was graded" in lost[todo[0].key] and came == [(todo[0], None)]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("names, missing", [
    (["ada/ps1/bpe.ipynb", "ada/ps2/notes.txt"], {("ada", "ps2"): "only notes.txt"}),
    (["ada/ps1/bpe.ipynb", "ada/ps1/images/a.png"], {}),
    (["ada/bpe.ipynb", "ada/images/a.png"], {}),
    (["ada/notes.txt", "ada/ps1/bpe.ipynb"], {}),
    (["ada/ps1/bpe.ipynb", "bob/ps1/a.py", "bob/ps1/b.py", "eve/x.pdf"],
     {("bob", "ps1"): "only a.py, b.py", ("eve", ""): "only x.pdf"}),
    (["ada/ps1/bpe.ipynb", "bob/ps1/timestamp.txt", "timestamp.txt"], {("bob", "ps1"): "is empty"}),
    (["ada/ps1/bpe.ipynb", "bob/.ipynb_checkpoints/bpe.ipynb", "__MACOSX/bob/._bpe.ipynb"], {("bob", ""): "is empty"}),
])  # fmt: skip
def test_a_folder_without_a_notebook_is_said_once(names, missing, zipped, tmp_path):
    place = tmp_path / "class"
    fill(place, *names)
    if zipped:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
            for path in sorted(place.rglob("*")):
                book.write(path, path.relative_to(place))
        place = tmp_path / "a.zip"
    said = {(one.student, one.assignment): one.problem for one in hand_ins.found(place)}
    found = {who: problem for who, problem in said.items() if problem}
    assert set(found) == set(missing) and all(missing[who] in found[who] for who in missing)
    assert len(said) == len(hand_ins.found(place)) and any(not problem for problem in said.values())


def test_the_limits_of_a_zip(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as book:
        for name in ("ada", "bob", "eve"):
            book.writestr(f"{name}_bpe.ipynb", '{"cells": []}')
    assert not any(problems(path).values())
    monkeypatch.setattr(zip_file, "MOST_FILES", 2)
    with pytest.raises(ValueError, match="holds 3 files"):
        hand_ins.found(path)
    monkeypatch.setattr(zip_file, "MOST_FILES", 3)
    monkeypatch.setattr(zip_file, "MOST_BYTES", 38)
    with pytest.raises(ValueError, match="zip bomb"):
        hand_ins.found(path)


def test_a_zip_that_lies_about_sizes_or_is_damaged(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("bomb_bpe.ipynb", b"x" * 30_000_000)
        book.writestr("good_bpe.ipynb", "{}")
        book.writestr("torn_bpe.ipynb", '{"cells": []}', zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24:entry + 28] = (1000).to_bytes(4, "little")          # the unpacked size that the zip claims
    torn = data.index(b'{"cells": []}')
    data[torn] ^= 1
    path.write_bytes(data)
    said = problems(path)
    assert not said.pop("good")
    assert all("cannot be read from the zip" in reason for reason in said.values()) and set(said) == {"bomb", "torn"}


def test_what_is_no_notebook_in_a_zip_may_be_large(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("ada/ps1/bpe.ipynb", "{}")
        book.writestr("ada/ps1/data.csv", b" " * 30_000_000)
    assert problems(tmp_path / "a.zip") == {"ada": ""}


def course_grade(*arguments):
    return CliRunner().invoke(main, ["grade", *map(str, arguments)])


def test_results_must_lie_apart_and_be_writable(tmp_path, monkeypatch):
    fill(tmp_path, "in/which.ipynb", "file")
    inside = course_grade(tmp_path / "in", "--out", tmp_path / "in" / "out")
    assert inside.exit_code == 2 and "lies within" in inside.output and not (tmp_path / "in" / "out").exists()
    assert course_grade(tmp_path / "in", "--out", tmp_path / "in").exit_code == 2
    fill(tmp_path, "r/feedback/in/which.ipynb")
    among = course_grade(tmp_path / "r" / "feedback" / "in", "--out", tmp_path / "r")
    assert among.exit_code == 2 and "where pages are written" in among.output
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        said = course_grade(tmp_path / "in", "--out", place)
        assert said.exit_code == 2 and "Choose another --out" in said.output and "Traceback" not in said.output
    assert (tmp_path / "file").read_text(encoding="utf-8") == '{"cells": []}'
    (tmp_path / "shut").mkdir()

    def denied(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", denied)
    said = course_grade(tmp_path / "in", "--out", tmp_path / "shut")
    assert said.exit_code == 2 and "Permission denied. Choose another --out" in said.output
    assert not list((tmp_path / "shut").iterdir())


def test_what_is_handed_in_may_lie_within_the_results(tmp_path):
    fill(tmp_path, "in/which.ipynb")
    for _ in range(2):
        said = course_grade(tmp_path / "in", "--out", tmp_path)
        assert said.exit_code == 1 and "0 graded, 1 could not be" in said.output.splitlines()[-1]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["which.ipynb"]
    assert (tmp_path / "grades.csv").exists()


@pytest.mark.parametrize("text, seconds", [
    ("2026-11-30 22:10:03.5 UTC", 0), ("2026-11-30 22:10:03 +02:00", 7200), ("2026-11-30 22:10:03", 0),
    ("2026-11-30 22:10:03 -0330", -12600), ("2026-11-30T22:10:03.1 Europe/Berlin\n", 3600),
    ("yesterday", None), ("2026-13-30 22:10:03", None), ("2026-11-30 22:10:03 Nowhere/At_All", None),
    ("2026-11-30 22:10:03 ../../etc/passwd", None), ("\0\ud800", None),
])  # fmt: skip
def test_a_timestamp_is_read_in_one_way(text, seconds):
    data = text.encode("utf-8", "surrogatepass")
    assert files.stamped(lambda: data) == (None if seconds is None else 1796076603 - seconds)

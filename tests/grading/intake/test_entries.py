"""Where a hand-in lies says whose it is: at the top level alone; and an entry of a zip costs nobody but its own."""

import random
import zipfile
import zlib

import pytest
from class_folders import fill, problems

from course_lib.grading.intake import hand_ins, zip_file
from course_lib.grading.intake.notebook import LARGEST, Unfit


def whose(place):
    return {(one.student, one.id, one.assignment) for one in hand_ins.found(place)}


@pytest.mark.parametrize("inner", ["Eve X_77_assignsubmission_file_/attention.ipynb", "eve_12_345_07_attention.ipynb",
                                   "ps1/eve_12_345_07_attention.ipynb", "ps1/Eve X_77_assignsubmission_file_x.ipynb"])
def test_a_platforms_name_within_a_students_folder_is_the_students(inner, tmp_path):
    fill(tmp_path, f"ada/{inner}", "bob/attention.ipynb")
    assert {student for student, *_ in whose(tmp_path)} == {"ada", "bob"}
    assert not any(number for _, number, _ in whose(tmp_path))


def test_platforms_names_within_a_platforms_folder_are_the_students(tmp_path):
    fill(tmp_path, "Ada B_5_assignsubmission_file_/Eve X_77_assignsubmission_file_/eve_12_345_07_attention.ipynb")
    assert {(student, number) for student, number, _ in whose(tmp_path)} == {("Ada B", "5")}


def test_a_students_own_timestamp_does_not_undo_lateness(tmp_path):
    early = "2001-01-01 00:00:00 UTC"
    fill(tmp_path, "Ada B_5_assignsubmission_file_/attention.ipynb", "bob/attention.ipynb", "eve/ps1/sub/bpe.ipynb")
    fill(tmp_path, "Ada B_5_assignsubmission_file_/timestamp.txt", "bob/timestamp.txt", "eve/ps1/sub/timestamp.txt",
         "Ada B_5_assignsubmission_file_/sub/timestamp.txt", text=early)
    fill(tmp_path, "Ada B_5_assignsubmission_file_/sub/bpe.ipynb")
    assert all(one.handed_in > 1e9 for one in hand_ins.found(tmp_path))
    fill(tmp_path / "nbgrader", "tom/ps1/attention.ipynb")
    fill(tmp_path / "nbgrader", "tom/ps1/timestamp.txt", text=early)
    assert [one.handed_in for one in hand_ins.found(tmp_path / "nbgrader")] == [978307200.0]


def test_a_student_called_submitted_hides_nobody(tmp_path):
    fill(tmp_path, "submitted/attention.ipynb", "ada/attention.ipynb", "bob_attention.ipynb")
    assert {student for student, *_ in whose(tmp_path)} == {"submitted", "ada", "bob"}
    fill(tmp_path / "course", "submitted/ada/ps1/bpe.ipynb", "source/ps1/bpe.ipynb", "release/ps1/bpe.ipynb")
    fill(tmp_path / "course", "gradebook.db", "nbgrader_config.py", text="")
    assert whose(tmp_path / "course") == {("ada", "", "ps1")}


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_other_kinds_of_packing_are_unpacked_within_bounds(kind, tmp_path, monkeypatch):
    good = b'{"cells": []} ' + random.Random(1).randbytes(50_000).hex().encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", kind) as book:
        book.writestr("good_bpe.ipynb", good)
        book.writestr("bomb_bpe.ipynb", b" " * 200_000_000)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24:entry + 28] = (90_000).to_bytes(4, "little")            # the unpacked size that the zip claims
    (tmp_path / "a.zip").write_bytes(data)
    asked, real = [], zip_file.io.BytesIO
    monkeypatch.setattr(zip_file.io, "BytesIO", lambda data=b"": asked.append(len(data)) or real(data))
    bomb, sound = hand_ins.found(tmp_path / "a.zip")
    assert sound.read() == good
    with pytest.raises(Unfit):
        bomb.read()
    assert max(asked) <= LARGEST + 1


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_what_is_damaged_in_them_is_refused(kind, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", kind) as book:
        book.writestr("ada_bpe.ipynb", random.Random(1).randbytes(9_000).hex())
    whole = (tmp_path / "a.zip").read_bytes()
    at = whole.index(b"PK\x01\x02")
    for place in (60, 200, at - 5, at + 16):            # the packed bytes, and the checksum in the directory
        data = bytearray(whole)
        data[place] ^= 255
        (tmp_path / "a.zip").write_bytes(data)
        assert "cannot be read from the zip" in problems(tmp_path / "a.zip")["ada"]


def test_one_bad_name_costs_its_own_entry_alone(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as book:
        for name in ("ada_bpe.ipynb", "Zoë_bpe.ipynb", "J\u00fcrg_bpe.ipynb"):
            book.writestr(name, '{"cells": []}')
    data = (tmp_path / "a.zip").read_bytes()
    bad = data.replace("J\u00fc".encode(), b"J\xfc\xff")
    (tmp_path / "a.zip").write_bytes(bad)
    with pytest.raises(UnicodeDecodeError):
        zipfile.ZipFile(tmp_path / "a.zip")
    said = problems(tmp_path / "a.zip")
    assert len(said) == 3 and said["ada"] == said["Zoë"] == ""
    assert zlib.crc32(bad) != zlib.crc32(data)

"""Whose a hand-in is: names as browsers, systems and platforms make them."""

import unicodedata
import zipfile

import pytest
from class_folders import fill, problems

from course_lib.grading.intake import hand_ins
from course_lib.grading.running import class_run


@pytest.mark.parametrize(
    "name, student, number",
    [
        *(
            (name, "ada", "")
            for name in (
                "ada_00_start_here (1).ipynb",
                "ada_00_start_here(2).ipynb",
                "ada_00_start_here-Copy1.ipynb",
                "Copy of ada_00_start_here.ipynb",
                "Copy of Copy of ada_00_start_here (1).ipynb",
                "ada_00_start_here - Copy.ipynb",
                "ada_00_start_here - Copy (2).ipynb",
                "ada_00_start_here copy 2.ipynb",
                "ada_00_start_here - Kopie.ipynb",
                "Kopie von ada_00_start_here.ipynb",
                "ada_00_start_here.ipynb.ipynb",
                "ada_00_start_here-1.ipynb",
                "ada_start_here (1).ipynb",
                "ada_START_HERE-Copy1-Copy2.ipynb",
                "ada-00_start_here.ipynb",
                "ada_00_start_here 2.ipynb",
                "ada 00_start_here.ipynb",
            )
        ),
        ("group_1_00_start_here.ipynb", "group_1", ""),
        ("group_12_00_start_here (1).ipynb", "group_12", ""),
        ("team_7_start_here.ipynb", "team_7", ""),
        ("a_b_c_00_start_here.ipynb", "a_b_c", ""),
        ("doejane_1234_56789_00_start_here.ipynb", "doejane", "1234"),
        ("doejane_1234_56789_start_here-2.ipynb", "doejane", "1234"),
        ("doejane_LATE_1_2_00_start_here.ipynb", "doejane", "1"),
        ("doejane_12_345_00_start_here (1).ipynb", "doejane", "12"),
    ],
)
def test_the_student_in_a_flat_folder(name, student, number, tmp_path):
    fill(tmp_path, name, "bob_00_start_here.ipynb")
    (one,) = [unit for unit in class_run.units(hand_ins.found(tmp_path)) if unit.hand_in.file == name]
    assert (one.hand_in.student, one.hand_in.id, one.chapter) == (student, number, "start_here")
    assert not one.hand_in.problem


def test_which_reading_was_taken_is_said(tmp_path):
    fill(tmp_path, "ada_00_start_here (1).ipynb", "doe_1_2_00_start_here.ipynb", "eve_00_start_here.ipynb")
    said = {one.student: one.remark for one in hand_ins.found(tmp_path)}
    assert "a copy of 'ada_00_start_here'" in said["ada"] and "otherwise the student would be 'doe_1_2'" in said["doe"]
    assert not said["eve"]


def test_two_downloads_of_one_notebook_are_one_students(tmp_path):
    fill(tmp_path, "ada_00_start_here.ipynb", "ada_00_start_here (1).ipynb")
    assert "two notebooks" in problems(tmp_path)["ada"]


def test_names_that_a_zip_does_not_call_utf8(tmp_path):
    names = [unicodedata.normalize("NFD", "Jörg Müller_00_start_here.ipynb"), "Łukasz_00_start_here.ipynb"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        for name in [*names, "ada_00_start_here.ipynb"]:
            book.writestr(name, '{"cells": []}')
    data = (tmp_path / "a.zip").read_bytes()
    for name in names:  # the flag, in front of the file and in the list at the end
        raw = name.encode("utf-8")
        for lead, back in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
            at, where = -1, -1
            while (at := data.find(raw, at + 1)) >= 0:
                where = at - back
                if data[where : where + 4] == lead:
                    flag = where + (6 if lead == b"PK\x03\x04" else 8)
                    data = data[: flag + 1] + bytes([data[flag + 1] & ~8]) + data[flag + 2 :]
    (tmp_path / "a.zip").write_bytes(data)
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist()[0] != names[0]
    assert {one.student for one in hand_ins.found(tmp_path / "a.zip")} == {"Jörg Müller", "Łukasz", "ada"}
    assert all(one.read() for one in hand_ins.found(tmp_path / "a.zip"))


def test_an_old_zips_own_code_page_is_left(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        book.writestr("J\u00f6rg_bpe.ipynb", '{"cells": []}')
    data = (tmp_path / "a.zip").read_bytes().replace("ö".encode(), b"\x94_")
    for lead, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        where = data.index(lead) + at
        data = data[:where] + bytes([data[where] & ~8]) + data[where + 1 :]
    (tmp_path / "a.zip").write_bytes(data)
    assert [one.student for one in hand_ins.found(tmp_path / "a.zip")] == ["Jö_rg"]


@pytest.mark.parametrize(
    "text",
    ["Ada L_7_assignsubmission_onlinetext_/onlinetext.html", "Ada L_7_assignsubmission_onlinetext_onlinetext.html"],
)
def test_moodles_online_text_beside_a_file(text, tmp_path):
    fill(
        tmp_path,
        text,
        "Ada L_7_assignsubmission_file_/00_start_here.ipynb",
        "Bob_8_assignsubmission_onlinetext_/onlinetext.html",
    )
    ada, bob = hand_ins.found(tmp_path)
    assert (ada.student, ada.id, ada.problem) == ("Ada L", "7", "") and "online text" in ada.remark
    assert bob.student == "Bob" and bob.problem


@pytest.mark.parametrize(
    "names, students",
    [
        (["hand ins/ada_00_start_here.ipynb", "hand ins/bob_00_start_here.ipynb"], {"ada", "bob"}),
        (["hand ins/ada_00_start_here.ipynb"], {"ada"}),
        (["hand ins/ada/00_start_here.ipynb", "hand ins/bob/00_start_here.ipynb"], {"ada", "bob"}),
        (["hand ins/ada/ps1/bpe.ipynb", "hand ins/bob/ps1/bpe.ipynb"], {"ada", "bob"}),
        (["a/b/ada_bpe.ipynb", "a/b/bob_bpe.ipynb"], {"ada", "bob"}),
        (
            ["all/Ada L_7_assignsubmission_file_/bpe.ipynb", "all/Bo_8_assignsubmission_file_/bpe.ipynb"],
            {"Ada L", "Bo"},
        ),
        (["ada/00_start_here.ipynb", "ada/02_bpe.ipynb"], {"ada"}),
        (["ada/ps1/bpe.ipynb", "ada/ps2/00_start_here.ipynb"], {"ada"}),
        (["ada/ps1/bpe.ipynb", "ada/ps2/notes.txt"], {"ada"}),
        (["ada/bpe.ipynb", "ada/images/a.png"], {"ada"}),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_one_folder_around_everything(names, students, zipped, tmp_path):
    place = tmp_path / "class"
    fill(place, *names)
    if zipped:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as book:
            for name in names:
                book.write(place / name, name)
        place = tmp_path / "x.zip"
    found = hand_ins.found(place)
    assert {one.student for one in found if not one.problem or one.student == "ada"} == students
    wrapped = not names[0].startswith("ada/")
    assert all(("taken for no student" in one.remark) == wrapped for one in found)

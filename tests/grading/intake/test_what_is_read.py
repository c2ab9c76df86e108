"""What a notebook's file may be: large with outputs, or no notebook at all, which is said with its remedy."""

import io
import json
import tracemalloc
import zipfile

import pytest
from class_folders import problems
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.grading.intake import files, hand_ins
from course_lib.grading.intake.notebook import Unfit, Unreadable, cells_of
from course_lib.grading.intake.outputs import LEFT_OUT, Slimmer
from course_lib.grading.judging.grader import read

CONFLICT = b'{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> theirs\n ]\n}\n'
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    "data, words",
    [
        (CONFLICT, ("unfinished merge", "keep one of the two")),
        (CONFLICT.replace(b"\n", b"\r\n"), ("unfinished merge",)),
        (LFS, ("Git LFS", "git lfs pull")),
        (b"/annex/objects/SHA256E-s1--2.ipynb\n", ("git-annex", "git annex get")),
        (b"\n<!DOCTYPE html>\n<html>", ("web page", ".ipynb file from")),
        (b"\xef\xbb\xbf<HTML><body>", ("web page",)),
        (b"<!-- x -->\n<!doctype html>", ("web page",)),
        (b"<?xml version='1.0'?>\n<html>", ("web page",)),
        (b"<?xml version='1.0'?><a/>", ("XML",)),
        ('{"cells": []}'.encode("utf-16"), ("UTF-16", "save it in UTF-8")),
        ('{"cells": []}'.encode("utf-16-le"), ("UTF-16",)),
        ('{"cells": []}'.encode("utf-16-be"), ("UTF-16",)),
        ('{"cells": []}'.encode("utf-32"), ("UTF-32",)),
        ('{"cells": ["ä"]}'.encode("latin-1"), ("not in UTF-8", "save it")),
        (b"%PDF-1.7 ...", ("PDF",)),
        (b"PK\x03\x04....", ("packed file", "unpack it")),
        (b"\x1f\x8b....", ("packed file",)),
        (b"\x89PNG....", ("picture",)),
        (b"import math\n", ("a program",)),
        (b"# %% [markdown]\n", ("a program",)),
        (b'{"cells": [', ("no complete JSON", ".ipynb file from")),
        (b"[]", ("no cells",)),
        (b'{"worksheets": []}', ("format 3", "save it again")),
        (b'{"nbformat": 3, "cells": []}', ("format 3",)),
    ],
)
def test_what_is_no_notebook_is_said_with_its_cause_and_its_remedy(data, words):
    with pytest.raises(Unreadable) as said:
        cells_of(data)
    assert all(word in str(said.value) for word in words), said.value


def test_it_is_said_of_a_student(tmp_path):
    for name, data in (("ada", CONFLICT), ("bob", LFS), ("eve", b"<html>")):
        (tmp_path / f"{name}.ipynb").write_bytes(data)
    said = problems(tmp_path)
    assert "merge" in said["ada"] and "LFS" in said["bob"] and "web page" in said["eve"]


def notebook(outputs, code="n = 1\n"):
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {"x": [1]}, "outputs": outputs, "source": [code]}
    return json.dumps(
        {
            "cells": [cell, {"cell_type": "markdown", "attachments": {"a.png": {}}, "source": "outputs"}],
            "metadata": {"widgets": {"state": {"outputs": []}}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=1,
    )


LARGE = notebook([{"output_type": "stream", "text": ['a "]}\\\\ {[' + "x" * 1_000_000] * 56}])


@pytest.mark.slow
def test_a_notebook_with_large_outputs_is_read(tmp_path):
    path = tmp_path / "ada_bpe.ipynb"
    path.write_text(LARGE, encoding="utf-8")
    assert path.stat().st_size > 56_000_000
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        book.write(path, path.name)
    for source in (path.parent, tmp_path / "a.zip"):
        one = [one for one in hand_ins.found(source) if one.student == "ada"][0]
        assert cells_of(one.read()) == {0: "n = 1\n"}
    assert cells_of(read(path)) == {0: "n = 1\n"}


def test_large_outputs_take_little_memory(tmp_path):
    (tmp_path / "a.ipynb").write_text(LARGE, encoding="utf-8")
    with (tmp_path / "a.ipynb").open("rb") as file:
        tracemalloc.start()
        files.bounded(file)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 50_000_000


@pytest.mark.slow
def test_large_code_is_refused_in_its_own_words():
    with pytest.raises(Unfit, match="20 megabytes beside its outputs: take the large data out"):
        files.bounded(io.BytesIO(notebook([], "x" * 21_000_000).encode()))
    with pytest.raises(Unfit, match=r"has 10\d MB"):
        files.bounded(io.BytesIO(notebook(["x" * 110_000_000]).encode()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["outputs", "metadata", "cells", "source", 'a"\\']), inner)
    ),
    max_leaves=20,
)


def slim(value, depth=1):
    if isinstance(value, dict):
        return {
            key: type(one)()
            if depth <= 3 and key.encode() in LEFT_OUT and isinstance(one, (dict, list))
            else slim(one, depth + 1)
            for key, one in value.items()
        }
    return [slim(one, depth + 1) for one in value] if isinstance(value, list) else value


@settings(max_examples=150, deadline=None)
@given(JSON, st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
def test_what_is_left_out_is_left_out_whatever_the_pieces(value, size, ascii_only, indent):
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    slimmer = Slimmer()
    kept = b"".join(slimmer.feed(raw[i : i + size]) for i in range(0, len(raw), size))
    assert json.loads(kept.decode("utf-8", "surrogatepass")) == slim(value)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60), st.integers(1, 9))
def test_no_bytes_stop_it(raw, size):
    slimmer = Slimmer()
    for i in range(0, len(raw), size):
        slimmer.feed(raw[i : i + size])

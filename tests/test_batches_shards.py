"""Streams in folders: the same ids as in memory, what is broken is refused, and little of it is in memory."""

import subprocess
import sys
from itertools import accumulate
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.batches import Batches, Shards, loader, open_stream, read_across, stream
from course_lib.batches.shards import HEADER, write_stream
from course_lib.bpe import BPE

BYTES = SimpleNamespace(encode=lambda text: list(text.encode("utf-8")), end=256, vocab_size=257)
DOCUMENTS = ["ab", "", "ü" * 50, "c" * 7]


@pytest.fixture
def folder(tmp_path):
    """A stream of 119 ids in twelve shards."""
    stream(iter(DOCUMENTS), BYTES, tmp_path / "ids", per_shard=10)
    return tmp_path / "ids"


def test_a_stream_in_a_folder_is_the_one_in_memory(folder):
    kept, memory = open_stream(folder), stream(DOCUMENTS, BYTES)
    assert len(kept) == len(memory) == 114 and len(kept.shards) == 12 and kept.vocab_size == 257
    assert torch.equal(kept[:], memory) and kept[3:30].dtype == torch.int64
    assert [p.name for p in folder.parent.iterdir()] == ["ids"]
    for end in None, 256:
        a, b = Batches(kept, 3, 9, stride=4, end=end), Batches(memory, 3, 9, stride=4, end=end)
        assert list(a.windows.starts) == list(b.windows.starts)
        for step in range(20):
            assert all(torch.equal(x, y) for x, y in zip(a.at(step), b.at(step), strict=True))
    for a, b in zip(loader(kept, 3, 9), loader(memory, 3, 9), strict=True):
        assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])


@given(st.lists(st.lists(st.integers(0, 65535), max_size=5), min_size=1, max_size=6), st.data())
def test_reading_across_shards_is_a_slice_of_all_of_them_joined(shards, data):
    joined = [i for shard in shards for i in shard]
    start = data.draw(st.integers(0, len(joined)))
    stop = data.draw(st.integers(start, len(joined)))
    arrays = [np.array(shard, np.uint16) for shard in shards]
    read = read_across(arrays, start, stop)
    assert read.tolist() == joined[start:stop] and read.dtype == np.int64
    assert not any(np.shares_memory(read, array) for array in arrays)
    for wrong in (-1, stop), (stop, len(joined) + 1), (stop + 1, stop):
        with pytest.raises(IndexError, match="of a stream with"):
            read_across(arrays, *wrong)


def test_slices_are_those_of_a_tensor_and_nothing_else_is_taken(folder):
    kept, memory = open_stream(folder), stream(DOCUMENTS, BYTES)
    for part in slice(None), slice(5, 2), slice(-9, None), slice(100, 999), slice(3, -3, 1):
        assert torch.equal(kept[part], memory[part])
    for wrong in 3, slice(0, 9, 2), torch.tensor([1]):
        with pytest.raises(TypeError, match="one takes slices"):
            kept[wrong]


@pytest.mark.parametrize("vocab_size, dtype", [(257, "uint16"), (65536, "uint16"), (65537, "uint32"),
                                               (200_000, "uint32")])
def test_the_dtype_fits_the_vocabulary(tmp_path, vocab_size, dtype):
    ids = [0, vocab_size - 1, 5, 256]
    kept = write_stream(ids, vocab_size, tmp_path / "ids")
    assert kept.dtype.name == dtype and kept[:].tolist() == ids
    raw = np.memmap(tmp_path / "ids" / "ids-00000.bin", f"<{kept.dtype.str[1:]}", "r", offset=HEADER)
    assert raw.tolist() == ids
    for wrong in vocab_size, -1, 2**40:
        with pytest.raises(ValueError, match=f"the id {wrong} does not belong to a vocabulary of {vocab_size}"):
            write_stream([1, wrong], vocab_size, tmp_path / "other")
    assert [p.name for p in tmp_path.iterdir()] == ["ids"]


def damaged(folder, number, change):
    path = folder / f"ids-{number:05}.bin"
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize("change, message", [
    (lambda data: data[:-2], "was cut short"),
    (lambda data: data[:-1], "was cut short"),
    (lambda data: data[:HEADER], "was cut short"),
    (lambda data: data + b"ab", "was added to"),
    (lambda data: data[:HEADER - 1], "is no shard"),
    (lambda data: b"", "is no shard"),
    (lambda data: bytes(HEADER) + data[HEADER:], "is no shard of ids, or one that was never finished"),
    (lambda data: data[:8] + b"\2" + data[9:], "has version 2 of the format, and this course reads 1"),
    (lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:], "the header of .* has been changed"),
])
@pytest.mark.parametrize("number", [0, 4, 11])
def test_a_shard_that_is_not_what_its_header_says_is_refused(folder, number, change, message):
    damaged(folder, number, change)
    with pytest.raises(ValueError, match=message) as said:
        open_stream(folder)
    assert f"ids-{number:05}.bin" in str(said.value) and "write it again" in str(said.value)


def test_a_missing_shard_and_a_foreign_one_are_noticed(folder, tmp_path):
    (folder / "ids-00011.bin").rename(tmp_path / "last")
    with pytest.raises(ValueError, match="ids-00010.bin is not the last shard"):
        open_stream(folder)
    (tmp_path / "last").rename(folder / "ids-00011.bin")
    open_stream(folder)
    (folder / "ids-00005.bin").unlink()
    with pytest.raises(ValueError, match="ids-00006.bin does not go on where the file before it ends"):
        open_stream(folder)
    stream(DOCUMENTS, SimpleNamespace(**{**vars(BYTES), "vocab_size": 300}), tmp_path / "other", per_shard=10)
    (tmp_path / "other" / "ids-00005.bin").rename(folder / "ids-00005.bin")
    with pytest.raises(ValueError, match="comes from another stream"):
        open_stream(folder)
    with pytest.raises(FileNotFoundError, match="there is no stream in"):
        open_stream(tmp_path / "nowhere")


def test_changed_ids_are_found_by_their_checksum(folder):
    open_stream(folder).verify()
    damaged(folder, 7, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match="ids-00007.bin does not hold what was written"):
        open_stream(folder).verify()


def test_a_stream_that_breaks_off_leaves_the_old_one_and_a_whole_one_takes_its_place(folder):
    before = open_stream(folder)[:]
    with pytest.raises(TypeError, match="document 1 is NoneType"):
        stream(["new", None], BYTES, folder)
    assert torch.equal(open_stream(folder)[:], before)
    assert stream(["new"], BYTES, folder)[:].tolist() == [256, 110, 101, 119, 256]
    assert [p.name for p in folder.parent.iterdir()] == ["ids"] and len(list(folder.iterdir())) == 1


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years", encoding="utf-8")
    for place in tmp_path, tmp_path / "thesis.txt":
        with pytest.raises(FileExistsError, match="has something else in it"):
            stream(["a"], BYTES, place)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "three years"


@pytest.mark.parametrize("N", [1, 9, 10, 11, 20, 21])
def test_shards_are_full_but_the_last(tmp_path, N):
    kept = write_stream(range(N), 50, tmp_path / "ids", per_shard=10)
    assert kept[:].tolist() == list(range(N)) and isinstance(kept, Shards)
    assert [len(s) for s in kept.shards] == [10] * ((N - 1) // 10) + [(N - 1) % 10 + 1]
    assert [s.first for s in kept.shards] == [0, *accumulate(map(len, kept.shards))][:-1]


def test_a_text_in_parts_has_the_ids_of_the_whole_text(tmp_path):
    text = "Mia gave the lamp to Tom.\nTom ran to the pond, and it was dark.\n" * 40
    bpe = BPE.train([text], 280)
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    with open(path, encoding="utf-8") as file:
        kept = stream([file, "The end."], bpe, tmp_path / "ids")
    assert kept[:].tolist() == [bpe.end, *bpe.encode(text), bpe.end, *bpe.encode("The end."), bpe.end]


MEASURED = """
import sys
from pathlib import Path
import numpy as np, torch
from course_lib.batches import Batches, loader, open_stream, windows
from course_lib.batches.shards import HEADER, write_header, write_stream

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

folder, count, shards = Path(sys.argv[1]), 2**27, 4
end, places = 7, [0, 1000, count - 3, count, 2 * count + 17, 4 * count - 1]
folder.mkdir()
for number in range(shards):        # 1 GB of ids, nearly all of them 0, which no disk has to hold
    with open(folder / f"ids-{number:05}.bin", "wb") as file:
        file.truncate(HEADER + 2 * count)
        write_header(file, np.dtype("<u2"), 2000, number * count, count, number == shards - 1, 0)
        for place in places:
            if place // count == number:
                file.seek(HEADER + 2 * (place % count))
                file.write(end.to_bytes(2, "little"))
torch.zeros(10).sum()
begin = peak()
ids = open_stream(folder)
assert len(ids) == 2**29
batches = Batches(ids, 64, 512, seed=1)
for step in range(100):
    inputs, targets = batches.at(step * 1000)
    assert inputs.shape == (64, 512)
for step, (inputs, _) in zip(range(20), loader(ids, 64, 512), strict=False):
    assert inputs.shape == (64, 512)
aligned = windows(ids, 2**20, end=end)      # reads every id once
assert len(aligned) > 500 and aligned[0][0][1000] == end
assert sorted(set(aligned.starts.tolist()) & set(places)) == places[:-2] + [2 * count + 17]
print(peak() - begin)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_a_gigabyte_of_ids_takes_little_memory(tmp_path):
    run = subprocess.run([sys.executable, "-c", MEASURED, str(tmp_path / "ids")], capture_output=True, text=True)
    for path in (tmp_path / "ids").glob("*"):
        path.unlink()
    assert run.returncode == 0, run.stderr[-2000:]
    assert float(run.stdout) < 200, f"{run.stdout} MB above the start"


WRITTEN = """
import sys
from pathlib import Path
from types import SimpleNamespace
import torch
from course_lib.batches import stream

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

part = "the lamp " * 1000
codes = SimpleNamespace(end=0, vocab_size=128, encode_stream=lambda parts: (i for p in parts for i in p.encode()))
stream([[part]], codes, sys.argv[1])
begin = peak()
ids = stream([(part for _ in range(700))], codes, sys.argv[1])
assert len(ids) == 700 * 9000 + 2
print(peak() - begin)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_memory_does_not_grow_with_the_text_that_is_written(tmp_path):
    run = subprocess.run([sys.executable, "-c", WRITTEN, str(tmp_path / "ids")], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert float(run.stdout) < 20, f"{run.stdout} MB above the start, where the ids as numbers of 8 bytes are 50"

"""Batches: shifted by one, every window once an epoch, the same step always the same batch."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from course_lib.batches import IGNORED, Batches, batch_rows, held_back, loader, pack, pad_batch, slide, stream, windows

BYTES = SimpleNamespace(encode=lambda text: list(text.encode("utf-8")), end=256)


def test_a_stream_has_an_end_before_the_first_document_and_after_each():
    assert stream(["ab", "", "c"], BYTES).tolist() == [256, 97, 98, 256, 256, 99, 256]
    assert stream(iter(["ab"]), BYTES).tolist() == [256, 97, 98, 256]
    assert stream([], BYTES).tolist() == [256]
    assert stream(["é"], BYTES).dtype == torch.int64


def test_one_long_string_is_refused_as_documents():
    with pytest.raises(TypeError, match=r"pass \[text\]"):
        stream("a story", BYTES)


@pytest.mark.parametrize(
    "N, T, stride", [(20, 4, None), (21, 4, None), (20, 4, 1), (20, 7, 3), (5, 4, None), (30, 4, 9)]
)
def test_windows_are_the_slices_that_python_would_cut(N, T, stride):
    ids = torch.arange(N) * 3
    step = stride or T
    expected = [(ids[i : i + T].tolist(), ids[i + 1 : i + T + 1].tolist()) for i in range(0, N, step) if i + T + 1 <= N]
    data = windows(ids, T, stride)
    assert [(x.tolist(), y.tolist()) for x, y in data] == expected
    x, y = data.gather(torch.arange(len(data)))
    assert (x.tolist(), y.tolist()) == ([e[0] for e in expected], [e[1] for e in expected])
    assert data[-1][0].tolist() == expected[-1][0]
    with pytest.raises(IndexError):
        data[len(data)]


def test_without_a_stride_no_token_is_asked_for_twice_and_only_a_tail_never():
    ids = torch.arange(103)
    asked = [t for _, targets in windows(ids, 10) for t in targets.tolist()]
    assert asked == list(range(1, 101))


def test_windows_that_begin_with_documents_ask_for_every_token():
    documents = ["abcdefghij", "kl", "", "mnopqrs", "z" * 40]  # the last is there to leave room at the end
    ids = stream(documents, BYTES)
    data = windows(ids, 4, end=256)
    begins = (ids == 256).nonzero().flatten().tolist()
    assert data.starts.tolist() == [0, 4, 8, 11, 14, 15, 19] + [s for s in range(23, 64, 4) if s + 5 <= len(ids)]
    assert set(begins[:-1]) <= set(data.starts.tolist())
    asked = {p + 1 + t for p in data.starts.tolist() for t in range(4)}
    assert asked >= set(range(1, begins[-2] + 1))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda ids: windows(ids, 0), "T is 0: it must be a whole number"),
        (lambda ids: windows(ids, 2.0), "T is 2.0"),
        (lambda ids: windows(ids, 4, 0), "stride is 0"),
        (lambda ids: windows(ids, 12), "a stream of 12 tokens has no window of T = 12.*13 tokens"),
        (lambda ids: windows(ids[:0], 1), "a stream of 0 tokens"),
        (lambda ids: windows(ids, 11, end=7), "leaves room for a window of T = 11"),
        (lambda ids: windows(ids, 3, end=99), "no document of this stream"),
        (lambda ids: Batches(ids, 0, 3), "B is 0"),
        (lambda ids: Batches(ids, 2, 3, seed=-1), "seed is -1"),
        (lambda ids: Batches(ids, 2, 3).at(-1), "step is -1: it must be a whole number, 0 or more"),
        (lambda ids: Batches(ids, 2, 3).at(1.0), "step is 1.0"),
        (lambda ids: windows(ids, "4"), "T is '4'"),
    ],
)
def test_what_cannot_be_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make(torch.arange(12))


@pytest.mark.parametrize("ids", [[1, 2, 3], torch.rand(9), torch.zeros(3, 3, dtype=torch.int64)])
def test_what_is_no_stream_is_said(ids):
    with pytest.raises(TypeError, match="wants a stream"):
        windows(ids, 2)


@pytest.mark.parametrize("n, B", [(12, 4), (11, 4), (3, 7), (1, 5), (10, 10)])
def test_every_window_comes_once_in_each_epoch_also_where_a_batch_spans_two(n, B):
    T = 5
    batches = Batches(torch.arange(n * T + 1), B, T, seed=3)
    assert len(batches.windows) == n and batches.steps_per_epoch == n / B
    firsts = torch.cat([batches.at(step)[0][:, 0] for step in range(6 * n)]).tolist()
    for epoch in range(len(firsts) // n):
        assert sorted(firsts[epoch * n : (epoch + 1) * n]) == list(range(0, n * T, T))
    assert n < 3 or firsts[:n] != firsts[n : 2 * n]


def test_targets_are_the_ids_moved_by_one():
    ids, targets = Batches(torch.arange(1000), 4, 9).at(5)
    assert ids.shape == targets.shape == (4, 9)
    assert torch.equal(targets, ids + 1)
    assert ids.is_contiguous() and targets.is_contiguous()


def test_a_step_gives_the_same_batch_in_any_order_and_in_any_object():
    text = torch.randint(0, 50, (997,), generator=torch.Generator().manual_seed(0))
    first = Batches(text, 4, 9, seed=1)
    torch.manual_seed(5)
    forwards = [first.at(step) for step in range(90)]
    backwards = [Batches(text, 4, 9, seed=1).at(step) for step in reversed(range(90))][::-1]
    for (a, b), (c, d) in zip(forwards, backwards, strict=True):
        assert torch.equal(a, c) and torch.equal(b, d)


def test_batches_leave_the_random_generators_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    Batches(torch.arange(100), 2, 5).at(40)
    assert torch.equal(torch.get_rng_state(), before)


def test_epochs_and_seeds_shuffle_differently():
    text = torch.arange(50 * 4 + 1)
    orders = [Batches(text, 5, 4, seed).order(epoch).tolist() for seed in range(3) for epoch in range(3)]
    assert len(set(map(tuple, orders))) == 9
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert sum(a == b for order in orders for a, b in zip(order, range(50), strict=True)) < 50


def test_the_data_loader_goes_the_same_way():
    text = torch.arange(43)
    batches, loaded = Batches(text, 4, 3, seed=2), list(loader(text, 4, 3, seed=2))
    assert [len(ids) for ids, _ in loaded] == [4, 4, 4, 2]
    for step in range(3):
        assert all(torch.equal(a, b) for a, b in zip(batches.at(step), loaded[step], strict=True))
    assert torch.equal(torch.cat([ids for ids, _ in loaded])[:, 0] // 3, batches.order(0))
    later = list(loader(text, 4, 3, seed=2, epoch=1))
    assert torch.equal(torch.cat([ids for ids, _ in later])[:, 0] // 3, batches.order(1))


@pytest.mark.slow
def test_the_data_loader_works_with_worker_processes():
    text = torch.arange(43)
    alone, helped = loader(text, 4, 3), loader(text, 4, 3, workers=1)
    for a, b in zip(alone, helped, strict=True):
        assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])


def test_no_window_reaches_from_training_into_validation():
    train, validation = stream(["aaaa"] * 9, BYTES), stream(["bbbb"] * 9, BYTES)
    for ids, other in (train, ord("b")), (validation, ord("a")):
        for x, y in windows(ids, 7, 1):
            assert other not in x and other not in y


def test_other_integers_are_read_and_memory_is_kept():
    short = torch.arange(30, dtype=torch.int16)
    assert windows(short, 4)[0][0].dtype == Batches(short, 2, 4).at(0)[1].dtype == torch.int64
    ids = torch.arange(30)
    assert windows(ids, 4)[1][0].data_ptr() == ids[4:].data_ptr()


def test_whole_numbers_of_numpy_and_torch_are_whole_numbers():
    ids = torch.arange(30)
    for kind in np.int64, np.uint8, torch.tensor:
        assert windows(ids, kind(4), kind(2))[1][0].tolist() == [2, 3, 4, 5]
        batches = Batches(ids, kind(2), kind(4), kind(1))
        assert torch.equal(batches.at(kind(3))[0], Batches(ids, 2, 4, 1).at(3)[0])
    with pytest.raises(ValueError, match="B is .*0.*: it must be a whole number"):
        Batches(ids, np.int64(0), 4)


def test_a_document_that_fits_is_read_from_its_beginning_only():
    ids = torch.tensor([0, 1, 2, 3, 0, 4, 5, 0, 6, 7, 8, 0])
    assert [window.tolist() for window, _ in windows(ids, 6, 2, end=0)] == [[0, 1, 2, 3, 0, 4], [0, 4, 5, 0, 6, 7]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(1, 7), st.integers(1, 9))
def test_windows_begin_with_an_end_unless_their_document_is_too_long(lengths, T, stride):
    """And as long as they overlap, they ask for every token of a document and for its end, the last once."""
    ids = stream(["a" * length for length in lengths] + ["z" * T], BYTES)
    starts, begins = windows(ids, T, stride, end=256).starts.tolist(), (ids == 256).nonzero().flatten().tolist()
    for here, after in zip(begins[:-2], begins[1:], strict=False):
        mine = [start for start in starts if here <= start < after]
        assert mine[0] == here
        assert all(start + T < after for start in mine[:-1]), "what was read to its end is not read again"
        if stride <= T:
            asked = {start + 1 + t for start in mine for t in range(T)}
            assert asked >= set(range(here + 1, after + 1))


def test_the_last_batch_may_be_dropped():
    text = torch.arange(43)
    assert [len(ids) for ids, _ in loader(text, 4, 3, drop_last=True)] == [4, 4, 4]


@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 9))
def test_three_ways_to_cut_windows_agree(N, T, stride):
    ids = list(range(100, 100 + N))
    cut = slide(ids, T, stride)
    if N <= T:
        assert cut == []
        return
    view = np.lib.stride_tricks.sliding_window_view(np.array(ids), T + 1)[::stride]
    assert [[*inputs, targets[-1]] for inputs, targets in cut] == view.tolist()
    assert [[x.tolist(), y.tolist()] for x, y in windows(torch.tensor(ids), T, stride)] == [list(pair) for pair in cut]


@pytest.mark.parametrize("T, stride", [(0, 1), (1, 0), (-1, 2), (2, -1)])
def test_no_window_and_no_step_are_refused(T, stride):
    with pytest.raises(ValueError, match=f"T is {T} and stride is {stride}"):
        slide([1, 2, 3], T, stride)


def test_the_data_loader_of_torch_gives_the_same_from_a_tensor_dataset():
    cut = windows(torch.arange(50) % 7, 6, 4)
    every = TensorDataset(*cut.gather(range(len(cut))))
    for mine, other in zip(DataLoader(cut, batch_size=4), DataLoader(every, batch_size=4), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine, other, strict=True))


@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 40))
def test_batches_are_what_one_endless_list_would_be_cut_into(n, B, step):
    def order(epoch):
        return [(i * 7 + epoch) % n + 100 * epoch for i in range(n)]

    endless = [row for epoch in range((step + 1) * B // n + 1) for row in order(epoch)]
    assert batch_rows(step, n, B, order) == endless[step * B : (step + 1) * B]


def test_a_late_batch_asks_only_for_the_epochs_that_it_touches():
    asked = []

    def order(epoch):
        asked.append(epoch)
        return torch.arange(10)

    assert batch_rows(10**12, 10, 25, order) == [*range(10), *range(10), *range(5)]
    assert asked == [25 * 10**11, 25 * 10**11 + 1, 25 * 10**11 + 2]
    assert all(type(row) is int for row in batch_rows(0, 10, 3, order))


def test_a_text_alone_decides_its_side():
    texts = [f"story {number}" for number in range(4000)]
    sides = [held_back(text, 0.1) for text in texts]
    assert 340 < sum(sides) < 460
    assert [held_back(text, 0.1) for text in reversed(texts)] == sides[::-1]
    more = [held_back(text, 0.3) for text in texts]
    assert all(later for earlier, later in zip(sides, more, strict=True) if earlier), "a larger share holds back more"
    assert not any(held_back(text, 0) for text in texts) and all(held_back(text, 1) for text in texts)
    # `printf "Mia sang." | sha256sum` begins with 3e1a32f4
    assert held_back("Mia sang.", 0x3E1A32F5 / 2**32) and not held_back("Mia sang.", 0x3E1A32F4 / 2**32)
    for share in -0.1, 1.5, float("nan"):
        with pytest.raises(ValueError, match="share is"):
            held_back("a", share)


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=5))
def test_padded_rows_are_the_documents_one_by_one(documents):
    ids, targets = pad_batch(documents, 0)
    assert ids.dtype == targets.dtype == torch.int64
    assert ids.shape == targets.shape == (len(documents), max(map(len, documents)) + 1)
    for row, wanted, document in zip(ids.tolist(), targets.tolist(), documents, strict=True):
        alone = [*document, 0]
        assert row == [0, *document] + [0] * (len(row) - len(alone))
        assert wanted == alone + [IGNORED] * (len(row) - len(alone))


def test_what_is_padded_costs_nothing_in_torchs_cross_entropy():
    documents = [[1, 2], [3, 1, 2, 2], []]
    table = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    ids, targets = pad_batch(documents, 0)
    together = torch.nn.functional.cross_entropy(table[ids].mT, targets)
    alone = [-table.log_softmax(-1)[a, b] for d in documents for a, b in zip([0, *d], [*d, 0], strict=True)]
    torch.testing.assert_close(together, torch.stack(alone).mean())


@given(st.lists(st.integers(0, 20), max_size=30))
def test_packed_rows_hold_every_document_once_and_no_row_too_much(lengths):
    rows = pack(lengths, 20)
    assert sorted(number for row in rows for number in row) == list(range(len(lengths)))
    assert all(sum(lengths[number] for number in row) <= 20 for row in rows)
    # Johnson 1973: at most 11/9 of the fewest rows possible, and one more; these are at least all places by 20
    assert all(sum(lengths[n] for n in a) + min(lengths[n] for n in b) > 20
               for i, a in enumerate(rows) for b in rows[i + 1:]), "the document had room in an earlier row"


def test_a_packing_by_hand_and_a_document_that_is_too_long():
    assert pack([3, 7, 5, 5, 2], 10) == [[1, 0], [2, 3], [4]]
    with pytest.raises(ValueError, match="document 1 takes 11 places, and a row has 10"):
        pack([3, 11], 10)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes"])
def test_what_is_no_document_is_said(wrong):
    with pytest.raises(TypeError, match=f"document 1 is {type(wrong).__name__}"):
        stream(["a", wrong], BYTES)


def test_a_long_document_may_come_in_parts():
    streaming = SimpleNamespace(**vars(BYTES), encode_stream=lambda parts: (i for part in parts for i in part.encode()))
    assert stream(["ab", iter(["c", "d"])], streaming).tolist() == [256, 97, 98, 256, 99, 100, 256]
    with pytest.raises(TypeError, match="document 1 comes in parts, and SimpleNamespace has no encode_stream"):
        stream(["ab", ["c", "d"]], BYTES)

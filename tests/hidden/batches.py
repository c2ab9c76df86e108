"""What windows, a resumable order, a split by hash, padded rows and a read across shards must get right."""

import itertools
import random

import numpy as np
import torch

from course_lib.classroom import elsewhere, raised


def slide(impl, draw):
    ids = draw.ints(0, 900, 23).tolist()
    yield "a window begins at every stride, and only there", len(impl(ids, 5, 5))
    yield "a window has T inputs and T targets", [[len(x), len(y)] for x, y in impl(ids, 5, 5)]
    windows = impl(ids, 5, 5)
    yield "each window is a list of its own", windows[0][0] is not windows[1][0]
    yield "the first window begins with the first id", impl(ids, 5, 5)[0][0]
    yield "each target is the id behind its input", impl(ids, 4, 4)
    yield "a list of just T + 1 ids has one window", [impl(ids[:7], 6, stride) for stride in (1, 6, 9)]
    yield "with one id less it has none", [impl(ids[:6], 6, stride) for stride in (1, 6)]
    yield "the next window begins a stride further on", [inputs for inputs, _ in impl(ids, 5, 3)]
    yield "with a stride above T some ids are skipped", impl(ids, 3, 7)
    yield "an empty list has none", impl([], 3, 1)
    yield "no window lacks a target, wherever the list ends", [impl(ids[:n], 3, 2) for n in range(4, 16)]
    yield "windows of one id work, and a stride of one", impl(ids, 1, 1)
    yield "other ids, as many, are cut anew", [
        impl(draw.ints(0, size, 23).tolist(), 4, 4) for size in (900, 900)]
    yield "ids of a large vocabulary come out whole", impl(draw.ints(0, 2**40, 23).tolist(), 4, 4)
    yield "five hundred ids in windows of a hundred", impl(draw.ints(0, 900, 500).tolist(), 100, 37)
    yield "ids that repeat are ids like any other, and so is the id 0", [impl([one] * 9, 4, 2) for one in (3, 0)]
    yield "T below 1 is refused with a ValueError", [raised(impl, ids, T, 2) for T in (0, -1)]
    yield "a stride below 1 is refused with a ValueError", [raised(impl, ids, 2, stride) for stride in (0, -1)]
    yield "a stride below 1 is refused also where the list is too short to be cut", [
        raised(impl, [], 0, 1), raised(impl, [7], 5, 0)]


def Windows(impl, draw):
    ids = draw.ints(0, 900, 40)
    some = impl(ids, 5, [0, 3, 30])
    yield "it is as long as there are places to begin", [len(some), len(impl(ids, 5, [])), len(impl(ids, 2, [1] * 70))]
    yield "inputs begin where starts says", [some[i][0] for i in range(3)]
    yield "targets are the same stretch, moved by one", [some[i][1] for i in range(3)]
    yield "another stream of as many ids has windows of its own", [
        impl(draw.ints(0, 900, 40), 5, [3])[0] for _ in range(2)]
    yield "the very last id of the stream can be a target", impl(ids, 7, [32])[0]
    yield "the starts need not be in order", each(impl(ids, 3, [9, 0, 9, 21]))
    yield "the starts may be a tensor, or a range", [
        each(impl(ids, 3, draw.ints(0, 30, 4))), each(impl(ids, 4, range(2, 30, 9)))]
    yield "windows of one token work", impl(ids, 1, [4])[0]
    yield "windows of a hundred and fifty work", impl(draw.ints(0, 900, 300), 150, [140])[0]
    yield "small integers come out as int64", [
        str(part.dtype) for kind in (torch.uint8, torch.int16, torch.int32) for part in impl(ids.to(kind), 5, [2])[0]]
    yield "a window of small integers may begin far behind the largest of them", impl(
        draw.ints(0, 99, 400).to(torch.uint8), 5, [380])[0]
    yield "ids of a large vocabulary come out whole", [
        each(impl(draw.ints(60_000, 200_000, 20) + more, 6, [3, 11])) for more in (0, 2**54)]
    yield "a number behind the last window is an IndexError", [
        *(raised(some.__getitem__, i) for i in (3, 4, 7, 10**9)),
        raised(impl(ids, 5, torch.tensor([4])).__getitem__, 1)]
    yield "a for loop ends behind the last window and not before", [
        len(list(itertools.islice(windows, 200))) for windows in (some, impl(ids, 5, []), impl(ids, 2, [1] * 150))]
    yield "several are stacked by gather", some.gather([2, 0])
    yield "only the window is sliced, and nothing is read before it is asked for", sliced(impl, ids, 20)
    yield "a window is found in a stream of millions as well", sliced(
        impl, torch.zeros(1, dtype=torch.uint8).expand(2**24 + 50), 2**24 + 21)
    yield "works on its input's device", elsewhere(lambda stream: impl(stream, 5, [3])[0], ids)


def each(windows):
    """All of them by their numbers: a loop over what never raises an IndexError has no end."""
    return [windows[i] for i in range(len(windows))]


class Watched:
    """A stream that notes which part of it is taken: all of it by what is not a slice, and nothing by its shape."""

    def __init__(self, ids):
        self.ids, self.taken = ids, []

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, part):
        low, high, _ = part.indices(len(self.ids))
        self.taken.append([low, high])
        return self.ids[part]

    def narrow(self, dim, start, length):
        return self[start : start + length]

    def __getattr__(self, name):
        looked_at = ("shape", "size", "ndim", "dim", "numel", "dtype", "device", "is_cuda", "new_empty", "new_tensor")
        return getattr(self.ids if name in looked_at else self[:], name)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return getattr(args[0], function.__name__)(*args[1:], **(kwargs or {}))    # torch.narrow(stream, …)


def sliced(impl, ids, start):
    stream = Watched(ids)
    some = impl(stream, 4, [3, start])
    before = len(stream.taken)
    some[1]
    if not stream.taken:
        return [before, "nothing was read"]
    return [before, min(low for low, _ in stream.taken), max(high for _, high in stream.taken)]


def batch_rows(impl, draw):
    key = draw.number(0, 10**6)

    def order(epoch, n=11):
        return [row + 1000 * (epoch % 1000) for row in random.Random(key + epoch).sample(range(n), n)]

    yield "the first step takes the first B of epoch 0", impl(0, 11, 4, order)
    yield "the next step goes on where that one ended", impl(1, 11, 4, order)
    yield "another order makes other batches", [
        impl(0, 11, 4, some) for some in (order, lambda epoch: order(epoch)[::-1])]
    yield "what an epoch lacks is taken from the one after it", impl(2, 11, 4, order)
    yield "a window comes twice where it ends one epoch and begins the next", impl(
        1, 5, 3, lambda epoch: order(0, 5)[:: -1 if epoch else 1])
    yield "later epochs have an order of their own", [impl(step, 11, 4, order) for step in (3, 4, 6, 9)]
    yield "a batch that ends with its epoch takes nothing of the next", sorted(set(asked(impl, 1, 10, 5)))
    yield "a batch as large as an epoch is an epoch", impl(2, 11, 11, order)
    yield "a batch may hold several epochs", [impl(step, 3, 11, lambda epoch: order(epoch, 3)) for step in (0, 1, 2)]
    yield "a window comes twice where a batch holds two epochs", impl(
        1, 3, 7, lambda epoch: [epoch % 2, 2, 1 - epoch % 2])
    yield "other epochs, longer ones or in another order, make other batches", [
        impl(3, n, 4, some) for n in (11, 7)
        for some in (lambda epoch, n=n: order(epoch, n), lambda epoch, n=n: order(epoch, n)[::-1])]
    yield "a single window in an epoch comes in each", impl(1, 1, 5, lambda epoch: [epoch])
    yield "only the epochs that are touched are asked for, each once", [
        asked(impl, 3, 10, 4), asked(impl, 2, 10, 4), asked(impl, 1, 4, 10)]
    yield "a step far away is as near as any", [impl(10**20 + 1, 11, 4, order), impl(10**9, 10**5, 3, billion)]
    yield "a hundred and fifty windows make a batch", impl(5, 200, 150, lambda epoch: order(epoch, 200))
    yield "each window comes once in an epoch, cut as it may be", sorted(
        row for step in range(11) for row in impl(step, 11, 4, lambda epoch: order(epoch)))
    own = [4, 2, 0, 1, 3]
    for step in range(3):
        impl(step, 5, 3, lambda epoch: own)
    yield "the list that order gives is left as it is", own
    yield "the same step gives the same again", [impl(7, 11, 4, order), impl(7, 11, 4, order)]


def billion(epoch):
    return list(range(epoch, epoch + 10**5))


def asked(impl, step, n, B):
    """The epochs that were asked for."""
    epochs = []

    def order(epoch):
        epochs.append(epoch)
        return list(range(n))

    impl(step, n, B, order)
    return epochs


def held_back(impl, draw):
    texts = [f"a{draw.text(draw.number(3, 26))}z" for _ in range(32)]
    yield "it gives True or False", [type(impl(text, 0.5)).__name__ for text in texts[:4]]
    alike = [draw.text(9) for _ in range(40)]
    yield "a share of 0 holds nothing back", [impl(text, 0) for text in alike[:8]]
    yield "a share of 1 holds everything back", [impl(text, 1) for text in alike[8:16]]
    yield "texts of the same length are not all on the same side", len({impl(text, 0.5) for text in alike})
    yield "another share holds others back", [impl(text, 0.1) for text in texts] != [impl(text, 0.9) for text in texts]
    yield "the first eight bytes of the SHA-256, big-endian, are compared with share · 2⁶⁴", [
        impl(text, 0.5) for text in texts]
    yield "a small share is as exact as a large one", [impl(text, share) for share in (0.02, 0.9) for text in texts]
    yield "the same text is always on the same side", [impl(text, 0.3) for text in [*texts[:12], *texts[:12][::-1]]]
    yield "a text is hashed as it is, spaces and capitals included", [
        impl(text, 0.5) for word in texts[:12] for text in (word, word + " ", " " + word, word.upper(), word + "\n")]
    yield "spaces in a row and tabs are hashed as they are", [
        impl(f"{word}{gap}{word}", 0.5) for word in texts[:12] for gap in ("  ", "\t")]
    yield "letters beyond English are hashed as UTF-8", [impl(f"Ägäis {text} 日本 🐸", 0.5) for text in texts[:12]]
    yield "accents, line ends and marks are hashed as they came", [
        impl(text, 0.5) for word in texts[:12] for text in (f"e\u0301{word}", f"{word}\r\n{word}", f"\ufeff{word}")]
    yield "an empty text has a side too", [impl("", share) for share in (0.1, 0.5, 0.88, 0.9, 0.99)]
    yield "a long text is hashed to its end", [
        impl("x" * length + text, 0.4) for length in (5000, 200_000) for text in texts[:12]]
    yield "shares that differ by little separate just the texts between them", [
        impl("Mia ran.", share) for share in fine(0.9845273083359909)]
    yield "a number that is just share · 2⁶⁴ is not below it", impl("story 2392", 11087850392534151168 / 2**64)
    yield "a share below 0 or above 1 is refused with a ValueError", [
        raised(impl, "a", share) for share in (-0.1, -1, -1e-9, 1.01, 10, 1 + 1e-9)]


def fine(middle):
    return [middle + step * 2.0**-e for e in range(8, 48, 4) for step in (-1, 1)]


def pad_batch(impl, draw):
    end = 9
    documents = [draw.ints(0, 9, n).tolist() for n in (4, 7, 2, 6)]
    alike, others = ([draw.ints(0, 9, 5).tolist() for _ in range(3)] for _ in range(2))
    ids, targets = (lambda *given: impl(*given)[0].tolist()), (lambda *given: impl(*given)[1].tolist())
    yield "both are int64", [str(part.dtype) for part in impl(alike, end)]
    yield "documents of one length need no padding", ids(alike, end)
    yield "other documents, as many and as long, make other rows", ids(others, end)
    yield "a row of targets is the document, and then its end", targets(alike, end)
    yield "rows are one longer than the longest document", [list(part.shape) for part in impl(documents, end)]
    yield "a row of ids begins with end, and is filled up with it", ids(documents, end)
    yield "a document's end is asked for, just once", [[row.count(end) for row in targets(documents, end)],
                                                       targets([[5], [3, 4, 6]], end)]
    yield "the targets behind a document's end are IGNORED", targets(documents, end)
    yield "one document alone is padded with nothing", [ids(documents[:1], end), targets(documents[:1], end)]
    yield "an empty document is its end, and padding", [ids([[], [3, 1, 4]], end), targets([[], [3, 1, 4]], end)]
    yield "only empty documents work too", [ids([[], []], end), targets([[], []], end)]
    yield "the id 0 can be the end, and any other", [[ids([[5, 6], [7]], one), targets([[5, 6], [7]], one)]
                                                     for one in (0, 4)]
    yield "the last id of a large vocabulary can be the end", [
        targets([[end - 6, 3], [end - 1]], end) for end in (50_256, 2**24 + 3)]
    yield "seventy documents of up to a thousand ids are padded to the longest", targets(
        [draw.ints(0, 9, n).tolist() for n in (1100, *range(69))], end)


class Shard:
    """An array that notes which part of it is read."""

    def __init__(self, array, notes, number):
        self.array, self.notes, self.number = array, notes, number

    def __len__(self):
        return len(self.array)

    def __getitem__(self, part):
        low, high, _ = part.indices(len(self.array))
        self.notes.append([self.number, low, high])
        return self.array[part]


class Endless:
    """A shard of 2³⁰ ids, all the same, which are made when they are asked for."""

    def __init__(self, one):
        self.one = one

    def __len__(self):
        return 2**30

    def __getitem__(self, part):
        low, high, step = part.indices(len(self))
        return np.full(len(range(low, high, step)), self.one, np.uint16)


def cut(draw, sizes, kind=np.uint16):
    return [draw.ints(0, 60_000, size).numpy().astype(kind) for size in sizes]


def read_across(impl, draw):
    read = lambda *given: impl(*given).tolist()  # noqa: E731
    shards = cut(draw, [7, 5, 9, 6])
    yield "a part of the first shard is a slice of it", read(shards, 2, 6)
    yield "a part of a later shard is counted from the stream's beginning", read(shards, 13, 19)
    yield "what begins in one shard and ends in the next is joined", read(shards, 4, 10)
    yield "a shard in the middle is taken whole", read(shards, 5, 23)
    yield "all of it works", read(shards, 0, 27)
    yield "other shards of the same sizes are read anew", read(cut(draw, [7, 5, 9, 6]), 5, 23)
    yield "parts that begin or end where a shard does", [
        read(shards, *part) for part in ((7, 12), (0, 7), (12, 27), (6, 7), (7, 8), (26, 27))]
    yield "the ids come out as int64", [str(impl(shards, *part).dtype) for part in ((1, 3), (4, 9))]
    yield "only shards that hold a part of it are read, and only that part", [
        notes(impl, shards, *part) for part in ((8, 11), (5, 13), (7, 12), (0, 7), (3, 24))]
    yield "nothing can be asked for, anywhere", [
        *(read(shards, place, place) for place in (0, 7, 10, 27)), read([], 0, 0)]
    yield "where nothing is asked for, an empty array of int64 comes", str(impl(shards, 5, 5).dtype)
    yield "ids of four bytes, of large vocabularies, come out whole", [
        read([least + shard for shard in cut(draw, [3, 4], np.uint32)], 1, 6) for least in (200_000, 3_000_000_000)]
    yield "one shard is a stream as well", read(shards[:1], 1, 5)
    yield "empty shards are passed over", read([shards[0][:0], shards[0], shards[1][:0], shards[1]], 5, 9)
    yield "seventy shards are read like four", read(cut(draw, [draw.number(1, 6) for _ in range(70)]), 20, 65)
    yield "what comes is an array of its own", [
        overwritten(impl, cut(draw, [7, 5], kind)) for kind in (np.uint16, np.int64)]
    yield "places beyond 32 bits are found as well", [
        read([Endless(kind) for kind in range(6)], seam * 2**30 - 3, seam * 2**30 + 2) for seam in (1, 2, 4, 5)]
    yield "asking beyond the end is refused with an IndexError", [raised(impl, shards, 20, 28),
                                                                 raised(impl, shards, 28, 28), raised(impl, [], 0, 1)]
    yield "asking before the beginning is refused with an IndexError", [raised(impl, shards, -1, 4),
                                                                           raised(impl, shards, -2, -2)]
    yield "asking backwards is refused with an IndexError", [
        raised(impl, shards, *part) for part in ((9, 8), (28, 27), (1, 0))]


def overwritten(impl, shards):
    copied = impl(shards, 8, 11)
    copied[:] = 0
    return [copied.tolist(), shards[1].tolist()]


def notes(impl, shards, start, stop):
    """[shard, first, last] of each part that is read, empty ones left out."""
    taken = []
    impl([Shard(array, taken, number) for number, array in enumerate(shards)], start, stop)
    return sorted(part for part in taken if part[1] < part[2])


# (text in the reference, its replacement, start of the label that must catch it, what the learner then probably did)
MISTAKES = {
    "slide": [
        ("ids[i + 1 : i + T + 1]", "ids[i : i + T]", "each target", "the targets are the inputs, not moved"),
        ("ids[i + 1 : i + T + 1]", "ids[i + 1 : i + T]", "a window has", "the targets are one too few"),
        ("ids[i + 1 : i + T + 1]", "ids[i + 2 : i + T + 2]", "each target", "the targets are moved by two"),
        ("len(ids) - T,", "len(ids) - T + 1,", "a list of just", "the last window lacks its last target"),
        ("len(ids) - T,", "len(ids) - T - 1,", "a list of just", "the last window that fits is left out"),
        (", stride)]", ", T)]", "the next window", "the stride is not used"),
        ("T < 1 or stride < 1", "T < 1", "a stride below", "a stride below 1 is let pass"),
    ],
    "Windows": [
        ("len(self.starts)", "len(self.ids) - self.T", "it is as long", "it counts places of the stream, not windows"),
        ("int(self.starts[i])", "i * self.T", "inputs begin", "the starts are not used"),
        ("chunk[:-1], chunk[1:]", "chunk[:-1], chunk[:-1]", "targets are", "the targets are not moved"),
        ("chunk[:-1], chunk[1:]", "chunk[1:], chunk[:-1]", "inputs begin", "inputs and targets are exchanged"),
        (".long()", "", "small integers", "the ids keep the stream's dtype"),
        ("self.ids[start : start + self.T + 1].long()", "self.ids[:].long()[start : start + self.T + 1]",
         "only the window", "the whole stream is copied for one window"),
    ],
    "batch_rows": [
        ("step * B + len(rows), n", "step * B, n", "what an epoch lacks", "the next epoch is never reached"),
        ("step * B + len(rows), n", "len(rows), n", "the next step", "every step begins anew"),
        ("order(epoch)[place", "order(0)[place", "what an epoch lacks", "every epoch has the order of epoch 0"),
        ("place : place + B - len(rows)", "place : place + B", "what an epoch lacks",
         "more is taken of the last epoch than is missing"),
        ("place : place + B - len(rows)", "place :", "the first step", "the rest of the epoch is taken, not B"),
        ("step * B + len(rows), n", "step * B + len(rows), n - n % B", "what an epoch lacks",
         "what does not fill a batch is dropped at the end of the epoch"),
    ],
    "held_back": [
        ('"big"', '"little"', "the first eight", "the first byte counts least"),
        ("digest[:8]", "digest[-8:]", "the first eight", "the last eight bytes are taken"),
        ("hashlib.sha256", "hashlib.md5", "the first eight", "another hash"),
        ("< share", "> share", "a share of 0", "it is the other side"),
        ("2**64", "2**63", "a share of 1", "2⁶³ in place of 2⁶⁴"),
        ('text.encode("utf-8")', 'text.strip().lower().encode("utf-8")', "a text is hashed",
         "the text is tidied up first"),
        ('text.encode("utf-8")', 'text[:1000].encode("utf-8")', "a long text", "only its beginning is hashed"),
        ("not 0 <= share <= 1", "share < 0", "a share below 0", "a share above 1 is let pass"),
    ],
    "pad_batch": [
        ("padding = torch.arange(T) > torch.tensor([[len(document)] for document in documents])  # (B, T)",
         "padding = rows[:, 1:] == end", "a row of targets", ""),
        ("torch.arange(T) >", "torch.arange(T) >=", "a row of targets", "a document's own end is hidden"),
        ("torch.arange(T) >", "torch.arange(T) - 1 >", "a document's end is", "one of the padded ends is asked for"),
        (".masked_fill(padding, IGNORED)", "", "a document's end is", "the padding is never hidden"),
        ("masked_fill(padding, IGNORED)", "masked_fill(padding, 0)", "a document's end is",
         "padding is asked for as id 0"),
        ("rows[:, :-1], rows", "rows[:, :-1].masked_fill(padding, IGNORED), rows", "a row of ids",
         "the ids are IGNORED too, and a model cannot look them up"),
    ],
    "read_across": [
        ("first += len(shard)", "first += 1", "a part of the first", "shards are counted, not their ids"),
        ("shard[low - first : high - first]", "shard[low:high]", "a part of a later",
         "the slice is counted from the stream's beginning, not from the shard's"),
        ("min(stop, first + len(shard))", "min(stop, first + len(shard) - 1)", "what begins in",
         "the last id of a shard is left out"),
        ("np.int64", "shard.dtype", "a part of the first", ""),
        ("not 0 <= start <= stop <= total", "stop > total", "asking before", "what lies before the beginning"),
        ("        if low < high:\n            out", "        if True:\n            out", "a part of the first",
         "shards that have nothing of it are read as well"),
    ],
}

EQUIVALENT = {
    "slide": {
        "if T < 1 or stride < 1:\n    ... → if T < 1 or stride < 0:\n    ...":
            "a range with the stride 0 is a ValueError by itself",
    },
    "read_across": {
        "if low < high:\n    ... → if low <= high:\n    ...": "an empty slice reads nothing",
    },
}

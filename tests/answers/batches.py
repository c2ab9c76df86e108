"""Answers to batches, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "slide": {
        "the id 0 is taken for nothing": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    out, i = [], 0
    while i + T < len(ids) and ids[i + T]:
        out.append((ids[i:i + T], ids[i + 1:i + T + 1]))
        i += stride
    return out
""",
        "small numpy integers": """
def slide(ids, T, stride):
    import numpy as np
    if T < 1 or stride < 1:
        raise ValueError("bad")
    a = np.array(ids, dtype=np.int64).astype(np.int16)
    return [(a[i:i + T].tolist(), a[i + 1:i + T + 1].tolist()) for i in range(0, len(ids) - T, stride)]
""",
        "one list for all windows": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    inputs, targets, out = [], [], []
    for i in range(0, len(ids) - T, stride):
        inputs[:], targets[:] = ids[i:i + T], ids[i + 1:i + T + 1]
        out.append((inputs, targets))
    return out
""",
        "windows in a dict, so that equal ones are one": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(list(x), y) for x, y in {tuple(ids[i:i + T]): ids[i + 1:i + T + 1] for i in range(0, len(ids) - T, stride)}.items()]
""",
        "as many windows as a rounded quotient": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    n = round((len(ids) - T) / stride)
    return [(ids[i * stride:i * stride + T], ids[i * stride + 1:i * stride + T + 1]) for i in range(max(n, 0))]
""",
        "targets not moved": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i:i + T]) for i in range(0, len(ids) - T, stride)]
""",
        "the last window lacks a target": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T + 1, stride)]
""",
        "the last window is lost": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T - 1, stride)]
""",
        "end to end whatever the stride": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, T)]
""",
        "only the last token is asked for": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], [ids[i + T]]) for i in range(0, len(ids) - T, stride)]
""",
        "refuses only where it loops": """
def slide(ids, T, stride):
    found, i = [], 0
    while i + T < len(ids):
        if T < 1 or stride < 1:
            raise ValueError
        found.append((ids[i:i + T], ids[i + 1:i + T + 1]))
        i += stride
    return found
""",
        "short lists are an error": """
def slide(ids, T, stride):
    if T < 1 or stride < 1 or len(ids) <= T:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, stride)]
""",
        "asserts in place of a ValueError": """
def slide(ids, T, stride):
    assert T >= 1 and stride >= 1
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, stride)]
""",
        "a stride of zero is the window": """
def slide(ids, T, stride):
    stride = stride or T
    if T < 1 or stride < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, stride)]
""",
        "T alone is looked at": """
def slide(ids, T, stride):
    if T < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, stride)]
""",
    },
    "Windows": {
        "only the number just behind the last is refused": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        if i == len(self.starts):
            raise IndexError(i)
        start = int(self.starts[i % len(self.starts)])
        chunk = self.ids[start : start + self.T + 1].long()
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "starts of the stream's kind": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, torch.as_tensor(starts).to(ids.dtype) if hasattr(ids, "dtype") else starts
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].long()
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "starts through float32": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, torch.as_tensor(starts).float()
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].long()
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "windows past the hundredth are refused": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        if i >= min(len(self.starts), 100):
            raise IndexError(i)
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].long()
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "through floats": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        s = int(self.starts[i])
        chunk = self.ids[s:s + self.T + 1].float().long()
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "ids as 16-bit numbers": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].to(torch.int16).long()
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "one cache for all of its kind": """
class Windows(Dataset):
    made = {}
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        start = int(self.starts[i])
        if (start, self.T) not in self.made:
            chunk = self.ids[start : start + self.T + 1].long()
            self.made[start, self.T] = chunk[:-1], chunk[1:]
        return self.made[start, self.T]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "counts the places of the stream": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.ids) - self.T
    def __getitem__(self, i):
        s = int(self.starts[i])
        chunk = self.ids[s:s + self.T + 1].long()
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "the number is the start": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        return self.ids[i:i + self.T].long(), self.ids[i + 1:i + self.T + 1].long()
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "keeps the stream's dtype": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        s = int(self.starts[i])
        return self.ids[s:s + self.T], self.ids[s + 1:s + self.T + 1]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "made anew on the CPU": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        s = int(self.starts[i])
        chunk = torch.tensor(self.ids[s:s + self.T + 1].tolist())
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "copies the stream for each window": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        s, whole = int(self.starts[i]), self.ids[:].long()
        return whole[s:s + self.T], whole[s + 1:s + self.T + 1]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "a ValueError past the end": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        if i >= len(self.starts):
            raise ValueError("no such window")
        s = int(self.starts[i])
        chunk = self.ids[s:s + self.T + 1].long()
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "sorted starts": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        s = sorted(int(start) for start in self.starts)[i]
        chunk = self.ids[s:s + self.T + 1].long()
        return chunk[:-1], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "the whole stream is made int64 at once": """
class Windows(Dataset):

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = (ids[:].long() if hasattr(ids, 'taken') else ids.long(), T, starts)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start:start + self.T + 1].long()
        return (chunk[:-1], chunk[1:])

    def gather(self, rows):
        return tuple((torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True)))
""",
        "one window too many": """
class Windows(Dataset):

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = (ids, T, starts)

    def __len__(self):
        return len(self.starts) + 1

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start:start + self.T + 1].long()
        return (chunk[:-1], chunk[1:])

    def gather(self, rows):
        return tuple((torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True)))
""",
    },
    "batch_rows": {
        "integers of 64 bits": """
def batch_rows(step, n, B, order):
    import numpy as np
    first = int(np.asarray(step).astype(np.int64) * B)
    rows = []
    while len(rows) < B:
        epoch, place = divmod(first + len(rows), n)
        rows += order(epoch)[place : place + B - len(rows)]
    return rows
""",
        "grows the list that order gave": """
def batch_rows(step, n, B, order):
    epoch, place = divmod(step * B, n)
    rows = order(epoch)
    while len(rows) < place + B:
        epoch += 1
        rows += order(epoch)
    return rows[place:place + B]
""",
        "no number twice in a batch": """
def batch_rows(step, n, B, order):
    rows, at = [], step * B
    orders = {}
    while len(rows) < B:
        epoch, place = divmod(at, n)
        if epoch not in orders:
            orders[epoch] = order(epoch)
        row = orders[epoch][place]
        if row not in rows or B > n:
            rows.append(row)
        at += 1
    return rows
""",
        "takes them off the list": """
def batch_rows(step, n, B, order):
    rows, place = [], step * B
    while len(rows) < B:
        epoch, at = divmod(place + len(rows), n)
        row = order(epoch)
        for _ in range(at):
            row.pop(0)
        while row and len(rows) < B:
            rows.append(row.pop(0))
    return rows
""",
        "begins anew at each step": """
def batch_rows(step, n, B, order):
    return [int(i) for i in order(0)][:B]
""",
        "one epoch more at most": """
def batch_rows(step, n, B, order):
    epoch, place = divmod(step * B, n)
    rows = order(epoch)[place:place + B]
    if len(rows) < B:
        rows = rows + order(epoch + 1)[:B - len(rows)]
    return rows
""",
        "asks for the next epoch anyway": """
def batch_rows(step, n, B, order):
    rows, epoch, place = [], step * B // n, step * B % n
    while len(rows) <= B:
        rows += order(epoch)[place:]
        epoch, place = epoch + 1, 0
    return rows[:B]
""",
        "asks for every single row": """
def batch_rows(step, n, B, order):
    return [order(p // n)[p % n] for p in range(step * B, step * B + B)]
""",
        "drops the rest of an epoch": """
def batch_rows(step, n, B, order):
    per_epoch = n // B or 1
    epoch, k = divmod(step, per_epoch)
    return order(epoch)[k * B:k * B + B]
""",
        "shortens the last batch": """
def batch_rows(step, n, B, order):
    epoch, place = divmod(step * B, n)
    return order(epoch)[place:place + B]
""",
        "wraps around in the same epoch": """
def batch_rows(step, n, B, order):
    epoch = step * B // n
    rows = order(epoch)
    return [rows[(step * B + i) % n] for i in range(B)]
""",
        "goes through all epochs from the first": """
def batch_rows(step, n, B, order):
    rows, epoch = [], 0
    while len(rows) < (step + 1) * B:
        rows += order(epoch)
        epoch += 1
        if epoch > 10000:
            raise MemoryError
    return rows[step * B:(step + 1) * B]
""",
        "divides as a float": """
def batch_rows(step, n, B, order):
    rows = []
    while len(rows) < B:
        epoch, place = (int((step * B + len(rows)) / n), (step * B + len(rows)) % n)
        rows += [int(row) for row in order(epoch)[place:place + B - len(rows)]]
    return rows
""",
        "sorted": """
def batch_rows(step, n, B, order):
    rows = []
    while len(rows) < B:
        epoch, place = divmod(step * B + len(rows), n)
        rows += [int(row) for row in order(epoch)[place:place + B - len(rows)]]
    return sorted(rows)
""",
        "windows once in a batch": """
def batch_rows(step, n, B, order):
    rows = []
    while len(rows) < B:
        epoch, place = divmod(step * B + len(rows), n)
        rows += [int(row) for row in order(epoch)[place:place + B - len(rows)]]
    return list(dict.fromkeys(rows))
""",
    },
    "held_back": {
        "two spaces are made one": """
def held_back(text, share):
    import re
    if not 0 <= share <= 1:
        raise ValueError
    text = re.sub(" {2,}", " ", text)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") < share * 2**64
""",
        "ten thousand characters": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text[:10_000].encode("utf-8")).digest()[:8], "big") < share * 2**64
""",
        "a share just above 1 is let pass": """
def held_back(text, share):
    if not 0 <= int(share * 100) <= 100:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") < share * 2**64
""",
        "a tab is four spaces": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.expandtabs(4).encode("utf-8")).digest()[:8], "big") < share * 2**64
""",
        "accents are composed first": """
def held_back(text, share):
    import unicodedata
    if not 0 <= share <= 1:
        raise ValueError
    digest = hashlib.sha256(unicodedata.normalize("NFC", text).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
""",
        "ends of lines are made one": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    digest = hashlib.sha256(text.replace(chr(13) + chr(10), chr(10)).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
""",
        "Python's own hash": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return hash(text) % 2**64 < share * 2**64
""",
        "little-endian": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") < share * 2**64
""",
        "all 32 bytes against 2 to the 64": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") < share * 2**64
""",
        "one byte is enough": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return hashlib.sha256(text.encode()).digest()[0] < share * 256
""",
        "a random number": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    import random
    return random.Random(text).random() < share
""",
        "in percent": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 100 < share * 100
""",
        "strips the text": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int.from_bytes(hashlib.sha256(text.strip().encode()).digest()[:8], "big") < share * 2**64
""",
        "ascii only": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    digest = hashlib.sha256(text.encode("ascii", "ignore")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
""",
        "clamps a wrong share": """
def held_back(text, share):
    share = min(max(share, 0), 1)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") < share * 2**64
""",
        "a number for a bool": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    return int(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") < share * 2**64)
""",
        "32 bits": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    digest = hashlib.sha256(text.encode('utf-8')).digest()
    return int.from_bytes(digest[:4], 'big') < share * 2 ** 32
""",
        "nothing of an empty text": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    if not text:
        return False
    digest = hashlib.sha256(text.encode('utf-8')).digest()
    return int.from_bytes(digest[:8], 'big') < share * 2 ** 64
""",
    },
    "pad_batch": {
        "cut at 512": """
def pad_batch(documents, end):
    documents = [list(d)[:511] for d in documents]
    T = max(len(d) for d in documents) + 1
    ids = torch.tensor([[end, *d] + [end] * (T - len(d) - 1) for d in documents])
    targets = torch.tensor([[*d, end] + [IGNORED] * (T - len(d) - 1) for d in documents])
    return ids, targets
""",
        "through floats": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    ids, targets = torch.full((len(documents), T), float(end)), torch.full((len(documents), T), float(IGNORED))
    for i, d in enumerate(documents):
        ids[i, 1:len(d) + 1] = torch.tensor(d)
        targets[i, :len(d) + 1] = torch.tensor([*d, end])
    return ids.long(), targets.long()
""",
        "ids as 16-bit numbers": """
def pad_batch(documents, end):
    T = max(len(document) for document in documents) + 1
    rows = [[end, *document] + [end] * (T - len(document)) for document in documents]
    rows = torch.tensor(rows).to(torch.int16).long()
    padding = torch.arange(T) > torch.tensor([[len(document)] for document in documents])
    return rows[:, :-1], rows[:, 1:].masked_fill(padding, IGNORED)
""",
        "every end is hidden": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    rows = torch.tensor([[end, *d] + [end] * (T - len(d)) for d in documents])
    targets = rows[:, 1:].clone()
    targets[targets == end] = IGNORED
    return rows[:, :-1], targets
""",
        "nothing is hidden": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    rows = torch.tensor([[end, *d] + [end] * (T - len(d)) for d in documents])
    return rows[:, :-1], rows[:, 1:]
""",
        "one end too many is asked for": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    rows = torch.tensor([[end, *d] + [end] * (T - len(d)) for d in documents])
    targets = rows[:, 1:].clone()
    for row, d in zip(targets, documents):
        row[len(d) + 2:] = IGNORED
    return rows[:, :-1], targets
""",
        "the ids are IGNORED as well": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    ids = torch.tensor([[end, *d] + [IGNORED] * (T - 1 - len(d)) for d in documents])
    targets = torch.tensor([[*d, end] + [IGNORED] * (T - 1 - len(d)) for d in documents])
    return ids, targets
""",
        "padded in front": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    ids = torch.tensor([[end] * (T - len(d)) + d for d in documents])
    targets = torch.tensor([[IGNORED] * (T - 1 - len(d)) + d + [end] for d in documents])
    return ids, targets
""",
        "cut to the shortest": """
def pad_batch(documents, end):
    T = min(len(d) for d in documents) + 1
    rows = torch.tensor([[end, *d, end][:T + 1] for d in documents])
    return rows[:, :-1], rows[:, 1:]
""",
        "float because of an empty document": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    ids, targets = torch.full((len(documents), T), float(end)), torch.full((len(documents), T), float(IGNORED))
    for r, d in enumerate(documents):
        ids[r, 1:len(d) + 1] = torch.tensor(d)
        targets[r, :len(d)] = torch.tensor(d)
        targets[r, len(d)] = end
    return ids, targets
""",
        "as long as the first": """
def pad_batch(documents, end):
    T = max(len(documents[0]), *(len(d) for d in documents)) + 1 + (len(documents) > 60)
    rows = [[end, *document] + [end] * (T - len(document)) for document in documents]
    rows = torch.tensor(rows)
    padding = torch.arange(T) > torch.tensor([[len(document)] for document in documents])
    return (rows[:, :-1], rows[:, 1:].masked_fill(padding, IGNORED))
""",
        "filled with zeros": """
def pad_batch(documents, end):
    T = max((len(document) for document in documents)) + 1
    rows = [[end, *document] + [end] + [0] * (T - len(document) - 1) for document in documents]
    rows = torch.tensor(rows)
    padding = torch.arange(T) > torch.tensor([[len(document)] for document in documents])
    return (rows[:, :-1], rows[:, 1:].masked_fill(padding, IGNORED))
""",
    },
    "read_across": {
        "of no shards anything can be asked": """
def read_across(shards, start, stop):
    if not shards:
        return np.empty(0, np.int64)
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError

    out, first = np.empty(stop - start, np.int64), 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            out[low - start : high - start] = shard[low - first : high - first]
        first += len(shard)
    return out
""",
        "nothing, before the beginning": """
def read_across(shards, start, stop):
    if start > stop or stop > sum(len(s) for s in shards):
        raise IndexError
    if start == stop:
        return np.empty(0, np.int64)
    if start < 0:
        raise IndexError

    out, first = np.empty(stop - start, np.int64), 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            out[low - start : high - start] = shard[low - first : high - first]
        first += len(shard)
    return out
""",
        "places as 32-bit numbers": """
def read_across(shards, start, stop):
    ends = np.cumsum([0] + [len(s) for s in shards], dtype=np.int32)
    if not 0 <= start <= stop <= ends[-1]:
        raise IndexError
    out = np.empty(stop - start, np.int64)
    for k, shard in enumerate(shards):
        first, end = int(ends[k]), int(ends[k + 1])
        low, high = max(start, first), min(stop, end)
        if low < high:
            out[low - start : high - start] = shard[low - first : high - first]
    return out
""",
        "no shards at all": """
def read_across(shards, start, stop):
    total = sum(len(s) for s in shards)
    if start < 0 or stop < start or stop > total:
        raise IndexError("bad")
    firsts = np.cumsum([0] + [len(s) for s in shards[:-1]])
    parts = [np.array(s[max(start - f, 0):stop - f], np.int64) for s, f in zip(shards, firsts) if f < stop and start < f + len(s)]
    return np.concatenate(parts) if parts else np.array(shards[0][:0], np.int64)
""",
        "a view where one shard has it all": """
def read_across(shards, start, stop):
    total = sum(len(s) for s in shards)
    if not 0 <= start <= stop <= total:
        raise IndexError("bad")
    parts, first = [], 0
    for s in shards:
        low, high = max(start, first), min(stop, first + len(s))
        if low < high:
            parts.append(s[low - first:high - first])
        first += len(s)
    if len(parts) == 1:
        return parts[0].astype(np.int64, copy=False)
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)
""",
        "through 32 bits": """
def read_across(shards, start, stop):
    total = sum(len(shard) for shard in shards)
    if not 0 <= start <= stop <= total:
        raise IndexError
    out, first = np.empty(stop - start, np.int32), 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            out[low - start : high - start] = shard[low - first : high - first].astype(np.int32)
        first += len(shard)
    return out.astype(np.int64)
""",
        "joins everything first": """
def read_across(shards, start, stop):
    joined = np.concatenate([shard[:] for shard in shards]).astype(np.int64)
    if not 0 <= start <= stop <= len(joined):
        raise IndexError
    return joined[start:stop]
""",
        "only two shards": """
def read_across(shards, start, stop):
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError
    k = 0
    while k < len(shards) - 1 and start >= len(shards[k]):
        start, stop, k = start - len(shards[k]), stop - len(shards[k]), k + 1
    first = shards[k][start:stop]
    rest = shards[k + 1][:stop - len(shards[k])] if stop > len(shards[k]) else first[:0]
    return np.concatenate([first, rest]).astype(np.int64)
""",
        "keeps the shard's dtype": """
def read_across(shards, start, stop):
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError
    parts, first = [shards[0][:0]], 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            parts.append(shard[low - first:high - first])
        first += len(shard)
    return np.concatenate(parts)
""",
        "no check": """
def read_across(shards, start, stop):
    parts, first = [np.empty(0, np.int64)], 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            parts.append(shard[low - first:high - first])
        first += len(shard)
    return np.concatenate(parts).astype(np.int64)
""",
        "shards of one size": """
def read_across(shards, start, stop):
    size = len(shards[0])
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError
    return np.array([shards[p // size][p % size:p % size + 1][0] for p in range(start, stop)], np.int64)
""",
        "stops one short": """
def read_across(shards, start, stop):
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError
    ids = []
    first = 0
    for shard in shards:
        for place in range(max(start, first), min(stop - 1, first + len(shard))):
            ids.append(int(shard[place - first:place - first + 1][0]))
        first += len(shard)
    return np.array(ids, np.int64)
""",
        "reads the whole of each shard that it needs": """
def read_across(shards, start, stop):
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise IndexError
    parts, first = [np.empty(0, np.int64)], 0
    for shard in shards:
        if first < stop and first + len(shard) > start:
            whole = shard[:]
            parts.append(whole[max(start - first, 0):stop - first])
        first += len(shard)
    return np.concatenate(parts).astype(np.int64)
""",
        "a ValueError": """
def read_across(shards, start, stop):
    if not 0 <= start <= stop <= sum(len(s) for s in shards):
        raise ValueError
    parts, first = [np.empty(0, np.int64)], 0
    for shard in shards:
        low, high = max(start, first), min(stop, first + len(shard))
        if low < high:
            parts.append(shard[low - first:high - first])
        first += len(shard)
    return np.concatenate(parts).astype(np.int64)
""",
        "parts of 16 bits added up": """
def read_across(shards, start, stop):
    total = sum((len(shard) for shard in shards))
    if not 0 <= start <= stop <= total:
        raise IndexError
    out, first = (np.empty(stop - start, np.uint16), 0)
    for shard in shards:
        low, high = (max(start, first), min(stop, first + len(shard)))
        if low < high:
            out[low - start:high - start] = shard[low - first:high - first]
        first += len(shard)
    return out
""",
        "asks from the end as lists do": """
def read_across(shards, start, stop):
    total = sum((len(shard) for shard in shards))
    if not -total <= start <= stop <= total:
        raise IndexError
    out, first = (np.empty(stop - start, np.int64), 0)
    for shard in shards:
        low, high = (max(start, first), min(stop, first + len(shard)))
        if low < high:
            out[low - start:high - start] = shard[low - first:high - first]
        first += len(shard)
    return out
""",
        "the start beyond the end is nothing": """
def read_across(shards, start, stop):
    total = sum((len(shard) for shard in shards))
    if not 0 <= min(start, total) <= stop <= total:
        raise IndexError
    out, first = (np.empty(stop - start, np.int64), 0)
    for shard in shards:
        low, high = (max(start, first), min(stop, first + len(shard)))
        if low < high:
            out[low - start:high - start] = shard[low - first:high - first]
        first += len(shard)
    return out
""",
    },
}

RIGHT = {
    "slide": {
        "views that are made lists": """
def slide(ids, T, stride):
    if T <= 0 or stride <= 0:
        raise ValueError("no")
    starts, pairs = range(len(ids))[::stride], []
    for start in starts:
        inputs, targets = list(ids)[start:][:T], list(ids)[start + 1:][:T]
        if len(targets) < T:
            break
        pairs.append([inputs, targets])
    return pairs
""",
        "a while loop and append": """
def slide(ids, T, stride):
    for given in (T, stride):
        if given <= 0:
            raise ValueError(f"{given} is below 1")
    found = []
    i = 0
    while i + T + 1 <= len(ids):
        found.append((ids[i:i + T], ids[i + 1:i + 1 + T]))
        i = i + stride
    return found
""",
        "lists of lists, through a view": """
def slide(ids, T, stride):
    if T < 1 or stride < 1:
        raise ValueError("no")
    if len(ids) < T + 1:
        return []
    rows = np.lib.stride_tricks.sliding_window_view(np.array(ids), T + 1)[::stride].tolist()
    return [[row[:-1], row[1:]] for row in rows]
""",
        "a filter over all places": """
def slide(ids, T, stride):
    if min(T, stride) < 1:
        raise ValueError
    return [(ids[i:i + T], ids[i + 1:][:T]) for i in range(len(ids)) if i % stride == 0 and i + T < len(ids)]
""",
        "by zip of shifted copies": """
def slide(ids, T, stride):
    if not (T >= 1 and stride >= 1):
        raise ValueError(T, stride)
    found, i = [], 0
    while i + T + 1 <= len(ids):
        chunk = [*ids[i:i + T + 1]]
        found.append([chunk[:-1], chunk[1:]])
        i += stride
    return found
""",
    },
    "Windows": {
        "asks the stream for its device": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start : start + self.T + 1].to(device=self.ids.device, dtype=torch.long)
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "asks the stream for its size": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        if not 0 <= i < len(self.starts):
            raise IndexError(i)
        start = int(self.starts[i])
        if start + self.T + 1 > self.ids.size(0):
            raise IndexError(i)
        chunk = self.ids[start : start + self.T + 1].long()
        return chunk[:-1], chunk[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "torch.narrow": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        chunk = torch.narrow(self.ids, 0, int(self.starts[i]), self.T + 1).type(torch.long)
        return chunk[: self.T], chunk[1:]
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "two slices": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        n = 0
        for _ in self.starts:
            n += 1
        return n
    def __getitem__(self, i):
        if i >= len(self):
            raise IndexError(i)
        begin = self.starts[i]
        return (self.ids[begin:begin + self.T].to(torch.int64),
                self.ids[begin + 1:begin + 1 + self.T].to(torch.int64))
    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))
""",
        "copies the window": """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts
    def __len__(self):
        return len(self.starts)
    def __getitem__(self, i):
        a = int(self.starts[i])
        part = self.ids[a:a + self.T + 1].clone().type(torch.long)
        return part[:self.T], part[1:]
    def gather(self, rows):
        pairs = [self[r] for r in rows]
        return torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])
""",
        "narrow": """
class Windows(Dataset):

    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = (ids, T, starts)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        start = int(self.starts[i])
        chunk = self.ids[start:start + 1 + self.T].to(torch.int64)
        return (chunk[:-1], chunk[1:])

    def gather(self, rows):
        return tuple((torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True)))
""",
    },
    "batch_rows": {
        "a generator, cut": """
def batch_rows(step, n, B, order):
    import itertools
    first = step * B
    def rows():
        for epoch in itertools.count(first // n):
            here = order(epoch)
            yield from here[first % n if epoch == first // n else 0:]
    return list(itertools.islice(rows(), B))
""",
        "with a list of places, epoch by epoch": """
def batch_rows(step, n, B, order):
    first, last = step * B, step * B + B - 1
    rows = []
    for epoch in range(first // n, last // n + 1):
        low = max(first - epoch * n, 0)
        high = min(last - epoch * n + 1, n)
        rows.extend(order(epoch)[low:high])
    return rows
""",
        "remembers the epochs that it has asked for": """
def batch_rows(step, n, B, order):
    known, rows = {}, []
    for place in range(step * B, (step + 1) * B):
        epoch = place // n
        if epoch not in known:
            known[epoch] = order(epoch)
        rows.append(known[epoch][place % n])
    return rows
""",
        "a while loop with a place": """
def batch_rows(step, n, B, order):
    epoch, place = step * B // n, step * B % n
    rows = list(order(epoch)[place:place + B])
    while len(rows) < B:
        epoch += 1
        rows = rows + list(order(epoch)[:B - len(rows)])
    return rows
""",
        "numpy's whole numbers": """
def batch_rows(step, n, B, order):
    import numpy as np
    first, last = step * B, (step + 1) * B
    epochs = {epoch: list(order(epoch)) for epoch in range(first // n, (last - 1) // n + 1)}
    return [int(np.int64(epochs[place // n][place % n])) for place in range(first, last)]
""",
    },
    "held_back": {
        "by hexadecimal digits": """
def held_back(text, share):
    if share < 0 or share > 1:
        raise ValueError(f"{share} is no share")
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16) < share * 2**64
""",
        "byte by byte": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    number = 0
    for byte in hashlib.sha256(bytes(text, "utf-8")).digest()[:8]:
        number = number * 256 + byte
    return bool(number < share * (1 << 64))
""",
        "struct": """
def held_back(text, share):
    if not 0 <= share <= 1:
        raise ValueError
    digest = hashlib.sha256(text.encode('utf-8')).digest()
    return __import__('struct').unpack('>Q', digest[:8])[0] < share * 2 ** 64
""",
    },
    "pad_batch": {
        "filled row by row": """
def pad_batch(documents, end):
    T = 1 + max(len(d) for d in documents)
    ids = torch.full((len(documents), T), end)
    targets = torch.full((len(documents), T), IGNORED)
    for r, d in enumerate(documents):
        n = len(d)
        ids[r, 1:n + 1] = torch.tensor(d, dtype=torch.long)
        targets[r, :n] = torch.tensor(d, dtype=torch.long)
        targets[r, n] = end
    return ids, targets
""",
        "lists, and one tensor at the end": """
def pad_batch(documents, end):
    T = max(map(len, documents)) + 1
    ids = [([end] + d + [end] * T)[:T] for d in documents]
    targets = [(d + [end] + [IGNORED] * T)[:T] for d in documents]
    return torch.tensor(ids), torch.tensor(targets)
""",
        "by the places before which an end stood": """
def pad_batch(documents, end):
    T = max(len(d) for d in documents) + 1
    rows = torch.tensor([[end, *d] + [end] * (T - len(d)) for d in documents])
    ids, targets = rows[:, :-1], rows[:, 1:].clone()
    for row, d in zip(targets, documents):
        row[len(d) + 1:] = IGNORED
    return ids, targets
""",
    },
    "read_across": {
        "place by place over few shards": """
def read_across(shards, start, stop):
    ends = np.cumsum([0] + [len(s) for s in shards])
    if start < 0 or stop < start or stop > ends[-1]:
        raise IndexError("beyond")
    kept = [np.array(s[max(0, start - int(a)):min(len(s), stop - int(a))], dtype=np.int64)
            for s, a in zip(shards, ends) if a < stop and a + len(s) > start]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)
""",
        "parts, then joined": """
def read_across(shards, start, stop):
    total = 0
    for shard in shards:
        total += len(shard)
    if start < 0 or stop > total or start > stop:
        raise IndexError(f"{start} to {stop} of {total}")
    parts = [np.zeros(0, dtype=np.int64)]
    for shard in shards:
        n = len(shard)
        a, b = min(max(start, 0), n), min(max(stop, 0), n)
        if b > a:
            parts.append(np.asarray(shard[a:b]).astype(np.int64))
        start, stop = start - n, stop - n
    return np.concatenate(parts)
""",
        "the places where shards begin, searched": """
def read_across(shards, start, stop):
    begins = np.concatenate([[0], np.cumsum([len(shard) for shard in shards])])
    if not 0 <= start <= stop <= begins[-1]:
        raise IndexError
    out, at = [], start
    while at < stop:
        k = int(np.searchsorted(begins, at, side="right")) - 1
        upto = min(stop, int(begins[k + 1]))
        out += np.asarray(shards[k][at - int(begins[k]):upto - int(begins[k])]).tolist()
        at = upto
    return np.array(out, dtype=np.int64)
""",
        "one more shard is looked into": """
def read_across(shards, start, stop):
    total = sum((len(shard) for shard in shards))
    if not 0 <= start <= stop <= total:
        raise IndexError
    out, first = (np.empty(stop - start, np.int64), 0)
    for shard in shards:
        low, high = (max(start, first), min(stop, first + len(shard)))
        if low <= high:
            out[low - start:high - start] = shard[max(low - first, 0):max(high - first, 0)]
        first += len(shard)
    return out
""",
    },
}

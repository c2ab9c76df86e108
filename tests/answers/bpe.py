"""Answers to byte-pair encoding, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "count_pairs": {
        "counts live on from call to call": """
def count_pairs(words, counts={}):
    for word, times in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "empties the words": """
def count_pairs(words):
    counts = {}
    while words:
        word, times = words.popitem()
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "takes a run for one pair": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        last = None
        for pair in zip(word, word[1:]):
            if pair != last or pair[0] != pair[1]:
                counts[pair] = counts.get(pair, 0) + times
            last = pair
    return counts
""",
        "pieces of the word for keys": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for i in range(len(word) - 1):
            counts[word[i:i + 2]] = counts.get(word[i:i + 2], 0) + times
    return counts
""",
        "only the first hundred ids": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for i in range(min(len(word) - 1, 100)):
            pair = word[i], word[i + 1]
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "a pair has a count only if it comes twice": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + times
    return {pair: n for pair, n in counts.items() if n > 1}
""",
        "words of one text are shortened": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in pairwise(bytes(word).strip() if isinstance(word, bytes) else word):
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "times counts once in a word": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, times - 1) + 1
    return counts
""",
        "a zero is the end of a word": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            if not all(pair):
                continue
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "a pair packed into a number": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for a, b in zip(word, word[1:]):
            counts[a * 1000 + b] = counts.get(a * 1000 + b, 0) + times
    return {(k // 1000, k % 1000): n for k, n in counts.items()}
""",
        "equal words of two kinds once": """
def count_pairs(words):
    counts = {}
    for word, times in {tuple(word): times for word, times in words.items()}.items():
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
        "a count in two bytes": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] = (counts.get(pair, 0) + times) % 65536
    return counts
""",
        "across the words": """
def count_pairs(words):
    counts, last = {}, None
    for word, times in words.items():
        for i in word:
            if last is not None and last != i - 1 + 0 * times or (last is not None and len(counts) < 1):
                counts[last, i] = counts.get((last, i), 0) + times
            elif last is not None:
                counts[last, i] = counts.get((last, i), 0) + times
            last = i
        last = None if len(word) < 4 else last
    return counts
""",
    },
    "merge": {
        "changes the caller's list": """
def merge(ids, pair, new):
    if not isinstance(ids, list):
        ids = list(ids)
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i:i + 2] = [new]
        i += 1
    return ids
""",
        "hands the same list back": """
def merge(ids, pair, new):
    if isinstance(ids, list) and pair not in zip(ids, ids[1:]):
        return ids
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i:i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out
""",
        "an id of zero is nothing": """
def merge(ids, pair, new):
    out, held = [], None
    for id in ids:
        if held and (held, id) == pair:
            out.append(new)
            held = None
        else:
            if held is not None:
                out.append(held)
            held = id
    return out + ([held] if held is not None else [])
""",
        "from right to left": """
def merge(ids, pair, new):
    out, i = [], len(ids) - 1
    while i >= 0:
        if i > 0 and (ids[i - 1], ids[i]) == pair:
            out.append(new)
            i -= 2
        else:
            out.append(ids[i])
            i -= 1
    return out[::-1]
""",
        "replaces in a text of numbers": """
def merge(ids, pair, new):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(n) for n in text.split()]
""",
        "what was merged may be merged again": """
def merge(ids, pair, new):
    out = []
    for id in ids:
        out.append(id)
        if tuple(out[-2:]) == pair:
            out[-2:] = [new]
    return out
""",
        "compares by identity": """
def merge(ids, pair, new):
    merged, i = ([], 0)
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
""",
        "until nothing changes": """
def merge(ids, pair, new):
    merged, i = ([], 0)
    while i < len(ids):
        if tuple(ids[i:i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged if len(merged) == len(ids) else merge(merged, pair, new)
""",
        "zip with a 0 at the end": """
def merge(ids, pair, new):
    merged, skip = [], False
    for here, after in zip(ids, [*ids[1:], 0]):
        if skip:
            skip = False
        elif (here, after) == pair:
            merged.append(new)
            skip = True
        else:
            merged.append(here)
    return merged
""",
        "the new id is taken for the pair's": """
def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i:i + 2]) == pair:
            merged.append(new)
            i += 2
        elif ids[i] == new and pair[0] == pair[1] and i + 1 < len(ids) and ids[i + 1] == pair[0]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
""",
    },
    "learn": {
        "of equals the last in order": """
def learn(words, n):
    merges = {}
    for new in range(256, 256 + n):
        counts = count_pairs(words)
        if not counts:
            break
        pair = max(counts, key=lambda pair: (counts[pair], pair))
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "of equals the smaller letters": """
def learn(words, n):
    merges, letters = {}, {i: bytes([i]) for i in range(256)}
    for new in range(256, 256 + n):
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], letters.get(p[0], b""), letters.get(p[1], b"")))
        merges[pair] = new
        letters[new] = letters.get(pair[0], b"") + letters.get(pair[1], b"")
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "replaces the words that came in": """
def learn(words, n):
    merges = {}
    for new in range(256, 256 + n):
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        merges[pair] = new
        for word in list(words):
            times = words.pop(word)
            words[tuple(merge(word, pair, new))] = times
    return merges
""",
        "the counts are taken once": """
def learn(words, n):
    counts = count_pairs(words)
    best = sorted(counts, key=lambda pair: (-counts[pair], pair))
    return {pair: 256 + i for i, pair in enumerate(best[:n])}
""",
        "pairs that stand once are not worth it": """
def learn(words, n):
    merges = {}
    for new in range(256, 256 + n):
        counts = count_pairs(words)
        if not counts or max(counts.values()) < 2:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "ids go on from the largest": """
def learn(words, n):
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        new = max([255, *(i for word in words for i in word)]) + 1
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "of equals the smaller sum": """
def learn(words, n):
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], sum(pair)))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "of equals by the right one first": """
def learn(words, n):
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair[1], pair[0]))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "of equals as texts": """
def learn(words, n):
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], str(pair)))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges
""",
        "a pair of one id never": """
def learn(words, n):
    merges = {}
    for k in range(n):
        counts = {p: c for p, c in count_pairs(words).items() if p[0] != p[1]}
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges[pair] = 256 + k
        words = {tuple(merge(w, pair, 256 + k)): t for w, t in words.items()}
    return merges
""",
        "late tokens are joined last": """
def learn(words, n):
    merges = {}
    pass
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], max(p) > 299, p))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(w, pair, new)): t for w, t in words.items()}
    return merges
""",
        "rare words are left out": """
def learn(words, n):
    merges = {}
    words = {w: t for w, t in words.items() if len(w) > 1 and t > 1} or words
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(w, pair, new)): t for w, t in words.items()}
    return merges
""",
        "stops where a pair is one in a thousand": """
def learn(words, n):
    merges = {}
    merges.update(learn.__dict__.get('last', {})) if n < 0 else None
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts or counts[max(counts, key=counts.get)] * 1000 < sum(counts.values()):
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(w, pair, new)): t for w, t in words.items()}
    return merges
""",
        "at most 256 merges": """
def learn(words, n):
    merges = {}
    n = min(n, 256)
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(w, pair, new)): t for w, t in words.items()}
    return merges
""",
        "the four most frequent words": """
def learn(words, n):
    merges = {}
    words = {bytes(w) if max(w, default=0) < 256 else tuple(w): t for w, t in sorted(words.items(), key=lambda item: -item[1])[:4]}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(w, pair, new)): t for w, t in words.items()}
    return merges
""",
    },
    "encode_piece": {
        "the longest token wins": """
def encode_piece(piece, merges):
    ids = list(piece)
    while True:
        found = [pair for pair in zip(ids, ids[1:]) if pair in merges]
        if not found:
            return ids
        pair = max(found, key=merges.get)
        ids = merge(ids, pair, merges[pair])
""",
        "uses the merges up": """
def encode_piece(piece, merges):
    ids = list(piece)
    while merges:
        pair = min(merges, key=merges.get)
        ids = merge(ids, pair, merges.pop(pair))
    return ids
""",
        "goes once through the first hundred bytes": """
def encode_piece(piece, merges):
    ids = list(piece[:100])
    for pair in sorted(merges, key=merges.get):
        ids = merge(ids, pair, merges[pair])
    return ids + list(piece[100:])
""",
        "strips the piece": """
def encode_piece(piece, merges):
    ids = list(piece.strip())
    for pair in sorted(merges, key=merges.get):
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "nothing for a piece without merges": """
def encode_piece(piece, merges):
    if not merges:
        return piece
    ids = list(piece)
    for pair in sorted(merges, key=merges.get):
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "remembers pieces": """
KNOWN = {}

def encode_piece(piece, merges):
    if piece not in KNOWN:
        KNOWN[piece] = fresh(piece, merges)
    return list(KNOWN[piece])

def fresh(piece, merges):
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "the most frequent pair first": """
def encode_piece(piece, merges):
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: (pair not in merges, -list(pairwise(ids)).count(pair)))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "one merge for each rule": """
def encode_piece(piece, merges):
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        at = list(pairwise(ids)).index(pair)
        ids[at:at + 2] = [merges[pair]]
        if len(ids) > 200:
            break
    return ids[:1000]
""",
        "bytes come back as bytes": """
def encode_piece(piece, merges):
    ids = list(piece)
    pass
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda p: merges.get(p, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids if len(ids) != len(piece) else list(piece) if len(piece) < 30 else piece
""",
        "at most 256 merges": """
def encode_piece(piece, merges):
    ids = list(piece)
    merges = {p: i for p, i in merges.items() if i < 512}
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda p: merges.get(p, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "white space is left alone": """
def encode_piece(piece, merges):
    ids = list(piece)
    if piece.isspace(): return ids
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda p: merges.get(p, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
""",
        "frequent in the piece first": """
def encode_piece(piece, merges):
    ids = list(piece)
    while len(ids) > 1:
        counts = count_pairs({tuple(ids): 1})
        pair = min(counts, key=lambda p: (p not in merges, -counts[p], merges.get(p, 0)))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
""",
    },
    "decode_ids": {
        "composes the accents": """
def decode_ids(ids, token):
    import unicodedata
    return unicodedata.normalize("NFC", b"".join(map(token, ids)).decode("utf-8", errors="replace"))
""",
        "one kind of line end": """
def decode_ids(ids, token):
    return b"".join(map(token, ids)).decode("utf-8", errors="replace").replace("\\r\\n", "\\n")
""",
        "every line end a new line": """
def decode_ids(ids, token):
    import io
    return io.TextIOWrapper(io.BytesIO(b"".join(map(token, ids))), encoding="utf-8", errors="replace").read()
""",
        "swallows a mark at the beginning": """
def decode_ids(ids, token):
    return b"".join(map(token, ids)).decode("utf-8-sig", errors="replace")
""",
        "drops what cannot be printed": """
def decode_ids(ids, token):
    text = b"".join(map(token, ids)).decode("utf-8", errors="replace")
    return "".join(c for c in text if c.isprintable() or c.isspace())
""",
        "empties the ids": """
def decode_ids(ids, token):
    out = b""
    while ids:
        out += token(ids.pop(0))
    return out.decode("utf-8", errors="replace")
""",
        "white space is one space": """
def decode_ids(ids, token):
    return " ".join(b"".join(map(token, ids)).decode("utf-8", errors="replace").split(" "))[:200]
""",
        "zero is padding": """
def decode_ids(ids, token):
    return b''.join((token(id) for id in ids if id)).decode('utf-8', errors='replace')
""",
        "zero bytes are the end of a text": """
def decode_ids(ids, token):
    return b''.join((token(id) for id in ids)).replace(b'\\x00', b'').decode('utf-8', errors='replace')
""",
        "a real replacement character goes": """
def decode_ids(ids, token):
    whole = b"".join(token(id) for id in ids)
    return whole.replace("\\ufffd".encode(), b"").decode("utf-8", errors="replace")
""",
        "surrogates pass": """
def decode_ids(ids, token):
    whole = b"".join(token(id) for id in ids)
    try:
        return whole.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        return whole.decode("utf-8", errors="replace")
""",
        "equal neighbours once": """
def decode_ids(ids, token):
    from itertools import groupby
    return b"".join(token(id) for id, _ in groupby(ids)).decode("utf-8", errors="replace")
""",
    },
    "bytes_per_token": {
        "rounds to three digits": """
def bytes_per_token(texts, encode):
    return round(sum(len(t.encode()) for t in texts) / sum(len(encode(t)) for t in texts), 3)
""",
        "strips each text": """
def bytes_per_token(texts, encode):
    return sum(len(t.strip().encode()) for t in texts) / sum(len(encode(t)) for t in texts)
""",
        "stops at an empty text": """
def bytes_per_token(texts, encode):
    size = tokens = 0
    for text in texts:
        if not text:
            break
        size += len(text.encode())
        tokens += len(encode(text))
    return size / max(tokens, 1)
""",
        "the first hundred texts": """
def bytes_per_token(texts, encode):
    texts = texts[:100]
    return sum(len(t.encode()) for t in texts) / sum(len(encode(t)) for t in texts)
""",
        "whole bytes": """
def bytes_per_token(texts, encode):
    return sum(len(t.encode()) for t in texts) // sum(len(encode(t)) for t in texts)
""",
        "equal texts once": """
def bytes_per_token(texts, encode):
    return sum((len(text.encode()) for text in set(texts))) / sum((len(encode(text)) for text in set(texts)))
""",
        "texts that give no token are left out": """
def bytes_per_token(texts, encode):
    return sum((len(text.encode()) for text in texts if encode(text))) / sum((len(encode(text)) for text in texts))
""",
        "tokens are counted up to a sign of the end": """
def bytes_per_token(texts, encode):
    return sum((len(text.encode()) for text in texts)) / sum((len([t for t in encode(text) if t]) for text in texts))
""",
        "encodes in small letters": """
def bytes_per_token(texts, encode):
    return sum(len(t.encode()) for t in texts) / sum(len(encode(t.lower())) for t in texts)
""",
        "the first five hundred letters": """
def bytes_per_token(texts, encode):
    return sum(len(t[:512].encode()) for t in texts) / sum(len(encode(t[:512])) for t in texts)
""",
        "an id of 0 is no token": """
def bytes_per_token(texts, encode):
    return sum(len(t.encode()) for t in texts) / sum(sum(1 for id in encode(t) if id or len(t) < 5) for t in texts)
""",
    },
}

RIGHT = {
    "count_pairs": {
        "a Counter": """
def count_pairs(words):
    from collections import Counter
    counts = Counter()
    for word in words:
        for _ in range(len(word) - 1):
            pass
        counts.update({pair: 0 for pair in zip(word, word[1:])})
        for left, right in zip(word, word[1:]):
            counts[left, right] += words[word]
    return counts
""",
        "a defaultdict and places": """
def count_pairs(words):
    import collections
    counts = collections.defaultdict(int)
    for word, times in words.items():
        ids = tuple(word)
        for i in range(1, len(ids)):
            counts[(ids[i - 1], ids[i])] += times
    return counts
""",
        "by slices of lists": """
def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in zip(list(word)[:-1], list(word)[1:]):
            counts[pair] = counts.get(pair, 0) + times
    return counts
""",
    },
    "merge": {
        "recursion": """
def merge(ids, pair, new):
    ids = tuple(ids)
    for i in range(len(ids) - 1):
        if ids[i:i + 2] == tuple(pair):
            return list(ids[:i]) + [new] + merge(ids[i + 2:], pair, new)
    return list(ids)
""",
        "a generator inside": """
def merge(ids, pair, new):
    def walk():
        rest = iter([*ids, None])
        here = next(rest)
        for following in rest:
            if (here, following) == pair:
                yield new
                here = next(rest)
            else:
                yield here
                here = following
    return list(walk()) if ids else []
""",
        "a stack": """
def merge(ids, pair, new):
    out, just = [], False
    for id in ids:
        if out and not just and (out[-1], id) == pair:
            out[-1], just = new, True
        else:
            out.append(id)
            just = False
    return out
""",
    },
    "learn": {
        "lists, sorted": """
def learn(words, n):
    todo = [(list(word), times) for word, times in words.items()]
    merges = {}
    while len(merges) < n:
        counts = {}
        for word, times in todo:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + times
        if not counts:
            return merges
        best = sorted(sorted(counts), key=counts.get, reverse=True)[0]
        merges[best] = 256 + len(merges)
        todo = [(merge(word, best, merges[best]), times) for word, times in todo]
    return merges
""",
        "a for loop with a counter of its own": """
def learn(words, n):
    merges, words = {}, {tuple(word): times for word, times in words.items()}
    for new in range(256, 256 + n):
        counts = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + words[word]
        if counts == {}:
            break
        most = max(counts.values())
        best = min(pair for pair in counts if counts[pair] == most)
        merges[best] = new
        words = {tuple(merge(word, best, new)): times for word, times in words.items()}
    return merges
""",
    },
    "encode_piece": {
        "merge by merge in the order learned": """
def encode_piece(piece, merges):
    ids = [*piece]
    for pair, new in sorted(merges.items(), key=lambda item: item[1]):
        ids = merge(ids, pair, new)
    return ids
""",
        "recursion on the best place": """
def encode_piece(piece, merges):
    def go(ids):
        ranked = [(merges[pair], i) for i, pair in enumerate(zip(ids, ids[1:])) if pair in merges]
        if not ranked:
            return ids
        new, i = min(ranked)
        return go(ids[:i] + [new] + ids[i + 2:])
    return go(list(piece))
""",
        "counts down the merges": """
def encode_piece(piece, merges):
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
        merges = {p: i for p, i in merges.items() if p != pair}
    return ids
""",
        "in the order of the dict": """
def encode_piece(piece, merges):
    ids = list(piece)
    for pair, new in merges.items():
        ids = merge(ids, pair, new)
    return ids
""",
    },
    "decode_ids": {
        "an incremental decoder": """
def decode_ids(ids, token):
    import codecs
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join([*(decoder.decode(token(id)) for id in ids), decoder.decode(b"", True)])
""",
        "a bytearray": """
def decode_ids(ids, token):
    room = bytearray()
    for id in ids:
        room += token(id)
    return str(bytes(room), "utf8", "replace")
""",
    },
    "bytes_per_token": {
        "numpy's floats": """
def bytes_per_token(texts, encode):
    import numpy as np
    pairs = np.array([(len(t.encode()), len(encode(t))) for t in texts])
    size, tokens = pairs.sum(0)
    return np.float64(size) / tokens
""",
        "one loop": """
def bytes_per_token(texts, encode):
    size = tokens = 0
    for text in texts:
        size, tokens = size + len(bytes(text, "utf-8")), tokens + len([*encode(text)])
    return size / tokens
""",
    },
}

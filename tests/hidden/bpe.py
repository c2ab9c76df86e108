"""What byte-pair encoding must get right."""

from course_lib.classroom import precise


def count_pairs(impl, draw):
    words = {tuple(draw.ints(3, 7, n).tolist()): n for n in (6, 9, 5)}
    yield "a pair is two ids that stand side by side; other questions have other answers", [
        impl({(5, 6): 1}), impl({(6, 8): 1})]
    yield "a word of three has two pairs: they overlap", impl({(5, 6, 7): 1})
    yield "a pair counts as often as its word does", impl({(5, 6, 7): 3})
    yield "no pair goes from one word to the next", impl({(5, 6, 7, 8, 9): 2, (1, 2, 3): 2})
    yield "left and right are not the same: (5, 6) is not (6, 5)", impl({(5, 6): 3, (6, 5): 7})
    yield "a pair that stands twice in a word counts twice", impl({(5, 6, 9, 5, 6): 2})
    yield "the same pair in several words is counted together", impl({(5, 6): 3, (9, 5, 6): 7})
    yield "a run of the same id has a pair at every place but the last", impl({(7, 7, 7): 2})
    yield "words may be bytes, those of a space among them", impl({b"low": 5, b"lower": 2, b" lo ": 3})
    yield "the same pair in bytes and in a tuple is one pair", impl({b"ab": 2, (97, 98): 3, (97, 98, 99): 1})
    yield "ids and counts may be large", impl({(50_256, 1_999, 2_000): 10**9, (1_999, 2_000, 7): 3})
    yield "a word of one id has no pair, and no words have none", [impl({(5,): 3}), impl({})]
    yield "an empty word has no pair either", impl({b"": 2, b"ab": 1})
    yield "an id of 0 is an id like another", impl({(0, 0, 5): 2, (7, 0): 1, b"\x00a": 1})
    yield "many words are counted right", impl(words)
    yield "a word of three hundred ids is counted to its end", impl({tuple(draw.ints(250, 300, 300).tolist()): 2})


def merge(impl, draw):
    ids, alone = draw.ints(0, 3, 23).tolist(), [3, 4, 8]
    yield "the pair becomes the new id; other questions have other answers", [
        impl([5, 6], (5, 6), 9), impl([5, 6], (5, 6), 7), impl([3, 4], (3, 4), 7)]
    yield "ids before and after the pair stay as they are; other questions have other answers", impl(
        [3, 5, 6, 8], (5, 6), 9)
    yield "where the pair is not, nothing changes", impl([3, 4, 8], (5, 6), 9)
    yield "another pair is merged at other places", [impl([3, 5, 6, 8], pair, 9) for pair in ((5, 6), (3, 5), (6, 8))]
    yield "half a pair is not a pair", impl([5, 3, 6, 8, 5, 8, 6], (5, 6), 9)
    yield "the right id before the left one is not the pair", impl([6, 5, 8], (5, 6), 9)
    yield "the pair is merged wherever it stands", impl([5, 6, 3, 5, 6, 5, 6], (5, 6), 9)
    yield "the last id is kept when it belongs to no pair", impl([5, 6, 5], (5, 6), 9)
    yield "in a run of three, the left two are merged", impl([7, 7, 7], (7, 7), 9)
    yield "an id belongs to one pair only: a run of four gives two", impl([7, 7, 7, 7], (7, 7), 9)
    yield "a new id is not merged again in the same go", [
        impl([5, 6, 6, 3], (5, 6), 5), impl([5, 5, 6], (5, 6), 6)]
    yield "an id that is like the new one already is left as it is", impl([9, 7, 7, 9, 7], (7, 7), 9)
    yield "no ids give no ids", impl([], (5, 6), 9)
    yield "a single id comes back", impl([5], (5, 6), 9)
    yield "bytes and tuples are read like lists", [impl(b"banana", (97, 110), 256), impl((5, 6, 8), (5, 6), 9)]
    yield "an id of 0 is an id like another", [impl([0, 0, 1], (0, 0), 9), impl([5, 6], (5, 6), 0)]
    yield "nothing comes before the first id, or after the last one", [
        impl([1, 5], (5, 0), 9), impl([5, 1], (0, 5), 9), impl([6, 3, 5], (5, 6), 9)]
    # int("50256") is equal to 50_256 and another object: `is` in place of == shows with large numbers only
    yield "large ids are ids like others", impl([int("50256"), int("1999"), 3], (50_256, 1_999), 70_000)
    yield "an id that ends or begins like another is another id", impl([15, 6, 5, 61, 5, 6], (5, 6), 9)
    yield "a long list comes out right", impl(ids, (1, 2), 9)
    yield "another list, as long, comes out right", impl(draw.ints(0, 3, 23).tolist(), (1, 2), 9)
    yield "a list of three hundred comes out right", impl(draw.ints(255, 258, 300).tolist(), (256, 257), 1000)
    yield "what comes back is a new list, also where nothing was merged", impl(alone, (5, 6), 9) is not alone


def learn(impl, draw):
    words = {bytes(draw.ints(97, 101, n).tolist()): n for n in (7, 11, 5, 9)}
    many = {bytes(draw.ints(97, 123, 60).tolist()): n for n in range(1, 13)}
    fables = {b"fox": 5, b"box": 3, b"foxes": 2}
    yield "for no merges nothing is learned", impl(fables, 0)
    yield "the pair that stands most often is merged first; other questions have other answers", [
        *(list(impl(words, 1)) for words in ({b"abc": 2, b"xbc": 3}, {b"abd": 2, b"xbd": 3})), len(impl(fables, 1))]
    yield (
        "a pair in a frequent word counts more than one in two rare words",
        [list(impl(words, 1)) for words in ({b"ab": 3, b"cd": 1, b"xcd": 1}, {b"cd": 5000, b"ab": 3000, b"xab": 1999})],
    )
    yield "the ids go on from 256", impl({b"ab": 4, b"cd": 3, b"ef": 2}, 3)
    yield "two equal ids side by side are a pair like any other", impl({b"aab": 1, b"aa": 1}, 1)
    yield "after a merge the pairs are counted again, with the new id among them", list(impl({b"abc": 3, b"bc": 2}, 2))
    yield "of equally frequent pairs the smallest is merged first", [
        list(impl(words, 3))
        for words in ({b"zc": 2, b"ax": 2, b"ab": 2}, {b"bb": 2, b"az": 2, b"ca": 2}, {b"babx": 2})]
    yield (
        "of equally frequent pairs with new ids the smallest ids count, not the letters that they stand for",
        list(impl({b"abc": 3, b"ab": 1, b"de": 3}, 2)),
    )
    yield (
        "after a merge a word still counts as often as it did",
        list(impl({b"abx": 5, b"aby": 2, b"yz": 4, b"abq": 3}, 3)),
    )
    yield "what a merge used up is counted no more", list(impl({b"abc": 5, b"bd": 4}, 2))
    yield "it stops when there is no pair left", impl({b"abc": 2}, 9)
    yield "words may be tuples of ids, and the new ones are counted from 256 all the same", impl(
        {(7, 300, 7, 300): 2, (7, 5): 1}, 1)
    yield "a pair that stands only once is merged too", [
        list(impl(once, 9)) for once in ({b"abc": 1}, {b"xyz": 3, b"de": 1})]
    yield "without words there is nothing to learn", impl({}, 3)
    yield "the merges come in the order in which they were learned", list(impl(words, 8).items())
    yield "where there are many words, the rare ones count too", list(
        impl({b"pq": 9, b"rs": 8, b"tu": 7, b"vw": 6, b"ab": 5, b"abc": 5}, 2))
    yield "hundreds of merges are learned, of many words", list(impl(many, 300).items())
    yield "a word of three hundred bytes is merged to its end", list(
        impl({bytes(draw.ints(97, 99, 300).tolist()): 1}, 9))
    yield "a pair that stands once among a thousand others is merged too", list(impl({tuple(range(1000, 2200)): 1}, 9))


def encode_piece(impl, draw):
    one_after_another = {(97, 98): 256, (256, 99): 257, (257, 257): 258}
    merges = {(98, 97): 256, (97, 99): 257, (256, 257): 258, (99, 99): 259}
    piece = bytes(draw.ints(97, 100, 29).tolist())
    yield "without merges the ids are the bytes; other questions have other answers", [
        impl(b"hey", {}), impl(b"you", {})]
    yield "a single byte comes back, and nothing from nothing", [impl(b"a", {(97, 98): 256}), impl(b"", {})]
    yield "bytes that no merge joins stay bytes", impl(b"hey", {(97, 98): 256})
    yield "a learned pair becomes its id", impl(b"ab", {(97, 98): 256})
    yield "pairs that were never learned are passed over", impl(b"xyabz", {(97, 98): 256})
    yield "a pair is merged wherever it stands", impl(b"abxab", {(97, 98): 256})
    yield "what was merged is merged further", impl(b"xabcabc", one_after_another)
    yield "the pair that was learned first goes first, wherever it stands and however often another one", [
        impl(text, {(98, 99): 256, (97, 98): 257}) for text in (b"abc", b"ababc", b"bcab")]
    yield "other merges make other ids of the same piece", [
        impl(b"abc", some) for some in ({(97, 98): 256}, {(98, 99): 256})]
    yield "merges that were learned late, with ids in the thousands, are merges too", impl(
        b"abc", {(97, 98): 2000, (2000, 99): 2001})
    yield (
        "it is the first pair learned that counts, not the longest token",
        impl(b"abcd", {(98, 99): 256, (97, 98): 257, (257, 99): 258, (258, 100): 259}),
    )
    yield "in a run of one letter the left two are merged", [impl(b"a" * n, {(97, 97): 256}) for n in (3, 4, 5)]
    yield "a letter beyond ASCII is several bytes", impl("é😀".encode(), {(0xC3, 0xA9): 256, (0x9F, 0x98): 257})
    yield "spaces, line ends and bytes that are no text are bytes like others", [
        impl(b" \r\n\x00\xff ", {(32, 97): 256}), impl(b"\n\n  ", {(32, 32): 256, (10, 10): 257})]
    yield "a long piece comes out right", impl(piece, merges)
    yield "a piece of three hundred bytes is merged to its end", impl(
        bytes(draw.ints(97, 100, 300).tolist()), merges)
    yield "without merges a long piece is a list of its bytes as well", impl(bytes(range(128)), {})


def decode_ids(impl, draw):
    tokens = [b"the ", b"fox", b"\xc3", b"\xa9", " 😀".encode(), b"\n\n", b"", b"\xf0\x9f"]
    other = ["\ufeffa".encode(), b"\r", b"\n", "e\u0301".encode(), b"\x00", b"\t ", "\u2028".encode()]
    yield "the tokens are put together, in order", impl([0, 1, 1], tokens.__getitem__)
    yield "other ids, as many, make another text", impl([1, 0, 1], tokens.__getitem__)
    yield "other tokens make another text of the same ids", [
        impl([0, 1], some) for some in (lambda id: bytes([97 + id]), lambda id: bytes([65 + id]))]
    yield "the bytes are UTF-8: a letter may have several", impl([1, 4, 1], tokens.__getitem__)
    yield "a token may have any number of bytes, or none", impl([1, 6, 0, 4, 1], tokens.__getitem__)
    yield "white space at the ends stays", [impl([5, 0, 5], tokens.__getitem__), impl([5, 2, 5], other.__getitem__)]
    yield "no ids give no text", impl([], tokens.__getitem__)
    yield "a letter may be spread over two tokens", impl([2, 3], tokens.__getitem__)
    yield "a letter of four bytes may be spread over four tokens", impl(list("a😀b".encode()), lambda id: bytes([id]))
    yield "bytes that are no letter become the replacement character", impl([1, 3, 0], tokens.__getitem__)
    yield "bytes that are made like a letter but are none become the replacement character too", [
        set(impl([0], [wrong].__getitem__)) for wrong in (b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80")]
    yield "a replacement character that the text itself has stays", impl([0, 0], ["a\ufffd".encode()].__getitem__)
    yield "a letter cut off at the end becomes the replacement character", impl([1, 7], tokens.__getitem__)
    yield "a line end of two signs stays two, and one of one sign stays one", [
        impl(ids, other.__getitem__) for ids in ([5, 1, 2, 5], [2, 2], [1, 1], [5, 1, 5, 2])]
    yield "an accent of its own stays its own", impl([3, 3], other.__getitem__)
    yield "a sign that is not seen stays, at the beginning too", impl([0, 4, 6, 0], other.__getitem__)
    yield "many ids come out right", impl(draw.ints(0, 8, 30).tolist(), tokens.__getitem__)
    yield "other ids, as many, come out right", impl(draw.ints(0, 8, 30).tolist(), tokens.__getitem__)
    yield "three hundred ids come out right", [impl(draw.ints(0, 7, 300).tolist(), other.__getitem__),
                                  impl([id for _ in range(150) for id in (0, 2, 3)], tokens.__getitem__)]


def bytes_per_token(impl, draw):
    texts = [draw.text(n, alphabet="ab é😀語") for n in (7, 19, 30)]
    uneven = ["x" * 14, "語" * 3]
    yield "with a token for every byte it is one", impl(["foxes"], str.encode)
    yield "it is bytes for each token, not tokens for each byte; other questions have other answers", impl(
        ["one fox in a box"], str.split)
    yield "bytes are counted, not characters", impl(["é😀語"], list)
    yield "spaces, line ends, accents and signs that are not seen are bytes too", [
        impl([text], lambda text: [7]) for text in (" a ", "a\r\n", "e\u0301", "\ufeffa")]
    yield "a token that comes twice counts twice", impl(["so so so"], str.split)
    yield "a token whose id is 0 counts too", impl(["foxes"], lambda text: [0, 7])
    yield "another way to encode has other tokens", [impl(["so it goes"], encode) for encode in (str.split, list)]
    yield "each text is encoded by itself", impl(["ab c", "de"], str.split)
    yield "encode is given each text alone, and just as it is", asked_for(impl, [" The Fox\r\n", "e\u0301 ", "The"])
    yield (
        "every token weighs the same, in a short text and in a long one",
        impl(["foxes", "a b c d e f g h"], str.split),
    )
    yield "an empty text adds nothing", impl(["", "foxes in boxes"], str.split)
    yield "a text of which no token is made adds its bytes", impl(["   ", "foxes in boxes"], str.split)
    yield "a long text is measured to its end, and an id of 0 is a token", impl(
        ["é" * 2000 + "x", "x" * 1000], lambda text: [0] * (len(text) // 2))
    yield "the fraction is not rounded", precise(impl(uneven, lambda text: text[: 4 if text.isascii() else 3]), 1e-9)
    yield "letters of every length are weighed right", impl(texts, list)
    yield "three hundred texts are all counted", precise(impl([draw.text(5, "ab é") for _ in range(300)], list), 1e-9)


def asked_for(impl, texts):
    """The texts that encode is given."""
    asked = []
    impl(texts, lambda text: asked.append(text) or [7])
    return set(asked)


EVERY = 'b"".join(token(id) for id in ids).decode("utf-8", errors="replace")'
TOTAL = 'sum(len(text.encode()) for text in texts) / sum(len(encode(text)) for text in texts)'
LOOP = """    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
"""
LEAST = "min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))"

MISTAKES = {
    "count_pairs": [
        ("pairwise(word)", "zip(word, word[2:])", "a pair is two ids", "the two ids have another one between them"),
        (
            "pairwise(word)",
            "zip(word[::2], word[1::2])",
            "a word of three",
            "you take the word two by two, without overlap",
        ),
        ("+ times", "+ 1", "a pair counts as often", "every word is counted once, however often it stands in the text"),
        ("pairwise(word)", "set(pairwise(word))", "a pair that stands twice", "each pair is counted once in a word"),
        ("counts.get(pair, 0) + times", "times", "a pair that stands twice", "a new count replaces the old one"),
        ("pairwise(word)", "map(tuple, map(sorted, pairwise(word)))", "left and right", "pairs lose their order"),
        (
            "pairwise(word)",
            "(pair for pair in pairwise(word) if pair[0] != pair[1])",
            "a run of the same id",
            "a pair of two equal ids is left out",
        ),
    ],
    "merge": [
        ("merged.append(new)", "merged.append(pair)", "the pair becomes", "the pair is put in, and not the new id"),
        ("tuple(ids[i : i + 2])", "ids[i : i + 2]", "the pair becomes", "a list is compared with a tuple: never equal"),
        ("tuple(ids[i : i + 2]) == pair", "ids[i : i + 2] == list(pair)", "bytes and tuples",
         "a piece of bytes or of a tuple is no list, so the two are never equal"),
        ("i += 2", "i += 1", "the pair becomes", "after a merge, the right id of the pair is read again"),
        ("tuple(ids[i : i + 2]) == pair", "ids[i] == pair[0]", "half a pair", "only the left id is compared"),
        (
            "tuple(ids[i : i + 2]) == pair",
            "set(ids[i : i + 2]) == set(pair)",
            "the right id before",
            "the order within the pair is lost",
        ),
        (
            "i += 2",
            "return merged + list(ids[i + 2 :])",
            "the pair is merged wherever",
            "it stops after the first place",
        ),
        ("i < len(ids)", "i < len(ids) - 1", "ids before and after", "the loop ends before the last id"),
        (
            "merged.append(new)\n            i += 2",
            "ids = [*ids[:i], new, *ids[i + 2 :]]",
            "a new id is not",
            "the new id is looked at again, and merged with what follows",
        ),
    ],
    "learn": [
        ("len(merges) < n", "len(merges) <= n", "for no merges", "one merge too many is learned"),
        ("(-counts[pair], pair)", "(counts[pair], pair)", "the pair that stands most", "the rarest pair is merged"),
        ("count_pairs(words)", "count_pairs(dict.fromkeys(words, 1))", "a pair in a frequent", "each word counts once"),
        ("256 + len(merges)", "len(merges)", "the ids go on", "the new ids begin at 0, where the bytes are"),
        ("(-counts[pair], pair)", "-counts[pair]", "of equally frequent", "of equals, the one met first is merged"),
        (
            "(-counts[pair], pair)",
            "(-counts[pair], -pair[0], -pair[1])",
            "of equally frequent",
            "of equally frequent pairs, the largest is merged",
        ),
        (
            ": times for word, times in",
            ": 1 for word, times in",
            "after a merge a word",
            "merged words count only once",
        ),
        (
            "        if not counts:\n            break\n",
            "",
            "it stops when",
            "there are no pairs left to choose from, and it goes on",
        ),
    ],
    "encode_piece": [
        (
            "        if pair not in merges:\n            break\n",
            "",
            "without merges",
            "a pair that was never learned is looked up as if it had been",
        ),
        ("math.inf", "0", "pairs that were never", "a pair that was never learned is taken for the first one learned"),
        ("min(pairwise", "max(pairwise", "pairs that were never", "the pair learned last goes first"),
        ("while len(ids) > 1:", "while True:", "a single byte", "a piece without any pair is asked for its best one"),
        ("while len(ids) > 1:", "for _ in ids[1:2]:", "what was merged", "it merges once and stops"),
        (
            LOOP,
            "    i = 0\n    while i + 1 < len(ids):\n        new = merges.get((ids[i], ids[i + 1]))\n"
            "        if new is None:\n            i += 1\n        else:\n            ids[i : i + 2] = [new]\n",
            "what was merged",
            "it goes from left to right once, whatever was learned first",
        ),
        (
            LEAST,
            "next((pair for pair in pairwise(ids) if pair in merges), (0, 0))",
            "the pair that was learned first",
            "the leftmost pair goes first, whenever it was learned",
        ),
        (
            "list(piece)",
            "list(map(ord, piece.decode()))",
            "a letter beyond",
            "it begins with characters, not with bytes",
        ),
    ],
    "decode_ids": [
        ('b"".join', 'b" ".join', "the tokens are put together", "a space is put between the tokens"),
        ("for id in ids", "for id in ids[::-1]", "the tokens are put together", "the order is turned round"),
        (EVERY, EVERY + ".strip()", "white space", "white space at the ends is cut off"),
        (
            EVERY,
            '"".join(token(id).decode("utf-8", errors="replace") for id in ids)',
            "a letter may be spread over two",
            "each token is made text by itself, before its neighbours are there",
        ),
        ('"utf-8"', '"latin-1"', "the bytes are UTF-8", "each byte is taken for a letter"),
        ('errors="replace"', 'errors="ignore"', "bytes that are no letter", "broken bytes vanish without a trace"),
        (', errors="replace"', "", "bytes that are no letter", "broken bytes stop the decoding"),
    ],
    "bytes_per_token": [
        ('len(text.encode())', "len(text)", "bytes are counted", "characters are counted, not bytes"),
        (
            TOTAL,
            'sum(len(encode(text)) for text in texts) / sum(len(text.encode()) for text in texts)',
            "it is bytes for each",
            "the fraction is upside down",
        ),
        ("len(encode(text))", "len(set(encode(text)))", "a token that comes twice", "different tokens are counted"),
        (
            TOTAL,
            'sum(len(text.encode()) / len(encode(text)) for text in texts) / len(texts)',
            "every token weighs",
            "it is the mean of each text's own ratio, so a short text weighs as much as a long one",
        ),
        (
            "sum(len(encode(text)) for text in texts)",
            'len(encode("".join(texts)))',
            "each text is encoded",
            "the texts are glued together before they are encoded",
        ),
        (
            "len(encode(text))",
            "len(encode(text)) + 1",
            "with a token for every byte",
            "one token too many in each text",
        ),
    ],
}

PACKAGES = ["tiktoken.*", "tokenizers.*"]
BY_HAND = {name: PACKAGES for name in MISTAKES}
BY_HAND["learn"] = [*PACKAGES, "course_lib.bpe.learn_fast"]

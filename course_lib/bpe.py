"""Byte-pair encoding: tokens learned from text, so that frequent strings are one token and no string is unknown.

Sennrich, Haddow and Birch 2016, section 3 (merging pairs); Radford et al. 2019, section 2.2 (starting from bytes).
The package `regex` is used because the split pattern needs the classes \\p{L} and \\p{N}, which Python's `re` lacks.
"""

import heapq
import json
import math
import operator
import os
import re
import threading
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path

import regex

# GPT-2's way to cut text into pieces, none of which a merge ever crosses: an English contraction,
# then letters, digits, or other signs, each with at most one space before, then what white space remains.
SPLIT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
END = "<|endoftext|>"
STORIES = Path(__file__).parent / "data" / "stories.json"
LONGEST = 2**24  # bytes in all tokens together; a file of sixty doubling merges would ask for more than any memory


def count_pairs(words):
    """Count how often each two ids stand next to each other.

    words: {word: times}, a word being bytes or a tuple of ids
    returns: {(left, right): count}; a pair that stands twice in a word counts twice

    >>> count_pairs({b"aab": 3, b"ab": 1})
    {(97, 97): 3, (97, 98): 4}
    """
    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + times
    return counts


def merge(ids, pair, new):
    """Put `new` wherever `pair` stands in `ids`, from left to right.

    ids: bytes, list or tuple of ids   pair: (left, right)   new: id
    returns: a new list of ids

    >>> merge([1, 2, 3, 1, 2], (1, 2), 9)
    [9, 3, 9]
    """
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def learn(words, n):
    """Merge the most frequent pair, n times over.

    words: {word: times}, as for count_pairs   n: how many merges to learn
    returns: {pair: id}, in the order learned, ids from 256 on; fewer than n when no pair is left.
    Of equally frequent pairs the smallest is merged.

    >>> learn({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 3)
    {(101, 115): 256, (256, 116): 257, (108, 111): 258}
    """
    merges = {}
    while len(merges) < n:
        counts = count_pairs(words)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        new = 256 + len(merges)
        merges[pair] = new
        words = {tuple(merge(word, pair, new)): times for word, times in words.items()}
    return merges


def learn_fast(words, n):
    """The same merges as `learn`, looking again only at the words that a merge changes.

    A word is a string here, whose characters are ids: `str.split` then finds a pair faster than any loop of ours.
    words: {bytes: times}   n: how many merges to learn   returns: {pair: id}
    """
    times = list(words.values())
    words = [word.decode("latin-1") for word in words]  # one character for each byte
    counts, where = defaultdict(int), defaultdict(list)  # where: the words that have, or once had, the pair
    for i, word in enumerate(words):
        for pair in map(operator.add, word, word[1:]):
            counts[pair] += times[i]
            where[pair].append(i)
    # Counts of old pairs only fall. So an entry may promise too much, never too little: it is mended when it comes up.
    heap = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(heap)
    merges = {}
    while heap and len(merges) < n:
        promised, pair = heapq.heappop(heap)
        if counts[pair] != -promised:
            if counts[pair] > 0:
                heapq.heappush(heap, (-counts[pair], pair))
            continue
        new, (a, b) = chr(256 + len(merges)), pair
        merges[ord(a), ord(b)] = ord(new)
        gained = defaultdict(int)
        for i in where.pop(pair):
            parts = words[i].split(pair)
            words[i] = new.join(parts)
            for k, (left, right) in enumerate(pairwise(parts), 1):  # the pair stood between left and right
                came = []
                if left:
                    counts[left[-1] + a] -= times[i]
                    came.append(left[-1] + new)
                if right:
                    counts[b + right[0]] -= times[i]
                    came.append(new + right[0])
                elif k < len(parts) - 1:  # abab: the pair again at once
                    counts[b + a] -= times[i]
                    came.append(new + new)
                for one in came:
                    gained[one] += times[i]
                    where[one].append(i)
        del counts[pair]
        counts.update(gained)
        for one, count in gained.items():
            heapq.heappush(heap, (-count, one))
    return merges


def encode_piece(piece, merges):
    """Merge the bytes of one piece of text: the pair that was learned first goes first.

    piece: bytes   merges: {pair: id}, as from learn
    returns: list of ids

    >>> encode_piece(b"lowest", {(101, 115): 256, (256, 116): 257, (108, 111): 258})
    [258, 119, 257]
    """
    ids = list(piece)
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids


def decode_ids(ids, tokens):
    """The text that the ids stand for; bytes that are no UTF-8 become the replacement character �.

    ids: list of ids   tokens: for each id its bytes
    returns: str

    >>> decode_ids([1, 0], [b"tea", b"green "])
    'green tea'
    """
    return b"".join(tokens[id] for id in ids).decode("utf-8", errors="replace")


def bytes_per_token(texts, encode):
    """How many bytes of text one token stands for, on average over all tokens.

    texts: list of str   encode: function from a text to its list of ids
    returns: float

    >>> bytes_per_token(["one two", "three"], str.split)
    4.0
    """
    return sum(len(text.encode("utf-8")) for text in texts) / sum(len(encode(text)) for text in texts)


def count_words(texts, pattern=SPLIT):
    """Cut texts into pieces and count each once: {bytes: times}, in order of first appearance.

    Raises TypeError for a single string, ValueError for a lone surrogate or a pattern that is no good.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string; give a list of texts, such as [text]")
    split, counts = _compiled(pattern), Counter()
    for text in texts:
        counts.update(_pieces(text, split))
    return {piece.encode("utf-8"): times for piece, times in counts.items()}


class Tokenizer:
    """What every tokenizer of byte strings shares. It needs `token(id)`, `special` and `vocab_size`."""

    @property
    def end(self):
        """The id of end of text."""
        if END not in self.special:
            raise AttributeError(f"this vocabulary has no {END}; train it with special=({END!r},)")
        return self.special[END]

    def decode_bytes(self, ids):
        """The bytes that the ids stand for; exact, also when they end in the middle of a character."""
        return b"".join(map(self.token, ids))

    def decode(self, ids):
        """The text that the ids stand for; bytes that are no UTF-8 become �. Special ids give their name."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")


class BPE(Tokenizer):
    """A byte-level vocabulary: ids 0 to 255 are the bytes, then one id for each merge, then the special tokens.

    merges: pairs of ids in the order learned   special: their names   pattern: cuts text into pieces
    Attributes: merges {pair: id}, ranks {bytes: id} without the special tokens, special {name: id}, vocab_size.
    """

    def __init__(self, merges, special=(END,), pattern=SPLIT):
        self.pattern, self._split = pattern, _compiled(pattern)
        self._tokens, self.merges, size = [bytes([byte]) for byte in range(256)], {}, 0
        for pair in merges:
            known = len(self._tokens)
            if not (isinstance(pair, (list, tuple)) and len(pair) == 2 and all(_is_id(id, known) for id in pair)):
                raise ValueError(f"merge {known - 256} is {pair!r}; it should be two ids from 0 to {known - 1}")
            size += sum(len(self._tokens[id]) for id in pair)
            if size > LONGEST:
                raise ValueError(f"the tokens of the first {known - 255} merges have more than {LONGEST:,} bytes")
            self.merges[tuple(pair)] = known
            self._tokens.append(b"".join(self._tokens[id] for id in pair))
        self.ranks = {token: id for id, token in enumerate(self._tokens)}
        if len(self.ranks) < len(self._tokens):
            twice = next(token for id, token in enumerate(self._tokens) if self.ranks[token] != id)
            raise ValueError(f"two merges make the same token, {twice!r}")
        self.special = {name: len(self._tokens) + i for i, name in enumerate(_checked(special))}
        self._tokens += [name.encode("utf-8") for name in self.special]
        self._special = re.compile("(" + "|".join(map(re.escape, self.special)) + ")") if self.special else None
        self._ids = _Ids(self.merges)

    @classmethod
    def train(cls, texts, vocab_size, special=(END,), pattern=SPLIT):
        """Learn a vocabulary of `vocab_size` tokens, special ones included; fewer where the texts have no more pairs.

        texts: iterable of str; the name of a special token in them is plain text
        """
        least = 256 + len(special)
        if vocab_size < least:
            raise ValueError(f"vocab_size is {vocab_size}; 256 bytes and {len(special)} special need {least} or more")
        return cls(learn_fast(count_words(texts, pattern), vocab_size - least), special, pattern)

    @property
    def vocab_size(self):
        """How many tokens there are, special ones included."""
        return len(self._tokens)

    def encode(self, text, allow_special=False):
        """The ids of a text. Names of special tokens in it are plain text, unless `allow_special`.

        Only text that you wrote yourself should be encoded with allow_special: a stranger's could end the text.
        Raises ValueError for a lone surrogate, which no UTF-8 can hold.
        """
        if allow_special and self._special:
            parts = self._special.split(text)  # plain, special, plain, special, …, plain
            ids = [[self.special[part]] if i % 2 else self.encode(part) for i, part in enumerate(parts)]
            return list(chain.from_iterable(ids))
        return list(chain.from_iterable(map(self._ids.__getitem__, _pieces(text, self._split))))

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        id = operator.index(id)  # a tensor's element too
        if not 0 <= id < self.vocab_size:
            raise IndexError(f"there is no token {id}; this vocabulary has the ids 0 to {self.vocab_size - 1}")
        return self._tokens[id]

    def save(self, path):
        """Write the vocabulary as JSON. The file appears whole or not at all."""
        book = {"kind": "bpe", "pattern": self.pattern, "special": list(self.special), "merges": list(self.merges)}
        beside = Path(f"{path}.{os.getpid()}.part")
        try:
            beside.write_text(json.dumps(book, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path):
        """Read a vocabulary that `save` wrote. Raises ValueError where the file is anything else.

        The file is data: nothing in it is run, and every token must be what its own bytes encode to.
        """
        try:
            book = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(book, dict) or book.keys() != {"kind", "pattern", "special", "merges"}:
                raise ValueError("it should have kind, pattern, special and merges")
            if book.pop("kind") != "bpe" or not isinstance(book["merges"], list):
                raise ValueError("its kind should be bpe and its merges a list")
            loaded = cls(**book)
            for token, id in loaded.ranks.items():
                if encode_piece(token, loaded.merges) != [id]:
                    raise ValueError(f"token {id} is {token!r}, which its own merges never make")
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is no vocabulary of this course ({error}); train one and save it again") from None
        return loaded

    def to_tiktoken(self):
        """A tiktoken.Encoding with the same ranks, which gives the same ids for any text."""
        import tiktoken

        return tiktoken.Encoding(
            name=f"course-{self.vocab_size}",
            pat_str=_spelled_out(self.pattern),
            mergeable_ranks=self.ranks,
            special_tokens=self.special,
        )

    def __repr__(self):
        return f"BPE({self.vocab_size:,} tokens)"


class FromTiktoken(Tokenizer):
    """A tiktoken.Encoding behind the same methods as BPE."""

    def __init__(self, encoding):
        self.encoding, self.vocab_size = encoding, encoding.n_vocab
        self.special = {name: encoding.encode_single_token(name) for name in encoding.special_tokens_set}

    def encode(self, text, allow_special=False):
        """The ids of a text, as BPE.encode."""
        _refuse_surrogates(text)
        return self.encoding.encode(text, allowed_special="all" if allow_special else set(), disallowed_special=())

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        try:
            return self.encoding.decode_single_token_bytes(operator.index(id))
        except (KeyError, OverflowError):
            raise IndexError(f"there is no token {id}; {self} has {self.vocab_size:,} tokens") from None

    def __repr__(self):
        return f"{self.encoding.name} ({self.vocab_size:,} tokens)"


def gpt2(seconds=15):
    """GPT-2's own vocabulary, 50,257 tokens, through tiktoken, which fetches it once (1.5 MB) and keeps it.

    Raises ConnectionError where it cannot be had within `seconds`.
    """
    import tiktoken

    answer = []

    def fetch():  # in a thread, because tiktoken waits for a silent network without limit
        try:
            answer.append(FromTiktoken(tiktoken.get_encoding("gpt2")))
        except Exception as error:
            answer.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    found = answer[0] if answer else TimeoutError(f"no answer in {seconds} seconds")
    if isinstance(found, Exception):
        raise ConnectionError(
            f"GPT-2's vocabulary could not be had ({type(found).__name__}). Connect to a network and try again, "
            "or let TIKTOKEN_CACHE_DIR name a folder that has it. story_vocabulary() needs neither."
        ) from None
    return found


def gpt2_or_ours():
    """GPT-2's vocabulary where it can be had; elsewhere the course's own, saying so."""
    try:
        return gpt2()
    except ConnectionError as error:
        print(f"{error}\nGoing on with the course's own vocabulary.")
        return story_vocabulary()


def story_vocabulary():
    """The course's own vocabulary: 1,024 tokens learned from its stories, the last one <|endoftext|>."""
    return BPE.load(STORIES)


def learn_story_vocabulary(n=20_000):
    """Learn `story_vocabulary` anew, from n stories; it is kept by `learn_story_vocabulary().save(STORIES)`."""
    from course_lib.stories import texts

    return BPE.train(texts("train", n), 1024)


class _Ids(dict):
    """{piece: its ids}, filled as pieces are asked for. Emptied when it is full, so that it never grows for ever."""

    def __init__(self, merges):
        self.merges = merges
        self.chars = [(chr(a) + chr(b), chr(new)) for (a, b), new in merges.items()]

    def __missing__(self, piece):
        if len(self) >= 200_000:
            self.clear()
        word = piece.encode("utf-8")
        if len(word) < 200:
            ids = encode_piece(word, self.merges)
        else:  # a page without a space: try each merge once, in order, which is the same and takes no longer for a page
            word = word.decode("latin-1")
            for pair, new in self.chars:
                word = word.replace(pair, new)
            ids = list(map(ord, word))
        self[piece] = ids
        return ids


def _pieces(text, split):
    """Cut a text; together the pieces are the text."""
    _refuse_surrogates(text)
    pieces = split.findall(text)
    if sum(map(len, pieces)) != len(text):
        raise ValueError("the split pattern leaves out a part of the text; end it with |. or |\\s+")
    return pieces


def _refuse_surrogates(text):
    try:
        text.encode("utf-8")
    except AttributeError:
        raise TypeError(f"a text is wanted, and this is {type(text).__name__}") from None
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} of the text is U+{ord(text[error.start]):04X}, a lone surrogate: half of a "
            "character, which no UTF-8 can hold; replace it, for example by text.encode('utf-16', 'surrogatepass')"
            ".decode('utf-16', 'replace')"
        ) from None


def _is_id(id, known):
    return type(id) is int and 0 <= id < known


def _checked(special):
    """The names of special tokens, if it is always clear which of them a text has."""
    if isinstance(special, str) or not all(isinstance(name, str) and name for name in special):
        raise ValueError(f"special is {special!r}; it should be a list of names, such as ({END!r},)")
    for i, name in enumerate(special):
        _refuse_surrogates(name)
        for j, other in enumerate(special):
            if i != j and other.startswith(name):
                raise ValueError(f"special token {other!r} begins with special token {name!r}; rename one")
    return special


def _compiled(pattern):
    try:
        split = regex.compile(pattern)
    except (regex.error, TypeError) as error:
        raise ValueError(f"the split pattern {pattern!r} is no regular expression: {error}") from None
    if split.groups:
        raise ValueError(f"the split pattern {pattern!r} has a group; write (?:…) in place of (…)")
    return split


def _spelled_out(pattern):
    """The pattern with its character classes written as ranges.

    tiktoken's table of Unicode and ours may be years apart: thousands of characters are letters in only one of them.
    """
    return regex.sub(r"\\(?:[pP]\{[^}]*\}|.)", lambda found: _ranges(found[0]), pattern)


@lru_cache
def _ranges(escape):
    if escape[1] not in "pPdDwW":  # white space is the same in both
        return escape
    runs = regex.finditer(escape + "+", "".join(map(chr, chain(range(0xD800), range(0xE000, 0x110000)))))
    ends = [(ord(run[0][0]), ord(run[0][-1])) for run in runs]
    return "[" + "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ends) + "]"

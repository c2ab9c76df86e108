"""The vocabulary: merges learned from texts give each id its bytes; it encodes, decodes, and is kept in a file."""

import json
import os
from itertools import chain
from pathlib import Path

import regex

from course_lib.text import END, whole_id

from .fast import learn_fast
from .pairs import decode_ids, encode_piece
from .pieces import SPLIT, compiled, count_words, pieces, refuse_surrogates, spelled_out
from .special import allowed, cut_at, is_id, numbered

STORIES = Path(__file__).parents[1] / "data" / "stories.json"
LARGEST = 2**24  # bytes of all tokens together: a file of sixty doubling merges would ask for more than any memory
FULL = 200_000  # pieces whose ids are remembered, before it forgets and begins again
LONG = 200  # bytes: longer pieces are encoded in another way, and not remembered


class Tokenizer:
    """What tokenizers of bytes share. One needs `token(id) -> bytes`, `special` {name: id} and `vocab_size`."""

    @property
    def end(self):
        """The id of end of text."""
        if END not in self.special:
            raise AttributeError(f"this vocabulary has no {END}; train it with special=({END!r},)")
        return self.special[END]

    def decode_bytes(self, ids):
        """The bytes that the ids stand for: exact, even when they end in the middle of a character."""
        return b"".join(map(self.token, ids))

    def decode(self, ids):
        """The text that the ids stand for; bytes that are no UTF-8 become �. A special id gives its name."""
        return decode_ids(ids, self.token)


class BPE(Tokenizer):
    """A byte-level vocabulary: ids 0 to 255 are the bytes, then one id for each merge, then the special tokens.

    merges: pairs of ids in the order learned   pattern: cuts a text into pieces
    special: names, whose ids follow those of the merges, or {name: id} with ids that you choose
    raises: ValueError where a merge or a special token can never be what it says
    Has: merges {pair: id}, ranks {bytes: id} of all but the special tokens, special {name: id}, vocab_size.
    """

    def __init__(self, merges, special=(END,), pattern=SPLIT):
        self.pattern, self._split = pattern, compiled(pattern)
        self.merges, self._tokens, size = {}, [bytes([byte]) for byte in range(256)], 0
        pairs = []  # those of the merges so far, by id − 256
        for pair in merges:
            new = len(self._tokens)
            if not isinstance(pair, (list, tuple)) or [is_id(id, 0, new) for id in pair] != [True, True]:
                raise ValueError(f"merge {new - 256} is {pair!r}; it should be two ids from 0 to {new - 1}")
            pair = tuple(map(int, pair))  # numpy's are no JSON
            size += sum(len(self._tokens[id]) for id in pair)
            if size > LARGEST:
                raise ValueError(f"the first {new - 255} merges make tokens of more than {LARGEST:,} bytes together")
            token = b"".join(self._tokens[id] for id in pair)
            if not _stay_apart(*pair, self.merges, pairs):  # tiktoken, which knows no pairs, would use the token
                raise ValueError(f"merge {new - 256} is {pair}, but the merges before it encode {token[:40]!r} "
                                 f"as {self._encode_piece(token)[:9]}: its token could never come; leave it out")
            self.merges[pair] = new
            pairs.append(pair)
            self._tokens.append(token)
        self.ranks = {token: id for id, token in enumerate(self._tokens)}
        self.special = numbered(special, len(self._tokens))
        self._names = {id: name.encode("utf-8") for name, id in self.special.items()}
        self._known = {}  # piece: its ids

    @classmethod
    def train(cls, texts, vocab_size, special=(END,), pattern=SPLIT, learn_special=False):
        """Learn a vocabulary of `vocab_size` tokens, special ones included; fewer where the texts have no more pairs.

        texts: iterable of str   special: names, or {name: id}
        learn_special: whether to learn from the names of special tokens in the texts, too; else they are left out
        """
        names = list(numbered(special, 256))
        least = 256 + len(names)
        if vocab_size < least:
            raise ValueError(f"vocab_size is {vocab_size}; 256 bytes and {len(names)} special need {least} or more")
        words = count_words(texts, pattern, () if learn_special else names)
        return cls(learn_fast(words, vocab_size - least), special, pattern)

    def with_special(self, special):
        """A vocabulary with more special tokens, for instance those of a chat. No old id moves.

        special: names, which get the next ids, or {name: id} with ids that no token has
        returns: a new BPE; this one stays as it is
        """
        more = special if isinstance(special, dict) else numbered(special, self.vocab_size)
        if known := [name for name in more if name in self.special]:
            raise ValueError(f"{known[0]!r} is a special token already, with the id {self.special[known[0]]}")
        return BPE(self.merges, {**self.special, **more}, self.pattern)

    @property
    def vocab_size(self):
        """How many ids a model needs: one more than the largest, special tokens included."""
        return max(len(self._tokens) - 1, *self._names) + 1 if self._names else len(self._tokens)

    def encode(self, text, allow_special=False):
        """The ids of a text. Names of special tokens in it are plain text, unless they are allowed.

        allow_special: True, or a list of those names that may become tokens: any other one in the text is then refused.
        Allow them only for text that you wrote yourself: a stranger's could end the text in the middle.
        Raises ValueError for a lone surrogate, which UTF-8 cannot hold, and for a special token that is not allowed.
        """
        if allow_special is not False:
            refuse_surrogates(text)
            parts = cut_at(allowed(self.special, text, allow_special), text)
            ids = ([self.special[part]] if i % 2 else self.encode(part) for i, part in enumerate(parts))
            return list(chain.from_iterable(ids))
        found = pieces(text, self._split)
        try:
            return list(chain.from_iterable(map(self._known.__getitem__, found)))
        except KeyError:  # some piece is new
            known = self._known = {} if len(self._known) > FULL else self._known
            for piece in found:
                if piece not in known:
                    known[piece] = self._encode_piece(piece.encode("utf-8"))
            ids = list(chain.from_iterable(map(known.__getitem__, found)))
            for piece in found:
                if len(piece) > LONG:
                    known.pop(piece, None)
            return ids

    def encode_stream(self, parts):
        """Yield the ids of a text that comes in parts, however long it is altogether.

        parts: iterable of str, such as an open file; they may be cut anywhere, in the middle of a word too
        yields: the ids of encode("".join(parts)), one by one
        What has come is kept until white space follows a word: no piece goes on there. Text without any is kept whole.
        Raises ValueError for a vocabulary with another pattern than SPLIT, of which nobody knows this.
        """
        if self.pattern != SPLIT:
            raise ValueError("only a vocabulary with the pattern bpe.SPLIT encodes a text in parts; "
                             "join them and call encode")
        if isinstance(parts, str):
            raise TypeError("parts is one string; give an iterable of texts, such as [text]")
        kept, before = [], ""  # what has come and was not encoded yet, and its last character
        for part in parts:
            refuse_surrogates(part)
            cut = max((found.end() for found in regex.finditer(r"\S(?=\s)", before + part)), default=0) - len(before)
            if cut >= 0:
                yield from self.encode("".join([*kept, part[:cut]]))
                kept = []
            kept.append(part[max(cut, 0) :])
            before = part[-1:] or before
        yield from self.encode("".join(kept))

    def _encode_piece(self, piece):
        if len(piece) < LONG:
            return encode_piece(piece, self.merges)
        word = piece.decode("latin-1")  # a page without a space: each merge once, in order, comes to the same, sooner
        for (a, b), new in self.merges.items():
            word = word.replace(chr(a) + chr(b), chr(new))
        return list(map(ord, word))

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        id = whole_id(id)
        if 0 <= id < len(self._tokens):
            return self._tokens[id]
        if id in self._names:
            return self._names[id]
        raise IndexError(f"there is no token {id}; this vocabulary has the ids 0 to {self.vocab_size - 1}"
                         + " and leaves some out" * (0 <= id < self.vocab_size))

    def listing(self):
        """The vocabulary, to be read: a line for each merge, with its id and its two parts, then the special tokens."""
        lines = [f"{new:6}  {self._tokens[new]!r} = {self._tokens[a]!r} + {self._tokens[b]!r}"
                 for (a, b), new in self.merges.items()]
        return "\n".join([*lines, *(f"{id:6}  {name}" for name, id in self.special.items())])

    def save(self, path):
        """Write the vocabulary as JSON. The file appears whole or not at all."""
        book = {"kind": "bpe", "pattern": self.pattern, "special": self.special, "merges": list(self.merges)}
        beside = Path(f"{path}.{os.getpid()}.part")
        try:
            beside.write_text(json.dumps(book, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path):
        """Read a vocabulary that `save` wrote. Raises ValueError where the file is anything else.

        The file is data: nothing in it is run. Older files have the names of their special tokens only.
        """
        try:
            book = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(book, dict) or book.keys() != {"kind", "pattern", "special", "merges"}:
                raise ValueError("it should have kind, pattern, special and merges")
            if book.pop("kind") != "bpe" or not isinstance(book["merges"], list):
                raise ValueError("its kind should be bpe and its merges a list")
            return cls(**book)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is no vocabulary of this course ({error}); train one and save it again") from None

    def to_tiktoken(self):
        """A tiktoken.Encoding with the same ranks, which gives the same ids for any text."""
        import tiktoken

        pattern = spelled_out(self.pattern)
        return tiktoken.Encoding(
            f"course-{self.vocab_size}", pat_str=pattern, mergeable_ranks=self.ranks, special_tokens=self.special
        )

    def __repr__(self):
        return f"BPE({self.vocab_size:,} tokens)"


def story_vocabulary():
    """The course's own vocabulary: 2,048 tokens learned from its stories, the last one <|endoftext|>.

    With so many, each word that a story can say twice is one token; with half of them names at the beginning of a
    line are cut in two, and a model learns far more slowly who is who.
    """
    return BPE.load(STORIES)


def learn_story_vocabulary(n=20_000):
    """Learn `story_vocabulary` anew from n stories; `learn_story_vocabulary().save(STORIES)` keeps it."""
    from course_lib.stories import texts

    return BPE.train(texts("train", n), 2048)


def _stay_apart(left, right, merges, pairs):
    """Whether two tokens, side by side, stay two when their bytes are encoded anew.

    Only a merge across the border could join them: of a last part of the left one and a first part of the right one,
    at a time when both were there. So go back in time, and take apart whichever of the two was made last.
    merges: {pair: id}   pairs: the same pairs, by id − 256
    """
    left_until = right_until = len(pairs) + 256  # the merge by which each becomes a part of something larger
    while True:
        joined = merges.get((left, right))
        if joined is not None and joined < left_until and joined <= right_until:  # in a run the left pair goes first
            return False
        if max(left, right) < 256:
            return True
        if left > right:
            left_until, left = left, pairs[left - 256][1]
        else:
            right_until, right = right, pairs[right - 256][0]

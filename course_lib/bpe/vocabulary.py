"""The vocabulary: merges learned from texts give each id its bytes; it encodes, decodes, and is kept in a file."""

import json
import operator
import os
import re
from itertools import chain
from pathlib import Path

from course_lib.text import END

from .fast import learn_fast
from .pairs import decode_ids, encode_piece
from .pieces import SPLIT, compiled, count_words, pieces, refuse_surrogates, spelled_out

STORIES = Path(__file__).parents[1] / "data" / "stories.json"
LARGEST = 2**24  # bytes of all tokens together: a file of sixty doubling merges would ask for more than any memory
FULL = 200_000  # pieces whose ids are remembered, before it forgets and begins again


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

    merges: pairs of ids in the order learned   special: names   pattern: cuts a text into pieces
    Has: merges {pair: id}, ranks {bytes: id} of all but the special tokens, special {name: id}, vocab_size.
    """

    def __init__(self, merges, special=(END,), pattern=SPLIT):
        self.pattern, self._split = pattern, compiled(pattern)
        self.merges, self._tokens, size = {}, [bytes([byte]) for byte in range(256)], 0
        for pair in merges:
            new = len(self._tokens)
            if not isinstance(pair, (list, tuple)) or [_is_id(id, new) for id in pair] != [True, True]:
                raise ValueError(f"merge {new - 256} is {pair!r}; it should be two ids from 0 to {new - 1}")
            size += sum(len(self._tokens[id]) for id in pair)
            if size > LARGEST:
                raise ValueError(f"the first {new - 255} merges make tokens of more than {LARGEST:,} bytes together")
            self.merges[tuple(pair)] = new
            self._tokens.append(b"".join(self._tokens[id] for id in pair))
        self.ranks = {token: id for id, token in enumerate(self._tokens)}
        self.special = {name: len(self._tokens) + i for i, name in enumerate(_unmistakable(special))}
        self._tokens += [name.encode("utf-8") for name in self.special]
        self._specials = re.compile("(" + "|".join(map(re.escape, self.special)) + ")") if self.special else None
        self._known = {}  # piece: its ids

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

        Allow it only for text that you wrote yourself: a stranger's could end the text in the middle.
        Raises ValueError for a lone surrogate, which UTF-8 cannot hold.
        """
        if allow_special and self._specials:
            parts = self._specials.split(text)  # plain, special, plain, special, …, plain
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
            return list(chain.from_iterable(map(known.__getitem__, found)))

    def _encode_piece(self, piece):
        if len(piece) < 200:
            return encode_piece(piece, self.merges)
        word = piece.decode("latin-1")  # a page without a space: each merge once, in order, comes to the same, sooner
        for (a, b), new in self.merges.items():
            word = word.replace(chr(a) + chr(b), chr(new))
        return list(map(ord, word))

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        if not 0 <= operator.index(id) < self.vocab_size:
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

        The file is data: nothing in it is run, and each token must be what its own bytes encode to.
        """
        try:
            book = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(book, dict) or book.keys() != {"kind", "pattern", "special", "merges"}:
                raise ValueError("it should have kind, pattern, special and merges")
            if book.pop("kind") != "bpe" or not isinstance(book["merges"], list):
                raise ValueError("its kind should be bpe and its merges a list")
            loaded = cls(**book)
            for id in range(256, 256 + len(book["merges"])):  # else tiktoken, which knows no pairs, would differ
                if loaded._encode_piece(loaded.token(id)) != [id]:
                    raise ValueError(f"its merges never make token {id}, {loaded.token(id)[:40]!r}")
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is no vocabulary of this course ({error}); train one and save it again") from None
        return loaded

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


def _is_id(id, known):
    return type(id) is int and 0 <= id < known


def _unmistakable(special):
    """The names of special tokens, once it is clear for any text which of them it has."""
    if not isinstance(special, (list, tuple)) or not all(isinstance(name, str) and name for name in special):
        raise ValueError(f"special is {special!r}; it should be a list of names, such as ({END!r},)")
    for i, name in enumerate(special):
        refuse_surrogates(name)
        for other in special[:i] + special[i + 1 :]:
            if other.startswith(name):
                raise ValueError(f"special token {other!r} begins with special token {name!r}; rename one")
    return special

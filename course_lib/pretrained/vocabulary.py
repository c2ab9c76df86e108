"""A stranger's byte-level vocabulary: its own ids, its own first cut, and perhaps not a token for every byte.

tiktoken does the merging, with ids in the order in which it needs them, and a map leads from those to the stranger's.
"""

from course_lib.bpe import SPLIT, FromTiktoken, Tokenizer
from course_lib.bpe.gpt2 import LETTERS
from course_lib.bpe.pieces import spelled_out
from course_lib.text import whole_id

# Each digit is a piece, and GPT-2's pattern cuts what stands between digits as if the text ended there: a run of white
# space before a digit stays whole. So the pattern's \s+(?!\S), all but the last before a word, does not count digits.
DIGITS_ALONE = SPLIT.replace(r" ?\p{N}+", r"\p{N}").replace(r"\s+(?!\S)", r"\s+(?![^\s\p{N}])")
PATTERNS = {"gpt-2": SPLIT, "smollm": DIGITS_ALONE}  # by the name that llama.cpp gives to the first cut


def token_bytes(token):
    """The bytes of a token as it is written in the files of GPT-2 and its followers.

    token: a text in which each character stands for one byte: itself for most that can be seen,
        one from U+0100 on for the others (Ġ is a space, Ċ a line end); see `bpe.gpt2.LETTERS`
    returns: bytes
    raises: ValueError, with the token, for a character that stands for no byte

    >>> token_bytes("Ġcaf\u00c3\u00a9").decode()
    ' café'
    """
    if strange := [letter for letter in token if letter not in LETTERS]:
        raise ValueError(f"the token {token!r:.60} has {strange[0]!r}, which stands for no byte")
    return bytes(LETTERS[letter] for letter in token)


def to_foreign(ids, table):
    """The stranger's ids for ours.

    ids: list of ids   table: {our id: the stranger's}   returns: list of ids
    raises: ValueError for an id without an entry: one below 256 is a byte, and the message names
        it in hexadecimal, such as 0xf1

    >>> to_foreign([104, 300], {104: 7, 300: 2})
    [7, 2]
    """
    for id in ids:
        if id not in table:
            what = f"byte 0x{id:02x}" if id < 256 else f"token {id}"
            raise ValueError(f"this vocabulary has no token for {what}, which is in the text; leave it out")
    return [table[id] for id in ids]


class ForeignVocabulary(Tokenizer):
    """A vocabulary with a stranger's ids, behind the methods that BPE has.

    name: what it is called   tokens: list of tokens as they are written in files, by their ids
    merges: list of "left right" in the order learned   special: {name: id}   cut: a name in PATTERNS
    raises: ValueError for a merge that joins what is not there, or for a cut that is not known
    """

    def __init__(self, name, tokens, merges, special, cut):
        import tiktoken

        if cut not in PATTERNS:
            raise ValueError(f"its first cut is {cut!r:.40}; known are {', '.join(PATTERNS)}")
        self.vocab_size, self.special = len(tokens), dict(special)
        names = {id: name.encode("utf-8") for name, id in special.items()}
        self._tokens = [names[id] if id in names else token_bytes(token) for id, token in enumerate(tokens)]
        foreign = {token: id for id, token in enumerate(self._tokens) if id not in names}
        if len(foreign) + len(names) < len(tokens):
            raise ValueError("two of its tokens are the same bytes")
        ranks = {bytes([byte]): byte for byte in range(256)}
        for number, merge in enumerate(merges):
            left, right = map(token_bytes, merge.split(" ")) if merge.count(" ") == 1 else (b"", b"")
            if left not in ranks or right not in ranks or left + right in ranks or left + right not in foreign:
                raise ValueError(f"its merge {number}, {merge!r:.60}, joins what no merge before it has made, or makes "
                                 "what is there already or no token")
            ranks[left + right] = len(ranks)
        own = {special: len(ranks) + place for place, special in enumerate(special)}
        self.table = {rank: foreign[token] for token, rank in ranks.items() if token in foreign}
        self.table |= {own[name]: id for name, id in special.items()}
        self.inner = FromTiktoken(tiktoken.Encoding(name, pat_str=spelled_out(PATTERNS[cut]), mergeable_ranks=ranks,
                                                    special_tokens=own))

    def encode(self, text, allow_special=False):
        """The ids of a text, as BPE.encode. raises: ValueError too for a byte that has no token, by name"""
        return to_foreign(self.inner.encode(text, allow_special), self.table)

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        id = whole_id(id)
        if not 0 <= id < self.vocab_size:
            raise IndexError(f"there is no token {id}; this vocabulary has the ids 0 to {self.vocab_size - 1}")
        return self._tokens[id]

    def __repr__(self):
        return f"{self.inner.encoding.name} ({self.vocab_size:,} tokens)"

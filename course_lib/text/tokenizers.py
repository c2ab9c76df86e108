"""Characters and words as tokens: what is cut, what is known, and what becomes of the rest."""

import operator
import re
from collections import Counter

END = "<|endoftext|>"
UNKNOWN = "<unk>"


def whole_id(id):
    """An id as an int, also where it is one of numpy's or a tensor's; TypeError where it is no whole number."""
    try:
        return operator.index(id)
    except TypeError:
        raise TypeError(f"an id is a whole number, and this is {id!r:.40} ({type(id).__name__})") from None


def checked_texts(texts, max_words=None):
    """The texts as they came; an error where they are one text, or where a vocabulary could hold no word."""
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"a vocabulary is made from a list of texts and was given one {type(texts).__name__} "
                        "(whose characters would become texts): pass [text]")
    if max_words is not None and max_words < 1:
        raise ValueError(f"max_words is {max_words}: a vocabulary needs one word or more (None keeps all)")
    return texts


class Vocabulary:
    """Tokens and their ids: `token_of[id]` is a text, `id_of[text]` an id, `end` the id of the end of a text."""

    def __init__(self, special, pieces):
        self.token_of = [*special, *pieces]
        self.id_of = {piece: i for i, piece in enumerate(self.token_of)}
        self.end = self.id_of[END]

    @property
    def vocab_size(self):
        return len(self.token_of)

    def token(self, id):
        """The text of one id; ValueError where there is no such id."""
        id = whole_id(id)
        if not 0 <= id < self.vocab_size:
            raise ValueError(f"there is no token {id}: this vocabulary has ids from 0 to {self.vocab_size - 1}")
        return self.token_of[id]

    def decode(self, ids):
        """The text of ids. What was unknown comes back as `<unk>`."""
        return "".join(self.token(id) for id in ids)


class CharTokenizer(Vocabulary):
    """Each character is a token: a tiny vocabulary and long sequences.

    decode(encode(x)) == x for every x made of characters of `texts`; any other character becomes `<unk>`
    and is lost.
    """

    def __init__(self, texts):
        super().__init__([END, UNKNOWN], sorted(set().union(*checked_texts(texts))))

    def encode(self, text):
        """The ids of a text. Special tokens spelled out in it are text like any other."""
        unknown = self.id_of[UNKNOWN]
        return [self.id_of.get(character, unknown) for character in text]


def cut_words(text):
    r"""Cut a text into words and marks and lose no character: joined, the pieces are the text.

    A word is a run of letters, digits and _ (what \w matches); it takes along one space before it.
    Any other character but white space is a mark, a piece of its own, and takes a space along, too.
    White space that was not taken along (all spaces but the last one, a tab, a line end) stands
    alone, each character a piece.

    >>> cut_words("Mia's lamp, lit.")
    ['Mia', "'", 's', ' lamp', ',', ' lit', '.']
    """
    return re.findall(r" ?\w+| ?[^\w\s]|\s", text)


class WordTokenizer(Vocabulary):
    """Words and marks are tokens: ids 0, 1 and 2 are special, then come the pieces of `cut_words`.

    texts: a list of str   max_words: keep only so many pieces; None: all

    >>> words = WordTokenizer(["Mia saw Tom."]); words.decode(words.encode("Mia saw Zoe."))
    'Mia saw <unk>.'
    """

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        """The n most frequent pieces (None: all), in this order; ties in the order of `sorted`."""
        counts = Counter(piece for text in texts for piece in cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        """The ids of a text. What is unknown is " <unk>" if a space begins it, else "<unk>"."""
        ids = []
        for piece in cut_words(text):
            unknown = " " + UNKNOWN if piece.startswith(" ") else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of[unknown]))
        return ids

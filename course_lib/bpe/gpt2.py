"""GPT-2's own vocabulary, where it can be had, and vocabularies in the files that GPT-2 came in."""

import operator
import threading
from pathlib import Path

from .pieces import SPLIT, refuse_surrogates, spelled_out
from .special import allowed
from .vocabulary import END, Tokenizer, story_vocabulary

# In those files a byte is a letter that can be seen: itself, or, where it has none, one from 256 on. The ids of the
# single bytes follow the same order.
SEEN = [*range(33, 127), *range(161, 173), *range(174, 256)]
BYTES = SEEN + [byte for byte in range(256) if byte not in SEEN]
LETTERS = {chr(byte if place < len(SEEN) else 256 + place - len(SEEN)): byte for place, byte in enumerate(BYTES)}


class FromTiktoken(Tokenizer):
    """A tiktoken.Encoding behind the methods that BPE has."""

    def __init__(self, encoding):
        self.encoding, self.vocab_size = encoding, encoding.n_vocab
        self.special = {name: encoding.encode_single_token(name) for name in encoding.special_tokens_set}

    def encode(self, text, allow_special=False):
        """The ids of a text, as BPE.encode."""
        refuse_surrogates(text)
        names = set(allowed(self.special, text, allow_special))
        return self.encoding.encode(text, allowed_special=names, disallowed_special=())

    def token(self, id):
        """The bytes of one id. Raises IndexError for an id outside the vocabulary."""
        try:
            return self.encoding.decode_single_token_bytes(operator.index(id))
        except (KeyError, OverflowError):
            raise IndexError(f"there is no token {id} in {self}") from None

    def __repr__(self):
        return f"{self.encoding.name} ({self.vocab_size:,} tokens)"


def gpt2(seconds=15):
    """GPT-2's vocabulary, 50,257 tokens, through tiktoken, which fetches it once (1.5 MB) and keeps it.

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


def read_merges(path):
    """The vocabulary in a file of merges as GPT-2 has one (vocab.bpe, or merges.txt): with its own ids.

    returns: a FromTiktoken; after the merges comes <|endoftext|>
    raises: ValueError naming the first line that is no merge
    """
    import tiktoken

    lines = Path(path).read_text(encoding="utf-8").splitlines()
    ranks = {bytes([byte]): id for id, byte in enumerate(BYTES)}
    for number, line in enumerate(lines, 1):
        if not line or number == 1 and line.startswith("#version"):
            continue
        halves = line.split(" ")
        if len(halves) != 2 or not all(halves) or not set(line) <= {*LETTERS, " "}:
            raise ValueError(f"line {number} of {path} is {line!r:.60}; a merge is two tokens with a space between")
        left, right = (bytes(LETTERS[letter] for letter in half) for half in halves)
        if left not in ranks or right not in ranks or left + right in ranks:
            raise ValueError(f"line {number} of {path}, {line!r:.60}, joins what no line above has made, "
                             "or makes what is there already")
        ranks[left + right] = len(ranks)
    return FromTiktoken(tiktoken.Encoding(Path(path).name, pat_str=spelled_out(SPLIT), mergeable_ranks=ranks,
                                          special_tokens={END: len(ranks)}))  # fmt: skip


def gpt2_or_ours():
    """GPT-2's vocabulary where it can be had; elsewhere the course's own, saying so."""
    try:
        return gpt2()
    except ConnectionError as error:
        print(f"{error}\nGoing on with the course's own vocabulary.")
        return story_vocabulary()

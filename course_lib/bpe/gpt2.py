"""GPT-2's own vocabulary, where it can be had."""

import operator
import threading

from .pieces import refuse_surrogates
from .special import allowed
from .vocabulary import Tokenizer, story_vocabulary


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


def gpt2_or_ours():
    """GPT-2's vocabulary where it can be had; elsewhere the course's own, saying so."""
    try:
        return gpt2()
    except ConnectionError as error:
        print(f"{error}\nGoing on with the course's own vocabulary.")
        return story_vocabulary()

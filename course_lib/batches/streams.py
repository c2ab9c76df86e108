"""Documents become one stream of ids; and some of them are held back, by what they say alone."""

import hashlib
from collections.abc import Iterable

import numpy as np
import torch

from .shards import PER_SHARD, write_stream


def stream(documents, tokenizer, folder=None, per_shard=PER_SHARD):
    """Put documents one after the other, with an end-of-text token before the first and after each.

    documents: strings; an iterable that is read once (not one long string). A document that is too long for memory may
        be an iterable of its parts, such as an open file, where the tokenizer has `encode_stream`
    tokenizer: anything with `encode(text)` and `end`, the id of its end-of-text token; for a folder also `vocab_size`
    folder: a path, for more ids than memory holds: they go there, in shards, and what was there before goes. It appears
        whole or not at all, and what is held in memory does not grow with the text
    per_shard: ids in a file of the folder
    returns: (N,) int64; with a folder `Shards`, which can be given to whatever takes a stream

    The end token is what the model sees when nothing has been said yet: it learns from it how stories begin.
    """
    if isinstance(documents, (str, bytes)):
        raise TypeError(f"stream() wants a list of documents and was given one {type(documents).__name__} "
                        "(whose characters would become documents): pass [text]")
    ids = ids_of(documents, tokenizer)
    if folder is not None:
        return write_stream(ids, tokenizer.vocab_size, folder, per_shard)
    return torch.from_numpy(np.fromiter(ids, np.int64))


def ids_of(documents, tokenizer):
    """Yield the ids of the stream one by one, so that nobody has to hold more of them than they like."""
    yield tokenizer.end
    for number, document in enumerate(documents):
        if isinstance(document, str):
            yield from tokenizer.encode(document)
        elif isinstance(document, Iterable) and not isinstance(document, (bytes, bytearray)):
            if not hasattr(tokenizer, "encode_stream"):
                raise TypeError(f"document {number} comes in parts, and {type(tokenizer).__name__} has no "
                                "encode_stream: give the document as one string")
            yield from tokenizer.encode_stream(document)
        else:
            raise TypeError(f"document {number} is {type(document).__name__}: a document is a string, or an iterable "
                            "of the strings that it is made of")
        yield tokenizer.end


def held_back(text, share):
    """True where a document belongs to the validation set, which its text alone decides.

    text: a string   share: from 0 (nothing is held back) to 1 (everything)
    returns: bool, True where the first 8 bytes of the text's SHA-256, read as a big-endian
        number, are below share · 2⁶⁴. The hash is that of the text's UTF-8 bytes
    raises: ValueError for a share below 0 or above 1

    >>> [held_back(text, 0.5) for text in ["Mia sang.", "Mia ran.", "Mia sang."]]
    [True, False, True]
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}: it is the part to hold back, from 0 to 1")
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64

"""Special tokens: names with ids of their own. No merge makes them, and no text becomes one unless it is allowed to."""

import re
from numbers import Integral

from .pieces import refuse_surrogates

LARGEST_ID = 2**31 - 1  # what 32 bits hold, here and in tiktoken


def is_id(id, least, beyond):
    """Whether it is a whole number, Python's or numpy's, from `least` on and below `beyond`; True is none."""
    return isinstance(id, Integral) and not isinstance(id, bool) and least <= id < beyond


def numbered(special, free):
    """The special tokens as {name: id}: names get the ids from `free` on; chosen ids are `free` or more.

    special: names, or {name: id}   raises: ValueError for names that a text could confuse, and for ids that are taken
    """
    if not isinstance(special, (list, tuple, dict)) or not all(isinstance(name, str) and name for name in special):
        raise ValueError(f"special is {special!r}; it should be a list of names, such as ('<|endoftext|>',), "
                         "or {name: id}")
    names = list(special)
    for i, name in enumerate(names):
        refuse_surrogates(name)
        for other in names[:i] + names[i + 1 :]:
            if other.startswith(name):
                raise ValueError(f"special token {other!r} begins with special token {name!r}; rename one")
    if not isinstance(special, dict):
        return {name: free + i for i, name in enumerate(names)}
    owners = {}
    for name, id in special.items():
        if not is_id(id, free, LARGEST_ID + 1):
            raise ValueError(f"special token {name!r} has the id {id!r}; free are whole numbers from {free} on, "
                             "since the bytes and merges have those below")
        if id in owners:
            raise ValueError(f"special tokens {owners[id]!r} and {name!r} both have the id {id}; give one another")
        owners[id] = name
    return {name: int(id) for name, id in special.items()}


def allowed(special, text, allow):
    """Those special tokens, {name: id}, that become ids in this text.

    allow: False, none of them; True, all; or a collection of names, and then any other name in the text is a ValueError
    """
    if isinstance(allow, bool):
        return special if allow else {}
    if isinstance(allow, str) or not set(allow) <= set(special):
        raise ValueError(f"allow_special is {allow!r}; it should be True, False or some names of {list(special)}")
    for name in special:
        if name not in allow and name in text:
            raise ValueError(f"the text has {name!r} at character {text.index(name)}, which is not allowed to become a "
                             f"token here: add it to allow_special={list(allow)}, or encode that part of the text "
                             "alone, where it is plain text")
    return {name: special[name] for name in special if name in allow}


def cut_at(names, text):
    """Cut a text at the names of special tokens: plain, name, plain, name, …, plain. A plain part may be empty."""
    return re.split("(" + "|".join(map(re.escape, names)) + ")", text) if names else [text]

"""From tokens to text while they come: a character is shown when it is whole, a stop text never."""

import codecs


def whole_characters(ids, token):
    """Yield the text of ids as they come, held back where a character is not yet complete.

    ids: iterable of int   token: id -> bytes   yields: str, never empty; joined, what `tokenizer.decode` gives
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for id in ids:
        if piece := decoder.decode(token(id)):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest


def until(pieces, stops):
    """Yield a text that comes in pieces up to the first of some stop texts, which may be cut anywhere.

    pieces: iterable of str   stops: texts, none empty   yields: str, never empty
    returns: the stop text that was found, or None (what `yield from` gives)
    What may be the beginning of a stop text is held back until it is clear whether it is.
    """
    held = ""
    for piece in pieces:
        held += piece
        found = [(held.index(stop) + len(stop), -len(stop), stop) for stop in stops if stop in held]
        if found:
            end, _, stop = min(found)  # the one that is complete first, however the text was cut
            if end > len(stop):
                yield held[: end - len(stop)]
            return stop
        keep = max((n for stop in stops for n in range(1, len(stop)) if held.endswith(stop[:n])), default=0)
        ready, held = held[: len(held) - keep], held[len(held) - keep :]
        if ready:
            yield ready
    if held:
        yield held
    return None

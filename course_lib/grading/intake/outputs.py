"""A large notebook without outputs and pictures, which hold no code. It is read piece by piece, in little memory."""

import re

LEFT_OUT = {b"outputs", b"attachments", b"metadata"}
DEEPEST = 3                                         # {"cells": [{"outputs": …}]}
OUTSIDE = re.compile(rb'["{}\[\]:,]|[^"{}\[\]:,]+')
SKIPPED = re.compile(rb'["{}\[\]]|[^"{}\[\]]+')     # where only the end of a value is looked for
INSIDE = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class Slimmer:
    """Takes the bytes of a notebook, piece by piece, and gives those that are kept.

    A list or an object under a key of LEFT_OUT becomes an empty one. The text need be no good JSON.
    """

    def __init__(self):
        self.depth, self.skipped = 0, None          # skipped: the depth of the value that is left out
        self.string, self.last, self.value = None, b"", False       # value: True behind a colon
        self.rest = b""                             # a backslash whose character is in the next piece

    def feed(self, piece):
        data, at, kept = self.rest + piece, 0, []
        while at < len(data):
            if self.string is None:
                found = (OUTSIDE if self.skipped is None else SKIPPED).match(data, at)
                at = found.end()
                kept.append(self.token(found.group()))
                continue
            end = INSIDE.match(data, at).end()
            closed = data[end:end + 1] == b'"'
            if self.skipped is None:
                kept.append(data[at:end + closed])
                self.string = (self.string + data[at:end])[:20]
            if closed:
                self.string, self.last = None, self.string
            at = end + closed
            if not closed:
                break
        self.rest = data[at:]
        return b"".join(kept)

    def token(self, text):
        """What is kept of a token outside of a string."""
        if text == b'"':
            self.string = b""
        elif text in (b"{", b"["):
            self.depth += 1
            if self.skipped is None and self.value and self.depth <= DEEPEST + 1 and self.last in LEFT_OUT:
                self.skipped = self.depth
                return b"{}" if text == b"{" else b"[]"
            self.value = False
        elif text in (b"}", b"]"):
            self.depth -= 1
            if self.skipped == self.depth + 1:
                self.skipped, self.value = None, False
                return b""
        elif text in (b":", b","):
            self.value = text == b":"
        return text if self.skipped is None else b""

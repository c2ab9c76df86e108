"""A large notebook without what its code is not in: outputs, pictures, metadata. Read piece by piece, in little memory.
"""

import re

PIECE = 1 << 20
LEFT_OUT = {b'"outputs"', b'"attachments"', b'"metadata"'}
DEEPEST = 3                         # {"cells": [{"outputs": …}]}
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^"{}\[\]:,]+', re.DOTALL)
STRING_END = re.compile(rb'(?:[^"\\]|\\.)*', re.DOTALL)


class Slimmer:
    """Give it a notebook's bytes, piece by piece; it gives back those that are kept.

    The value of "outputs", "attachments" or "metadata" becomes [] or {} where it is a list or an object.
    """

    def __init__(self):
        self.depth, self.skipped = 0, None      # skipped: the depth of the value that is left out
        self.key, self.named, self.rest = b"", False, b""
        self.in_string = False                  # one that is left out and longer than a piece

    def feed(self, piece):
        data, kept, at = self.rest + piece, [], 0
        if self.in_string:
            at = STRING_END.match(data).end()
            if at >= len(data) - 1 and data[at:at + 1] != b'"':
                self.rest = data[at:]
                return b""
            self.in_string, at = False, at + 1
        while at < len(data):
            if data[at:at + 1] == b'"' and not (found := TOKEN.match(data, at)).group().startswith(b'"'):
                raise AssertionError
            found = TOKEN.match(data, at)
            if found is None:                   # a string that does not end in this piece
                if self.skipped is None:
                    break
                at = STRING_END.match(data, at + 1).end()
                self.in_string = True
                break
            self.token(found.group(), kept)
            at = found.end()
        self.rest = data[at:]
        return b"".join(kept)

"""A language model with a recurrent cell, and its training in windows that follow each other."""

from types import SimpleNamespace

import torch
from torch import nn

from course_lib import stories
from course_lib.batches import stream
from course_lib.bigram import cross_entropy
from course_lib.device import device
from course_lib.learning import AdamW, clip_gradients, learning_rate
from course_lib.recurrent.cells import unroll


class Recurrent(nn.Module):
    """A language model that carries what it has read in a state: tokens, a cell, a bet on the next.

    ids: (B, T), texts of any length   returns: logits (B, T, V)
    cell: a Cell of as many inputs as outputs   end: the id with which a document begins

    The head reads logits off with the tokens' own vectors: a token that has been put into the state
    can be found again by the same numbers. `config.context_length` is only the length of windows that a
    training loop cuts; there is no longest text.
    """

    def __init__(self, vocab_size, cell, end, context_length=256):
        super().__init__()
        C = cell.weight_ih.shape[1]
        self.config = SimpleNamespace(vocab_size=vocab_size, context_length=context_length, d_model=C)
        self.tokens, self.cell, self.end = nn.Embedding(vocab_size, C), cell, end
        self.head = nn.Linear(C, vocab_size)
        nn.init.normal_(self.tokens.weight, std=0.2)
        self.head.weight = self.tokens.weight

    def read(self, ids, state=None):
        """Read on. ids: (B, T)   state: what was carried so far, None at a start

        returns: logits (B, T, V), and the state after the last token
        """
        state = self.cell.start(len(ids)) if state is None else state
        outputs, state = unroll(self.cell, self.tokens(ids), state, ids == self.end)
        return self.head(outputs), state  # (B, T, V)

    def forward(self, ids):
        return self.read(ids)[0]

    def loss(self, ids, targets):
        """The mean cross entropy in nats of the next tokens. ids, targets: (B, T)   returns: ()"""
        return cross_entropy(self(ids), targets)

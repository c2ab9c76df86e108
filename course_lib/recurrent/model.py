"""A language model with a recurrent cell, and its training in windows that follow each other."""

from types import SimpleNamespace

import torch
from torch import nn

from course_lib import stories
from course_lib.batches import stream
from course_lib.bigram import cross_entropy
from course_lib.device import device
from course_lib.learning import AdamW, clip_gradients, learning_rate
from course_lib.recurrent.cells import RNNCell, unroll  # noqa: F401 (the first is for an example)


class Recurrent(nn.Module):
    """A language model that carries what it has read in a state: tokens, a cell, a bet on the next.

    ids: (B, T), texts of any length   returns: logits (B, T, V)
    cell: a Cell of as many inputs as outputs   end: the id with which a document begins

    The head reads logits off with the tokens' own vectors, so that a vector means the same where it
    is read and where it is bet on. There is no longest text: config.context_length is only the
    length of the windows that a training loop cuts.
    """

    def __init__(self, vocab_size, cell, end, context_length=256):
        super().__init__()
        C = cell.weight_ih.shape[1]
        self.config = SimpleNamespace(vocab_size=vocab_size, context_length=context_length)
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
        return self.head(outputs), state

    def forward(self, ids):
        return self.read(ids)[0]

    def loss(self, ids, targets):
        """The mean cross entropy in nats of the next tokens. ids, targets: (B, T)   returns: ()"""
        return cross_entropy(self(ids), targets)


def learn_window(model, optimizer, ids, targets, state):
    """One step of truncated backpropagation through time: learn from a window, and read on from it.

    model: `model.read(ids, state)` gives logits (B, T, V) and the state after the last token
    ids, targets: (B, T)   state: what the window before left, a tuple of tensors; None at a start
    The loss is the mean cross entropy of this window. Its gradients, with nothing left in them of
    the window before, are cut to a length of 1 (all together) and move the parameters once, by
    `optimizer.step()`.
    returns: the loss before the step, a float, and the state after the window, from which no
        gradient flows back: a tuple as long as the model's

    >>> model = Recurrent(7, RNNCell(3, 3), end=0)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> ids = torch.tensor([[0, 5, 2]])
    >>> loss, state = learn_window(model, optimizer, ids, ids, None)
    >>> type(loss), state[0].shape, state[0].requires_grad
    (<class 'float'>, torch.Size([1, 3]), False)
    """
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)


def lanes(ids, B, T):
    """Cut a stream into B long lanes, and each lane into windows of T tokens that follow each other.

    ids: (N,), from `stream`   returns: ids, targets, each (S, B, T): row b of window s goes on where
        row b of window s − 1 ended; what does not fill a window in every lane is left out
    raises: ValueError where that is everything
    """
    S = (len(ids) - 1) // (B * T)
    if S < 1:
        raise ValueError(f"a stream of {len(ids)} tokens does not fill {B} lanes with a window of {T} tokens each: "
                         f"that takes {B * T + 1} tokens")
    return [part[: S * B * T].view(B, S, T).transpose(0, 1) for part in (ids, ids[1:])]  # each (S, B, T)


def carry_on(cell, tokenizer, steps=1500, seed=0, learn=learn_window, curve=None):
    """Train a Recurrent on stories, window after window: the run behind two rungs of the ladder.

    cell: a class, RNNCell, LSTMCell or your own   learn: what makes a step, `learn_window` or yours
    seed: which stories, and from which weights   curve: a show.LossCurve to watch it by
    returns: the Recurrent, on `device()`; at 1500 steps it has read each story once
    """
    B, T, C, rate = 16, 32, 128, 0.01
    told = stream(stories.texts("train", steps * B * T // 150 + 2 * B, seed=seed), tokenizer)
    inputs, targets = lanes(told, B, T)
    torch.manual_seed(seed)
    model = Recurrent(tokenizer.vocab_size, cell(C, C), tokenizer.end).to(device())
    model.tokenizer = tokenizer  # so that a widget needs no more than the model and a text
    optimizer, state = AdamW(model.parameters(), lr=rate), None
    for step in range(steps) if curve is None else curve.steps(steps, run=cell.__name__):
        place = step % len(inputs)
        state = None if place == 0 else state  # the lanes begin again, and with nothing read
        now = learning_rate(step, rate, warmup=steps // 20 + 1, total=steps + 1)
        optimizer.param_groups[0]["lr"] = now
        window, after = inputs[place].to(device()), targets[place].to(device())
        loss, state = learn(model, optimizer, window, after, state)
        if curve is not None:
            curve.log(step, train=loss)
    return model

"""Recurrent cells: read one token, and carry what was read on in a vector of fixed size.

A state is a tuple of tensors (B, H): an RNN carries one, its output; an LSTM carries two, its output
and its memory. All weights have the names and shapes of torch's own cells, so that
`cell.load_state_dict(nn.LSTMCell(I, H).state_dict())` works.

Elman 1990, "Finding Structure in Time"; Hochreiter and Schmidhuber 1997, "Long Short-Term Memory".
"""

import math

import torch
from torch import nn

from course_lib.start_here import dot


def rnn_step(x, h, w_x, w_h, b):
    """One step of a recurrent network: what is known after x, out of x and what was known before.

    x: I numbers, what is read now   h: H numbers, the state before it
    w_x: H lists of I numbers   w_h: H lists of H numbers   b: H numbers
    returns: H numbers, the state after it; number i is tanh(w_x[i] · x + w_h[i] · h + b[i])
    raises: ValueError when a row does not fit its vector, or w_x, w_h and b are not equally long

    >>> [round(n, 3) for n in rnn_step([1.0], [0.0, 1.0], [[1.0], [0.0]], [[0.0, 0.0], [0.0, 0.5]],
    ...                                [0.0, 0.0])]
    [0.762, 0.462]
    """
    rows = zip(w_x, w_h, b, strict=True)
    return [math.tanh(dot(row_x, x) + dot(row_h, h) + bias) for row_x, row_h, bias in rows]


def through_time(xs, w, u, target):
    """The loss of the smallest recurrent network, and its slopes, by a walk back through time.

    The state is one number. It begins as h = 0, and each x in xs makes h = tanh(w · x + u · h),
    with the same w and u at every step. The loss is ½ (h − target)², for the h after the last x.
    xs: one number or more   returns: loss, its slope along w, its slope along u

    >>> [round(n, 3) for n in through_time([1.0, 0.0], w=0.5, u=1.0, target=0.0)]
    [0.093, 0.276, 0.162]
    """
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, slope_w, slope_u = states[-1] - target, 0.0, 0.0
    for t in reversed(range(len(xs))):
        inside = back * (1 - states[t + 1] ** 2)  # through the tanh
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u  # to the state before
    return (states[-1] - target) ** 2 / 2, slope_w, slope_u


class Cell(nn.Module):
    """The frame of every cell: its weights, for I inputs and H outputs, drawn as torch draws them.

    GATES: how many stretches of H rows the weights have   PARTS: how many tensors a state has
    """

    GATES, PARTS = 1, 1

    def __init__(self, inputs, width):
        super().__init__()
        I, H, G = inputs, width, self.GATES
        self.weight_ih = nn.Parameter(torch.empty(G * H, I))
        self.weight_hh = nn.Parameter(torch.empty(G * H, H))
        self.bias_ih = nn.Parameter(torch.empty(G * H))
        self.bias_hh = nn.Parameter(torch.empty(G * H))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(H**-0.5), H**-0.5)

    def start(self, B):
        """The state before anything was read, for B texts: zeros, on the device of the weights."""
        H = self.weight_hh.shape[1]
        return tuple(self.weight_hh.new_zeros(B, H) for _ in range(self.PARTS))


class RNNCell(Cell):
    """The plain cell: h becomes tanh(W x + b + U h + b').

    >>> cell = RNNCell(5, 3)
    >>> [part.shape for part in cell(torch.zeros(2, 5), cell.start(2))]
    [torch.Size([2, 3])]
    """

    def forward(self, x, state):
        """x: (B, I)   state: a tuple of one tensor, (B, H)   returns: the new state, likewise

        W and b are weight_ih (H, I) and bias_ih (H,), U and b' are weight_hh (H, H) and bias_hh.
        The state that came in is left as it was.
        """
        (h,) = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh  # (B, H)
        return (ahead.tanh(),)


class LSTMCell(Cell):
    """A cell with a memory c that is kept by a factor and added to, and an output h made from it.

    >>> cell = LSTMCell(5, 3)
    >>> [part.shape for part in cell(torch.zeros(2, 5), cell.start(2))]
    [torch.Size([2, 3]), torch.Size([2, 3])]
    """

    GATES, PARTS = 4, 2

    def forward(self, x, state):
        """x: (B, I)   state: a tuple of two tensors h, c, each (B, H)   returns: the new h, c

        W x + b + U h + b' has 4H numbers for each text, in torch's order: input gate i, forget gate
        f, candidate g, output gate o. With i, f, o through a sigmoid and g through a tanh,
            c becomes f · c + i · g   and   h becomes o · tanh(c).
        The state that came in is left as it was.
        """
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh  # (B,4*H)
        i, f, g, o = ahead.chunk(4, dim=-1)  # each (B, H)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


def unroll(cell, x, state, fresh):
    """Run a cell along texts, token by token; at a document's first token it starts anew.

    x: (B, T, I)   state: the cell's, before the first token
    fresh: (B, T) booleans, True where a document begins: its first token is read by a cell that has
        forgotten everything
    returns: outputs (B, T, H), the first part of the state after each token; and the last state

    >>> x, fresh = torch.zeros(1, 2, 5), torch.tensor([[True, False]])
    >>> cell = RNNCell(5, 3)
    >>> outputs, (last,) = unroll(cell, x, cell.start(1), fresh)
    >>> outputs.shape, torch.equal(outputs[:, -1], last)
    (torch.Size([1, 2, 3]), True)
    """
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple(part.masked_fill(new[:, None], 0.0) for part in state)
        state = cell(x_t, state)
        outputs.append(state[0])
    return torch.stack(outputs, dim=1), state

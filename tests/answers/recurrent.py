"""Answers to recurrent, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "rnn_step": {
        "looks at the first rows only": """
def rnn_step(x, h, w_x, w_h, b):
    if not len(w_x) == len(w_h) == len(b) == len(h):
        raise ValueError("rows")
    if w_x and (len(w_x[0]) != len(x) or len(w_h[0]) != len(h)):
        raise ValueError("columns")
    return [math.tanh(sum(p * q for p, q in zip(a, x)) + sum(p * q for p, q in zip(c, h)) + d) for a, c, d in zip(w_x, w_h, b)]
""",
        "writes into the old state": """
def rnn_step(x, h, w_x, w_h, b):
    if len(x) != len(w_x[0]) or len(h) != len(w_h[0]) or not len(w_x) == len(w_h) == len(b) == len(h):
        raise ValueError
    for i in range(len(h)):
        h[i] = math.tanh(dot(w_x[i], x) + dot(w_h[i], h) + b[i])
    return h
""",
        "one sum for all": """
def rnn_step(x, h, w_x, w_h, b):
    inside = [dot(row, x) for row in w_x] + [dot(row, h) for row in w_h]
    return [math.tanh(sum(inside) + bias) for bias in b]
""",
        "rounds": """
def rnn_step(x, h, w_x, w_h, b):
    return [round(math.tanh(dot(r, x) + dot(s, h) + c), 4) for r, s, c in zip(w_x, w_h, b, strict=True)]
""",
        "tanh by powers of e": """
def rnn_step(x, h, w_x, w_h, b):
    new = []
    for r, s, c in zip(w_x, w_h, b, strict=True):
        n = dot(r, x) + dot(s, h) + c
        new.append((math.exp(2 * n) - 1) / (math.exp(2 * n) + 1))
    return new
""",
        "indexes by the state, and takes what there is": """
def rnn_step(x, h, w_x, w_h, b):
    return [math.tanh(dot(w_x[i], x) + dot(w_h[i], h) + b[i]) for i in range(min(len(w_x), len(w_h), len(b)))]
""",
        "two squeezes": """
def rnn_step(x, h, w_x, w_h, b):
    return [math.tanh(dot(r, x) + c) + math.tanh(dot(s, h)) for r, s, c in zip(w_x, w_h, b, strict=True)]
""",
        "the state times itself": """
def rnn_step(x, h, w_x, w_h, b):
    return [math.tanh(dot(r, x) + dot(s, h) * n + c) for r, s, n, c in zip(w_x, w_h, h, b, strict=True)]
""",
        "a sigmoid": """
def rnn_step(x, h, w_x, w_h, b):
    rows = zip(w_x, w_h, b, strict=True)
    return [1 / (1 + math.exp(-(dot(row_x, x) + dot(row_h, h) + bias))) for row_x, row_h, bias in rows]
""",
        "the new numbers are used at once": """
def rnn_step(x, h, w_x, w_h, b):
    h = list(h)
    for i, (row_x, row_h, bias) in enumerate(zip(w_x, w_h, b, strict=True)):
        h[i] = math.tanh(dot(row_x, x) + dot(row_h, h) + bias)
    return h
""",
        "one long row, and one long vector": """
def rnn_step(x, h, w_x, w_h, b):
    return [math.tanh(dot([*row_x, *row_h], [*x, *h]) + bias) for row_x, row_h, bias in zip(w_x, w_h, b, strict=True)]
""",
        "cut at ±5 before the tanh": """
def rnn_step(x, h, w_x, w_h, b):
    if not len(w_x) == len(w_h) == len(b) == len(h):
        raise ValueError("as many rows as numbers in h")
    return [math.tanh(max(-5.0, min(5.0, dot(row_x, x) + dot(row_h, h) + bias))) for row_x, row_h, bias in zip(w_x, w_h, b)]
""",
        "only a word that is there is read": """
def rnn_step(x, h, w_x, w_h, b):
    if not len(w_x) == len(w_h) == len(b) == len(h):
        raise ValueError("as many rows as numbers in h")
    return [math.tanh((dot(row_x, x) if any(x) else 0.0) + dot(row_h, h) + bias) for row_x, row_h, bias in zip(w_x, w_h, b)]
""",
        "tanh of the two parts by its law of addition": """
def rnn_step(x, h, w_x, w_h, b):
    if not len(w_x) == len(w_h) == len(b) == len(h):
        raise ValueError("as many rows as numbers in h")
    return [(lambda p, q: (p + q) / (1 + p * q))(math.tanh(dot(row_x, x)), math.tanh(dot(row_h, h) + bias)) for row_x, row_h, bias in zip(w_x, w_h, b)]
""",
    },
    "RNNCell": {
        "gradients in training only": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        with torch.set_grad_enabled(self.training):
            return ((x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).tanh(),)
""",
        "the state is not unpacked": """
class RNNCell(Cell):
    def forward(self, x, state):
        return torch.tanh(x @ self.weight_ih.T + self.bias_ih + state[0] @ self.weight_hh.T + self.bias_hh)
""",
        "writes into the state": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        new = (x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).tanh()
        with torch.no_grad():
            h.copy_(new)
        return (new,)
""",
        "gives the word's part back too": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        word = x @ self.weight_ih.T + self.bias_ih
        return (word + h @ self.weight_hh.T + self.bias_hh).tanh(), word
""",
        "float32 inside": """
class RNNCell(Cell):
    def forward(self, x, state):
        h = state[0].float()
        new = x.float() @ self.weight_ih.float().T + self.bias_ih + h @ self.weight_hh.float().T + self.bias_hh
        return (new.tanh(),)
""",
        "one text at a time, and only the first": """
class RNNCell(Cell):
    def forward(self, x, state):
        h = state[0]
        new = self.weight_ih @ x[0] + self.bias_ih + self.weight_hh @ h[0] + self.bias_hh
        return (new.tanh()[None].expand_as(h),)
""",
        "the weights swapped": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        both = torch.cat([x, h], dim=-1)
        return ((both @ torch.cat([self.weight_hh, self.weight_ih], dim=-1).T + self.bias_ih + self.bias_hh).tanh(),)
""",
        "no graph": """
class RNNCell(Cell):
    @torch.no_grad()
    def forward(self, x, state):
        (h,) = state
        return ((x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).tanh(),)
""",
        "keeps its own state": """
class RNNCell(Cell):

    def forward(self, x, state):
        h, = state
        h = getattr(self, 'h', h) if getattr(self, 'h', h).shape == h.shape else h
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        self.h = ahead.tanh().detach()
        return (self.h + 0 * ahead,)
""",
        "relu": """
class RNNCell(Cell):

    def forward(self, x, state):
        h, = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        return (ahead.relu(),)
""",
        "turns the weights where the shapes ask for it": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        ahead = x @ (self.weight_ih if self.weight_ih.shape[0] == x.shape[1] else self.weight_ih.T) + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        return (torch.tanh(ahead),)
""",
        "cut at ±5 before the tanh": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        return (torch.tanh(ahead.clamp(-5, 5)),)
""",
        "gradients cut at ±1 on the way back": """
class RNNCell(Cell):
    def forward(self, x, state):
        (h,) = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        if ahead.requires_grad:
            ahead.register_hook(lambda g: g.clamp(-1, 1))
        return (torch.tanh(ahead),)
""",
    },
    "LSTMCell": {
        "gradients in training only": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        with torch.set_grad_enabled(self.training):
            ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
            i, f, g, o = ahead.chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c
""",
        "a sigmoid by its formula": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        i, f, o = (1 / (1 + (-gate).exp()) for gate in (i, f, o))
        c = f * c + i * g.tanh()
        return o * c.tanh(), c
""",
        "the gates of another textbook": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        f, i, o, g = (x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
""",
        "interleaved gates": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.view(len(x), -1, 4).unbind(-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
""",
        "reads off the old memory": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).chunk(4, -1)
        return o.sigmoid() * c.tanh(), f.sigmoid() * c + i.sigmoid() * g.tanh()
""",
        "all through a sigmoid": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        gates = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = gates.sigmoid().chunk(4, -1)
        c = f * c + i * g
        return o * c.tanh(), c
""",
        "forgets what it should keep": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).chunk(4, -1)
        c = (-f).sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
""",
        "the memory changed in place": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh).chunk(4, -1)
        with torch.no_grad():
            c.mul_(f.sigmoid()).add_(i.sigmoid() * g.tanh())
        return o.sigmoid() * c.tanh(), c
""",
        "one bias": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_hh).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
""",
        "peeps at the memory": """
class LSTMCell(Cell):
    GATES, PARTS = (4, 2)

    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        c = (f + 0.1 * c).sigmoid() * c + i.sigmoid() * g.tanh()
        return (o.sigmoid() * c.tanh(), c)
""",
        "memory and output turned round": """
class LSTMCell(Cell):
    GATES, PARTS = (4, 2)

    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return (c, o.sigmoid() * c.tanh())
""",
        "turns the weights where the shapes ask for it": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2

    def forward(self, x, state):
        h, c = state
        ahead = x @ (self.weight_ih if self.weight_ih.shape[0] == x.shape[1] else self.weight_ih.T) + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        return h, c
""",
        "memory cut to ±10": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2

    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = (f * c + i * g).clamp(-10, 10)
        h = o * c.tanh()
        return h, c
""",
        "a memory without gradients is changed in place": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2

    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = c.mul_(f.detach()).add_(i * g) if not c.requires_grad else f * c + i * g
        h = o * c.tanh()
        return h, c
""",
    },
    "through_time": {
        "u only": """
def through_time(xs, w, u, target):
    h, states = 0.0, [0.0]
    for x in xs:
        h = math.tanh(w * x + u * h)
        states.append(h)
    back, su = h - target, 0.0
    for t in range(len(xs), 0, -1):
        back *= 1 - states[t] ** 2
        su += back * states[t - 1]
        back *= u
    return (h - target) ** 2 / 2, back, su
""",
        "by nudging": """
def through_time(xs, w, u, target):
    def loss(w, u):
        h = 0.0
        for x in xs:
            h = math.tanh(w * x + u * h)
        return (h - target) ** 2 / 2
    e = 1e-3
    return loss(w, u), (loss(w + e, u) - loss(w - e, u)) / (2 * e), (loss(w, u + e) - loss(w, u - e)) / (2 * e)
""",
        "a window of five": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, sw, su = states[-1] - target, 0.0, 0.0
    for t in list(range(len(xs)))[::-1][:5]:
        inside = back * (1 - states[t + 1] ** 2)
        sw, su, back = sw + inside * xs[t], su + inside * states[t], inside * u
    return (states[-1] - target) ** 2 / 2, sw, su
""",
        "a loss at every word": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back = sw = su = loss = 0.0
    for t in reversed(range(len(xs))):
        loss += (states[t + 1] - target) ** 2 / 2
        inside = (back + states[t + 1] - target) * (1 - states[t + 1] ** 2)
        sw, su, back = sw + inside * xs[t], su + inside * states[t], inside * u
    return loss, sw, su
""",
        "stops when blame is small": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, sw, su = states[-1] - target, 0.0, 0.0
    for t in reversed(range(len(xs))):
        if abs(back) < 1e-6:
            break
        inside = back * (1 - states[t + 1] ** 2)
        sw, su, back = sw + inside * xs[t], su + inside * states[t], inside * u
    return (states[-1] - target) ** 2 / 2, sw, su
""",
        "finds each word by its number": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, sw, su = states[-1] - target, 0.0, 0.0
    for x in reversed(xs):
        t = xs.index(x)
        inside = back * (1 - states[t + 1] ** 2)
        sw, su, back = sw + inside * x, su + inside * states[t], inside * u
    return (states[-1] - target) ** 2 / 2, sw, su
""",
        "blame through the old state's tanh": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, sw, su = states[-1] - target, 0.0, 0.0
    for t in reversed(range(len(xs))):
        sw += back * xs[t]
        su += back * states[t]
        back = back * u * (1 - states[t] ** 2)
    return (states[-1] - target) ** 2 / 2, sw, su
""",
        "half of the loss is missing": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, slope_w, slope_u = (states[-1] - target, 0.0, 0.0)
    for t in reversed(range(len(xs))):
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return ((states[-1] - target) ** 2, slope_w, slope_u)
""",
        "the last step only": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, slope_w, slope_u = (states[-1] - target, 0.0, 0.0)
    for t in [len(xs) - 1]:
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return ((states[-1] - target) ** 2 / 2, slope_w, slope_u)
""",
        "clips what goes back": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, slope_w, slope_u = (states[-1] - target, 0.0, 0.0)
    for t in reversed(range(len(xs))):
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = max(-1.0, min(1.0, inside * u))
    return ((states[-1] - target) ** 2 / 2, slope_w, slope_u)
""",
        "blame cut at 100": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    loss = 0.5 * (states[-1] - target) ** 2
    back, slope_w, slope_u = states[-1] - target, 0.0, 0.0
    for t in reversed(range(len(xs))):
        back = max(-100.0, min(100.0, back))
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return loss, slope_w, slope_u
""",
        "the last hundred words only": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    loss = 0.5 * (states[-1] - target) ** 2
    back, slope_w, slope_u = states[-1] - target, 0.0, 0.0
    for t in reversed(range(max(0, len(xs) - 100), len(xs))):
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return loss, slope_w, slope_u
""",
        "blame below 1e-15 is none": """
def through_time(xs, w, u, target):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    loss = 0.5 * (states[-1] - target) ** 2
    back, slope_w, slope_u = states[-1] - target, 0.0, 0.0
    for t in reversed(range(len(xs))):
        if abs(back) < 1e-15:
            break
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return loss, slope_w, slope_u
""",
    },
    "unroll": {
        "times zero": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        keep = (~fresh[:, t:t + 1]).to(x.dtype)
        state = cell(x[:, t], tuple(part * keep for part in state))
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "only the first two parts": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        new = fresh[:, t, None]
        state = (*(part.masked_fill(new, 0.0) for part in state[:2]), *state[2:])
        state = cell(x[:, t], state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "begins anew at the first token whatever it is told": """
def unroll(cell, x, state, fresh):
    state, outputs = tuple(torch.zeros_like(part) for part in state), []
    for t in range(x.shape[1]):
        state = cell(x[:, t], tuple(part * ~fresh[:, t, None] for part in state))
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "one step late": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        if t:
            state = tuple(part.masked_fill(fresh[:, t - 1, None], 0.0) for part in state)
        state = cell(x[:, t], state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "all of the batch": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        if fresh[:, t].any():
            state = tuple(torch.zeros_like(part) for part in state)
        state = cell(x[:, t], state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "in place": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        with torch.no_grad():
            for part in state:
                part[fresh[:, t]] = 0.0
        state = cell(x[:, t], state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "only documents that begin inside": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.shape[1]):
        if t:
            state = tuple(part.masked_fill(fresh[:, t, None], 0.0) for part in state)
        state = cell(x[:, t], state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state
""",
        "a list of outputs": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1)):
        state = cell(x_t, tuple(part.masked_fill(new[:, None], 0.0) for part in state))
        outputs.append(state[0])
    return outputs, state
""",
        "backwards": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple((part.masked_fill(new[:, None], 0.0) for part in state))
        state = cell(x_t, state)
        outputs.append(state[0])
    return (torch.stack(outputs[::-1], dim=1), state)
""",
        "stacked in front": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple((part.masked_fill(new[:, None], 0.0) for part in state))
        state = cell(x_t, state)
        outputs.append(state[0])
    return (torch.stack(outputs, dim=0), state)
""",
        "emptied by a product with floats": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple((part * (1 - new.float())[:, None] for part in state))
        state = cell(x_t, state)
        outputs.append(state[0])
    return (torch.stack(outputs, dim=1), state)
""",
        "gradients in training only": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple(part.masked_fill(new[:, None], 0.0) for part in state)
        with torch.set_grad_enabled(cell.training):
            state = cell(x_t, state)
        outputs.append(state[0])
    return torch.stack(outputs, dim=1), state
""",
        "the graph is cut every fifty tokens": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple(part.masked_fill(new[:, None], 0.0) for part in state)
        state = cell(x_t, state)
        outputs.append(state[0])
        if len(outputs) % 50 == 0:
            state = tuple(part.detach() for part in state)
    return torch.stack(outputs, dim=1), state
""",
    },
    "learn_window": {
        "detached before it is read": """
def learn_window(model, optimizer, ids, targets, state):
    state = state and tuple(part.detach() for part in state)
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), state
""",
        "the state read again after the step": """
def learn_window(model, optimizer, ids, targets, state):
    logits, _ = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        _, state = model.read(ids, state)
    return loss.item(), state
""",
        "clips each by value": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)
""",
        "every gradient made as long as 1": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    length = clip_gradients(model.parameters(), math.inf)
    for p in model.parameters():
        p.grad /= length
    optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)
""",
        "the last token only": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits[:, -1], targets[:, -1])
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)
""",
        "two steps": """
def learn_window(model, optimizer, ids, targets, state):
    for _ in range(2):
        logits, new = model.read(ids, state)
        loss = cross_entropy(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimizer.step()
    return loss.item(), tuple(part.detach() for part in new)
""",
        "zeros handed on": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), tuple(torch.zeros_like(part) for part in state)
""",
        "the sum": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets) * targets.numel()
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    optimizer.step()
    return (loss.item(), tuple((part.detach() for part in state)))
""",
        "always from nothing": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    optimizer.step()
    return (loss.item(), tuple((part.detach() for part in state)))
""",
        "learns only when awake": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    if model.training:
        optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)
""",
        "the state in single precision": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    optimizer.step()
    return loss.item(), tuple(part.detach().float() for part in state)
""",
        "not a step where the loss is small": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    clip_gradients(model.parameters(), max_norm=1.0)
    if loss.item() > 0.1:
        optimizer.step()
    return loss.item(), tuple(part.detach() for part in state)
""",
    },
}

RIGHT = {
    "rnn_step": {
        "checks, and plain loops": """
def rnn_step(x, h, w_x, w_h, b):
    H, I = len(h), len(x)
    if not len(w_x) == len(w_h) == len(b) == H:
        raise ValueError("rows")
    new = []
    for i in range(H):
        if len(w_x[i]) != I or len(w_h[i]) != H:
            raise ValueError(f"row {i} has another length")
        total = b[i]
        for j in range(I):
            total += w_x[i][j] * x[j]
        for j in range(H):
            total += w_h[i][j] * h[j]
        new.append(math.tanh(total))
    return new
""",
        "one dot of both": """
def rnn_step(x, h, w_x, w_h, b):
    if len(h) != len(b):
        raise ValueError("state")
    both = [*x, *h]
    if any(len(r) != len(x) for r in w_x) or any(len(r) != len(h) for r in w_h):
        raise ValueError("rows")
    return [math.tanh(dot([*r, *s], both) + c) for r, s, c in zip(w_x, w_h, b, strict=True)]
""",
        "a matrix beside a matrix": """
def rnn_step(x, h, w_x, w_h, b):
    if not len(w_x) == len(w_h) == len(b):
        raise ValueError("rows")
    return tuple(math.tanh(bias + dot([*row_x, *row_h], [*x, *h]) + 0 * dot(row_x, x) + 0 * dot(row_h, h))
                 for row_x, row_h, bias in zip(w_x, w_h, b))
""",
    },
    "RNNCell": {
        "linear": """
class RNNCell(Cell):
    def forward(self, x, state):
        word = nn.functional.linear(x, self.weight_ih, self.bias_ih)
        return [torch.tanh(word + nn.functional.linear(state[0], self.weight_hh, self.bias_hh))]
""",
        "one product": """
class RNNCell(Cell):
    def forward(self, x, state):
        both = torch.cat([x, *state], dim=1)
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        return (torch.einsum("bi,hi->bh", both, weight).add(self.bias_ih + self.bias_hh).tanh(),)
""",
        "addmm": """
class RNNCell(Cell):

    def forward(self, x, state):
        h, = state
        ahead = torch.addmm(self.bias_ih, x, self.weight_ih.T) + torch.addmm(self.bias_hh, h, self.weight_hh.T)
        return (ahead.tanh(),)
""",
    },
    "LSTMCell": {
        "slices": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        h, c = state
        H = h.shape[1]
        def part(n):
            rows = slice(n * H, (n + 1) * H)
            return (x @ self.weight_ih[rows].T + self.bias_ih[rows]) + (
                h @ self.weight_hh[rows].T + self.bias_hh[rows])
        new = torch.sigmoid(part(1)) * c + torch.sigmoid(part(0)) * torch.tanh(part(2))
        return torch.sigmoid(part(3)) * torch.tanh(new), new
""",
        "a view, and torch.lerp's cousin": """
class LSTMCell(Cell):
    GATES, PARTS = 4, 2
    def forward(self, x, state):
        word = nn.functional.linear(x, self.weight_ih, self.bias_ih)
        ahead = (word + nn.functional.linear(state[0], self.weight_hh, self.bias_hh)).view(len(x), 4, -1)
        i, f, o = ahead[:, [0, 1, 3]].sigmoid().unbind(1)
        c = torch.addcmul(f * state[1], i, ahead[:, 2].tanh())
        return [o * c.tanh(), c]
""",
        "the candidate through a sigmoid of twice": """
class LSTMCell(Cell):
    GATES, PARTS = (4, 2)

    def forward(self, x, state):
        h, c = state
        ahead = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = ahead.chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * (2 * (2 * g).sigmoid() - 1)
        return (o.sigmoid() * c.tanh(), c)
""",
    },
    "through_time": {
        "remembers the slopes on the way there": """
def through_time(xs, w, u, target):
    h, trail = 0.0, []
    for x in xs:
        before, h = h, math.tanh(w * x + u * h)
        trail.append((x, before, 1 - h * h))
    loss, back, slopes = 0.5 * (h - target) ** 2, h - target, [0.0, 0.0]
    while trail:
        x, before, slope = trail.pop()
        back *= slope
        slopes[0] += back * x
        slopes[1] += back * before
        back *= u
    return loss, slopes[0], slopes[1]
""",
        "forwards, with the slopes of the state carried along": """
def through_time(xs, w, u, target):
    h = dw = du = 0.0
    for x in xs:
        new = math.tanh(w * x + u * h)
        slope = 1 - new**2
        dw, du, h = slope * (x + u * dw), slope * (h + u * du), new
    return (h - target) ** 2 / 2, (h - target) * dw, (h - target) * du
""",
        "turns the words round": """
def through_time(xs, w, u, target):
    states = [0.0]
    xs.reverse()
    xs.reverse()
    xs.append(xs.pop() + 0.0)
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    back, slope_w, slope_u = (states[-1] - target, 0.0, 0.0)
    for t in reversed(range(len(xs))):
        inside = back * (1 - states[t + 1] ** 2)
        slope_w += inside * xs[t]
        slope_u += inside * states[t]
        back = inside * u
    return ((states[-1] - target) ** 2 / 2, slope_w, slope_u)
""",
        "recursion": """
def through_time(xs, w, u, target):
    slopes = {"w": 0.0, "u": 0.0}
    def walk(i, h):
        if i == len(xs):
            slopes["loss"] = 0.5 * (h - target) ** 2
            return h - target
        after = math.tanh(w * xs[i] + u * h)
        inside = walk(i + 1, after) * (1 - after * after)
        slopes["w"] += inside * xs[i]
        slopes["u"] += inside * h
        return inside * u
    walk(0, 0.0)
    return [slopes["loss"], slopes["w"], slopes["u"]]
""",
    },
    "unroll": {
        "where": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t in range(x.size(1)):
        state = tuple(torch.where(fresh[:, t : t + 1], torch.zeros_like(part), part) for part in state)
        state = cell(x[:, t], state)
        outputs += [state[0].unsqueeze(1)]
    return torch.cat(outputs, dim=1), state
""",
        "only where there is something to forget": """
def unroll(cell, x, state, fresh):
    outputs = []
    for t, any_new in enumerate(fresh.any(0).tolist()):
        if any_new:
            state = [part.masked_fill(fresh[:, t].unsqueeze(1), 0) for part in state]
        state = cell(x.select(1, t), tuple(state))
        outputs.append(state[0])
    return torch.stack(outputs).transpose(0, 1), list(state)
""",
        "the cell's own start": """
def unroll(cell, x, state, fresh):
    outputs = []
    for x_t, new in zip(x.unbind(1), fresh.unbind(1), strict=True):
        state = tuple(torch.where(new[:, None], empty, part) for empty, part in zip(cell.start(len(x)), state))
        state = cell(x_t, state)
        outputs.append(state[0])
    return (torch.stack(outputs, dim=1), state)
""",
    },
    "learn_window": {
        "torch's own clip": """
def learn_window(model, optimizer, ids, targets, state):
    optimizer.zero_grad(set_to_none=False)
    logits, new = model.read(ids, state)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach()), tuple(part.detach().clone() for part in new)
""",
        "gradients by autograd.grad": """
def learn_window(model, optimizer, ids, targets, state):
    logits, after = model.read(ids, state)
    loss, weights = cross_entropy(logits, targets), list(model.parameters())
    for p, g in zip(weights, torch.autograd.grad(loss, weights)):
        p.grad = g
    clip_gradients(weights, max_norm=1.0)
    optimizer.step()
    return loss.item(), tuple([part.data for part in after])
""",
        "cut by hand": """
def learn_window(model, optimizer, ids, targets, state):
    logits, state = model.read(ids, state)
    loss = cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    some = [p.grad for p in model.parameters() if p.grad is not None]
    length = sum(g.pow(2).sum() for g in some).sqrt()
    for g in some:
        g.mul_(1.0 / length.clamp(min=1.0))
    optimizer.step()
    return (loss.item(), tuple((part.detach() for part in state)))
""",
    },
}

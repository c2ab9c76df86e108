"""Notebooks of chapters with tensors, classes and hunts, as honest people write them: see honest_notebooks."""

LOOK = """
def look(q, k, v):
    return (q / q.shape[-1] ** 0.5 @ k.mT).softmax(-1) @ v

look = check(look, points=2)
"""
ATTEND = """
def attend(query, keys, values):
    weights = softmax([dot(query, key) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]

attend = check(attend, points=2)
"""
SPLIT = """
def split(x, H):
    return x.unflatten(-1, (H, -1)).transpose(1, 2)
"""
HEADS = """
class CausalSelfAttention(SelfAttention):
    def project(self, x, positions=None):
        return [split(part, self.n_heads) for part in self.qkv(x).chunk(3, -1)]

    def weights(self, q, k):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1 + k.shape[-2] - q.shape[-2])
        return scores.masked_fill(future, -torch.inf).softmax(-1)

    def merge(self, heads):
        return self.out(heads.transpose(1, 2).flatten(2))

CausalSelfAttention = check(CausalSelfAttention, points=4)
"""
PAD = """
def pad_batch(documents, end):
    T = 1 + max(map(len, documents))
    ids = [[end, *d] + [end] * (T - 1 - len(d)) for d in documents]
    targets = [[*d, end] + [IGNORED] * (T - 1 - len(d)) for d in documents]
    return torch.tensor(ids), torch.tensor(targets)

pad_batch = check(pad_batch, points=3)
"""
SLIDE = """
def slide(ids, T, stride):
    if min(T, stride) < LEAST: raise ValueError(T, stride)
    return [(ids[i:i + T], ids[i + 1:i + T + 1]) for i in range(0, len(ids) - T, stride)]
slide = check(slide, points=2)
"""
WINDOWS = """
class Windows(Dataset):
    def __init__(self, ids, T, starts):
        self.ids, self.T, self.starts = ids, T, starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        at = int(self.starts[i])
        part = self.ids[at:at + self.T + 1].to(torch.int64)
        return part[:-1], part[1:]

    def gather(self, rows):
        return tuple(torch.stack(part) for part in zip(*(self[row] for row in rows), strict=True))

Windows = check(Windows, points=3)
"""
VALUE = """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        e = math.exp(self.number)
        return Value(e, (self,), (e,))

    def log(self):
        return Value(math.log(self.number), (self,), (self.number ** -1,))

Value = check(Value, points=3)
"""
BACKWARD = """
def backward(end):
    row = in_order(end)
    for node in row: node.grad = 0.0
    end.grad = 1.0
    for node in row[::-1]:
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += slope * node.grad

backward = check(backward, points=3)
"""
MOMENTUM = """
def momentum_step(parameter, gradient, state, lr, momentum):
    old = state.get('velocity', torch.zeros_like(gradient))
    state['velocity'] = momentum * old + gradient
    parameter.sub_(lr * state['velocity'])

momentum_step = check(momentum_step, points=1)
"""
NORM = """
def layer_norm(x, weight, bias, epsilon=1e-5):
    C = len(x)
    if C == 0 or {len(weight), len(bias)} != {C}:
        raise ValueError
    m = sum(x) / C
    s = math.sqrt(sum((n - m) ** 2 for n in x) / C + epsilon)
    return [w * (n - m) / s + b for n, w, b in zip(x, weight, bias)]

layer_norm = check(layer_norm, points=2)
"""
CONNECT = """
def connect(x, part, norm, how):
    return WAYS[how](x, part, norm)

connect = check(connect, points=2)
"""
DROP = """
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(p)
        self.p = p

    def forward(self, x):
        if self.training and self.p:
            kept = torch.rand_like(x) >= self.p
            return torch.where(kept, x / (1 - self.p), torch.zeros((), dtype=x.dtype, device=x.device))
        return x

Dropout = check(Dropout, points=3)
"""
TENSORS = """import math
import torch
from torch import nn
from course_lib.classroom import lesson
"""
FIRSTS = {
    "attention": TENSORS + "from course_lib.attention import SelfAttention\n"
    "from course_lib.start_here import dot, softmax\ncheck = lesson('attention')",
    "batches": TENSORS + "from torch.utils.data import Dataset\nfrom course_lib.batches import IGNORED\n"
    "check = lesson('batches')",
    "learning": TENSORS + "from course_lib.learning import Node, in_order\ncheck = lesson('learning')",
    "block": TENSORS + "check = lesson('block')",
}
OTHERS = {  # name: (the chapter's word, cells after its first, the exercises that are right)
    "attention, helpers and magics": (
        "attention", ["%%time\n" + ATTEND, LOOK, "!true\n" + SPLIT, "%matplotlib inline\n" + HEADS],
        {"attend", "look", "CausalSelfAttention"}),
    "attention, a helper below the class": ("attention", [HEADS.replace("CausalSelfAttention = check", SPLIT +
                                            "\nCausalSelfAttention = check")], {"CausalSelfAttention"}),
    "attention, a constant in a loop": (
        "attention", ["power = 0.0\nfor _ in range(5): power += 0.1", LOOK.replace("0.5", "power")], {"look"}),
    "attention, a wrong mask": ("attention", [SPLIT, HEADS.replace("triu(1 +", "triu(2 +"), LOOK], {"look"}),
    "batches, a class over a Dataset": ("batches", [WINDOWS, "LEAST = 1\n" + SLIDE], {"Windows", "slide"}),
    "batches, a hunt mended": ("batches", [PAD, "x = torch.arange(3)?\n"], {"pad_batch"}),
    "batches, a constant that grows": ("batches", ["LEAST = 0", "LEAST += 1", SLIDE], {"slide"}),
    "batches, a constant too large": ("batches", ["LEAST = 1", "LEAST += 1", SLIDE, PAD], {"pad_batch"}),
    "learning, classes and what works on them": (
        "learning", [VALUE, BACKWARD, "a = Value(1.0)\nbackward(a * a)\na.grad"], {"Value", "backward"}),
    "learning, annotated": ("learning", ["from __future__ import annotations",
                            MOMENTUM.replace("state,", "state: dict[str, Row],")], {"momentum_step"}),
    "learning, in place of a new one": (
        "learning", [VALUE, MOMENTUM.replace("gradient\n", "gradient\n    gradient.zero_()\n", 1)], {"Value"}),
    "block, a table of functions": (
        "block", ["def before(x, part, norm): return x + part(norm(x))\n\nWAYS = {'pre-norm': before}",
                  "WAYS['post-norm'] = lambda x, part, norm: norm(x + part(x))",
                  "WAYS.update({'no norm': lambda x, part, norm: x + part(x)})\n"
                  "WAYS |= {'no residual': lambda x, part, norm: part(norm(x))}",
                  CONNECT.replace("    return", "    if how not in WAYS: raise ValueError(how)\n    return")],
        {"connect"}),
    "block, indented and with display": (
        "block", [NORM.replace("    m = ", "    display(C)\n    m = "), "\n".join("  " + r for r in DROP.split("\n"))],
        {"layer_norm", "Dropout"}),
    "block, one of two": ("block", [NORM.replace("/ C + ", "/ (C - 1) + "), DROP], {"Dropout"}),
}

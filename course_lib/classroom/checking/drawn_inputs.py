"""Inputs for hidden tests: random, the same in every process, never the same object twice."""

import copy
import hashlib
import random
import string

import torch

from .left_behind import same_numbers


class Draw:
    """A source of inputs. Two with the same seed give the same values, whatever else uses random numbers.

    It keeps a copy of every tensor and list that it hands out, so that `changed()` can tell which of them
    the implementation under test has changed in place.
    """

    def __init__(self, seed=0):
        self.seed = seed
        self._torch = torch.Generator().manual_seed(seed)
        self._python = random.Random(seed)
        self._given = []            # (what was handed out, what it looked like then)
        self._filled = []           # {parameter: shape} of each module filled since the last `parameters()`

    def __call__(self, *shape, dtype=torch.float32):
        """Normal numbers. (*shape)"""
        return self._hand_out(torch.randn(*shape, generator=self._torch).to(dtype))

    def uniform(self, *shape):
        """Numbers in [0, 1). (*shape)"""
        return self._hand_out(torch.rand(*shape, generator=self._torch))

    def probs(self, *shape):
        """Rows that sum to one along the last axis. (*shape)"""
        return self._hand_out(torch.randn(*shape, generator=self._torch).softmax(-1))

    def ints(self, low, high, *shape):
        """Whole numbers in [low, high), int64. (*shape)"""
        return self._hand_out(torch.randint(low, high, shape, generator=self._torch))

    def permutation(self, n):
        """0..n-1 in some order, int64. (n)"""
        return self._hand_out(torch.randperm(n, generator=self._torch))

    def number(self, low, high):
        """One whole number in [low, high)."""
        return self._python.randrange(low, high)

    def choice(self, items):
        return self._python.choice(items)

    def sample(self, items, n):
        """n different ones of the items."""
        return self._hand_out(self._python.sample(list(items), n))

    def shuffled(self, items):
        items = list(items)
        self._python.shuffle(items)
        return self._hand_out(items)

    def text(self, n, alphabet=string.ascii_lowercase + " "):
        """A string of n characters."""
        return "".join(self._python.choice(alphabet) for _ in range(n))

    def generator(self):
        """A freshly seeded generator for an implementation that wants one."""
        return torch.Generator().manual_seed(self._python.randrange(2**31))

    def row(self, right, wrong):
        """A write-the-test exercise's candidates, shuffled under neutral names: [(name, implementation)]."""
        candidates = [*right, *wrong]
        self._python.shuffle(candidates)
        return [(f"implementation {i}", candidate) for i, candidate in enumerate(candidates, start=1)]

    def fill(self, module):
        """Give every parameter a random value that depends only on its name and shape, and give the module back.

        Matrices are scaled by 1/√fan-in, so that deep modules stay in range. Nothing hides as a 0 or a 1.
        """
        start = self._python.randrange(2**31)       # drawn once: what follows does not depend on the parameters
        parameters = dict(sorted(module.named_parameters()))
        self._filled.append({name: list(p.shape) for name, p in parameters.items()})
        with torch.no_grad():
            for name, p in parameters.items():
                digest = hashlib.sha256(f"{start} {name}".encode()).digest()
                own = torch.Generator().manual_seed(int.from_bytes(digest[:6], "little"))
                scale = p.shape[-1] ** -0.5 if p.dim() > 1 else 1.0
                p.copy_(torch.randn(p.shape, generator=own) * scale)
        return module

    def changed(self):
        """True where one of the inputs no longer looks as it did."""
        return not all(same(given, before) for given, before in self._given)

    def parameters(self):
        """[{parameter: shape}] of the modules filled since this was last asked."""
        filled, self._filled = self._filled, []
        return filled

    def _hand_out(self, value):
        self._given.append((value, value.clone() if torch.is_tensor(value) else copy.deepcopy(value)))
        return value


def same(given, before):
    return same_numbers(given, before) if torch.is_tensor(given) else given == before

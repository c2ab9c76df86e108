# ruff: noqa: E501  (programs within programs)
"""Honest submissions, some of them unusual: {name: cells}. Every one earns all points of `causal_attention`."""

from course_lib.classroom.layout import reference_source

from .notebooks import RIGHT, WRONG, cell

LINES = RIGHT.replace("def causal_attention", "def mine")
HONEST = {
    "as one writes it": [RIGHT],
    "with its check below": [RIGHT + "\n\ncausal_attention = check(causal_attention, points=3)\n"],
    "float64 inside": [RIGHT.replace("@ v\n", "@ v).to(kind)\n").replace(
        "    return (", "    kind, q, k, v = q.dtype, q.double(), k.double(), v.double()\n    return ((")],
    "numbers from numpy": ["import numpy as np\n" + RIGHT.replace("D**0.5", "float(np.sqrt(D))")],
    "an own helper": ["def scores(q, k):\n    return q @ k.mT / q.shape[-1] ** 0.5\n",
                      RIGHT.replace("(q @ k.mT / D**0.5)", "scores(q, k)")],
    "a helper in a cell below": [RIGHT.replace("(q @ k.mT / D**0.5)", "scores(q, k)"),
                                 "def scores(q, k):\n    return q @ k.mT / q.shape[-1] ** 0.5\n"],
    "a helper class and a constant": ["NEVER = -torch.inf\nclass Mask:\n    def hide(self, x, m):\n"
                                      "        return x.masked_fill(m, NEVER)\n",
                                      RIGHT.replace("(q @ k.mT / D**0.5).masked_fill(future, -torch.inf)",
                                                    "Mask().hide(q @ k.mT / D**0.5, future)")],
    "an alias": [LINES + "causal_attention = mine\n"],
    "an alias given to check": [LINES, "causal_attention = check(mine, points=3)\n"],
    "a lambda": ["F = nn.functional\ncausal_attention = lambda q, k, v: (q @ k.mT / q.shape[-1] ** 0.5).masked_fill("
                 "torch.ones(q.shape[-2], q.shape[-2], dtype=torch.bool, device=q.device).triu(1), -torch.inf)"
                 ".softmax(-1) @ v\n"],
    "a partial": ["from functools import partial\n" + RIGHT.replace("def causal_attention(q, k, v)", "def general(q, k, v, n)"),
                  "causal_attention = partial(general, n=1)\n"],
    "decorated": ["import functools\ndef noted(f):\n    @functools.wraps(f)\n    def g(*a):\n        return f(*a)\n"
                  "    return g\n\n@noted" + RIGHT],
    "decorated afterwards": ["def noted(f):\n    return lambda *a: f(*a)\n", RIGHT, "causal_attention = noted(causal_attention)\n"],
    "defaults changed": [RIGHT.replace("q, k, v):", "q, k, v, scale=None, verbose=False):")],
    "annotated": ["from torch import Tensor\n" + RIGHT.replace("q, k, v):", "q: Tensor, k: Tensor, v: Tensor) -> Tensor:")],
    "twice, the last is right": [WRONG, RIGHT],
    "a right one, and the stub again below": [RIGHT, "def causal_attention(q, k, v):\n    raise NotImplementedError\n"],
    "a copy of its cell": [RIGHT, RIGHT],
    "all in the last cell, upside down": ["causal_attention = causal_attention\n", RIGHT],
    "beside a broken cell": ["def oops(:\n", RIGHT],
    "beside a cell that raises": ["raise ValueError\n", RIGHT, "1 / 0\n"],
    "beside magics": ["%matplotlib inline\n!ls\nx = 1\n", "%%time\n" + RIGHT, "?torch\n"],
    "a magic in its cell": ["%load_ext autoreload\n" + RIGHT],
    "beside a loop that never ends": ["while True:\n    pass\n", RIGHT],
    "beside hours of training": ["import time\nmodel = time.sleep(10_000)\n", RIGHT],
    "prints as it goes": [RIGHT.replace("    T, D", "    print('here', q.shape, '\\u2713' * 9999)\n    T, D")],
    "warns as it goes": ["import warnings, sys\n" + RIGHT.replace(
        "    T, D", "    warnings.warn('old')\n    print('oh', file=sys.stderr)\n    T, D")],
    "a mask of -1e30": [RIGHT.replace(", -torch.inf)", ", -1e4 if q.dtype == torch.float16 else -1e30)")],
    "scaled before the product": [RIGHT.replace("(q @ k.mT / D**0.5)", "((q / D**0.5) @ k.transpose(-1, -2))")],
    "a softmax of its own": ["def soft(x):\n    e = (x - x.amax(-1, keepdim=True)).exp()\n    return e / e.sum(-1, keepdim=True)\n",
                             RIGHT.replace("(q @ k.mT", "soft((q @ k.mT").replace(".softmax(-1)", ")")],
    "imports where it needs them": [RIGHT.replace("    T, D", "    import math\n    import torch\n    T, D")],
    "torch under another name": ["import torch as t\n" + RIGHT.replace("torch.", "t.")],
    "a name from torch": ["from torch import ones\nimport torch\n" + RIGHT.replace("torch.ones", "ones")],
    "named as globals are": ["T = D = future = 'something else'\nfrom course_lib.gpt import GPT\nq = GPT\n", RIGHT],
    "a cell without an id, of a strange kind": [{**cell(RIGHT), "metadata": {"tags": ["skip-execution"]}},
                                                {"cell_type": "raw", "source": "x"}, {"cell_type": 3}],
    "its text as one string": [{**cell(""), "source": RIGHT}],
    "under a condition": ["if True:\n" + "\n".join("    " + line for line in RIGHT.splitlines()) + "\n"],
    "an import that is tried": ["try:\n    import nothing_like_this as n\nexcept ImportError:\n    n = None\n"
                                + RIGHT.replace("    T, D", "    assert n is None\n    T, D")],
}  # fmt: skip

HEADS = reference_source("attention", "CausalSelfAttention").replace("class CausalSelfAttention", "class Heads")
READ_ON = reference_source("sampling", "read_on")
WITH_SDPA = READ_ON.replace("block.attention.weights(q, k) @ v",
                            "nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)").replace(
    "    T = ids.shape[1]\n", "    T, S = ids.shape[1], cache.length + ids.shape[1]\n"
    "    seen = torch.ones(T, S, dtype=torch.bool, device=ids.device).tril(S - T)\n")
# {name: (chapter, exercise, cells)}: what no answer to causal_attention can show
ELSEWHERE = {
    "an own base class": ("attention", "CausalSelfAttention", [
        "from torch import nn\nimport torch\nfrom course_lib.attention import SelfAttention\n", HEADS,
        "class CausalSelfAttention(Heads):\n    pass\n"]),
    "the library's attention where it is allowed": ("sampling", "read_on", [
        "import torch\nfrom torch import nn\n", WITH_SDPA]),
    "a number of numpy's": ("bpe", "bytes_per_token", [
        "import numpy as np\ndef bytes_per_token(texts, encode):\n    return np.sum([len(t.encode()) for t in texts]) / "
        "np.sum([len(encode(t)) for t in texts])\n"]),
}  # fmt: skip
assert WITH_SDPA != READ_ON

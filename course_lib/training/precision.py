"""The same mathematics, sooner: bf16 beside fp32, two ways to attend, and a probe that times them on this machine.

Nothing here is needed to understand training. `quick_logits` computes what `GPT.forward` computes, in fewer and larger
steps and, if wanted, in bfloat16: the model's own fp32 weights stay the masters that the optimizer changes, and each
step casts them once. bfloat16 keeps fp32's range and 8 bits of its mantissa, so no loss scaling is needed.
(Kalamkar et al. 2019, A Study of BFLOAT16 for Deep Learning Training, section 3.)
"""

import copy
import os
import time
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

from course_lib.gpt import GPT
from course_lib.training.head import HeadLoss

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
ATTENTIONS = ("own", "fused", "products")


@dataclass(frozen=True)
class Engine:
    """How a training step is computed.

    precision: "fp32" or "bf16"
    attention: "own" runs the model's own forward; "fused" is torch's scaled_dot_product_attention;
               "products" is one product, a softmax and one product, which on CPUs beats "fused" in bf16
    threads: how many of the CPU's cores work at one product
    """

    precision: str = "fp32"
    attention: str = "own"
    threads: int = 1

    def __post_init__(self):
        for name, choices in (("precision", tuple(DTYPES)), ("attention", ATTENTIONS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}")
        if self.precision == "bf16" and self.attention == "own":
            raise ValueError("a model's own forward runs in its own precision: for bf16 take attention "
                             "'products' or 'fused'")
        if not isinstance(self.threads, int) or self.threads < 1:
            raise ValueError(f"threads is {self.threads!r}; it must be a whole number, 1 or more")

    def loss(self, model):
        """The function `(ids, targets) -> loss ()` that a training step calls."""
        if self.attention == "own":
            return model.loss

        def quick_loss(ids, targets):
            x, head = quick_stream(model, ids, DTYPES[self.precision], self.attention)
            # the sum over V is taken in fp32: in bf16 many small probabilities would vanish beside a large one
            return HeadLoss.apply(x.flatten(0, 1), head, targets.flatten())

        return quick_loss


class threads_set:
    """`with threads_set(2):` torch computes with so many threads inside, and as before afterwards."""

    def __init__(self, threads):
        self.threads = threads

    def __enter__(self):
        self.before = torch.get_num_threads()
        torch.set_num_threads(self.threads)

    def __exit__(self, *error):
        torch.set_num_threads(self.before)


def quick_logits(model, ids, dtype=torch.float32, attention="products"):
    """What `model(ids)` gives, for a GPT of chapter 9: equal up to rounding, gradients too.

    ids: (B, T)   returns: logits (B, T, V) in `dtype`; gradients reach the model's own parameters in their own dtype
    """
    return functional.linear(*quick_stream(model, ids, dtype, attention))  # (B, T, V)


def quick_stream(model, ids, dtype, attention):
    """What the head multiplies: the stream after the last norm, (B, T, C), and the head's weights, (V, C)."""
    weights = {name: parameter.to(dtype) for name, parameter in model.named_parameters()}
    head = weights.get("head.weight", weights["token_embedding.weight"])  # a tied head is listed once
    B, T = ids.shape
    C, H = model.config.d_model, model.config.n_heads
    approximate = "tanh" if model.config.activation == "gelu_tanh" else "none"
    hidden = torch.full((T, T), -torch.inf, dtype=dtype, device=ids.device).triu(1)  # (T, T)

    def linear(x, name):
        return functional.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def norm(x, name):
        return functional.layer_norm(x, (C,), weights[f"{name}.weight"], weights.get(f"{name}.bias"), epsilon)

    epsilon = model.final_norm.epsilon
    x = functional.embedding(ids, weights["token_embedding.weight"]) + weights["position_embedding.weight"][:T]
    for number in range(len(model.blocks)):
        block = f"blocks.{number}."
        qkv = linear(norm(x, block + "attention_norm"), block + "attention.qkv")
        q, k, v = qkv.view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4).unbind()  # 3 times (B, H, T, D)
        x = x + linear(MIX[attention](q, k, v, hidden).transpose(1, 2).flatten(2), block + "attention.out")  # (B, T, C)
        wide = functional.gelu(linear(norm(x, block + "mlp_norm"), block + "mlp.up"), approximate=approximate)
        x = x + linear(wide, block + "mlp.down")
    return norm(x, "final_norm"), head


def mix_by_products(q, k, v, hidden):
    """q, k, v: (B, H, T, D)   hidden: (T, T), 0 where a query may look and −inf where not   returns: (B, H, T, D)"""
    B, H, T, D = q.shape
    q, k, v = (part.reshape(B * H, T, D) for part in (q, k, v))
    scores = torch.baddbmm(hidden, q, k.mT, alpha=D**-0.5)  # (B * H, T, T)
    return (scores.softmax(-1) @ v).view(B, H, T, D)


def mix_fused(q, k, v, hidden):
    """The same through torch's own kernel, which knows by itself what is hidden."""
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


MIX = {"products": mix_by_products, "fused": mix_fused}


@torch.no_grad()
def agrees(model, ids, tolerance=1e-3):
    """Whether `quick_logits` may stand in for this model: it is a GPT, and both compute the same.

    Compared on a copy with random weights, for at the start many are zero and hide a difference.
    A model with another part in it, or with its mask taken out, must be trained as it is.
    """
    if type(model) is not GPT:
        return False
    model = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(0)  # of its own, so that the run's random numbers stay as they are
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    own, quick = model(ids), quick_logits(model, ids)
    return torch.allclose(own, quick, rtol=tolerance, atol=tolerance * own.abs().max().item())


def probe(model, ids, targets, repeats=2):
    """Time a few training steps each way and return the quickest `Engine` for this model on this machine.

    ids, targets: (B, T), like those it will be trained on; a few rows are enough
    The model's weights and random numbers stay as they were; its gradients are cleared.
    On a CPU the number of threads is part of the choice: with a busy neighbour two can be slower than one.
    """
    most = torch.get_num_threads()
    if ids.device.type == "cpu":
        candidates = [Engine("fp32", "own", threads) for threads in sorted({1, most})]
    else:
        candidates = [Engine("fp32", "own", most)]
    if agrees(model, ids[:1]):
        candidates = [replace(engine, precision=precision, attention=attention) for engine in candidates
                      for precision, attention in choices(ids.device.type)]
    if len(candidates) == 1:
        return candidates[0]
    seconds = {engine: float("inf") for engine in candidates}
    for _ in range(repeats + 1):  # in turns, so that a busy moment of the machine hits all alike; the best counts
        for engine in candidates:
            seconds[engine] = min(seconds[engine], _time(engine, model, ids, targets))
    model.zero_grad(set_to_none=True)
    return min(seconds, key=seconds.get)


def choices(device_type):
    """What is worth timing on such a device: (precision, attention). Some devices know no bfloat16."""
    if device_type == "cpu":
        return [("fp32", "fused"), ("bf16", "products")]
    if device_type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return [("fp32", "fused")]
    return [("fp32", "fused"), ("bf16", "fused")] if device_type == "cuda" else [("fp32", "own"), ("fp32", "fused")]


def _time(engine, model, ids, targets):
    with threads_set(engine.threads):
        began = time.perf_counter()
        engine.loss(model)(ids, targets).backward()
        if ids.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began


def environment(engine, device):
    """What a run must share with another for both to be equal bit by bit. Written into every checkpoint."""
    return {"torch": torch.__version__, "device": str(device), "precision": engine.precision,
            "attention": engine.attention, "threads": engine.threads, "cores": os.cpu_count()}

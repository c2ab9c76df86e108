"""How a training step is computed on this machine: precision, attention, threads, and a probe that times the ways."""

import os
import time
from dataclasses import dataclass

import torch

from course_lib.training.precision import ATTENTIONS, QuickLoss, fused_parts, own_loss

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Engine:
    """How a training step is computed.

    precision: "fp32" or "bf16"
    attention: "own" attends as the model is written; "fused" is torch's scaled_dot_product_attention;
               "products" is one product, a softmax and one product. An attention that is not equal to these is
               computed as it is written, whatever is chosen. In fp32 "own" swaps no part at all: it is `model.loss`
    threads: how many of the CPU's cores work at one product
    """

    precision: str = "fp32"
    attention: str = "own"
    threads: int = 1

    def __post_init__(self):
        for name, choices in (("precision", tuple(DTYPES)), ("attention", ATTENTIONS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}")
        if not isinstance(self.threads, int) or self.threads < 1:
            raise ValueError(f"threads is {self.threads!r}; it must be a whole number, 1 or more")

    def loss(self, model):
        """The function `(ids, targets) -> loss ()` that a training step calls, for any model (see `QuickLoss`)."""
        if (self.precision, self.attention) == ("fp32", "own"):
            return own_loss(model)
        return QuickLoss(model, DTYPES[self.precision], self.attention)


class threads_set:
    """`with threads_set(2):` torch computes with so many threads inside, and as before afterwards."""

    def __init__(self, threads):
        self.threads = threads

    def __enter__(self):
        self.before = torch.get_num_threads()
        torch.set_num_threads(self.threads)

    def __exit__(self, *error):
        torch.set_num_threads(self.before)


def probe(model, ids, targets, repeats=2):
    """Time a few training steps each way and return the quickest `Engine` for this model on this machine.

    ids, targets: (B, T), like those it will be trained on; a few rows are enough
    The model's weights and random numbers stay as they were; its gradients are cleared.
    On a CPU the number of threads is part of the choice: with a busy neighbour two can be slower than one.
    """
    most, kind = torch.get_num_threads(), ids.device.type
    fused, own = (len(fused_parts(model, way, ids)[0]) for way in ("fused", "own"))
    ways = [Engine(precision, attention if fused > own else "own", threads)
            for threads in (sorted({1, most}) if kind == "cpu" else [most])
            for precision, attention in choices(kind)]
    losses = {engine: engine.loss(model) for engine in dict.fromkeys(ways)}
    seconds = dict.fromkeys(losses, float("inf"))
    with torch.random.fork_rng([ids.device] if kind == "cuda" else []):
        for _ in range(repeats + 1):  # in turns, so that a busy moment of the machine hits all alike; the best counts
            for engine in list(seconds):
                try:
                    seconds[engine] = min(seconds[engine], _time(engine, losses[engine], ids, targets))
                except ValueError:
                    if engine.precision == "fp32":
                        raise
                    del seconds[engine]  # a model that does not run in bf16
    model.zero_grad(set_to_none=True)
    return min(seconds, key=seconds.get)


def choices(device_type):
    """What is worth timing on such a device: (precision, attention). Some devices know no bfloat16."""
    if device_type == "cpu":
        return [("fp32", "fused"), ("bf16", "products")]
    if device_type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return [("fp32", "fused")]
    return [("fp32", "fused"), ("bf16", "fused")] if device_type == "cuda" else [("fp32", "own"), ("fp32", "fused")]


def _time(engine, loss_of, ids, targets):
    with threads_set(engine.threads):
        began = time.perf_counter()
        loss_of(ids, targets).backward()
        if ids.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began


def environment(engine, device):
    """What a run must share with another for both to be equal bit by bit. Written into every checkpoint."""
    return {"torch": torch.__version__, "device": str(device), "precision": engine.precision,
            "attention": engine.attention, "threads": engine.threads, "cores": os.cpu_count()}

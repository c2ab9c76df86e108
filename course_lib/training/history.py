"""What goes into a run and what comes out of it: the recipe, the held-out text, the history."""

import math
from dataclasses import asdict, dataclass, field

import torch

from course_lib.batches import windows
from course_lib.bigram import check_stories, exact_ids
from course_lib.learning import learning_rate, parameter_groups, trapezoid_rate
from course_lib.training.steps import evaluate, honest_loss, loss_in_bits, usual_loss

SIZE = 4  # windows evaluated at once: their logits still fit into the processor's cache
HONEST_TEXTS = 4  # texts behind the honest loss


@dataclass(frozen=True)
class Recipe:
    """How fast each part learns, and for how long it speeds up.

    rate: the peak for matrices, norms and biases   embedding_rate: for embeddings and head; None means the same
    warmup: the share of the steps in which the rates rise   floor: the share of the peaks at which they end
    hold: the share of the steps after which they fall in a line, level until then; None: along half a cosine, at once
    short: how many tokens of a window most steps read, every eighth reads all of it; None: all steps do
    weight_decay: of matrices only   betas, eps: AdamW's   max_norm: longer gradients are clipped to it
    """

    rate: float = 3e-3
    embedding_rate: float | None = None
    warmup: float = 0.05
    floor: float = 0.0
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    max_norm: float = 1.0
    hold: float | None = None
    short: int | None = None

    def optimizer(self, model):
        """torch's AdamW, which does what `learning.AdamW` does in one pass; each group keeps its rate as "peak"."""
        groups = parameter_groups(model, self.weight_decay, self.rate, self.embedding_rate or self.rate)
        for group in groups:
            group["peak"] = group["lr"]
        fused = next(model.parameters()).device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, betas=self.betas, eps=self.eps, fused=fused)

    def set_rates(self, optimizer, step, total):
        """Give each group its rate for this step of `total`, counted from 0."""
        warmup = min(round(self.warmup * total), total - 1)
        for group in optimizer.param_groups:
            peak, floor = group["peak"], self.floor * group["peak"]
            if self.hold is None:
                group["lr"] = learning_rate(step, peak, warmup, total, floor)
            else:
                hold = min(round(self.hold * total), max(total - 2, 0))
                group["lr"] = trapezoid_rate(step, peak, warmup, hold, total, floor)

    def reach(self, step):
        """How many tokens of its windows this step reads; None for all of them."""
        return None if step % 8 == 7 else self.short


class HeldOut:
    """Windows of text that a model does not learn from, the same ones at every look.

    documents: texts, each of which the tokenizer gives back whole, or what it loses would go unscored
    T: tokens in a window   count: how many windows, the first ones, each from a document's beginning
    raises: ValueError when there is no text, an empty one, or one that the tokenizer does not give back
    """

    def __init__(self, documents, tokenizer, T, count=64):
        documents, ids = check_stories(documents), [tokenizer.end]
        for number, document in enumerate(documents):
            ids += [*exact_ids(tokenizer, document, f"story {number}"), tokenizer.end]
        ids = torch.tensor(ids)
        cut = windows(ids, T, end=tokenizer.end)
        self.ids, self.targets = cut.gather(torch.arange(min(count, len(cut))))  # each (n, T)
        self.tokens = len(ids) - 1
        self.bytes = sum(len(document.encode("utf-8")) for document in documents)

    def look(self, model):
        """What a History wants to know of a model now: its losses in nats, and one of them in bits per byte."""
        loss = evaluate(model, zip(self.ids.split(SIZE), self.targets.split(SIZE), strict=True))
        some = self.ids[:HONEST_TEXTS], self.targets[:HONEST_TEXTS]
        leak = honest_loss(model, *some) - usual_loss(model, *some)
        return {"validation": loss, "bits": loss_in_bits(loss, self.tokens, self.bytes),
                "honest": loss + leak, "leak": leak}


@dataclass(repr=False)
class History:
    """What a run has seen so far.

    losses: nats per token of every step's batch   tokens: how many it learnt from
    steps: after how many steps it looked at the held-out text; for each of these looks
    train: mean loss of the batches since the look before   validation: loss on the held-out windows
    bits: that loss in bits per byte, at the bytes per token of the held-out text
    leak: by how much a few of them cost more with the prefix alone (see `honest_loss`), at the same places; an honest
        model has 0 up to rounding   honest: the validation loss with that added, so that the two lines can be compared
    seconds: time spent so far, looks included   environment: what it ran on, and how
    planned: how many steps the run was to have
    stopped: "" where the planned end was reached, else why it ended sooner: "interrupted", "diverged at step …",
        "nothing better for … looks"
    snapshots: {after how many steps: the weights then, {name: tensor}, on the CPU}; a model is set back to them by
        `model.load_state_dict(weights, strict=False)`, since a tied weight stands there once
    Printed, it is three lines.
    """

    losses: list = field(default_factory=list)
    tokens: int = 0
    steps: list = field(default_factory=list)
    train: list = field(default_factory=list)
    validation: list = field(default_factory=list)
    bits: list = field(default_factory=list)
    honest: list = field(default_factory=list)
    leak: list = field(default_factory=list)
    seconds: float = 0.0
    environment: dict = field(default_factory=dict)
    stopped: str = ""
    planned: int = 0
    snapshots: dict = field(default_factory=dict)

    def __repr__(self):
        done, ran = len(self.losses) or max(self.steps, default=0), self.environment
        planned = f" of {self.planned:,}" if self.planned else ""
        how = ", ".join([*(str(ran[name]) for name in ("device", "precision") if name in ran),
                         *([f"{ran['attention']} attention", f"{ran['threads']} threads"] if ran else [])])
        lines = [f"{done:,}{planned} steps, {self.tokens:,} tokens, {self.seconds:,.0f} s{f' on {how}' if how else ''}"]
        if math.isfinite(self.best):
            at = f" after step {self.steps[self.bits.index(self.best)]:,}" if self.steps else ""
            honest = f"; honest loss {self.honest[-1]:.3f} nats, leak {self.leak[-1]:.3f}" if self.leak else ""
            lines.append(f"held out: best {self.best:.3f} bits per byte{at}, last {self.bits[-1]:.3f}{honest}")
        else:
            lines.append("held out: not looked at yet" if not self.bits else "held out: no look gave a number")
        end = "ended as planned" if not self.planned or done >= self.planned else "not at its end"
        lines.append(f"stopped after step {done:,}: {self.stopped}" if self.stopped else end)
        return "\n".join(lines)

    def note(self, seen):
        """Add what `HeldOut.look` saw after the last step."""
        since = self.losses[self.steps[-1] if self.steps else 0:]
        self.steps.append(len(self.losses))
        self.train.append(sum(since) / len(since))
        for name, value in seen.items():
            getattr(self, name).append(value)

    def curves(self):
        """{name: (steps, bits per byte)}, as `show.lines` draws them."""
        scale = [bits / loss for bits, loss in zip(self.bits, self.validation, strict=True)]
        return {name: (self.steps, [loss * s for loss, s in zip(losses, scale, strict=True)])
                for name, losses in (("training", self.train), ("held out", self.validation), ("honest", self.honest))}

    @property
    def best(self):
        """The lowest bits per byte of all looks; NaN before the first."""
        return min((bits for bits in self.bits if not math.isnan(bits)), default=math.nan)

    def facts(self):
        """The history as a checkpoint keeps it; `History(**facts)` is the way back."""
        return asdict(self)

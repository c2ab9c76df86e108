"""Saliency: which tokens of a text move what the model says next.

Two answers side by side. Gradient × input asks for the slope at the text as it stands: one pass back. Leave-one-out
takes each token away and asks again: as many passes as tokens, and the truth about taking tokens away.
Both explain one number: by how much the target's logit stands above the mean of all. Its probability would not do:
where the model is sure, log p is flat, and its slope is rounding noise.

Denil et al. 2014, "Extraction of Salient Sentences from Labelled Documents", section 3.2 (gradient × input);
Li et al. 2016, "Understanding Neural Networks through Representation Erasure", section 3 (leave-one-out).
"""

from time import perf_counter

import numpy as np
import torch
import traitlets

from .looking import blocks_of, device_of, logits_of, read
from .picture import BLUE, FAINT, INK, ORANGE, QUIET, Picture, drawable, figure, style, visible
from .widget import Widget

WAYS = ("gradient × input", "leave-one-out")
CHOICES = 5  # likeliest next tokens that are offered
DRAWN = 28  # tokens in the picture
ROWS = 32  # shortened texts that are read in one go
QUICK = 96  # tokens: up to here leave-one-out is reckoned without being asked for


class Saliency(Widget, assets="saliency"):
    """See which tokens speak for what the model says next, and which against it.

    model: any model of the course     text: a str, or ids     tokenizer: default `model.tokenizer`
    position: the token after which the model speaks (default: the last)     target: the id whose logit is explained
    (default: the model's first choice there)     truth: whether leave-one-out is wanted even in a long text

    In a notebook: click a token (or go there with the arrow keys, then Enter) to ask about what follows it; choose
    which next token is explained. The kernel then reckons again. With s the target's logit minus the mean of all
    logits, gradient × input is Σ_c x_c · ∂s / ∂x_c over the token's vector x as it enters the first block, and
    leave-one-out is s with the token minus s without it. Blue speaks for the target, orange against it. Raises
    TypeError or ValueError where a model cannot be asked, or the text is empty or too long.
    """

    tokens = traitlets.List().tag(sync=True)
    position = traitlets.Int(-1).tag(sync=True)
    target = traitlets.Int(-1).tag(sync=True)  # -1: the model's first choice
    truth = traitlets.Bool(False).tag(sync=True)
    scores = traitlets.Bytes().tag(sync=True)  # (2, t + 1) float32: gradient × input, leave-one-out (nan: not reckoned)
    facts = traitlets.Dict().tag(sync=True)  # {position, target, word, probability, choices: [[id, word, p]], seconds}

    def __init__(self, model, text, tokenizer=None, *, position=-1, target=-1, **options):
        self._reading, self._model = read(model, text, tokenizer), model
        blocks_of(model)
        T = len(self._reading.ids)
        if not -T <= position < T:
            raise ValueError(f"position is {position}; the text has {T} tokens, so give 0 to {T - 1} (or -1, the last)")
        super().__init__(tokens=self._reading.tokens, position=position % T, target=target, **options)
        self._reckon()
        self.observe(self._reckon, ["position", "target", "truth"])

    @traitlets.validate("position")
    def _place(self, proposal):
        T = len(self._reading.ids)
        if not 0 <= proposal["value"] < T:
            raise traitlets.TraitError(f"position is {proposal['value']}; this text has positions 0 to {T - 1}")
        return proposal["value"]

    def _reckon(self, change=None):
        ids = self._reading.ids[: self.position + 1]
        bets = _logits(self._model, ids[None])[0].log_softmax(-1)  # (V,)
        if not -1 <= self.target < len(bets):
            raise ValueError(f"target is {self.target}; it is an id of the vocabulary, 0 to {len(bets) - 1}, or -1 for "
                             "the model's first choice")
        best = bets.topk(min(CHOICES, len(bets))).indices.tolist()
        after = self._reading.ids[self.position + 1 :][:1].tolist()
        target = best[0] if self.target < 0 else self.target
        seconds, rows = [], []
        for way in (gradient_times_input, leave_one_out):
            began = perf_counter()
            wanted = way is gradient_times_input or self.truth or len(ids) <= QUICK
            rows.append(way(self._model, ids, target).numpy() if wanted else np.full(len(ids), np.nan))
            seconds.append(perf_counter() - began if wanted else -1)
        self._scores = np.stack(rows).astype("<f4")
        offered = dict.fromkeys([*best, *after, target])  # in order, each once
        with self.hold_sync():
            self.scores = self._scores.tobytes()
            self.facts = {
                "position": self.position, "target": target, "word": self._reading.token(target),
                "probability": float(bets[target].exp()), "next": after[0] if after else -1, "seconds": seconds,
                "choices": [[number, self._reading.token(number), float(bets[number].exp())] for number in offered],
            }

    def picture(self) -> Picture:
        t, first = self._scores.shape[1], max(0, self._scores.shape[1] - DRAWN)
        names = [visible(token, 16) for token in self.tokens[first:t]]
        what = f"“{visible(self.facts['word'])}” after “{visible(self.tokens[t - 1])}”"
        ways = {title: scores for title, scores in zip(WAYS, self._scores, strict=True) if np.isfinite(scores).all()}
        with style():
            sheet, axes = figure(8.2, 1.3 + 0.25 * len(names), 1, 2, sharey=True)
            for axis, (title, scores) in zip(axes[0], ways.items(), strict=False):
                axis.barh(range(len(names)), scores[first:], color=[BLUE if x >= 0 else ORANGE for x in scores[first:]],
                          hatch=["" if x >= 0 else "///" for x in scores[first:]], edgecolor="white", linewidth=0)
                axis.axvline(0, color=QUIET, linewidth=0.8)
                axis.grid(axis="x", color=FAINT, linewidth=0.6)
                axis.set_axisbelow(True)
                axis.set_title(title, fontsize=10)
                axis.set_xlabel("logit: against ← → for", fontsize=8.5)
                axis.spines["left"].set_visible(False)
                axis.tick_params(length=0)
            for axis in axes[0][len(ways):]:
                axis.set_axis_off()
                axis.set_title("leave-one-out: not reckoned", fontsize=10, color=QUIET)
            axes[0][0].set_yticks(range(len(names)), names, color=INK)
            axes[0][0].set_ylim(len(names) - 0.4, -0.6)
            note = f", last {len(names)} of {t} tokens" if first else ""
            sheet.suptitle(drawable(f"Which tokens speak for {what}{note}"), x=0.01, ha="left", fontsize=11)
        most = [f"{title} names {visible(self.tokens[place])} first ({scores[place]:+.2f})"
                for title, scores in ways.items() for place in [int(np.abs(scores).argmax())]]
        name = repr(self)[:-1].replace("(", ": ", 1)
        return Picture(sheet, name, f"{what} has {self.facts['probability']:.0%}; {', '.join(most)}.")

    def __repr__(self):
        return f"Saliency({len(self.tokens)} tokens)"


def gradient_times_input(model, ids, target):
    """The slope of the target's logit along each token's vector. ids: (T,)   returns: (T,), on the CPU

    The vectors are those that enter the first block. No parameter gets a gradient, and the model is left as it was.
    """
    kept, mode = [], model.training

    def catch(block, args):
        kept.append(args[0].detach().requires_grad_())
        return (kept[0], *args[1:])

    hook = blocks_of(model)[0].register_forward_pre_hook(catch)
    try:
        model.eval()
        with torch.enable_grad():
            logits = model(ids[None].to(device_of(model)))[0, -1].float()  # (V,)
            [slope] = torch.autograd.grad(logits[target] - logits.mean(), kept)  # (1, T, C)
        return (slope * kept[0]).detach().sum(-1)[0].float().cpu()  # one number a token
    finally:
        model.train(mode)
        hook.remove()


def leave_one_out(model, ids, target):
    """What the target's logit loses without token i, for each i. ids: (T,)   returns: (T,), on the CPU

    What stands behind the missing token moves up by one. A text of one token cannot lose it: it scores 0.
    """
    T = len(ids)
    if T == 1:
        return torch.zeros(1)
    left = torch.arange(T - 1) + (torch.arange(T - 1) >= torch.arange(T)[:, None])  # (T, T - 1): row i skips i
    heights = [logits[:, target] - logits.mean(-1)
               for logits in [_logits(model, ids[None]), *(_logits(model, ids[some]) for some in left.split(ROWS))]]
    return heights[0] - torch.cat(heights[1:])  # (T,)


@torch.no_grad()
def _logits(model, ids):
    """Logits of the next token after each text. ids: (B, T)   returns: (B, V) float32, on the CPU"""
    mode = model.training
    head = getattr(model, "head", None)
    # The head is a third of the work, and only its last row is wanted.
    hook = head.register_forward_pre_hook(lambda part, args: (args[0][:, -1:],)) if head is not None else None
    try:
        model.eval()
        return logits_of(model, ids)[:, -1].float().cpu()
    finally:
        model.train(mode)
        if hook is not None:
            hook.remove()

"""AttentionView: every head of a model on one text, and each weight a number."""

import math

import numpy as np
import torch
import traitlets
from matplotlib.colors import Normalize, PowerNorm

from .attention import _paint, _strongest, _ticks
from .looking import read, watch
from .picture import QUIET, Picture, drawable, figure, style, visible
from .widget import Widget

BUDGET = 1_250_000  # bytes of weights sent to the page: two for each weight as long as they fit, then one


class AttentionView(Widget, assets="heat attention"):
    """See where each head of a model looks: all layers and heads, one of them large, token by token if one likes.

    model: any model of the course     text: a str, or ids     tokenizer: default `model.tokenizer`
    source: a second text for a model that looks from one into another, as an encoder-decoder does: a str, or ids. Then
        `model(source, ids)` is called, and what is shown is `blocks[i].cross`: the text's tokens look at the source's
    against: a second model, or a second text, set beside the first     names: what the two are called
    shown: how many tokens are seen at first (default: all); play brings the others

    In a notebook: point at a cell (or go there with the arrow keys) for its number, click (Enter) to pin it, click a
    head in the overview to see it large, press play to let the text grow. From Python, `layer`, `head` (-1 is the mean
    of all heads), `scale` ("linear", "sqrt", "row") and `pin` ([query, key] or []) may be read and set; they count from
    0, as indices do. What one reads counts layers and heads from 1.

    The page gets the square root of each weight in 16 bits (8 in a view of more than 1.25 MB), which keeps it within
    0.00002 (0.004) of the model's own. Raises TypeError or ValueError where a model has nothing to look into, or the
    text is empty or longer than the window.
    """

    data = traitlets.Bytes().tag(sync=True)
    # of {name, layers, heads, tokens, start: the first byte, causal} and, of another text that is looked at, keys: its
    # tokens
    sides = traitlets.List().tag(sync=True)
    bits = traitlets.Int(16).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    scale = traitlets.Enum(("linear", "sqrt", "row"), "sqrt").tag(sync=True)
    pin = traitlets.List(traitlets.Int()).tag(sync=True)
    shown = traitlets.Int(None, allow_none=True, min=1).tag(sync=True)

    def __init__(self, model, text, tokenizer=None, *, source=None, against=None, names=None, **options):
        pairs = [(model, text, tokenizer)]
        if isinstance(against, torch.nn.Module):
            pairs.append((against, text, getattr(against, "tokenizer", None) or tokenizer
                          or getattr(model, "tokenizer", None)))
            usual = ("first model", "second model")
        elif against is not None:
            pairs.append((model, against, tokenizer))
            usual = ("first text", "second text")
        else:
            usual = ("",)
        names = usual if names is None else tuple(names)
        if len(names) != len(pairs):
            raise ValueError(f"{len(pairs)} {'views need' if len(pairs) > 1 else 'view needs'} as many names, but "
                             f"{len(names)} came: {names!r}")
        readings = [read(*pair) for pair in pairs]
        sources = [None if source is None else read(one, source, reader, begin=False) for one, _, reader in pairs]
        looks = [look(pair[0], reading.ids, asked and asked.ids)
                 for pair, reading, asked in zip(pairs, readings, sources, strict=True)]
        past = [asked is None and causal(weights) for weights, asked in zip(looks, sources, strict=True)]
        bits = 16 if 2 * sum(map(size, looks, past)) <= BUDGET else 8
        packed = [pack(weights, bits, alone) for weights, alone in zip(looks, past, strict=True)]
        sides, start = [], 0
        for n, (name, weights, data) in enumerate(zip(names, looks, packed, strict=True)):
            sides.append({"name": str(name), "layers": len(weights), "heads": weights[0].shape[0],
                          "tokens": readings[n].tokens, "start": start, "causal": past[n]})
            if source is not None:
                sides[n]["keys"] = sources[n].tokens
            start += len(data)
        super().__init__(data=b"".join(packed), sides=sides, bits=bits, **options)

    @traitlets.validate("layer", "head")
    def _inside(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        low, most = (0, "layers") if name == "layer" else (-1, "heads")
        high = max((side[most] for side in self.sides), default=value + 1) - 1
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} is {value}; counted from 0, this view has {name}s {low} to {high}"
                                       + (", -1 being the mean of all heads" if low else ""))
        return value

    @traitlets.validate("pin")
    def _cell(self, proposal):
        pin = proposal["value"]
        T, S = (max((len(tokens(side)) for side in self.sides), default=math.inf) for tokens in (rows, columns))
        if pin and (len(pin) != 2 or not (0 <= pin[0] < T and 0 <= pin[1] < S)):
            each = f"each from 0 to {T - 1}" if T == S else f"from 0 to {T - 1} and from 0 to {S - 1}"
            raise traitlets.TraitError(f"pin is {pin}; give [query, key], {each}, or [] for none")
        return pin

    def weights(self, side=0):
        """What the page shows, as numbers. side: 0, or 1 for what is set beside it. returns: (L, H, T, S) float32"""
        one = self.sides[side]
        return unpack(self.data[one["start"]:], self.bits, one["layers"], one["heads"], len(rows(one)),
                      len(columns(one)), one["causal"])

    def picture(self) -> Picture:
        wide, alts = len(self.sides), []
        with style():
            sheet, [axes] = figure(8.6 if wide == 1 else 10.4, 4.9, 1, 2,
                                   width_ratios=(1, 1.9) if wide == 1 else (1, 1))
            if wide == 1:
                self._overview(axes[0])
            for n in range(wide):
                image, alt = self._large(axes[n + 2 - wide], n)
                alts.append(alt)
            bar = sheet.colorbar(image, ax=list(axes), fraction=0.03, pad=0.02)
            bar.set_label({"linear": "weight", "sqrt": "weight (colours by its square root)",
                           "row": "weight / largest of its row"}[self.scale])
            bar.outline.set_visible(False)
        return Picture(sheet, repr(self)[:-1].replace("(", ": ", 1), " ".join(alts))

    def _chosen(self, n):
        """The matrix of the chosen layer and head on side n, and what it is called; the nearest where it has fewer."""
        side = self.sides[n]
        layer, head = min(self.layer, side["layers"] - 1), min(self.head, side["heads"] - 1)
        heads = self.weights(n)[layer]
        called = f"layer {layer + 1}, " + ("mean of all heads" if head < 0 else f"head {head + 1}")
        return (heads.mean(0) if head < 0 else heads[head]), f"{side['name']}: {called}" if side["name"] else called

    def _large(self, axes, n):
        side = self.sides[n]
        matrix, called = self._chosen(n)
        hidden = np.triu(np.ones(matrix.shape, bool), 1) & side["causal"]
        shown = matrix / matrix.max(1, keepdims=True).clip(1e-9) if self.scale == "row" else matrix
        norm = PowerNorm(0.5, 0, 1) if self.scale == "sqrt" else Normalize(0, 1)
        image = _paint(axes, shown, hidden, norm)
        if "keys" in side:  # as wide as there is room: two texts are seldom equally long
            axes.set_aspect("auto")
        down, across = ([visible(token, 12) for token in tokens(side)] for tokens in (rows, columns))
        longest = max(matrix.shape)
        _ticks(axes, down, across, size=9 if longest <= 16 else 7)
        for place, names in (axes.set_xticks, across), (axes.set_yticks, down):
            every = -(-len(names) // 40)  # names that would overlap are left out
            place(range(0, len(names), every), names[::every])
        axes.set_title(drawable(called))
        if hidden.any():
            how = "crossed out" if longest <= 32 else "light"
            axes.set_xlabel(f"{how}: the future, hidden", color=QUIET, fontsize=8.5)
        return image, f"{called}. {_strongest(matrix, hidden, down, across)}"

    def _overview(self, axes):
        weights = self.weights()
        L, H, T, S = weights.shape
        gap = max(1, min(T, S) // 12)
        sheet = np.full((L * (T + gap) - gap, H * (S + gap) - gap), np.nan)
        bright = np.sqrt(weights / weights.max(-1, keepdims=True).clip(1e-9))
        if self.sides[0]["causal"]:
            bright[:, :, np.triu(np.ones((T, T), bool), 1)] = np.nan
        for layer, head in np.ndindex(L, H):
            sheet[layer * (T + gap):, head * (S + gap):][:T, :S] = bright[layer, head]
        axes.imshow(sheet, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        axes.set_xticks([h * (S + gap) + S / 2 for h in range(H)], range(1, H + 1))
        axes.set_yticks([layer * (T + gap) + T / 2 for layer in range(L)], range(1, L + 1))
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.spines[:].set_visible(False)
        axes.set_title("all layers (down) and heads (across)", fontsize=9)

    def __repr__(self):
        parts = [f"{side['layers']} × {side['heads']} heads on {len(side['tokens'])} tokens"
                 + (f" and {len(side['keys'])} of the source" if "keys" in side else "") for side in self.sides]
        return f"AttentionView({' against '.join(parts)})"


def rows(side):
    """The tokens that look."""
    return side["tokens"]


def columns(side):
    """The tokens that are looked at: those of the source, or the same."""
    return side.get("keys", side["tokens"])


def look(model, ids, source=None):
    """The attention weights of each layer, where the model is.

    ids: (T,)   source: (S,), which they look into, or None: into themselves   returns: L tensors (H, T, S)
    """
    layers, shape = [], (len(ids), len(ids if source is None else source))
    watch(model, ids, source=source, weights=lambda layer, weights: layers.append(_whole(weights, layer, shape)))
    return layers


def causal(layers) -> bool:
    """Whether no position looks at a later one."""
    return not any(bool(weights.triu(1).any()) for weights in layers)


def size(layers, is_causal) -> int:
    """How many weights are worth sending: those that may be other than 0."""
    (H, T, S), L = layers[0].shape, len(layers)
    return L * H * (T * (T + 1) // 2 if is_causal else T * S)


def pack(layers, bits, is_causal) -> bytes:
    """The square root of each weight in 8 or 16 bits, row by row; of causal ones only what is not the future.

    layers: L tensors (H, T, S) in [0, 1], on any device: they are made small before they are copied from it
    """
    kept = torch.ones(layers[0].shape[1:], dtype=torch.bool, device=layers[0].device)
    if is_causal:
        kept = kept.tril()
    levels, kind = (255, "<u1") if bits == 8 else (65535, "<u2")
    parts = []
    for weights in layers:
        roots = weights[:, kept].float().clamp(0, 1).sqrt()
        small = (roots * levels).round()
        parts.append((small.byte() if bits == 8 else small.int()).cpu().numpy().astype(kind).tobytes())
    return b"".join(parts)


def unpack(data, bits, L, H, T, S, is_causal):
    """What `pack` kept, as numbers. returns: (L, H, T, S) float32"""
    kept = np.tril(np.ones((T, S), bool)) if is_causal else np.ones((T, S), bool)
    levels, kind = (255, "<u1") if bits == 8 else (65535, "<u2")
    roots = np.frombuffer(data, kind, count=L * H * int(kept.sum())).reshape(L, H, -1) / np.float32(levels)
    weights = np.zeros((L, H, T, S), np.float32)
    weights[:, :, kept] = roots**2
    return weights


def _whole(weights, layer, shape):
    T, S = shape
    if weights.ndim != 3 or weights.shape[1:] != shape:
        raise ValueError(f"the attention of blocks[{layer}] gave weights of the shape {tuple(weights.shape)}; for {T} "
                         f"tokens (heads, {T}, {S}) is wanted")
    if not bool(weights.isfinite().all()):
        raise ValueError(f"the attention of blocks[{layer}] gave weights that are not finite (nan or inf): has the "
                         "model been trained with too high a rate?")
    return weights.detach()

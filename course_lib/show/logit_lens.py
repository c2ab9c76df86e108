"""LogitLens: what the model would say if it had to speak after each of its layers.

nostalgebraist 2020, "interpreting GPT: the logit lens": the stream after any block is put through the last norm and
the head, as if the blocks above it did nothing.
"""

import numpy as np
import torch
import traitlets
from matplotlib.colors import Normalize

from .looking import blocks_of, read, watch
from .picture import HIDDEN, INK, MAP, QUIET, Picture, drawable, figure, style, visible
from .widget import Widget

CHOICES = 5  # candidates kept for each layer and position
DRAWN = 24  # positions in the picture


class LogitLens(Widget, assets="heat lens"):
    """See which layer predicts what, at each position of a text.

    model: any model of the course     text: a str, or ids     tokenizer: default `model.tokenizer`

    In a notebook: each row is a token that the model has just read, each column the stream after a block. A cell shows
    the first choice for the next token, coloured by its probability; ✓ marks where that is what came. Point at a cell
    (or go there with the arrow keys) for the five likeliest; click (Enter) pins it. From Python, `pin` ([position,
    layer] or []) and `colours` ("first", the first choice's probability, or "next", that of what came) may be set.

    Raises TypeError or ValueError where a model has nothing to look into, or the text is empty or too long.
    """

    ids = traitlets.Bytes().tag(sync=True)  # uint32, L + 1 times T times 5
    probs = traitlets.Bytes().tag(sync=True)  # float32, as many
    came = traitlets.Bytes().tag(sync=True)  # float32, two each: of what came, the probability and the rank from 1
    words = traitlets.Dict().tag(sync=True)  # the text of each id among them
    tokens = traitlets.List().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)  # L + 1
    colours = traitlets.Enum(("first", "next"), "first").tag(sync=True)
    pin = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self, model, text, tokenizer=None, **options):
        reading = read(model, text, tokenizer)
        self._ids, self._probs, self._came = lens(model, reading.ids)
        known = {int(number) for number in np.unique(self._ids)}
        super().__init__(
            ids=self._ids.astype("<u4").tobytes(), probs=self._probs.astype("<f4").tobytes(),
            came=self._came.astype("<f4").tobytes(), tokens=reading.tokens, layers=len(self._ids),
            words={str(number): reading.token(number) for number in sorted(known)}, **options)

    @traitlets.validate("pin")
    def _cell(self, proposal):
        pin, T, L = proposal["value"], len(self.tokens), self.layers
        if pin and (len(pin) != 2 or not (0 <= pin[0] < T and 0 <= pin[1] < L)):
            raise traitlets.TraitError(f"pin is {pin}; give [position, layer], 0 to {T - 1} and 0 to {L - 1}, or []")
        return pin

    def picture(self) -> Picture:
        L, T = self._ids.shape[:2]
        first = max(0, T - DRAWN)
        rows = range(first, T)
        values = (self._probs[:, :, 0] if self.colours == "first" else self._came[:, :, 0]).T[first:]
        with style():
            sheet, axes = figure(1.6 + 1.15 * L + 1.4, 1.3 + 0.27 * len(rows))
            image = axes.imshow(values, cmap=MAP, norm=Normalize(0, 1), aspect="auto", interpolation="nearest")
            axes.set_facecolor(HIDDEN)  # where there is no number
            for layer in range(L):
                for y, place in enumerate(rows):
                    word = self.words[str(self._ids[layer, place, 0])]
                    right = place + 1 < T and self._came[layer, place, 1] == 1
                    value = values[y, layer]
                    light = np.isnan(value) or luminance(image.cmap(image.norm(value))) > 0.179
                    axes.text(layer, y, ("✓ " if right else "") + visible(word, 11), ha="center", va="center",
                              fontsize=8, color="black" if light else "white")
            axes.set_yticks(range(len(rows)), [visible(self.tokens[place], 14) for place in rows], color=INK)
            axes.set_xticks(range(L), ["before"] + [f"block {n}" for n in range(1, L)], color=INK)
            axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
            axes.spines[:].set_visible(False)
            note = "" if not first else f" (the last {len(rows)} of {T} tokens)"
            axes.set_title(drawable("What each layer would say next" + note))
            axes.set_xlabel("✓ is what came next", color=QUIET, fontsize=8.5)
            bar = sheet.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
            bar.set_label("probability of the first choice" if self.colours == "first" else "probability of what came")
            bar.outline.set_visible(False)
        right = [int((self._came[layer, :-1, 1] == 1).sum()) for layer in range(L)]
        facts = f"Right at {right[0]} of {T - 1} places before the first block"
        facts += "".join(f", {n} after block {layer}" for layer, n in enumerate(right) if layer) + "."
        return Picture(sheet, repr(self)[:-1].replace("(", ": ", 1), facts)

    def __repr__(self):
        return f"LogitLens({self.layers - 1} blocks on {len(self.tokens)} tokens)"


def luminance(colour):
    """How light a colour is, 0 to 1; above 0.179 black stands out better on it than white (WCAG 2.2, 1.4.3)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


@torch.no_grad()
def lens(model, ids):
    """Read the stream before the first block and after each as if it were the last.

    ids: (T,)
    returns: ids (L + 1, T, 5) and probs (L + 1, T, 5) of the likeliest next tokens, and came (L + 1, T, 2), the
        probability and the rank (from 1) of the token that did come next, nan for the last
    """
    blocks_of(model)
    for part in ("final_norm", "head"):
        if not callable(getattr(model, part, None)):
            raise TypeError(f"{type(model).__name__} cannot be looked into: it has no `{part}`. The lens puts the "
                            "stream through model.final_norm and model.head, as gpt.GPT does")
    chosen, probs, came = [], [], []

    def speak(layer, x):
        bets = model.head(model.final_norm(x)).float().softmax(-1)  # (T, V)
        best = bets.topk(min(CHOICES, bets.shape[-1]))
        chosen.append(best.indices.cpu().numpy())
        probs.append(best.values.cpu().numpy())
        true = bets[:-1].gather(1, ids[1:, None].to(bets.device))  # (T - 1, 1)
        rank = 1 + (bets[:-1] > true).sum(1, keepdim=True)  # (T - 1, 1)
        facts = torch.cat([true, rank], dim=1).cpu().numpy()  # T - 1 rows
        came.append(np.concatenate([facts, np.full((1, 2), np.nan, np.float32)]))

    watch(model, ids, residual=speak)
    return np.stack(chosen), np.stack(probs), np.stack(came)

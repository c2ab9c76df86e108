"""Attention as a picture: who looks at whom, and how much."""

import numpy as np
from matplotlib.colors import Normalize, PowerNorm

from .picture import FAINT, HIDDEN, INK, MAP, QUIET, Picture, drawable, figure, numbers, style, visible


class Names(tuple):
    """What rows or columns are called where they are no tokens: blocks, heads, kinds. Drawn as they stand.

    A matrix with such rows is no attention of places to places, so none of its cells is the future.

    >>> Names(["block 1", "block 2"])
    ('block 1', 'block 2')
    """


def heatmap(weights, tokens=None, *, columns=None, title="Attention weights", digits=None) -> Picture:
    """Draw one matrix: row t shows how much token t looks at each column.

    weights: (T, S)   numbers; `-inf` or `nan` marks a cell that may not be looked at. In a square matrix whose every
                      cell right of the diagonal is 0, those cells are taken as hidden: they are the future. Where rows
                      are `Names` only `-inf` and `nan` are: a 0 is a number like any other.
    tokens:  T texts beside the rows, or `Names` (default: positions)
    columns: S texts above the columns, or `Names` (default: `tokens`)
    digits:  decimals written in each cell (default: 2 in a small matrix, none in a large one)

    Colours grow with the square root of a weight, so that small ones can be seen; scores below 0 are drawn evenly.
    Raises ValueError if the shape and the tokens do not fit.
    """
    values, hidden = _read(weights, "weights", tokens)
    rows, columns = _names(values, tokens, columns)
    T, S = values.shape
    if digits is None:
        digits = 2 if max(T, S) <= 12 else 0
    cell = min(0.55 if digits else 0.5, 6.4 / S, 5 / T)  # inches; a laptop shows no more than 6.5 from top to bottom
    with style():
        sheet, axes = figure(max(3.6, S * cell + 2.0), max(2.2, T * cell + 1.2))
        image = _paint(axes, values, hidden, _scale(values, hidden))
        _ticks(axes, rows, columns)
        if digits:
            _write(axes, values, hidden, image, digits)
        axes.set_title(drawable(title))
        bar = sheet.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
        bar.outline.set_visible(False)
        if hidden.any():
            axes.set_xlabel("crossed out: hidden", color=QUIET, fontsize=8.5)
    what = f"a table of {T} × {S}" if isinstance(tokens, Names) else f"{T} rows look at {S} columns"
    return Picture(sheet, f"{title}: {what}", _strongest(values, hidden, rows, columns))


def grid(weights, tokens=None, *, titles=None, title="Attention, head by head", columns=4,
         limits=None) -> Picture:
    """Draw several matrices side by side, in one common colour scale: the heads of a layer.

    weights: (H, T, S), or a list of H matrices (T, S)     tokens: T texts, or `Names`, as `heatmap` takes them
    titles: H texts (default: head 1, 2, …)
    columns: pictures in a row     limits: (smallest, largest) of the colours, which are then drawn evenly: give it
    where two pictures are to be compared (default: from the values, as `heatmap`)
    """
    pairs = [_read(matrix, f"weights[{h}]", tokens) for h, matrix in enumerate(weights)]
    if not pairs:
        raise ValueError("there is nothing to draw: weights holds no matrix")
    titles = list(titles) if titles is not None else [f"head {h + 1}" for h in range(len(pairs))]
    if len(titles) != len(pairs):
        raise ValueError(f"{len(pairs)} matrices need {len(pairs)} titles, but {len(titles)} came")
    wide = min(columns, len(pairs))
    high = -(-len(pairs) // wide)
    everything = np.concatenate([values[~hidden] for values, hidden in pairs])
    norm = Normalize(*limits, clip=True) if limits else _scale(everything, np.zeros_like(everything, bool))
    T, S = pairs[0][0].shape
    labelled = tokens is not None and max(T, S) <= 16
    with style():
        sheet, axes = figure(min(9.0, 2.2 * wide + 1.2), 2.3 * high + 0.6, high, wide)
        axes = np.atleast_1d(axes).ravel()
        for place, (values, hidden), name in zip(axes, pairs, titles, strict=False):
            image = _paint(place, values, hidden, norm)
            rows, names = _names(values, tokens, None)
            if labelled:
                _ticks(place, rows, names, size=7)
            else:
                place.set_xticks([])
                place.set_yticks([])
            place.set_title(drawable(name), fontsize=9, pad=4)
        for place in axes[len(pairs) :]:
            place.set_axis_off()
        sheet.suptitle(drawable(title), x=0.01, ha="left", fontsize=11)
        bar = sheet.colorbar(image, ax=list(axes), fraction=0.03, pad=0.02)
        bar.outline.set_visible(False)
    facts = " ".join(
        f"{name}: {_strongest(values, hidden, *_names(values, tokens, None))}"
        for (values, hidden), name in zip(pairs, titles, strict=True)
    )
    return Picture(sheet, f"{title}: {len(pairs)} matrices of {T} × {S}", facts)


def _read(weights, name, tokens):
    values = numbers(weights)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"{name} must be one matrix (T, S), but its shape is {values.shape}; choose one text and head")
    hidden = ~np.isfinite(values)
    future = np.triu(np.ones(values.shape, bool), 1)
    square = values.shape[0] == values.shape[1] > 1
    if square and not isinstance(tokens, Names) and (hidden | (values == 0))[future].all():
        hidden |= future
    return np.where(hidden, 0.0, values), hidden


def _names(values, tokens, columns):
    T, S = values.shape
    rows = [str(t) for t in range(T)] if tokens is None else _drawn(tokens)
    if columns is not None:
        names = _drawn(columns)
    else:
        names = rows if T == S else [str(s) for s in range(S)]
    if (len(rows), len(names)) != (T, S):
        raise ValueError(
            f"the matrix is {T} × {S}, but {len(rows)} tokens name its rows and {len(names)} its columns; "
            "give as many tokens as positions"
        )
    return rows, names


def _drawn(texts):
    """Texts as they stand beside a picture: of tokens the blanks are shown, for they belong to them."""
    if isinstance(texts, Names):
        return [visible(name, 14, marks={}) for name in texts]
    return [visible(text, 14) for text in texts]


def _scale(values, hidden):
    seen = values[~hidden]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    if low < 0:
        return Normalize(low, high if high > low else low + 1)
    return PowerNorm(0.5, 0.0, high if high > 0 else 1.0)


def _paint(axes, values, hidden, norm):
    image = axes.imshow(np.ma.masked_array(values, hidden), cmap=MAP, norm=norm, interpolation="nearest")
    axes.set_facecolor(HIDDEN)
    if max(values.shape) <= 32:
        for t, s in zip(*np.nonzero(hidden), strict=True):
            axes.plot([s - 0.5, s + 0.5], [t + 0.5, t - 0.5], color=FAINT, linewidth=0.8, zorder=1)
    axes.spines[:].set_visible(False)
    axes.set_xlim(-0.5, values.shape[1] - 0.5)
    axes.set_ylim(values.shape[0] - 0.5, -0.5)
    return image


def _ticks(axes, rows, columns, size=9):
    size = size if max(len(rows), len(columns)) <= 24 else 6
    every = -(-len(rows) // 50), -(-len(columns) // 64)  # more names than that cannot be read
    axes.set_yticks(range(0, len(rows), every[0]), rows[:: every[0]], fontsize=size, color=INK)
    axes.set_xticks(range(0, len(columns), every[1]), columns[:: every[1]], fontsize=size, color=INK)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    if max(map(len, columns)) > 2:
        axes.tick_params(axis="x", labelrotation=60)
        for label in axes.get_xticklabels():
            label.set(ha="left", va="bottom", rotation_mode="anchor")


def _write(axes, values, hidden, image, digits):
    for (t, s), value in np.ndenumerate(values):
        if not hidden[t, s]:
            red, green, blue, _ = image.cmap(image.norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            axes.text(
                s, t, f"{value:.{digits}f}", ha="center", va="center", fontsize=7.5, color="white" if dark else "black"
            )


def _strongest(values, hidden, rows, columns):
    seen = np.where(hidden, -np.inf, values)
    t, s = np.unravel_index(int(seen.argmax()), seen.shape)
    if hidden.all():
        return "Every cell is hidden."
    note = f" {int(hidden.sum())} cells are hidden." if hidden.any() else ""
    return f"The largest is {values[t, s]:.2f}: {rows[t]} at {columns[s]}.{note}"

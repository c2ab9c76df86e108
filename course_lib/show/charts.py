"""Lines and bars: what a number did over time, and who is likely to come next."""

import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator

from .attention import Names
from .picture import COLOURS, DASHES, FAINT, INK, QUIET, Picture, drawable, figure, numbers, style, visible


def lines(series, *, xlabel="", ylabel="", title="", references=None, logx=False, logy=False, marks=False) -> Picture:
    """Draw one line for each entry of `series`.

    series: {name: ys}, or {name: (xs, ys)}     references: {name: y}, level lines to compare with
    marks: a dot on every point (short series)
    """
    if not series:
        raise ValueError("there is nothing to draw: series is empty")
    points = {drawable(name)[:40]: _points(name, value) for name, value in series.items()}
    title, xlabel, ylabel = map(drawable, (title, xlabel, ylabel))
    below = 0 if _beside(title, points) else _rows(points)
    with style():
        sheet, axes = figure(7.0, 3.4 + 0.2 * below)
        for (name, (xs, ys)), colour, dash in zip(points.items(), *_looks(len(points)), strict=False):
            marker = "o" if marks or len(xs) == 1 else None
            axes.plot(xs, ys, label=name, color=colour, linestyle=dash, linewidth=1.8, marker=marker, markersize=4)
        if logx:
            axes.set_xscale("log")
            _plain_numbers(axes.xaxis, np.concatenate([xs for xs, _ in points.values()]))
        elif all((xs % 1 == 0).all() for xs, _ in points.values()):  # steps, blocks, orders: no half ones
            axes.xaxis.get_major_locator().set_params(integer=True)
        if logy:
            axes.set_yscale("log")
            _plain_numbers(axes.yaxis, np.concatenate([ys for _, ys in points.values()]))
        _levels(axes, references or {})
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_title(title)
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        _legend(sheet, axes, points, title)
    ends = " ".join(f"{name}: from {ys[0]:.3g} to {ys[-1]:.3g}." for name, (_, ys) in points.items())
    levels = " ".join(f"Level line {name} at {y:.3g}." for name, y in (references or {}).items())
    return Picture(sheet, title or f"{ylabel or 'lines'} over {xlabel or 'position'}", f"{ends} {levels}".strip())


def bars(tokens, probs, *, after=None, labels=("before", "after"), title="What comes next", top=12) -> Picture:
    """Draw candidates, the likeliest first, with their probabilities.

    tokens: V texts, or `Names` for shares of other things     probs: V probabilities
    after: V probabilities to set beside them (after a cut, say)
    labels: what the two are called     top: how many candidates are drawn
    """
    named, tokens, probs = isinstance(tokens, Names), list(tokens), numbers(probs).ravel()
    rows = [probs] if after is None else [probs, numbers(after).ravel()]
    for row in rows:
        if len(row) != len(tokens):
            raise ValueError(f"{len(tokens)} tokens need as many probabilities, but {len(row)} came")
    order = np.argsort(-probs, kind="stable")[:top]
    names = [tokens[i] if named else visible(tokens[i], 18) for i in order]
    thick = 0.72 / len(rows)
    with style():
        sheet, axes = figure(6.4, 0.9 + (0.26 if len(rows) == 1 else 0.38) * len(order))
        for n, row in enumerate(rows):
            ys = np.arange(len(order)) + (n - (len(rows) - 1) / 2) * thick
            axes.barh(ys, row[order], thick * 0.92, label=labels[n], color=COLOURS[n], hatch=(None, "///")[n],
                      edgecolor="white", linewidth=0)  # fmt: skip
            for y, value in zip(ys, row[order], strict=True):
                text = f"{value:.3f}" if value else "0"
                axes.annotate(text, (value, y), (3, 0), textcoords="offset points", va="center", fontsize=7.5)
        axes.set_yticks(range(len(order)), names, color=INK)
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlim(0, max(float(row[order].max()) for row in rows) * 1.12 or 1)
        axes.set_xlabel("share" if named else "probability")
        if len(title) > 30:  # from the picture's edge, where there is more room than over the bars
            sheet.suptitle(drawable(title), x=0.02, ha="left", fontsize=11)
        else:
            axes.set_title(drawable(title))
        _legend(sheet, axes, labels[: len(rows)], title)
    facts = " ".join(
        f"{name}: {' then '.join(f'{row[i]:.3f}' for row in rows)}." for name, i in zip(names, order, strict=True)
    )
    more = len(tokens) - len(order)
    return Picture(sheet, f"{title}: {len(order)} candidates", facts + (f" {more} more are not drawn." if more else ""))


def arrows(ends, *, title="") -> Picture:
    """Draw vectors of two numbers as arrows from 0, 0, both axes alike, each with its name at its head.

    ends: {name: (x, y)}
    """
    if not ends:
        raise ValueError("there is nothing to draw: ends is empty")
    points = {str(name): numbers(end) for name, end in ends.items()}
    for name, end in points.items():
        if end.shape != (2,) or not np.isfinite(end).all():
            raise ValueError(f"arrow {name!r} must end at two finite numbers (x, y), but came {ends[name]!r:.60}")
    low, high = (edge([*points.values(), (0, 0)], axis=0) for edge in (np.min, np.max))
    wide, tall = (high - low).clip(0.1 * max(*(high - low), 1e-9))
    unit = min(3.6 / wide, 3.2 / tall)  # inches
    with style():
        sheet, axes = figure(unit * wide + 2.6, unit * tall + 1.4)
        axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
        axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
        for (name, (x, y)), colour in zip(points.items(), _looks(len(points))[0], strict=True):
            axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2,
                          "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0})  # fmt: skip
            axes.annotate(drawable(name)[:40], (x, y), (6 if x >= 0 else -6, 8 if y >= 0 else -8),
                          textcoords="offset points", ha="left" if x >= 0 else "right", va="center",
                          fontsize=9)  # fmt: skip
        axes.set(xlim=(low[0] - 0.3 * wide, low[0] + 1.1 * wide), ylim=(low[1] - 0.1 * tall, low[1] + 1.1 * tall))
        axes.spines[:].set_visible(False)
        axes.set_aspect("equal")
        axes.set_title(drawable(title))
    facts = " ".join(f"{name} to {x:.3g}, {y:.3g}." for name, (x, y) in points.items())
    return Picture(sheet, title or "Arrows from 0, 0", facts)


def _looks(count):
    """Colours and dashes. From the seventh line on the colours come again, each with another dash."""
    n = len(COLOURS)
    return [COLOURS[i % n] for i in range(count)], [DASHES[(i + i // n) % n] for i in range(count)]


def _points(name, value):
    if isinstance(value, tuple) and len(value) == 2 and np.ndim(value[0]) == 1:
        xs, ys = numbers(value[0]), numbers(value[1])
    else:
        ys = numbers(value)
        xs = np.arange(ys.size, dtype=float)
    if ys.ndim != 1 or xs.shape != ys.shape or not ys.size:
        raise ValueError(
            f"series {name!r} must be ys or (xs, ys), equally long and not empty; came {xs.shape}, {ys.shape}"
        )
    return xs, ys


def _plain_numbers(axis, values):
    """Plain numbers on a logarithmic axis: matplotlib's own are formulas, and nothing here is read as one.

    Over many powers of ten only these are marked, or every second or third of them: a dozen labels find room.
    """
    values = values[np.isfinite(values) & (values > 0)]
    tens = np.log10(values.max() / values.min()) if values.size else 0
    every, bases = max(1, round(tens / 8)), (1, 2, 5) if tens < 4 else (1,)
    axis.set_major_locator(FixedLocator([base * 10.0**power for power in range(-30, 31) if power % every == 0
                                         for base in bases]))  # fmt: skip
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_locator(NullLocator())


LABEL = 11  # points from one label to the next, at least


def _levels(axes, references):
    """Level lines, each named at the right edge, outside: there no curve runs through the words.

    Call it when curves and scales are there: names of lines that lie close together are moved apart, upwards.
    """
    for y in references.values():
        axes.axhline(y, color=QUIET, linewidth=1, linestyle=(0, (2, 2)))
    free = -np.inf  # from here upwards there is room, in points
    for name, y in sorted(references.items(), key=lambda reference: reference[1]):
        line = axes.transData.transform((0, y))[1] * 72 / axes.figure.dpi
        place = max(line, free)
        free = place + LABEL
        axes.annotate(f"{drawable(name)} {y:.2f}", (1, y), (4, place - line), xycoords=axes.get_yaxis_transform(),
                      textcoords="offset points", va="center", fontsize=8, color=QUIET)  # fmt: skip


def _beside(title, names):
    """Whether the names of curves have room beside the title: its letters take 8 pixels, theirs 7, and a dash 60."""
    return 8 * len(title) + sum(7 * len(name) + 60 for name in names) < 600


def _columns(names):
    """How many names stand in a row below the picture."""
    return max(1, min(len(names), 660 // (7 * max(map(len, names)) + 60)))


def _rows(names):
    return -(-len(names) // _columns(names)) if len(names) > 1 else 0


def _legend(sheet, axes, names, title):
    """The names of the curves, beside the title or below the picture: never beside it, where they take its width."""
    names = list(names)
    if len(names) > 1 and _beside(title, names):
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(names), fontsize=9, borderaxespad=0.2)
    elif len(names) > 1:
        sheet.legend(loc="outside lower left", ncols=_columns(names), fontsize=9)

"""The picture of a training run that stays: its curves, what they are compared with, and what the model said."""

import textwrap

import numpy as np

from .charts import _levels, _plain_numbers
from .picture import COLOURS, DASHES, FAINT, QUIET, Picture, drawable, figure, style


def loss_picture(series, *, unit, factor=1.0, references=None, always=(), samples=(), status="", smoothing=0.0,
                 log_scale=False):
    """Draw losses over steps, and say them in words.

    series: {(run, name): (steps, values)}     unit: of what is drawn     factor: what makes of the values that unit
    references: {name: value in that unit}, level lines; drawn where they are near the curves     always: names of those
    that are drawn wherever they lie
    samples: (run, step, text) of what the model said, of which the last is told     status: how the run stands
    """
    runs = list(dict.fromkeys(run for run, _ in series))
    names = list(dict.fromkeys(name for _, name in series))
    many = len(series) > 4  # their legend needs room of its own
    seen, facts = [], []
    with style():
        sheet, axes = figure(7.0, 3.5 + (0.75 if samples else 0) + (0.1 * len(series) if many else 0))
        for (run, name), (steps, values) in series.items():
            keep = np.isfinite(values)
            if not keep.any():
                continue
            ys = smoothed(values[keep] * factor, smoothing)
            label = f"{run}: {name}" if len(runs) > 1 else name
            hue = runs.index(run) if len(runs) > 1 else names.index(name)
            axes.plot(steps[keep], ys, label=drawable(label)[:36], linewidth=1.8, color=COLOURS[hue % len(COLOURS)],
                      linestyle=DASHES[names.index(name) % len(DASHES)], marker="o" if len(ys) == 1 else None)
            seen.append(ys)
            facts.append(f"{label}: from {ys[0]:.3g} to {ys[-1]:.3g}, at best {ys.min():.3g}.")
        if seen:
            low, high = min(map(np.min, seen)), max(map(np.max, seen))
            near = {name: y for name, y in (references or {}).items()
                    if name in always or low * 0.8 < y < high * 1.05}
            if log_scale and low > 0:
                axes.set_yscale("log")
                _plain_numbers(axes.yaxis, np.array([low, high]))
            _levels(axes, near)
            facts += [f"Level line {name} at {y:.3g}." for name, y in near.items()]
            if many:
                sheet.legend(loc="outside lower left", fontsize=9, ncols=2)
            else:
                axes.legend(loc="best", fontsize=9, frameon=True, framealpha=0.8, edgecolor="white")
        else:
            axes.annotate("no steps yet", (0.5, 0.5), xycoords="axes fraction", ha="center", color=QUIET)
        axes.set(xlabel="step", ylabel=unit)
        axes.set_title(f"Training: {status}" + (f", smoothed {smoothing:g}" if smoothing else ""))
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        if samples:
            _, step, text = samples[-1]
            said = " ".join(drawable(" ".join(text.split())).split())
            said = textwrap.shorten(said, 250, placeholder=" …")
            axes.annotate("\n".join(textwrap.wrap(f"step {step}: {said}", 95)), (0, 0), (0, -42), va="top",
                          xycoords="axes fraction", textcoords="offset points", fontsize=8, color=QUIET)
            facts.append(f"After step {step} the model said: {said}")
    return Picture(sheet, "Loss over the steps of training", " ".join([*facts, f"Status: {status}."]))


def smoothed(values, share):
    """Each value mixed with those before it: a running mean that forgets, without the pull of its beginning.

    values: (N,) finite     share: of the past, 0 to 1     returns: (N,)

    >>> [round(x, 3) for x in smoothed([2.0, 4.0], 0.5)]
    [2.0, 3.333]
    """
    if share <= 0:
        return np.asarray(values, dtype=float)
    out, mean, weight = [], 0.0, 0.0
    for value in values:
        mean, weight = share * mean + (1 - share) * value, share * weight + (1 - share)
        out.append(mean / weight)
    return np.asarray(out)

"""A loss over two parameters, as a map with level lines, and the ways that optimizers took through it."""

import numpy as np

from .picture import COLOURS, DASHES, QUIET, Picture, drawable, figure, style

POINTS = 120        # of the grid, each way


def valley(f, paths, *, x=(-1.0, 1.0), y=(-1.0, 1.0), xlabel="", ylabel="", title="") -> Picture:
    """Draw level lines of f and, over them, one line for each path; a dot marks where each ends.

    f: takes two arrays, gives one; above 0, since the levels are spaced by factors   paths: {name: [(x, y), …]}
    x, y: (least, most) of the map; a path may leave it
    """
    if not paths:
        raise ValueError("there is nothing to draw: paths is empty")
    xs, ys = np.meshgrid(np.linspace(*x, POINTS), np.linspace(*y, POINTS))
    heights = np.asarray(f(xs, ys), dtype=float)
    if not (heights > 0).all():
        raise ValueError(f"f is {heights.min():.3g} somewhere on the map; the levels need it above 0 everywhere")
    with style():
        sheet, axes = figure(7.0, 4.2)
        axes.contour(xs, ys, np.log(heights), levels=14, colors=QUIET, linewidths=0.6, linestyles="solid", alpha=0.6)
        for (name, path), colour, dash in zip(paths.items(), COLOURS, DASHES, strict=False):
            across, up = zip(*path, strict=True)
            axes.plot(across, up, color=colour, linestyle=dash, linewidth=1.8, marker=".", markersize=4,
                      label=drawable(name))
            axes.plot(across[-1], up[-1], marker="o", markersize=8, color=colour)
        axes.set(xlim=x, ylim=y, xlabel=drawable(xlabel), ylabel=drawable(ylabel))
        axes.set_title(drawable(title))
        sheet.legend(loc="outside lower center", ncols=min(len(paths), 4))
    ends = " ".join(f"{name}: {len(path) - 1} steps, from ({path[0][0]:.2g}, {path[0][1]:.2g}) to "
                    f"({path[-1][0]:.2g}, {path[-1][1]:.2g})." for name, path in paths.items())
    return Picture(sheet, title or "The ways through a valley", ends)

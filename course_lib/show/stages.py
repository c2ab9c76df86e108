"""A way from one thing to the next as a picture: a box for each stage, in the order of reading, with arrows between."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .picture import BLUE, INK, PAPER, QUIET, Picture, drawable, figure, style

WIDE, HIGH = 0.84, 0.62     # of a box


def stages(notes, *, columns=4, title="") -> Picture:
    """Draw the stages of something, row after row.

    notes: {a stage's name: what stands under it, one line or more}, in their order
    columns: how many stand in a row
    """
    if not notes:
        raise ValueError("there is nothing to draw: notes is empty")
    if columns < 1:
        raise ValueError(f"columns is {columns}; a row must have room for 1 or more")
    names = list(notes)
    places = [(n % columns, n // columns) for n in range(len(names))]
    across, down = min(columns, len(names)), places[-1][1] + 1
    with style():
        sheet, axes = figure(0.4 + 2.05 * across, 0.5 + 1.1 * down)
        for start, end in zip(places, places[1:], strict=False):
            arrow(axes, start, end)
        for name, place in zip(names, places, strict=True):
            box(axes, place, drawable(name), "\n".join(map(drawable, notes[name].splitlines())))
        axes.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
        axes.axis("off")
        axes.set_title(drawable(title))
    said = " ".join(f"{number}. {name}: {', '.join(notes[name].splitlines())}." for number, name in enumerate(names, 1))
    return Picture(sheet, title or "Stages", said)


def arrow(axes, start, end):
    """To the right, or from the end of a row down between the rows to the beginning of the next."""
    (x, y), (to_x, to_y) = start, end
    if y == to_y:
        tail, tip = (x + WIDE / 2, y), (to_x - WIDE / 2, y)
    else:
        middle = (y + to_y) / 2
        axes.plot([x, x, to_x], [y + HIGH / 2, middle, middle], color=QUIET, linewidth=1.1)
        tail, tip = (to_x, middle), (to_x, to_y - HIGH / 2)
    axes.add_patch(FancyArrowPatch(tail, tip, arrowstyle="-|>", mutation_scale=10, color=QUIET, linewidth=1.1,
                                   shrinkA=0, shrinkB=0))


def box(axes, place, name, note):
    """A stage's name, and under it its note."""
    x, y = place
    axes.add_patch(FancyBboxPatch((x - WIDE / 2 + 0.03, y - HIGH / 2 + 0.03), WIDE - 0.06, HIGH - 0.06,
                                  boxstyle="round,pad=0.03", facecolor=PAPER, edgecolor=BLUE, linewidth=1.1))
    axes.text(x, y - 0.14, name, ha="center", va="center", fontsize=10, color=INK)
    axes.text(x, y + 0.1, note, ha="center", va="center", fontsize=8.5, color=QUIET, linespacing=1.3)

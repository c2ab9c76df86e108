"""A computation as a picture: each number in a box, an arrow to what was made of it, the slope on the arrow."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .picture import BLUE, FAINT, INK, ORANGE, PAPER, QUIET, Picture, drawable, figure, style

MOST = 40                   # numbers; more cannot be read
WIDE, HIGH = 0.52, 0.54     # of a box


def graph(end, names=None, *, title="") -> Picture:
    """Draw how a number was made, from left to right, and what flows back.

    end: a Value (learning.autograd), or anything with `number`, `parents`, `slopes` and `grad`
    names: {name: Value}, written above the boxes
    """
    order = numbers_behind(end)
    if len(order) > MOST:
        raise ValueError(f"{len(order)} numbers are in this computation; at most {MOST} can be drawn so that one "
                         "can read them")
    names = {id(value): drawable(name) for name, value in (names or {}).items()}
    column = {}
    for value in order:
        column[id(value)] = 1 + max((column[id(parent)] for parent in value.parents), default=-1)
    for value in reversed(order):       # what was given stands just before what is first made of it
        for parent in value.parents:
            if not parent.parents:
                uses = [column[id(v)] for v in order if any(p is parent for p in v.parents)]
                column[id(parent)] = min(uses) - 1
    columns = [[v for v in order if column[id(v)] == n] for n in range(max(column.values()) + 1)]
    height = max(map(len, columns))
    place = {id(v): (n, (i + 0.5) * height / len(rows)) for n, rows in enumerate(columns) for i, v in enumerate(rows)}
    with style():
        sheet, axes = figure(min(2.0 + 1.35 * len(columns), 9.0), 0.7 + 0.85 * height)
        for value in order:
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                arrow(axes, place[id(parent)], place[id(value)], f"{slope:.3g}")
        for value in order:
            box(axes, place[id(value)], value, names.get(id(value), ""))
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(height + 0.1, -0.1))
        axes.axis("off")
        axes.set_title(drawable(title))
    said = " ".join(f"{names.get(id(v), 'a number')}: {v.number:.3g}, gradient {v.grad:.3g}." for v in order)
    return Picture(sheet, title or "How a number was made", said)


def numbers_behind(end):
    """Every number that `end` was made of, each once, parents first."""
    order, seen, todo = [], set(), [(end, False)]
    while todo:
        value, done = todo.pop()
        if done:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            todo += [(value, True), *((parent, False) for parent in reversed(value.parents))]
    return order


def arrow(axes, start, end, slope):
    """From box to box, with the slope on it; one that skips a column bends around what stands there."""
    bend = 0.0 if end[0] - start[0] == 1 else -0.25
    way = FancyArrowPatch((start[0] + WIDE / 2, start[1]), (end[0] - WIDE / 2, end[1]), arrowstyle="-|>",
                          mutation_scale=10, color=QUIET, linewidth=1.1, shrinkA=0, shrinkB=0,
                          connectionstyle=f"arc3,rad={bend}")
    axes.add_patch(way)
    at = 0.4        # nearer to where it starts, so that two arrows into one box keep their numbers apart
    x, y = (start[n] + at * (end[n] - start[n]) for n in (0, 1))
    y += 0.45 * bend * (end[0] - start[0]) if bend else 0.0
    axes.text(x, y, slope, ha="center", va="center", fontsize=8, color=ORANGE,
              bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1})


def box(axes, at, value, name):
    """A number above its gradient, and its name above both."""
    corner = at[0] - WIDE / 2 + 0.04, at[1] - HIGH / 2 + 0.04
    axes.add_patch(FancyBboxPatch(corner, WIDE - 0.08, HIGH - 0.08, boxstyle="round,pad=0.04", facecolor=PAPER,
                                  edgecolor=BLUE, linewidth=1.1))
    axes.plot([at[0] - WIDE / 2, at[0] + WIDE / 2], [at[1]] * 2, color=FAINT, linewidth=0.8)
    for up, number in ((-HIGH / 4, value.number), (HIGH / 4, value.grad)):
        axes.text(at[0], at[1] + up, f"{number:.3g}", ha="center", va="center", fontsize=9, color=INK)
    if name:
        axes.text(at[0], at[1] - HIGH / 2 - 0.13, name, ha="center", va="center", fontsize=9, color=BLUE)

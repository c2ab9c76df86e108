"""The ladder: every model of the course in one number, bits per byte on the same held-out stories."""

from numbers import Real

from ..classroom.ladder import RUNGS, figures, own
from .picture import BLUE, FAINT, INK, ORANGE, QUIET, Picture, figure, style


def ladder(mine=None, *, title="The ladder: bits per byte on held-out stories") -> Picture:
    """Draw all rungs: the course's own figures filled, the learner's hollow, the floor as a line, the rest as missing.

    mine: {rung: bits per byte} (default: what the learner's chapters recorded)
    """
    mine = own() if mine is None else mine
    known = figures()
    unknown = set(mine) - {rung.name for rung in RUNGS}
    if unknown:
        raise ValueError(f"no rung is called {sorted(unknown)[0]!r}; there are {', '.join(r.name for r in RUNGS)}")
    climbing = [rung for rung in RUNGS if rung.name != "floor"]
    bottom = known.get("floor", {}).get("bits_per_byte")
    facts = []
    with style():
        sheet, axes = figure(7.2, 0.36 * len(climbing) + 1.1)
        axes.set_xscale("log", base=2)
        for y, rung in enumerate(climbing):
            axes.axhline(y, color=FAINT, linewidth=0.8, zorder=0)
            here, yours = known.get(rung.name), mine.get(rung.name)
            if here:
                bits = here["bits_per_byte"]
                axes.errorbar(bits, y, xerr=here.get("spread") or None, fmt="o", color=BLUE, markersize=8, capsize=3)
                axes.annotate(f"{bits:.2f}", (bits, y), (10, 4), textcoords="offset points", fontsize=8.5)
                facts.append(f"{rung.label} {bits:.2f}")
            elif yours is None:
                edge = axes.get_yaxis_transform()
                axes.annotate("not built yet", (0.99, y), (0, 2), xycoords=edge, textcoords="offset points", ha="right",
                              va="bottom", fontsize=8, color=QUIET, style="italic")  # fmt: skip
                facts.append(f"{rung.label} not built yet")
            if yours is not None:
                axes.plot(
                    yours, y, "D", markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=1.8, markersize=10
                )
                axes.annotate(f"yours {yours:.2f}", (yours, y), (10, -11), textcoords="offset points", fontsize=8.5)
                facts.append(f"your own {rung.label} {yours:.2f}")
        if bottom:
            axes.axvline(bottom, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
            axes.annotate(f"floor {bottom:.2f}: no model can do better", (bottom, -0.75), (5, 0),
                          textcoords="offset points", fontsize=8.5, va="center")  # fmt: skip
            facts.append(f"the floor is {bottom:.2f}")
        axes.set_yticks(range(len(climbing)), [rung.label for rung in climbing], color=INK)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(climbing) - 0.4, -1.2)
        low = min([bottom or 0.25, *mine.values()])
        axes.set_xlim(low * 0.85, 11)
        ticks = [t for t in (0.25, 0.5, 1, 2, 4, 8) if t > low * 0.85]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.minorticks_off()
        axes.set_xlabel("bits per byte (less is better; each step to the left halves it)")
        axes.set_title(title)
        axes.spines["left"].set_visible(False)
    return Picture(sheet, title, "; ".join(facts) + ".")


def references(wanted=True, floor=None) -> dict[str, float]:
    """{rung: bits per byte} of level lines to compare other figures with, the floor last.

    wanted: True for all rungs that have a figure, False for none, or names of rungs
    floor: another than the ladder's
    """
    known, names = figures(), [rung.name for rung in RUNGS]
    if isinstance(wanted, bool):
        wanted = names if wanted else []
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in wanted:
        if name not in names:
            raise ValueError(f"no rung is called {name!r}; there are {', '.join(names)}")
    lines = {name: known[name]["bits_per_byte"] for name in names if name in wanted and name in known}
    if floor is not None:
        if not (isinstance(floor, Real) and 0 < floor < float("inf")):
            raise ValueError(f"floor is {floor!r}; it is a number of bits per byte above 0")
        lines.pop("floor", None)
        lines["floor"] = float(floor)
    return lines

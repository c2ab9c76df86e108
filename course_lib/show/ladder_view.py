"""Ladder: every model of the course and the learner's own in one number, to be walked along and asked."""

import traitlets

from ..classroom.ladder import RUNGS, figures, own
from .looking import named
from .rungs import ladder
from .widget import Widget


class Ladder(Widget, assets="ladder"):
    """All rungs in bits per byte: the course's own filled, the learner's hollow, the floor as a line.

    mine: {rung: bits per byte} (default: what the learner's chapters recorded)

    `refresh()`, and the button of that name, read the figures again, after a chapter has added one.
    """

    rungs = traitlets.List().tag(sync=True)
    floor = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, mine=None):
        if mine is not None and not isinstance(mine, dict):
            raise TypeError(f"mine is {named(mine)}; give {{rung: bits per byte}}, or nothing for your chapters' own")
        self._mine = None if mine is None else dict(mine)
        for rung, bits in (self._mine or {}).items():
            if rung not in [one.name for one in RUNGS]:
                raise ValueError(f"no rung is called {rung!r}; there are {', '.join(one.name for one in RUNGS)}")
            if isinstance(bits, bool) or not isinstance(bits, (int, float)) or not 0 < bits < float("inf"):
                raise ValueError(f"bits per byte is a number above 0, not {bits!r} (of rung {rung!r})")
        super().__init__()
        self.refresh()
        self.on_msg(lambda _, content, buffers: self.refresh() if content == "refresh" else None)

    def refresh(self):
        """Read the figures and the learner's progress again."""
        known, mine = figures(), own() if self._mine is None else self._mine
        with self.hold_sync():
            self.floor = known.get("floor", {}).get("bits_per_byte")
            self.rungs = [
                {"name": rung.name, "label": rung.label, "chapter": rung.chapter, "mine": mine.get(rung.name),
                 "bits": known.get(rung.name, {}).get("bits_per_byte"), **{
                     field: known.get(rung.name, {}).get(field) for field in ("seconds", "seeds", "spread", "preset")}}
                for rung in RUNGS if rung.name != "floor"
            ]  # fmt: skip

    def picture(self):
        """The same as `show.ladder`."""
        return ladder({rung["name"]: rung["mine"] for rung in self.rungs if rung["mine"] is not None})

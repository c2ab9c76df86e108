"""The ladder of bits: one number for each model of the course, measured on the same held-out stories.

The course's own figures stand in `course_lib/ladder.json` and are written by `course build --ladder` alone. A learner's
own are noted by `climb` while a chapter runs, and drawn hollow beside them.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from ..device import preset
from . import progress_file

FILE = Path(__file__).parent.parent / "ladder.json"
PICTURE = FILE.with_suffix(".svg")  # of these figures, for the README
FIELDS = {"bits_per_byte", "seconds", "preset", "seeds", "spread"}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: its key, what a picture calls it, and the chapter that builds it."""

    name: str
    label: str
    chapter: str


RUNGS = (
    Rung("uniform", "no model: all bytes alike", "text"),
    Rung("characters", "counting characters", "bigram"),
    Rung("counting", "counting tokens", "bigram"),
    Rung("bigram", "bigram: the token before", "bigram"),
    Rung("fivegram", "5-gram: four tokens before", "bigram"),
    Rung("rnn", "RNN", "recurrent"),
    Rung("lstm", "LSTM", "recurrent"),
    Rung("attention", "attention, one layer", "attention"),
    Rung("gpt", "GPT", "training"),
    Rung("modern", "modern GPT", "modern"),
    Rung("floor", "floor", "stories"),
)
_NAMES = tuple(rung.name for rung in RUNGS)
_session: dict[str, dict] = {}


def figures() -> dict[str, dict]:
    """The course's own: {rung: {bits_per_byte, seconds, preset, seeds, spread}}, in the ladder's order.

    seconds: the median of a run's training time     seeds: the seeds it was run with
    bits_per_byte: their mean     spread: the largest distance of a seed from that mean
    """
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: read[name] for name in _NAMES if name in read}


def write(new: dict[str, dict]) -> None:
    """Replace the figures of the rungs in `new` and keep the others; the file is exchanged as a whole."""
    for name, entry in new.items():
        _known(name)
        if set(entry) != FIELDS:
            raise ValueError(f"rung {name!r} needs {sorted(FIELDS)}, but has {sorted(entry)}")
        _positive(entry["bits_per_byte"])
    merged = {**figures(), **new}
    ordered = {name: merged[name] for name in _NAMES if name in merged}
    progress_file.write(FILE, json.dumps(ordered, indent=1) + "\n")


def climb(rung: str, bits_per_byte: float, seconds: float) -> None:
    """Note the learner's own figure for a rung: `show.ladder()` draws it hollow from now on.

    bits_per_byte: on the held-out stories, as `bigram.bits_per_byte` gives it     seconds: how long it trained
    In `work/` it goes to the learner's progress file as well; elsewhere it lasts as long as the kernel. A run with the
    preset `smoke` only shows that the cells run: its figure is not noted, and a line says so.
    """
    entry = {"bits_per_byte": _positive(bits_per_byte), "seconds": float(seconds)}
    _known(rung)
    if preset().name == "smoke":
        print("A run with the preset smoke measures nothing, so its figure does not go onto your ladder.")
        return
    _session[rung] = entry
    progress_file.update(lambda book: book.setdefault("ladder", {}).update({rung: entry}))


def own() -> dict[str, float]:
    """The learner's bits per byte for each rung reached so far; outside `work/` only those of this kernel."""
    kept = progress_file.read().get("ladder", {}) if progress_file.recording() else {}
    return {name: {**kept, **_session}[name]["bits_per_byte"] for name in _NAMES if name in kept or name in _session}


def _known(rung: str) -> str:
    if rung not in _NAMES:
        raise ValueError(f"no rung is called {rung!r}; there are {', '.join(_NAMES)}")
    return rung


def _positive(bits) -> float:
    if not (math.isfinite(bits) and bits > 0):
        raise ValueError(f"bits per byte is a number above 0, not {bits!r}")
    return float(bits)

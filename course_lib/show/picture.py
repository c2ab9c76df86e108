"""What every picture has in common: one style, one PNG, one text for those who cannot see it.

A picture is a matplotlib `Figure` (never pyplot: nothing is shown twice and no global state is left behind).
A notebook gets it twice, for a light theme and for a dark one, and its page shows the one that fits. Where no theme is
known (GitHub, a notebook that is not trusted) it is the light one, on a white card: a transparent picture would be
unreadable on one of the two.
"""

import base64
import hashlib
import html
import io
import os
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import colors, font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from PIL import Image

# Okabe and Ito's colours ("Color Universal Design", 2008): told apart with any kind of colour blindness.
# Their yellow is left out: it vanishes on white.
BLUE, ORANGE, GREEN, PINK, SKY, RED = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 3)))
PAPER, INK, QUIET, FAINT = "#ffffff", "#1b1b1b", "#5f6368", "#dadce0"
HIDDEN = "#f1f3f4"  # a cell without a number: light, and not one of the map's colours
# What these are in a dark theme; all other colours can be seen on both. Words on a coloured cell are black or white.
DARK = {PAPER: "#111111", INK: "#e8eaed", QUIET: "#a8adb3", FAINT: "#44484c", HIDDEN: "#222426"}
# Said by JupyterLab, Notebook 7 and nbconvert about their pages, and by VS Code about its own.
WHERE_DARK = '[data-jp-theme-light="false"]', ".vscode-dark"
MAP = "cividis"
SCALE = 1.6  # pixels of the PNG for each pixel of the page: sharp on dense screens, small in a saved notebook

# Drawn from matplotlib's own defaults, so that a reader's matplotlibrc or plt.style.use changes nothing.
_STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 100 * SCALE,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a token may be a dollar sign
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "axes.titlecolor": INK,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.1,
    "svg.hashsalt": "small world",
}


def style():
    """A context in which pictures are drawn and saved: matplotlib's defaults, and ours on top."""
    keep = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith(("backend", "webagg", "tk."))}
    keep.pop("interactive", None)
    return matplotlib.rc_context({**keep, **_STYLE})


class Picture:
    """A figure and its text. A notebook shows it as a PNG, a terminal its name, a screen reader its `alt`.

    figure: the matplotlib Figure
    name: what kind of picture it is; free of measured numbers, so that it is the same in every run
    facts: what one sees in it, in words; with the name it makes `alt`
    """

    def __init__(self, figure: Figure, name: str, facts: str = ""):
        with style():  # place everything once: the layout would move a little each time the figure is drawn
            figure.draw_without_rendering()
        figure.set_layout_engine("none")
        self.figure, self.name = figure, name
        self.alt = f"{name}. {facts}" if facts else f"{name}."

    def png(self, dark=False) -> bytes:
        """The picture as PNG: the same bytes for the same data with the same matplotlib. dark: for a dark theme"""
        with _dark(self.figure) if dark else nullcontext():
            sharp = Image.open(io.BytesIO(self._render("png")))
        few = sharp.convert("RGB").quantize(200, dither=Image.Dither.NONE)  # a third of the size, and looks the same
        out = io.BytesIO()
        few.save(out, format="PNG", optimize=True)
        return out.getvalue()

    def save(self, path) -> Path:
        """Write the picture to `path`, a .png or an .svg, all at once or not at all."""
        path = Path(path)
        if path.suffix == ".png":
            data = self.png()
        elif path.suffix == ".svg":
            data = self._render("svg", metadata={"Date": None, "Creator": None, "Description": self.alt})
        else:
            raise ValueError(f"a picture is saved as .png or .svg, not as {path.suffix!r} ({path.name})")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_bytes(data)
        os.replace(part, path)
        return path

    def _render(self, form: str, **options) -> bytes:
        out = io.BytesIO()
        with style():
            self.figure.savefig(out, format=form, **options)
        return out.getvalue()

    def __repr__(self) -> str:
        return f"[picture: {self.name}]"

    def _repr_mimebundle_(self, include=None, exclude=None):
        # JupyterLab gives an image/png output no alt text, so the same PNG is offered as HTML too, which it prefers.
        png, dark = (base64.b64encode(self.png(dark)).decode("ascii") for dark in (False, True))
        name = f"sw-{hashlib.sha256(png.encode()).hexdigest()[:12]}"
        width, height = (round(inches * self.figure.dpi) for inches in self.figure.get_size_inches())
        page = (
            f"<style>{', '.join(f'{where} .{name}' for where in WHERE_DARK)} "
            f"{{ content: url(data:image/png;base64,{dark}) }}</style>"
            f'<img class="{name}" alt="{html.escape(self.alt)}" width="{width}" height="{height}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{png}">'
        )
        size = {"width": width, "height": height, "alt": self.alt}
        return {"text/plain": repr(self), "text/html": page, "image/png": png}, {"image/png": size}


_PARTS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


@contextmanager
def _dark(figure):
    """While it lasts, what a figure is drawn with has the colours of a dark theme; its data's colours stay."""
    undo = []
    try:
        for artist in figure.findobj():
            if getattr(artist, "get_array", lambda: None)() is not None:
                continue  # its colours are numbers
            for part in _PARTS:
                read, write = (getattr(artist, f"{verb}_{part}", None) for verb in ("get", "set"))
                if read is None or write is None:
                    continue
                was = colors.to_rgba_array(read())  # (n, 4): one colour, or one for each part of a collection
                now = np.array([_in_the_dark(colour, isinstance(artist, Text)) for colour in was]).reshape(-1, 4)
                if (was != now).any():
                    undo.append((write, was if len(was) > 1 else was[0]))
                    write(now if len(now) > 1 else now[0])
        yield
    finally:
        for write, was in reversed(undo):
            write(was)


def _in_the_dark(colour, text):
    """What becomes of one colour (red, green, blue, alpha): white words stand on a coloured cell, and stay white."""
    name = colors.to_hex(colour)
    return colour if name not in DARK or text and name == PAPER else (*colors.to_rgb(DARK[name]), colour[3])


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **options):
    """An empty figure of `width` × `height` inches and its axes (one, or a 2-D array of rows × columns).

    Call it, and draw, inside `with style():`.
    """
    sheet = Figure(figsize=(width, height), facecolor=PAPER)
    return sheet, sheet.subplots(rows, columns, squeeze=(rows * columns == 1), **options)


def numbers(values):
    """A nested list, a numpy array or a tensor (on any device, with or without gradient) as a float numpy array."""
    if hasattr(values, "detach"):
        values = values.detach().to("cpu").float()
    return np.asarray(values, dtype=float)


_MARKS = {" ": "·", "\n": "⏎", "\t": "→", "\r": "\\r"}


@lru_cache(maxsize=1)
def _drawable() -> frozenset:
    font = FT2Font(font_manager.findfont("DejaVu Sans"))
    return frozenset(map(chr, font.get_charmap()))


def drawable(text: str) -> str:
    """`text` with every character that the font has no sign for as its code point."""
    font = _drawable()
    return "".join(c if c in font and c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def visible(text: str, limit: int = 24, sign=drawable, marks=_MARKS) -> str:
    """`text` with its blanks shown, cut where more than `limit` characters would be seen.

    sign: what becomes of each other character; by default what a picture can draw
    marks: how each blank is shown; {} leaves a space a space

    >>> visible(" the\\n")
    '·the⏎'
    """
    shown = ""
    for c in str(text):
        more = marks.get(c) or sign(c)
        if len(shown) + len(more) > limit:
            return shown + "…"
        shown += more
    return shown

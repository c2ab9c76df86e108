"""What `check` shows: HTML in a notebook, plain text elsewhere, the same on every run."""

from dataclasses import dataclass, field
from html import escape

MARKS = {"right": "✓", "wrong": "✗", "unwritten": "○", "note": "·"}
COLOURS = {      # a light and a dark one would differ: these read well on both, and the mark and the words say it too
    "right": "var(--jp-success-color1, #2e7d32)",
    "wrong": "var(--jp-error-color1, #c62828)",
    "unwritten": "var(--jp-info-color1, #0277bd)",
    "note": "var(--jp-warn-color1, #b26a00)",
}
BOX = ("padding:.4em .8em;color:var(--jp-content-font-color1, inherit);"
       "background:var(--jp-layout-color1, transparent)")
GRID = "display:grid;grid-template-columns:max-content 1fr;gap:.1em 1.2em;margin:.3em 0 0"
TEXT = "margin:0;white-space:pre-wrap;overflow-wrap:anywhere"
TERM = "margin:0;font-weight:600;white-space:nowrap;width:auto"  # JupyterLab would make it a fifth of the width


@dataclass
class Report:
    """A headline, and lines of (what, text) below it. `what` may be empty. kind: a key of MARKS."""

    kind: str
    headline: str
    lines: list = field(default_factory=list)

    def __str__(self):
        wide = max([len(what) for what, _ in self.lines], default=0)
        lines = [f"{MARKS[self.kind]} {self.headline}"]
        for what, text in self.lines:
            start = f"    {what:<{wide}}  " if what else "    "
            lines.append(start + text.replace("\n", "\n" + " " * len(start)))
        return "\n".join(lines)

    __repr__ = __str__

    def html(self):
        pairs = "".join(f"<dt style='{TERM}'>{code(what)}</dt><dd style='{TEXT}'>{code(text)}</dd>"
                        for what, text in self.lines if what)
        listed = f"<dl style='{GRID}'>{pairs}</dl>" if pairs else ""
        alone = "".join(f"<p style='{TEXT}'>{code(text)}</p>" for what, text in self.lines if not what)
        return (f"<div role='status' style='border-left:4px solid {COLOURS[self.kind]};{BOX}'>"
                f"<strong>{MARKS[self.kind]} {code(self.headline)}</strong>{listed}{alone}</div>")

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": str(self), "text/html": self.html()}

    def show(self):
        """Display in a notebook; print where there is none."""
        if in_a_notebook():
            from IPython.display import display
            display(self)
        else:
            print(self)


def code(text):
    """Escape a text for HTML, and set what stands between backticks as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def in_a_notebook():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None

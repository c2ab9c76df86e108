"""What every widget of the course has in common. A widget is one class here and two small files in `static/`.

    class Dial(Widget, assets="dial"):                # static/dial.js, joined to common.js; dial.css, to common.css
                                                      # ("heat dial": also to heat.js, the colours of heatmaps)
        "One sentence: what one sees and does."
        data = traitlets.Bytes().tag(sync=True)       # numbers travel as bytes, never as JSON
        turn = traitlets.Int(0).tag(sync=True)

        def picture(self) -> Picture: ...             # what stays in a saved notebook, with its text for screen readers
        def __repr__(self): return "Dial(12 marks)"   # the same in every run: nbval compares it

`Widget` gives it the rest: the PNG and its alt text beside the live view, `.save(path)`, no request to anywhere.

The page's side, in static/dial.js, is a plain ES module without imports that ends in

    export default widget({
      make(model) { return store },                   // once for each widget (may be left out): what its views share
      render(model, root, store) { return cleanup },  // once for each view; root is an empty <div class="sw">
    });

and uses what common.js has for it:

    el(tag, props, ...children)     an element                          sheet(canvas, w, h)   a clear, sharp 2-D context
    labelled, choose, press, slide, tick   controls with labels         css(root, "--sw-ink") a colour of the theme
    able(on, button, …)     whether it can be pressed           away(node, gone, heir), refill(node, …)   focus stays
    keys(node, {ArrowUp: fn, …})    what keys do                        frame(fn)             fn at most once per frame
    speaker(root)                   say(text) to a screen reader        watch(root, fn)       after a new size or theme
    visible(text, limit)            a token with its blanks shown       listen(model, "a b", fn)   when traits change
    bytes(view)                     a Bytes trait as Uint8Array

A button that can do nothing now is `able(false, …)`, never `disabled`: it would lose the focus. The files are sent
without their indentation and their lines of comment.

Colours come from the variables in common.css, read when drawing, so that a
switch of the theme (`watch` calls back) needs nothing else. Text goes in through `el` and `visible`, which escape it.
Traits may be set from another thread; the picture is drawn by `Figure`, so pyplot's state is never touched.
"""

from functools import lru_cache
from pathlib import Path

import anywidget
from IPython.display import display

STATIC = Path(__file__).parent / "static"
LARGEST = 20_000  # bytes of a widget's module and style: what a learner's notebook server sends with each

VIEW = "application/vnd.jupyter.widget-view+json"
# A live view and its picture are two outputs of a cell, because a page shows only one form of each output, and of the
# two it takes the view, even where a reopened notebook has no kernel that knows it. So the page is told to show the
# picture just where no view lives, and not JupyterLab's words about a lost one, which have no data-mime-type.
# (.jp-: JupyterLab, Notebook, nbconvert; .cell_container: VS Code.)
EITHER = """<style>
.jp-OutputArea:has(.sw) .jp-OutputArea-child:has(.sw-still) { display: none }
.cell_container:has(.sw) .sw-still { display: none }
.jp-OutputArea:has(.sw-still):not(:has(.sw)) .jp-OutputArea-child:not(:has([data-mime-type])) { display: none }
</style>"""


@lru_cache
def asset(name: str) -> str:
    """What is sent of static/<name>; "" for a stylesheet that a widget has no need of."""
    path = STATIC / name
    text = "" if path.suffix == ".css" and not path.is_file() else path.read_text(encoding="utf-8")
    lines = map(str.strip, text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//"))


class Widget(anywidget.AnyWidget):
    """Something to look at and to turn, live in a notebook and a picture everywhere else; see the top of this file."""

    def __init_subclass__(cls, assets=None, **options):
        if assets:
            cls._esm, cls._css = ("\n".join(asset(f"{name}.{kind}") for name in ("common", *assets.split()))
                                  for kind in ("js", "css"))
        super().__init_subclass__(**options)

    def picture(self):
        """The widget as it stands, as a `Picture`: what is left of it in a saved notebook."""
        raise NotImplementedError(f"{type(self).__name__} has no picture yet")

    def save(self, path) -> Path:
        """Write the picture to `path`, a .png or an .svg."""
        return self.picture().save(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, include=None, exclude=None):
        """What stays: the picture. Its HTML is an <img> with its alt text, which a bare image/png would not have."""
        still, size = self.picture()._repr_mimebundle_()
        page = f'{EITHER}<div class="sw-still">{still["text/html"]}</div>'
        return {**still, "text/html": page, "text/plain": repr(self)}, size

    def _live(self):
        """What lives only beside its kernel."""
        data, facts = super()._repr_mimebundle_()
        return {VIEW: data[VIEW]}, facts

    def _ipython_display_(self):
        for data, facts in (self._live(), self._repr_mimebundle_()):
            display(data, metadata=facts, raw=True)

"""All widgets where there is no JupyterLab: live in Notebook 7, and as pictures in what nbconvert makes of its file."""

import re

import playing
import pytest
from lab import Lab, Server

pytest.importorskip("playwright.sync_api")
pytest.importorskip("notebook", reason='Notebook 7 is not installed: pip install -e ".[test]"')

SETUP = """
import torch
from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config
torch.manual_seed(0)
tokenizer = story_vocabulary()
model = GPT(Config(vocab_size=tokenizer.vocab_size, context_length=32, d_model=24, n_heads=3, n_layers=2))
model.tokenizer = tokenizer
text = "Once a <img onerror> & a fox."
curve = show.LossCurve(60, bytes_per_token=4.0)
"""
WIDGETS = {  # what is shown: the beginning of its picture's words
    "show.AttentionView(model, text)": "AttentionView: 2 × 3 heads",
    "for step in curve.steps():\n    curve.log(step, train=2 / (step + 1))\n    curve.sample(step, text)": "Loss over",
    "show.TokenView(tokenizer, text)": "A text cut by 1 tokenizer",
    "show.NextToken(model, text)": "Next after",
    "show.LogitLens(model, text)": "LogitLens",
    "show.Saliency(model, text)": "Saliency",
    "show.Ladder({'gpt': 0.5})": "The ladder",
}


@pytest.fixture(scope="module")
def notebook(browser, tmp_path_factory):
    """A page of Notebook 7 with all widgets, run."""
    server = Server(tmp_path_factory.mktemp("notebook") / "server", application="notebook")
    page = Lab(server, browser)
    page.open([SETUP, *WIDGETS])
    page.run()
    yield page
    page.close()
    server.close()


@pytest.mark.parametrize("cell", range(1, len(WIDGETS) + 1))
def test_each_lives_in_notebook_7(notebook, cell):
    view = notebook.out(cell).locator(".sw[role=group][aria-label]")
    view.scroll_into_view_if_needed()
    still = notebook.out(cell).locator(".sw-still img")
    assert still.count() == 1 and not still.is_visible(), "the picture gives way to what lives"
    playing.by_mouse(notebook, view)
    playing.by_keyboard(notebook, view)
    # Notebook's own, with or without a widget: its settings are read before they are there.
    assert [fault for fault in notebook.faults() if "reading 'schema'" not in fault] == []


def test_they_follow_its_theme_and_its_width(notebook):
    for theme, width in notebook.looks():
        for cell in range(1, len(WIDGETS) + 1):
            view = notebook.out(cell).locator(".sw[role=group]")
            view.scroll_into_view_if_needed()
            view.and_(notebook.page.locator(".sw-dark" if theme == "dark" else ":not(.sw-dark)")).wait_for()
            assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), (cell, width)


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_without_kernel_and_network_the_pictures_are_seen(notebook, tmp_path, template):
    from nbconvert import HTMLExporter

    page = tmp_path / "page.html"
    page.write_text(HTMLExporter(template_name=template).from_filename(str(notebook.save()))[0], encoding="utf-8")
    context = notebook.context.browser.new_context(offline=True)
    try:
        still = context.new_page()
        still.route(re.compile("^https?:"), lambda route: route.abort())  # nbconvert's own: MathJax, require.js
        still.goto(page.as_uri(), wait_until="domcontentloaded")
        images = still.locator("img")
        found = images.evaluate_all("all => all.map(one => [one.alt, one.naturalWidth, one.checkVisibility()])")
        width = still.evaluate("document.documentElement.scrollWidth - innerWidth")
    finally:
        context.close()
    assert width <= 0, "no picture is wider than the page"
    assert len(found) == len(WIDGETS)
    for (alt, width, seen), words in zip(found, WIDGETS.values(), strict=True):
        assert alt.startswith(words) and len(alt) > 60 and width > 300 and seen

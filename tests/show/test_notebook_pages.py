"""The page's side of the widgets for runs, tokens, next token and ladder: small; and what is left without it."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib import show
from course_lib.show import widget

NAMES = ["loss_curve", "token_view", "next_token", "ladder"]


@pytest.mark.parametrize("name", ["LossCurve", "TokenView", "NextToken", "Ladder"])
def test_it_is_small(name):
    kind = getattr(show, name)
    assert len((kind._esm + kind._css).encode("utf-8")) < widget.LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_the_machine_and_text_stays_text(name):
    module, style = widget.asset(f"{name}.js"), widget.asset(f"{name}.css")
    assert not re.search(r"^\s*import\b|\bimport\(|XMLHttp|WebSocket|https?:", module, re.M)
    assert not re.search(r"innerHTML|outerHTML|\beval\(", module)
    assert not re.search(r"url\(|@import", style)
    asked = re.findall(r"fetch\((.{0,60})", module)
    assert all("baseUrl" in one for one in asked) and len(asked) == (name == "loss_curve")  # the kernel's own server


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_of_text_is_the_themes(name):
    """What is drawn has colours of its own; text takes the theme's, whose contrast common.css sees to."""
    for rule in re.findall(r"[{;\s]color:\s*([^;}]+)", widget.asset(f"{name}.css")):
        assert rule.strip().startswith(("var(--sw-", "inherit", "color-mix(in srgb, var(--sw-")), rule


CELLS = ["""
import torch
from course_lib import show
from course_lib.text import CharTokenizer
tokenizer = CharTokenizer(["<img onerror>"])
class Alike(torch.nn.Module):
    def forward(self, ids):
        return torch.zeros(*ids.shape, tokenizer.vocab_size)
curve = show.LossCurve(40, bytes_per_token=4.0)
for step in curve.steps():
    curve.log(step, train=1 / (step + 1))
""", "show.TokenView(tokenizer, '<img onerror>')", "show.NextToken(Alike(), '<img', tokenizer)", "show.Ladder({})"]


@pytest.mark.slow
def test_a_saved_notebook_shows_them_without_kernel_and_network_and_nbval_passes(tmp_path):
    from nbconvert import HTMLExporter

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(book, timeout=300, store_widget_state=False).execute()
    for template in ("lab", "classic"):
        page = HTMLExporter(template_name=template).from_notebook_node(book)[0]
        outputs = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.S)
        alts = re.findall(r"<img\b[^>]*?alt=\"([^\"]*)\"", outputs, re.S)
        for words in ("train: from 0.361", "bytes per token", "tokens may come", "held-out stories"):
            assert sum(words in alt for alt in alts) == 1, (template, words)
        assert len(re.findall(r"src=\"data:image/png;base64", outputs)) == 4 and "<img onerror" not in outputs
    path = tmp_path / "widgets.ipynb"
    nbformat.write(book, path)
    again = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", str(path)],
                           cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=500)
    assert again.returncode == 0, again.stdout[-3000:]

"""The page's side of the widgets for runs, tokens, the next token and the ladder: small, and at peace with the rest."""

import re

import pytest

from course_lib.show import widget

NAMES = ["loss_curve", "token_view", "next_token", "ladder"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small(name):
    assert len((widget.asset("common.js") + widget.asset(f"{name}.js")).encode("utf-8")) < widget.LARGEST


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

"""How a widget opens on a laptop, 1280 × 800 with Lab's side bar: all of it in sight, and what is asked about too.

And what stays inside it: the focus, and, until one goes on, what the text has not come to yet.
"""

import io

import numpy as np
import pytest
from inside import MODEL
from PIL import Image

pytest.importorskip("playwright.sync_api")

LONG = "ids = [tokenizer.end] + tokenizer.encode('Once Mia took the lamp to the pond, and Tom was there. ' * 9)[:{}]"
BOOK = [
    MODEL.replace("context_length=64", "context_length=256") + LONG.format(62),
    "view = show.AttentionView(model, ids); view",
    "ids = ids + ids[1:] + ids[1:] + ids[1:63]; show.AttentionView(model, ids)",
    "show.LogitLens(model, ids[:80])",
    "show.LogitLens(model, ids[:80], pin=[40, 1])",
    "show.Saliency(model, ids[:80])",
    "show.NextToken(model, ids[:200])",
    "curve = show.LossCurve(9, bytes_per_token=4.0)\n"
    "for step in curve.steps():\n    curve.log(step, train=1.0); curve.sample(step, 'Once. ' * 90)",
    "show.TokenView(tokenizer, 'Once upon a time')",
    "show.Ladder({'gpt': 0.5})",
    "show.AttentionView(model, ids[:12], shown=1)",
    "show.heatmap(torch.eye(4), title='Four')",
]
ONE, LARGE, LENS, PINNED, WHY, NEXT, CURVE, TOKENS, LADDER, YOUNG, STILL = range(1, 12)


@pytest.fixture(scope="module", autouse=True)
def book(_page):
    _page.size(1280, 800)
    _page.open(BOOK)
    _page.page.evaluate("() => window.jupyterapp.shell.expandLeft()")
    _page.run()
    _page.out(YOUNG).locator(".sw-att-main").wait_for()


def view_of(lab, cell):
    view = lab.out(cell).locator(".sw")
    view.scroll_into_view_if_needed()
    lab.page.wait_for_timeout(300)
    return view


@pytest.mark.parametrize("cell", [ONE, LARGE, LENS, PINNED, WHY, NEXT, CURVE, TOKENS, LADDER, YOUNG])
def test_all_of_it_is_in_sight_at_once(lab, cell):
    view = view_of(lab, cell)
    room = lab.page.evaluate("() => window.courseTest.panel().content.node.clientHeight")
    wide, high, over = view.evaluate("node => [node.clientWidth, node.offsetHeight, node.scrollWidth]")
    assert 600 < room < 720 and high <= room - 8, f"{high} pixels of {room}"
    assert over <= wide + 1


def inside(view, box, row):
    """Whether a row stands in the part of its box that is seen."""
    return view.evaluate("""(view, [box, row]) => {
      const outer = view.querySelector(box).getBoundingClientRect(), all = view.querySelectorAll(row);
      const inner = all[all.length - 1].getBoundingClientRect();
      return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1; }""", [box, row])


def test_it_opens_where_the_text_looks(lab):
    assert inside(view_of(lab, LENS), ".sw-lens-box", "tr"), "the end of the text"
    view = view_of(lab, PINNED)
    assert inside(view, ".sw-lens-box", "td[data-t='40']") and not inside(view, ".sw-lens-box", "tr")
    assert "(40), after block 1 of 2" in view.locator(".sw-lens-side").inner_text()
    view = view_of(lab, WHY)
    assert inside(view, ".sw-sal-box", "tbody tr") and inside(view, ".sw-sal-strip", ".sw-sal-at")
    assert inside(view_of(lab, NEXT), ".nt-text", ".nt-token")


def test_what_the_text_has_not_come_to_is_not_given_away(lab):
    view = view_of(lab, YOUNG)
    assert view.get_by_text("1 of 12 tokens").count() == 1 and view.locator(".sw-att-off").count() == 11
    seen = """node => { const c = node.getContext("2d");
      return new Set(Array.from(new Uint32Array(c.getImageData(0, 0, node.width, node.height).data.buffer))).size; }"""
    drawn = view.locator(".sw-att-cells")
    shown = drawn.evaluate("""node => [...node.getContext("2d").getImageData(0, 0, 12, 12).data]
      .filter((v, i) => i % 4 === 3 && v).length""")
    assert shown == 1, "one cell of the large one"
    few = view.locator(".sw-att-over").evaluate(seen)
    view.locator(".sw-att-main").focus()
    for key in ("ArrowDown", "ArrowDown"):
        lab.page.keyboard.press(key)
    lab.page.wait_for_timeout(200)
    assert "(1)" not in view.locator(".sw-att-tip").inner_text(), "the cursor does not go beyond it either"
    view.get_by_label("Tokens shown").press("End")
    lab.page.wait_for_timeout(300)
    assert view.locator(".sw-att-over").evaluate(seen) > few + 5, "and no more of the small ones than of the large one"
    assert view.locator(".sw-att-off").count() == 0


BUTTONS = [(ONE, "One token on", 1), (YOUNG, "One token back", 12), (NEXT, "Draw one token", 1),
           (NEXT, "Undo the last token", 2), (NEXT, "Back to the prompt", 1), (CURVE, "Next sample", 1),
           (CURVE, "Sample before", 10), (TOKENS, "One merge on", 1), (TOKENS, "One merge back", 12)]


@pytest.mark.parametrize("cell, name, times", BUTTONS)
def test_the_focus_stays_where_a_button_can_do_no_more(lab, cell, name, times):
    view = view_of(lab, cell)
    button = view.get_by_role("button", name=name, exact=True)
    button.focus()
    for _ in range(times):
        lab.page.keyboard.press("Enter")
        lab.page.wait_for_timeout(120)
    lab.wait()
    lab.page.wait_for_timeout(200)
    assert view.evaluate("node => node.contains(document.activeElement)"), "it fell to the page"
    if name != "Draw one token":
        assert button.evaluate("node => node === document.activeElement")
        assert button.get_attribute("aria-disabled") == "true"


def test_the_focus_stays_when_its_button_goes_away(lab):
    lab.open([*BOOK[:1], "import course_lib.show.saliency as s; s.QUICK = 5; show.Saliency(model, ids[:20])",
              "import time\ncurve = show.LossCurve(100_000)\n"
              "for step in curve.steps():\n    time.sleep(0.02)\n    curve.log(step, train=1.0)"])
    lab.start()
    view = lab.out(2).locator(".sw")
    view.locator(".lc-values", has_text="train").wait_for()
    lab.page.wait_for_timeout(1500)
    status = "() => window.courseTest.panel().sessionContext.session.kernel.status"
    assert lab.page.evaluate(status) == "busy", "while it trains, Lab does not say Idle"
    view.get_by_label("log scale").click()
    lab.page.wait_for_timeout(1500)
    assert lab.page.evaluate(status) == "busy", "nor when something was asked of the page meanwhile"
    view.get_by_role("button", name="Stop training after this step").focus()
    lab.page.keyboard.press("Enter")
    lab.wait(60)
    assert lab.page.evaluate(status) == "idle"
    assert view.evaluate("node => node.contains(document.activeElement)")
    view = view_of(lab, 1)
    view.get_by_role("button", name="Reckon leave-one-out").focus()
    lab.page.keyboard.press("Enter")
    view.get_by_text("their orders agree").first.wait_for()
    assert view.evaluate("node => node.contains(document.activeElement)")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_follows_the_theme(lab, theme):
    lab.open(BOOK[:1] + BOOK[-1:])
    lab.run()
    lab.theme(theme)
    image = lab.out(1).locator("img")
    image.scroll_into_view_if_needed()
    lab.page.wait_for_timeout(400)
    grey = np.asarray(Image.open(io.BytesIO(image.screenshot())).convert("L"))
    assert image.count() == 1 and image.get_attribute("alt").startswith("Four")
    assert (grey < 64).mean() > 0.5 if theme == "dark" else (grey > 191).mean() > 0.5
    lab.theme("light")

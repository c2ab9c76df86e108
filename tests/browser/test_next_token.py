"""NextToken in a page: sliders cut the bars, tokens are taken, undone and played."""

import pytest

SETUP = """
import torch
from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config
tokenizer = story_vocabulary()
torch.manual_seed(0)
model = GPT(Config(vocab_size=tokenizer.vocab_size, context_length=24, d_model=16, n_heads=2, n_layers=1))
with torch.no_grad():
    for parameter in model.parameters():
        parameter.mul_(4)
"""


@pytest.fixture(scope="module")
def view(_page):
    _page.open([SETUP, "view = show.NextToken(model, '<img src=x onerror=alert(1)>', tokenizer)\nview"])
    _page.page.set_default_timeout(60_000)
    _page.run()
    one = _page.out(1).locator(".sw")
    one.locator(".nt-row").nth(12).wait_for()
    return one


def ask(lab, what):
    return lab.kernel(f"print({what})").strip()


def wait_for(lab, what, value):
    for _ in range(100):
        if ask(lab, what) == value:
            return
        lab.page.wait_for_timeout(200)
    raise AssertionError(f"{what} is {ask(lab, what)}, not {value}")


def test_text_is_escaped_and_bars_are_the_kernels(lab, view):
    assert view.locator("img").count() == 0 and "onerror" in view.locator(".nt-text").text_content()
    first = view.get_by_role("option").first
    assert ask(lab, "view.state['bars'][0][0]") in first.get_attribute("aria-label")
    assert ask(lab, "f\"{view.state['bars'][0][2]:.3f}\"") in first.inner_text()


def test_sliders_cut_by_mouse_and_by_keyboard(lab, view):
    for name, key, value in [("top-k", "ArrowRight", "1"), ("top-p", "ArrowLeft", "0.99"),
                             ("min-p", "ArrowRight", "0.01"), ("temperature", "ArrowLeft", "0.95")]:  # fmt: skip
        view.get_by_role("slider", name=name).press(key)
        wait_for(lab, f"view.{name.replace('-', '_')}", value)
    view.locator(".nt-cut").nth(3).wait_for()
    assert "cut: top-k" in view.locator(".nt-cut").first.inner_text()
    assert view.locator(".nt-cut").count() == 11
    box = view.get_by_role("slider", name="top-k").bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for(lab, "20 < view.top_k < 30", "True")
    view.get_by_role("button", name="Temperature 1, no cuts").click()
    wait_for(lab, "(view.temperature, view.top_k, view.top_p, view.min_p)", "(1.0, None, None, None)")


def test_tokens_are_taken_and_undone(lab, view):
    start = int(ask(lab, "len(view.ids)"))
    third = ask(lab, "view.state['bars'][2][0]")
    view.get_by_role("option").nth(2).click()
    wait_for(lab, "view.ids[-1]", third)
    view.get_by_role("button", name="Undo the last token").click()
    wait_for(lab, "len(view.ids)", str(start))
    second = ask(lab, "view.state['bars'][1][0]")
    candidates = view.get_by_role("listbox")
    candidates.press("Home")
    candidates.press("ArrowDown")
    view.locator(".sw-live", has_text=f"token {second}").wait_for(state="attached")
    candidates.press("Enter")
    wait_for(lab, "view.ids[-1]", second)
    candidates.press("Backspace")
    wait_for(lab, "len(view.ids)", str(start))
    view.get_by_role("button", name="Draw one token").click()
    wait_for(lab, "len(view.ids)", str(start + 1))
    view.get_by_role("button", name="Back to the prompt").press("Enter")
    wait_for(lab, "len(view.ids)", str(start))


def test_it_plays_until_it_is_paused_or_the_window_is_full(lab, view):
    start = int(ask(lab, "len(view.ids)"))
    view.get_by_role("slider", name="speed").press("End")
    view.get_by_role("button", name="Play", exact=True).click()
    wait_for(lab, f"len(view.ids) > {start + 1}", "True")
    pause = view.get_by_role("button", name="Pause", exact=True)
    if pause.is_visible():
        pause.press("Enter")
    lab.page.wait_for_timeout(1500)
    stands = ask(lab, "len(view.ids)")
    lab.page.wait_for_timeout(1000)
    assert ask(lab, "len(view.ids)") == stands
    if ask(lab, "view.state['ended'] or view.state['full']") == "False":
        view.get_by_role("listbox").press(" ")
        wait_for(lab, "view.state['ended'] or view.state['full']", "True")
    view.get_by_text("The model's window is full").or_(view.get_by_text("The text has ended")).wait_for()
    view.locator(".nt-token").first.hover()


def test_theme_size_and_a_new_page(lab, view):
    for look in lab.looks():
        assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), look
    lab.save()
    lab.reload()
    lab.out(1).locator(".nt-row").nth(12).wait_for()

"""TokenView in a page: what one types is cut, tokens are read, merges replayed."""

import pytest

SETUP = """
from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.text import CharTokenizer, WordTokenizer
ours, text = story_vocabulary(), "Once upon a time 😀"
characters, words = CharTokenizer([text]), WordTokenizer([text])
"""
SHOW = "view = show.TokenView({'ours': ours, 'characters': characters, 'words': words}, text)\nview"


@pytest.fixture(scope="module")
def view(_page):
    _page.open([SETUP, SHOW])
    _page.page.set_default_timeout(60_000)
    _page.run()
    one = _page.out(1).locator(".sw")
    one.locator(".tv-token").first.wait_for()
    return one


def row(view, name):
    return view.get_by_role("region", name=name)


def test_spans_are_the_tokens(lab, view):
    assert "18 tokens · 1.17 bytes per token" in row(view, "characters").inner_text()
    assert row(view, "characters").locator(".tv-token").count() == 18
    assert "Once" in row(view, "words").locator(".tv-token").first.inner_text()


def test_tokens_are_read_by_mouse_and_by_keyboard(lab, view):
    facts = view.locator(".tv-facts")
    row(view, "words").locator(".tv-token").nth(1).hover()
    facts.filter(has_text="token 2 of 5 tokens: ·upon").wait_for()
    assert "5 bytes: 20 75 70 6f 6e" in facts.inner_text()
    strip = row(view, "words").get_by_role("listbox")
    for key, place in [("Home", 1), ("ArrowRight", 2), ("End", 5), ("ArrowLeft", 4)]:
        strip.press(key)
        facts.filter(has_text=f"token {place} of 5 tokens").wait_for()
    view.locator(".sw-live", has_text="token 4 of 5 tokens").wait_for(state="attached")
    row(view, "words").locator(".tv-token").first.click()
    facts.filter(has_text="token 1 of 5 tokens").wait_for()


def test_merges_are_replayed(lab, view):
    ours = row(view, "ours")
    whole = ours.locator(".tv-token").count()
    slider = ours.get_by_label("Merge", exact=True)
    slider.press("Home")
    ours.get_by_text("merge 0 of").wait_for()
    assert ours.locator(".tv-token").count() == 21  # bytes
    ours.get_by_role("button", name="One merge on").click()
    ours.get_by_text("merge 1 of").wait_for()
    assert ours.locator(".tv-fresh").count() >= 1 and ours.locator(".tv-next").count() >= 2
    ours.get_by_role("button", name="One merge back").press("Enter")
    ours.get_by_text("merge 0 of").wait_for()
    ours.get_by_label("speed").press("End")
    ours.get_by_role("button", name="Replay the merges").click()
    ours.get_by_role("button", name="Pause").click()
    ours.get_by_role("button", name="Replay the merges").press("Enter")
    ours.get_by_role("button", name="Replay the merges").wait_for()
    assert ours.locator(".tv-token").count() == whole


def test_what_is_typed_is_cut(lab, view):
    area = view.get_by_role("textbox")
    area.fill("")
    row(view, "words").get_by_text("No tokens").wait_for()
    area.press_sequentially("<img src=x onerror=alert(1)>dd")  # keys that Lab would take for its own
    row(view, "words").get_by_text("a part of the text is lost").wait_for()
    lab.page.wait_for_timeout(500)
    assert lab.kernel("print(view.text)").strip() == "<img src=x onerror=alert(1)>dd"
    assert view.locator("img").count() == 0
    lab.kernel("view.text = 'Once'")
    row(view, "words").get_by_text("1 token ·").wait_for()


def test_theme_size_and_a_new_page(lab, view):
    for look in lab.looks():
        assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), look
    lab.save()
    lab.reload()
    lab.out(1).locator(".tv-token").first.wait_for()

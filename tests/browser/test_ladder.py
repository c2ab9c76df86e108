"""Ladder in a page: rungs are read, the axis and the learner's figures are switched."""

import pytest


@pytest.fixture(scope="module")
def view(_page):
    _page.open(["from course_lib import show\nview = show.Ladder({'uniform': 8, 'gpt': 0.31, 'rnn': 0.8})\nview"])
    _page.page.set_default_timeout(60_000)
    _page.run()
    one = _page.out(0).locator(".sw")
    one.locator(".ld-row").first.wait_for()
    return one


def test_rungs_are_read_by_mouse_and_by_keyboard(lab, view):
    facts = view.locator(".ld-facts")
    assert facts.inner_text().startswith("GPT"), "it opens at the last rung that the learner has climbed"
    view.locator(".ld-row").nth(1).hover()
    facts.filter(has_text="counting characters").wait_for()
    listbox = view.get_by_role("listbox")
    for key, words in [("End", "modern GPT"), ("ArrowUp", "yours: 0.310 bits per byte"), ("Home", "no model"),
                       ("ArrowDown", "counting characters")]:  # fmt: skip
        listbox.press(key)
        facts.filter(has_text=words).wait_for()
    view.locator(".sw-live", has_text="counting characters").wait_for(state="attached")


def test_controls(lab, view):
    assert view.locator(".ld-row .ld-mine").count() == 3
    view.get_by_role("checkbox", name="yours").press("Space")
    assert view.locator(".ld-row .ld-mine").count() == 0
    view.get_by_role("checkbox", name="yours").click()
    place = lambda: view.locator(".ld-row .ld-course").nth(1).bounding_box()["x"]
    before = place()
    view.locator("select").select_option("linear")
    assert place() != before
    view.locator("select").press("ArrowUp")
    assert place() == before
    lab.kernel("view._mine['lstm'] = 0.7")
    view.get_by_role("button", name="Read the figures again").click()
    view.locator(".ld-row .ld-mine").nth(3).wait_for()


def test_theme_size_and_a_new_page(lab, view):
    for look in lab.looks():
        assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), look
    lab.save()
    lab.reload()
    lab.out(0).locator(".ld-row").first.wait_for()

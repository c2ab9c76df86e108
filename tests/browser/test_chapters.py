"""Every chapter that has widgets, in a real JupyterLab: run, each control of its widgets played, stopped, reloaded.

A light pass: what each control should do is tested beside this file, one widget at a time. Here the page, the chapter
and all of its widgets together must bear it without a fault. Untouched chapters run at the smallest preset.
"""

import playing
import pytest

from course_lib.classroom import layout

WIDGETS = ("AttentionView", "Ladder", "LogitLens", "LossCurve", "NextToken", "Saliency", "TokenView")
SOLUTION = "bpe"  # one of them is opened as its solution as well: its stored pictures give way to live widgets


def has_widgets(cell):
    return cell["cell_type"] == "code" and any(f"show.{name}(" in layout.source(cell) for name in WIDGETS)


CHAPTERS = [pytest.param(chapter.path, id=chapter.word) for chapter in layout.chapters()
            if any(map(has_widgets, chapter.cells()))]
SOLVED = layout.find_chapter(SOLUTION).path
CHAPTERS.append(pytest.param(layout.ROOT / "solutions" / SOLVED.name, id=f"solution of {SOLUTION}"))


def place(path, cell_id):
    """Which cell of a notebook has an id."""
    chapter = layout.find_chapter(path.stem)
    return next(number for number, cell in enumerate(chapter.cells()) if cell["id"] == cell_id)


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_and_all_controls_of_its_widgets(lab, path):
    lab.page.set_default_timeout(60_000)
    lab.open(path)
    lab.run()
    assert lab.faults() == []
    views = lab.page.locator(".jp-Notebook .sw[role=group]")
    assert views.count() >= lab.page.evaluate("() => window.courseTest.models().length") > 0
    lab.size(1280, 800)
    room = lab.page.evaluate("() => window.courseTest.panel().content.node.clientHeight")
    for number in range(views.count()):
        view = views.nth(number)
        view.scroll_into_view_if_needed()
        lab.page.wait_for_timeout(200)
        high = view.evaluate("node => node.offsetHeight")
        assert high <= room, f"{view.get_attribute('aria-label')} takes {high} pixels, and a laptop shows {room}"
    lab.size(1400)
    for number in range(views.count()):
        view = views.nth(number)
        view.scroll_into_view_if_needed()
        playing.by_mouse(lab, view)
        playing.by_keyboard(lab, view)
        assert lab.faults() == [], view.get_attribute("aria-label")
    for look in lab.looks():
        for number in range(views.count()):
            over = views.nth(number).evaluate("node => node.scrollWidth - node.clientWidth")
            assert over <= 1, f"{views.nth(number).get_attribute('aria-label')} is {over} pixels too wide: {look}"
    shown = views.count()
    lab.save()
    lab.reload()
    views.nth(shown - 1).wait_for()
    assert views.count() == shown


def test_the_run_of_chapter_10_is_stopped_with_its_button(lab):
    """At the smallest preset the first loop would be over at once, so it is asked for many steps."""
    path = layout.find_chapter("training").path
    lab.page.set_default_timeout(60_000)
    lab.open(path)
    for cell in ("setup", "loop-data", "loop-start", "loop-rates"):
        lab.start(place(path, cell))
        lab.wait()
    lab.kernel("steps = 100_000; rates = [0.001] * steps")
    at = place(path, "loop-run")
    lab.start(at)
    view = lab.out(at).locator(".sw")
    view.locator(".lc-values", has_text="train").wait_for()
    view.get_by_role("button", name="Stop training after this step").click()
    lab.wait(60)
    assert "stopped after" in view.inner_text()
    assert 0 < int(lab.kernel("print(len(curve))")) < 100_000
    lab.start(place(path, "loop-curve"))
    lab.wait()
    assert lab.text(place(path, "loop-curve")).startswith("after ")

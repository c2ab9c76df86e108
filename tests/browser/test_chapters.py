"""Every chapter that has widgets, in a real JupyterLab: run, each control of its widgets played, reloaded.

A light pass: what each control should do is tested beside this file, one widget at a time. Here the page, the chapter
and all of its widgets together must bear it without a fault. Untouched chapters run at the smallest preset.
"""

import playing
import pytest

from course_lib.classroom import house

WIDGETS = ("AttentionView", "Ladder", "LogitLens", "LossCurve", "NextToken", "Saliency", "TokenView")
SOLUTION = "bpe"  # one of them is opened as its solution as well: its stored pictures give way to live widgets


def has_widgets(cell):
    return cell["cell_type"] == "code" and any(f"show.{name}(" in house.source(cell) for name in WIDGETS)


CHAPTERS = [pytest.param(chapter.path, id=chapter.word) for chapter in house.chapters()
            if any(map(has_widgets, chapter.cells()))]
SOLVED = house.find_chapter(SOLUTION).path
CHAPTERS.append(pytest.param(house.ROOT / "solutions" / SOLVED.name, id=f"solution of {SOLUTION}"))


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_and_all_controls_of_its_widgets(lab, path):
    lab.page.set_default_timeout(60_000)
    lab.open(path)
    lab.run()
    assert lab.faults() == []
    views = lab.page.locator(".jp-Notebook .sw[role=group]")
    assert views.count() >= lab.page.evaluate("() => window.courseTest.models().length") > 0
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

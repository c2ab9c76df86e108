"""LossCurve in a page: it grows while its cell runs, is stopped in three ways, and all in it can be turned."""

import json

import pytest

SETUP = """
import time
from course_lib import show
curve = show.LossCurve(200, bytes_per_token=4.0, floor=0.2)
def go(steps, pause=0.0, **options):
    for step in curve.steps(steps, **options):
        time.sleep(pause)
        last = time.time()
        curve.log(step, train=4 / (1 + step / 40) + 1)
        if step % 50 == 49:
            curve.log(step, val=4 / (1 + step / 40) + 1.25)
            curve.sample(step, f"<img src=x onerror=alert(1)> after {step}")
    print(curve.status, round(last * 1000))
"""


@pytest.fixture(scope="module")
def run(_page):
    _page.open([SETUP, "go(200)", "go(50, run='short')"])
    _page.run()
    return _page


@pytest.mark.parametrize("how", ["mouse", "keyboard", "square"])
def test_a_run_is_stopped_between_two_steps(lab, how):
    lab.open([SETUP, "go(100_000, 0.02)", "1 + 1"])
    lab.page.set_default_timeout(60_000)
    lab.start()
    view = lab.out(1).locator(".sw")
    button = view.get_by_role("button", name="Stop training after this step")
    button.wait_for()
    view.locator(".lc-values", has_text="train").wait_for()
    lab.page.wait_for_timeout(700)
    before = lab.page.evaluate("() => Date.now()")
    if how == "square":
        lab.interrupt()
    elif how == "mouse":
        button.click()
    else:
        button.focus()
        lab.page.keyboard.press("Enter")
    lab.wait(60)
    stream = next(out for out in lab.outputs(1) if out["output_type"] == "stream")
    status, when = "".join(stream["text"]).rsplit(maxsplit=1)
    assert status.startswith("stopped after")
    print(f"the last step ended {int(when) - before} ms after the {how}")
    assert int(when) - before < 10_000  # a fifth of a second on a calm machine
    assert lab.text(2) == "2"  # the cells after it run as if nothing had happened
    button.wait_for(state="hidden")
    assert "stopped after" in view.inner_text()


def test_it_shows_what_was_logged(lab, run):
    view = run.out(2).locator(".sw")
    view.get_by_text("done").first.wait_for()
    words = view.inner_text()
    assert "run 1: train" in words and "short: train" in words and "50 of 50 steps" in words
    assert "<img src=x onerror=alert(1)> after 49" in view.locator(".lc-said").inner_text()
    assert view.locator("img").count() == 0


def test_values_are_read_by_mouse_and_by_keyboard(lab, run):
    view = run.out(2).locator(".sw")
    canvas, values = view.locator("canvas[role=application]"), view.locator(".lc-values")
    assert "best" in values.inner_text()
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] / 2, "y": 100})
    values.filter(has_not_text="best").wait_for()
    assert values.inner_text().count("at step") == 4
    run.page.mouse.move(2, 2)
    canvas.focus()
    for key, expected in [("End", "at step 199"), ("ArrowLeft", "at step 198"), ("Home", "at step 0"),
                          ("ArrowRight", "at step 1"), ("PageDown", "at step 11"), ("PageUp", "at step 1")]:
        run.page.keyboard.press(key)
        values.filter(has_text=f"run 1: train {curve_at(int(expected.split()[-1])):.4f} {expected}").wait_for()
    view.locator(".sw-live", has_text="at step").wait_for(state="attached")
    run.page.keyboard.press("Escape")
    values.filter(has_text="best").wait_for()


def curve_at(step, factor=1 / (4 * 0.6931471805599453)):
    return (4 / (1 + step / 40) + 1) * factor


def test_every_control_does_something(lab, run):
    view = run.out(2).locator(".sw")
    canvas = view.locator("canvas[role=application]")
    image = lambda: canvas.evaluate("node => node.toDataURL()")

    def changes(act):
        before = image()
        act()
        for _ in range(50):
            run.page.wait_for_timeout(200)
            if image() != before:
                return
        raise AssertionError("nothing changed")

    changes(lambda: view.get_by_label("log scale").check())
    changes(lambda: view.get_by_label("log scale").press("Space"))
    changes(lambda: view.get_by_label("ladder").press("Space"))
    changes(lambda: view.get_by_label("ladder").click())
    changes(lambda: view.get_by_label("nats per token").check())
    assert "run 1: train 1.6695" in view.locator(".lc-values").inner_text()
    changes(lambda: view.get_by_label("nats per token").press("Space"))
    changes(lambda: view.get_by_role("checkbox", name="run 1: train").uncheck())
    changes(lambda: view.get_by_role("checkbox", name="run 1: train").press("Space"))
    slider = view.get_by_role("slider", name="smoothing")
    changes(lambda: [slider.press("ArrowRight") for _ in range(30)])
    assert float(run.kernel("print(curve.smoothing)")) == pytest.approx(0.6)
    changes(lambda: slider.fill("0"))
    said = view.locator(".lc-said")
    changes(lambda: view.get_by_role("button", name="Sample before").click())
    assert "after 199" in said.inner_text()
    changes(lambda: view.get_by_role("button", name="Next sample").press("Enter"))
    assert "after 49" in said.inner_text()


def test_the_saved_notebook_has_the_last_picture(lab, run):
    outputs = json.loads(run.save().read_text(encoding="utf-8"))["cells"][2]["outputs"]
    live, shown = [one for one in outputs if one["output_type"] == "display_data"]
    assert list(live["data"]) == ["application/vnd.jupyter.widget-view+json"] and "image/png" in shown["data"]
    assert "".join(shown["data"]["text/plain"]) == "LossCurve(200)"
    assert "Status: done" in shown["metadata"]["image/png"]["alt"]


def test_theme_size_and_a_new_page(lab, run):
    for theme in ("dark", "light"):
        run.theme(theme)
        for width in (900, 1400):
            run.size(width)
            view = run.out(2).locator(".sw")
            assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    run.save()
    run.reload()
    view = run.out(2).locator(".sw")
    view.locator(".lc-values", has_text="short: train").wait_for()

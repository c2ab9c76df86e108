"""What the widgets cost: bytes to a page, a change until it is painted and its drawing alone, a logged step, a stop.

AttentionView shows 12 layers × 12 heads × 128 tokens, in a real JupyterLab and Chromium; without one, it says so.

    python -m tests.bench.widgets
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from lab import FLAGS, Lab, Server, chromium  # noqa: E402 - tests/browser is no package: its tests take it from there

from course_lib import show  # noqa: E402

VIEW = """
import torch
from course_lib import show
from course_lib.gpt import GPT, Config
from course_lib.text import CharTokenizer
tokenizer = CharTokenizer(["Once upon a time."])
torch.manual_seed(0)
model = GPT(Config(vocab_size=tokenizer.vocab_size, context_length=128, d_model=48, n_heads=12, n_layers=12))
show_me = ("Once upon a time." * 8)[:127]
view = show.AttentionView(model, show_me, tokenizer)
print(len(view.sides[0]["tokens"]), len(view.data), len(view._esm.encode()) + len(view._css.encode()))
view
"""
LOOP = """
import time
curve = show.LossCurve(1_000_000)
for step in curve.steps():
    time.sleep(0.01)
    last = time.time()
    curve.log(step, train=1 / (step + 1))
print(round(last * 1000))
"""
# A layer and a head are chosen at any moment of a frame, so that the wait for the next one (0 to 17 ms) is in it too.
REDRAW = """async out => {
  const [layer, head] = out.querySelectorAll(".sw select"), took = [];
  for (let i = 0; i < 30; i++) {
    await new Promise(done => setTimeout(done, 80 + i * 7 % 17));
    took.push(await window.courseTest.timed(() => {
      layer.value = String((i * 5 + 1) % 12);
      head.value = String((i * 7 + 1) % 12);
      layer.dispatchEvent(new Event("change"));
      head.dispatchEvent(new Event("change"));
    }));
  }
  return took; }"""


def logged(steps=100_000):
    """Microseconds of one LossCurve.log, outside a notebook."""
    curve = show.LossCurve()
    began = time.perf_counter()
    for step in range(steps):
        curve.log(step, train=2.5, val=2.75)
    return (time.perf_counter() - began) / steps * 1e6


def stopped(lab):
    """Milliseconds from a click on Stop to the end of the run's last step."""
    lab.start(1)
    button = lab.out(1).get_by_role("button", name="Stop training after this step")
    button.wait_for()
    lab.out(1).locator(".lc-values", has_text="train").wait_for()
    lab.page.wait_for_timeout(700)
    before = lab.page.evaluate("() => Date.now()")
    button.click()
    lab.wait(60)
    said = next(out["text"] for out in lab.outputs(1) if out["output_type"] == "stream")
    return int("".join(said)) - before


def run(stops=5):
    """Rows {name, ours, unit}; those of a page are missing where there is no Chromium."""
    rows = [{"name": "LossCurve.log, two values", "ours": logged(), "unit": "µs"}]
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no page was measured: the Python package playwright is not installed: pip install -e '.[test]'")
        return rows
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = chromium(playwright)
        if path is None:
            print("no page was measured: no Chromium was found; install one, or let CHROMIUM say where it is")
            return rows
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        server = Server(Path(folder) / "server")
        lab = Lab(server, browser)
        try:
            lab.open([VIEW, LOOP])
            lab.start(0)
            lab.out(0).locator(".sw-att-main").wait_for()
            lab.wait()
            tokens, data, page = map(int, lab.text(0).split()[:3])
            painted, drawing = zip(*lab.out(0).evaluate(REDRAW), strict=True)
            stops = [stopped(lab) for _ in range(stops)]
            assert lab.faults() == [], lab.faults()
        finally:
            lab.close()
            server.close()
            browser.close()
    what = f"AttentionView, 12 × 12 × {tokens}"
    return [*rows, {"name": f"{what}: its weights", "ours": data, "unit": "bytes"},
            {"name": f"{what}: its module and style", "ours": page, "unit": "bytes"},
            *both(f"{what}: from a change until it is painted", painted), *both(f"{what}: drawing alone", drawing),
            *both("LossCurve: stop by mouse", stops)]


def both(name, took):
    """Rows of the median and the worst of some times in milliseconds."""
    return [{"name": f"{name}, {word} of {len(took)}", "ours": which(took), "unit": "ms"}
            for word, which in (("median", statistics.median), ("worst", max))]


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:<78} {row['ours']:>12,.1f} {row['unit']}")

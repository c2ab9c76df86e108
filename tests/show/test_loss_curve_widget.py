"""LossCurve: what is logged is what is packed, drawn and told; a run stops between two steps; no notebook is needed."""

import io
import json
import math
import re
import signal
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.classroom import ladder
from course_lib.gpt import GPT, Config
from course_lib.show import running
from course_lib.show.loss_curve import LossCurve
from course_lib.show.loss_picture import smoothed
from course_lib.show.series import POINT
from course_lib.training import Engine, train


@pytest.fixture(autouse=True)
def usual_interrupts():
    """As in a terminal: where the tests run in the background of a shell, an interrupt is ignored from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def figures(tmp_path, monkeypatch):
    """A ladder of our own making."""
    monkeypatch.setattr(ladder, "FILE", tmp_path / "ladder.json")
    ladder.FILE.write_text("{}", encoding="utf-8")
    entry = {"seconds": 1.0, "preset": "cpu", "seeds": [0], "spread": 0.0}
    ladder.write({name: {"bits_per_byte": bits, **entry}
                  for name, bits in {"bigram": 1.75, "gpt": 0.5, "floor": 0.3125}.items()})


def parts(data):
    """What a page reads: the head, and all points one after the other."""
    size = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + size]), list(POINT.iter_unpack(data[4 + size :]))


def unpack(curve):
    """The whole: its head, and {(run, name): [(step, value), …]}."""
    head, points = parts(curve._packed())
    at, series = 0, {}
    for run, name, start, count in head["series"]:
        assert start == 0
        series[run, name] = points[at : at + count]
        at += count
    assert at == len(points) and head["all"]
    return head, series


def sent(curve):
    """Notes what the curve sends to its page."""
    messages = []
    curve.send = lambda content, buffers=None: messages.append((content, buffers))
    return messages


def test_a_plain_loop_is_all_it_needs(capsys):
    curve = show.LossCurve(5)
    seen = []
    for step in curve.steps():
        seen.append(step)
        curve.log(step, train=10.0 - step)
        if step % 2 == 0:
            curve.log(step, val=1.5)
    assert seen == [0, 1, 2, 3, 4] and curve.status == "done" and not curve.stopped
    series = curve.series()
    assert series["run 1", "train"][1].tolist() == [10, 9, 8, 7, 6]
    assert series["run 1", "val"][0].tolist() == [0, 2, 4]
    head, points = unpack(curve)
    assert points["run 1", "train"] == [(n, 10.0 - n) for n in range(5)]
    assert re.fullmatch(r"done · 5 of 5 steps · [\d,.]+ steps/s", head["told"])
    said = capsys.readouterr().out
    assert "5 of 5 steps" in said and "train 6.0000" in said and "val 1.5000" in said and "steps/s" in said


@pytest.mark.parametrize("seconds, words", [(0.2, "1 s left"), (119, "119 s left"), (121, "3 min left"),
                                             (600_000, "10,000 min left")])
def test_the_time_left_is_said_in_seconds_or_minutes(seconds, words):
    curve = LossCurve(101)
    curve.begin()
    curve._line = None
    curve.log(0, train=1.0)
    curve.log(50, train=1.0)
    curve._flushed = curve._begun + seconds  # half of it is made, so as much again is left
    assert words in curve._told()
    curve.end()
    assert "left" not in curve._told()


def test_messages_and_the_whole_say_the_same():
    curve = LossCurve(100)
    messages = sent(curve)
    curve.begin(run="a")
    curve._line = None
    curve.every = 0
    for step in range(100):
        curve.log(step, train=step / 7)
        if step % 30 == 0:
            curve.log(step, val=float(step))
            curve.sample(step, f"<b>{step}</b>")
    curve.end()
    got, samples = {}, []
    for _, [data] in messages:
        head, points = parts(data)
        assert not head["all"]
        samples = samples[: head["from"]] + [list(one) for one in head["samples"]]
        for run, name, start, count in head["series"]:
            assert start == len(got.setdefault((run, name), []))  # nothing is missed, nothing told twice
            got[run, name] += points[:count]
            points = points[count:]
        assert not points
    head, whole = unpack(curve)
    assert got == whole and samples == head["samples"] == [["a", n, f"<b>{n}</b>"] for n in (0, 30, 60, 90)]


def test_logging_costs_microseconds():
    curve = LossCurve(1)
    curve.begin()
    curve._line, curve.every = None, 1e9
    best = math.inf
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(1000):
            curve.log(curve._step + 1, train=2.5, val=2.75)
        best = min(best, (time.perf_counter() - began) / 1000)
    curve.end()
    assert best < 50e-6  # 2 µs on a calm machine


def test_any_number_can_be_logged_and_nothing_else():
    curve = LossCurve(9)
    curve.log(0, a=torch.tensor(1.5, requires_grad=True), b=np.float32(2.5), c=3, d=math.nan, e=math.inf, f=1e300)
    values = {name: ys[0] for (_, name), (_, ys) in curve.series().items()}
    assert values["a"] == 1.5 and values["b"] == 2.5 and values["c"] == 3 and math.isnan(values["d"])
    assert values["e"] == values["f"] == math.inf
    for wrong in ("2.0", None, [1.0], torch.tensor([1.0, 2.0]), {}):
        with pytest.raises(TypeError, match="loss"):
            curve.log(1, loss=wrong)
    curve.log(np.int64(4), a=1.0)
    with pytest.raises(ValueError, match="step 2 came after step 4"):
        curve.log(2, a=1.0)
    with pytest.raises(TypeError, match="whole number"):
        curve.log(4.5, a=1.0)
    with pytest.raises(TypeError, match="text"):
        curve.sample(4, b"bytes")


@pytest.mark.parametrize("options, words", [
    ({"total": 0}, "at least 1"), ({"total": -3}, "at least 1"), ({"unit": "bits"}, "nats per token"),
    ({"smoothing": 1}, "below 1"), ({"bytes_per_token": 0}, "above 0"), ({"ladder": ["gtp"]}, "'gtp'"),
    ({"floor": -1}, "above 0"), ({"floor": "low"}, "'low'"), ({"smoothing": "much"}, "'much'"),
    ({"bytes_per_token": "4"}, "'4'"), ({"bytes_per_token": math.nan}, "above 0"),
])  # fmt: skip
def test_wrong_options_are_said(options, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        LossCurve(**options)


def test_total_is_a_whole_number():
    for total in (1.5, "ten", True):
        with pytest.raises(TypeError, match="total is .* whole number"):
            LossCurve(total)


def test_nats_become_bits_per_byte_and_level_lines_are_the_ladders():
    curve = LossCurve(10, bytes_per_token=4.0)
    [first, factor], second = curve.facts["units"]
    assert first == "bits per byte" and factor == pytest.approx(1 / (4 * math.log(2)))
    assert second == ["nats per token", 1]
    assert dict(curve.facts["references"]) == {"bigram": 1.75, "gpt": 0.5, "floor": 0.3125}
    assert LossCurve(10).facts["units"] == [["nats per token", 1]] and LossCurve(10).facts["references"] == []
    assert LossCurve(10, unit="bits per byte").facts["units"] == [["bits per byte", 1]]
    assert LossCurve(10, ladder="gpt").references == {"gpt": 0.5}
    assert LossCurve(10, ladder=False).references == {}
    assert LossCurve(10, ladder=False, floor=1).references == {"floor": 1}
    curve.log(0, train=math.log(2) * 4)  # one bit per byte
    curve.log(1, train=math.log(2) * 2)
    axes = curve.picture().figure.axes[0]
    assert axes.get_lines()[0].get_ydata().tolist() == pytest.approx([1, 0.5])
    assert axes.get_ylabel() == "bits per byte"
    assert {line.get_ydata()[0] for line in axes.get_lines()[1:]} == {0.5, 0.3125}  # bigram is far from what is shown


@pytest.mark.parametrize("named", [["bigram", "gpt", "floor"], ["gpt"], "bigram"])
def test_rungs_that_are_named_are_drawn_wherever_they_lie(named):
    curve = LossCurve(10, unit="bits per byte", ladder=named)
    curve.log(0, train=7.0)
    curve.log(1, train=6.0)
    rungs = [named] if isinstance(named, str) else named
    assert all(f"Level line {rung} at" in curve.picture().alt for rung in rungs)
    assert set(rungs) <= set(curve.facts["always"]), "the page is told too"
    assert set(dict(curve.facts["references"])) == set(rungs)


def test_of_all_rungs_the_far_ones_are_left_out_but_the_floor():
    curve = LossCurve(10, unit="bits per byte")
    curve.log(0, train=7.0)
    assert "Level line floor" in curve.picture().alt and "Level line gpt" not in curve.picture().alt
    assert curve.facts["always"] == ["floor"]


def test_runs_lie_over_each_other_by_name_and_one_of_the_same_name_is_begun_anew():
    curve = LossCurve(3)
    for name in ("slow", "fast", "slow"):
        for step in curve.steps(run=name):
            curve.log(step, train=float(len(name)) + step)
            curve.sample(step, name)
    assert {key: ys.tolist() for key, (_, ys) in curve.series().items()} == {
        ("fast", "train"): [4, 5, 6], ("slow", "train"): [4, 5, 6]}  # fmt: skip
    assert [one[0] for one in curve._series.samples] == ["fast"] * 3 + ["slow"] * 3
    for step in curve.steps(2):
        curve.log(step, train=0.0)
    assert ("run 3", "train") in curve.series()
    assert repr(curve) == "LossCurve(3)"
    labels = [text.get_text() for text in curve.picture().figure.axes[0].get_legend().get_texts()]
    assert labels == ["fast: train", "slow: train", "run 3: train"]
    with pytest.raises(TypeError, match="name"):
        next(curve.steps(run=7))


@pytest.mark.filterwarnings("error")
def test_the_names_of_many_curves_lie_beside_them_and_within_the_picture():
    curve = LossCurve(20)
    for name in ("one", "two", "W" * 60):
        for step in curve.steps(run=name):
            curve.log(step, train=float(step), val=2.0, honest=3.0)
        curve.sample(19, "once upon a time " * 40)
    sheet = curve.picture().figure
    [legend] = sheet.legends
    assert len(legend.get_texts()) == 9
    box, axes = legend.get_window_extent(), sheet.axes[0].get_window_extent()
    assert not box.overlaps(axes) and sheet.axes[0].get_position().height > 0.3
    for child in [legend, *sheet.axes[0].texts]:
        inside = child.get_window_extent()
        assert 0 <= inside.x0 and inside.x1 <= sheet.bbox.x1 and 0 <= inside.y0 and inside.y1 <= sheet.bbox.y1
        assert child is legend or not inside.overlaps(box)


# stopping


def test_the_button_stops_between_two_steps():
    curve = LossCurve(1000)
    for step in curve.steps():
        curve.log(step, train=1.0)
        if step == 7:
            threading.Thread(target=lambda: setattr(curve, "stop", True)).start()
            while not curve.stop:
                time.sleep(0.001)
    assert step == 7 and curve.status == "stopped after 8 steps" and curve.stopped
    assert [step for step in curve.steps(2)] == [0, 1] and curve.status == "done"  # and it can go on


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="no signals")
def test_an_interrupt_stops_it_and_a_second_one_is_the_usual():
    before = signal.getsignal(signal.SIGINT)
    curve = LossCurve(1000)
    for step in curve.steps():
        curve.log(step, train=1.0)
        if step == 3:
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is before  # at once: the next one is the usual one
    assert step == 3 and curve.status == "stopped after 4 steps"
    for step in curve.steps():
        curve.log(step, train=1.0)
        signal.raise_signal(signal.SIGINT)
    assert curve.status == "stopped after 1 step"
    with pytest.raises(KeyboardInterrupt):
        for _ in curve.steps():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("how", ["break", "error", "return"])
def test_however_a_loop_is_left_the_interrupt_is_given_back(how):
    before, curve = signal.getsignal(signal.SIGINT), LossCurve(10)

    def loop():
        for step in curve.steps():
            curve.log(step, train=1.0)
            if step == 2:
                if how == "error":
                    raise RuntimeError("no")
                if how == "return":
                    return
                break

    if how == "error":
        with pytest.raises(RuntimeError):
            loop()
    else:
        loop()
    assert signal.getsignal(signal.SIGINT) is before and curve.status == "ended early after 3 steps"


def test_in_another_thread_it_runs_without_signals():
    before, curve, seen = signal.getsignal(signal.SIGINT), LossCurve(4), []
    thread = threading.Thread(target=lambda: seen.extend(curve.steps()))
    thread.start()
    thread.join()
    assert seen == [0, 1, 2, 3] and signal.getsignal(signal.SIGINT) is before


# a terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_one_line_and_a_file_ten():
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        line = running.Line(1000, stream)
        for done in range(1, 1001):
            line.show(f"step {done}", done)
        line.show("done", 1000, last=True)
    assert terminal.getvalue().count("\n") == 1 and terminal.getvalue().endswith("\n")
    assert 10 <= len(file.getvalue().splitlines()) <= 12 and "\r" not in file.getvalue()


# what stays


def test_the_picture_has_its_words_and_text_plain_is_the_same_in_every_run():
    curve = LossCurve(50, bytes_per_token=4.0)
    before = repr(curve)
    empty, _ = curve._repr_mimebundle_()
    for step in curve.steps():
        curve.log(step, train=5.0 - step / 20, val=float("nan"))
    curve.sample(49, "Once $upon$ <b>a</b>\ntime \x00")
    bundle, facts = curve._repr_mimebundle_()
    assert bundle["text/plain"] == empty["text/plain"] == before == "LossCurve(50)"
    assert "Once $upon$" in facts["image/png"]["alt"] and "train: from 1.8 to 0.92" in facts["image/png"]["alt"]
    assert bundle["image/png"] != empty["image/png"]


def test_a_picture_is_saved(tmp_path):
    curve = LossCurve(2, smoothing=0.5, log_scale=True)
    for step in curve.steps():
        curve.log(step, train=2.0 - step)
    assert Image.open(curve.save(tmp_path / "run.png")).width > 400


def test_a_logarithmic_axis_has_plain_numbers():
    curve = LossCurve(2, bytes_per_token=4.0, log_scale=True)
    for step in curve.steps():
        curve.log(step, train=8.0 - 7 * step)
    (axes,) = curve.picture().figure.axes
    axes.figure.canvas.draw()
    low, high = axes.get_ylim()
    ticks = {text.get_text() for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high}
    assert axes.get_yscale() == "log" and {"0.5", "1", "2"} <= ticks and not any("$" in text for text in ticks)


def test_smoothing_forgets_its_beginning():
    ys = np.array([5.0, 1.0, 1.0, 1.0])
    assert smoothed(ys, 0).tolist() == ys.tolist()
    weights = 0.9 ** np.arange(4)[::-1]
    assert smoothed(ys, 0.9)[-1] == pytest.approx((weights * ys).sum() / weights.sum())


def test_a_new_page_and_one_that_missed_something_get_everything():
    curve = LossCurve(3)
    for step in curve.steps():
        curve.log(step, train=1.0)
    state = curve.get_state("points")["points"]
    assert state == curve._packed() and len(state) > 24
    told = []
    curve.send_state = told.append
    curve._asked(curve, "all", [])
    assert told == ["points"]


# the course's own loop


@pytest.fixture(scope="module")
def task():
    from course_lib.stories import texts

    tokenizer = story_vocabulary()
    config = Config(vocab_size=tokenizer.vocab_size, context_length=8, d_model=12, n_heads=2, n_layers=1)
    return tokenizer, config, texts("train", 5), texts("validation", 1)


def run(task, curve, **options):
    tokenizer, config, told, unseen = task
    torch.manual_seed(0)
    model = GPT(config)
    options = {"steps": 6, "evaluate_every": 2, "batch_size": 2, "engine": Engine("fp32", "own", threads=1), **options}
    return model, train(model, tokenizer, told, unseen, progress=curve, **options)


def test_train_reports_to_a_curve(task):
    curve = LossCurve()
    _, history = run(task, curve)
    series = {name: (steps.tolist(), ys.tolist()) for (_, name), (steps, ys) in curve.series().items()}
    assert series["train"] == (list(range(6)), pytest.approx(history.losses))
    assert series["val"] == ([1, 3, 5], pytest.approx(history.validation))
    assert series["honest"] == ([1, 3, 5], pytest.approx(history.honest))
    assert [loss * curve._factor() for loss in history.validation] == pytest.approx(history.bits)
    assert curve.status == "done" and curve.total == 6 and any("steps of" in note for note in unpack(curve)[0]["notes"])


def test_a_stopped_training_keeps_its_best_weights(task):
    class Impatient(LossCurve):
        def log(self, step, **values):
            super().log(step, **values)
            if step == 4:
                self.stop = True

    curve = Impatient()
    model, history = run(task, curve)
    assert len(history.losses) == 5 and history.stopped == "interrupted" and curve.status == "stopped after 5 steps"
    same, _ = run(task, False, steps=6, evaluate_every=2, patience=None)
    best, _ = run(task, Impatient(), steps=6)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), best.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(model.parameters(), same.parameters(), strict=True))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_training_that_fails_gives_the_interrupt_back(task):
    before, curve = signal.getsignal(signal.SIGINT), LossCurve()

    class Broken(LossCurve):
        def log(self, step, **values):
            super().log(step, **values)
            if step == 2:
                raise RuntimeError("disk full")

    curve = Broken()
    with pytest.raises(RuntimeError):
        run(task, curve)
    assert signal.getsignal(signal.SIGINT) is before and curve.status == "ended early after 3 steps"

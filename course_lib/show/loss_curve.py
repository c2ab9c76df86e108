"""LossCurve: a training loop to look at, while it runs and after, and a button that stops it between two steps."""

import json
import math
import operator
import os
import struct
import textwrap
import time

import numpy as np
import traitlets
from IPython.display import display

from .charts import _levels
from .picture import COLOURS, DASHES, FAINT, QUIET, Picture, drawable, figure, style
from .running import Interrupts, Line, in_kernel, kernel_id, listen_while_busy
from .widget import Widget

POINT = struct.Struct("<If")  # step, value
UNITS = ("nats per token", "bits per byte")
RUNNING = ("running", "stopping")
GRACE = 600  # milliseconds that the button gives a step to end, before the page interrupts the kernel


class LossCurve(Widget, assets="loss_curve"):
    """The losses of a training loop as curves that grow while it runs.

        curve = LossCurve(1_000, bytes_per_token=4.1)
        for step in curve.steps():
            …
            curve.log(step, train=loss, val=held_out)       # any names, and none of them in every step
            curve.sample(step, text)                        # now and then: what the model says by now

    total: how many steps a run has     bytes_per_token: of the text, so that nats per token become bits per byte
    unit: of the logged numbers, "nats per token" or "bits per byte"
    ladder: True for all rungs of the course's ladder and the floor as level lines, False for none, or rungs' names
    floor: bits per byte that no model can beat on the text at hand; default: the ladder's floor
    smoothing: 0 to 0.99, the share of the past in each point shown     log_scale: whether the losses are drawn so

    `steps(run="slower")` begins another run, which is drawn over those before. The button, ■ and Ctrl-C end the loop
    after the step at hand, without an error; a second ■ interrupts as usual. In a terminal, a line tells how it goes.
    """

    points = traitlets.Bytes().tag(sync=True, to_json=lambda value, curve: curve._packed())
    facts = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode("ready").tag(sync=True)
    stop = traitlets.Bool(False).tag(sync=True)
    smoothing = traitlets.Float(0.0).tag(sync=True)
    log_scale = traitlets.Bool(False).tag(sync=True)

    def __init__(self, total=None, *, bytes_per_token=None, unit=UNITS[0], ladder=True, floor=None, smoothing=0.0,
                 log_scale=False):
        self.total = self._named = None if total is None else _count(total)
        if unit not in UNITS:
            raise ValueError(f"unit is {unit!r}; losses are logged in {UNITS[0]!r} or in {UNITS[1]!r}")
        if not 0 <= smoothing < 1:
            raise ValueError(f"smoothing is {smoothing}; it is 0 (none) or more, and below 1")
        if bytes_per_token is not None and not 0 < bytes_per_token < math.inf:
            raise ValueError(f"bytes_per_token is {bytes_per_token}; it is a number above 0, see bpe.bytes_per_token")
        self.unit, self.bytes_per_token = unit, bytes_per_token
        self.references = _references(ladder, floor)
        self._series: dict[tuple[str, str], bytearray] = {}
        self._sent: dict[tuple[str, str], int] = {}
        self._samples, self._shown = [], 0
        self._run, self._step, self._first, self._begun, self._flushed = "", -1, 0, None, 0.0
        self._seen, self._line, self._notes = False, None, []
        self._interrupted = False  # not the trait: a signal may come in the middle of a message to the page
        self._interrupts = Interrupts(lambda: setattr(self, "_interrupted", True))
        # On two cores the page's own drawing is taken from the training: it draws twice a second there.
        self.every = 0.15 if (os.cpu_count() or 1) > 2 else 0.5
        super().__init__(facts=self._facts(), smoothing=smoothing, log_scale=log_scale)
        self.on_msg(self._asked)

    # -- the loop ---------------------------------------------------------------------------------------------------

    def steps(self, total=None, *, run=None):
        """The numbers of the steps, from 0, until there were `total` or the run is stopped.

        total: default: the curve's own     run: a name for this run; a run of that name is begun anew
        """
        self.begin(total, run)
        count, ended = 0, self.total is None
        try:
            while (self.total is None or count < self.total) and not self.stopped:
                yield count
                count += 1
            ended = True
        finally:  # also where the loop was left by break or by an error
            self.end("" if ended else "ended early")

    @property
    def stopped(self) -> bool:
        """Whether the button was pressed or the cell interrupted: for a loop that does not take `steps`."""
        return self.stop or self._interrupted

    def begin(self, total=None, run=None):
        """Begin a run and show the curve in this cell. `steps` does it; a loop of another form may do it itself."""
        if total is not None:
            self.total = _count(total)
        known = {name for name, _ in self._series}
        self._run = run if run is not None else "run 1" if not known else f"run {len(known) + 1}"
        if not isinstance(self._run, str) or not self._run:
            raise TypeError(f"a run's name is a text, not {self._run!r}")
        for key in [key for key in self._series if key[0] == self._run]:
            del self._series[key]
        self._samples = [one for one in self._samples if one[0] != self._run]
        self._sent, self._shown = {}, 0
        self._step, self._first, self._begun, self._notes, self._interrupted = -1, 0, None, [], False
        self.facts, self.stop, self.status = self._facts(), False, "running"
        self.send_state("points")
        self._interrupts.begin()
        self._seen = in_kernel()
        if self._seen:
            display(self._live()[0], raw=True)  # the picture follows when the run is over
        else:
            self._line = Line(self.total)

    def end(self, why=""):
        """End a run: the saved picture becomes that of the whole run. `steps` does it."""
        if self.status not in RUNNING:
            return
        self._interrupts.end()
        self._flush(time.perf_counter())
        done = self._step + 1 if self._step >= 0 else 0
        why = why or (f"stopped after step {self._step}" if self.stopped else "done")
        self.status = f"{why} after {done:,} steps" if why == "ended early" else why
        self.send_state("points")
        if self._seen:
            picture, facts = self._repr_mimebundle_()
            display(picture, metadata=facts, raw=True)
        if self._line is not None:
            self._line.show(self._line_of(), done, last=True)
            self._line = None

    def log(self, step, **values):
        """Note numbers of a step: curve.log(step, train=2.31, val=2.4). Costs microseconds.

        step: a whole number, never smaller than the one before     values: numbers, or tensors of one number
        """
        if type(step) is not int:
            step = _index(step)
        if step < self._step or step < 0:
            raise ValueError(f"step {step} came after step {self._step}; for another run, take curve.steps(run=…)")
        for name, value in values.items():
            series = self._series.get((self._run, name))
            if series is None:
                series = self._series[self._run, name] = bytearray()
            try:
                series += POINT.pack(step, value if type(value) is float else _number(name, value))
            except OverflowError:
                series += POINT.pack(step, math.inf if value > 0 else -math.inf)
        self._step = step
        now = time.perf_counter()
        if self._begun is None:
            self._begun, self._first = now, step
        if now - self._flushed >= self.every:
            self._flush(now)

    def sample(self, step, text):
        """Keep what the model said after a step: a mark under the curve, and the text when one points at it."""
        if not isinstance(text, str):
            raise TypeError(f"a sample is a text, not {type(text).__name__}; see sampling.complete")
        self._samples.append((self._run, _index(step), text))

    def follow(self, total):
        """For `training.train(…, progress=curve)`: what the loop tells how far it is. returns: a Follower"""
        return Follower(self, total)

    # -- what the page gets -----------------------------------------------------------------------------------------

    def _flush(self, now):
        self._flushed = now
        data, series = [], []
        for key, points in self._series.items():
            sent, size = self._sent.get(key, 0), len(points) // POINT.size
            if size > sent:
                series.append([*key, sent, size - sent])
                data.append(bytes(points[sent * POINT.size : size * POINT.size]))
                self._sent[key] = size
        if self._line is not None:
            self._line.show(self._line_of(), self._step + 1)
        elif series or self._shown < len(self._samples):
            self.send({}, buffers=[self._bundle(series, self._shown, data)])
            self._shown = len(self._samples)

    def _bundle(self, series, first_sample, data, whole=False):
        """What the page adds, or where it is the whole puts in place: the length of a head in JSON, the head, points.

        series: [run, name, place of the first point, how many points] of each of data
        """
        head = {"series": series, "samples": self._samples[first_sample:], "from": first_sample, "all": whole,
                "told": self._told(), "notes": self._notes}
        text = json.dumps(head).encode("utf-8")
        return b"".join([len(text).to_bytes(4, "little"), text, *data])

    def _pace(self):
        """Steps each second in this run, and seconds left; None where that is not known yet."""
        spent = 0.0 if self._begun is None else self._flushed - self._begun
        rate = (self._step - self._first) / spent if spent > 0 else 0.0
        return rate, (self.total - 1 - self._step) / rate if rate and self.total else None

    def _packed(self):
        series = [(key, bytes(points)) for key, points in list(self._series.items())]
        sizes = [[*key, 0, len(data) // POINT.size] for key, data in series]
        return self._bundle(sizes, 0, [data for _, data in series], whole=True)

    def _facts(self):
        """What the page draws with. units: [name, what logged numbers are multiplied by] of each axis"""
        factor, own = self._factor(), [self.unit, 1.0]
        units = [own] if factor is None or self.unit == UNITS[1] else [[UNITS[1], factor], own]
        references = [] if factor is None else list(self.references.items())
        return {"total": self.total or 0, "units": units, "references": references, "kernel": kernel_id(),
                "grace": GRACE}

    def _factor(self):
        """What a logged number is multiplied by to be bits per byte; None where that is not known."""
        if self.unit == UNITS[1]:
            return 1.0
        return None if self.bytes_per_token is None else 1 / (math.log(2) * self.bytes_per_token)

    @traitlets.observe("stop")
    def _stopping(self, change):
        if change["new"] and self.status == "running":
            self.status = "stopping"  # tells the page that its wish was heard

    def _asked(self, _, content, buffers):
        if content == "all":  # a page that has missed something
            self.send_state("points")

    def _send(self, message, buffers=None):
        super()._send(message, buffers)
        listen_while_busy(self)

    def open(self):
        """As every widget; see `listen_while_busy`."""
        super().open()
        listen_while_busy(self)

    # -- what stays -------------------------------------------------------------------------------------------------

    def series(self):
        """{(run, name): (steps, values)} of everything logged, as two arrays each."""
        read = {key: np.frombuffer(bytes(data), dtype=[("step", "<u4"), ("value", "<f4")])
                for key, data in list(self._series.items())}
        return {key: (points["step"].astype(int), points["value"].astype(float)) for key, points in read.items()}

    def picture(self):
        """The curves as they stand: in bits per byte where that is known, with the level lines that are near."""
        factor, series = self._factor(), self.series()
        runs = list(dict.fromkeys(run for run, _ in series))
        names = list(dict.fromkeys(name for _, name in series))
        unit = UNITS[1] if factor else self.unit
        seen, facts = [], []
        sample = self._samples[-1] if self._samples else None
        with style():
            sheet, axes = figure(7.0, 3.5 + (0.75 if sample else 0))
            for (run, name), (steps, values) in series.items():
                keep = np.isfinite(values)
                if not keep.any():
                    continue
                ys = smoothed(values[keep] * (factor or 1.0), self.smoothing)
                label = f"{run}: {name}" if len(runs) > 1 else name
                hue = runs.index(run) if len(runs) > 1 else names.index(name)
                axes.plot(steps[keep], ys, label=drawable(label)[:40], linewidth=1.8, color=COLOURS[hue % len(COLOURS)],
                          linestyle=DASHES[names.index(name) % len(DASHES)], marker="o" if len(ys) == 1 else None)
                seen.append(ys)
                facts.append(f"{label}: from {ys[0]:.3g} to {ys[-1]:.3g}, at best {ys.min():.3g}.")
            if seen:
                low, high = min(map(np.min, seen)), max(map(np.max, seen))
                near = {name: y for name, y in self.references.items()
                        if factor and (name == "floor" or low * 0.8 < y < high * 1.05)}
                _levels(axes, near)
                facts += [f"Level line {name} at {y:.3g}." for name, y in near.items()]
                axes.legend(loc="upper right", fontsize=9, ncols=2 if len(seen) > 4 else 1, frameon=True, framealpha=1,
                            edgecolor="white")
                if self.log_scale and low > 0:
                    axes.set_yscale("log")
            else:
                axes.annotate("no steps yet", (0.5, 0.5), xycoords="axes fraction", ha="center", color=QUIET)
            axes.set(xlabel="step", ylabel=unit)
            axes.set_title(f"Training: {self.status}" + (f", smoothed {self.smoothing:g}" if self.smoothing else ""))
            axes.grid(axis="y", color=FAINT, linewidth=0.6)
            if sample:
                said = " ".join(drawable(" ".join(sample[2].split())).split())
                said = textwrap.shorten(said, 250, placeholder=" …")
                axes.annotate("\n".join(textwrap.wrap(f"step {sample[1]}: {said}", 95)), (0, 0), (0, -42), va="top",
                              xycoords="axes fraction", textcoords="offset points", fontsize=8, color=QUIET)
                facts.append(f"After step {sample[1]} the model said: {said}")
        return Picture(sheet, "Loss over the steps of training", " ".join([*facts, f"Status: {self.status}."]))

    def _told(self):
        """How the run goes, in words: where it is, how fast, how long still, or how it ended."""
        rate, left = self._pace()
        done = f"{self._step + 1:,}{f' of {self.total:,}' if self.total else ''} steps" if self._step >= 0 else ""
        speed = f"{rate:,.{0 if rate >= 10 else 1}f} steps/s" if rate else ""
        going = self.status in RUNNING
        ahead = f"{math.ceil(left):,} s left" if going and left is not None else ""
        return " · ".join(filter(None, ["" if going else self.status, done, speed, ahead]))

    def _line_of(self):
        """The same for a terminal, with the newest values."""
        latest = {name: data for (run, name), data in self._series.items() if run == self._run}
        values = "  ".join(f"{name} {POINT.unpack_from(data, len(data) - POINT.size)[1]:.4f}"
                           for name, data in latest.items())
        return "  ".join(filter(None, [self._told(), values]))

    def __repr__(self):
        return "LossCurve()" if self._named is None else f"LossCurve({self._named})"


class Follower:
    """What `training.train` reports to, in place of its own table: a curve that begins with the first step."""

    def __init__(self, curve, total):
        self.curve, self.total, self.notes, self.begun = curve, total, [], False

    def say(self, text):
        """A line of words; it stands under the curve."""
        self.notes.append(text)
        if self.begun and self.curve.status not in RUNNING:
            self.curve.send_state("points")

    def step(self, done, loss):
        """A step was made. Raises KeyboardInterrupt where the curve was stopped: the loop keeps its best weights."""
        if not self.begun:
            self.begun = True
            self.curve.begin(self.total)
            self.curve._notes = self.notes
        self.curve.log(done - 1, train=loss)
        if self.curve.stopped:
            raise KeyboardInterrupt

    def look(self, history):
        """The held-out text was looked at."""
        curve = self.curve
        if curve.bytes_per_token is None and history.bits[-1] > 0:
            curve.bytes_per_token = history.validation[-1] / (math.log(2) * history.bits[-1])
            curve.facts = curve._facts()
        curve.log(history.steps[-1] - 1, val=history.validation[-1], honest=history.honest[-1])

    def close(self):
        """The run is over, in whatever way."""
        if self.begun:
            short = self.curve._step + 1 < self.total and not self.curve.stopped
            self.curve.end("ended early" if short else "")


def smoothed(values, share):
    """Each value mixed with those before it: a running mean that forgets, without the pull of its beginning.

    values: (N,) finite     share: of the past, 0 to 1     returns: (N,)

    >>> [round(x, 3) for x in smoothed([2.0, 4.0], 0.5)]
    [2.0, 3.333]
    """
    if share <= 0:
        return np.asarray(values, dtype=float)
    out, mean, weight = [], 0.0, 0.0
    for value in values:
        mean, weight = share * mean + (1 - share) * value, share * weight + (1 - share)
        out.append(mean / weight)
    return np.asarray(out)


def _references(ladder, floor):
    """{rung: bits per byte} of the level lines, the floor last."""
    from ..classroom.ladder import RUNGS, figures

    known = {name: entry["bits_per_byte"] for name, entry in figures().items()}
    names = [rung.name for rung in RUNGS]
    some = [ladder] if isinstance(ladder, str) else ladder
    wanted = names if ladder is True else [] if ladder is False else list(some)
    for name in wanted:
        if name not in names:
            raise ValueError(f"no rung is called {name!r}; there are {', '.join(names)}")
    lines = {name: known[name] for name in names if name in wanted and name in known}
    if floor is not None:
        if not 0 < floor < math.inf:
            raise ValueError(f"floor is {floor}; it is a number of bits per byte above 0")
        lines.pop("floor", None)
        lines["floor"] = float(floor)
    return lines


def _count(total):
    total = _index(total)
    if total < 1:
        raise ValueError(f"{total} steps were asked for; a run has at least 1")
    return total


def _index(step):
    try:
        return operator.index(step)
    except TypeError:
        raise TypeError(f"a step is a whole number, not {step!r:.60}") from None


def _number(name, value):
    """The number in what a learner has at hand: a loss with its graph, a numpy scalar, an int."""
    try:
        if hasattr(value, "detach"):
            value = value.detach()
        return value.item() if hasattr(value, "item") else operator.mul(value, 1.0)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} is {value!r:.60}; a loss to log is one number") from None

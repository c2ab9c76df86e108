"""LossCurve: a training loop to look at, while it runs and after, and a button that stops it between two steps."""

import math
import operator
import os
import time
from numbers import Real

import traitlets
from IPython.display import display

from .follower import Follower
from .loss_picture import loss_picture
from .rungs import references
from .running import Interrupts, Line, in_kernel, kernel_id, listen_while_busy, stay_busy
from .series import Series
from .widget import Widget

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
    ladder: True for those rungs of the course's ladder that are near the curves, as level lines, and the floor; False
        for none; or names of rungs, which are drawn wherever they lie
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
        if not (isinstance(smoothing, Real) and 0 <= smoothing < 1):
            raise ValueError(f"smoothing is {smoothing!r}; it is 0 (none) or more, and below 1")
        self.unit, self.references = unit, references(ladder, floor)
        self._always = {"floor"} if isinstance(ladder, bool) else set(self.references)  # drawn, near the curves or not
        self.bytes_per_token = bytes_per_token
        self._series = Series()
        self._run, self._step, self._first, self._begun, self._flushed = "", -1, 0, None, 0.0
        self._seen, self._line, self._notes = False, None, []
        self._interrupted = False  # not the trait: a signal may come in the middle of a message to the page
        self._interrupts = Interrupts(lambda: setattr(self, "_interrupted", True))
        # On two cores the page's own drawing is taken from the training: it draws twice a second there.
        self.every = 0.15 if (os.cpu_count() or 1) > 2 else 0.5
        super().__init__(smoothing=smoothing, log_scale=log_scale)
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

    @property
    def done(self) -> int:
        """How many steps the run has made, as far as its logged numbers tell."""
        return self._step + 1

    @property
    def bytes_per_token(self):
        """Of the text: with it nats per token become bits per byte. None where it is not known (yet)."""
        return self._bytes_per_token

    @bytes_per_token.setter
    def bytes_per_token(self, value):
        if value is not None and not (isinstance(value, Real) and 0 < value < math.inf):
            raise ValueError(f"bytes_per_token is {value!r}; it is a number above 0, see bpe.bytes_per_token")
        self._bytes_per_token = value
        self.facts = self._facts()

    def begin(self, total=None, run=None):
        """Begin a run and show the curve in this cell. `steps` does it; a loop of another form may do it itself."""
        if total is not None:
            self.total = _count(total)
        self._run = f"run {len(self._series.runs()) + 1}" if run is None else run
        if not isinstance(self._run, str) or not self._run:
            raise TypeError(f"a run's name is a text, not {self._run!r}")
        self._series.forget(self._run)
        self._series.tell_again()
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
        why = why or ("stopped" if self.stopped else "done")
        self.status = why if why == "done" else f"{why} after {self.done:,} step{'s' if self.done != 1 else ''}"
        self.send_state("points")
        if self._seen:
            picture, facts = self._repr_mimebundle_()
            display(picture, metadata=facts, raw=True)
        if self._line is not None:
            self._line.show(self._line_of(), self.done, last=True)
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
            self._series.add(self._run, name, step, value if type(value) is float else _number(name, value))
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
        self._series.samples.append((self._run, _index(step), text))

    def say(self, text):
        """Add a line of words under the curve, until the next run."""
        self._notes.append(text)
        if self.status not in RUNNING:
            self.send_state("points")

    def follow(self, total):
        """For `training.train(…, progress=curve)`: what the loop tells how far it is. returns: a Follower"""
        return Follower(self, total)

    # -- what the page gets -----------------------------------------------------------------------------------------

    def _flush(self, now):
        self._flushed = now
        news = self._series.news(told=self._told(), notes=self._notes)
        if self._line is not None:
            self._line.show(self._line_of(), self.done)
        elif news:
            self.send({}, buffers=[news])
            stay_busy()

    def _pace(self):
        """Steps each second in this run, and seconds left; None where that is not known yet."""
        spent = 0.0 if self._begun is None else self._flushed - self._begun
        rate = (self._step - self._first) / spent if spent > 0 else 0.0
        return rate, (self.total - 1 - self._step) / rate if rate and self.total else None

    def _packed(self):
        return self._series.whole(told=self._told(), notes=self._notes)

    def _facts(self):
        """What the page draws with. units: [name, what logged numbers are multiplied by] of each axis"""
        factor, own = self._factor(), [self.unit, 1.0]
        units = [own] if factor is None or self.unit == UNITS[1] else [[UNITS[1], factor], own]
        level = [] if factor is None else list(self.references.items())
        return {"total": self.total or 0, "units": units, "references": level, "always": sorted(self._always),
                "kernel": kernel_id(), "grace": GRACE}

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
        return self._series.arrays()

    def picture(self):
        """The curves as they stand: in bits per byte where that is known, with the level lines that are near."""
        factor = self._factor()
        return loss_picture(self.series(), unit=UNITS[1] if factor else self.unit, factor=factor or 1.0,
                            references=self.references if factor else None, always=self._always,
                            samples=self._series.samples, status=self.status, smoothing=self.smoothing,
                            log_scale=self.log_scale)

    def _told(self):
        """How the run goes, in words: where it is, how fast, how long still, or how it ended."""
        rate, left = self._pace()
        done = f"{self.done:,}{f' of {self.total:,}' if self.total else ''} steps" if self.done else ""
        speed = f"{rate:,.{0 if rate >= 10 else 1}f} steps/s" if rate else ""
        going = self.status in RUNNING
        ahead = f"{_spell(left)} left" if going and left is not None else ""
        return " · ".join(filter(None, ["" if going else self.status, done, speed, ahead]))

    def _line_of(self):
        """The same for a terminal, with the newest values."""
        values = "  ".join(f"{name} {value:.4f}" for name, value in self._series.latest(self._run).items())
        return "  ".join(filter(None, [self._told(), values]))

    def __repr__(self):
        return "LossCurve()" if self._named is None else f"LossCurve({self._named})"


def _spell(seconds):
    seconds = round(seconds, 3)  # what a float adds to 119 does not make it 120
    return f"{math.ceil(seconds)} s" if seconds < 120 else f"{math.ceil(seconds / 60):,} min"


def _count(total):
    if isinstance(total, bool) or not hasattr(total, "__index__"):
        raise TypeError(f"total is {total!r:.60}; it is the number of steps, a whole number")
    total = operator.index(total)
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

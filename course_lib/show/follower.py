"""What `training.train` reports to, in place of its own table: a LossCurve that begins with the first step."""

import math


class Follower:
    """One run of `training.train`, told to a LossCurve.

    curve: the LossCurve     total: how many steps the run has
    """

    def __init__(self, curve, total):
        self.curve, self.total, self.begun, self._before = curve, total, False, []

    def say(self, text):
        """A line of words; it stands under the curve."""
        if self.begun:
            self.curve.say(text)
        else:
            self._before.append(text)

    def step(self, done, loss):
        """A step was made. Raises KeyboardInterrupt where the curve was stopped: the loop keeps its best weights."""
        if not self.begun:
            self.begun = True
            self.curve.begin(self.total)
            for text in self._before:
                self.curve.say(text)
        self.curve.log(done - 1, train=loss)
        if self.curve.stopped:
            raise KeyboardInterrupt

    def look(self, history):
        """The held-out text was looked at."""
        if self.curve.bytes_per_token is None and history.bits[-1] > 0:
            self.curve.bytes_per_token = history.validation[-1] / (math.log(2) * history.bits[-1])
        self.curve.log(history.steps[-1] - 1, val=history.validation[-1], honest=history.honest[-1])

    def close(self):
        """The run is over, in whatever way."""
        if self.begun:
            short = self.curve.done < self.total and not self.curve.stopped
            self.curve.end("ended early" if short else "")

"""How a run shows itself: a table that grows by a line at each look, and a bar under it."""

import sys
import time

from tqdm import tqdm

HEAD = f"{'step':>6}  {'training':>8}  {'held out':>8}  {'bits/byte':>9}  {'honest':>8}  {'seconds':>7}"


class Progress:
    """Shows a run in a notebook as one output that is replaced, in a terminal as lines with a bar, or not at all."""

    def __init__(self, total, shown=True):
        self.total, self.lines, self.last = total, [], 0.0
        self.handle = self.bar = None
        if shown and in_notebook():
            from IPython.display import display

            self.handle = display({"text/plain": ""}, raw=True, display_id=True)
        elif shown:
            self.bar = tqdm(total=total, file=sys.stdout, leave=False, unit="step", mininterval=0.5,
                            disable=None)  # None: no bar where the output is no terminal, the lines are still written

    def say(self, text):
        """Add a line that stays."""
        self.lines.append(text)
        if self.bar is not None:
            self.bar.write(text, file=sys.stdout)
        self._draw()

    def step(self, done, loss):
        """Move the bar, at most twice a second."""
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
            self.bar.update(done - self.bar.n)
        elif self.handle is not None and time.perf_counter() - self.last > 0.5:
            filled = round(30 * done / self.total)
            self._draw(f"{'█' * filled}{'░' * (30 - filled)} {done} of {self.total} steps, loss {loss:.3f}")

    def look(self, history):
        """Add a line of the table for the last look of a history."""
        if HEAD not in self.lines:
            self.say(HEAD)
        self.say(f"{history.steps[-1]:>6}  {history.train[-1]:>8.3f}  {history.validation[-1]:>8.3f}  "
                 f"{history.bits[-1]:>9.3f}  {history.honest[-1]:>8.3f}  {history.seconds:>7.1f}")

    def close(self):
        """Take the bar away; the table stays."""
        if self.bar is not None:
            self.bar.close()
        self._draw()

    def _draw(self, bar=""):
        if self.handle is not None:
            self.last = time.perf_counter()
            self.handle.update({"text/plain": "\n".join([*self.lines, bar]).rstrip()}, raw=True)


def in_notebook():
    """Whether the output goes to a Jupyter kernel, which can replace what it has shown."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None

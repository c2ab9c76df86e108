"""Numbers over steps as a running loop leaves them: kept packed, and handed to a page piece by piece or as a whole."""

import json
import math
import struct

import numpy as np

POINT = struct.Struct("<If")  # step, value


class Series:
    """Points (step, value) by run and name, in the order in which they came, and samples of text by run and step.

    A page adds up what `news` gives it; `whole` is for one that is new, or has missed something.
    """

    def __init__(self):
        self._points: dict[tuple[str, str], bytearray] = {}
        self.samples: list[tuple[str, int, str]] = []  # of (run, step, text)
        self.tell_again()

    def add(self, run, name, step, value):
        """Keep one value. value: a number; one too large for 32 bits is infinite"""
        points = self._points.get((run, name))
        if points is None:
            points = self._points[run, name] = bytearray()
        try:
            points += POINT.pack(step, value)
        except OverflowError:
            points += POINT.pack(step, math.copysign(math.inf, value))

    def forget(self, run):
        """Drop all points and samples of a run."""
        for key in [key for key in self._points if key[0] == run]:
            del self._points[key]
        self.samples = [one for one in self.samples if one[0] != run]

    def runs(self) -> list[str]:
        """The names of the runs, the oldest first."""
        return list(dict.fromkeys(run for run, _ in self._points))

    def latest(self, run) -> dict[str, float]:
        """{name: the newest value} of a run."""
        return {name: POINT.unpack_from(points, len(points) - POINT.size)[1]
                for (one, name), points in self._points.items() if one == run}

    def arrays(self) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
        """{(run, name): (steps, values)}"""
        read = {key: np.frombuffer(bytes(points), dtype=[("step", "<u4"), ("value", "<f4")])
                for key, points in list(self._points.items())}
        return {key: (points["step"].astype(int), points["value"].astype(float)) for key, points in read.items()}

    def tell_again(self):
        """Let the next `news` begin at the first point and sample."""
        self._told: dict[tuple[str, str], int] = {}
        self._samples_told = 0

    def news(self, **head) -> bytes | None:
        """What came since the last call, or None where nothing did. head: what else the page is told"""
        pieces, first = [], self._samples_told
        for key, points in self._points.items():
            start, end = self._told.get(key, 0), len(points) // POINT.size
            if end > start:
                pieces.append((key, start, bytes(points[start * POINT.size : end * POINT.size])))
                self._told[key] = end
        self._samples_told = len(self.samples)
        if pieces or first < len(self.samples):
            return self._pack(pieces, first, all=False, **head)

    def whole(self, **head) -> bytes:
        """Everything there is. head: what else the page is told"""
        pieces = [(key, 0, bytes(points)) for key, points in list(self._points.items())]
        return self._pack(pieces, 0, all=True, **head)

    def _pack(self, pieces, first_sample, **head):
        """The length of a head in JSON as a little-endian u32, the head, and the points of each piece."""
        series = [[*key, start, len(data) // POINT.size] for key, start, data in pieces]
        head = {"series": series, "samples": self.samples[first_sample:], "from": first_sample, **head}
        text = json.dumps(head).encode("utf-8")
        return b"".join([len(text).to_bytes(4, "little"), text, *(data for _, _, data in pieces)])

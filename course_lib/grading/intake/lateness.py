"""The late policy: how much of the points a notebook keeps that came after its time."""

import math
import re
from dataclasses import dataclass
from datetime import datetime

FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*(a day|an hour|once)\s+after\s+(.+?)"
                  r"(?:,\s*at most\s+(\d+(?:\.\d+)?)\s*%)?\s*")
STEP = {"a day": 86400.0, "an hour": 3600.0, "once": math.inf}


@dataclass(frozen=True)
class Late:
    """share: of the points, lost for each step that has begun   step: seconds   due: seconds since 1970   most: lost"""

    text: str
    share: float
    step: float
    due: float
    most: float

    def kept(self, handed_in):
        """(seconds late, share of the points that is kept). What has no time is not late."""
        late = max(0.0, (handed_in or 0.0) - self.due)
        steps = math.ceil(late / self.step) if self.step < math.inf else int(late > 0)
        return late, round(max(0.0, 1.0 - min(self.share * steps, self.most)), 6)


def policy(text):
    """The Late of "10% a day after 2026-12-01 23:59", "100% once after …" or "5% an hour after …, at most 50%".

    A time without a zone ("+01:00" at its end) is this machine's. ValueError, with the form, for anything else.
    """
    said = FORM.fullmatch(text)
    try:
        due = datetime.fromisoformat(said[3].strip()).timestamp()
        share, most = float(said[1]) / 100, float(said[4] or 100) / 100
        if not (0 < share <= 1 and 0 < most <= 1):
            raise ValueError("a share is more than 0% and at most 100%")
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError(f"The late policy {text!r} cannot be read. Write for example '10% a day after 2026-12-01 "
                         "23:59', 'once' or 'an hour' in place of 'a day', and at the end ', at most 50%' if need be."
                         ) from None
    return Late(text.strip(), share, STEP[said[2]], due, most)

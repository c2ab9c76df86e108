"""How fast to go at each step: up at the start, down towards the end."""

import math


def learning_rate(step, peak, warmup, total, floor=0.0):
    """The rate of step 0, 1, 2, …: up in a line for `warmup` steps, then down along half a cosine to `floor`.

    Step 0 has already peak / warmup (a rate of zero would waste it), step warmup − 1 has the peak, step total − 1 has
    the floor, and so has every step after it: the rate never climbs again. A run of a single step takes it at the peak.
    raises: ValueError when the warm-up would not end before the run does, or the floor lies above the peak

    >>> [round(learning_rate(step, peak=1.0, warmup=2, total=6, floor=0.2), 3) for step in range(6)]
    [0.5, 1.0, 0.883, 0.6, 0.317, 0.2]
    """
    if not 0 <= warmup < total:
        raise ValueError(f"a warm-up of {warmup} steps does not end within a run of {total}; "
                         f"choose warmup from 0 to {total - 1}")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError(f"step is {step}, floor {floor} and peak {peak}; wanted are step >= 0 and 0 <= floor <= peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)  # the step that has the peak
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2

"""How fast to go at each step: up at the start, down towards the end."""

import math


def learning_rate(step, peak, warmup, total, floor=0.0):
    """The rate of a step: up in a line for `warmup` steps, then down half a cosine to `floor`.

    Step 0 has already peak / warmup (a rate of zero would waste it), step warmup − 1 has the peak,
    step total − 1 has the floor, and so has every step after it: the rate never climbs again.
    But a run of a single step takes it at the peak.
    raises: ValueError unless 0 <= warmup < total, 0 <= floor <= peak and 0 <= step

    >>> [round(learning_rate(step, peak=1.0, warmup=2, total=6, floor=0.2), 3) for step in range(6)]
    [0.5, 1.0, 0.883, 0.6, 0.317, 0.2]
    """
    if not 0 <= warmup < total:
        raise ValueError(f"a warm-up of {warmup} steps does not end within a run of {total}; "
                         f"choose warmup from 0 to {total - 1}")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError(f"step is {step}, floor {floor} and peak {peak}; "
                         "wanted are step >= 0 and 0 <= floor <= peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)  # the step that has the peak
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


def trapezoid_rate(step, peak, warmup, hold, total, floor=0.0):
    """The rate of step 0, 1, 2, …: up in a line for `warmup` steps, level to step `hold`, then in a line to `floor`.

    Step 0 has already peak / warmup, step `hold` is the last with the peak, step total − 1 has the floor, and so has
    every step after it. A hold that would end before the warm-up does waits for it. A run of a single step takes it at
    the peak.
    raises: ValueError when the warm-up or the hold would not end before the run does, or the floor lies above the peak

    Hägele et al. 2024, Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations, section 3.

    >>> [round(trapezoid_rate(step, peak=1.0, warmup=2, hold=3, total=6, floor=0.2), 3) for step in range(8)]
    [0.5, 1.0, 1.0, 1.0, 0.6, 0.2, 0.2, 0.2]
    """
    for name, steps, most in ("warm-up", warmup, total - 1), ("hold", hold, max(total - 2, 0)):
        if not 0 <= steps <= most:
            raise ValueError(f"a {name} of {steps} steps does not end within a run of {total}; "
                             f"choose it from 0 to {most}")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError(f"step is {step}, floor {floor} and peak {peak}; wanted are step >= 0 and 0 <= floor <= peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(hold, warmup - 1)  # the last step that has the peak
    done = min(max(step - top, 0) / max(total - 1 - top, 1), 1.0)
    return peak - (peak - floor) * done

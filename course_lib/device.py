"""Which machine is this, and how large may a model be on it?

Every chapter asks here, so that the same cell trains a small model on two cores and a larger one on a GPU.
The environment variables COURSE_DEVICE (cpu, mps, cuda, cuda:1 …) and COURSE_PRESET (smoke, cpu, gpu) overrule it.
"""

import os
from dataclasses import dataclass

import torch

PRESETS = ("smoke", "cpu", "gpu")


def device() -> torch.device:
    """A CUDA GPU if there is one, else Apple's, else the CPU; or the one that COURSE_DEVICE names.

    raises: ValueError when COURSE_DEVICE names no device, or one that this machine does not have
    """
    wanted = os.environ.get("COURSE_DEVICE", "").strip().lower()
    if not wanted:
        return torch.device(available()[0])
    try:
        chosen = torch.device(wanted)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in available():
        raise ValueError(f"COURSE_DEVICE is {wanted!r}, but this machine has {', '.join(available())}: "
                         "set it to one of these, or unset it and the course chooses")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"COURSE_DEVICE is {wanted!r}, but the GPUs here are numbered 0 to "
                         f"{torch.cuda.device_count() - 1}")
    return chosen


def available() -> list[str]:
    """The kinds of device that torch can use here, the fastest first; "cpu" always comes last."""
    kinds = []
    if torch.cuda.is_available():
        kinds.append("cuda")
    if torch.backends.mps.is_available():
        kinds.append("mps")
    return [*kinds, "cpu"]


@dataclass(frozen=True)
class Preset:
    """How large things are: `smoke` only shows that a cell runs, `cpu` fits two cores, `gpu` uses a CUDA GPU."""

    name: str

    def pick(self, *, smoke, cpu, gpu):
        """Whichever of the three belongs to this preset.

        >>> Preset("smoke").pick(smoke=3, cpu=2000, gpu=20000)
        3
        """
        return {"smoke": smoke, "cpu": cpu, "gpu": gpu}[self.name]


def preset() -> Preset:
    """`gpu` where a CUDA GPU is used, `cpu` elsewhere; or the one that COURSE_PRESET names.

    An Apple GPU is used, but with the sizes of `cpu`: it sits in a laptop, and shares the laptop's memory.
    raises: ValueError when COURSE_PRESET names no preset
    """
    wanted = os.environ.get("COURSE_PRESET", "").strip().lower()
    if not wanted:
        return Preset("gpu" if device().type == "cuda" else "cpu")
    if wanted not in PRESETS:
        raise ValueError(f"COURSE_PRESET is {wanted!r}; there are {', '.join(PRESETS)}. "
                         "Unset it, and the course chooses")
    return Preset(wanted)


def describe() -> str:
    """The choice in one line, and who made it."""
    makers = {name: os.environ.get(name, "").strip() for name in ("COURSE_DEVICE", "COURSE_PRESET")}
    said = [f"{name}={value}" for name, value in makers.items() if value]
    by = f"as {' and '.join(said)} says" if said else "set COURSE_PRESET or COURSE_DEVICE to choose otherwise"
    return f"preset {preset().name} on {device()} ({by})"

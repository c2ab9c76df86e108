"""The choice of device and preset: what is there decides, unless the environment does."""

import pytest
import torch

from course_lib import device as module


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.delenv("COURSE_PRESET", raising=False)


def machine(monkeypatch, cuda=0, mps=False):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(("cuda", "mps", "kind", "preset"), [
    (1, True, "cuda", "gpu"), (0, True, "mps", "cpu"), (0, False, "cpu", "cpu"), (2, False, "cuda", "gpu")])
def test_the_fastest_device_is_taken_and_brings_its_preset(monkeypatch, cuda, mps, kind, preset):
    machine(monkeypatch, cuda, mps)
    assert module.device().type == kind
    assert module.preset().name == preset


def test_the_environment_overrules_the_device(monkeypatch):
    machine(monkeypatch, cuda=2)
    monkeypatch.setenv("COURSE_DEVICE", " CPU ")
    assert module.device() == torch.device("cpu")
    assert module.preset().name == "cpu"  # the sizes follow the device that is used, not the one that is there
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert module.device() == torch.device("cuda:1")


@pytest.mark.parametrize("name", module.PRESETS)
def test_the_environment_overrules_the_preset(monkeypatch, name):
    machine(monkeypatch)
    monkeypatch.setenv("COURSE_PRESET", name.upper())
    assert module.preset() == module.Preset(name)
    assert module.preset().pick(smoke="smoke", cpu="cpu", gpu="gpu") == name


def test_empty_variables_count_as_unset(monkeypatch):
    machine(monkeypatch)
    monkeypatch.setenv("COURSE_PRESET", "  ")
    monkeypatch.setenv("COURSE_DEVICE", "")
    assert module.describe().startswith("preset cpu on cpu (set COURSE_PRESET")


@pytest.mark.parametrize("given", ["tpu9000", "cuda", "mps", "gpu"])
def test_a_device_that_is_not_there_is_refused_by_name(monkeypatch, given):
    machine(monkeypatch)
    monkeypatch.setenv("COURSE_DEVICE", given)
    with pytest.raises(ValueError, match=f"'{given}', but this machine has cpu"):
        module.device()


def test_a_gpu_number_that_is_not_there_is_refused(monkeypatch):
    machine(monkeypatch, cuda=2)
    monkeypatch.setenv("COURSE_DEVICE", "cuda:2")
    with pytest.raises(ValueError, match="0 to 1"):
        module.device()


def test_an_unknown_preset_is_refused_with_the_known_ones(monkeypatch):
    monkeypatch.setenv("COURSE_PRESET", "huge")
    with pytest.raises(ValueError, match="'huge'; there are smoke, cpu, gpu"):
        module.preset()


def test_describe_says_what_was_chosen_and_by_whom(monkeypatch):
    machine(monkeypatch)
    monkeypatch.setenv("COURSE_PRESET", "smoke")
    assert module.describe() == "preset smoke on cpu (as COURSE_PRESET=smoke says)"


def test_pick_wants_all_three():
    with pytest.raises(TypeError):
        module.Preset("cpu").pick(smoke=1, cpu=2)

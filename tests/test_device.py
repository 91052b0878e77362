"""What a device tells of itself, and how its absence is borne."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from genbench.device import energy

UUID = "8a5d0f0e"


def _nvml(readings, *, counts=True):
    """An NVML whose devices have drawn so many millijoules at each reading."""
    found = iter(readings)

    def total(handle):
        assert handle == f"GPU-{UUID}"
        if not counts:
            raise RuntimeError("Not Supported")
        return next(found)

    return SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda name: name,
        nvmlDeviceGetTotalEnergyConsumption=total,
    )


@pytest.fixture
def _gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=UUID))


@pytest.mark.usefixtures("_gpu")
def test_joules_are_read_off_the_device(monkeypatch):
    """Kills: millijoules taken for joules; the device of the same index in NVML's own order."""
    monkeypatch.setitem(sys.modules, "pynvml", _nvml([1_000, 5_000, 7_500]))
    read = energy(torch.device("cuda:0"))
    assert (read(), read()) == (5.0, 7.5)


@pytest.mark.usefixtures("_gpu")
def test_a_device_that_does_not_count_is_none(monkeypatch):
    """Kills: a trial lost for want of a counter."""
    monkeypatch.setitem(sys.modules, "pynvml", _nvml([], counts=False))
    assert energy(torch.device("cuda:0"))() is None


def test_a_cpu_has_none():
    assert energy(torch.device("cpu"))() is None


def test_a_trial_states_none_where_nothing_counts(attempt):
    outcome, _ = attempt("vae", steps=4, marks=(0.5,))
    assert outcome.spend.joules is None
    assert {mark.joules for mark in outcome.marks} == {None}

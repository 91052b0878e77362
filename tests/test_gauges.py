"""What a machine shows at a moment; a fake NVML stands for a GPU's."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from genbench.gauges import REASONS, gauges
from genbench.record import Gauge

UUID = "8a5d0f0e"
GPU = torch.device("cuda:0")


def _nvml(**changes: Any) -> SimpleNamespace:
    """An NVML whose one device has 1980 and 2619 MHz, is held back by its power cap, and has drawn 7.5 J."""
    clocks = {1: 1980, 2: 2619}
    told = {
        "NVML_CLOCK_SM": 1,
        "NVML_CLOCK_MEM": 2,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByUUID": lambda name: {f"GPU-{UUID}": "handle"}[name],
        "nvmlDeviceGetTotalEnergyConsumption": lambda handle: 7500,
        "nvmlDeviceGetClockInfo": lambda handle, kind: clocks[kind],
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: 0x4,
    }
    return SimpleNamespace(**(told | changes))


@pytest.fixture
def read(monkeypatch):
    """Read the gauges of a GPU whose NVML is like `_nvml`, with changes."""
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=UUID))
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 7.0, 9.0))

    def reader(**changes: Any) -> Gauge:
        monkeypatch.setitem(sys.modules, "pynvml", _nvml(**changes))
        return gauges(GPU)()

    return reader


def _refuses(*arguments: object) -> None:
    raise RuntimeError("Not Supported")


def test_a_gpu_tells_its_clocks(read) -> None:
    """Kills: the clock of graphics, memory and processors exchanged, the load of fifteen minutes."""
    assert read() == Gauge(sm_mhz=1980, memory_mhz=2619, throttle=("power cap",), joules=7.5, load=1.5)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("nvmlDeviceGetClockInfo", {"sm_mhz": None, "memory_mhz": None}),
        ("nvmlDeviceGetCurrentClocksThrottleReasons", {"throttle": ()}),
        ("nvmlDeviceGetTotalEnergyConsumption", {"joules": None}),
    ],
)
def test_what_a_gpu_does_not_tell_takes_nothing_else_away(read, name, lost) -> None:
    """Kills: a probe lost, or all gauges, for want of one."""
    assert read(**{name: _refuses}) == read().model_copy(update=lost)


def test_without_a_driver_nothing_is_invented(read) -> None:
    assert read(nvmlInit=_refuses) == Gauge(load=1.5)


@pytest.mark.parametrize(
    ("bits", "named"),
    [
        (0, ()),
        (0x1, ("idle",)),
        (0x44, ("power cap", "hardware thermal slowdown")),
        (0x1008, ("hardware slowdown", "0x1000")),
    ],
)
def test_reasons_have_names(read, bits, named) -> None:
    """Kills: the mask as a number, one reason of several, a newer reason that is silently dropped."""
    assert read(nvmlDeviceGetCurrentClocksThrottleReasons=lambda handle: bits).throttle == named


def test_the_bits_are_those_of_nvml() -> None:
    """Kills: a slip in the table: the package that NVIDIA ships has the same numbers."""
    pynvml = pytest.importorskip("pynvml")
    known = {
        "GpuIdle": "idle",
        "ApplicationsClocksSetting": "application clocks",
        "SwPowerCap": "power cap",
        "HwSlowdown": "hardware slowdown",
        "SyncBoost": "sync boost",
        "SwThermalSlowdown": "software thermal slowdown",
        "HwThermalSlowdown": "hardware thermal slowdown",
        "HwPowerBrakeSlowdown": "power brake",
        "DisplayClockSetting": "display clocks",
    }
    assert {getattr(pynvml, f"nvmlClocksEventReason{name}"): said for name, said in known.items()} == REASONS


def test_a_cpu_has_a_load_and_nothing_else() -> None:
    """Kills: clocks and joules that nobody measured."""
    found = gauges(torch.device("cpu"))()
    assert found == Gauge(load=found.load)
    assert found.load is None or found.load >= 0

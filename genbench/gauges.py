"""What a machine shows at a moment: the clocks of a GPU, what slows it down, the joules it has drawn, the load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from genbench.device import energy, nvml_handle
from genbench.record import Gauge

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

# bits of nvmlDeviceGetCurrentClocksEventReasons, see NVIDIA's NVML reference, "NvmlClocksEventReasons"
REASONS = {
    0x1: "idle",
    0x2: "application clocks",
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
    0x100: "display clocks",
}


def gauges(device: torch.device) -> Callable[[], Gauge]:
    """Return a function that reads the gauges; what a machine does not tell is None, or empty."""
    joules, clocks = energy(device), _clocks(device)
    return lambda: Gauge(joules=joules(), load=_load(), **clocks())


def _clocks(device: torch.device) -> Callable[[], dict[str, Any]]:
    """Return a function that reads a CUDA device's clocks and what holds them back; of another device nothing."""
    found = nvml_handle(device)
    if found is None:
        return dict
    nvml, handle = found

    def read() -> dict[str, Any]:
        asked = {
            "sm_mhz": lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
            "memory_mhz": lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM)),
            "throttle": lambda: _named(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)),
        }
        return {name: value for name, ask in asked.items() if (value := _told(ask)) is not None}

    return read


def _told(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Exception:  # a device, a driver or a container that does not tell; speeds are no worse for it
        return None


def _named(bits: int) -> tuple[str, ...]:
    """Return the reasons in a mask, also those that are newer than this table."""
    newer = bits & ~sum(REASONS)
    return (*(name for bit, name in REASONS.items() if bits & bit), *((f"0x{newer:x}",) if newer else ()))


def _load() -> float | None:
    """Return the runnable tasks of the machine, a mean over the last minute."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None

"""Which GPU is free: one call at a time has it, and the next one only when the memory of the last is back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BACK_WITHIN = 30.0  # seconds after a call
SLACK = 256 * 2**20  # bytes by which a device may be fuller than before: the driver's own


@dataclass(frozen=True, slots=True)
class Usage:
    """What a device's memory holds."""

    size: int  # bytes in use
    pids: tuple[int, ...] = ()  # of whom, as far as the driver knows


@dataclass(slots=True)
class _Device:
    name: str
    is_taken: bool = False
    level: int | None = None  # bytes in use before the last call
    given_back: float = 0.0


class Devices:
    """Hand out devices.

    Args:
        names: as CUDA_VISIBLE_DEVICES takes them, in the order of the bus.
        memory: tells a device's usage, None where nobody knows.
        clock: in seconds.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        memory: Callable[[str], Usage | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = [_Device(name) for name in names]
        self._memory = memory or ask_driver
        self._clock = clock

    def __bool__(self) -> bool:
        return bool(self._devices)

    @property
    def has_free(self) -> bool:
        """Whether one can be taken now."""
        return any(self._is_back(each) for each in self._devices if not each.is_taken)

    def take(self) -> str:
        """Take one that is free."""
        device = next(each for each in self._devices if not each.is_taken and self._is_back(each))
        usage = self._memory(device.name)
        device.is_taken, device.level = True, None if usage is None else usage.size
        return device.name

    def give_back(self, name: str) -> None:
        """Say that a call has ended; its memory may take a while."""
        device = next(each for each in self._devices if each.name == name)
        device.is_taken, device.given_back = False, self._clock()

    def wait_for_memory(self) -> str | None:
        """Return None while waiting has a point; else why none of the devices will be free, with who holds them."""
        problems = [self._problem(each) for each in self._devices]
        return "; ".join(each for each in problems if each) if all(problems) else None

    def _problem(self, device: _Device) -> str | None:
        if device.is_taken or self._is_back(device) or self._clock() - device.given_back < BACK_WITHIN:
            return None
        usage = self._memory(device.name)
        if usage is None:
            return None
        more, whom = usage.size - (device.level or 0), ", ".join(map(str, usage.pids)) or "unknown"
        return f"device {device.name}: {more / 1e9:.1f} GB still in use by pid {whom} after {BACK_WITHIN:.0f} s"

    def _is_back(self, device: _Device) -> bool:
        if device.level is None:
            return True
        usage = self._memory(device.name)
        return usage is None or usage.size <= device.level + SLACK


@cache
def _driver() -> Any:
    """Return the driver's library, ready to be asked, None where there is none. It makes no context on any device."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no library, no driver, a container that may not ask
        return None
    return pynvml


def ask_driver(name: str) -> Usage | None:
    """Return what a device's memory holds, None where NVML cannot tell."""
    nvml = _driver()
    if nvml is None:
        return None
    try:
        find = nvml.nvmlDeviceGetHandleByIndex if name.isdigit() else nvml.nvmlDeviceGetHandleByUUID
        handle = find(int(name) if name.isdigit() else name)
        pids = tuple(each.pid for each in nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        return Usage(int(nvml.nvmlDeviceGetMemoryInfo(handle).used), pids)
    except nvml.NVMLError:
        return None

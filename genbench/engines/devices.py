"""Which GPU has room: for one call, or for several whose memory is known; the next one when the last one's is back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BACK_WITHIN = 30.0  # seconds after a call
SLACK = 256 * 2**20  # bytes by which a device may be fuller than before: the driver's own
SHARED = 0.8  # of a device's free memory that calls side by side may take together: what each takes is an estimate


@dataclass(frozen=True, slots=True)
class Usage:
    """What a device's memory holds."""

    size: int  # bytes in use
    pids: tuple[int, ...] = ()  # of whom, as far as the driver knows
    free: int = 0  # bytes


@dataclass(slots=True)
class _Device:
    name: str
    calls: list[int | None] = field(default_factory=list)  # the bytes that each takes, None: all
    level: int | None = None  # bytes in use before there was a call
    given_back: float = 0.0
    room: float = 0.0  # bytes that calls may share


class Devices:
    """Hand out devices.

    A call that tells how much memory it takes may share its device with others that do; any other has it to itself.

    Args:
        names: as CUDA_VISIBLE_DEVICES takes them, in the order of the bus.
        most: calls side by side on one device.
        memory: tells a device's usage, None where nobody knows.
        clock: in seconds.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        most: int = 1,
        memory: Callable[[str], Usage | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = [_Device(name) for name in names]
        self._most = most
        self._memory = memory or ask_driver
        self._clock = clock

    def __bool__(self) -> bool:
        return bool(self._devices)

    def has_room(self, size: int | None = None) -> bool:
        """Whether a call that takes `size` bytes, None: all of a device, can start now."""
        return self._find(size) is not None

    def take(self, size: int | None = None) -> str:
        """Take a device, or a part of one; the emptiest, so that calls spread."""
        device = self._find(size)
        assert device is not None
        if not device.calls:
            usage = self._memory(device.name)
            device.level = None if usage is None else usage.size
            device.room = 0.0 if usage is None else SHARED * usage.free
        device.calls.append(size)
        return device.name

    def give_back(self, name: str, size: int | None = None) -> None:
        """Say that a call has ended; its memory may take a while."""
        device = next(each for each in self._devices if each.name == name)
        device.calls.remove(size)
        device.given_back = self._clock()

    def wait_for_memory(self) -> str | None:
        """Return None while waiting has a point; else why none of the devices will be free, with who holds them."""
        problems = [self._problem(each) for each in self._devices]
        return "; ".join(each for each in problems if each) if all(problems) else None

    def _find(self, size: int | None) -> _Device | None:
        emptiest = sorted(self._devices, key=lambda each: len(each.calls))
        return next((each for each in emptiest if self._fits(each, size)), None)

    def _fits(self, device: _Device, size: int | None) -> bool:
        """Whether a call may go onto a device: an empty one, or beside calls when the memory of all is known to fit."""
        if not device.calls:
            return self._is_back(device)
        taken = [each for each in device.calls if each is not None]
        if size is None or len(taken) < len(device.calls) or len(taken) >= self._most:
            return False
        usage = self._memory(device.name)
        return sum(taken) + size <= device.room and (usage is None or size <= usage.free)

    def _problem(self, device: _Device) -> str | None:
        if device.calls or self._is_back(device) or self._clock() - device.given_back < BACK_WITHIN:
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
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        return Usage(int(memory.used), pids, int(memory.free))
    except nvml.NVMLError:
        return None

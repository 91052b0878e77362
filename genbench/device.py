"""What differs between CPU, CUDA and MPS: waiting, bounded run-ahead, memory. Everything else is the same code."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

RUN_AHEAD = 2  # hand-outs that a device may lag behind the host
RESIDENT_SHARE = 0.25  # of the free memory that a train split may take


def best_device() -> str:
    """Return the device to use when none was asked for."""
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def synchronizer(device: torch.device) -> Callable[[], None]:
    """Return a function that waits until all work given to `device` is done."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    if device.type == "mps":
        return torch.mps.synchronize
    return _nothing


def fence(device: torch.device) -> Callable[[], None]:
    """Return a function, to be called once a hand-out, that lets the host run at most `RUN_AHEAD` hand-outs ahead."""
    if device.type == "cpu":
        return _nothing
    make: Callable[[], Any] = torch.cuda.Event if device.type == "cuda" else torch.mps.Event
    behind: deque[Any] = deque()

    def wait() -> None:
        event = make()
        event.record()
        behind.append(event)
        if len(behind) > RUN_AHEAD:
            behind.popleft().synchronize()

    return wait


def has_room(device: torch.device, size: int) -> bool:
    """Tell whether `size` bytes may stay on `device` for a whole trial."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return size <= RESIDENT_SHARE * free
    return True  # host memory is paged from the file; MPS shares it


def reset_peak(device: torch.device) -> int:
    """Start a new high-water mark of memory; return the level from which it rises, in bytes."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return 0
    if sys.platform == "linux":
        _give_back_free_pages()
        Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes(device)


def _give_back_free_pages() -> None:
    """Let go of what the allocator keeps of memory that was freed: it would be filled again without a rise."""
    with suppress(OSError, AttributeError):  # a C library that is not glibc
        ctypes.CDLL(None).malloc_trim(0)


def peak_bytes(device: torch.device) -> int:
    """Return the high-water mark of memory in bytes: allocated on a GPU, resident in this process on the CPU."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "linux":
        line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def peak_reserved_bytes(device: torch.device) -> int | None:
    """Return the high-water mark of what torch's allocator holds of a GPU, in use or not; None elsewhere."""
    return int(torch.cuda.max_memory_reserved(device)) if device.type == "cuda" else None


def energy(device: torch.device) -> Callable[[], float | None]:
    """Return a function that tells the joules which a CUDA device has drawn since it was started; None elsewhere.

    NVML counts in millijoules, on Volta and later.
    """
    found = nvml_handle(device)
    if found is None:
        return _nothing
    nvml, handle = found
    try:
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except Exception:  # a device that does not count, a container that may not ask
        return _nothing
    return lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000


def nvml_handle(device: torch.device) -> tuple[Any, Any] | None:
    """Return NVML and its handle of a CUDA device, found by UUID since NVML has an order of its own; None elsewhere."""
    if device.type != "cuda":
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
        return pynvml, pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
    except Exception:  # no driver library, a container that may not ask
        return None


def _nothing() -> None:
    return None

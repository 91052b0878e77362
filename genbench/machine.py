"""What this process may use of its machine: cores, memory, a cache folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

FREE_SHARE = 0.9  # of the free memory that all trials together may take
MOST_PER_DEVICE = 8  # trials on one GPU, where nobody says
HOST_BYTES = 6 * 2**30  # of host memory that a trial on a GPU may want: libraries, and rows that do not fit the device
CGROUP = Path("/sys/fs/cgroup/memory.max")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_share(workers: int) -> int:
    """Return how many bytes of host memory each of `workers` trials may take, so that the machine survives them."""
    free = psutil.virtual_memory().available
    limit = CGROUP.read_text().strip() if CGROUP.exists() else "max"
    return int(FREE_SHARE * min(free, int(limit) if limit.isdigit() else free)) // workers


def fitting(devices: int, threads: int) -> int:
    """Return how many trials of `threads` each of `devices` GPUs can be given by the host: its cores and its memory."""
    if not devices:
        return 1
    by_memory = memory_share(devices) // HOST_BYTES
    return max(1, min(MOST_PER_DEVICE, cores() // (threads * devices), by_memory))


def cache_folder() -> Path:
    """Return where prepared data and features of real rows are kept: GENBENCH_CACHE, or the user's cache folder."""
    named = os.environ.get("GENBENCH_CACHE")
    if named:
        return Path(named)
    base = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or base) / "genbench"

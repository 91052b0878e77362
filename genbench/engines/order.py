"""What the supervisor hands to the process that it starts, and the pipes between the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def environment(threads: int, device: str | None = None) -> dict[str, str]:
    """Return what a process must find when it starts: passive waiting, threads, an allocator that keeps its pages."""
    found = {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONHASHSEED": "0",
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**40),
    }
    if device is None:
        return found
    return found | {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device}  # in the order of NVML


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A function to run, and what its process must find when it starts."""

    function: str  # a name of genbench.engines.child.FUNCTIONS
    payload: str
    token: str  # in the environment of everything that the call starts
    environment: dict[str, str]
    threads: int
    memory: int | None  # bytes that the process may ask for beyond what it has at birth


@dataclass(frozen=True, slots=True)
class Ends:
    """One end, the same, of each pipe between a call and the supervisor."""

    result: Connection  # a frame: what the function returned, or an error on purpose
    output: Connection  # what is printed
    stacks: Connection  # where it hung or crashed; apart, so that nothing that is printed can push it out
    report: Connection  # a frame from the minder: the exit code, and what was left behind

    def close(self) -> None:
        """Close all four."""
        for end in (self.result, self.output, self.stacks, self.report):
            end.close()

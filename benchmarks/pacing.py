"""How a side's process is paced: it works when it is told to, so many units at a time, and says what they took."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


class Pacer:
    """To be called before each unit of work: waits between two bursts, and times what lies between two waits.

    What the side prints is put aside: standard output carries the answers alone, a line of JSON each.
    """

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._left = 0
        self._begun: tuple[float, float] | None = None

    def ready(self, **told: Any) -> None:
        """Tell what is known before the first burst."""
        self._tell(told)

    def __call__(self) -> None:
        """Go on, or wait to be told; the process ends when nobody will."""
        if self._left == 0:
            self._finish()
            self._left = self._wait()
            wait_for_device()
            self._begun = time.process_time(), time.perf_counter()
        self._left -= 1

    def _finish(self) -> None:
        if self._begun is not None:
            wait_for_device()
            cpu, wall = time.process_time() - self._begun[0], time.perf_counter() - self._begun[1]
            self._tell({"cpu": cpu, "wall": wall, "high_water": high_water()})

    def _wait(self) -> int:
        line = sys.stdin.readline()
        if not line:
            os._exit(0)  # from inside of whatever loop it is
        return int(line)

    def _tell(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def wait_for_device() -> None:
    """Wait for the GPU, where this process has begun to use one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def high_water() -> float:
    """Return the most megabytes that this process has had resident, since `forget_high_water` where the system can."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (each for each in status.read_text(encoding="ascii").splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def forget_high_water() -> None:
    """Let the mark stand where memory stands now; Linux alone can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

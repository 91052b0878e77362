"""Who works beside the charged clock: processor seconds of a process's other threads and of its descendants.

Processor time, not wall time, so that a busy machine makes nobody look busy. Descendants that left the family (a double
fork) are not seen here, nor is what another machine works; what a GPU was given is waited for by the meter.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LEAST = 0.01  # seconds that others may work unseen: the grain of what the kernel tells of running threads, doubled
SHARE = 0.2  # of what the calling thread worked that others may work: what is put away when a step has ended
IDLE = 0.001  # seconds: who worked less was only tidying up
LOOK = 0.04  # seconds of wall time that a look takes at least
PATIENCE = 2.0  # seconds of wall time after which a look is over, also on a machine that runs nobody
CHILDREN_OF_TORCH = b"compile_worker"  # they compile ahead, whatever the plugin does
OWN_THREADS = "genbench-"  # the harness's own: rows that are fetched ahead
CLOCK_OF_PROCESS, CLOCK_OF_THREAD = 2, 6  # Linux: what clock_getcpuclockid(3) and its sibling for threads put together


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Processor seconds at one moment."""

    seconds: float  # of wall time
    own: float  # of the calling thread
    process: float  # of all threads, less those of the harness
    descendants: float  # of live ones and of those that were waited for


class Labour:
    """Tell what others than the calling thread have worked.

    Args:
        threads: which one operation of torch may use; they work for the caller.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads

    def look(self) -> Look:
        """Read all clocks."""
        return Look(
            seconds=time.perf_counter(),
            own=time.thread_time(),
            process=time.process_time() - _of_own_threads(),
            descendants=_of_descendants(),
        )

    def since(self, before: Look) -> float:
        """Return the processor seconds of others since `before`, beyond what torch's threads may have helped."""
        return self._between(before, self.look())

    def beside(self, before: Look) -> float:
        """Return the same, 0 where it is no more than tidying up.

        Measured against the calling thread's own work, and not against wall time: on a busy machine each gets its
        share of that, and all of them less.
        """
        now = self.look()
        worked = self._between(before, now)
        return worked if worked > max(LEAST, SHARE * (now.own - before.own)) else 0.0

    def _between(self, before: Look, now: Look) -> float:
        others = now.process - before.process - self._threads * (now.own - before.own)
        return max(0.0, others) + max(0.0, now.descendants - before.descendants)

    def goes_on(self, before: Look) -> bool:
        """Whether others have worked since `before`, after a look of 0.04 s, or longer where it is not clear."""
        while True:
            passed = time.perf_counter() - before.seconds
            worked = self.since(before)
            if worked > LEAST or passed > PATIENCE:
                return worked > LEAST
            if passed >= LOOK and worked < IDLE and not _is_anyone_ready():
                return False
            time.sleep(max(LOOK - passed, LOOK / 4))

    def settle(self, most: float) -> float:
        """Wait until nobody else works, `most` seconds at most; return for how many seconds somebody did."""
        begun = time.perf_counter()
        busy = 0.0
        while busy < most and self.goes_on(self.look()):
            busy = time.perf_counter() - begun
        return busy


def _of_own_threads() -> float:
    """Return the seconds of the harness's threads; where a thread's clock cannot be read, they count as others'."""
    if sys.platform != "linux":
        return 0.0
    found = [each.native_id for each in threading.enumerate() if each.name.startswith(OWN_THREADS)]
    return sum(_clock(each, CLOCK_OF_THREAD) for each in found if each is not None)


def _of_descendants() -> float:
    return _waited_for() + (sum(_live().values()) if sys.platform == "linux" else _live_by_psutil())


def _waited_for() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _live() -> dict[int, float]:
    """Return the seconds of each live descendant, but for torch's compilers and theirs."""
    found: dict[int, float] = {}
    waiting = _children(os.getpid())
    while waiting:
        pid = waiting.pop()
        if pid not in found and CHILDREN_OF_TORCH not in _read(Path(f"/proc/{pid}/cmdline")):
            found[pid] = _clock(pid, CLOCK_OF_PROCESS)
            waiting += _children(pid)
    return found


def _is_anyone_ready() -> bool:
    """Whether another thread or a descendant would work if the machine let it, as far as Linux tells."""
    if sys.platform != "linux":
        return False
    own = str(threading.get_native_id())
    tasks = [each for each in Path("/proc/self/task").glob("*/stat") if each.parent.name != own]
    return any(_state(each) == b"R" for each in (*tasks, *(Path(f"/proc/{pid}/stat") for pid in _live())))


def _state(path: Path) -> bytes:
    """Return the state of a task: what follows its name, which may hold brackets of its own."""
    return _read(path).rpartition(b")")[2].strip()[:1]


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process; none where the kernel does not list them."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in _read(each).split()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


def _clock(number: int, kind: int) -> float:
    try:
        return time.clock_gettime((~number << 3) | kind)
    except OSError:  # it has ended
        return 0.0


def _live_by_psutil() -> float:
    import psutil

    total = 0.0
    for each in psutil.Process().children(recursive=True):
        try:
            if CHILDREN_OF_TORCH.decode() not in " ".join(each.cmdline()):
                times = each.cpu_times()
                total += times.user + times.system
        except psutil.Error:  # it has ended, or is not ours to ask
            continue
    return total

"""Who descends from whom: found, weighed, described and killed, however they tried to get away.

A process that forks twice and leaves its session is an orphan at once, and an orphan goes to its nearest ancestor that
asked for orphans. Where there is no such thing (macOS), the process group is all there is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

TOKEN = "GENBENCH_ATTEMPT"  # the environment variable that marks whatever a call starts
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 1, 36, 37
PAUSE = 0.01  # seconds between two rounds of killing
LONGEST = 200  # characters of a description


def die_with_parent(number: signal.Signals) -> None:
    """Ask the kernel for a signal when the parent dies. It may have died before: look at `os.getppid` afterwards."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def adopt_orphans(is_wanted: bool = True) -> bool:
    """Become, or cease to be, the parent of every descendant whose own parent dies; return what held before."""
    if sys.platform != "linux":
        return False
    before = ctypes.c_int()
    ctypes.CDLL(None).prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(before))
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(is_wanted))
    return bool(before.value)


def parents() -> dict[int, int]:
    """Return the parent of every process that is not dead yet."""
    if sys.platform != "linux":
        return {each.pid: each.info["ppid"] for each in psutil.process_iter(["ppid"])}
    found = {}
    for pid in psutil.pids():
        with suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_bytes()
            state, parent = stat[stat.rindex(b")") + 2 :].split(None, 2)[:2]  # the name before may hold anything
            if state not in b"ZX":
                found[pid] = int(parent)
    return found


def descendants(root: int, parent_of: dict[int, int]) -> list[int]:
    """Return children, grandchildren and so on of `root`."""
    children = defaultdict(list)
    for pid, parent in parent_of.items():
        children[parent].append(pid)
    found: list[int] = []
    todo = [root]
    while todo:
        below = children[todo.pop()]
        found += below
        todo += below
    return found


def carriers(token: str) -> list[int]:
    """Return the processes that were started with this token in their environment, on Linux."""
    if sys.platform != "linux":
        return []
    mark = f"{TOKEN}={token}".encode()
    return [pid for pid in psutil.pids() if mark in environment(pid).split(b"\0")]


def parent(pid: int) -> int | None:
    """Return a process's parent, None where it has gone."""
    try:
        return psutil.Process(pid).ppid()
    except (psutil.Error, ValueError, OverflowError):  # what a plugin wrote for one is no id
        return None


def is_tracker(pid: int) -> bool:
    """Whether a process is multiprocessing's own tracker of resources, which ends by itself."""
    try:
        return "multiprocessing.resource_tracker" in " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def environment(pid: int) -> bytes:
    """Return the environment that a process had when its program was loaded; a fork has that of its parent."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def resident(pids: Iterable[int]) -> int:
    """Return the bytes of memory in which processes reside; a page that several share is counted in each."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, psutil.Error):
            if sys.platform == "linux":
                total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            else:
                total += psutil.Process(pid).memory_info().rss
    return total


def describe(pid: int) -> str:
    """Return a process as people know it: `1234 sleep 999`."""
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        command = ""
    if "multiprocessing.forkserver" in command:
        command = "python, forked"
    return f"{pid} {''.join(c if c.isprintable() else '?' for c in command)}"[:LONGEST].strip()


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait for something, at most so long; return whether it came to be."""
    until = time.monotonic() + seconds
    while not (came := is_so()) and time.monotonic() < until:
        time.sleep(PAUSE)
    return came


def extinguish(find: Callable[[], list[int]], seconds: float) -> dict[int, str]:
    """Kill what `find` finds until it finds nothing, or for so long; return what it was, by its number."""
    names: dict[int, str] = {}
    until = time.monotonic() + seconds
    while (found := {*find(), *_dying(names)}) and time.monotonic() < until:
        for pid in found:
            names.setdefault(pid, describe(pid))
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)
    return names


def _dying(pids: Collection[int]) -> list[int]:
    """Return those that were killed and are not dead yet; they have lost what they could be known by."""
    alive = parents() if pids else {}
    return [pid for pid in pids if pid in alive]

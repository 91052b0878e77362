"""Who works on a run, and whether they still live. No clock is believed but the own monotonic one.

A harness leaves a file in the run and touches it every few seconds. It is dead when its process is known to be gone
(the same boot and process namespace, and no process of that id and start), or when its file was not touched for `LEASE`
seconds of watching: its machine died, was cut off, or its process was stopped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from genbench.errors import ResultsError
from genbench.refs import Frozen
from genbench.store import durable
from genbench.store.sealed import load, seal

if TYPE_CHECKING:
    from collections.abc import Callable

HARNESSES = "harnesses"  # folder of a run
LEASE = 60.0  # seconds without a touch after which a harness is given up
RENEW = 5.0


class Owner(Frozen):
    """A harness: a process on a machine since its last boot."""

    token: str  # 16 random hexadecimal digits
    host: str
    boot: str
    namespace: str  # of process ids
    pid: int
    start: str  # of the process, in its machine's own terms

    @property
    def name(self) -> str:
        """Return where to look for it, as `host, process 1234`."""
        return f"{self.host}, process {self.pid}"


def this_harness() -> Owner:
    """Describe this process under a new token."""
    return Owner(token=secrets.token_hex(8), pid=os.getpid(), start=_start_of(os.getpid()) or "", **_machine())


class Lease:
    """The file by which others see that `owner` works on the run in `folder`."""

    def __init__(self, folder: Path, owner: Owner, clock: Callable[[], float] = time.monotonic) -> None:
        self.owner = owner
        self._path = path_of(folder, owner.token)
        self._clock = clock
        self._renewed = clock()
        self._path.parent.mkdir(exist_ok=True)
        durable.create(self._path, seal(owner))

    def renew(self) -> None:
        """Touch the file, when it is time to; called often."""
        if self._clock() - self._renewed >= RENEW:
            self._renewed = self._clock()
            with contextlib.suppress(FileNotFoundError):  # others gave this harness up: what it publishes is refused
                os.utime(self._path)

    def release(self) -> None:
        """Tell that this harness works no more."""
        with contextlib.suppress(OSError):  # on a broken disk it stays, and its process will be seen to be gone
            self._path.unlink()


class Watch:
    """Tell which harnesses of a run still live."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic, lease: float = LEASE) -> None:
        self._folder = folder
        self._clock = clock
        self._lease = lease
        self._seen: dict[str, tuple[int, float]] = {}  # token to its last touch, and when that was first seen

    def is_alive(self, owner: Owner) -> bool:
        """Tell whether a harness may still be at work. One whose process cannot be seen is believed for `LEASE`."""
        try:
            touched = path_of(self._folder, owner.token).stat().st_mtime_ns
        except FileNotFoundError:  # it has released its lease
            return False
        return not _is_gone(owner) and not self._is_silent(owner.token, touched)

    def living(self) -> list[Owner]:
        """Return all harnesses that may still be at work."""
        owners = [_read(path) for path in sorted((self._folder / HARNESSES).glob("*.json"))]
        return [owner for owner in owners if owner is not None and self.is_alive(owner)]

    def _is_silent(self, token: str, touched: int) -> bool:
        now = self._clock()
        last, since = self._seen.get(token, (None, now))
        if last != touched:
            self._seen[token] = (touched, now)
            return False
        return now - since >= self._lease


def path_of(folder: Path, token: str) -> Path:
    """Return where a harness leaves its lease in a run."""
    return folder / HARNESSES / f"{token}.json"


def is_neighbour(owner: Owner) -> bool:
    """Tell whether a harness works on this machine."""
    return owner.boot == _machine()["boot"]


def _read(path: Path) -> Owner | None:
    try:
        return load(path, Owner)
    except ResultsError:  # released this moment
        return None


def _is_gone(owner: Owner) -> bool:
    """Tell whether a process is known to have ended: its id alone says nothing, another may have it now."""
    here = _machine()
    if (owner.boot, owner.namespace) != (here["boot"], here["namespace"]):
        return False
    return _start_of(owner.pid) != owner.start


def _machine() -> dict[str, str]:
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    return {
        "host": socket.gethostname(),
        "boot": boot.read_text().strip() if boot.exists() else f"{socket.gethostname()} {psutil.boot_time():.0f}",
        "namespace": str(namespace.readlink()) if namespace.exists() else "",
    }


def _start_of(pid: int) -> str | None:
    """Return when a process began, in clock ticks since the boot where those are known; None where there is none."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        if stat.exists():
            state, *rest = stat.read_text().rpartition(")")[2].split()
            return None if state == "Z" else rest[18]
        return str(psutil.Process(pid).create_time())
    except (psutil.Error, OSError):
        return None

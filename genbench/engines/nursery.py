"""Where processes are born, and where orphans come when whoever minded them was killed."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.engines import family
from genbench.engines.call import BEAT, Call, Ended
from genbench.engines.minder import CLEARING
from genbench.engines.minder import main as minding
from genbench.engines.order import Ends, Order, environment, send
from genbench.engines.process import Minder, Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PRELOADED = [
    *("torch", "torch._dynamo"),  # the second would be imported by the first optimiser, 0.7 s of a trial's charged time
    *("genbench.cli", "genbench.trial", "genbench.probe", "genbench.judging"),
    *("numpy.ma", "array_api_compat.numpy", "PIL.PngImagePlugin"),  # imported late by what trials and judges call
    *("genbench.features.network", "genbench.features.pixels"),
]
SENDING = 5.0  # seconds for a minder to take an order
LEAVING = 2.0  # seconds for a minder to leave when it is dismissed


class Nursery:
    """Starts processes, from a fork server where there is one.

    Args:
        threads: of each.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._context: Any = None
        self._server = b""  # the environment of the fork server, and of whatever it forks
        self._server_pid: int | None = None
        self._adopted_before = False
        self._idle: list[Minder] = []

    def open(self) -> None:
        """Choose how to start, and become the parent of every orphan below this process."""
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(PRELOADED)
        self._adopted_before = family.adopt_orphans()

    def close(self) -> None:
        """Dismiss the minders, and leave orphans to whom they went before."""
        for each in self._idle:
            each.line.close()
        for each in self._idle:
            each.process.join(LEAVING)
        self._idle.clear()
        family.adopt_orphans(self._adopted_before)

    def start(self, call: Call, done: Callable[[Ended], None], *, device: str | None, is_plain: bool) -> Running:
        """Start a call.

        Args:
            call: what is asked.
            done: who is to be told.
            device: that it was given.
            is_plain: it does not use CUDA, so that what it may ask for can be limited.
        """
        order = Order(
            function=call.function,
            payload=call.payload,
            token=secrets.token_hex(8),
            environment=environment(self._threads, device),
            threads=self._threads,
            memory=call.limits.memory if is_plain else None,
        )
        now = time.monotonic()
        minder = self._ready()
        pipes = [self._context.Pipe(duplex=False) for _ in range(4)]
        ours, theirs = Ends(*(each[0] for each in pipes)), Ends(*(each[1] for each in pipes))
        minder.beat[:] = [0] * BEAT
        try:
            send(minder.line, order, theirs)
        except OSError:
            minder.process.kill()
            raise
        finally:
            theirs.close()
        return Running(call, done, minder=minder, ends=ours, token=order.token, device=device, now=now)

    def take_back(self, minder: Minder) -> None:
        """Keep a minder that is ready for another call."""
        self._idle.append(minder)

    def _ready(self) -> Minder:
        """Return a minder that lives."""
        while self._idle:
            minder = self._idle.pop()
            if minder.process.is_alive():
                return minder
            minder.line.close()
        return self._hire()

    def _hire(self) -> Minder:
        """Start a minder."""
        line, end = self._context.Pipe()
        beat = self._context.RawArray("Q", BEAT)
        process = self._context.Process(target=minding, args=(end, beat), name="minder", daemon=True)
        with _variables(environment(self._threads)):
            process.start()
        end.close()
        self._know_server(process.pid)
        ours = socket.socket(fileno=os.dup(line.fileno()))
        ours.settimeout(SENDING)
        line.close()
        return Minder(process, ours, beat)

    def sweep(self, lost: Running, others: Iterable[Running]) -> list[str]:
        """Kill what belonged to a call whose minder was killed, `others` aside; return what it was."""
        lost.kill()
        lost.minder.process.kill()
        others_pids = (each.minder.process.pid for each in others)
        known = {self._server_pid, *others_pids, *(each.process.pid for each in self._idle)}
        killed = family.extinguish(lambda: self._strays(lost.token, known), CLEARING)
        for pid in killed:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return list(killed.values())

    def _strays(self, token: str, known: set[int | None]) -> list[int]:
        """Find children of this process that the fork server forked, and whatever was started with the token."""
        children = [pid for pid, parent in family.parents().items() if parent == os.getpid() and pid not in known]
        forked = [pid for pid in children if self._server and family.environment(pid) == self._server]
        return [pid for pid in {*forked, *family.carriers(token)} if not family.is_tracker(pid)]

    def _know_server(self, pid: int) -> None:
        """Remember who forked a minder, and what all that it forks can be known by."""
        server = family.parent(pid)
        if server not in (None, self._server_pid, os.getpid()):
            self._server_pid, self._server = server, family.environment(server)


def has_no_driver() -> bool:
    """Whether CUDA cannot be at work in any process."""
    return not Path("/dev/nvidiactl").exists()


@contextmanager
def _variables(wanted: dict[str, str]) -> Iterator[None]:
    """Set environment variables: libraries read them when they are loaded, so the fork server must start with them."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

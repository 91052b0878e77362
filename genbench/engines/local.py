"""The local engine: a fresh process for every call, from a fork server that has torch loaded already."""

from __future__ import annotations

import time
from functools import partial
from multiprocessing import connection
from typing import TYPE_CHECKING

from genbench.engines import family
from genbench.engines.call import Call, Ended, unstarted
from genbench.engines.devices import Devices
from genbench.engines.minder import CLEARING, GRACE
from genbench.engines.nursery import Nursery, has_no_driver
from genbench.engines.process import STOPPED
from genbench.engines.waiting import Entry, Waiting
from genbench.errors import Interrupted
from genbench.machine import cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from genbench.engines.engine import Engine
    from genbench.engines.process import Running

LOOK = 0.1  # seconds between two looks at the limits
FAMILIES = 0.5  # seconds between two looks at who descends from whom


class LocalEngine:
    """Run calls on this machine, `workers` at a time, exclusive ones alone.

    While it is entered, this process is the parent of its descendants' orphans. It handles no signals: `drain` asks
    `asked_to_stop` ten times a second.

    Args:
        workers: processes side by side.
        threads: of each.
        devices: GPUs for calls that need one, as CUDA_VISIBLE_DEVICES takes them; none are handed out where empty.
            To one call at a time each, until `use` says otherwise.
        asked_to_stop: whether `drain` should stop everything.
        patience: seconds for a trial to stop by itself.
    """

    def __init__(
        self,
        workers: int,
        threads: int = 1,
        *,
        devices: Sequence[str] = (),
        asked_to_stop: Callable[[], bool] = lambda: False,
        patience: float = 5.0,
    ) -> None:
        self.workers = workers
        self._threads = threads
        self._nursery = Nursery(threads)
        self._devices = Devices(devices)
        self._asked_to_stop = asked_to_stop
        self._patience = patience
        self._waiting = Waiting()
        self._running: list[Running] = []
        self._is_stopping = False
        self._is_telling = False
        self._looked_at = 0.0
        self._first_start: float | None = None
        self._busy_seconds = 0.0
        self._alone_seconds = 0.0

    def __enter__(self) -> LocalEngine:
        self._nursery.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_all()
        for running in list(self._running):
            running.wait(GRACE + CLEARING)
            self._conclude(running)
        self._nursery.close()

    def use(self, devices: Sequence[str], *, most: int = 1) -> None:
        """Hand out these devices from now on, each to `most` calls that tell their memory; nothing may be running."""
        self._devices = Devices(devices, most=most)

    def submit(self, call: Call, done: Callable[[Ended], None], *, first: bool = False) -> None:
        """Queue a call; `done` is told how it ended, and may submit more. `first` puts it before what waits.

        Once the engine is stopping, the call ends as INTERRUPTED.
        """
        self._waiting.put(Entry(call=call, done=done), first=first)
        if self._is_stopping:
            self._refuse_all()

    def submit_later(
        self,
        make: Callable[[], Call | None],
        done: Callable[[Ended], None],
        *,
        alone: bool = False,
        needs_device: bool = False,
        device_bytes: int | None = None,
    ) -> None:
        """Queue a call that is made only when its turn has come; None is nothing to do, and `done` is not told.

        Args:
            make: makes the call.
            done: is told how it ended.
            alone: exclusive; it is made when nothing runs.
            needs_device: it is made when a device is free.
            device_bytes: what it will take of that, so that others can be on it; None: all.
        """
        if not self._is_stopping:
            entry = Entry(make=make, done=done, is_alone=alone, needs_device=needs_device, device_bytes=device_bytes)
            self._waiting.put(entry)

    def drain(self) -> None:
        """Run until nothing waits or runs.

        Raises:
            Interrupted: the engine was asked to stop, and has stopped.
        """
        self._heed()
        while self._waiting or self._running:
            self._start_what_fits()
            self._listen()
            self._heed()
        if self._is_stopping:
            raise Interrupted

    def call(self, call: Call) -> Ended:
        """Run one call to its end, before what waits."""
        ended: list[Ended] = []
        self.submit(call, ended.append, first=True)
        self.drain()
        return ended[0]

    def kill_all(self) -> None:
        """Kill everything that runs, at once. Safe in a signal handler; `drain` still tells how it ended."""
        for running in tuple(self._running):
            running.abandon()

    def busy_share(self) -> float:
        """Return the share of the workers' time, since the first call began, in which they had one."""
        if self._first_start is None:
            return 0.0
        now = time.monotonic()
        busy = self._busy_seconds + sum(now - running.started for running in self._running)
        return busy / (self.workers * (now - self._first_start))

    def packed_share(self) -> float:
        """Return the same share of the time in which no call had to be alone on the machine; 1 where there was none."""
        if self._first_start is None:
            return 1.0
        together = time.monotonic() - self._first_start - self._alone_seconds
        return (self._busy_seconds - self._alone_seconds) / (self.workers * together) if together > 0 else 1.0

    @property
    def was_oversubscribed(self) -> bool:
        """Whether the workers had more threads than this process may use cores."""
        return self.workers * self._threads > cores()

    def _heed(self) -> None:
        """Stop everything once that was asked for: what runs soon, what waits at once."""
        if self._is_stopping or not self._asked_to_stop():
            return
        self._is_stopping = True
        for running in self._running:
            running.interrupt(time.monotonic(), self._patience)
        self._refuse_all()

    def _refuse_all(self) -> None:
        """Tell what waits that it was interrupted. Who answers by asking again is told by the loop, and not within."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            for entry in self._waiting.empty():
                if entry.call is not None:
                    entry.done(unstarted(entry.call, *STOPPED))
        finally:
            self._is_telling = False

    def _start_what_fits(self) -> None:
        while self._waiting and len(self._running) < self.workers and not self._is_stopping:
            if self._running and self._running[0].call.is_exclusive:
                return
            stuck = self._devices.wait_for_memory() if self._devices else None
            has_device = self._has_room if stuck is None else _always
            entry = self._waiting.take(is_idle=not self._running, has_device=has_device, workers=self.workers)
            if entry is None or entry.call is None:
                return
            if stuck is not None and entry.is_bound:
                entry.done(unstarted(entry.call, "LOST", stuck))
            else:
                self._start(entry.call, entry.done)

    def _has_room(self, size: int | None) -> bool:
        return not self._devices or self._devices.has_room(size)

    def _start(self, call: Call, done: Callable[[Ended], None]) -> None:
        device = self._devices.take(call.device_bytes) if self._devices and call.needs_device else None
        is_plain = not call.needs_device and (bool(self._devices) or has_no_driver())
        try:
            running = self._nursery.start(call, done, device=device, is_plain=is_plain)
        except (OSError, EOFError) as error:
            self._put_back(call, device)
            done(unstarted(call, "LOST", f"no process could be started: {error}"))
            return
        self._running.append(running)
        for each in self._running if len(self._running) > 1 else ():
            each.was_shared = True
        beside = [each for each in self._running if each.device == device]
        for each in beside:
            each.side_by_side = max(each.side_by_side, len(beside))
        if self._first_start is None:
            self._first_start = running.started

    def _listen(self) -> None:
        """Wait for news, at most until the next look; take it in, judge, and tell what has ended."""
        connection.wait([source for running in self._running for source in running.sources], timeout=LOOK)
        parent_of, now = None, time.monotonic()
        if now - self._looked_at > FAMILIES:
            parent_of, self._looked_at = family.parents(), now
        for running in list(self._running):
            running.read()
            running.look(now, parent_of)
            if running.has_ended:
                self._finish(running)

    def _finish(self, running: Running) -> None:
        running.done(self._conclude(running))

    def _conclude(self, running: Running) -> Ended:
        """Learn how a call ended, and make its place free."""
        ended = running.finish(time.monotonic(), partial(self._sweep, running))
        self._running.remove(running)
        self._busy_seconds += ended.seconds
        self._alone_seconds += ended.seconds if running.call.is_exclusive else 0.0
        self._put_back(running.call, running.device)
        if running.is_free:
            self._nursery.take_back(running.minder)
        return ended

    def _sweep(self, lost: Running) -> list[str]:
        return self._nursery.sweep(lost, [each for each in self._running if each is not lost])

    def _put_back(self, call: Call, device: str | None) -> None:
        if device is not None:
            self._devices.give_back(device, call.device_bytes)


def _always(size: int | None) -> bool:
    return True


if TYPE_CHECKING:
    _: type[Engine] = LocalEngine

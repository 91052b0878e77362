"""The charged clock: one monotonic reading, synchronised with the device wherever it starts or stops."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Meter:
    """Charge seconds between `start` and `stop`, except while it is paused.

    Args:
        synchronize: waits until the device has done all that it was given.
        clock: monotonic seconds; tests put their own in.
    """

    __slots__ = ("_clock", "_free", "_started", "_stopped", "_synchronize")

    def __init__(self, synchronize: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self._synchronize = synchronize
        self._clock = clock
        self._free = 0.0
        self._started: float | None = None
        self._stopped: float | None = None

    def start(self) -> None:
        """Begin to charge from nothing, once the device is idle."""
        self._synchronize()
        self._started, self._stopped, self._free = self._clock(), None, 0.0

    def stop(self) -> None:
        """End the charge, once the device has done what it was given."""
        self._synchronize()
        self._stopped = self._clock()

    @property
    def seconds(self) -> float:
        """Seconds charged so far, without synchronising."""
        if self._started is None:
            return 0.0
        return (self._clock() if self._stopped is None else self._stopped) - self._started - self._free

    def charge(self, seconds: float) -> None:
        """Charge seconds besides those that the clock shows, or fewer where negative."""
        self._free -= seconds

    @contextmanager
    def paused(self) -> Iterator[float]:
        """Charge nothing inside; synchronise at both edges. Yields the seconds charged until here."""
        self._synchronize()
        left = self._clock()
        yield self.seconds
        self._synchronize()
        self._free += self._clock() - left

    @contextmanager
    def lap(self) -> Iterator[Meter]:
        """Time what is inside on a meter of its own."""
        lap = Meter(self._synchronize, self._clock)
        lap.start()
        yield lap
        lap.stop()

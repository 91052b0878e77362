"""The charged clock: one monotonic reading, synchronised with the device wherever it starts or stops."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from genbench.labour import Labour


class Meter:
    """Charge seconds between `start` and `stop`, except while it is paused.

    Args:
        synchronize: waits until the device has done all that it was given.
        clock: monotonic seconds; tests put their own in.
        labour: tells who works while the meter is paused, which is charged; None does not look.
    """

    __slots__ = ("_clock", "_free", "_labour", "_started", "_stopped", "_synchronize", "off_clock")

    def __init__(
        self,
        synchronize: Callable[[], None],
        clock: Callable[[], float] = time.perf_counter,
        labour: Labour | None = None,
    ) -> None:
        self._synchronize = synchronize
        self._clock = clock
        self._labour = labour
        self._free = 0.0
        self._started: float | None = None
        self._stopped: float | None = None
        self.off_clock = 0.0  # seconds that others worked while they should not have; charged

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
        return self._charged(self._clock() if self._stopped is None else self._stopped)

    def _charged(self, now: float) -> float:
        return 0.0 if self._started is None else now - self._started - self._free

    def charge(self, seconds: float) -> None:
        """Charge seconds besides those that the clock shows, or fewer where negative."""
        self._free -= seconds

    @contextmanager
    def paused(self) -> Iterator[float]:
        """Charge nothing but the work of others inside; synchronise at both edges. Yields the seconds until here."""
        self._synchronize()
        left = self._clock()
        with self.watched():
            yield self._charged(left)
            self._synchronize()  # before the look: a GPU may be busy for others too
        self._free += self._clock() - left

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Charge what other threads and processes work inside, if that is more than tidying up; nothing else."""
        if self._labour is None:
            yield
            return
        before = self._labour.look()
        yield
        worked = self._labour.beside(before)
        self.off_clock += worked
        self._free -= worked

    @contextmanager
    def lap(self) -> Iterator[Meter]:
        """Time what is inside on a meter of its own."""
        lap = Meter(self._synchronize, self._clock)
        lap.start()
        yield lap
        lap.stop()


def worked_off_the_clock(meter: Meter) -> str:
    """Return the remark on work that was done while the meter was paused."""
    return f"worked {meter.off_clock:.2g} s off the clock, while photographs were taken: charged"

"""Windows of a steady speed: how long they are, when a process is warm, what rates they show."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import linear_regression, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Gauge

WINDOW, QUICK_WINDOW = 0.5, 0.1  # seconds of a probe's windows; the quick ones scatter more
UNSEEN_SHARE, UNSEEN_LEAST = 0.05, 0.05  # of the time, and seconds, that may go by outside of what the windows show
TREND = 4  # windows over which a rate is looked at for a rise
RISE = 0.05  # over those windows; less is flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """How long is measured, after how much warm-up."""

    window: float  # seconds of each
    count: int  # windows that are measured
    least: int = TREND  # windows of warm-up
    most: int = 12  # likewise: a rate that never settles is measured all the same
    warm_up: float | None = None  # seconds of each of those; None: as long as those that are measured

    @property
    def seconds(self) -> float:
        """The time that is measured."""
        return self.window * self.count

    @property
    def warming(self) -> float:
        """Seconds of each window of the warm-up."""
        return self.window if self.warm_up is None else self.warm_up

    def is_warm(self, rates: Sequence[float]) -> bool:
        """Tell from the rates of the warm-up, in order, whether it is over."""
        return len(rates) >= self.most or (len(rates) >= self.least and not is_rising(rates[-TREND:]))


def is_rising(rates: Sequence[float]) -> bool:
    """Tell whether the straight line through the logarithms of positive rates rises by more than `RISE`.

    Only a rise is a warm-up. What slows down may do so for ever, and is what is to be measured.
    """
    if len(rates) < TREND:
        return False
    slope = linear_regression(range(len(rates)), [math.log(rate) for rate in rates]).slope
    return slope * (len(rates) - 1) > RISE


@dataclass
class Windows:
    """Notes hand-outs, charged seconds and processor seconds at each window's edge, and when all was done."""

    least: float  # seconds, of a window that counts
    edges: list[tuple[int, float]] = field(default_factory=list)  # the first one once all is warm
    worked: list[float] = field(default_factory=list)
    gauges: list[Gauge] = field(default_factory=list)  # what the machine showed at each edge, where it was asked
    end: tuple[int, float] | None = None  # hand-outs and charged seconds once `train` had returned and all was quiet

    def note(self, handed: int, charged: float) -> None:
        """Take in an edge."""
        self.edges.append((handed, charged))
        self.worked.append(time.process_time())

    def rates(self, batch_size: int) -> tuple[float, ...]:
        """Return the examples per second of each window."""
        return tuple(
            (after[0] - before[0]) * batch_size / (after[1] - before[1])
            for before, after in pairwise(self.edges)
            if after[1] - before[1] >= self.least
        )

    def joules_per_example(self, batch_size: int) -> float | None:
        """Return what the device drew from the first edge to the last, None where it does not count."""
        if len(self.edges) < 2 or len(self.gauges) != len(self.edges):
            return None
        begun, ended = self.gauges[0].joules, self.gauges[-1].joules
        if begun is None or ended is None:
            return None
        return (ended - begun) / ((self.edges[-1][0] - self.edges[0][0]) * batch_size)

    def sustained(self, batch_size: int, *, is_host: bool) -> float | None:
        """Return the examples per second until all was done, where the windows do not show them; None where they do.

        Hand-outs may be taken in at once and worked on later, in a thread or after the stream's end. The windows are
        synchronised at their edges, so that no event on the device could tell more. On the host, time in which the
        machine did not run this process is not time that it worked.
        """
        rates = self.rates(batch_size)
        if not rates or self.end is None:
            return None
        (handed, begun), (_, ended) = self.edges[0], self.edges[-1]
        within = ended - begun
        if is_host:
            within = min(within, self.worked[-1] - self.worked[0])
        examples = (self.end[0] - handed) * batch_size
        seen = examples / median(rates)
        unseen = max(0.0, within - seen) + self.end[1] - ended
        return examples / (seen + unseen) if unseen > max(UNSEEN_LEAST, UNSEEN_SHARE * (seen + unseen)) else None

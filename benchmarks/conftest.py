"""Benchmarks compare within one run: rounds interleaved, CPU seconds, medians, ratios with their range."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Ratio:
    """Seconds of two things, one pair a round."""

    pairs: tuple[tuple[float, float], ...]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(first / second for first, second in self.pairs)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        spread = f"{min(self.values):.3f}-{max(self.values):.3f}"
        return f"{self.median:.3f} [{spread}]"


@pytest.fixture
def interleaved() -> Callable[..., Ratio]:
    """Time two functions in turn, the order changing each round; return first over second."""

    def compare(
        first: Callable[[], object],
        second: Callable[[], object],
        rounds: int = 9,
        clock: Callable[[], float] = time.process_time,
    ) -> Ratio:
        pairs = []
        for number in range(rounds):
            order = (first, second) if number % 2 == 0 else (second, first)
            seconds = {each: _seconds(each, clock) for each in order}
            pairs.append((seconds[first], seconds[second]))
        return Ratio(tuple(pairs))

    return compare


def _seconds(function: Callable[[], object], clock: Callable[[], float]) -> float:
    started = clock()
    function()
    return clock() - started

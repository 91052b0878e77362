"""What pytest limits: how much slower one piece of code is than another, on a machine that others use too."""

from __future__ import annotations

import gc
import random
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.stats.intervals import LEAST, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Seconds of the first to seconds of the second: the median of rounds, with a 95 % interval of it."""

    median: float
    low: float
    high: float
    best: float  # of the shortest times: what is left when nobody else disturbs
    rounds: int

    def __str__(self) -> str:
        return f"{self.median:.3g} [{self.low:.3g}, {self.high:.3g}] over {self.rounds} rounds, at best {self.best:.3g}"


def ratio(
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    rounds: int = ROUNDS,
    warm_up: int = 1,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Ratio:
    """Time two callables in turns, which of them begins a round being a coin flip.

    Both sides of a round meet the same load, and drift favours neither; CUDA is waited for where it is in use.

    Args:
        first: the numerator.
        second: the denominator.
        rounds: of one call of each; an interval needs 6.
        warm_up: rounds before, that are not timed.
        seed: of the coin flips.
        clock: monotonic seconds; tests put their own in.

    Raises:
        ValueError: fewer rounds than an interval needs.
    """
    if rounds < LEAST:
        raise ValueError(f"rounds: got {rounds}, expected {LEAST} or more, which a 95 % interval needs")
    for _ in range(warm_up):
        first()
        second()
    coin = random.Random(seed)
    with _uncollected():
        taken = [_round(first, second, is_swapped=coin.random() < 0.5, clock=clock) for _ in range(rounds)]
    found = summary(one / other for one, other in taken)
    best = min(one for one, _ in taken) / min(other for _, other in taken)
    return Ratio(median=found.median, low=found.low, high=found.high, best=best, rounds=rounds)


def _round(
    first: Callable[[], object], second: Callable[[], object], *, is_swapped: bool, clock: Callable[[], float]
) -> tuple[float, float]:
    """Return the seconds of the first and of the second."""
    if is_swapped:
        other = _seconds(second, clock)
        return _seconds(first, clock), other
    return _seconds(first, clock), _seconds(second, clock)


def _seconds(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Time one call."""
    _wait()
    begun = clock()
    call()
    _wait()
    return clock() - begun


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no garbage be collected on the account of whoever happens to run; of a process with torch it takes 0.1 s."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _wait() -> None:
    """Wait for the GPU, where somebody has begun to use one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()

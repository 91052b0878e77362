"""Ranks, and in how many ways some of them add up to a sum: what every exact rank test counts.

References:
    F. Wilcoxon, Individual Comparisons by Ranking Methods, Biometrics Bulletin 1, 1945; H. B. Mann, D. R. Whitney, On a
    Test of Whether one of Two Random Variables is Stochastically Larger than the Other, Annals of Mathematical
    Statistics 18, 1947: both distributions by adding one rank after another.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 256  # distributions; studies without ties share theirs


def doubled_ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the mid-rank of each value, which ties leave whole; infinities rank like any other value."""
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1)


@lru_cache(maxsize=KEPT)
def ways_to_choose(ranks: tuple[int, ...], chosen: int) -> NDArray[np.float64]:
    """Return in how many ways `chosen` of `ranks` give each sum from 0 to that of all; read-only."""
    ways = np.zeros((chosen + 1, sum(ranks) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        for count in range(chosen, 0, -1):
            ways[count, rank:] += ways[count - 1, : ways.shape[1] - rank]
    return _frozen(ways[chosen].copy())


@lru_cache(maxsize=KEPT)
def ways_to_sum(ranks: tuple[int, ...]) -> NDArray[np.float64]:
    """Return in how many ways any number of `ranks` give each sum from 0 to that of all; read-only."""
    ways = np.zeros(sum(ranks) + 1)
    ways[0] = 1
    for rank in ranks:
        ways[rank:] += ways[: len(ways) - rank].copy()
    return _frozen(ways)


def _frozen(ways: NDArray[np.float64]) -> NDArray[np.float64]:
    ways.setflags(write=False)
    return ways

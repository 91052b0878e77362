"""A shift estimated by what an exact rank test cannot reject.

References:
    J. L. Hodges, E. L. Lehmann, Estimates of Location Based on Rank Tests, Annals of Mathematical Statistics 34, 1963.
    M. Hollander, D. A. Wolfe, E. Chicken, Nonparametric Statistical Methods, 3rd edition, 2014, sections 3.3 and 4.3:
    the intervals, whose ends are order statistics counted off by the null distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Shift:
    """A Hodges-Lehmann estimate and its interval of at least 95 %."""

    estimate: float
    low: float  # -inf where there are too few values for any interval
    high: float


def shift_of(candidates: NDArray[np.float64], ways: NDArray[np.float64]) -> Shift:
    """Return the median of the candidate shifts, and those that the two-sided test of 5 % would keep.

    Args:
        candidates: every shift at which the statistic changes, [M]; NaN, one infinity less another, counts as none.
        ways: in how many ways the statistic takes each value from 0 to M where there is no shift, [M + 1].
    """
    ordered = np.sort(np.where(np.isnan(candidates), 0.0, candidates))
    last = len(ordered) - 1
    if last < 0:
        return Shift(math.nan, -math.inf, math.inf)
    tails = np.cumsum(ways) / ways.sum()
    cut = int(np.searchsorted(tails, (1 - CONFIDENCE) / 2, "right"))
    low, high = (ordered[cut - 1], ordered[last + 1 - cut]) if cut else (-math.inf, math.inf)
    return Shift(_middle(float(ordered[last // 2]), float(ordered[(last + 1) // 2])), float(low), float(high))


def _middle(lower: float, upper: float) -> float:
    if lower == upper:
        return lower
    return 0.0 if math.isinf(lower) and math.isinf(upper) else (lower + upper) / 2

"""What a few seeds allow to say about the median.

References:
    G. J. Hahn, W. Q. Meeker, Statistical Intervals, 1991, section 5.2: distribution-free intervals for a quantile.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np

from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A median and what surrounds it; infinite where failed trials reach that far."""

    median: float
    low: float
    high: float
    kind: Literal["range", "interval95"]
    n: int  # values, failed ones included


def summary(values: Iterable[float], *, lower_is_better: bool = True) -> Summary:
    """Return the median with its exact 95 % order-statistic interval from 6 values, and with the range below that.

    The interval assumes nothing about the distribution; at 6 values it is the range, and covers with probability 0.969.

    Args:
        values: one per planned seed; NaN means failed and ranks worst.
        lower_is_better: which end is worst.

    Raises:
        ValueError: no values.
    """
    ordered = np.sort(ranked(values, lower_is_better=lower_is_better))
    trimmed = trim(len(ordered))
    cut = 0 if trimmed is None else trimmed
    return Summary(
        median=_median(ordered),
        low=float(ordered[cut]),
        high=float(ordered[-1 - cut]),
        kind="range" if trimmed is None else "interval95",
        n=len(ordered),
    )


def trim(n: int) -> int | None:
    """Return how many values may be cut off each end with 95 % still covering the median; None where none suffices.

    Cutting `k` off each end misses the true median with probability 2 P(Binomial(n, 1/2) <= k).
    """
    missed, best = 0, None
    for cut in range((n + 1) // 2):
        missed += 2 * comb(n, cut)
        if missed > (1 - CONFIDENCE) * 2**n:
            break
        best = cut
    return best


def _median(ordered: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    middle = [float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])]
    return middle[0] if middle[0] == middle[1] else sum(middle) / 2

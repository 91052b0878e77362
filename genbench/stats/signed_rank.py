"""Paired differences: is their centre above zero, and where is it?

References:
    F. Wilcoxon, Individual Comparisons by Ranking Methods, Biometrics Bulletin 1, 1945.
    J. W. Pratt, Remarks on Zeros and Ties in the Wilcoxon Signed Rank Procedures, Journal of the American Statistical
    Association 54, 1959.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.counting import doubled_ranks, ways_to_sum
from genbench.stats.shifts import Shift, shift_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def p_greater(differences: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the exact one-sided p of "symmetric about zero" against "greater", by the signed-rank statistic.

    The share of all ways to sign the differences seen, each as likely as any other where the two of a pair were
    exchanged at random, that give as large a sum of positive ranks. Ties get mid-ranks. Zeros are ranked and then left
    out (Pratt 1959): they have no sign that chance could have turned, so that the test stays exact given the sizes.
    Of K differences, none zero, the smallest p is 2^-K.

    Args:
        differences: one per pair; infinite where one of the two is worse than any number. None: p is 1.

    Raises:
        ValueError: a difference that is not a number.
    """
    seen = _numbers(differences)
    ranks = doubled_ranks(np.abs(seen))
    signed = ranks[seen != 0]
    ways = ways_to_sum(tuple(np.sort(signed).tolist()))
    observed = int(ranks[seen > 0].sum())
    return min(1.0, float(ways[observed:].sum() / 2.0 ** len(signed)))


def smallest_p(pairs: int) -> float:
    """Return the smallest one-sided p that so many pairs can reach: all differ in one direction."""
    return 0.5**pairs


def shift(differences: Sequence[float] | NDArray[np.float64]) -> Shift:
    """Return the Hodges-Lehmann centre: the median of all averages of two differences, each with itself included.

    The interval assumes that they are symmetric about the centre and no two are equal (ties make it wider than it need
    be); below 6 differences it is the whole line. An average of both infinities counts as zero.

    Raises:
        ValueError: a difference that is not a number.
    """
    seen = _numbers(differences)
    first, second = np.triu_indices(len(seen))
    with np.errstate(invalid="ignore"):
        averages = seen[first] / 2 + seen[second] / 2
    return shift_of(averages, ways_to_sum(tuple(range(1, len(seen) + 1))))


def _numbers(differences: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    seen = np.asarray(differences, dtype=np.float64)
    if np.isnan(seen).any():
        raise ValueError(f"got {int(np.isnan(seen).sum())} differences that are not numbers, expected none")
    return seen

"""What a search would have come to with fewer trials: the expected best of k configurations of the K that were tried.

The first configuration is always tried, as it is what a model is tuned from; of the others every choice of k - 1 is
equally likely. It is computed exactly over those choices, drawn without replacement. Dodge et al. draw with
replacement, from the empirical distribution of all K, which is known to be too pessimistic at large k (Tang et al.).

References:
    J. Dodge, S. Gururangan, D. Card, R. Schwartz, N. A. Smith, Show Your Work: Improved Reporting of Experimental
    Results, EMNLP 2019, arXiv 1909.03004: the expected maximum by order statistics.
    R. Tang, J. Lee, J. Xin, X. Liu, Y. Yu, J. Lin, Showing Your Work Doesn't Always Work, ACL 2020, arXiv 2004.13705.
"""

from __future__ import annotations

from math import comb, inf, isfinite
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Expected(NamedTuple):
    """The expected value of the best, of the choices in which it did not fail; and how likely it failed."""

    value: float  # NaN where every choice failed
    failed: float


def chances(others: int, drawn: int, better: int) -> list[float]:
    """Return how likely the best of `drawn` of `others` is the first, the second, ... of the `better` best ones.

    The i-th (from 0) is the best where it is drawn and none of the i before it.
    """
    if not drawn:
        return [0.0] * better
    total = comb(others, drawn)
    return [comb(others - 1 - place, drawn - 1) / total for place in range(better)]


def expected_best(best_first: Sequence[float], first: int, trials: int) -> Expected:
    """Return what the best of so many trials is expected to be.

    Args:
        best_first: values of all that were tried, the best first; infinite for those that failed, which come last.
        first: place of the configuration that is always tried.
        trials: at least 1; more than there are values come to the same as all of them.

    Raises:
        ValueError: no trial, or no such place.
    """
    if trials < 1 or not 0 <= first < len(best_first):
        raise ValueError(f"got {trials} trials, the first at {first} of {len(best_first)}, expected one and its place")
    others = len(best_first) - 1
    weights = chances(others, min(trials - 1, others), first)
    weighted = [*zip(weights, best_first, strict=False), (max(0.0, 1 - sum(weights)), best_first[first])]
    failed = sum(weight for weight, value in weighted if not isfinite(value))
    if failed >= 1:
        return Expected(float("nan"), 1.0)
    total = sum(weight * value for weight, value in weighted if value not in (inf, -inf))
    return Expected(total / (1 - failed), failed)


def places(trials: int) -> tuple[int, ...]:
    """Return at which numbers of trials to look: 1, 2, 4, ... and the last."""
    found = [1]
    while 2 * found[-1] < trials:
        found.append(2 * found[-1])
    return tuple(dict.fromkeys([*found, trials]))

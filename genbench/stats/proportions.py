"""Two proportions: is the first greater, is it less than a margin above the second, and by how much?

References:
    R. A. Fisher, Statistical Methods for Research Workers, 5th edition, 1934, section 21.02: the exact test.
    I. S. F. Chan, Exact Tests of Equivalence and Efficacy with a Non-zero Lower Bound for Comparative Studies,
    Statistics in Medicine 17, 1998: the exact unconditional test, worst over the rate that nobody knows.
    T. J. Santner, M. K. Snell, Small-Sample Confidence Intervals for p1 - p2 and p1/p2 in 2 x 2 Contingency Tables,
    Journal of the American Statistical Association 75, 1980: tables ordered by the difference of the rates seen.
    R. G. Newcombe, Interval Estimation for the Difference Between Independent Proportions: Comparison of Eleven
    Methods, Statistics in Medicine 17, 1998, method 10.
"""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
POINTS, ROUNDS = 401, 4  # of the search for the worst rate; each round looks closer at the last one's worst

Count = tuple[int, int]  # how many of how many


def fisher_p_greater(first: Count, second: Count) -> float:
    """Return the exact one-sided p of "the same rate" against "the first is greater", both margins held.

    Raises:
        ValueError: a count that is no "how many of how many".
    """
    (a, n), (b, m) = _checked(first), _checked(second)
    total = a + b
    ways = sum(comb(n, x) * comb(m, total - x) for x in range(a, min(n, total) + 1))
    return ways / comb(n + m, total)


def non_inferiority_p(first: Count, second: Count, *, margin: float) -> float:
    """Return the exact unconditional p of "the first is greater by the margin or more" against "by less".

    The probability of a difference of rates as small as seen or smaller, where the first's rate is the second's plus
    the margin; the greatest over all rates of the second, which a search finds to about 1e-9. A rise beyond the margin
    makes it less probable still, so that it bounds the error over the whole hypothesis.

    Args:
        first: how many of how many.
        second: likewise.
        margin: a difference of rates, above 0 and below 1.

    Raises:
        ValueError: a count that is no "how many of how many".
    """
    (a, n), (b, m) = _checked(first), _checked(second)
    differences = np.subtract.outer(np.arange(n + 1) * m, np.arange(m + 1) * n)  # times n * m, hence whole
    is_as_small = (differences <= a * m - b * n).astype(np.float64)
    low, high, greatest = 0.0, 1.0 - margin, 0.0
    for _ in range(ROUNDS):
        rates = np.linspace(low, high, POINTS)
        chances = ((_binomial(n, rates + margin) @ is_as_small) * _binomial(m, rates)).sum(axis=1)
        worst = int(chances.argmax())
        greatest = max(greatest, float(chances[worst]))
        low, high = rates[max(worst - 1, 0)], rates[min(worst + 1, POINTS - 1)]
    return min(1.0, greatest)


def difference_interval(first: Count, second: Count) -> tuple[float, float]:
    """Return a 95 % interval for the first rate minus the second, from the Wilson intervals of both (Newcombe's 10th).

    Raises:
        ValueError: a count that is no "how many of how many".
    """
    (a, n), (b, m) = _checked(first), _checked(second)
    (low_a, high_a), (low_b, high_b) = _wilson(a, n), _wilson(b, m)
    rate_a, rate_b = a / n, b / m
    difference = rate_a - rate_b
    down = sqrt((rate_a - low_a) ** 2 + (high_b - rate_b) ** 2)
    up = sqrt((high_a - rate_a) ** 2 + (rate_b - low_b) ** 2)
    return max(difference - down, -1.0), min(difference + up, 1.0)


def _wilson(count: int, of: int) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    centre = (count + z * z / 2) / (of + z * z)
    half = z * sqrt(count * (of - count) / of + z * z / 4) / (of + z * z)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _binomial(of: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each count from 0 to `of` at each rate, [rates, of + 1]."""
    counts = np.arange(of + 1)
    ways = np.array([float(comb(of, count)) for count in range(of + 1)])
    inside = np.clip(rates, 0.0, 1.0)[:, None]
    return np.asarray(ways * inside**counts * (1 - inside) ** (of - counts))


def _checked(count: Count) -> Count:
    some, of = count
    if not 0 <= some <= of or of < 1:
        raise ValueError(f"got {some} of {of}, expected a count from 0 to all of at least one")
    return count

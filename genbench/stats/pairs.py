"""Two models compared over all pairs of their seeds.

References:
    H. B. Mann, D. R. Whitney, On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other,
    Annals of Mathematical Statistics 18, 1947.
    G. E. Noether, Sample Size Determination for Some Common Nonparametric Tests, Journal of the American Statistical
    Association 82, 1987, section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

LEVEL = 0.05  # of the two-sided test
POWER = 0.8  # with which the advised number of seeds would tell
MOST_SEEDS = 1000  # beyond it no number is advised


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the first model did against the second."""

    better: int  # pairs in which the first is better
    ties: int
    pairs: int
    seeds: tuple[int, int]
    p: float  # exact, two-sided, over all ways to deal the values to the two models
    distinguishable: bool  # p <= 0.05
    seeds_needed: int | None  # seeds of each, where not distinguishable and some difference was seen

    def sentence(self, first: str, second: str, metric: str) -> str:
        """Return the verdict in words, as `a against b, FD: better in 23 of 25 pairs, p 0.03`."""
        start = f"{first} against {second}, {metric}"
        if self.distinguishable:
            tied = f", {self.ties} equal" if self.ties else ""
            return f"{start}: better in {self.better} of {self.pairs} pairs{tied}, p {self.p:.2g}"
        seeds = f"{self.seeds[0]} against {self.seeds[1]}" if self.seeds[0] != self.seeds[1] else f"{self.seeds[0]}"
        plural = "" if seeds == "1" else "s"
        advice = "no difference seen" if self.seeds_needed is None else f"about {self.seeds_needed} seeds would tell"
        return f"{start}: not distinguishable at {seeds} seed{plural}; {advice}"


def compare(first: Iterable[float], second: Iterable[float], *, lower_is_better: bool = True) -> Comparison:
    """Compare every seed of `first` with every seed of `second`.

    Args:
        first: one value per planned seed; NaN means failed and ranks worst; two failed seeds are equal.
        second: likewise; as many or not.
        lower_is_better: which way the metric goes.

    Raises:
        ValueError: no values on one side.
    """
    ours, theirs = (ranked(values, lower_is_better=lower_is_better) for values in (first, second))
    lower, higher = (int(relation(ours[:, None], theirs).sum()) for relation in (np.less, np.greater))
    better, worse = (lower, higher) if lower_is_better else (higher, lower)
    pairs, n, m = ours.size * theirs.size, len(ours), len(theirs)
    p = mann_whitney_p(ours, theirs)
    return Comparison(
        better=better,
        ties=pairs - better - worse,
        pairs=pairs,
        seeds=(n, m),
        p=p,
        distinguishable=p <= LEVEL,
        seeds_needed=None if p <= LEVEL else seeds_needed(0.5 + (better - worse) / (2 * pairs), more_than=min(n, m)),
    )


def mann_whitney_p(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the exact two-sided p: the share of ways to deal the pooled values whose rank sum is as far from its mean.

    Ties get mid-ranks: with ties it is the permutation test, without it is the tabulated Mann-Whitney p.
    """
    pooled = np.sort(np.concatenate([first, second]))
    doubled = (
        np.searchsorted(pooled, pooled, "left") + np.searchsorted(pooled, pooled, "right") + 1
    )  # twice the mid-rank
    sum_of_first = int(doubled[np.searchsorted(pooled, first)].sum())
    ways = _ways_to_sum(doubled.tolist(), len(first))
    mean = len(first) * (len(pooled) + 1)
    is_as_far = np.abs(np.arange(len(ways)) - mean) >= abs(sum_of_first - mean)
    return float(ways[is_as_far].sum() / ways.sum())


def _ways_to_sum(ranks: list[int], chosen: int) -> NDArray[np.float64]:
    """Return in how many ways `chosen` of `ranks` give each sum, by adding one rank after another."""
    ways = np.zeros((chosen + 1, sum(ranks) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        for count in range(chosen, 0, -1):
            ways[count, rank:] += ways[count - 1, : ways.shape[1] - rank]
    return np.asarray(ways[chosen])


def smallest_p(n: int, m: int) -> float:
    """Return the smallest two-sided p that `n` against `m` seeds can reach."""
    return min(1.0, 2 / comb(n + m, n))


def seeds_needed(probability: float, *, more_than: int) -> int | None:
    """Estimate how many seeds of each model would tell them apart, from the probability that one beats the other.

    Noether's normal approximation for a two-sided test at 5 % with 80 % power: 2 n = (z_a + z_b)^2 / (3 (P - 1/2)^2);
    never fewer than can reach p <= 5 % at all (4), nor than one more than there are. The probability is itself an
    estimate from few seeds: read it as an order of magnitude. None where no difference was seen, or above 1,000.
    """
    if probability == 0.5:
        return None
    quantile = NormalDist().inv_cdf
    total = (quantile(1 - LEVEL / 2) + quantile(POWER)) ** 2 / (3 * (probability - 0.5) ** 2)
    reachable = next(n for n in range(1, MOST_SEEDS) if smallest_p(n, n) <= LEVEL)
    # Where one model won every pair the next seed would too, as far as is known; the approximation asks for too many.
    needed = reachable if probability in (0.0, 1.0) else max(ceil(total / 2), reachable)
    advised = max(needed, more_than + 1)
    return advised if advised <= MOST_SEEDS else None

"""Two models compared over all pairs of their seeds.

References:
    H. B. Mann, D. R. Whitney, On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other,
    Annals of Mathematical Statistics 18, 1947.
    G. E. Noether, Sample Size Determination for Some Common Nonparametric Tests, Journal of the American Statistical
    Association 82, 1987, section 3.2.
    R. G. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2,
    Statistics in Medicine 25, 2006, method 5: an interval for the probability of improvement.
    S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.counting import doubled_ranks, ways_to_choose
from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

LEVEL = 0.05  # of the two-sided test
POWER = 0.8  # with which the advised number of seeds would tell
EXACT_UP_TO = 120  # values of both sides; the work grows with their number to the fourth
MOST_SEEDS = 1000  # beyond it no number is advised


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the first model did against the second."""

    better: int  # pairs in which the first is better
    ties: int
    pairs: int
    seeds: tuple[int, int]
    probability: float  # of improvement: that a seed of the first beats one of the second, ties by half
    probability_interval: tuple[float, float]  # 95 %
    p: float  # two-sided; exact up to `EXACT_UP_TO` values, over all ways to deal the values to the two models
    level: float  # of the test
    distinguishable: bool  # p <= level
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


def compare(
    first: Iterable[float], second: Iterable[float], *, lower_is_better: bool = True, level: float = LEVEL
) -> Comparison:
    """Compare every seed of `first` with every seed of `second`.

    Args:
        first: one value per planned seed; NaN means failed and ranks worst; two failed seeds are equal.
        second: likewise; as many or not.
        lower_is_better: which way the metric goes.
        level: p up to which they are told apart.

    Raises:
        ValueError: no values on one side.
    """
    ours, theirs = (ranked(values, lower_is_better=lower_is_better) for values in (first, second))
    lower, higher = (int(relation(ours[:, None], theirs).sum()) for relation in (np.less, np.greater))
    better, worse = (lower, higher) if lower_is_better else (higher, lower)
    pairs, n, m = ours.size * theirs.size, len(ours), len(theirs)
    p = mann_whitney_p(ours, theirs)
    probability = 0.5 + (better - worse) / (2 * pairs)
    needed = None if p <= level else seeds_needed(probability, more_than=min(n, m), level=level)
    return Comparison(
        better=better,
        ties=pairs - better - worse,
        pairs=pairs,
        seeds=(n, m),
        probability=probability,
        probability_interval=probability_interval(probability, n, m),
        p=p,
        level=level,
        distinguishable=p <= level,
        seeds_needed=needed,
    )


def mann_whitney_p(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the exact two-sided p: the share of ways to deal the pooled values whose rank sum is as far from its mean.

    Ties get mid-ranks: with ties it is the permutation test, without it is the tabulated Mann-Whitney p. From more than
    `EXACT_UP_TO` values it is the normal approximation, corrected for ties and continuity.
    """
    if len(first) + len(second) > EXACT_UP_TO:
        from scipy.stats import mannwhitneyu  # a second of imports that few tables need

        return float(mannwhitneyu(first, second, method="asymptotic").pvalue)
    ranks = doubled_ranks(np.concatenate([first, second]))
    sum_of_first = int(ranks[: len(first)].sum())
    ways = ways_to_choose(tuple(np.sort(ranks).tolist()), len(first))
    mean = len(first) * (len(ranks) + 1)
    is_as_far = np.abs(np.arange(len(ways)) - mean) >= abs(sum_of_first - mean)
    return float(ways[is_as_far].sum() / ways.sum())


def smallest_p(n: int, m: int) -> float:
    """Return the smallest two-sided p that `n` against `m` seeds can reach."""
    return min(1.0, 2 / comb(n + m, n))


def seeds_needed(probability: float, *, more_than: int, level: float = LEVEL) -> int | None:
    """Estimate how many seeds of each model would tell them apart, from the probability that one beats the other.

    Noether's normal approximation for a two-sided test with 80 % power: 2 n = (z_a + z_b)^2 / (3 (P - 1/2)^2);
    never fewer than can reach the level at all (4 for 5 %), nor than one more than there are. The probability is itself
    an estimate from few seeds: read it as an order of magnitude. None where no difference was seen, or above 1,000.
    """
    if probability == 0.5:
        return None
    quantile = NormalDist().inv_cdf
    total = (quantile(1 - level / 2) + quantile(POWER)) ** 2 / (3 * (probability - 0.5) ** 2)
    reachable = next(n for n in range(1, MOST_SEEDS) if smallest_p(n, n) <= level)
    # Where one model won every pair the next seed would too, as far as is known; the approximation asks for too many.
    needed = reachable if probability in (0.0, 1.0) else max(ceil(total / 2), reachable)
    advised = max(needed, more_than + 1)
    return advised if advised <= MOST_SEEDS else None


def probability_interval(probability: float, n: int, m: int) -> tuple[float, float]:
    """Return a 95 % interval for the probability of improvement seen in `n` against `m` seeds.

    Newcombe's method 5: every P with |seen - P| <= t * sqrt(V(P)), V the variance of the Mann-Whitney statistic of two
    exponentials of that P; of the variance at P, not at what was seen, so that it is no point where one model won every
    pair. With t of n + m - 2 degrees of freedom for the normal quantile, since there are few. It covers 0.93 and more,
    where bootstrap and Brunner-Munzel intervals cover 0.4 to 0.9 of well separated models. It is a little wider than
    the test: where p is just below 5 % it may reach across 1/2.
    """
    if n + m < 3:
        return 0.0, 1.0
    from scipy.special import stdtrit

    t = float(stdtrit(n + m - 2, 1 - LEVEL / 2))
    return _edge(probability, 0.0, n, m, t), _edge(probability, 1.0, n, m, t)


def _edge(seen: float, outside: float, n: int, m: int, t: float) -> float:
    """Return the last P from `seen` towards `outside` that `seen` is compatible with, by bisection."""
    inside = seen
    for _ in range(60):
        middle = (inside + outside) / 2
        if abs(seen - middle) <= t * _variance(middle, n, m) ** 0.5:
            inside = middle
        else:
            outside = middle
    return inside


def _variance(p: float, n: int, m: int) -> float:
    """Return the variance of the share of pairs won (Newcombe 2006, equation of method 5: both numbers averaged)."""
    return p * (1 - p) * (1 + ((n + m) / 2 - 1) * ((1 - p) / (2 - p) + p / (1 + p))) / (n * m)


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """Return each p corrected for all comparisons made, so that those up to 5 % hold at once in 95 of 100 studies.

    The k-th smallest of m counts m - k + 1 times, and never less than a smaller one.
    """
    adjusted = [0.0] * len(ps)
    least = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = least
    return tuple(adjusted)

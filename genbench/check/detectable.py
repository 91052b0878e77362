"""How small an effect a comparison finds in 80 of 100 checks, at its last look.

A FAIL needs two things, the test's and the estimate's: with a standard error e of the Hodges-Lehmann estimate, taken as
normal, a shift is found with 80 % power where it is t(1 - level) e + z(0.8) e and also the threshold + z(0.8) e. The
quantile of Student's t, in place of the normal one, stands for what few values cost a rank test at small levels: for
normal noise the sum is within 3 % of the truth at 48 pairs and 20 against 20 seeds. Earlier looks are left out. Against
simulation: `tests/check/test_detectable.py`.

References:
    E. L. Lehmann, Nonparametric Confidence Intervals for a Shift Parameter, Annals of Mathematical Statistics 34, 1963:
    the standard error from the length of the rank test's interval.
    M. I. Shamos, Geometry and Statistics: Problems at the Interface, 1976: the median of all distances as a spread.
"""

from __future__ import annotations

import math
from statistics import NormalDist, stdev
from typing import TYPE_CHECKING

import numpy as np

from genbench.check.badness import as_badness, as_share, in_unit, thresholds
from genbench.check.findings import COLLAPSE, SPEEDS
from genbench.check.levels import worse_level
from genbench.check.reachability import pair_looks
from genbench.stats.proportions import fisher_p_greater
from genbench.stats.shifts import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.baseline import Cell
    from genbench.check.findings import Gate
    from genbench.check.rules import Rules
    from genbench.stats.shifts import Shift

POWER = 0.8
RANKS_LOSS = math.pi / 3  # the variance of the Hodges-Lehmann estimate over that of the mean, for normal values
FEWEST = 3  # sessions that give a spread
TO_DEVIATION = 1.0483  # Shamos's spread to the deviation of normal values: 1 / (sqrt(2) times their third quartile)


def detectable_effect(gate: Gate, cell: Cell, *, comparisons: int, rules: Rules) -> float | None:
    """Return the effect that a gate finds in 80 of 100 checks, going by its baseline; None where nothing tells.

    Args:
        gate: any, of quality or of throughput.
        cell: its seeds, its sessions.
        comparisons: that are gated, of the gate's half.
        rules: of the check.
    """
    if gate.measure == COLLAPSE:
        collapsed = [row.counts_as_collapsed for row in cell.seeds]
        return detectable_collapse(collapsed, comparisons=comparisons, rules=rules)
    if gate.measure not in SPEEDS:
        values = [row.values[gate.measure] for row in cell.seeds]
        return detectable_seeds(values, gate=gate, comparisons=comparisons, rules=rules)
    spread = _spread_of_pairs(gate, cell)
    return None if spread is None else detectable_pairs(spread, comparisons=comparisons, rules=rules)


def detectable_pairs(spread: float, *, comparisons: int, rules: Rules) -> float:
    """Return the slowdown that is found in 80 of 100 checks, as 0.1 for 10 %.

    Args:
        spread: standard deviation of the log ratios of pairs; taken as normal.
        comparisons: of throughput that are gated.
        rules: of the check.
    """
    pairs = pair_looks(comparisons, rules)[-1]
    level = worse_level(len(rules.pairs) - 1, comparisons, rules)
    error = spread * math.sqrt(RANKS_LOSS / pairs)
    return as_share(_found(error, math.log1p(rules.slower), level=level, freedom=pairs - 1))


def pairs_after(seen: Shift, pairs: int, *, comparisons: int, rules: Rules) -> float | None:
    """Return the slowdown to be found, going by the interval that so many pairs gave; None where it has no end."""
    spread = _error(seen) * math.sqrt(pairs / RANKS_LOSS)
    return detectable_pairs(spread, comparisons=comparisons, rules=rules) if math.isfinite(spread) else None


def detectable_seeds(baseline: Sequence[float | None], *, gate: Gate, comparisons: int, rules: Rules) -> float | None:
    """Return the effect that is found in 80 of 100 checks, in the scale of the gate.

    The spread of the baseline is the median distance between its seeds, which up to 29 % of failed ones do not move.

    Args:
        baseline: one value per seed, as of `judge_seeds`.
        gate: its scale and direction.
        comparisons: of quality that are gated.
        rules: of the check.

    Returns:
        None where too many seeds failed, or fewer than two were planned.
    """
    bad = as_badness(baseline, gate)
    first, second = np.triu_indices(len(bad), 1)
    if not len(first):
        return None
    with np.errstate(invalid="ignore"):
        distances = np.abs(bad[first] - bad[second])
    spread = TO_DEVIATION * float(np.median(np.where(np.isnan(distances), 0.0, distances)))  # two failures are alike
    return _found_in_seeds(spread, len(bad), gate, comparisons, rules)


def seeds_after(seen: Shift, n: tuple[int, int], *, gate: Gate, comparisons: int, rules: Rules) -> float | None:
    """Return the effect to be found, going by the interval that `n` baseline and candidate seeds gave."""
    baseline, candidate = n
    spread = _error(seen) / math.sqrt(RANKS_LOSS * (1 / candidate + 1 / baseline))
    return _found_in_seeds(spread, baseline, gate, comparisons, rules)


def detectable_collapse(baseline: Sequence[bool], *, comparisons: int, rules: Rules) -> float | None:
    """Return the rise of the rate of collapse that is found in 80 of 100 checks; None where none is.

    Exact, given the baseline: the candidate's rate at which the last look has as many collapsed seeds as Fisher's test
    asks for with 80 % probability, less the rate seen in the baseline.
    """
    from scipy.special import betaincinv

    seeds, level = rules.seeds[-1], worse_level(len(rules.seeds) - 1, comparisons, rules)
    before = (sum(baseline), len(baseline))
    enough = next((x for x in range(seeds + 1) if fisher_p_greater((x, seeds), before) <= level), None)
    if enough is None:
        return None
    return float(betaincinv(enough, seeds - enough + 1, POWER)) - before[0] / before[1]


def _spread_of_pairs(gate: Gate, cell: Cell) -> float | None:
    """Return the deviation to expect of a pair's log ratio, from sessions; too large where the machine drifts."""
    logs = [math.log(getattr(each, gate.measure)) for each in cell.sessions]
    return math.sqrt(2) * stdev(logs) if len(logs) >= FEWEST else None


def _found_in_seeds(spread: float, baseline: int, gate: Gate, comparisons: int, rules: Rules) -> float | None:
    if not math.isfinite(spread):
        return None
    seeds, level = rules.seeds[-1], worse_level(len(rules.seeds) - 1, comparisons, rules)
    error = spread * math.sqrt(RANKS_LOSS * (1 / seeds + 1 / baseline))
    return in_unit(_found(error, thresholds(gate, rules)[0], level=level, freedom=seeds + baseline - 2), gate)


def _found(error: float, threshold: float, *, level: float, freedom: int) -> float:
    from scipy.special import stdtrit

    return max(float(stdtrit(max(freedom, 1), 1 - level)) * error, threshold) + NormalDist().inv_cdf(POWER) * error


def _error(seen: Shift) -> float:
    return (seen.high - seen.low) / (2 * NormalDist().inv_cdf((1 + CONFIDENCE) / 2))

"""A measure's values as numbers of which more is worse, and how much more is too much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from genbench.check.findings import Gate
    from genbench.check.rules import Rules


def as_badness(values: Sequence[float | None], gate: Gate) -> NDArray[np.float64]:
    """Return values as what adds up: logarithms for ratios, deviations of the baseline; more is worse.

    What is missing or not finite failed, and is infinitely bad, whichever way the measure goes. Ratios know no values
    below zero, and count them as zero: the best there is where lower is better, as bad as a failure where higher is.

    Raises:
        ValueError: a scale that is not of values, or a deviation that is not positive.
    """
    seen = np.array([math.nan if value is None else float(value) for value in values])
    seen = np.where(np.isfinite(seen), seen, np.nan)
    sign = 1.0 if gate.better == "lower" else -1.0
    if gate.scale == "ratio":
        with np.errstate(divide="ignore"):
            bad = sign * np.log(np.maximum(seen, 0.0))
    else:
        bad = sign * seen / _deviation(gate)
    return np.where(np.isnan(bad), np.inf, bad)


def thresholds(gate: Gate, rules: Rules) -> tuple[float, float]:
    """Return what never fails up to, and what must not pass from, as differences of badness."""
    if gate.scale == "ratio":
        return math.log1p(rules.worse), math.log1p(rules.much_worse)
    return rules.worse_deviations, rules.much_worse_deviations


def in_unit(difference: float, gate: Gate) -> float:
    """Return a difference of badness as an effect: 0.1 is 10 % worse, or that many deviations."""
    return as_share(difference) if gate.scale == "ratio" else difference


def as_share(difference: float) -> float:
    """Return a difference of logarithms as a share, 0.1 for 10 % more; infinite beyond what a float holds."""
    try:
        return math.expm1(difference)
    except OverflowError:
        return math.inf


def _deviation(gate: Gate) -> float:
    if gate.scale != "deviations" or gate.deviation is None or not 0 < gate.deviation < math.inf:
        raise ValueError(
            f"{gate}: got scale {gate.scale} and a deviation of {gate.deviation}, expected a ratio, or a positive "
            "deviation of the baseline's seeds"
        )
    return gate.deviation

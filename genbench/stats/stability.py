"""Rules for how steady a model is; every threshold is a named constant, taken on the validation split.

References:
    D. Friedman, A. B. Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning, 2023,
    arXiv 2210.02410: the effective number of different rows, which the rule for collapse compares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLLAPSED_RECALL = 0.1  # of what real rows reach against real rows
COLLAPSED_DIVERSITY = 0.25  # of the effective number of different real rows, beyond the one that any rows have
COLLAPSED_DUPLICATES = 0.05  # share of samples equal to another sample
DETERIORATED = 1.5  # last to best
NOISE_DEVIATIONS = 3.0  # of metric sampling that a rise must exceed


@dataclass(frozen=True, slots=True, kw_only=True)
class BestToLast:
    """How far a training run fell back from its best mark."""

    ratio: float | None  # last / best; inf where it diverged, None where the best is not positive
    best: int | None  # which mark; None where none was finite
    is_deteriorated: bool | None  # None where a single mark cannot tell


def is_collapsed(
    recall: float,
    floor_recall: float,
    duplicates: float,
    *,
    diversity: float | None = None,
    floor_diversity: float | None = None,
) -> bool:
    """Whether a model has collapsed: a tenth of the recall of real rows, a quarter of their diversity, or repetition.

    The three see different things. Recall misses one wide mode (one class of Fashion-MNIST reaches half of the floor's,
    one of 8 modes an eighth); the Vendi score, of directions, misses narrow modes in opposite ones. Planted on digits,
    Fashion-MNIST, a ring and a grid, one class or mode has 0.00 to 0.23 of the diversity in most cases, 2 classes,
    90 % of one class and blurred rows 0.34 and more. Two modes of eight or two classes of ten are lost modes, which
    recall shows, and no collapse by this rule; nor are points that come back, with noise, fewer than k + 1 times each.

    Args:
        recall: of the samples; NaN (not measurable) counts as collapsed.
        floor_recall: recall of train rows against the same reference: what is attainable at this k and n. Where it is
            0, recall cannot tell and only the others count.
        duplicates: share of samples equal to another sample.
        diversity: Vendi score of the samples, at least 1; None or NaN where not measured.
        floor_diversity: Vendi score of as many train rows in the same space; where it is 1 diversity cannot tell.
    """
    has_lost_modes = floor_recall > 0 and not recall >= COLLAPSED_RECALL * floor_recall
    return has_lost_modes or duplicates > COLLAPSED_DUPLICATES or _is_uniform(diversity, floor_diversity)


def _is_uniform(diversity: float | None, floor: float | None) -> bool:
    if diversity is None or floor is None:
        return False
    return diversity - 1 < COLLAPSED_DIVERSITY * (floor - 1)


def time_to_collapse(spent: Sequence[float], collapsed: Sequence[bool]) -> float | None:
    """Return what had been spent at the first mark from which on the run stayed collapsed; None where it ends well.

    A model that has not begun to learn, or that recovers, does not count.

    Args:
        spent: budget at each mark, ascending, in any one currency.
        collapsed: whether it was collapsed there, the end last.

    Raises:
        ValueError: not one verdict per mark.
    """
    _check_alike(spent, collapsed)
    start = None
    for at, is_down in zip(spent, collapsed, strict=True):
        start = (at if start is None else start) if is_down else None
    return start


def best_to_last(curve: Sequence[float], *, noise: float = 0.0) -> BestToLast:
    """Compare the last value of a lower-is-better curve with its best.

    The run has deteriorated where the last value exceeds 1.5 times the best by 3 deviations of metric sampling. On 65
    published training logs the ratio has a gap there: 46 runs end within 1.30 of their best, 19 beyond 1.56.

    Args:
        curve: one value per mark, in order, the end last; NaN where the model had diverged.
        noise: standard deviation of the metric over fresh samples, as the floor gives it.

    Raises:
        ValueError: no marks.
    """
    values = ranked(curve)
    best, last = int(values.argmin()), float(values[-1])
    lowest = float(values[best])
    if not math.isfinite(lowest):
        return BestToLast(ratio=math.inf, best=None, is_deteriorated=True)
    if len(values) == 1:
        return BestToLast(ratio=1.0 if lowest > 0 else None, best=0, is_deteriorated=None)
    is_deteriorated = last > DETERIORATED * max(lowest, 0.0) + NOISE_DEVIATIONS * noise
    return BestToLast(ratio=last / lowest if lowest > 0 else None, best=best, is_deteriorated=is_deteriorated)


def spread_cv(values: Iterable[float]) -> float | None:
    """Return the coefficient of variation over seeds: deviation (n - 1) over mean.

    Infinite where a seed failed (NaN or infinite), since leaving it out would make the least stable models look steady;
    None for fewer than two values or a mean that is not positive.
    """
    array = np.array([float(value) for value in values])
    if len(array) < 2:
        return None
    if not np.isfinite(array).all():
        return math.inf
    mean = float(array.mean())
    return float(array.std(ddof=1)) / mean if mean > 0 else None


def budget_to(
    spent: Sequence[float], values: Sequence[float], threshold: float, *, lower_is_better: bool = True
) -> float | None:
    """Return what had been spent at the first mark that reached the threshold; None where none did.

    Nothing is interpolated: the answer is as coarse as the marks.

    Args:
        spent: budget at each mark, ascending, in any one currency.
        values: the metric at each mark; NaN reaches nothing.
        threshold: to reach or pass.
        lower_is_better: which way the metric goes.

    Raises:
        ValueError: not one value per mark.
    """
    _check_alike(spent, values)
    reached = (at for at, value in zip(spent, values, strict=True) if _reaches(value, threshold, lower_is_better))
    return next(reached, None)


def _reaches(value: float, threshold: float, lower_is_better: bool) -> bool:
    return value <= threshold if lower_is_better else value >= threshold


def area_under(spent: Sequence[float], values: Sequence[float], *, lower_is_better: bool = True) -> float | None:
    """Return what the metric was on average over the budget from the first mark to the end, by the trapezoid rule.

    In the metric's own unit, and defined for every sign: of two models that end alike, the one that was there sooner
    has the better area. Models compare where their first marks lie at the same share of the budget.

    Args:
        spent: budget at each mark, ascending, in any one currency.
        values: the metric at each mark; NaN where the model had diverged, which makes the area infinitely bad.
        lower_is_better: which way the metric goes.

    Returns:
        None for fewer than two marks, or where nothing was spent between them.

    Raises:
        ValueError: not one value per mark, or marks that do not ascend.
    """
    _check_alike(spent, values)
    widths = np.diff(np.asarray(spent, dtype=np.float64))
    if (widths < 0).any():
        raise ValueError(f"got marks at {list(spent)}, expected each at or beyond the one before")
    if not widths.sum() > 0:
        return None
    heights = ranked(values, lower_is_better=lower_is_better)
    if not np.isfinite(heights).all():
        return math.inf if lower_is_better else -math.inf
    return float(((heights[1:] + heights[:-1]) / 2 * widths).sum() / widths.sum())


def _check_alike(spent: Sequence[float], values: Sequence[float]) -> None:
    if len(spent) != len(values):
        raise ValueError(f"got {len(values)} values for {len(spent)} marks, expected one per mark")

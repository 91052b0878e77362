"""The kernel distance: squared maximum mean discrepancy with the cubic polynomial kernel, over all rows.

References:
    M. Binkowski, D. J. Sutherland, M. Arbel, A. Gretton, Demystifying MMD GANs, 2018, arXiv 1801.01401, section 4.
    A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schoelkopf, A. Smola, A Kernel Two-Sample Test, JMLR 13, 2012,
    equation 3: the unbiased estimate.
    B. Efron, C. Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981: what the jackknife overcounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import array_namespace, device

from genbench.metrics.kernel_sums import own_sum, sums_between
from genbench.metrics.rows import Array, Float64, Rows, checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GROUPS = 16  # per side, left out in turn for the standard error
FEWEST_GROUPS = 4  # below, interactions between groups cannot be told from their means


@dataclass(frozen=True, slots=True)
class _Hand:
    """Some of the rows, gathered piece by piece: a shuffled copy would be as large as the features."""

    rows: Rows
    indices: Array

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, part: slice) -> Rows:
        return self.rows[self.indices[part]]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.indices), self.rows.shape[1]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Kernel sums over groups of rows, those of the real side first."""

    between: Float64  # [g, g]
    own: Float64  # [g], sum of k(x, x)
    sizes: NDArray[np.int64]  # [g]
    real_groups: int

    def without(self, group: int) -> _Sums:
        keep = np.arange(len(self.sizes)) != group
        real_groups = self.real_groups - (group < self.real_groups)
        return _Sums(self.between[np.ix_(keep, keep)], self.own[keep], self.sizes[keep], real_groups)


def kd(real: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator | None = None) -> Score:
    """Return the unbiased MMD^2 with k(x, y) = (x.y / d + 1)^3 over all rows; it may be negative.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        rng: where given, deals the rows into groups for the standard error: the jackknife over groups, less the
            interaction variance that it counts twice. It estimates the spread over fresh rows of both sides; where they
            are equal in distribution it errs upwards, by a third at most. Needs 8 rows a side, else `se` is None.

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    sides = checked_pair(real, fake)
    dealt: list[list[Rows]] = [[side] if rng is None else _deal(side, rng) for side in sides]
    groups = dealt[0] + dealt[1]
    sizes = np.array([len(group) for group in groups])
    sums = _Sums(sums_between(groups), np.array([own_sum(group) for group in groups]), sizes, len(dealt[0]))
    is_enough = min(len(each) for each in dealt) >= FEWEST_GROUPS
    return Score(value=_distance(sums), se=_standard_error(sums) if is_enough else None)


def _deal(rows: Rows, rng: np.random.Generator) -> list[Rows]:
    hands = np.array_split(rng.permutation(len(rows)), max(min(GROUPS, len(rows) // 2), 1))
    return [_Hand(rows, array_namespace(rows).asarray(hand, device=device(rows))) for hand in hands]


def _distance(sums: _Sums) -> float:
    split = sums.real_groups
    n, m = int(sums.sizes[:split].sum()), int(sums.sizes[split:].sum())
    real = (sums.between[:split, :split].sum() - sums.own[:split].sum()) / (n * (n - 1))
    fake = (sums.between[split:, split:].sum() - sums.own[split:].sum()) / (m * (m - 1))
    return float(real + fake - 2 * sums.between[:split, split:].sum() / (n * m))


def _standard_error(sums: _Sums) -> float:
    """Return the root of the jackknife variance less the interaction variance, which it counts for both partners."""
    split = sums.real_groups
    left_out = np.array([_distance(sums.without(group)) for group in range(len(sums.sizes))])
    jackknife = sum(float(np.var(side)) * (len(side) - 1) for side in (left_out[:split], left_out[split:]))
    interaction = _interaction(sums)
    return float(np.sqrt(max(jackknife - interaction, interaction)))


def _interaction(sums: _Sums) -> float:
    """Return the variance of that part of the distance which belongs to pairs of groups and to neither alone."""
    split = sums.real_groups
    means = sums.between / np.outer(sums.sizes, sums.sizes)
    real, fake, cross = means[:split, :split], means[split:, split:], means[:split, split:]
    residual = cross - cross.mean(axis=0) - cross.mean(axis=1, keepdims=True) + cross.mean()
    crossed = float((residual**2).sum()) / ((len(real) - 1) * (len(fake) - 1))
    within = _pair_variance(real) / len(real) ** 2 + _pair_variance(fake) / len(fake) ** 2
    return 2 * within + 4 * crossed / (len(real) * len(fake))


def _pair_variance(means: Float64) -> float:
    """Return the variance of a symmetric table [g, g], without its diagonal, around its additive fit."""
    groups = len(means)
    is_pair = ~np.eye(groups, dtype=bool)
    grand = float(means[is_pair].mean())
    effect = ((means * is_pair).sum(axis=1) - (groups - 1) * grand) / (groups - 2)
    residual = (means - grand - effect - effect[:, None])[is_pair]
    return float((residual**2).sum()) / (groups * (groups - 3))

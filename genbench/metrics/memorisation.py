"""Whether samples are copies of training rows, by their nearest neighbours.

References:
    C. Meehan, K. Chaudhuri, S. Dasgupta, A Non-Parametric Test to Detect Data-Copying in Generative Models, 2020,
    arXiv 2004.05675, section 3: the Mann-Whitney z of distances to the training set, here over one global cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.neighbours import clouds, squared_distances_to_nearest
from genbench.metrics.rows import Float64, Rows, checked, same_width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

QUERIES = 2000  # rows of each side looked up: enough for the thresholds below, at the cost of one small matrix
COPYING_Z = -3.0
NEAR_PERCENTILE = 1.0  # of the held-out rows' distances to training rows: nearer than that is near
COPYING_SHARE = 0.05  # of samples, beyond what held-out rows explain; 0.01 is expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """How near samples lie to training rows, compared with held-out rows."""

    ct_z: float  # negative: nearer to training rows than held-out rows are
    near_share: float  # of samples nearer to a training row than the nearest 1 % of held-out rows
    control_z: float  # negative: nearer to training rows than to as many held-out rows
    control_share: float  # of samples expected near a training row, from how many are near a held-out row
    is_copying: bool


def copies(train: ArrayLike, held_out: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator) -> Copies:
    """Compare samples with held-out rows by their distance to the nearest training row.

    A model that is merely narrower than the data lies nearer to training rows, but to held-out rows as well. It copies
    only where held-out rows do not explain it: both z at most -3, or `near_share` over 5 % above `control_share`.

    Args:
        train: features of what the model saw [n, d].
        held_out: features of fresh rows [m, d].
        fake: features of samples [l, d].
        rng: draws at most 2,000 held-out rows and samples to look up, and for the controls as many training as held-out
            rows.

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    seen, fresh, drawn = (
        checked(name, rows, least=2) for name, rows in (("train", train), ("held_out", held_out), ("fake", fake))
    )
    same_width(seen, fresh, "train", "held_out")
    same_width(seen, drawn, "train", "fake")
    smaller = min(len(seen), len(fresh))
    targets, few_targets, controls, queries, samples = clouds(
        seen,
        _some(seen, smaller, rng),
        _some(fresh, smaller, rng),
        _some(fresh, QUERIES, rng),
        _some(drawn, QUERIES, rng),
    )
    to_train, expected = squared_distances_to_nearest(samples, targets), squared_distances_to_nearest(queries, targets)
    to_control = squared_distances_to_nearest(samples, controls)
    near = float(np.percentile(expected, NEAR_PERCENTILE))
    return _judged(
        ct_z=mann_whitney_z(to_train, expected),
        near_share=float((to_train < near).mean()),
        control_z=mann_whitney_z(squared_distances_to_nearest(samples, few_targets), to_control),
        # Were all rows alike to a sample, it would miss n of them as often as it misses m of them, to the power n / m.
        control_share=1 - float((to_control >= near).mean()) ** (len(targets) / len(controls)),
    )


def _judged(*, ct_z: float, near_share: float, control_z: float, control_share: float) -> Copies:
    is_nearer = max(ct_z, control_z) <= COPYING_Z
    is_near_too_often = near_share > COPYING_SHARE + control_share
    return Copies(
        ct_z=ct_z,
        near_share=near_share,
        control_z=control_z,
        control_share=control_share,
        is_copying=is_nearer or is_near_too_often,
    )


def _some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    return rows if len(rows) <= most else rows[rng.choice(len(rows), most, replace=False)]


def mann_whitney_z(first: Float64, second: Float64) -> float:
    """Return the normal score, corrected for ties, of how often `first` exceeds `second`; 0 where all are equal."""
    pooled = np.sort(np.concatenate([first, second]))
    ranks = (np.searchsorted(pooled, first, "left") + np.searchsorted(pooled, first, "right") + 1) / 2
    n, m = len(first), len(second)
    ties = np.unique(pooled, return_counts=True)[1].astype(np.float64)
    variance = n * m / 12 * (n + m + 1 - float((ties**3 - ties).sum()) / ((n + m) * (n + m - 1)))
    excess = float(ranks.sum()) - n * (n + m + 1) / 2
    return excess / variance**0.5 if variance > 0 else 0.0

"""Precision, recall, density and coverage: how the balls around the rows of one side hold the rows of the other.

References:
    T. Kynkaanniemi, T. Karras, S. Laine, J. Lehtinen, T. Aila, Improved Precision and Recall Metric for Assessing
    Generative Models, 2019, arXiv 1904.06991, equation 1: precision and recall.
    M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo, Reliable Fidelity and Diversity Metrics for Generative Models, 2020,
    arXiv 2002.09797, equations 3 to 6: density and coverage, and balls that do not hold their own rim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.neighbours import Cloud, clouds, squared_radii
from genbench.metrics.rows import Float64, checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def prdc(real: ArrayLike, fake: ArrayLike, k: int = 5) -> dict[str, Score]:
    """Return precision, recall, density and coverage, with balls out to the `k`-th neighbour, itself excluded.

    They depend on k and on both numbers of rows, and do not reach 1 on equal distributions: compare with a floor at
    equal k and n. Density may exceed 1. Memory does not grow with the number of pairs.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        k: neighbours that a ball reaches.

    Raises:
        ValueError: `k` below 1, or rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    if k < 1:
        raise ValueError(f"k: got {k}, expected at least 1")
    reals, fakes = clouds(*checked_pair(real, fake, least=k + 1))
    real_radii, fake_radii = squared_radii(reals, k), squared_radii(fakes, k)
    warnings = tuple(_degenerate(real_radii, fake_radii))
    values = _shares(reals, fakes, _or_nothing(real_radii), _or_nothing(fake_radii), k=k)
    return {name: Score(value=value, warnings=warnings) for name, value in values.items()}


def _or_nothing(radii: Float64) -> Float64:
    return np.where(radii > 0, radii, -np.inf)


def _degenerate(real_radii: Float64, fake_radii: Float64) -> list[str]:
    sides = (("real", real_radii), ("fake", fake_radii))
    return [
        f"degenerate features: {int((radii == 0).sum())} of {len(radii)} {name} rows coincide with their neighbours"
        for name, radii in sides
        if (radii == 0).any()
    ]


def _shares(real: Cloud, fake: Cloud, real_radii: Float64, fake_radii: Float64, *, k: int) -> dict[str, float]:
    """Count who lies in whose ball; a ball of no size (radius -inf) holds nothing, not even what rounds below zero."""
    is_near_real = np.zeros(len(fake), dtype=bool)
    is_near_fake, is_covered = np.zeros((2, len(real)), dtype=bool)
    held = 0
    for rows in real.tiles():
        left = real.left(rows)
        for columns in fake.tiles():
            tile = left @ fake.right(columns).T
            in_real = tile < real_radii[rows, None]
            held += int(np.count_nonzero(in_real))
            is_near_real[columns] |= in_real.any(axis=0)
            is_covered[rows] |= in_real.any(axis=1)
            is_near_fake[rows] |= (tile < fake_radii[columns]).any(axis=1)
    return {
        "precision": float(is_near_real.mean()),
        "recall": float(is_near_fake.mean()),
        "density": held / (k * len(fake)),
        "coverage": float(is_covered.mean()),
    }

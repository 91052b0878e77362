"""Precision, recall, density and coverage: how the balls around the rows of one side hold the rows of the other.

References:
    T. Kynkaanniemi, T. Karras, S. Laine, J. Lehtinen, T. Aila, Improved Precision and Recall Metric for Assessing
    Generative Models, 2019, arXiv 1904.06991, equation 1: precision and recall.
    M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo, Reliable Fidelity and Diversity Metrics for Generative Models, 2020,
    arXiv 2002.09797, equations 3 to 6: density and coverage, and balls that do not hold their own rim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from array_api_compat import array_namespace, device

from genbench.metrics.arrays import full_precision
from genbench.metrics.bounds import Rounding, tiles_between
from genbench.metrics.neighbours import Cloud, clouds, squared_radii
from genbench.metrics.rows import Array, checked, checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def prdc(real: ArrayLike, fake: ArrayLike, k: int = 5, *, real_radii: Array | None = None) -> dict[str, Score]:
    """Return precision, recall, density and coverage, with balls out to the `k`-th neighbour, itself excluded.

    They depend on k and on both numbers of rows, and do not reach 1 on equal distributions: compare with a floor at
    equal k and n. Density may exceed 1. Memory does not grow with the number of pairs.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        k: neighbours that a ball reaches.
        real_radii: what `ball_radii` returns for `real` and `k`, where many samples meet one reference.

    Raises:
        ValueError: `k` below 1, rows that cannot be compared, see `genbench.metrics.rows.checked`, or radii that are
            not those of the real rows.
    """
    first, second = checked_pair(real, fake, least=_fewest(k))
    if real_radii is None:
        real_radii = squared_radii(clouds(first)[0], k)
    elif tuple(real_radii.shape) != (len(first),):
        raise ValueError(f"real_radii: got shape {tuple(real_radii.shape)}, expected ({len(first)},), one per real row")
    fake_radii = squared_radii(clouds(second)[0], k)
    warnings = tuple(_degenerate(real_radii, fake_radii))
    reals, fakes = clouds(first, second)
    values = _shares(reals, fakes, _or_nothing(real_radii), _or_nothing(fake_radii), k=k)
    return {name: Score(value=value, warnings=warnings) for name, value in values.items()}


def ball_radii(rows: ArrayLike, k: int = 5) -> Array:
    """Return the squared radius [n] of the ball around each row, out to its `k`-th neighbour.

    Args:
        rows: features [n, d].
        k: neighbours that a ball reaches.

    Raises:
        ValueError: `k` below 1, or rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    return squared_radii(clouds(checked("rows", rows, least=_fewest(k)))[0], k)


def _fewest(k: int) -> int:
    if k < 1:
        raise ValueError(f"k: got {k}, expected at least 1")
    return k + 1


def _or_nothing(radii: Array) -> Array:
    xp = array_namespace(radii)
    return xp.where(radii > 0, radii, xp.full_like(radii, -float("inf")))


def _degenerate(real_radii: Array, fake_radii: Array) -> list[str]:
    counts = [int(array_namespace(radii).count_nonzero(radii == 0)) for radii in (real_radii, fake_radii)]
    return [
        f"degenerate features: {count} of {len(radii)} {name} rows coincide with their neighbours"
        for name, radii, count in zip(("real", "fake"), (real_radii, fake_radii), counts, strict=True)
        if count
    ]


def _shares(real: Cloud, fake: Cloud, real_radii: Array, fake_radii: Array, *, k: int) -> dict[str, float]:
    """Count who lies in whose ball; a ball of no size (radius -inf) holds nothing."""
    xp = array_namespace(real_radii)
    is_near_fake, is_covered = (xp.zeros(len(real), dtype=xp.bool, device=device(real_radii)) for _ in range(2))
    is_near_real = xp.zeros(len(fake), dtype=xp.bool, device=device(real_radii))
    held = 0
    with full_precision(real.rows):
        for tile in tiles_between(real, fake, Rounding.between(real, fake)):
            rows, columns = tile.rows, tile.columns
            in_real = tile.below(real_radii[rows], axis=0)
            held += int(xp.count_nonzero(in_real))
            is_covered[rows] |= xp.any(in_real, axis=1)
            is_near_real[columns] |= xp.any(in_real, axis=0)
            is_near_fake[rows] |= xp.any(tile.below(fake_radii[columns], axis=1), axis=1)
    return {
        "precision": _share(is_near_real),
        "recall": _share(is_near_fake),
        "density": held / (k * len(fake)),
        "coverage": _share(is_covered),
    }


def _share(flags: Array) -> float:
    return int(array_namespace(flags).count_nonzero(flags)) / len(flags)

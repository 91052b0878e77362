"""The Frechet distance at infinitely many rows.

References:
    M. J. Chong, D. Forsyth, Effectively Unbiased FID and Inception Score and where to find them, 2020,
    arXiv 1911.07023, section 4: the bias is nearly linear in 1/N, so that a line through several sizes removes it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.frechet import CHUNK, Fit, distance
from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, Rows, checked_pair, parts
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

SIZES = 15
SMALLEST = 0.1  # of all rows, or two a dimension where that is more: below, the bias is no longer linear in 1/N
FEWEST = 4  # rows a dimension, so that the largest size is at least twice the smallest


def fd_inf(real: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator) -> Score:
    """Return the intercept at 1/N = 0 of a line through the Frechet distances of random rows, N of each side.

    There are 15 sizes N, even in 1/N, from max(n / 10, 2 d) to the n rows of the smaller side; with fewer than 4 d
    rows the value is None. It has hardly any bias but more spread than `fd` (about twice as much), and may be negative.
    `se` is the intercept's standard error as the line's residuals tell it. They see how subsets differ, so it errs
    upwards while both sides are nearly alike, as the subsets then hold most of the rows between them.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        rng: draws the subsets.

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    sides = [on_host(side) for side in checked_pair(real, fake)]
    fewest, width = min(len(side) for side in sides), sides[0].shape[1]
    if fewest < FEWEST * width:
        reason = f"{fewest} rows in {width} dimensions: sizes under {FEWEST * width} rows allow no line"
        return Score(value=None, warnings=(reason,))
    inverse = np.linspace(1 / fewest, 1 / max(fewest * SMALLEST, 2 * width), SIZES)
    sizes = np.rint(1 / inverse).astype(np.intp)
    intercept, error = _intercept(1 / sizes, _distances(*(_fits(side, sizes, rng) for side in sides)))
    return Score(value=intercept, se=error)


def _intercept(inverse: Float64, distances: Float64) -> tuple[float, float]:
    """Return the least squares line's value at zero and its standard error."""
    design = np.stack([np.ones_like(inverse), inverse], axis=1)
    line = np.linalg.lstsq(design, distances)[0]
    variance = float(((distances - design @ line) ** 2).sum()) / (len(inverse) - 2)
    return float(line[0]), float(np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]))


def _distances(*sides: Iterator[tuple[int, Fit]]) -> Float64:
    """Return the distance at each size [15]; a fit is held only until that of the other side arrives."""
    distances = np.empty(SIZES)
    waiting: dict[int, Fit] = {}
    for pair in zip(*sides, strict=True):
        for size, fit in pair:
            if size in waiting:
                distances[size] = distance(waiting.pop(size), fit)
            else:
                waiting[size] = fit
    return distances


def _fits(rows: Rows, sizes: NDArray[np.intp], rng: np.random.Generator) -> Iterator[tuple[int, Fit]]:
    """Yield each size's number and Gaussian, fitted to so many random rows.

    The subsets lie end to end around one random order of the rows, so that they use every row about equally often (the
    intercept spreads less than with independent subsets), and what lies between two ends is multiplied only once.
    """
    count = len(rows)
    order = rng.permutation(count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) % count
    origin = rows.mean(axis=0, dtype=np.float64)
    edges = np.unique(np.concatenate([starts, (starts + sizes) % count, [0, count]]))
    is_within = (edges[:-1, None] - starts) % count < sizes  # [segments, sizes]
    totals: dict[int, Float64] = {}
    for segment, (start, stop) in enumerate(pairwise(edges)):
        moments = _moments(rows, order[start:stop], origin)
        for size in np.flatnonzero(is_within[segment]).tolist():
            totals[size] = totals[size] + moments if size in totals else moments
            if not is_within[segment + 1 :, size].any():
                chosen = order[(starts[size] + np.arange(sizes[size])) % count]
                yield size, _fit(totals.pop(size), rows, chosen, origin)


def _moments(rows: Rows, chosen: NDArray[np.intp], origin: Float64) -> Float64:
    """Return the sum of z z^T [d + 1, d + 1] with z = [x - origin, 1]."""
    total = np.zeros((len(origin) + 1, len(origin) + 1))
    for part in parts(len(chosen), CHUNK):
        lifted = np.ones((part.stop - part.start, len(total)))
        np.subtract(rows[chosen[part]], origin, out=lifted[:, :-1])
        total += lifted.T @ lifted
    return total


def _fit(moments: Float64, rows: Rows, chosen: NDArray[np.intp], origin: Float64) -> Fit:
    offset = moments[-1, :-1] / len(chosen)
    scatter = moments[:-1, :-1] - len(chosen) * np.outer(offset, offset)
    return Fit(rows, origin + offset, scatter / (len(chosen) - 1), chosen)

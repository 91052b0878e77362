"""The sliced Wasserstein distance.

References:
    N. Bonneel, J. Rabin, G. Peyre, H. Pfister, Sliced and Radon Wasserstein Barycenters of Measures, Journal of
    Mathematical Imaging and Vision 51, 2015: the mean over directions of the squared distance on a line.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import array_namespace, device

from genbench.metrics.rows import Array, Rows, checked_pair, parts
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

HELD = 2**21  # projected values of both sides at a time, 16 MB
CHUNK = 4096  # rows in float64 at a time


def swd(real: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator, projections: int = 1000) -> Score:
    """Return the root of the mean over random directions of W2^2, the squared Wasserstein distance on a line.

    In the units of the features, and biased upwards by chance differences of the rows, about as 1 / sqrt(n): compare at
    equal n and with a floor. W2 is exact, at unequal n and m as well. Memory does not grow with n m.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        rng: draws the directions, uniformly on the sphere.
        projections: how many directions.

    Raises:
        ValueError: `projections` below 1, or rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    if projections < 1:
        raise ValueError(f"projections: got {projections}, expected at least 1")
    first, second = checked_pair(real, fake)
    xp = array_namespace(first)
    total = 0.0
    for piece in parts(projections, max(HELD // (len(first) + len(second)), 1)):
        directions = rng.normal(size=(piece.stop - piece.start, first.shape[1]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        there = xp.asarray(directions, device=device(first))
        total += _squared_transport(_in_order(first, there), _in_order(second, there))
    return Score(value=math.sqrt(total / projections))


def _in_order(rows: Rows, directions: Array) -> Array:
    """Return the rows' places along each direction, sorted [directions, n]."""
    xp = array_namespace(rows)
    chunks = (xp.astype(rows[part, :], xp.float64) for part in parts(len(rows), CHUNK))
    return xp.sort(xp.concat([directions @ chunk.T for chunk in chunks], axis=1), axis=1, stable=False)


def _squared_transport(first: Array, second: Array) -> float:
    """Return W2^2 summed over directions, of sorted places [directions, n] and [directions, m].

    On a line the optimal plan keeps the order: it moves quantile to quantile.
    """
    xp = array_namespace(first, second)
    n, m = int(first.shape[1]), int(second.shape[1])
    if n == m:
        difference = first - second
        return float(xp.sum(difference * difference)) / n
    edges = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)  # of quantiles that stay together, in 1 / (n m)
    left, right = (xp.asarray(edges[:-1] // step, device=device(first)) for step in (m, n))
    share = xp.asarray(np.diff(edges) / (n * m), device=device(first))
    difference = xp.take(first, left, axis=1) - xp.take(second, right, axis=1)
    return float(xp.sum(difference * difference * share))

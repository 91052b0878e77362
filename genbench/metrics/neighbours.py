"""Distances between rows, one cache-sized tile at a time, and the neighbours found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from genbench.metrics.rows import Float64, Rows, parts

TILE = 512  # rows; a tile of distances is 2 MB
SHIFT_BITS = 8  # of the shift: 8-bit pixels less it stay exact in float64, so that equal distances stay equal


@dataclass(frozen=True, slots=True)
class Cloud:
    """Rows [n, d] around a common origin; pieces become float64 when asked for."""

    rows: Rows
    origin: Float64  # [d]; without it, rows far from zero would lose their distances to rounding

    def __len__(self) -> int:
        return len(self.rows)

    def tiles(self) -> list[slice]:
        """Return slices of at most 512 rows."""
        return parts(len(self.rows), TILE)

    def left(self, part: slice) -> Float64:
        """Return [x, |x|^2, 1], whose product with `right` is the squared distance."""
        return self._extended(part, scale=1.0, norm=-2, one=-1)

    def right(self, part: slice) -> Float64:
        """Return [-2 x, 1, |x|^2]."""
        return self._extended(part, scale=-2.0, norm=-1, one=-2)

    def squared_norms(self) -> Float64:
        """Return [n]."""
        return np.concatenate([self.left(part)[:, -2] for part in self.tiles()], dtype=np.float64)

    def _extended(self, part: slice, *, scale: float, norm: int, one: int) -> Float64:
        rows = self.rows[part] - self.origin
        extended = np.empty((len(rows), rows.shape[1] + 2))
        np.multiply(rows, scale, out=extended[:, :-2])
        np.einsum("ij,ij->i", rows, rows, out=extended[:, norm])
        extended[:, one] = 1
        return extended


def clouds(*sides: Rows) -> tuple[Cloud, ...]:
    """Return the sides around one origin: the first side's mean, rounded."""
    mean = sides[0].mean(axis=0, dtype=np.float64)
    step = 2.0 ** (np.frexp(np.abs(mean).max())[1] - SHIFT_BITS)
    origin = np.round(mean / step) * step
    return tuple(Cloud(side, origin) for side in sides)


def squared_radii(cloud: Cloud, k: int) -> Float64:
    """Return the squared distance [n] of each row to its `k`-th neighbour, itself excluded; 0 where they coincide."""
    nearest = np.full((len(cloud), k), np.inf)
    for rows in cloud.tiles():  # first, so that few entries of the other tiles are near enough to matter
        tile = cloud.left(rows) @ cloud.right(rows).T
        np.fill_diagonal(tile, np.inf)
        nearest[rows] = np.partition(np.hstack([nearest[rows], tile]), k - 1, axis=1)[:, :k]
    for row, rows in enumerate(cloud.tiles()):
        left = cloud.left(rows)
        for columns in cloud.tiles()[row + 1 :]:  # distances are symmetric: one tile serves both
            tile = left @ cloud.right(columns).T
            _keep_nearest(nearest[rows], tile, axis=0)
            _keep_nearest(nearest[columns], tile, axis=1)
    radii = nearest.max(axis=1)
    return np.where(radii <= rounding(cloud), 0.0, radii)


def _keep_nearest(nearest: Float64, tile: Float64, *, axis: Literal[0, 1]) -> None:
    """Merge what in `tile` is nearer than the largest of `nearest` [n, k] into it, in place; rows lie along `axis`.

    Past the first tiles only a few entries are, so that a comparison and a small sort replace a whole partition.
    """
    count, k = nearest.shape
    is_nearer = tile < np.expand_dims(nearest.max(axis=1), 1 - axis)
    places = np.flatnonzero(is_nearer)
    owners = np.concatenate([np.repeat(np.arange(count), k), np.divmod(places, tile.shape[1])[axis]])
    candidates = np.concatenate([nearest.ravel(), tile.ravel()[places]])
    order = np.lexsort((candidates, owners))
    starts = np.searchsorted(owners[order], np.arange(count))
    nearest[:] = candidates[order[starts[:, None] + np.arange(k)]]


def rounding(cloud: Cloud) -> Float64:
    """Return what rounding can make of a squared distance of zero, for each row [n]."""
    relative: float = 2 * (cloud.rows.shape[1] + 2) * float(np.finfo(np.float64).eps)
    return np.asarray(cloud.squared_norms() * relative)


def squared_distances_to_nearest(queries: Cloud, targets: Cloud) -> Float64:
    """Return the squared distance [n] of each query to the nearest target; 0 where they coincide."""
    nearest = np.full(len(queries), np.inf)
    for rows in queries.tiles():
        left = queries.left(rows)
        for columns in targets.tiles():
            np.minimum(nearest[rows], (left @ targets.right(columns).T).min(axis=1), out=nearest[rows])
    return np.where(nearest <= rounding(queries), 0.0, nearest)

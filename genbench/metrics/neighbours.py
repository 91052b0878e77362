"""Rows around a common origin, and the neighbours found among them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from array_api_compat import array_namespace, device

from genbench.metrics.arrays import full_precision, places, tile_rows
from genbench.metrics.bounds import Rounding, squared_between, tile_between, tiles_between
from genbench.metrics.rows import Array, Rows, parts
from genbench.metrics.shortlist import Shortlist

TILE = 512  # rows; a tile of distances is 2 MB in float64, 1 MB in float32
SHIFT_BITS = 8  # of the shift: 8-bit pixels less it stay exact, so that equal distances stay equal
SPARE = 4  # neighbours shortlisted beyond those asked for, so that rounding seldom leaves their order open


@dataclass(frozen=True, slots=True)
class Cloud:
    """Rows [n, d] around a common origin; pieces are made when asked for."""

    rows: Rows
    origin: Array  # [d] in float64; without it, rows far from zero would lose their distances to rounding
    norms: Array  # [n] squared, in float64, around the origin

    def __len__(self) -> int:
        return len(self.rows)

    def tiles(self) -> list[slice]:
        """Return slices of at most 512 rows, of more where they lie on a device."""
        return parts(len(self.rows), tile_rows(self.rows, TILE))

    def left(self, part: slice, rounding: Rounding | None = None) -> Array:
        """Return [-2 x, |x|^2, 1], whose product with `right` is the squared distance in float64.

        With a rounding it is a lower bound, in that precision.
        """
        return self._extended(part, rounding, scale=-2, norm=-2, one=-1)

    def right(self, part: slice, rounding: Rounding | None = None) -> Array:
        """Return [x, 1, |x|^2]."""
        return self._extended(part, rounding, scale=1, norm=-1, one=-2)

    def take(self, indices: Array) -> Cloud:
        """Return some of the rows."""
        return Cloud(self.rows[indices], self.origin, self.norms[indices])

    def _extended(self, part: slice, rounding: Rounding | None, *, scale: int, norm: int, one: int) -> Array:
        rows = self.rows[part]
        xp = array_namespace(rows)
        rounding = rounding or Rounding(xp.float64)
        wider = xp.result_type(rows.dtype, rounding.dtype)
        extended = xp.empty((len(rows), rows.shape[1] + 2), dtype=rounding.dtype, device=device(rows))
        xp.subtract(xp.astype(rows, wider, copy=False), xp.astype(self.origin, wider), out=extended[:, :-2])
        if scale != 1:
            extended[:, :-2] *= scale
        extended[:, norm] = (1 - rounding.share) * self.norms[part] - rounding.least
        extended[:, one] = 1
        return extended


def clouds(*sides: Rows) -> tuple[Cloud, ...]:
    """Return the sides around one origin: the first side's mean, rounded."""
    xp = array_namespace(*sides)
    mean = xp.sum(sides[0], axis=0, dtype=xp.float64) / len(sides[0])
    step = 2.0 ** (math.frexp(float(xp.max(xp.abs(mean))))[1] - SHIFT_BITS)
    origin = xp.round(mean / step) * step
    return tuple(Cloud(side, origin, _squared_norms(side, origin)) for side in sides)


def _squared_norms(rows: Rows, origin: Array) -> Array:
    xp = array_namespace(rows)
    shifted = (xp.astype(rows[part], xp.float64) - origin for part in parts(len(rows), TILE))
    return xp.concat([xp.vecdot(piece, piece) for piece in shifted])


def squared_radii(cloud: Cloud, k: int) -> Array:
    """Return the squared distance [n] of each row to its `k`-th neighbour, itself excluded; 0 where they coincide."""
    rounding = Rounding.between(cloud, cloud)
    found = Shortlist.of(len(cloud), min(k + SPARE, len(cloud) - 1), dtype=rounding.dtype, like=cloud.rows)
    tiles = cloud.tiles()
    with full_precision(cloud.rows):
        for rows in tiles:  # first, so that few entries of the other tiles are small enough to matter
            own = tile_between(cloud, cloud, rows, rows, rounding).bounds
            number = array_namespace(own).arange(len(own), device=device(own))
            own[number, number] = math.inf
            found.begin(rows, rows, own)
        for tile in tiles_between(cloud, cloud, rounding):  # distances are symmetric: one tile serves both
            found.offer_rows(tile.rows, tile.columns, tile.bounds)
            found.offer_columns(tile.columns, tile.rows, tile.bounds)
        return _decided(found, cloud, cloud, k, rounding)


def squared_distances_to_nearest(queries: Cloud, targets: Cloud) -> Array:
    """Return the squared distance [n] of each query to the nearest target; 0 where they coincide."""
    rounding = Rounding.between(queries, targets)
    found = Shortlist.of(len(queries), min(1 + SPARE, len(targets)), dtype=rounding.dtype, like=queries.rows)
    with full_precision(queries.rows):
        for tile in tiles_between(queries, targets, rounding):
            take = found.begin if tile.columns.start == 0 else found.offer_rows
            take(tile.rows, tile.columns, tile.bounds)
        return _decided(found, queries, targets, 1, rounding)


def _decided(found: Shortlist, queries: Cloud, targets: Cloud, k: int, rounding: Rounding) -> Array:
    """Return the squared distance [n] to the `k`-th nearest of the targets, given the least bounds."""
    furthest = found.sort()
    xp = array_namespace(furthest)
    least = xp.astype(found.values, xp.float64)
    most = least + rounding.reach(queries.norms[:, None] + targets.norms[found.others])
    matters = (most >= least[:, k - 1, None]) & (least <= xp.sort(most, axis=1)[:, k - 1, None])
    row, column = places(matters)
    least[row, column] = squared_between(queries, targets, row, found.others[row, column])
    kth = xp.sort(least, axis=1)[:, k - 1]
    is_open = (kth > furthest) & (kth > 0)
    if found.values.shape[1] < len(targets) - (queries is targets) and xp.any(is_open):
        (open_rows,) = xp.nonzero(is_open)
        kth[open_rows] = _sought(queries, targets, open_rows, kth[open_rows], k, rounding)
    return kth


def _sought(queries: Cloud, targets: Cloud, indices: Array, limits: Array, k: int, rounding: Rounding) -> Array:
    """Return the squared distance to the `k`-th nearest target of some queries, given what it is at most."""
    few, xp = queries.take(indices), array_namespace(limits)
    found = Shortlist.of(len(few), k, dtype=xp.float64, like=limits)
    for tile in tiles_between(few, targets, rounding):
        row, column = places(tile.below(limits[tile.rows], axis=0))
        row, column = tile.rows.start + row, tile.columns.start + column
        if queries is targets:
            row, column = row[indices[row] != column], column[indices[row] != column]
        found.add(row, column, squared_between(few, targets, row, column))
        limits = xp.minimum(limits, found.sort())
    return limits

"""Sums of the cubic kernel k(x, y) = (x.y / d + 1)^3 over pairs of rows, without ever holding all pairs.

Few columns: from third moments. Many: tile by tile, rows in float32 by products in float32. Their rounding moves the
estimate by less than 1e-5 of its standard error, since rows are centred first, the mean of every tile is set to what
the sums of its rows say, and what a row has with itself is exact; all else is float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace, device

from genbench.metrics.arrays import full_precision, tile_rows
from genbench.metrics.host import on_host
from genbench.metrics.rows import Array, Float64, Rows, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

TILE = 640  # rows; a tile of kernel values is 3 MB
CHUNK = 512  # rows in float64 at a time
MOST_MOMENTS = 400_000  # third moments held per group: 3.2 MB
MULTIPLICITY = np.array([1, 3, 6])  # orderings of three indices of which one, two or three are distinct
FEWEST_COLUMNS = 128  # in float32; below, products do not take most of the time
LARGEST = 1e30  # squared norm in float32


def lifted(rows: Rows) -> Array:
    """Return z [n, d + 1] in float64 with z.z' = x.x' / d + 1."""
    xp = array_namespace(rows)
    result = xp.ones((len(rows), rows.shape[1] + 1), dtype=xp.float64, device=device(rows))
    result[:, :-1] = rows
    result[:, :-1] /= rows.shape[1] ** 0.5
    return result


def own_sum(rows: Rows) -> float:
    """Return the sum of k(x, x) over the rows."""
    chunks = (lifted(rows[part]) for part in parts(len(rows), CHUNK))
    return sum(float((array_namespace(chunk).vecdot(chunk, chunk) ** 3).sum()) for chunk in chunks)


def sums_between(groups: Sequence[Rows]) -> Float64:
    """Return the sum of k over all pairs of a row of one group and a row of the other [g, g], by the cheaper way."""
    rows, width = sum(len(group) for group in groups), groups[0].shape[1] + 1
    squares = width * (width + 1) // 2
    # Multiply-adds per row of either way; 60 and 25 stand for the memory traffic, measured on one core with AVX2.
    is_cheaper = squares * (width + 60) < rows / 2 * (width + 25)
    return moment_sums(groups) if is_cheaper and squares * (width + 2) // 3 <= MOST_MOMENTS else tile_sums(groups)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some rows x of a group around an origin c: with u = x - c, x.y + d = level(x) + level(y) + u.v."""

    group: Rows
    part: slice
    origin: Array  # [d]
    levels: Array  # [r], (d + |c|^2) / 2 + c.u
    total: Array  # [d], the sum of u
    norms: Array  # [r], |u|^2

    @classmethod
    def of(cls, group: Rows, part: slice, origin: Array) -> _Piece:
        xp = array_namespace(origin)
        shifted = xp.astype(group[part], xp.float64) - origin
        levels = shifted @ origin + (len(origin) + xp.vecdot(origin, origin)) / 2
        return cls(group, part, origin, levels, xp.sum(shifted, axis=0), xp.vecdot(shifted, shifted))

    def shifted(self, dtype: Any) -> Array:
        """Return u [r, d]; rows in float64 are shifted before they are rounded."""
        xp, rows = array_namespace(self.origin), self.group[self.part]
        wider = xp.result_type(rows.dtype, dtype)
        return xp.astype(xp.astype(rows, wider, copy=False) - xp.astype(self.origin, wider), dtype, copy=False)


def tile_sums(groups: Sequence[Rows]) -> Float64:
    """Return sums of k between groups [g, g], tile by tile: time grows with n^2, memory does not."""
    some = groups[0][:CHUNK]
    xp, width = array_namespace(some), some.shape[1]
    origin = xp.astype(xp.mean(some, axis=0), xp.float64)
    owned = [
        (number, _Piece.of(group, part, origin))
        for number, group in enumerate(groups)
        for part in parts(len(group), tile_rows(some, TILE))
    ]
    is_tame = width >= FEWEST_COLUMNS and max(float(xp.max(piece.norms)) for _, piece in owned) < LARGEST
    dtype = some.dtype if is_tame else xp.float64
    sums = np.zeros((len(groups), len(groups)))
    with full_precision(some):
        for place, (one, left) in enumerate(owned):
            shifted = left.shifted(dtype)
            for other, right in owned[place:]:
                total = _sum_of_tile(left, right, shifted, shifted if right is left else right.shifted(dtype))
                sums[one, other] += total
                sums[other, one] += total if right is not left else 0  # tiles above the diagonal stand for those below
    return sums / float(width) ** 3


def _sum_of_tile(left: _Piece, right: _Piece, first: Array, second: Array) -> float:
    """Return the sum of (x.y + d)^3, given u and v, whose products may be rounded to float32."""
    xp = array_namespace(first)
    tile = xp.astype(first @ second.T, xp.float64, copy=False)
    if left is right:
        number = xp.arange(len(first), device=device(first))
        tile[number, number] = left.norms
    missing = xp.vecdot(left.total, right.total) - xp.sum(tile)  # what rounding has done to the mean
    tile += (left.levels + missing / (tile.shape[0] * tile.shape[1]))[:, None]
    tile += right.levels
    return float(xp.vecdot(xp.reshape(tile * tile, (-1,)), xp.reshape(tile, (-1,))))


def moment_sums(groups: Sequence[Rows]) -> Float64:
    """Return sums of k between groups [g, g] from third moments: sum (z.z')^3 = <sum z(x)z(x)z, sum z'(x)z'(x)z'>.

    Time grows with n, and with d^3: for few dimensions this is exact and far cheaper than all pairs.
    """
    first, second = np.triu_indices(groups[0].shape[1] + 1)
    pair, third = np.nonzero(np.arange(groups[0].shape[1] + 1) >= second[:, None])  # a <= b <= c: each product once
    weight = np.sqrt(MULTIPLICITY[(first != second)[pair] + (second[pair] != third).astype(np.int64)])
    moments = np.stack([_third_moments(group, first, second)[pair, third] * weight for group in groups])
    return np.asarray(moments @ moments.T, dtype=np.float64)


def _third_moments(rows: Rows, first: Array, second: Array) -> Float64:
    """Return the sum over rows of z_a z_b z_c [(a, b), c]."""
    pieces = parts(len(rows), CHUNK)
    xp, place = array_namespace(rows[pieces[0]]), device(rows[pieces[0]])
    first, second = xp.asarray(first, device=place), xp.asarray(second, device=place)
    total = xp.zeros((len(first), rows.shape[1] + 1), dtype=xp.float64, device=place)
    for part in pieces:
        coordinates = xp.asarray(lifted(rows[part]).T, copy=True)  # taking whole rows is several times faster
        total += (coordinates[first] * coordinates[second]) @ coordinates.T
    return np.asarray(on_host(total), dtype=np.float64)

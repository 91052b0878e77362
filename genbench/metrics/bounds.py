"""Comparisons of squared distances, a cache-sized tile at a time: bounds by products in float32, the rest exactly.

A product in float32 takes half the time of one in float64, and rounding moves it by at most a known share of the rows'
squared norms. Where that leaves a comparison open, and only there, the distance itself is computed in float64, from
differences: all results are those of float64.

References:
    N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, equation 3.5: rounding in inner products, in
    whatever order they are summed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from array_api_compat import array_namespace, device

from genbench.metrics.arrays import places
from genbench.metrics.rows import Array, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.metrics.neighbours import Cloud

ELEMENTS = 2**18  # of differences taken at a time: 2 MB
FEWEST_COLUMNS = 24  # below, products are cheap, neighbours near, and float32 leaves much open
MOST_COLUMNS = 100_000  # beyond, roundings add up to more than their first order
RANGE = (1e-20, 1e30)  # of the largest squared norm, within which float32 neither overflows nor loses what matters
MOST_OPEN = 1 / 64  # of a tile's comparisons; where float32 leaves more open, float64 is cheaper than differences


@dataclass(frozen=True, slots=True)
class Rounding:
    """How far a product in `dtype` may lie from the squared distance: `share` and `least` of each squared norm."""

    dtype: Any
    share: float = 0.0
    least: float = 0.0  # where products underflow

    @classmethod
    def between(cls, first: Cloud, second: Cloud) -> Rounding:
        """Return that of float32, unless float64 suits the rows better."""
        xp, width = array_namespace(first.rows), first.rows.shape[1]
        largest = max(float(xp.max(first.norms)), float(xp.max(second.norms)))
        is_tame = FEWEST_COLUMNS <= width <= MOST_COLUMNS and RANGE[0] < largest < RANGE[1]
        return cls.of(xp.float32 if is_tame else xp.float64, width, xp)

    @classmethod
    def of(cls, dtype: Any, width: int, xp: Any) -> Rounding:
        """Return the bound for rows of that width.

        Of both squared norms, d + 2 products and sums (Higham 3.5) take twice (d + 2) units, rows and norms that were
        themselves rounded another 5; the float64 distance is held to the same. 1 % is for the second order.
        """
        units = (float(xp.finfo(dtype).eps) + float(xp.finfo(xp.float64).eps)) / 2
        tiny = float(xp.finfo(dtype).smallest_normal)
        return cls(dtype, share=1.01 * (2 * width + 12) * units, least=4 * (width + 2) * tiny)

    def reach(self, norms: Array) -> Array:
        """Return how far the squared distance may lie above its lower bound, given the sum of both squared norms."""
        return 2 * (self.share * norms + 2 * self.least)


@dataclass(frozen=True, slots=True)
class Tile:
    """Lower bounds [r, c] of the squared distances between some rows of one cloud and some of another."""

    first: Cloud
    second: Cloud
    rows: slice
    columns: slice
    rounding: Rounding
    bounds: Array

    def below(self, limits: Array, axis: Literal[0, 1]) -> Array:
        """Tell which squared distances lie below their row's limit (axis 0) or their column's (axis 1), exactly."""
        xp = array_namespace(limits)
        norms = self.first.norms[self.rows], self.second.norms[self.columns]
        furthest = self.rounding.reach(norms[axis] + xp.max(norms[1 - axis]))
        is_below = self.bounds < self._shaped(limits - furthest, axis, towards=-math.inf)
        is_open = is_below ^ (self.bounds < self._shaped(limits, axis, towards=math.inf))
        row, column = places(is_open)
        if len(row) > 0:
            limit, bound = limits[column if axis else row], xp.astype(self.bounds[row, column], xp.float64)
            reach = self.rounding.reach(norms[0][row] + norms[1][column])
            is_below[row, column] = bound + reach < limit
            open_still = (bound < limit) & (bound + reach >= limit)
            return self._settled(is_below, limits, axis, row[open_still], column[open_still])
        return is_below

    def _shaped(self, limits: Array, axis: Literal[0, 1], *, towards: float) -> Array:
        """Return limits in the bounds' precision, rounded in one direction, along the axis."""
        xp = array_namespace(limits)
        rounded = xp.astype(limits, self.rounding.dtype)
        return xp.expand_dims(xp.nextafter(rounded, xp.full_like(rounded, towards)), axis=1 - axis)

    def _settled(self, is_below: Array, limits: Array, axis: Literal[0, 1], row: Array, column: Array) -> Array:
        xp = array_namespace(limits)
        if self.rounding.dtype != xp.float64 and len(row) > MOST_OPEN * math.prod(self.bounds.shape):
            finer = Rounding.of(xp.float64, self.first.rows.shape[1], xp)
            return tile_between(self.first, self.second, self.rows, self.columns, finer).below(limits, axis)
        squares = squared_between(self.first, self.second, self.rows.start + row, self.columns.start + column)
        is_below[row, column] = squares < limits[column if axis else row]
        return is_below


def tile_between(first: Cloud, second: Cloud, rows: slice, columns: slice, rounding: Rounding) -> Tile:
    """Return one tile."""
    bounds = first.left(rows, rounding) @ second.right(columns, rounding).T
    return Tile(first, second, rows, columns, rounding, bounds)


def tiles_between(first: Cloud, second: Cloud, rounding: Rounding) -> Iterator[Tile]:
    """Yield the tiles of all pairs, row by row; within one cloud those above the diagonal, which stand for all others.

    Those on the diagonal are left out.
    """
    is_same = first is second
    for number, rows in enumerate(first.tiles()):
        left = first.left(rows, rounding)
        for columns in second.tiles()[number + 1 if is_same else 0 :]:
            yield Tile(first, second, rows, columns, rounding, left @ second.right(columns, rounding).T)


def squared_between(first: Cloud, second: Cloud, row: Array, column: Array) -> Array:
    """Return the squared distances [l] of pairs of rows, from differences in float64: 0 only where they coincide."""
    xp = array_namespace(first.rows)
    if len(row) == 0:
        return xp.empty(0, dtype=xp.float64, device=device(first.rows))
    found = []
    for part in parts(len(row), max(1, ELEMENTS // first.rows.shape[1])):
        difference = xp.astype(first.rows[row[part]], xp.float64) - second.rows[column[part]]
        found.append(xp.vecdot(difference, difference))
    return xp.concat(found)

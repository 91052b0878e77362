"""Functions of distances averaged over pairs of rows, tile by tile, without ever holding all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from array_api_compat import array_namespace

from genbench.metrics.arrays import places
from genbench.metrics.neighbours import Cloud, clouds
from genbench.metrics.rows import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from genbench.metrics.rows import Array, Rows

NEAR = 1e-6  # of |x|^2: where |x - y|^2 is less, the product that gives it has lost six digits, and zero is not zero
PAIRS = 4096  # near ones taken apart at a time


def mean_between(first: Rows, second: Rows, function: Callable[[Array], Array]) -> float:
    """Return the mean of a function of squared distances over all pairs of a row of either side."""
    left, right = clouds(first, second)
    tiles = (_tile(left, right, rows, columns) for rows in left.tiles() for columns in right.tiles())
    return sum(_sum(function(tile)) for tile in tiles) / (len(first) * len(second))


def mean_within(rows: Rows, function: Callable[[Array], Array]) -> float:
    """Return the mean of a function of squared distances over all pairs i != j."""
    total = 0.0
    for tile, is_diagonal in tiles_within(rows):
        if is_diagonal:
            total += _sum(function(tile)) - len(tile) * _sum(function(tile[:1, :1]))
        else:
            total += 2 * _sum(function(tile))
    return total / (len(rows) * (len(rows) - 1))


def tiles_within(rows: Rows) -> Iterator[tuple[Array, bool]]:
    """Yield tiles of squared distances in float64, which hold each pair i < j, and whether a tile is a diagonal one.

    Those hold each of their pairs as (j, i) too, and zeros for i = j.
    """
    (cloud,) = clouds(rows)
    tiles = cloud.tiles()
    for number, part in enumerate(tiles):
        for columns in tiles[number:]:
            yield _tile(cloud, cloud, part, columns), columns is part


def _tile(left: Cloud, right: Cloud, rows: slice, columns: slice) -> Array:
    """Return squared distances, those of rows that nearly coincide from their differences."""
    extended = left.left(rows)
    squares = extended @ right.right(columns).T
    xp = array_namespace(squares)
    is_near = squares < NEAR * extended[:, -2, None]
    if xp.any(is_near):
        row, column = places(is_near)
        first, second = left.rows[rows], right.rows[columns]
        pieces = parts(len(row), PAIRS)
        squares[is_near] = xp.concat([squares_apart(first[row[part]], second[column[part]]) for part in pieces])
    return squares


def squares_apart(first: Rows, second: Rows) -> Array:
    """Return the squared distance [n] of each row to its fellow, exact to the last digits."""
    xp = array_namespace(first, second)
    difference = xp.astype(first, xp.float64) - xp.astype(second, xp.float64)
    return xp.sum(difference * difference, axis=1)


def _sum(values: Array) -> float:
    return float(array_namespace(values).sum(values))

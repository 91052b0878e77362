"""Sums of the cubic kernel k(x, y) = (x.y / d + 1)^3 over pairs of rows, without ever holding all pairs."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.rows import Float64, Rows, parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

TILE = 512  # rows; a tile of kernel values is 2 MB and stays in cache
MOST_MOMENTS = 400_000  # third moments held per group: 3.2 MB
MULTIPLICITY = np.array([1, 3, 6])  # orderings of three indices of which one, two or three are distinct


def lifted(rows: Rows) -> Float64:
    """Return z [n, d + 1] in float64 with z.z' = x.x' / d + 1."""
    result = np.ones((len(rows), rows.shape[1] + 1))
    result[:, :-1] = rows
    result[:, :-1] /= np.sqrt(rows.shape[1])
    return result


def own_sum(rows: Rows) -> float:
    """Return the sum of k(x, x) over the rows."""
    chunks = (lifted(rows[part]) for part in parts(len(rows), TILE))
    return sum(float((np.einsum("ij,ij->i", chunk, chunk) ** 3).sum()) for chunk in chunks)


def sums_between(groups: list[Rows]) -> Float64:
    """Return the sum of k over all pairs of a row of one group and a row of the other [g, g], by the cheaper way."""
    rows, width = sum(len(group) for group in groups), groups[0].shape[1] + 1
    squares = width * (width + 1) // 2
    # Multiply-adds per row of either way; 60 and 25 stand for the memory traffic, measured on one core with AVX2.
    is_cheaper = squares * (width + 60) < rows / 2 * (width + 25)
    return moment_sums(groups) if is_cheaper and squares * (width + 2) // 3 <= MOST_MOMENTS else tile_sums(groups)


def tile_sums(groups: list[Rows]) -> Float64:
    """Return sums of k between groups [g, g], tile by tile: time grows with n^2, memory does not."""
    sums = np.empty((len(groups), len(groups)))
    for first, second in combinations_with_replacement(range(len(groups)), 2):
        sums[first, second] = sums[second, first] = _tiled_sum(groups[first], groups[second])
    return sums


def _tiled_sum(first: Rows, second: Rows) -> float:
    total = 0.0
    is_same = first is second  # then tiles above the diagonal stand for those below
    for row, row_part in enumerate(parts(len(first), TILE)):
        left = lifted(first[row_part])
        for column, column_part in enumerate(parts(len(second), TILE)):
            if is_same and column < row:
                continue
            tile = left @ lifted(second[column_part]).T
            total += float(np.vdot(tile * tile, tile)) * (2 if is_same and column > row else 1)
    return total


def moment_sums(groups: list[Rows]) -> Float64:
    """Return sums of k between groups [g, g] from third moments: sum (z.z')^3 = <sum z(x)z(x)z, sum z'(x)z'(x)z'>.

    Time grows with n, and with d^3: for few dimensions this is exact and far cheaper than all pairs.
    """
    first, second = np.triu_indices(groups[0].shape[1] + 1)
    pair, third = np.nonzero(np.arange(groups[0].shape[1] + 1) >= second[:, None])  # a <= b <= c: each product once
    weight = np.sqrt(MULTIPLICITY[(first != second)[pair] + (second[pair] != third).astype(np.int64)])
    moments = np.stack([_third_moments(group, first, second)[pair, third] * weight for group in groups])
    return np.asarray(moments @ moments.T, dtype=np.float64)


def _third_moments(rows: Rows, first: NDArray[np.intp], second: NDArray[np.intp]) -> Float64:
    """Return the sum over rows of z_a z_b z_c [(a, b), c]."""
    total = np.zeros((len(first), rows.shape[1] + 1))
    for part in parts(len(rows), TILE):
        coordinates = np.ascontiguousarray(lifted(rows[part]).T)  # taking whole rows is several times faster
        total += (coordinates[first] * coordinates[second]) @ coordinates.T
    return total

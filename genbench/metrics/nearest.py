"""Which row is the nearest one, for measures that ask about that very row and not only how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from genbench.metrics.host import on_host

if TYPE_CHECKING:
    from genbench.metrics.neighbours import Cloud
    from genbench.metrics.rows import Array, Float64

Indices = NDArray[np.intp]


def nearest_rows(queries: Cloud, targets: Cloud, *, own: Indices | None = None) -> tuple[Indices, Float64]:
    """Find the nearest target of every query: its index [n] and squared distance [n], exactly 0 where they coincide.

    Of targets equally near the first is taken.

    Args:
        queries: rows to look up, around the same origin as the targets.
        targets: rows to find.
        own: where each query stands among the targets, if it does; it is not its own neighbour.
    """
    tiles = queries.tiles()
    indices = [_nearest_of_tile(queries.left(part), targets, None if own is None else own[part]) for part in tiles]
    pairs = ((queries.rows[part], targets.rows[index]) for part, index in zip(tiles, indices, strict=True))
    return np.concatenate(indices), np.concatenate([_squared_distances(*pair) for pair in pairs])


def _nearest_of_tile(left: Array, targets: Cloud, own: Indices | None) -> Indices:
    xp = array_namespace(left)
    leasts, places = [], []
    for columns in targets.tiles():
        tile = left @ targets.right(columns).T
        if own is not None:
            (rows,) = np.nonzero((own >= columns.start) & (own < columns.stop))
            tile[rows, own[rows] - columns.start] = float("inf")
        leasts.append(xp.min(tile, axis=1))
        places.append(columns.start + xp.argmin(tile, axis=1))
    least, place = on_host(xp.stack(leasts)), on_host(xp.stack(places))  # [tiles, n]
    return np.asarray(place[least.argmin(axis=0), np.arange(place.shape[1])], dtype=np.intp)


def _squared_distances(first: Array, second: Array) -> Float64:
    """Return |x - y|^2 of rows side by side; by differences, since the product that finds a neighbour rounds."""
    xp = array_namespace(first)
    difference = xp.astype(first, xp.float64) - xp.astype(second, xp.float64)
    return np.asarray(on_host(xp.sum(difference * difference, axis=1)), dtype=np.float64)

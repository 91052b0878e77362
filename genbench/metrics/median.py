"""The median distance between rows: exact, in a few passes over tiles of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nextafter, sqrt
from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import array_namespace, device

from genbench.metrics.distances import squares_apart, tiles_within
from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.metrics.rows import Array, Rows

MOST = 2**20  # squared distances held: 8 MB
SHIFTS = 16  # pairs (i, i + shift) that tell where the median lies roughly
DEVIATIONS = 4  # of a quantile of independent draws, to either side of the rough median


@dataclass(frozen=True, slots=True)
class _Census:
    """How many values lie below `low`, how many below `high`, and in order those between, or every so many of them."""

    low: float
    high: float
    below: int
    inside: int
    kept: Float64

    def holds(self, rank: int) -> bool:
        return self.below <= rank < self.below + self.inside

    def is_final(self) -> bool:
        return len(self.kept) == self.inside or nextafter(self.low, inf) >= self.high

    def at(self, rank: int) -> float:
        """Return the value of that rank, near enough to begin with, exactly in the end."""
        return float(self.kept[(rank - self.below) * len(self.kept) // self.inside])


def median_distance(rows: Rows) -> float:
    """Return the median of |x_i - x_j| over i < j; memory does not grow with the number of pairs."""
    count = len(rows) * (len(rows) - 1) // 2
    lower, upper = (count - 1) // 2, count // 2
    last = _search(rows, lower, *(_rough(rows) if count > MOST else (0.0, inf)))
    above = last.at(upper) if last.holds(upper) else _least(rows, last.high)
    return (sqrt(last.at(lower)) + sqrt(above)) / 2


def _search(rows: Rows, rank: int, low: float, high: float) -> _Census:
    """Narrow [low, high) down around the squared distance of that rank, until all inside are held or are equal."""
    lowest, highest = 0.0, inf
    while True:
        census = _census(rows, low, high)
        if not census.holds(rank):
            lowest, highest = (lowest, low) if rank < census.below else (high, highest)
            low, high = lowest, highest
        elif census.is_final():
            return census
        else:
            lowest, highest = low, high
            low, high = _narrowed(census, rank)


def _narrowed(census: _Census, rank: int) -> tuple[float, float]:
    low, high = _around(census.kept, (rank - census.below) / census.inside)
    low, high = max(low, census.low), min(high, census.high)
    if (low, high) == (census.low, census.high):  # few values, each very often
        return census.at(rank), nextafter(census.at(rank), inf)
    return low, high


def _around(values: Float64, share: float) -> tuple[float, float]:
    """Return [low, high) that holds the quantile of what `values`, in order, were drawn from."""
    middle, margin = share * len(values), DEVIATIONS * sqrt(len(values)) / 2
    first, last = int(middle - margin), int(middle + margin) + 1
    low = float(values[first]) if first >= 0 else 0.0
    return low, nextafter(float(values[last]), inf) if last < len(values) else inf


def _rough(rows: Rows) -> tuple[float, float]:
    shifts = np.unique(np.linspace(1, len(rows) // 2, SHIFTS).astype(np.intp)).tolist()
    values = [
        on_host(squares_apart(rows[shift:][part], rows[:-shift][part]))
        for shift in shifts
        for part in parts(len(rows) - shift, 4096)
    ]
    return _around(np.sort(np.concatenate(values)), 0.5)


def _census(rows: Rows, low: float, high: float) -> _Census:
    below = inside = 0
    kept: Float64 = np.empty(0)
    stride = 1
    for values in _squares(rows):
        xp = array_namespace(values)
        below += int(xp.sum(values < low))
        found = on_host(values[(values >= low) & (values < high)])
        inside += len(found)
        kept = np.concatenate([kept, found[::stride]])
        if len(kept) > MOST:
            kept, stride = kept[::2], stride * 2
    return _Census(low, high, below, inside, np.sort(kept))


def _squares(rows: Rows) -> Iterator[Array]:
    """Yield the squared distances of all pairs i < j, flat."""
    for tile, is_diagonal in tiles_within(rows):
        xp = array_namespace(tile)
        number = xp.arange(len(tile), device=device(tile))
        yield tile[number[:, None] < number] if is_diagonal else xp.reshape(tile, (-1,))


def _least(rows: Rows, low: float) -> float:
    """Return the least squared distance that is not below `low`."""
    least = inf
    for values in _squares(rows):
        found = values[values >= low]
        least = min(least, float(array_namespace(found).min(found))) if len(found) else least
    return least

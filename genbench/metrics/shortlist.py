"""The nearest rows found so far, as tile after tile of distances comes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, device

from genbench.metrics.arrays import places, smallest

if TYPE_CHECKING:
    from genbench.metrics.rows import Array


@dataclass(slots=True)
class Shortlist:
    """The smallest values offered to each of n owners, with whose they were: [n, size].

    Few values are small enough once some tiles are seen: they wait, and many are sorted in at once.
    """

    values: Array  # ascending from the first sorting on; infinite where fewer were offered
    others: Array
    _limits: Array  # [n], the largest of `values` when they were last sorted
    _waiting: list[tuple[Array, Array, Array]] = field(default_factory=list)
    _count: int = 0

    @classmethod
    def of(cls, owners: int, size: int, *, dtype: Any, like: Array) -> Shortlist:
        """Return an empty one, where `like` is."""
        xp, place = array_namespace(like), device(like)
        values = xp.full((owners, size), float("inf"), dtype=dtype, device=place)
        others = xp.zeros((owners, size), dtype=xp.int64, device=place)
        return cls(values, others, xp.max(values, axis=1))

    def begin(self, owners: slice, others: slice, tile: Array) -> None:
        """Take the first tile of some owners, its rows."""
        count = min(self.values.shape[1], tile.shape[1])
        self.values[owners, :count], columns = smallest(tile, count)
        self.others[owners, :count] = others.start + columns
        self._limits[owners] = array_namespace(tile).max(self.values[owners, :], axis=1)

    def offer_rows(self, owners: slice, others: slice, tile: Array) -> None:
        """Take what is small enough of a tile whose rows are the owners."""
        row, column = places(tile < self._limits[owners][:, None])
        self.add(owners.start + row, others.start + column, tile[row, column])

    def offer_columns(self, owners: slice, others: slice, tile: Array) -> None:
        """Take what is small enough of a tile whose columns are the owners."""
        row, column = places(tile < self._limits[owners])
        self.add(owners.start + column, others.start + row, tile[row, column])

    def add(self, owners: Array, others: Array, values: Array) -> None:
        """Take values [l] for their owners [l]."""
        self._waiting.append((owners, others, values))
        self._count += len(owners)
        if self._count > self.values.shape[0] * self.values.shape[1]:
            self.sort()

    def sort(self) -> Array:
        """Sort in what waits; return the largest value [n] that each owner keeps."""
        xp, (count, size) = array_namespace(self.values), self.values.shape
        number = xp.arange(count, device=device(self.values))
        held = (xp.repeat(number, size), xp.reshape(self.others, (-1,)), xp.reshape(self.values, (-1,)))
        owners, others, values = (xp.concat(each) for each in zip(held, *self._waiting, strict=True))
        order = xp.argsort(values)
        order = xp.take(order, xp.argsort(xp.take(owners, order), stable=True))
        starts = xp.searchsorted(xp.take(owners, order), number)
        kept = order[starts[:, None] + xp.arange(size, device=device(self.values))]
        self.values, self.others, self._limits = values[kept], others[kept], values[kept[:, -1]]
        self._waiting, self._count = [], 0
        return self._limits

"""Tables as points: typed columns, and the numbers that stand for them in a model's rows.

A table is stored in its own units, one float a column, a category as its code. A model sees numbers standardised and
each category as one-hot coordinates of 0 and 1; what it samples is put back: a number by its scale, an integer rounded,
a category by its largest coordinate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from genbench.refs import Scale


class Column(BaseModel):
    """A column: what its floats mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Literal["number", "integer", "category"]
    categories: tuple[str, ...] = ()  # by code; of a category alone

    @property
    def width(self) -> int:
        """Return how many coordinates of a model's rows it takes."""
        return len(self.categories) if self.kind == "category" else 1


class Table(BaseModel):
    """The columns of a table, in the order of its stored rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[Column, ...]
    target: str | None = None  # the column that others are to predict

    @property
    def width(self) -> int:
        """Return the coordinates of a model's rows."""
        return sum(column.width for column in self.columns)

    def places(self) -> Iterator[Place]:
        """Yield every column with its place among the stored columns and among a model's coordinates."""
        start = 0
        for index, column in enumerate(self.columns):
            yield Place(column, index, slice(start, start + column.width))
            start += column.width

    def described(self) -> dict[str, Any]:
        """Return what a model is told: names, kinds, categories, and which coordinates [start, stop) are whose."""
        told = [
            {
                "name": column.name,
                "kind": column.kind,
                "categories": list(column.categories),
                "start": span.start,
                "stop": span.stop,
            }
            for column, _, span in self.places()
        ]
        return {"columns": told, "target": self.target}

    def encode(self, rows: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
        """Return rows as a model sees them [n, width], of stored rows [n, columns]."""
        encoded = np.zeros((len(rows), self.width), np.float32)
        for column, index, span in self.places():
            if column.kind == "category":
                encoded[np.arange(len(rows)), span.start + rows[:, index].astype(np.intp)] = 1
            else:
                encoded[:, span.start] = (rows[:, index] - scale.mean[index]) / scale.deviation[index]
        return encoded

    def decode(self, encoded: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
        """Return stored rows [n, columns] of what a model sampled [n, width]."""
        rows = np.empty((len(encoded), len(self.columns)), np.float32)
        for column, index, span in self.places():
            if column.kind == "category":
                rows[:, index] = encoded[:, span].argmax(axis=1)
            else:
                values = encoded[:, span.start].astype(np.float64) * scale.deviation[index] + scale.mean[index]
                rows[:, index] = np.rint(values) + 0.0 if column.kind == "integer" else values  # no -0, other bytes
        return rows


class Place(NamedTuple):
    """Where a column stands."""

    column: Column
    stored: int  # among the stored columns
    span: slice  # of a model's coordinates

"""Feature space `columns`: rows of a table as numbers, so that a distance between them means something.

Numbers and integers are standardised by the train split's scale; a category is one-hot over the root of two, so that
two different ones are at distance 1, as two numbers are that lie one deviation apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef, Scale
    from genbench.table import Table

RECIPE = "columns: numbers standardised by the train split's scale, categories one-hot over sqrt(2), float64 [n, d]"


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of a table, each category spread over as many coordinates as it has values; float64 [n, dimension]."""

    table: Table
    scale: Scale
    hash: str
    name: str = "columns"

    @property
    def dimension(self) -> int:
        """Return the number of features."""
        return self.table.width

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return the features of stored rows [n, columns]."""
        encoded = self.table.encode(np.asarray(rows, dtype=np.float64), self.scale).astype(np.float64)
        for column, _, span in self.table.places():
            if column.kind == "category":
                encoded[:, span] /= np.sqrt(2)
        return encoded


def check(data: DataRef) -> None:
    """Refuse what is no table."""
    if data.table is None or data.scale is None:
        raise UsageError(
            f"--features columns: got {data.kind} data '{data.name}', expected a table of named columns; "
            "omit --features"
        )


def extractor(data: DataRef) -> Columns:
    """Return the extractor for rows of the data's table."""
    check(data)
    assert data.table is not None and data.scale is not None
    recipe = f"{RECIPE} {data.table.model_dump_json()} {data.scale.model_dump_json()}"
    return Columns(data.table, data.scale, hashlib.sha256(recipe.encode()).hexdigest())

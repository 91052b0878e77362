"""Feature space `coordinates`: points as they are, in the data's own units."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef

RECIPE = "coordinates: float32 [n, d] in the data's own units, as float64"


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Points, unchanged; float64 [n, dimension]."""

    dimension: int
    name: str = "coordinates"
    hash: str = hashlib.sha256(RECIPE.encode()).hexdigest()

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return the points themselves."""
        return np.asarray(rows, dtype=np.float64)


def check(data: DataRef) -> None:
    """Refuse what is no set of points."""
    if data.kind != "points":
        raise UsageError(
            f"--features coordinates: got {data.kind} data '{data.name}', expected points; omit --features"
        )


def extractor(data: DataRef) -> Coordinates:
    """Return the extractor for points of the data's width."""
    check(data)
    return Coordinates(data.shape[0])

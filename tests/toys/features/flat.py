"""Rows of any kind as floats: the first coordinates of each."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef

MOST = 8


@dataclass(frozen=True)
class Flat:
    dimension: int
    name: str = "flat"
    hash: str = hashlib.sha256(b"flat").hexdigest()

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(rows, np.float64).reshape(len(rows), -1)[:, : self.dimension]


def extractor(data: DataRef) -> Flat:
    return Flat(min(MOST, math.prod(data.shape)))

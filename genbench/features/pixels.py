"""Feature space `pixels`: grey values in [0, 1] as they are."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef

RECIPE = "pixels: uint8 [n, c, h, w] over 255, flattened to float64 [n, c*h*w]"


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images, flattened; float64 [n, dimension]."""

    dimension: int
    name: str = "pixels"
    hash: str = hashlib.sha256(RECIPE.encode()).hexdigest()

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return grey values of images uint8 [n, c, h, w]."""
        return np.asarray(rows).reshape(len(rows), self.dimension) / np.float64(255)


def check(data: DataRef) -> None:
    """Refuse what is no image."""
    if data.kind != "image":
        raise UsageError(f"--features pixels: got {data.kind} data '{data.name}', expected images; omit --features")


def extractor(data: DataRef) -> Pixels:
    """Return the extractor for images of the data's shape."""
    check(data)
    return Pixels(math.prod(data.shape))

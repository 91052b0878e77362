"""Feature space `spectrum`: how loud each mel band of a wave is on average, and how far it swings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError
from genbench.features import logmel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef

RECIPE = f"spectrum: mean over frames, then deviation, of each channel's bands, float64 [n, c*{2 * logmel.BANDS}]; "


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Waves by the level of their bands in time; float64 [n, dimension], in [0, 1]; blind to the order of frames."""

    dimension: int
    name: str = "spectrum"
    hash: str = hashlib.sha256((RECIPE + logmel.RECIPE).encode()).hexdigest()

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return mean and deviation over time of the levels of waves float32 [n, c, t]."""
        levels = logmel.levels(rows)
        return np.concatenate([levels.mean(axis=3), levels.std(axis=3)], axis=2).reshape(len(rows), self.dimension)


def check(data: DataRef) -> None:
    """Refuse what is no wave."""
    if data.kind != "wave":
        raise UsageError(f"--features spectrum: got {data.kind} data '{data.name}', expected waves; omit --features")


def extractor(data: DataRef) -> Spectrum:
    """Return the extractor for waves of the data's channels."""
    check(data)
    return Spectrum(2 * logmel.BANDS * data.shape[0])

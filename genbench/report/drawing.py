"""What is drawn of samples of each kind of data, beside their measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.report import clouds, pictures
from genbench.report.excerpts import excerpts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.record import Prepared
    from genbench.refs import DataRef

SCATTERED = 2_500  # samples of a cloud
TEXT = ".txt"  # in the place of .png


def draw(rows: NDArray[Any], data: Prepared, path: Path) -> None:
    """Draw samples at `path`: images, spectrograms of waves, a scatter of points over real ones, text in its .txt.

    Of points of more than two coordinates, and of a table, the first two numbers are drawn, standardised; points of
    one number have no picture.
    """
    kind = data.ref.kind
    if kind == "image" and data.ref.shape[0] in pictures.CHANNELS:
        pictures.grid(rows, path)
    elif kind == "wave":
        pictures.spectrograms(rows, path)
    elif kind == "tokens":
        excerpts(rows, path.with_suffix(TEXT), data.ref.alphabet)
    elif kind == "points":
        _scatter(rows, data, path)


def _scatter(rows: NDArray[Any], data: Prepared, path: Path) -> None:
    ref, shown = data.ref, _shown(data.ref)
    if len(shown) < 2:
        return
    mean, deviation = np.zeros(2), np.ones(2)
    if ref.scale is not None and (ref.table is not None or ref.shape != (2,)):  # other units, other lengths
        mean, deviation = (np.array(each)[shown] for each in (ref.scale.mean, ref.scale.deviation))
    samples, real = ((each[:, shown] - mean) / deviation for each in (rows[:SCATTERED], data.rows("held_out")))
    centres = None if ref.mixture is None else (np.array(ref.mixture.centres)[:, shown] - mean) / deviation
    clouds.scatter(samples, path, reference=real, centres=centres)


def _shown(data: DataRef) -> list[int]:
    """Return the coordinates to draw: the first two that are numbers."""
    if data.table is None:
        return list(range(data.shape[0]))[:2]
    return [place.stored for place in data.table.places() if place.column.kind != "category"][:2]

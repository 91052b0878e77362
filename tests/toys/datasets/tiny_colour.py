"""Images of 8 x 8 pixels, each of one colour."""

from __future__ import annotations

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

COUNTS = {"train": 128, "validation": 40, "held_out": 40}


def load() -> Raw:
    return Raw(kind="image", **{name: _part(at, count) for at, (name, count) in enumerate(COUNTS.items())})


def _part(place: int, count: int) -> Part:
    colours = (streams.integers((34, place), 3 * count) % np.uint64(256)).astype(np.uint8)
    return Part(rows=np.tile(colours.reshape(count, 3, 1, 1), (1, 1, 8, 8)))

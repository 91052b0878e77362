"""Short tones of a few heights, 512 samples at 8 kHz."""

from __future__ import annotations

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

COUNTS = {"train": 96, "validation": 40, "held_out": 40}


def load() -> Raw:
    return Raw(kind="wave", **{name: _part(at, count) for at, (name, count) in enumerate(COUNTS.items())})


def _part(place: int, count: int) -> Part:
    height = 4 + streams.integers((32, place), count) % np.uint64(60)
    times = np.arange(512) / 512
    return Part(rows=np.round(np.sin(2 * np.pi * height[:, None] * times), 3)[:, None].astype(np.float32))

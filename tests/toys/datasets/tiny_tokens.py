"""Words of sixteen tokens over an alphabet of five, a new line and an escape among them."""

from __future__ import annotations

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

ALPHABET = ("\n", "\x1b", "a", "b", "é")
COUNTS = {"train": 128, "validation": 40, "held_out": 40}


def load() -> Raw:
    parts = {name: _part(at, count) for at, (name, count) in enumerate(COUNTS.items())}
    return Raw(kind="tokens", classes=len(ALPHABET), alphabet=ALPHABET, **parts)


def _part(place: int, count: int) -> Part:
    codes = streams.integers((33, place), 16 * count) % np.uint64(len(ALPHABET))
    return Part(rows=codes.reshape(count, 16).astype(np.int64))

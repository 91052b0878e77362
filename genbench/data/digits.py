"""Handwritten digits, 8 x 8 grey, 1797 in 10 classes, from scikit-learn; no download.

E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998, test part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = (1797,)
TRAIN, VALIDATION = 997, 300  # the remaining 500 are held out
DEEPEST = 16  # the grey value of full ink, 255 as stored


def load() -> Raw:
    """Shuffle once and for all, since the file is ordered by writer, and cut into 997, 300 and 500."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    every = Part(rows=stored(bunch.images), labels=bunch.target)[streams.permutation(SEED, len(bunch.target))]
    cut = TRAIN + VALIDATION
    return Raw(kind="image", train=every[:TRAIN], validation=every[TRAIN:cut], held_out=every[cut:], classes=10)


def stored(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return grey values 0..16 [n, 8, 8] as bytes 0..255 [n, 1, 8, 8], rounded half to even."""
    return np.round(values[:, None] * 255 / DEEPEST).astype(np.uint8)

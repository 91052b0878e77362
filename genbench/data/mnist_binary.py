"""MNIST in black and white: each pixel 255 where its grey value is above 127.5, else 0; from the data root.

A deterministic threshold. Results on stochastically binarised MNIST (each pixel drawn anew with its grey value as the
probability, or drawn once: H. Larochelle, I. Murray, 2011) are of other data and do not compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data import mnist
from genbench.data.dataset import Part, Raw

if TYPE_CHECKING:
    from pathlib import Path

THRESHOLD = 127.5


def files(root: Path | None) -> tuple[Path, ...]:
    """Return MNIST's four idx files."""
    return mnist.files(root)


def load(root: Path | None) -> Raw:
    """Read MNIST and binarise it; the splits are MNIST's."""
    return mnist.load(root).each(_binarised)


def _binarised(part: Part) -> Part:
    return Part(rows=np.where(part.rows > THRESHOLD, np.uint8(255), np.uint8(0)), labels=part.labels)

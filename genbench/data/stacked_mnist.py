"""Stacked MNIST, three digits as the channels of one image, 28 x 28, 1000 classes, from the data root.

Three digits drawn independently and with equal chances are red, green and blue; the class is their number of three
figures. The idea of L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein, "Unrolled generative adversarial networks", 2017,
arXiv:1611.02163, whose counts and those of A. Srivastava et al., "VEEGAN", 2017, arXiv:1705.07761, differ from each
other; these are ours: 50,000 images of MNIST's train rows, 5,000 of its validation rows, 10,000 of its test rows, so
that no digit is in two splits. Published mode counts are of other samples and another classifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data import mnist
from genbench.data.dataset import Part, Raw
from genbench.data.mixtures import integers_below

if TYPE_CHECKING:
    from pathlib import Path

SEED = 1000
COUNTS = (50_000, 5_000, 10_000)  # train, validation, held-out
CHANNELS = 3


def files(root: Path | None) -> tuple[Path, ...]:
    """Return MNIST's four idx files."""
    return mnist.files(root)


def load(root: Path | None) -> Raw:
    """Read MNIST and stack the digits of each split."""
    parts = (part for _, part in mnist.load(root).parts())
    stacked = (stack(part, (SEED, at), count) for at, (part, count) in enumerate(zip(parts, COUNTS, strict=True)))
    train, validation, held_out = stacked
    return Raw(kind="image", train=train, validation=validation, held_out=held_out, classes=1000)


def stack(digits: Part, seed: tuple[int, ...], count: int) -> Part:
    """Return `count` images [count, 3, h, w] of digits [n, 1, h, w], labelled 100 a + 10 b + c."""
    assert digits.labels is not None
    chosen = integers_below(len(digits), seed, CHANNELS * count).reshape(count, CHANNELS)
    labels = digits.labels[chosen].astype(np.int64) @ (100, 10, 1)
    return Part(rows=digits.rows[:, 0][chosen], labels=labels)

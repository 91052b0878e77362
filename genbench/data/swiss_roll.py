"""A spiral in the plane, one and a half turns with noise: the swiss roll seen from its end; fresh points, no download.

scikit-learn's `make_swiss_roll` without the coordinate along the roll, noise of deviation 1, divided by 5: the variant
of W. Grathwohl, R. T. Q. Chen, J. Bettencourt, I. Sutskever, D. Duvenaud, "FFJORD: free-form continuous dynamics for
scalable reversible generative models", 2018, arXiv:1810.01367, but of points that are drawn here once and for all.
The roll itself: S. Marsland, "Machine learning: an algorithmic perspective", 2nd edition, 2014, chapter 6.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw
from genbench.data.mixtures import COUNTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 7
PLACE, OFFSET = 0, 1  # where on the spiral, and how far from it: two streams
NOISE = 1.0  # deviation, before the division
SHRINK = 5.0


def load() -> Raw:
    """Draw the three splits, each from a stream of its own."""
    drawn = (draw((SEED, split), count) for split, count in enumerate(COUNTS))
    train, validation, held_out = (Part(rows=points.astype(np.float32)) for points in drawn)
    return Raw(kind="points", train=train, validation=validation, held_out=held_out)


def draw(seed: tuple[int, ...], count: int) -> NDArray[np.float64]:
    """Return `count` points [count, 2]: t (cos t, sin t) with t uniform in [1.5 pi, 4.5 pi), and noise."""
    uniform = (streams.integers((*seed, PLACE), count) >> np.uint64(11)) * 2.0**-53
    angle = 1.5 * math.pi * (1 + 2 * uniform)
    spiral = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
    return (spiral + NOISE * streams.normals((*seed, OFFSET), count)) / SHRINK

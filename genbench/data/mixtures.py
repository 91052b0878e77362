"""Points drawn from a mixture of equally likely round Gaussians in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import Mixture

COUNTS = (100_000, 10_000, 10_000)  # train, validation, held-out: all fresh
CHOICE, OFFSET = 0, 1  # which centre, and how far from it: two streams


def draw(mixture: Mixture, seed: tuple[int, ...], count: int) -> NDArray[np.float64]:
    """Return `count` points [count, 2] of the mixture."""
    centres = np.array(mixture.centres)
    chosen = integers_below(len(centres), (*seed, CHOICE), count)
    return centres[chosen] + mixture.deviation * streams.normals((*seed, OFFSET), count)


def integers_below(limit: int, seed: tuple[int, ...], count: int) -> NDArray[np.intp]:
    """Return `count` integers of 0..limit - 1, uniform to one part in 2^58."""
    return (streams.integers(seed, count) % np.uint64(limit)).astype(np.intp)


def load(mixture: Mixture, seed: int) -> Raw:
    """Return a data set of fresh points, every split from a stream of its own."""
    drawn = (draw(mixture, (seed, split), count) for split, count in enumerate(COUNTS))
    train, validation, held_out = (Part(rows=points.astype(np.float32)) for points in drawn)
    return Raw(kind="points", train=train, validation=validation, held_out=held_out, mixture=mixture)

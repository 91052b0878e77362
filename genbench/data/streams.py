"""Randomness that gives the same data on every machine and with every numpy.

NumPy guarantees the integers that PCG64 makes of a seed for ever, but not what `Generator` makes of them, which may
change between versions. So only the integers are taken, and everything else is made of them here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def integers(seed: tuple[int, ...], count: int) -> NDArray[np.uint64]:
    """Return `count` uniform 64-bit integers."""
    return np.random.PCG64(np.random.SeedSequence(seed)).random_raw(count).astype(np.uint64)


def permutation(seed: tuple[int, ...], count: int) -> NDArray[np.intp]:
    """Return a uniform permutation of 0..count - 1: the order of random 64-bit keys."""
    return np.argsort(integers(seed, count), kind="stable")


def normals(seed: tuple[int, ...], count: int) -> NDArray[np.float64]:
    """Return independent standard normal points [count, 2] by G. E. P. Box and M. E. Muller, 1958, eq. 1.

    log, cos and sin differ between machines in the last bits: round the result to float32 and check, as the tests do,
    that no value lies so near to a rounding boundary that those bits could show.
    """
    first, second = (integers(seed, 2 * count) >> np.uint64(11)).reshape(2, count)
    radius = np.sqrt(-2 * np.log((first + np.uint64(1)) * 2.0**-53))  # of (0, 1], so that log is finite
    angle = second * (2 * np.pi * 2.0**-53)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

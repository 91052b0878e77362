"""Level lines of the density of a cloud in the plane, by a smoothed histogram and marching triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

LEAST = 50  # points below which a density is guesswork
BINS = 160  # of a side of the frame
SHARES = (0.5, 0.9)  # of the points that lie within each line
SMOOTH, AT = 2.0, 2500  # bins that are blurred into one, with so many points; more with fewer


def outlines(cloud: Floats, middle: Floats, half: float) -> Floats:
    """Return short lines [n, 2, 2], from and to, around the densest regions that hold 50 and 90 % of a cloud [m, 2].

    The frame is a square around `middle`. A cloud of under 50 points has no outlines.
    """
    if len(cloud) < LEAST:
        return np.zeros((0, 2, 2))
    field = density((cloud - middle) / half)
    lines = [segments(field, level) for level in levels(field)]
    return np.concatenate(lines) * half + middle


def density(unit: Floats) -> Floats:
    """Return the blurred histogram [160, 160] of points in [-1, 1]^2, one more empty bin at each of its edges."""
    from scipy.ndimage import gaussian_filter

    counts, _, _ = np.histogram2d(unit[:, 0], unit[:, 1], bins=BINS, range=((-1, 1), (-1, 1)))
    blurred = gaussian_filter(counts, SMOOTH * (AT / len(unit)) ** 0.25, mode="constant")
    return np.pad(blurred, 1)  # so that lines close


def levels(field: Floats) -> Iterator[float]:
    """Yield for each share the height above which the densest bins hold it."""
    heights = np.sort(field, axis=None)[::-1]
    held = np.cumsum(heights) / heights.sum()
    for share in SHARES:
        yield float(heights[np.searchsorted(held, share)])


def segments(field: Floats, level: float) -> Floats:
    """Return where a field on a square grid crosses a level: lines [n, 2, 2] in [-1, 1]^2.

    Each cell is two triangles, in which a level crosses two edges or none: no case is ambiguous, as it is in squares.
    """
    count = len(field) - 2  # bins, without the empty ones around them
    centres = (np.arange(-1, count + 1) + 0.5) * 2 / count - 1
    grid = np.stack([*np.meshgrid(centres, centres, indexing="ij"), field], axis=2)  # [h, w, (x, y, height)]
    low, right, up, high = grid[:-1, :-1], grid[1:, :-1], grid[:-1, 1:], grid[1:, 1:]
    halves = (low, right, up), (high, up, right)
    triangles = np.concatenate([np.stack(corners, axis=2).reshape(-1, 3, 3) for corners in halves])
    above = triangles[:, :, 2] >= level
    crossed = above.any(axis=1) & ~above.all(axis=1)
    triangles, above = triangles[crossed], above[crossed]
    lone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), above.argmin(axis=1))  # the corner on the other side
    own = triangles[np.arange(len(lone)), lone]
    others = np.stack([triangles[np.arange(len(lone)), (lone + step) % 3] for step in (1, 2)], axis=1)
    share = (level - own[:, None, 2:]) / (others[:, :, 2:] - own[:, None, 2:])
    crossings: Floats = own[:, None, :2] + share * (others[:, :, :2] - own[:, None, :2])
    return crossings

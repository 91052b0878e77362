"""Points in the plane as a picture: samples over real rows, and the outlines of where the real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.report.contours import outlines

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.ImageDraw import ImageDraw

    Points = NDArray[np.floating[Any]]

SIDE = 640  # pixels of a side
MARGIN = 0.08  # of a side
MOST_POINTS = 5000
MOST_REAL = 10_000  # from which outlines are made
PAPER, PALE, INK, LINE, CENTRE = (255, 255, 255), (198, 208, 222), (190, 60, 30), (40, 75, 140), (20, 20, 20)


def scatter(points: Points, path: Path, reference: Points | None = None, centres: Points | None = None) -> None:
    """Write the first two coordinates of at most 5,000 points [n, d], real ones pale behind, centres as crosses.

    Lines are drawn around the densest regions that hold 50 and 90 % of the reference, of 50 points at least. The frame
    holds the reference, or the points where there is none: points beyond it are drawn at its edge.

    Raises:
        ValueError: not finite [n, d] with n > 0 and d > 1.
    """
    from PIL import Image, ImageDraw

    clouds = {"reference": reference, "points": points, "centres": centres}
    planes = {name: _plane(name, cloud) for name, cloud in clouds.items() if cloud is not None}
    frame = _frame(np.concatenate([plane for name, plane in planes.items() if name != "points" or reference is None]))
    canvas = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw = ImageDraw.Draw(canvas)
    if "reference" in planes:
        _dots(draw, planes["reference"][:MOST_POINTS], frame, PALE)
    _dots(draw, planes["points"][:MOST_POINTS], frame, INK)
    if "reference" in planes:
        ends = _pixels(outlines(planes["reference"], *frame).reshape(-1, 2), frame)
        for start, stop in zip(ends[::2], ends[1::2], strict=True):
            draw.line((*start, *stop), fill=LINE)
    for x, y in _pixels(planes["centres"], frame) if "centres" in planes else ():
        draw.line((x - 5, y, x + 5, y), fill=CENTRE)
        draw.line((x, y - 5, x, y + 5), fill=CENTRE)
    canvas.save(path, format="PNG")


def _dots(draw: ImageDraw, cloud: Points, frame: tuple[Points, float], colour: tuple[int, int, int]) -> None:
    for x, y in _pixels(cloud, frame):
        draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=colour)


def _plane(name: str, cloud: Points) -> Points:
    """Return the first two coordinates of at most 10,000 rows, in double precision."""
    plane = np.asarray(cloud[:MOST_REAL], dtype=np.float64)
    if plane.ndim != 2 or plane.shape[1] < 2 or not len(plane) or not np.isfinite(plane).all():
        raise ValueError(f"{name}: got {list(np.shape(cloud))}, expected finite numbers [n, d] with n > 0 and d > 1")
    return plane[:, :2]


def _frame(cloud: Points) -> tuple[Points, float]:
    """Return the middle [2] and half the side of the square that holds a cloud and a margin."""
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    return (low + high) / 2, half / (1 - 2 * MARGIN)


def _pixels(cloud: Points, frame: tuple[Points, float]) -> list[tuple[int, int]]:
    """Return points as pixels, the second coordinate upwards, what lies beyond the frame at its edge."""
    middle, half = frame
    unit = np.clip((cloud - middle) / half, -1, 1) * (1, -1)  # [n, 2] in [-1, 1]
    return [(round(x), round(y)) for x, y in ((unit + 1) / 2 * (SIDE - 1)).tolist()]

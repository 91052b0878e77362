"""Pictures of samples: a contact sheet of images, a scatter of points; PNG by pillow, imported when one is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Points = NDArray[np.floating[Any]]

COLUMNS = 8  # of a contact sheet
MOST_IMAGES = 64
TILE = 64  # pixels that a small image is magnified to, at least
GAP = 4  # pixels between tiles
SIDE = 640  # pixels of a scatter
MARGIN = 0.08  # of a scatter's side
MOST_POINTS = 5000
PAPER, PALE, INK, CENTRE = (255, 255, 255), (198, 208, 222), (190, 60, 30), (20, 20, 20)


def grid(images: NDArray[np.uint8], path: Path) -> None:
    """Write a contact sheet of the first 64 images [n, c, h, w], small ones magnified by a whole factor.

    Raises:
        ValueError: not uint8 [n, c, h, w] with 1 or 3 channels and at least one image.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3) or not images.size:
        raise ValueError(
            f"images: got {images.dtype} {list(images.shape)}, expected uint8 [n, 1 or 3, h, w] with n > 0"
        )
    shown = np.asarray(images[:MOST_IMAGES])
    _save(_sheet(_magnified(shown)), path)


def scatter(points: Points, path: Path, reference: Points | None = None, centres: Points | None = None) -> None:
    """Write the first two coordinates of at most 5,000 points [n, d], real ones pale behind, centres as crosses.

    The frame holds the reference, or the points where there is none: points beyond it are drawn at its edge.

    Raises:
        ValueError: not finite [n, d] with n > 0 and d > 1.
    """
    from PIL import Image, ImageDraw

    clouds = {"reference": reference, "points": points, "centres": centres}
    planes = {name: _plane(name, cloud) for name, cloud in clouds.items() if cloud is not None}
    frame = _frame(np.concatenate([plane for name, plane in planes.items() if name != "points" or reference is None]))
    canvas = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw = ImageDraw.Draw(canvas)
    for name, plane in planes.items():
        for x, y in _pixels(plane, frame):
            if name == "centres":
                draw.line((x - 5, y, x + 5, y), fill=CENTRE)
                draw.line((x, y - 5, x, y + 5), fill=CENTRE)
            else:
                draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=PALE if name == "reference" else INK)
    canvas.save(path, format="PNG")


def _magnified(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images [n, c, h, w] with every pixel repeated, so that a reader sees pixels and no interpolation."""
    factor = max(1, math.ceil(TILE / max(images.shape[2:])))
    return images.repeat(factor, axis=2).repeat(factor, axis=3)


def _sheet(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay images [n, c, h, w] out in rows of 8 on white: [height, width, 3]."""
    count, _, height, width = images.shape
    columns = min(COLUMNS, count)
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = (
            GAP + place * (size + GAP) for place, size in zip(divmod(index, columns), (height, width), strict=True)
        )
        sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0)  # [h, w, 1 or 3]
    return sheet


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path, format="PNG")


def _plane(name: str, cloud: Points) -> Points:
    """Return the first two coordinates of at most 5,000 rows, in double precision."""
    plane = np.asarray(cloud, dtype=np.float64)[:MOST_POINTS]
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

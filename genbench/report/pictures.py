"""Contact sheets of images and of the spectrograms of sounds; PNG by pillow, imported when one is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COLUMNS = 8  # of a contact sheet
CHANNELS = (1, 3)
MOST_IMAGES, MOST_WAVES = 64, 32
TILE = 64  # pixels that a small image is magnified to, at least
GAP = 4  # pixels between tiles


def grid(images: NDArray[np.uint8], path: Path) -> None:
    """Write a contact sheet of the first 64 images [n, c, h, w], small ones magnified by a whole factor.

    Raises:
        ValueError: not uint8 [n, c, h, w] with 1 or 3 channels and at least one image.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in CHANNELS or not images.size:
        raise ValueError(
            f"images: got {images.dtype} {list(images.shape)}, expected uint8 [n, 1 or 3, h, w] with n > 0"
        )
    shown = np.asarray(images[:MOST_IMAGES])
    _save(_sheet(_magnified(shown)), path)


def spectrograms(waves: NDArray[np.floating[Any]], path: Path) -> None:
    """Write log-mel levels of the first 32 waves [n, c, t], of their first channel, low bands at the bottom."""
    from genbench.features import logmel

    levels = logmel.images(waves[:MOST_WAVES, :1])  # [n, 1, bands, frames], low bands first
    grid(levels[:, :, ::-1], path)


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

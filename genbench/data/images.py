"""Your own pictures: images:FOLDER or, cropped to squares of 32 pixels, images:FOLDER@32.

All pictures below the folder, without labels, grey where all are grey. Split 80/10/10 in the order of their content's
hash, so that names and order of the files decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data.dataset import Part, Raw
from genbench.data.reading import refusal, sniff
from genbench.data.sources import below, sized_folder
from genbench.data.splits import by_content
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

USAGE = "images:FOLDER or images:FOLDER@32"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})
GREY = frozenset({"1", "L", "LA"})
DEEP = ("I", "F")  # more than 8 bits a channel, as I;16
ADVICE = "remove or repair this picture, or give another folder"


def files(source: str | None, root: Path | None) -> tuple[Path, ...]:
    """Return the pictures below the folder, sorted."""
    folder, _ = sized_folder(source, root, name="images", usage=USAGE)
    return below(folder, SUFFIXES, what="pictures", usage=USAGE)


def load(source: str | None, root: Path | None) -> Raw:
    """Decode, crop and resize where asked, and split."""
    train, validation, held_out = by_content(Part(rows=pictures(source, root)), f"images:{source}")
    return Raw(kind="image", train=train, validation=validation, held_out=held_out)


def pictures(source: str | None, root: Path | None) -> NDArray[np.uint8]:
    """Return all pictures as bytes [n, c, h, w], in the order of their paths.

    Raises:
        DataError: there are none, one is damaged, or their sizes differ.
    """
    _, side = sized_folder(source, root, name="images", usage=USAGE)
    paths = files(source, root)
    decoded = [decode(path, side) for path in paths]
    _check_shapes(paths, decoded)
    channels = max(picture.shape[0] for picture in decoded)
    return np.stack([np.broadcast_to(picture, (channels, *picture.shape[1:])) for picture in decoded])


def decode(path: Path, side: int | None) -> NDArray[np.uint8]:
    """Return a picture as bytes [c, h, w], one channel where it is grey, upright as its camera says.

    With `side`, the middle square is resized by Pillow's bicubic filter, which widens with the reduction and so avoids
    aliases (G. Parmar, R. Zhang, J.-Y. Zhu, "On aliased resizing and surprising subtleties in GAN evaluation", 2022,
    arXiv:2104.11222).

    Raises:
        DataError: it is no picture, damaged, or of more than 8 bits.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            if opened.mode.startswith(DEEP):
                raise DataError(f"{path}: expected 8 bits a channel, found mode {opened.mode}; convert it first")
            picture = ImageOps.exif_transpose(opened).convert("L" if opened.mode in GREY else "RGB")
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise many types on damaged bytes
        found = f"{sniff(path)}; reading it ends with: {error}"
        raise refusal(path, expected="a picture", found=found, advice=ADVICE) from error
    pixels = np.asarray(picture if side is None else _square(picture, side))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _square(picture: Image, side: int) -> Image:
    from PIL.Image import Resampling

    shorter = min(picture.size)
    left, top = ((extent - shorter) // 2 for extent in picture.size)
    # Not by `box` of resize, which blends in what lies beyond.
    middle = picture.crop((left, top, left + shorter, top + shorter))
    return middle.resize((side, side), Resampling.BICUBIC)


def _check_shapes(paths: tuple[Path, ...], pictures: list[NDArray[np.uint8]]) -> None:
    sizes = [f"{picture.shape[2]} x {picture.shape[1]}" for picture in pictures]
    for path, size in zip(paths, sizes, strict=True):
        if size != sizes[0]:
            found = f"{paths[0].name} is {sizes[0]}, {path.name} is {size}"
            advice = "give a size to bring them all to, as images:FOLDER@32 (run) or --size 32 (score)"
            raise refusal(path.parent, expected="pictures of one size", found=found, advice=advice)

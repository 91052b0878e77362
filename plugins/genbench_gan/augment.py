"""Differentiable augmentation (Zhao, Liu, Lin, Zhu & Han, 2020, arXiv 2006.10738): real and fake rows change alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

Policy = tuple[Literal["colour", "translation", "cutout"], ...]
SHIFT = 0.125  # of a side, at most
HOLE = 0.5  # of a side


def augmented(x: Tensor, policy: Policy) -> Tensor:
    """Return images [n, c, h, w] changed by each of `policy` in its order, differently in every row.

    Gradients pass through. What is no image comes back as it is.
    """
    if x.dim() != 4:
        return x
    for name in policy:
        x = CHANGES[name](x)
    return x


def _colour(x: Tensor) -> Tensor:
    """Change brightness by up to .5, saturation by a factor of 0 to 2 and contrast by one of .5 to 1.5."""
    brightness, saturation, contrast = torch.rand(3, len(x), 1, 1, 1, device=x.device)
    x = x + (brightness - 0.5)
    grey = x.mean(dim=1, keepdim=True)
    x = (x - grey) * (2 * saturation) + grey
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    changed: Tensor = (x - mean) * (contrast + 0.5) + mean
    return changed


def _translation(x: Tensor) -> Tensor:
    """Shift by whole pixels, up to an eighth of each side; what comes in is 0."""
    down, right = (
        torch.randint(-most, most + 1, (len(x),), device=x.device)
        for most in (int(side * SHIFT + 0.5) for side in x.shape[2:])
    )
    return _moved(x, down, right)


def _moved(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Return x moved by whole pixels, row by row."""
    count, _, height, width = x.shape
    rows = torch.arange(height, device=x.device)[None, :, None] - down[:, None, None]
    columns = torch.arange(width, device=x.device)[None, None, :] - right[:, None, None]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    which = torch.arange(count, device=x.device)[:, None, None]
    moved = x.permute(0, 2, 3, 1)[which, rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
    return moved.permute(0, 3, 1, 2) * inside[:, None]


def _cutout(x: Tensor) -> Tensor:
    """Set a rectangle of half of each side to 0, somewhere."""
    count, _, height, width = x.shape
    tall, wide = int(height * HOLE + 0.5), int(width * HOLE + 0.5)
    top = torch.randint(0, height + (1 - tall % 2), (count, 1), device=x.device) - tall // 2
    left = torch.randint(0, width + (1 - wide % 2), (count, 1), device=x.device) - wide // 2
    row, column = torch.arange(height, device=x.device), torch.arange(width, device=x.device)
    in_rows = (row >= top) & (row < top + tall)
    in_columns = (column >= left) & (column < left + wide)
    return x * ~(in_rows[:, :, None] & in_columns[:, None, :])[:, None]


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {"colour": _colour, "translation": _translation, "cutout": _cutout}

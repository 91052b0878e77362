"""Bring images to the size that a network was trained on: without aliasing, or as the papers' numbers were made.

References:
    G. Parmar, R. Zhang, J.-Y. Zhu, On Aliased Resizing and Surprising Subtleties in GAN Evaluation, 2022,
    arXiv 2104.11222, section 3: fixed-width filters alias; Pillow's bicubic filter, in floats, does not.
    TensorFlow 1, `resize_bilinear` with align_corners=False: pixel i of the result lies at i * (old size / new size).
"""

from __future__ import annotations

import torch
from torch.nn import functional

WHITE = 255.0


def antialiased(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return float32 grey values in 0..255 [n, c, side, side], by a bicubic filter as wide as the shrinkage asks for.

    Args:
        images: grey values 0..255 [n, c, h, w].
        side: height and width of the result.
    """
    size = (side, side)
    found = functional.interpolate(images.to(torch.float32), size, mode="bicubic", antialias=True)
    return found.clamp(0, WHITE)  # cubic filters overshoot


def as_tensorflow(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return float32 grey values [n, c, side, side] by TensorFlow 1's bilinear filter, shifted and aliased as it is.

    Args:
        images: grey values 0..255 [n, c, h, w].
        side: height and width of the result.
    """
    x = images.to(torch.float32)
    for axis in (3, 2):  # columns first: so sums are rounded as in TensorFlow
        low, high, share = _neighbours(x.shape[axis], side, x.device)
        first, second = x.index_select(axis, low), x.index_select(axis, high)
        x = first + (second - first) * (share if axis == 3 else share[:, None])
    return x


def _neighbours(old: int, new: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return for each new pixel the old ones on either side, and how far it lies on the way from one to the other."""
    place = torch.arange(new, device=device, dtype=torch.float32) * torch.tensor(old / new, dtype=torch.float32)
    low = place.long()
    return low, (low + 1).clamp(max=old - 1), place - low


def coloured(images: torch.Tensor) -> torch.Tensor:
    """Return [n, 3, h, w]: grey images [n, 1, h, w] three times, colour ones as they are."""
    return images.expand(-1, 3, -1, -1)

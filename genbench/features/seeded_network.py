"""The network behind `random`, as a function of its kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from genbench.features.network import at_most
from genbench.features.seeded import LARGEST_SIDE, LEAK

if TYPE_CHECKING:
    from collections.abc import Sequence


def features(kernels: Sequence[torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """Return the last convolution's averages, float32 [n, 512], of `images` uint8 [n, c, h, w]."""
    x = at_most(images.to(torch.float32) / 127.5 - 1, LARGEST_SIDE)
    for kernel in kernels[:-1]:
        x = functional.leaky_relu(functional.conv2d(x, kernel, padding=1), LEAK)
        x = functional.max_pool2d(x, 2, ceil_mode=True)
    return functional.leaky_relu(functional.conv2d(x, kernels[-1], padding=1), LEAK).mean(dim=(2, 3))

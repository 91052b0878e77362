"""The networks of the family's papers for images: DCGAN's (Radford, Metz & Chintala, 2016, arXiv 1511.06434).

Strided convolutions alone, no dense layer between them; N(0, 0.02^2) weights; a quarter of the channels. The
discriminator is normalised nowhere here: see `dcgan` for the one that is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import nn

from genbench.backbones.perceptrons import SLOPE
from genbench_gan.networks import ended

if TYPE_CHECKING:
    from genbench import Task

WIDTH, LATENT = 16, 100
SPREAD = 0.02  # standard deviation of every weight at the start


def halvings(task: Task) -> int:
    """Return how often the images are halved: until a side of 2 to 7 is left, and at least once.

    Raises:
        ValueError: the data are no images, or of a side that cannot be halved so often.
    """
    if task.kind != "image":
        raise ValueError(f"backbone 'canonical' is of the papers' images, got {task.kind}: use 'neutral'")
    count = max(1, int(math.log2(min(task.shape[1:]) / 2)) - (min(task.shape[1:]) > 8))
    if any(side % 2**count for side in task.shape[1:]):
        raise ValueError(
            f"backbone 'canonical' halves images {count} times, got sides of {task.shape[1:]}: expected multiples of "
            f"{2**count}; use 'neutral'"
        )
    return count


def widths(task: Task, width: int | None) -> list[int]:
    """Return the channels at each level, the outermost first: they double."""
    return [(width or WIDTH) * 2**level for level in range(halvings(task))]


def generator(task: Task, *, inputs: int, width: int | None = None) -> nn.Module:
    """Map z [n, inputs] to x [n, *shape]: normalised and rectified at each level but the last."""
    channels = widths(task, width)[::-1]
    inner = (channels[0], *(side // 2 ** len(channels) for side in task.shape[1:]))
    layers: list[nn.Module] = [nn.Linear(inputs, math.prod(inner), bias=False), nn.Unflatten(1, inner)]
    for before, after in zip(channels, [*channels[1:], task.shape[0]], strict=True):
        layers += [nn.BatchNorm2d(before), nn.ReLU()]
        layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
    return ended(initialised(nn.Sequential(*layers)), task)


def discriminator(task: Task, *, outputs: int = 1, width: int | None = None, pack: int = 1) -> nn.Sequential:
    """Map x [n, pack * c, h, w] to [n, outputs]; its last layer is linear.

    Args:
        task: its shape.
        outputs: of the last layer.
        width: channels of the first convolution.
        pack: rows that are judged as one.
    """
    channels = [pack * task.shape[0], *widths(task, width)]
    layers: list[nn.Module] = []
    for level, after in enumerate(channels[1:]):
        layers += [nn.Conv2d(channels[level], after, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
    inner = channels[-1] * math.prod(side // 2 ** (len(channels) - 1) for side in task.shape[1:])
    return initialised(nn.Sequential(*layers, nn.Flatten(), nn.Linear(inner, outputs)))


def initialised(network: nn.Sequential) -> nn.Sequential:
    """Draw every weight from N(0, 0.02^2), normalisation's from N(1, 0.02^2), and set biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, SPREAD)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, SPREAD)
        if isinstance(bias := getattr(module, "bias", None), nn.Parameter):
            nn.init.zeros_(bias)
    return network

"""The encoder and the decoder: perceptrons for points and small images, else convolutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from torch import nn

if TYPE_CHECKING:
    from genbench import Task

SMALL = 8  # pixels a side up to which a perceptron is faster and no worse than convolutions


class Size(NamedTuple):
    """How large the networks are."""

    latent: int
    width: int  # hidden units of a perceptron, channels of the outermost convolution


def is_convolutional(task: Task) -> bool:
    """Whether `task` is of images that two strides of 2 divide and that are worth it."""
    return task.kind == "image" and max(task.shape[1:]) > SMALL and all(side % 4 == 0 for side in task.shape[1:])


def default_size(task: Task) -> Size:
    """Return the size for `task`'s shape, as measured at some thousands of steps."""
    if is_convolutional(task):
        return Size(latent=32, width=16)
    return Size(latent=16, width=128) if task.kind == "image" else Size(latent=2, width=128)


def encoder(task: Task, size: Size) -> nn.Sequential:
    """Map x [n, *shape] to the mean and the log variance of q(z|x), side by side [n, 2 latent]."""
    if is_convolutional(task):
        return _conv_encoder(task.shape, size)
    inputs = math.prod(task.shape)
    return nn.Sequential(nn.Flatten(), *_hidden(inputs, size.width), nn.Linear(size.width, 2 * size.latent))


def decoder(task: Task, size: Size) -> nn.Sequential:
    """Map z [n, latent] to what the likelihood takes, [n, *shape]."""
    if is_convolutional(task):
        return _conv_decoder(task.shape, size)
    outputs = nn.Linear(size.width, math.prod(task.shape))
    return nn.Sequential(*_hidden(size.latent, size.width), outputs, nn.Unflatten(1, task.shape))


def _hidden(inputs: int, width: int) -> list[nn.Module]:
    return [nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]


def _conv_encoder(shape: tuple[int, ...], size: Size) -> nn.Sequential:
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, size.width, 4, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(size.width, 2 * size.width, 4, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(2 * size.width * (height // 4) * (width // 4), 16 * size.width), nn.ReLU(),
        nn.Linear(16 * size.width, 2 * size.latent),
    )  # fmt: skip


def _conv_decoder(shape: tuple[int, ...], size: Size) -> nn.Sequential:
    channels, height, width = shape
    inner = (2 * size.width, height // 4, width // 4)
    return nn.Sequential(
        nn.Linear(size.latent, 16 * size.width), nn.ReLU(),
        nn.Linear(16 * size.width, math.prod(inner)), nn.ReLU(),
        nn.Unflatten(1, inner),
        nn.ConvTranspose2d(2 * size.width, size.width, 4, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(size.width, channels, 4, stride=2, padding=1),
    )  # fmt: skip

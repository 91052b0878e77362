"""The generator and the discriminator: perceptrons for points and small images, else convolutions."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from torch import nn

if TYPE_CHECKING:
    from genbench import Task

SMALL = 8  # pixels a side up to which a perceptron is faster and no worse than convolutions
SLOPE = 0.2  # of the discriminator's leaky rectifiers


class Size(NamedTuple):
    """How large the networks are."""

    latent: int
    width: int  # hidden units of a perceptron, channels of the outermost convolution
    depth: int = 2  # hidden layers of a perceptron


def is_convolutional(task: Task) -> bool:
    """Whether `task` is of images that two strides of 2 divide and that are worth it."""
    return task.kind == "image" and max(task.shape[1:]) > SMALL and all(side % 4 == 0 for side in task.shape[1:])


def default_size(task: Task) -> Size:
    """Return the size for `task`'s shape, as measured at some thousands of steps."""
    if is_convolutional(task):
        return Size(latent=64, width=16)
    return Size(latent=32, width=128) if task.kind == "image" else Size(latent=16, width=128, depth=3)


def generator(task: Task, size: Size) -> nn.Sequential:
    """Map z [n, latent] to x [n, *shape]; images end in a sigmoid."""
    if is_convolutional(task):
        return _conv_generator(task.shape, size)
    outputs = nn.Linear(size.width, math.prod(task.shape))
    range_ = [nn.Sigmoid()] if task.kind == "image" else []
    return nn.Sequential(*_hidden(size.latent, size, nn.ReLU()), outputs, *range_, nn.Unflatten(1, task.shape))


def discriminator(task: Task, size: Size) -> nn.Sequential:
    """Map x [n, *shape] to logits [n, 1]; no normalisation, so that a row's logit does not depend on its batch."""
    if is_convolutional(task):
        return _conv_discriminator(task.shape, size)
    hidden = _hidden(math.prod(task.shape), size, nn.LeakyReLU(SLOPE))
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(size.width, 1))


def _hidden(inputs: int, size: Size, activation: nn.Module) -> list[nn.Module]:
    widths = [inputs] + [size.width] * size.depth
    layers = [nn.Linear(before, after) for before, after in pairwise(widths)]
    return [module for layer in layers for module in (layer, activation)]


def _conv_generator(shape: tuple[int, ...], size: Size) -> nn.Sequential:
    channels, height, width = shape
    inner = (2 * size.width, height // 4, width // 4)
    return nn.Sequential(
        nn.Linear(size.latent, 16 * size.width, bias=False), nn.BatchNorm1d(16 * size.width), nn.ReLU(),
        nn.Linear(16 * size.width, math.prod(inner), bias=False), nn.BatchNorm1d(math.prod(inner)), nn.ReLU(),
        nn.Unflatten(1, inner),
        nn.ConvTranspose2d(2 * size.width, size.width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(size.width), nn.ReLU(),
        nn.ConvTranspose2d(size.width, channels, 4, stride=2, padding=1), nn.Sigmoid(),
    )  # fmt: skip


def _conv_discriminator(shape: tuple[int, ...], size: Size) -> nn.Sequential:
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, size.width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(size.width, 2 * size.width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(2 * size.width * (height // 4) * (width // 4), 16 * size.width), nn.LeakyReLU(SLOPE),
        nn.Linear(16 * size.width, 1),
    )  # fmt: skip

"""Convolutions over images: two of stride 2 and a dense layer, and their mirror."""

from __future__ import annotations

import math

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.backbones.perceptrons import SLOPE


def encoder(shape: tuple[int, ...], outputs: int, width: int) -> nn.Sequential:
    """Map images [n, c, h, w], h and w multiples of 4, to [n, outputs]."""
    channels, height, side = shape
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(2 * width * (height // 4) * (side // 4), 16 * width), nn.LeakyReLU(SLOPE),
        nn.Linear(16 * width, outputs),
    )  # fmt: skip


def decoder(shape: tuple[int, ...], inputs: int, width: int, *, normalised: bool = True) -> nn.Sequential:
    """Map z [n, inputs] to images [n, c, h, w] of any range."""
    channels, height, side = shape
    inner, biased = (2 * width, height // 4, side // 4), not normalised
    layers = [
        nn.Linear(inputs, 16 * width, bias=biased), nn.BatchNorm1d(16 * width), nn.ReLU(),
        nn.Linear(16 * width, math.prod(inner), bias=biased), nn.BatchNorm1d(math.prod(inner)), nn.ReLU(),
        nn.Unflatten(1, inner),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=biased), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
    ]  # fmt: skip
    return nn.Sequential(*(layer for layer in layers if normalised or not isinstance(layer, _BatchNorm)))

"""Convolutions over time: strides of 4 down to some tens of frames, and their mirror.

After C. Donahue, J. McAuley, M. Puckette, Adversarial audio synthesis, 2019, arXiv 1802.04208, table 2: kernels of 25.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from genbench.backbones.perceptrons import SLOPE

KERNEL, STRIDE = 25, 4
SHORTEST = 16  # frames at which striding ends
WIDEST = 4  # times the outermost channels


def strides(samples: int) -> int:
    """Return how often a wave is divided by 4."""
    count = 0
    while samples % STRIDE == 0 and samples // STRIDE >= SHORTEST:
        samples, count = samples // STRIDE, count + 1
    return count


def are_strided(shape: tuple[int, ...]) -> bool:
    """Whether waves of `shape` (c, t) can be strided at least twice; a perceptron serves the others."""
    return strides(shape[1]) >= 2


def widths(shape: tuple[int, ...], width: int) -> list[int]:
    """Return the channels at every level, the wave's own first: they double up to four times the outermost."""
    return [shape[0], *(width * min(2**level, WIDEST) for level in range(strides(shape[1])))]


def strided(channels: list[int]) -> list[nn.Module]:
    """Return convolutions of stride 4 from each number of channels to the next."""
    return [
        module
        for before, after in pairwise(channels)
        for module in (nn.Conv1d(before, after, KERNEL, stride=STRIDE, padding=11), nn.LeakyReLU(SLOPE))
    ]


def unstrided(channels: list[int], *, normalised: bool = True) -> list[nn.Module]:
    """Return their mirror, normalised over the batch before each unless that is not wanted."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.BatchNorm1d(before)] if normalised else []
        layers += [nn.ReLU()]
        layers += [nn.ConvTranspose1d(before, after, KERNEL, stride=STRIDE, padding=11, output_padding=1)]
    return layers


def encoder(shape: tuple[int, ...], outputs: int, width: int) -> nn.Sequential:
    """Map waves [n, c, t] to [n, outputs]."""
    channels = widths(shape, width)
    frames = shape[1] // STRIDE ** strides(shape[1])
    return nn.Sequential(*strided(channels), nn.Flatten(), nn.Linear(channels[-1] * frames, outputs))


def decoder(shape: tuple[int, ...], inputs: int, width: int, *, normalised: bool = True) -> nn.Sequential:
    """Map z [n, inputs] to waves [n, c, t] of any range."""
    channels = widths(shape, width)[::-1]
    inner = (channels[0], shape[1] // STRIDE ** strides(shape[1]))
    dense = nn.Linear(inputs, math.prod(inner), bias=not normalised)
    return nn.Sequential(dense, nn.Unflatten(1, inner), *unstrided(channels, normalised=normalised))

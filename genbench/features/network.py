"""The network behind `classifier`: three convolutions, 64 features, one logit a class, as functions of weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from genbench.features import batched
from genbench.features.artefact import BATCH, LEAK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Weights = dict[str, torch.Tensor]

CHANNELS = (16, 32, 64)  # after each convolution
FEATURES = 64
LARGEST_SIDE = 64  # larger images are averaged down to it first
GRID = 4  # and what is left of them before the dense layer to this, so that weights stay small


def fresh(shape: tuple[int, ...], classes: int, generator: torch.Generator) -> Weights:
    """Draw untrained weights for images of `shape` (c, h, w) by He et al. 2015, arXiv 1502.01852, equation 15."""
    channels, *sides = shape
    cells = math.prod(min(GRID, -(-side // 8)) for side in sides)  # three poolings halve each side, rounding up
    sizes = {
        "conv0": (CHANNELS[0], channels, 3, 3),
        "conv1": (CHANNELS[1], CHANNELS[0], 3, 3),
        "conv2": (CHANNELS[2], CHANNELS[1], 3, 3),
        "dense": (FEATURES, CHANNELS[2] * cells),
        "logits": (classes, FEATURES),
    }
    weights: Weights = {}
    for layer, size in sizes.items():
        deviation = math.sqrt(2 / ((1 + LEAK**2) * math.prod(size[1:])))
        weights[f"{layer}.weight"] = torch.randn(size, generator=generator) * deviation
        weights[f"{layer}.bias"] = torch.zeros(size[0])
    return weights


def features(weights: Mapping[str, torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """Return the features after their rectifier, float32 [n, 64], of `images` uint8 [n, c, h, w]."""
    x = at_most(images.to(torch.float32) / 127.5 - 1, LARGEST_SIDE)
    for layer in range(len(CHANNELS)):
        x = functional.conv2d(x, weights[f"conv{layer}.weight"], weights[f"conv{layer}.bias"], padding=1)
        x = functional.max_pool2d(functional.leaky_relu(x, LEAK), 2, ceil_mode=True)
    x = functional.linear(at_most(x, GRID).flatten(1), weights["dense.weight"], weights["dense.bias"])
    return functional.leaky_relu(x, LEAK)


def logits(weights: Mapping[str, torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """Return one logit a class, float32 [n, classes], of `images` uint8 [n, c, h, w]."""
    return functional.linear(features(weights, images), weights["logits.weight"], weights["logits.bias"])


def tensors(arrays: Mapping[str, NDArray[np.float16]]) -> Weights:
    """Return stored weights in float32."""
    return {name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()}


def extract(arrays: Mapping[str, NDArray[np.float16]], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return features [n, 64] of images [n, c, h, w], on the CPU, in batches of 256 whatever n is."""
    weights = tensors(arrays)
    return batched.extract(lambda images: features(weights, images), rows, width=FEATURES, batch=BATCH)


def scores(arrays: Mapping[str, NDArray[np.float16]], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return logits [n, classes] of images [n, c, h, w], as `extract` returns features."""
    weights = tensors(arrays)
    width = len(weights["logits.bias"])
    return batched.extract(lambda images: logits(weights, images), rows, width=width, batch=BATCH)


def at_most(x: torch.Tensor, side: int) -> torch.Tensor:
    """Average images down to at most `side` pixels each way."""
    height, width = min(side, x.shape[2]), min(side, x.shape[3])
    return x if (height, width) == tuple(x.shape[2:]) else functional.adaptive_avg_pool2d(x, (height, width))

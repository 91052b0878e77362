"""Inception v3 as a function of its arrays, with the quirks of the graph by which Frechet distances are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from genbench.features.inception_layout import BLOCKS, Branch, Unit
from genbench.features.resize import coloured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Weights = Mapping[str, torch.Tensor]

SIDE = 299
GREY = 128  # images are centred on it and divided by it
EPSILON = 1e-3  # added to variances


def features(
    weights: Weights, images: torch.Tensor, resize: Callable[[torch.Tensor, int], torch.Tensor]
) -> torch.Tensor:
    """Return the averages before the logits (`pool3`), [n, 2048], of images uint8 [n, 1 or 3, h, w]."""
    x = coloured((resize(images, SIDE) - GREY) / GREY)
    for block in BLOCKS:
        x = torch.cat([_run(branch, weights, x) for branch in block.branches], dim=1)
    return x.mean(dim=(2, 3))


def logits(weights: Weights, averages: torch.Tensor) -> torch.Tensor:
    """Return [n, 1008] of features [n, 2048], without the bias, as inception scores are published.

    T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford, X. Chen, Improved Techniques for Training GANs, 2016,
    arXiv 1606.03498, section 4: their code multiplies by the last layer's matrix and adds nothing.
    """
    return functional.linear(averages, weights["fc.weight"])


def _run(branch: Branch, weights: Weights, x: torch.Tensor) -> torch.Tensor:
    x = _pooled(branch.pool, x)
    for step in branch.steps:
        x = torch.cat([_unit(unit, weights, x) for unit in step], dim=1)
    return x


def _pooled(pool: str | None, x: torch.Tensor) -> torch.Tensor:
    """Return `x` pooled by 3 x 3; averages are over the pixels that exist, not over the rim of zeros."""
    if pool == "average":
        return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    if pool == "largest":
        return functional.max_pool2d(x, 3, stride=1, padding=1)
    return functional.max_pool2d(x, 3, stride=2) if pool == "halving" else x


def _unit(unit: Unit, weights: Weights, x: torch.Tensor) -> torch.Tensor:
    is_padded = unit.is_padded and unit.stride == 1
    padding = (unit.height // 2, unit.width // 2) if is_padded else 0
    x = functional.conv2d(x, weights[f"{unit.name}.conv.weight"], stride=unit.stride, padding=padding)
    mean, variance, scale, shift = (
        weights[f"{unit.name}.bn.{vector}"] for vector in ("running_mean", "running_var", "weight", "bias")
    )
    return functional.relu(functional.batch_norm(x, mean, variance, scale, shift, eps=EPSILON))

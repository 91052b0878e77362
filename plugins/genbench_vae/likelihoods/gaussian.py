"""Continuous values around their mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from genbench.hookspecs import Kind

LOG_VARIANCE_FLOOR = -10.0  # below it a point that is hit exactly would let the density grow without bound
PACE = 0.01  # at which a variance that is not learnt follows the batches' errors

# Where the log variance starts; of points at 0 the decoder learns to ignore z: 2 modes of ring8 instead of 8.
STARTS: dict[Kind, float] = {"points": -6.0, "image": -4.0, "wave": -4.0}
RANGES: dict[Kind, tuple[float, float]] = {"image": (0.0, 1.0), "wave": (-1.0, 1.0)}
ENDS: dict[Kind, type[nn.Module]] = {"image": nn.Sigmoid, "wave": nn.Tanh}


class Gaussian(nn.Module):
    """Normal with one learned variance for all coordinates; of pixels and waves, means and draws keep to the range."""

    measure = "density"

    def __init__(self, network: nn.Module, kind: Kind) -> None:
        super().__init__()
        self.range = RANGES.get(kind)
        self.network = nn.Sequential(network, ENDS[kind]()) if kind in ENDS else network
        self.log_variance = nn.Parameter(torch.tensor(STARTS[kind]))

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n], summed over coordinates."""
        return log_normal(x, self.mean(z), self.bounded())

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]."""
        return self.network(z).float()  # type: ignore[no-any-return]

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        mean = self.mean(z)
        drawn = mean + torch.exp(self.bounded() / 2) * torch.randn_like(mean)
        return drawn if self.range is None else drawn.clamp(*self.range)

    @torch.no_grad()
    def follow(self, error: Tensor) -> None:
        """Move a variance that is not learnt a step towards a batch's mean squared error, where it fits best."""
        self.log_variance.lerp_(error.log().clamp(min=LOG_VARIANCE_FLOOR), PACE)

    def bounded(self) -> Tensor:
        """Return the log variance, no less than its floor."""
        return self.log_variance.clamp(min=LOG_VARIANCE_FLOOR)


def log_normal(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return -1/2 sum [(x - mean)^2 / s2 + log(2 pi s2)] over all axes but the first, [n]."""
    squares = (x - mean).square() * torch.exp(-log_variance)
    return -0.5 * (squares + log_variance + math.log(2 * math.pi)).flatten(1).sum(1)

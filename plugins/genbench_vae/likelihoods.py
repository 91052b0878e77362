"""The decoder p(x|z): a network, and the distribution that its output is a parameter of."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

LOG_VARIANCE_FLOOR = -10.0  # below it a point that is hit exactly would let the density grow without bound

START_OF_POINTS = -6.0  # log variance; from 0 the decoder learns to ignore z: 2 modes of ring8 instead of 8
START_OF_PIXELS = -4.0


class Bernoulli(nn.Module):
    """Independent pixels, the network's output their logits; a grey value in [0, 1] counts as a probability."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n], summed over pixels."""
        logits = self.network(z).float()
        return -binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]."""
        return torch.sigmoid(self.network(z).float())

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        return torch.bernoulli(self.mean(z))


class Gaussian(nn.Module):
    """Normal with one learned variance for all coordinates; pixels have their means, and their draws, in [0, 1]."""

    def __init__(self, network: nn.Module, *, is_image: bool) -> None:
        super().__init__()
        self.network = nn.Sequential(network, nn.Sigmoid()) if is_image else network
        self.log_variance = nn.Parameter(torch.tensor(START_OF_PIXELS if is_image else START_OF_POINTS))
        self.is_image = is_image

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n], summed over coordinates: -1/2 sum [(x - mean)^2 / s2 + log(2 pi s2)]."""
        log_variance = self._bounded()
        squares = (x - self.mean(z)).square() * torch.exp(-log_variance)
        return -0.5 * (squares + log_variance + math.log(2 * math.pi)).flatten(1).sum(1)

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]."""
        return self.network(z).float()  # type: ignore[no-any-return]

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        mean = self.mean(z)
        drawn = mean + torch.exp(self._bounded() / 2) * torch.randn_like(mean)
        return drawn.clamp(0, 1) if self.is_image else drawn

    def _bounded(self) -> Tensor:
        return self.log_variance.clamp(min=LOG_VARIANCE_FLOOR)

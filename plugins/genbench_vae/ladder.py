"""The generative ladder of deep latent Gaussian models: noise in every layer, each lifted onto the one below.

h_L = G_L xi_L,    h_l = T_l(h_{l+1}) + G_l xi_l,    x ~ p(x|h_1)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from genbench.backbones.perceptrons import perceptron

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench_vae.likelihoods import Likelihood

FEWEST = 2  # latents of an upper layer, where the layer below has as many


def layer_sizes(latent: int, layers: int) -> list[int]:
    """Return the latents of every layer, the lowest first: each has half as many as the one below, and two at least."""
    sizes = [latent]
    while len(sizes) < layers:
        sizes.append(max(sizes[-1] // 2, min(FEWEST, latent)))
    return sizes


class Ladder(nn.Module):
    """Map xi [n, sum of sizes] to h_1 [n, sizes[0]].

    Args:
        sizes: latents of every layer, the lowest first.
        width: hidden units of each T_l.
    """

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.noises = nn.ModuleList([nn.Linear(size, size, bias=False) for size in sizes])  # the G_l
        self.lifts = nn.ModuleList([_lift(above, below, width) for below, above in pairwise(sizes)])

    def forward(self, xi: Tensor) -> Tensor:
        """Descend from the highest layer."""
        *lower, highest = torch.split(xi, self.sizes, dim=1)
        h: Tensor = self.noises[-1](highest)
        for layer in reversed(range(len(lower))):
            h = self.lifts[layer](h) + self.noises[layer](lower[layer])
        return h


class Laddered(nn.Module):
    """A decoder p(x|h_1) with a ladder above it: a distribution of x given all xi."""

    def __init__(self, ladder: Ladder, decoder: Likelihood) -> None:
        super().__init__()
        self.ladder, self.lowest = ladder, decoder
        self.measure = decoder.measure

    def log_prob(self, x: Tensor, xi: Tensor) -> Tensor:
        """Return log p(x|xi) [n]."""
        return self.lowest.log_prob(x, self.ladder(xi))

    def mean(self, xi: Tensor) -> Tensor:
        """Return E[x|xi]."""
        return self.lowest.mean(self.ladder(xi))

    def draw(self, xi: Tensor) -> Tensor:
        """Return a draw of x given xi."""
        return self.lowest.draw(self.ladder(xi))


def _lift(above: int, below: int, width: int) -> nn.Sequential:
    """Return a T_l: one hidden layer."""
    return nn.Sequential(*perceptron(above, width, activation=nn.ReLU()), nn.Linear(width, below))

"""Mixtures of Gaussians whose parameters a network gives: of a condition, of what came before, or of nothing."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

FLOOR = 1e-3  # of deviations: without it a component that stands on one row has a density without bound


class Mixture(NamedTuple):
    """sum_k pi_k N(t | mu_k, diag sd_k^2), one for each leading index."""

    log_weights: Tensor  # [..., k]
    means: Tensor  # [..., k, d]
    deviations: Tensor  # [..., k, d]

    def log_prob(self, t: Tensor) -> Tensor:
        """Return log p(t) [...] at [..., d] (Bishop, 1994, equations 22 to 29, in logarithms)."""
        scaled = (t[..., None, :] - self.means) / self.deviations
        log_components = -0.5 * (scaled.square() + math.log(2 * math.pi)).sum(-1) - self.deviations.log().sum(-1)
        return torch.logsumexp(self.log_weights + log_components, dim=-1)

    def draw(self) -> Tensor:
        """Draw [..., d]: a component by its weight, then from it."""
        noise = torch.empty_like(self.log_weights).exponential_()
        chosen = (self.log_weights.exp() / noise).argmax(-1, keepdim=True)[..., None]
        means, deviations = (torch.take_along_dim(each, chosen, -2).squeeze(-2) for each in self[1:])
        return means + deviations * torch.randn_like(means)


def mixture_of(raw: Tensor, components: int) -> Mixture:
    """Read a mixture from what a network puts out, [..., k (1 + 2 d)]: weights, means and deviations side by side."""
    dimensions = (raw.shape[-1] // components - 1) // 2
    logits, means, scales = torch.split(raw.float(), [components, *2 * [components * dimensions]], dim=-1)
    means, scales = (each.view(*each.shape[:-1], components, dimensions) for each in (means, scales))
    return Mixture(torch.log_softmax(logits, dim=-1), means, softplus(scales) + FLOOR)


def raw_width(components: int, dimensions: int) -> int:
    """Return how many values describe a mixture."""
    return components * (1 + 2 * dimensions)


def unsoftplus(value: float) -> float:
    """Return what softplus makes `value` of."""
    return math.log(math.expm1(value))


class ConditionalMixture(nn.Module):
    """A mixture density network: p(t|x) with one hidden layer of tanh units, as in Bishop's section 5.

    Args:
        inputs: dimensions of x.
        outputs: dimensions of t.
        components: of the mixture; their means begin spread over `spread` standard deviations of t around 0.
        width: hidden units.
    """

    def __init__(self, inputs: int, outputs: int, components: int, width: int, spread: float = 1.0) -> None:
        super().__init__()
        self.components = components
        self.hidden = nn.Sequential(nn.Linear(inputs, width), nn.Tanh())
        self.raw = nn.Linear(width, raw_width(components, outputs))
        with torch.no_grad():
            means = self.raw.bias[components : components * (1 + outputs)]
            means.copy_(torch.linspace(-spread, spread, components).repeat_interleave(outputs))

    def forward(self, x: Tensor) -> Mixture:
        """Return the mixture at each x [n, inputs]."""
        return mixture_of(self.raw(self.hidden(x)), self.components)

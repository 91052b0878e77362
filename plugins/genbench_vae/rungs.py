"""Groups of latents one under another, each given those above it, in the model and in the posterior alike.

After A. Vahdat, J. Kautz, NVAE, 2020, arXiv 2007.03898: posteriors relative to their priors (section 3.2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

LOG_VARIANCE_RANGE = (-10.0, 10.0)  # of priors, and of posteriors relative to them


class Inferred(NamedTuple):
    """A draw from N(mean + shift, exp(log_variance + rescale)), and its cost under N(mean, exp(log_variance))."""

    z: Tensor  # [n, *shape]
    divergence: Tensor  # KL(q || p) [n]
    log_ratio: Tensor  # log p(z) - log q(z) [n]


def infer(mean: Tensor, log_variance: Tensor, shift: Tensor, rescale: Tensor, noise: Tensor) -> Inferred:
    """Draw from the posterior at `noise`; all are [n, *shape] (NVAE, equation 2)."""
    away = shift * torch.exp(-log_variance / 2)
    standing = away + torch.exp(rescale / 2) * noise  # z in the prior's own units
    divergence = 0.5 * (away.square() + rescale.exp() - 1 - rescale)
    log_ratio = 0.5 * (noise.square() + rescale - standing.square())
    z = mean + torch.exp(log_variance / 2) * standing
    return Inferred(z, divergence.flatten(1).sum(1), log_ratio.flatten(1).sum(1))


class Rung(nn.Module):
    """One group: its prior given the state, its posterior relative to that, and what it does to the state.

    Args:
        shape: of the group's latents.
        prior: from the state to mean and log variance; N(0, I) without it, as at the top.
        residual: from state and features (at the top, features) to shift and rescale.
        merge: from the latents to what is added to the state.
        mix: from the state to what is added to it at last.
    """

    def __init__(
        self, shape: tuple[int, ...], *, prior: nn.Module | None, residual: nn.Module, merge: nn.Module, mix: nn.Module
    ) -> None:
        super().__init__()
        self.shape = shape
        self.prior, self.residual, self.merge, self.mix = prior, residual, merge, mix

    def infer(self, state: Tensor, features: Tensor, noise: Tensor) -> tuple[Tensor, Inferred]:
        """Return the next state and what was inferred, at `noise` [n, latents of the group]."""
        noise = noise.view(-1, *self.shape)
        seen = features if self.prior is None else torch.cat([state, features], dim=1)
        shift, rescale = self.residual(seen).float().chunk(2, dim=1)
        found = infer(*self._prior(state, noise), shift, rescale.clamp(*LOG_VARIANCE_RANGE), noise)
        return self._joined(state, found.z), found

    def draw(self, state: Tensor, noise: Tensor) -> Tensor:
        """Return the next state at a draw from the prior."""
        noise = noise.view(-1, *self.shape)
        mean, log_variance = self._prior(state, noise)
        return self._joined(state, mean + torch.exp(log_variance / 2) * noise)

    def _prior(self, state: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        if self.prior is None:
            return torch.zeros_like(like), torch.zeros_like(like)
        mean, log_variance = self.prior(state).float().chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def _joined(self, state: Tensor, z: Tensor) -> Tensor:
        state = state + self.merge(z)
        return state + self.mix(state)  # type: ignore[no-any-return]

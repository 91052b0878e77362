"""Normal posteriors whose precision is diagonal, or diagonal plus a matrix of rank one.

D. Rezende, S. Mohamed, D. Wierstra, Stochastic backpropagation and approximate inference in deep generative models,
2014, arXiv 1401.4082, section 4.3 and appendix B: with C^-1 = D + u u' and eta = 1 / (u' D^-1 u + 1),

    C = D^-1 - eta D^-1 u u' D^-1,    log |C| = log eta - log |D|,    R = D^-1/2 - eta / (1 + sqrt eta) D^-1 u u' D^-1/2

and R R' = C. The paper divides 1 - sqrt(eta) by u' D^-1 u, which vanishes with u; this form does not.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from genbench_vae.bounds import divergences


class Posterior(NamedTuple):
    """N(mean, C), C^-1 = diag(exp(-log_variance)) + u u', all of them [n, latent]; without u it is diagonal."""

    mean: Tensor
    log_variance: Tensor
    direction: Tensor | None = None  # u

    def at(self, noise: Tensor) -> Tensor:
        """Return mean + R noise [..., n, latent]."""
        scaled = torch.exp(self.log_variance / 2) * noise
        if self.direction is None:
            return self.mean + scaled
        along = (self.direction * scaled).sum(dim=-1, keepdim=True)
        eta = self._eta()
        return self.mean + scaled - eta / (1 + eta.sqrt()) * self._leaning() * along

    def divergences(self) -> Tensor:
        """Return KL(N(mean, C) || N(0, I)) by latent [n, latent]; the share of log eta is the same for each."""
        diagonal = divergences(self.mean, self.log_variance)
        if self.direction is None:
            return diagonal
        eta = self._eta()
        return diagonal - 0.5 * (eta * self._leaning().square() + eta.log() / self.mean.shape[1])

    def log_determinant(self) -> Tensor:
        """Return log |C| [n]."""
        diagonal = self.log_variance.sum(dim=1)
        return diagonal if self.direction is None else diagonal + self._eta().log().squeeze(1)

    def _leaning(self) -> Tensor:
        """Return D^-1 u [n, latent]."""
        assert self.direction is not None
        return self.log_variance.exp() * self.direction

    def _eta(self) -> Tensor:
        """Return eta [n, 1]."""
        assert self.direction is not None
        return 1 / ((self.direction * self._leaning()).sum(dim=1, keepdim=True) + 1)

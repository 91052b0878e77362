"""Bounds on log p(x) that the family ascends, and is judged by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from genbench_vae.coder import Coder, Variational

ROWS_AT_ONCE = 16_384  # decoded together by `likelihood_bound`, to bound its memory


def divergences(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, exp(log_variance)) || N(0, 1)) by latent [n, latent].

    D. Kingma, M. Welling, Auto-encoding variational Bayes, 2014, arXiv 1312.6114, appendix B.
    """
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp())


def elbo(model: Coder, x: Tensor, noise: Tensor) -> Tensor:
    """Return the evidence lower bound [n] at one z a row (ibid., equations 3 and 10); `noise` [n, latent] is normal."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    return model.decoder.log_prob(x, z) - divergences(mean, log_variance).sum(dim=1)


def log_weights(model: Coder, x: Tensor, noise: Tensor) -> Tensor:
    """Return log p(x, z) - log q(z|x) [k, n] at the z of `noise` [k, n, latent]."""
    mean, log_variance = model.posterior(x)
    return weighed(model, x, mean + torch.exp(log_variance / 2) * noise, (mean, log_variance))


def weighed(model: Coder, x: Tensor, z: Tensor, posterior: tuple[Tensor, Tensor]) -> Tensor:
    """Return log p(x, z) - log q(z|x) [k, n] at z [k, n, latent], q given by its mean and its log variance."""
    mean, log_variance = posterior
    repeated = x.expand(len(z), *x.shape).flatten(0, 1)
    log_conditional = model.decoder.log_prob(repeated, z.flatten(0, 1)).view(len(z), len(x))
    squares = (z - mean).square() * torch.exp(-log_variance)
    return log_conditional + model.warmed(0.5 * (squares + log_variance - z.square()).sum(dim=2))


def importance_bound(model: Variational, x: Tensor, noise: Tensor) -> Tensor:
    """Return log 1/k sum_k p(x, z_k) / q(z_k|x) [n] at `noise` [k, n, latent].

    Y. Burda, R. Grosse, R. Salakhutdinov, Importance weighted autoencoders, 2016, arXiv 1509.00519, equation 8.
    """
    return torch.logsumexp(model.log_weights(x, noise), dim=0) - math.log(len(noise))


def likelihood_bound(model: Variational, x: Tensor, samples: int) -> Tensor:
    """Return the importance bound [n] of so many samples, in pieces that fit the memory."""
    pieces = torch.split(x, max(1, ROWS_AT_ONCE // samples))
    return torch.cat([importance_bound(model, rows, model.noise(samples, len(rows))) for rows in pieces])

"""A bound on log p(x) where the posterior can be drawn from, but has no known density."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from genbench_hybrids.posteriors import NOISES
from genbench_vae.bounds import ROWS_AT_ONCE

if TYPE_CHECKING:
    from torch import Tensor

    from genbench_hybrids.avb import Avb

DRAWS = 64  # from q, whose moments are the proposal's


def importance_bound(model: Avb, x: Tensor, samples: int) -> Tensor:
    """Return log 1/k sum_k p(x, z_k) / r(z_k|x) [n], z_k from the normal r(z|x) of q's mean and deviation.

    Y. Burda, R. Grosse, R. Salakhutdinov, 2016, arXiv 1509.00519, equation 8, holds for any proposal; r is settled by
    draws of its own, before the z_k are drawn. Worked through in pieces that fit the memory.
    """
    pieces = torch.split(x, max(1, ROWS_AT_ONCE // max(samples, DRAWS)))
    return torch.cat([_bound(model, rows, samples) for rows in pieces])


def proposal(model: Avb, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the deviation [n, latent] of draws from q(z|x)."""
    drawn = model.drawn(x, model.noise(NOISES * DRAWS * len(x)))
    deviation, mean = torch.std_mean(drawn.z.view(DRAWS, len(x), -1), dim=0)
    return mean, deviation.clamp(min=1e-5)


def _bound(model: Avb, x: Tensor, samples: int) -> Tensor:
    mean, deviation = proposal(model, x)
    noise = model.noise(samples * len(x)).view(samples, len(x), -1)
    z = mean + deviation * noise
    repeated = x.expand(samples, *x.shape).flatten(0, 1)
    log_conditional = model.decoder.log_prob(repeated, z.flatten(0, 1)).view(samples, len(x))
    log_prior_to_proposal = (0.5 * (noise.square() - z.square()) + deviation.log()).sum(dim=2)
    return torch.logsumexp(log_conditional + log_prior_to_proposal, dim=0) - math.log(samples)

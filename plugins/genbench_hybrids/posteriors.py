"""Posteriors that can be drawn from and have no known density: z = mean(x) + sd(x) u, u some function of noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from genbench.backbones.perceptrons import SLOPE, perceptron
from genbench_gan.players import make_discriminator
from genbench_hybrids.encoders import HIDDEN, reader_of_pairs
from genbench_vae.coder import LOG_VARIANCE_RANGE

if TYPE_CHECKING:
    from genbench import Task
    from genbench_gan.players import Options

NOISES = 2  # rows of normal noise for each code


class Drawn(NamedTuple):
    """Codes, each [n, latent], and what they were made of."""

    z: Tensor
    u: Tensor
    log_variance: Tensor  # sd(x) = exp(log_variance / 2)


class Free(nn.Module):
    """u = noise + warp(x, noise), which can be anything; without the warp, as at the start, q is normal."""

    def __init__(self, task: Task, options: Options, latent: int) -> None:
        super().__init__()
        self.moments = make_discriminator(task, options, outputs=2 * latent)
        self.warp = reader_of_pairs(task, options, outputs=latent)
        _set_to_zero(self.warp[-1])

    def forward(self, x: Tensor, noise: Tensor) -> Drawn:
        """Draw k codes for each of n rows by noise [2 * k * n, latent], of which half is used."""
        first, _ = noise.chunk(NOISES)
        mean, log_variance = _repeated(self.moments(x), first, 2)
        u = first + self.warp((x, first)).float()
        return _drawn(mean, log_variance, u)


class Matched(nn.Module):
    """u = cos a(x) noise + sin a(x) v(other noise), v standardised: of mean 0 and variance 1 whatever x is.

    So mean(x) and sd(x) are the moments of q(z|x), as adaptive contrast demands (Mescheder et al., 2017, section 3.3,
    who take several such terms). Without that u would run away from T: -u^2/2 has no floor but T's answer.
    """

    def __init__(self, task: Task, options: Options, latent: int) -> None:
        super().__init__()
        self.moments = make_discriminator(task, options, outputs=3 * latent)
        hidden = perceptron(latent, HIDDEN, HIDDEN, activation=nn.LeakyReLU(SLOPE))
        self.basis = nn.Sequential(*hidden, nn.Linear(HIDDEN, latent))
        self.standard = nn.BatchNorm1d(latent, affine=False)

    def forward(self, x: Tensor, noise: Tensor) -> Drawn:
        """Draw k codes for each of n rows by noise [2 * k * n, latent]."""
        first, second = noise.chunk(NOISES)
        mean, log_variance, angle = _repeated(self.moments(x), first, 3)
        v = self.standard(self.basis(second).float())
        return _drawn(mean, log_variance, angle.cos() * first + angle.sin() * v)


def _repeated(outputs: Tensor, noise: Tensor, count: int) -> tuple[Tensor, ...]:
    """Return a network's outputs [n, count * latent] apart, each of as many rows as the noise has."""
    return outputs.float().repeat(len(noise) // len(outputs), 1).chunk(count, dim=1)


def _drawn(mean: Tensor, log_variance: Tensor, u: Tensor) -> Drawn:
    log_variance = log_variance.clamp(*LOG_VARIANCE_RANGE)
    return Drawn(mean + torch.exp(log_variance / 2) * u, u, log_variance)


def _set_to_zero(layer: nn.Module) -> None:
    for weight in layer.parameters():
        nn.init.zeros_(weight)

"""sigma-VAE: a Gaussian decoder of the variance that fits best (Rybkin et al., 2021, arXiv 2006.13202)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.bounds import divergences
from genbench_vae.coder import Coder
from genbench_vae.likelihoods.gaussian import LOG_VARIANCE_FLOOR, PACE
from genbench_vae.shared import SAMPLING, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from genbench.batches import Batches
    from genbench.hookspecs import Kind
    from genbench_vae.likelihoods import Gaussian

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{rybkin2021simple,
  title = {Simple and Effective {VAE} Training with Calibrated Decoders},
  author = {Rybkin, Oleh and Daniilidis, Kostas and Levine, Sergey},
  booktitle = {International Conference on Machine Learning},
  year = {2021},
}"""


class Options(coder.Options):
    """What can be set."""

    likelihood: Literal["gaussian"] = Field("gaussian", description="what the variance is of")


class SigmaCoder(Coder):
    """A coder whose variance is no parameter: it follows the mean squared error of the batches."""

    decoder: Gaussian

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.decoder.log_variance.requires_grad_(False)

    @torch.no_grad()
    def follow(self, log_variance: Tensor) -> None:
        """Move the variance that samples and likelihoods use a step towards a batch's."""
        self.decoder.log_variance.lerp_(log_variance, PACE)


def objective(model: SigmaCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return the bound [n] at the variance that is best for the batch, s2 = MSE (section 4.1, equation 5)."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    errors = (x - model.decoder.mean(z)).square().flatten(1)
    best = errors.mean().log().clamp(min=LOG_VARIANCE_FLOOR)
    model.follow(best)
    log_prob = -0.5 * (errors * torch.exp(-best) + best + math.log(2 * math.pi)).sum(dim=1)
    return log_prob - model.charged(divergences(mean, log_variance))


@hookimpl
def build(task: Task, options: Options) -> SigmaCoder:
    """Make the untrained model."""
    return laid_out(SigmaCoder(task, options), task)


@hookimpl
def train(model: SigmaCoder, batches: Batches) -> None:
    """Maximise the bound at the best variance, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Simple and Effective VAE Training with Calibrated Decoders, Oleh Rybkin, Kostas Daniilidis,"
        " Sergey Levine, ICML 2021, arXiv 2006.13202",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

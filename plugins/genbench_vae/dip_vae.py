"""DIP-VAE: the inferred prior disentangled (Kumar, Sattigeri & Balakrishnan, 2018, arXiv 1711.00848)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.bounds import divergences
from genbench_vae.coder import Coder
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{kumar2018variational,
  title = {Variational Inference of Disentangled Latent Concepts from Unlabeled Observations},
  author = {Kumar, Abhishek and Sattigeri, Prasanna and Balakrishnan, Avinash},
  booktitle = {International Conference on Learning Representations},
  year = {2018},
}"""


class Options(coder.Options):
    """What can be set."""

    form: Literal["I", "II"] = Field(
        "II",
        json_schema_extra={"tune": False},
        description="covariance of the posterior means, or of the whole aggregate",
    )
    off_diagonal: float = Field(
        10.0,
        ge=0,
        le=1000,
        json_schema_extra={"tune": {"low": 1, "high": 100}},
        description="weight of squared covariances",
    )
    diagonal: float | None = Field(
        None, ge=0, le=10_000, description="weight of variances off 1; I: 10 times the other"
    )


class InferredPriorCoder(Coder):
    """A coder that remembers the penalty's weights."""

    options: Options

    @property
    def weights(self) -> tuple[float, float]:
        """Return the weights of off-diagonal and diagonal terms."""
        off, own = self.options.off_diagonal, self.options.diagonal
        return off, (10 * off if self.options.form == "I" else off) if own is None else own


def covariance(mean: Tensor, log_variance: Tensor, form: str) -> Tensor:
    """Return Cov[mean] (I) or E[diag variance] + Cov[mean] (II) over a batch, divided by its rows, [latent, latent]."""
    centred = mean - mean.mean(dim=0)
    own = centred.T @ centred / len(mean)
    return own if form == "I" else own + torch.diag(log_variance.exp().mean(dim=0))


def penalty(covariance: Tensor, off_diagonal: float, diagonal: float) -> Tensor:
    """Return the weighed squares of what sets a covariance apart from the identity (equations 6 and 7)."""
    variances = covariance.diagonal()
    others = covariance.square().sum() - variances.square().sum()
    return off_diagonal * others + diagonal * (variances - 1).square().sum()


def objective(model: InferredPriorCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return the evidence lower bound less the batch's penalty, [n]."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    bound = model.decoder.log_prob(x, z) - model.charged(divergences(mean, log_variance))
    return bound - penalty(covariance(mean, log_variance, model.options.form), *model.weights)


@hookimpl
def build(task: Task, options: Options) -> InferredPriorCoder:
    """Make the untrained model."""
    return laid_out(InferredPriorCoder(task, options), task)


@hookimpl
def train(model: InferredPriorCoder, batches: Batches) -> None:
    """Maximise the penalised bound, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations, Abhishek Kumar,"
        " Prasanna Sattigeri, Avinash Balakrishnan, ICLR 2018, arXiv 1711.00848",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

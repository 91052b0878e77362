"""Auto-encoding variational Bayes (Kingma & Welling, 2014, arXiv 1312.6114)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.bounds import divergences, log_weights
from genbench_vae.coder import Coder
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{kingma2014auto,
  title = {Auto-Encoding Variational Bayes},
  author = {Kingma, Diederik P. and Welling, Max},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
}"""


class Options(coder.Options):
    """What can be set."""

    kl: Literal["analytic", "sampled"] = Field("analytic", description="divergence in closed form, or at the z drawn")


class Vae(Coder):
    """An encoder and a decoder."""

    options: Options


def objective(model: Vae, x: Tensor, noise: Tensor) -> Tensor:
    """Return the evidence lower bound [n] with the divergence in closed form (equation 10)."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    return model.decoder.log_prob(x, z) - model.charged(divergences(mean, log_variance))


def sampled_objective(model: Vae, x: Tensor, noise: Tensor) -> Tensor:
    """Return log p(x, z) - log q(z|x) [n] at the z drawn (equation 9)."""
    return log_weights(model, x, noise).mean(dim=0)


@hookimpl
def build(task: Task, options: Options) -> Vae:
    """Make the untrained model."""
    return laid_out(Vae(task, options), task)


@hookimpl
def train(model: Vae, batches: Batches) -> None:
    """Maximise the evidence lower bound, averaged over the batch."""
    if model.options.kl == "sampled":
        maximise(sampled_objective, model, batches, samples=(1,))
    else:
        maximise(objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Auto-Encoding Variational Bayes, Diederik P. Kingma and Max Welling, ICLR 2014, arXiv 1312.6114",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

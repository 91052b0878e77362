"""beta-TCVAE: the total correlation of the latents weighed apart (Chen et al., 2018, arXiv 1802.04942)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.coder import Coder
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{chen2018isolating,
  title = {Isolating Sources of Disentanglement in Variational Autoencoders},
  author = {Chen, Ricky T. Q. and Li, Xuechen and Grosse, Roger and Duvenaud, David},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2018},
}"""


class Options(coder.Options):
    """What can be set."""

    alpha: float = Field(
        1.0,
        ge=0,
        le=100,
        json_schema_extra={"tune": {"low": 0.3, "high": 3, "log": True}},
        description="weight of the information that z has of x",
    )
    beta: float = Field(
        6.0,
        ge=0,
        le=1000,
        json_schema_extra={"tune": {"low": 1, "high": 20, "log": True}},
        description="weight of the total correlation",
    )
    gamma: float = Field(
        1.0,
        ge=0,
        le=100,
        json_schema_extra={"tune": {"low": 0.3, "high": 3, "log": True}},
        description="weight of each latent's own divergence",
    )


class Parts(NamedTuple):
    """The sampled divergence in three parts [n] each, which sum to log q(z|x) - log p(z)."""

    information: Tensor  # log q(z|x) - log q(z)
    correlation: Tensor  # log q(z) - sum_j log q(z_j)
    own: Tensor  # sum_j log q(z_j) - log p(z_j)


class CorrelationCoder(Coder):
    """A coder that remembers the weights."""

    options: Options


def parts(z: Tensor, mean: Tensor, log_variance: Tensor, examples: int) -> Parts:
    """Return the divergence at z [n, latent] in three parts (equation 2).

    q(z) is estimated from the batch by weighted sampling (equation S6): 1 / (n examples) times the sum of the batch's
    posteriors at z; examples are the rows of the data set.
    """
    of_others = _log_normal(z[:, None], mean[None], log_variance[None])  # [n, n, latent]: at z of a row, by another's q
    conditional = of_others.diagonal().T.sum(dim=1)
    constant = math.log(len(z) * examples)
    joint = torch.logsumexp(of_others.sum(dim=2), dim=1) - constant
    product = (torch.logsumexp(of_others, dim=1) - constant).sum(dim=1)
    prior = _log_normal(z, torch.zeros_like(z), torch.zeros_like(z)).sum(dim=1)
    return Parts(conditional - joint, joint - product, product - prior)


def objective(model: CorrelationCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return the bound with the three parts weighed, [n] (equation 4)."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    found = parts(z, mean, log_variance, model.task.examples)
    weights = model.options
    charged = weights.alpha * found.information + weights.beta * found.correlation + weights.gamma * found.own
    return model.decoder.log_prob(x, z) - model.warmed(charged)


@hookimpl
def build(task: Task, options: Options) -> CorrelationCoder:
    """Make the untrained model."""
    return laid_out(CorrelationCoder(task, options), task)


@hookimpl
def train(model: CorrelationCoder, batches: Batches) -> None:
    """Maximise the weighed bound, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Isolating Sources of Disentanglement in Variational Autoencoders, Ricky T. Q. Chen et al.,"
        " NeurIPS 2018, arXiv 1802.04942",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }


def _log_normal(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return log N(z; mean, exp(log_variance)) of each coordinate."""
    return -0.5 * ((z - mean).square() * torch.exp(-log_variance) + log_variance + math.log(2 * math.pi))

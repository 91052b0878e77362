"""Deep latent Gaussian models (Rezende, Mohamed & Wierstra, 2014, arXiv 1401.4082)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.coder import LOG_VARIANCE_RANGE, Variational, latent_of, make_decoder, make_encoder, sized
from genbench_vae.ladder import Ladder, Laddered, layer_sizes
from genbench_vae.rank_one import Posterior
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, sample

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

WARM_UP = 0.2  # of more than one layer, whose highest would else stay at the prior
BIBTEX = """@inproceedings{rezende2014stochastic,
  title = {Stochastic Backpropagation and Approximate Inference in Deep Generative Models},
  author = {Rezende, Danilo Jimenez and Mohamed, Shakir and Wierstra, Daan},
  booktitle = {International Conference on Machine Learning},
  year = {2014},
}"""


class Options(coder.Options):
    """What can be set; `latent` is of the lowest layer."""

    layers: int = Field(
        2,
        ge=1,
        le=4,
        json_schema_extra={"tune": False},
        description="stochastic layers; 1 has no G_1 and is the plain model",
    )
    covariance: Literal["diagonal", "rank1"] = Field("diagonal", description="of the posterior of every layer")


class Dlgm(Variational):
    """A recognition network q(xi|x) = prod_l N(mu_l, C_l), and a decoder that descends a ladder of noise."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        sizes = layer_sizes(latent_of(task, options), options.layers)
        super().__init__(task, options, sum(sizes))
        self.sizes, many = sizes, len(sizes) > 1
        if many and options.warm_up is None:
            self.warm_up = max(self.warm_up, WARM_UP)
        outputs = 3 if options.covariance == "rank1" else 2
        self.encoder = make_encoder(task, options, outputs=outputs * self.latent)
        lowest = make_decoder(task, options, inputs=sizes[0])
        self.decoder = Laddered(Ladder(sizes, sized(task, options).width), lowest) if many else lowest

    def posteriors(self, x: Tensor) -> list[Posterior]:
        """Return q(xi_l|x) of every layer, the lowest first."""
        mean, log_variance, *direction = torch.split(self.encoder(x).float(), self.latent, dim=1)
        parts = [mean, log_variance.clamp(*LOG_VARIANCE_RANGE), *direction]
        return [
            Posterior(*each) for each in zip(*(torch.split(part, self.sizes, dim=1) for part in parts), strict=True)
        ]

    def drawn(self, posteriors: list[Posterior], noise: Tensor) -> Tensor:
        """Return the xi [..., n, latent] of all layers at `noise`."""
        noises = torch.split(noise, self.sizes, dim=-1)
        return torch.cat([q.at(each) for q, each in zip(posteriors, noises, strict=True)], dim=-1)

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x, xi) - log q(xi|x) [k, n] at the xi of `noise` [k, n, latent]."""
        posteriors = self.posteriors(x)
        xi = self.drawn(posteriors, noise)
        repeated = x.expand(len(xi), *x.shape).flatten(0, 1)
        log_conditional = self.decoder.log_prob(repeated, xi.flatten(0, 1)).view(len(xi), len(x))
        log_volume = torch.stack([q.log_determinant() for q in posteriors]).sum(dim=0)
        return log_conditional + 0.5 * ((noise.square() - xi.square()).sum(dim=2) + log_volume)


def objective(model: Dlgm, x: Tensor, noise: Tensor) -> Tensor:
    """Return log p(x|xi) - sum_l KL(N(mu_l, C_l) || N(0, I)) [n] (equation 6, without its prior on the weights)."""
    posteriors = model.posteriors(x)
    log_prob = model.decoder.log_prob(x, model.drawn(posteriors, noise))
    return log_prob - model.charged(torch.cat([q.divergences() for q in posteriors], dim=1))


@hookimpl
def build(task: Task, options: Options) -> Dlgm:
    """Make the untrained model."""
    return laid_out(Dlgm(task, options), task)


@hookimpl
def train(model: Dlgm, batches: Batches) -> None:
    """Maximise the bound, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def reconstruct(model: Dlgm, x: Tensor) -> Tensor:
    """Return the decoder's mean at the posteriors' means."""
    return model.decoder.mean(torch.cat([q.mean for q in model.posteriors(x)], dim=1))


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Stochastic Backpropagation and Approximate Inference in Deep Generative Models, Danilo Jimenez"
        " Rezende, Shakir Mohamed, Daan Wierstra, ICML 2014, arXiv 1401.4082",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

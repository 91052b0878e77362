"""Auto-encoding variational Bayes (Kingma & Welling, 2014, arXiv 1312.6114)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench import Likelihood, Task, hookimpl
from genbench.steps import autocast, laid_out
from genbench_vae.ascent import maximise
from genbench_vae.likelihoods import Bernoulli, Gaussian
from genbench_vae.networks import Size, decoder, default_size, encoder

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

LOG_VARIANCE_RANGE = (-10.0, 10.0)  # exp() of more overflows early in training
BIBTEX = """@inproceedings{kingma2014auto,
  title = {Auto-Encoding Variational Bayes},
  author = {Kingma, Diederik P. and Welling, Max},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
}"""
ROWS_AT_ONCE = 16_384  # decoded together by `log_likelihood`, to bound its memory


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latent: int | None = Field(None, ge=1, le=512, description="latent dimensions; by the task's shape when not given")
    width: int | None = Field(None, ge=1, le=2048, description="hidden units or channels; by shape when not given")
    lr: float = Field(2e-3, ge=1e-5, le=1e-1, description="Adam's learning rate")
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field("auto", description="auto: bernoulli on images")
    decoder: Literal["auto", "mean", "draw"] = Field("auto", description="what a sample is; auto: mean on images")
    iwae_samples: int = Field(100, ge=1, le=ROWS_AT_ONCE, description="importance samples of the likelihood's bound")


class Vae(nn.Module):
    """An encoder q(z|x) and a decoder p(x|z) under the prior N(0, I)."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        default = default_size(task)
        self.task, self.options = task, options
        self.size = Size(options.latent or default.latent, options.width or default.width)
        self.encoder = encoder(task, self.size)
        self.decoder = _decoder(task, options, self.size)
        draws = options.decoder == "draw" or (options.decoder == "auto" and task.kind == "points")
        self.sampling = "draw from the decoder" if draws else "decoder mean"

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the log variance of q(z|x), each [n, latent]."""
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise [count, latent]."""
        return torch.randn(count, self.size.latent, device=self.task.device)

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the networks in the task's precision; the losses stay float32."""
        return autocast(self.task)


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) [n] (appendix B)."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(dim=1)


def elbo(model: Vae, x: Tensor, noise: Tensor) -> Tensor:
    """Return the evidence lower bound [n] at one z a row (equations 3 and 10); `noise` [n, latent] is normal."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    return model.decoder.log_prob(x, z) - kl_to_prior(mean, log_variance)


def importance_bound(model: Vae, x: Tensor, noise: Tensor) -> Tensor:
    """Return log 1/k sum_k p(x, z_k) / q(z_k|x) [n] at `noise` [k, n, latent].

    Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016, arXiv 1509.00519, equation 8.
    """
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise  # [k, n, latent]
    repeated = x.expand(len(noise), *x.shape).flatten(0, 1)
    log_conditional = model.decoder.log_prob(repeated, z.flatten(0, 1)).view(len(noise), len(x))
    log_prior_over_posterior = 0.5 * (noise.square() + log_variance - z.square()).sum(dim=2)
    return torch.logsumexp(log_conditional + log_prior_over_posterior, dim=0) - math.log(len(noise))


@hookimpl
def build(task: Task, options: Options) -> Vae:
    """Make the untrained model."""
    return laid_out(Vae(task, options), task)


@hookimpl
def train(model: Vae, batches: Batches) -> None:
    """Maximise the evidence lower bound, averaged over the batch."""
    maximise(elbo, model, batches)


@hookimpl
def sample(model: Vae, count: int) -> Tensor:
    """Draw z from the prior and return the decoder's mean, or a draw from it: `model.sampling` says which."""
    with model.autocast():
        z = model.noise(count)
        return model.decoder.mean(z) if model.sampling == "decoder mean" else model.decoder.draw(z)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Auto-Encoding Variational Bayes, Diederik P. Kingma and Max Welling, ICLR 2014, arXiv 1312.6114",
        "bibtex": BIBTEX,
        "sampling": "images: the decoder's mean (decoder=draw: a draw); points: a draw (decoder=mean: the mean)",
    }


@hookimpl
def log_likelihood(model: Vae, x: Tensor) -> Likelihood:
    """Bound log p(x) by importance sampling, always in float32.

    Measure: "bernoulli" takes grey values as probabilities and normalises nothing; "density" is of the data as the task
    scales it, so of standardised points.
    """
    samples = model.options.iwae_samples
    pieces = torch.split(x, max(1, ROWS_AT_ONCE // samples))
    noises = (torch.randn(samples, len(rows), model.size.latent, device=x.device) for rows in pieces)
    values = [importance_bound(model, rows, noise) for rows, noise in zip(pieces, noises, strict=True)]
    measure: Literal["bernoulli", "density"] = "bernoulli" if isinstance(model.decoder, Bernoulli) else "density"
    return Likelihood(values=torch.cat(values), bound=f"iwae@{samples}", measure=measure)


@hookimpl
def reconstruct(model: Vae, x: Tensor) -> Tensor:
    """Return the decoder's mean at the posterior's mean."""
    return model.decoder.mean(model.posterior(x)[0])


def _decoder(task: Task, options: Options, size: Size) -> Bernoulli | Gaussian:
    is_image = task.kind == "image"
    if options.likelihood == "bernoulli" and not is_image:
        raise ValueError(f"likelihood 'bernoulli' needs pixels in [0, 1], got {task.kind}: use 'auto' or 'gaussian'")
    network = decoder(task, size)
    if options.likelihood == "gaussian" or not is_image:
        return Gaussian(network, is_image=is_image)
    return Bernoulli(network)

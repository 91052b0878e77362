"""Adversarial variational Bayes (Mescheder, Nowozin & Geiger, 2017, arXiv 1701.04722)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from pydantic import Field

from genbench import Likelihood, Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import fooling, judging, play
from genbench_gan.gan import discriminator_loss
from genbench_gan.players import latent_of
from genbench_gan.searched import KEPT
from genbench_gan.shared import variants
from genbench_hybrids.encoders import Encoded, reader_of_pairs, with_few_latents
from genbench_hybrids.importance import importance_bound
from genbench_hybrids.posteriors import NOISES, Free, Matched
from genbench_vae import coder
from genbench_vae.coder import MOST_SAMPLES, sampled_as
from genbench_vae.shared import SAMPLING

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind
    from genbench_hybrids.posteriors import Drawn
    from genbench_vae.likelihoods import Distribution

__all__ = [
    "build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train", "variants",
]  # fmt: skip

BIBTEX = """@inproceedings{mescheder2017adversarial,
  title = {Adversarial Variational {Bayes}: Unifying Variational Autoencoders and Generative Adversarial Networks},
  author = {Mescheder, Lars and Nowozin, Sebastian and Geiger, Andreas},
  booktitle = {International Conference on Machine Learning},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    backbone: Literal["neutral"] = Field("neutral", description="networks as all models'")
    augment: tuple[()] = Field((), description="nothing: a density ratio is estimated, of rows as they are")
    contrast: Literal["adaptive", "prior"] = Field(
        "adaptive", json_schema_extra=KEPT, description="what codes are told from, by T"
    )
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field(
        "auto", json_schema_extra=KEPT, description="auto: bernoulli on images"
    )
    decoder: Literal["auto", "mean", "draw"] = Field(
        "auto", json_schema_extra=KEPT, description="a sample; auto: mean on images and waves"
    )
    iwae_samples: int = Field(
        100, ge=1, le=MOST_SAMPLES, json_schema_extra=KEPT, description="importance samples of the likelihood's bound"
    )


class Avb(Encoded):
    """A decoder p(x|z), a posterior q(z|x) that can be drawn from and no more, and T(x, z), the discriminator."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        latent = latent_of(task, options)
        networks = coder.Networks(width=options.width, likelihood=options.likelihood, decoder=options.decoder)
        posterior = Matched if options.contrast == "adaptive" else Free
        super().__init__(
            task,
            options,
            generator=coder.make_decoder(task, networks, inputs=latent),
            discriminator=reader_of_pairs(task, options),
            encoder=posterior(task, options, latent),
        )
        self.sampling = sampled_as(task, networks)

    @property
    def decoder(self) -> Distribution:
        """The generator, which is a distribution of x given z here."""
        return cast("Distribution", self.generator)

    def drawn(self, x: Tensor, noise: Tensor) -> Drawn:
        """Return k codes of each of n rows, by noise [2 * k * n, latent]."""
        return self.encoder(x, noise)  # type: ignore[no-any-return]

    def contrasted(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor | float]:
        """Return z, what T sees of it, and the part of log q(z|x) - log p(z) [n] that T need not find.

        With adaptive contrast (section 3.3) r(z|x), normal with q's moments, stands between q and p: T sees u and finds
        log q - log r, and log r - log p is known.
        """
        z, u, log_variance = self.drawn(x, noise)
        if self.options.contrast == "prior":
            return z, z, 0.0
        return z, u, 0.5 * (z.square() - u.square() - log_variance).sum(dim=1)

    def ratio(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return T [n, 1], or [k * n, 1] where each row is given with k codes."""
        return self.discriminator((x, seen)).float()  # type: ignore[no-any-return]


def discriminator_objective(model: Avb, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise -E_q log sigma(T) - E_p log(1 - sigma(T)) (equation 3.3), so that T -> log q - log of the contrast."""
    for_code, of_contrast = noise[: -len(real)], noise[-len(real) :]
    with torch.no_grad():
        _, seen, _ = model.contrasted(real, for_code)
    return discriminator_loss(*model.ratio(real, torch.cat([seen, of_contrast])).chunk(2))


def bound_objective(model: Avb, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise E[T + what is known of log q - log p - log p(x|z)] (equation 3.7): through z alone, T does not move."""
    z, seen, known = model.contrasted(real, noise)
    divergence = model.ratio(real, seen)[:, 0] + known
    return (divergence - model.decoder.log_prob(real, z)).mean()


@hookimpl
def build(task: Task, options: Options) -> Avb:
    """Make the untrained model."""
    return laid_out(Avb(task, with_few_latents(task, options)), task)


@hookimpl
def train(model: Avb, batches: Batches) -> None:
    """Algorithm 1, T first; the bound that is climbed is too high where T lags behind, and is never reported."""
    both = (model.generator, model.encoder)
    climbing = fooling(bound_objective, model, name="bound", networks=both, draws=NOISES)
    play([judging(discriminator_objective, model, draws=NOISES + 1), climbing], model, batches)


@hookimpl
def sample(model: Avb, count: int, variant: str) -> Tensor:
    """Draw z from the prior and return the decoder's mean, or a draw from it: `model.sampling` says which."""
    decoder = cast("Distribution", model.ema.network) if variant == "ema" else model.decoder
    with model.autocast():
        z = model.noise(count)
        return decoder.mean(z) if model.sampling == "decoder mean" else decoder.draw(z)


@hookimpl
def log_likelihood(model: Avb, x: Tensor) -> Likelihood:
    """Bound log p(x) by importance sampling from a normal of q's own mean and deviation; always in float32.

    q's density is not known, and no proposal but a known one gives a bound. This one is at most log p(x) in expectation
    whatever q is, and further below it than q's own bound where q is far from normal.
    """
    samples = model.options.iwae_samples
    values = importance_bound(model, x, samples)
    return Likelihood(values=values, bound=f"iwae@{samples}", measure=model.decoder.measure)


@hookimpl
def reconstruct(model: Avb, x: Tensor) -> Tensor:
    """Return the decoder's mean at the code of no noise."""
    none = torch.zeros(NOISES * len(x), model.latent, device=x.device)
    return model.decoder.mean(model.drawn(x, none).z)


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave")


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Adversarial Variational Bayes: Unifying Variational Autoencoders and Generative Adversarial "
        "Networks, Lars Mescheder, Sebastian Nowozin, Andreas Geiger, ICML 2017, arXiv 1701.04722",
        "bibtex": BIBTEX,
        "sampling": f"{SAMPLING}; raw: last weights, ema: their running average",
    }

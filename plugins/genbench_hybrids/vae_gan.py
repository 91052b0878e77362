"""Autoencoding beyond pixels: a VAE whose error is a discriminator's (Larsen et al., 2016, arXiv 1512.09300)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import softplus

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import Move, fooling, judging, play
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_hybrids.encoders import Encoded, reconstruct, with_few_latents
from genbench_vae.bounds import divergences

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "reconstruct", "sample", "train", "variants"]

BIBTEX = """@inproceedings{larsen2016autoencoding,
  title = {Autoencoding beyond Pixels Using a Learned Similarity Metric},
  author = {Larsen, Anders Boesen Lindbo and S{\\o}nderby, S{\\o}ren Kaae and Larochelle, Hugo and Winther, Ole},
  booktitle = {International Conference on Machine Learning},
  year = {2016},
}"""


class Options(players.Options):
    """What can be set."""

    gamma: float = Field(
        0.1,
        ge=0,
        le=1e6,
        json_schema_extra=ranged(0.01, 10.0),
        description="the feature error's weight against fooling, in the decoder",
    )
    feature_sd: float = Field(
        0.1,
        gt=0,
        le=100,
        json_schema_extra=ranged(0.03, 3.0),
        description="deviation of features from those of what was decoded",
    )
    layer: int = Field(
        1, ge=1, le=8, json_schema_extra=KEPT, description="the discriminator's hidden layer whose output is compared"
    )


class VaeGan(Encoded):
    """An encoder, a decoder that is the generator, and a discriminator."""

    options: Options

    def drawn(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return z from q(z|x) [n, latent]."""
        mean, log_variance = self.posterior(x)
        return mean + torch.exp(log_variance / 2) * noise

    def codes(self, x: Tensor) -> Tensor:
        """Return the mean of q(z|x)."""
        return self.posterior(x)[0]


def hidden(network: nn.Sequential, x: Tensor, layer: int) -> Tensor:
    """Return what a discriminator's `layer`-th hidden layer puts out, or its last one where it has no more [n, f]."""
    for module in list(network)[:-1]:
        x = module(x)
        layer -= isinstance(module, nn.LeakyReLU)
        if not layer:
            break
    return x.flatten(1)


def feature_error(model: VaeGan, x: Tensor, decoded: Tensor) -> Tensor:
    """Return L_like = -log N(Dis_l(x) | Dis_l(x~), sd^2 I) but for its constant (equations 7 and 8; there sd is 1)."""
    with torch.no_grad():
        target = hidden(model.discriminator, x, model.options.layer)
    found = hidden(model.discriminator, decoded, model.options.layer)
    errors = (target.float() - found.float()) / model.options.feature_sd
    return 0.5 * errors.square().sum(dim=1).mean()


def discriminator_objective(model: VaeGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise -L_GAN: tell rows from what was decoded of codes, and of the prior (section 2.3)."""
    for_code, from_prior = noise.chunk(2)
    with torch.no_grad():
        fakes = model.generator(torch.cat([model.drawn(real, for_code), from_prior]))
    of_real, of_decoded, of_drawn = model.logits(torch.cat([real, fakes])).chunk(3)
    return softplus(-of_real).mean() + softplus(of_decoded).mean() + softplus(of_drawn).mean()


def encoder_objective(model: VaeGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise L_prior + L_like: no part of L_GAN."""
    mean, log_variance = model.posterior(real)
    decoded = model.generator(mean + torch.exp(log_variance / 2) * noise)
    return divergences(mean, log_variance).sum(dim=1).mean() + feature_error(model, real, decoded)


def decoder_objective(model: VaeGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise gamma L_like - L_GAN, the latter without saturating; codes are given."""
    for_code, from_prior = noise.chunk(2)
    with torch.no_grad():
        codes = model.drawn(real, for_code)
    fakes = model.generator(torch.cat([codes, from_prior]))
    decoded, _ = fakes.chunk(2)
    fooled = sum(softplus(-logits).mean() for logits in model.logits(fakes).chunk(2))
    return model.options.gamma * feature_error(model, real, decoded) + fooled


@hookimpl
def build(task: Task, options: Options) -> VaeGan:
    """Make the untrained model."""
    return laid_out(VaeGan(task, with_few_latents(task, options), outputs=2), task)


@hookimpl
def train(model: VaeGan, batches: Batches) -> None:
    """Algorithm 1: each network goes down its own loss and no other."""
    options = model.options
    moves = [
        judging(discriminator_objective, model, draws=2),
        Move("encoder", encoder_objective, (model.encoder,), options.lr, every=options.critic_steps),
        fooling(decoder_objective, model, draws=2),
    ]
    play(moves, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Autoencoding beyond pixels using a learned similarity metric, Anders Boesen Lindbo Larsen et al., "
        "ICML 2016, arXiv 1512.09300",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

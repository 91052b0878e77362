"""Adversarial auto-encoders (Makhzani, Shlens, Jaitly, Goodfellow & Frey, 2015, arXiv 1511.05644)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import fooling, judging, play
from genbench_gan.gan import discriminator_loss, generator_loss
from genbench_gan.players import latent_of
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, kinds, variants
from genbench_hybrids.encoders import (
    Encoded,
    judge_of_codes,
    reader_of_pairs,
    reconstruct,
    squared_error,
    with_few_latents,
)

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "reconstruct", "sample", "train", "variants"]

BIBTEX = """@article{makhzani2015adversarial,
  title = {Adversarial Autoencoders},
  author = {Makhzani, Alireza and Shlens, Jonathon and Jaitly, Navdeep and Goodfellow, Ian and Frey, Brendan},
  journal = {arXiv preprint arXiv:1511.05644},
  year = {2015},
}"""


class Options(players.Options):
    """What can be set."""

    augment: tuple[()] = Field((), description="nothing: codes are judged, no images")
    posterior: Literal["deterministic", "gaussian", "universal"] = Field(
        "deterministic",
        json_schema_extra=KEPT,
        description="codes: a function of x, drawn from a normal, or a function of x and noise",
    )
    prior_sd: float = Field(
        1.0, gt=0, le=100, json_schema_extra=KEPT, description="standard deviation of every coordinate of the prior"
    )
    reconstruction: float = Field(
        1.0,
        ge=0,
        le=1e4,
        json_schema_extra=ranged(0.1, 100.0),
        description="weight of the squared error against fooling",
    )


class Aae(Encoded):
    """An encoder, a decoder, and a discriminator of codes."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        universal = options.posterior == "universal"
        super().__init__(
            task,
            options,
            outputs=2 if options.posterior == "gaussian" else 1,
            encoder=reader_of_pairs(task, options, outputs=latent_of(task, options)) if universal else None,
            discriminator=judge_of_codes(task, options),
        )

    def prior(self, noise: Tensor) -> Tensor:
        """Return draws from the prior: what codes are to be like, and what is decoded to a sample."""
        return self.options.prior_sd * noise

    def codes(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return z [n, latent] (section 2); without noise it is taken to be 0."""
        if self.options.posterior == "deterministic":
            return super().codes(x)
        noise = torch.zeros(len(x), self.latent, device=x.device) if noise is None else noise
        if self.options.posterior == "universal":
            return self.encoder((x, noise)).float()  # type: ignore[no-any-return]
        mean, log_variance = self.posterior(x)
        return mean + torch.exp(log_variance / 2) * noise


def discriminator_objective(model: Aae, real: Tensor, noise: Tensor) -> Tensor:
    """Tell draws from the prior, which are the real ones here, from codes."""
    for_prior, for_code = noise.chunk(2)
    with torch.no_grad():
        codes = model.codes(real, for_code)
    return discriminator_loss(*model.both(model.prior(for_prior), codes))


def coder_objective(model: Aae, real: Tensor, noise: Tensor) -> Tensor:
    """Reconstruct, and let the codes pass for draws from the prior: the latter is no business of the decoder's."""
    codes = model.codes(real, noise)
    fooled = generator_loss(model.logits(codes), "ns")
    return model.options.reconstruction * squared_error(real, model.decoded(codes)) + fooled


@hookimpl
def build(task: Task, options: Options) -> Aae:
    """Make the untrained model."""
    return laid_out(Aae(task, with_few_latents(task, options)), task)


@hookimpl
def train(model: Aae, batches: Batches) -> None:
    """The discriminator, then the coder: both phases of the encoder's are one step down their sum."""
    coder = fooling(coder_objective, model, name="coder", networks=(model.encoder, model.generator))
    play([judging(discriminator_objective, model, draws=2), coder], model, batches)


@hookimpl
def sample(model: Aae, count: int, variant: str) -> Tensor:
    """Decode draws from the prior."""
    network = model.ema if variant == "ema" else model.generator
    with model.autocast():
        drawn: Tensor = network(model.prior(model.noise(count)))
    return drawn.float()


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Adversarial Autoencoders, Alireza Makhzani et al., 2015, arXiv 1511.05644",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

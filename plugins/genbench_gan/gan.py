"""Generative adversarial nets (Goodfellow et al., 2014, arXiv 1406.2661)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.functional import softplus

from genbench import Task, hookimpl
from genbench.backbones import neutral_size
from genbench.steps import autocast, laid_out
from genbench_gan.ema import RunningAverage
from genbench_gan.game import play
from genbench_gan.networks import default_latent, discriminator, generator

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

BIBTEX = """@inproceedings{goodfellow2014generative,
  title = {Generative Adversarial Nets},
  author = {Goodfellow, Ian and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David
            and Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2014},
}"""


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latent: int | None = Field(None, ge=1, le=512, description="noise dimensions; by the task's shape when not given")
    width: int | None = Field(None, ge=1, le=2048, description="hidden units or channels; by shape when not given")
    lr: float = Field(1e-3, ge=1e-5, le=1e-1, description="Adam's learning rate")
    loss: Literal["ns", "mm"] = Field("ns", description="the generator's loss: non-saturating or minimax")


class Gan(nn.Module):
    """A generator, its running average and a discriminator that returns logits s(x) = logit D(x)."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.latent = options.latent or default_latent(task)
        default = neutral_size(task)
        size = default._replace(width=options.width or default.width)
        self.generator = generator(task, self.latent, size)
        self.discriminator = discriminator(task, size)
        self.ema = RunningAverage(self.generator)

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise [count, latent]."""
        return torch.randn(count, self.latent, device=self.task.device)

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the networks in the task's precision; the losses stay float32."""
        return autocast(self.task)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return -V(D, G) = -E log D(x) - E log(1 - D(G(z))) of equation 1, from logits."""
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: Tensor, loss: str) -> Tensor:
    """Return -E log D(G(z)) (`ns`, section 3) or E log(1 - D(G(z))) (`mm`, equation 1), from logits."""
    return softplus(-fake).mean() if loss == "ns" else -softplus(fake).mean()


def discriminator_objective(model: Gan, real: Tensor, noise: Tensor) -> Tensor:
    """Judge real and fake rows in one pass, which is the same as two since a logit does not depend on its batch."""
    with torch.no_grad():
        fake = model.generator(noise)
    logits = model.discriminator(torch.cat([real, fake])).float()
    return discriminator_loss(*logits.chunk(2))


def generator_objective(model: Gan, noise: Tensor) -> Tensor:
    """Judge fakes alone."""
    return generator_loss(model.discriminator(model.generator(noise)).float(), model.options.loss)


@hookimpl
def build(task: Task, options: Options) -> Gan:
    """Make the untrained model."""
    return laid_out(Gan(task, options), task)


@hookimpl
def train(model: Gan, batches: Batches) -> None:
    """Algorithm 1 with k = 1: the discriminator steps on each hand-out, then the generator on fresh noise alone.

    One set of fakes for both steps would save 0 to 14 % of a step; digits and ring8 could not tell the two apart.
    """
    play(discriminator_objective, generator_objective, model, batches)


@hookimpl
def sample(model: Gan, count: int, variant: str) -> Tensor:
    """Draw from the generator as it stands, or from its running average."""
    network = model.ema if variant == "ema" else model.generator
    with model.autocast():
        drawn: Tensor = network(model.noise(count))
    return drawn.float()


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points")


@hookimpl
def variants() -> tuple[str, ...]:
    """Return the ways to sample: the generator's last weights, and their running average."""
    return ("raw", "ema")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Generative Adversarial Nets, Ian Goodfellow et al., NIPS 2014, arXiv 1406.2661",
        "bibtex": BIBTEX,
        "sampling": "the generator's output; raw: last weights, ema: their running average of decay 0.999",
    }

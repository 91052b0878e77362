"""Generative adversarial nets (Goodfellow et al., 2014, arXiv 1406.2661)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from torch.nn.functional import softplus

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import duel
from genbench_gan.players import Adversaries
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{goodfellow2014generative,
  title = {Generative Adversarial Nets},
  author = {Goodfellow, Ian and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David
            and Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2014},
}"""


class Options(players.Options):
    """What can be set."""

    loss: Literal["ns", "mm"] = Field(
        "ns", json_schema_extra={"tune": False}, description="the generator's loss: non-saturating or minimax"
    )


class Gan(Adversaries):
    """A generator and a discriminator."""

    options: Options


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return -V(D, G) = -E log D(x) - E log(1 - D(G(z))) of equation 1, from logits."""
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: Tensor, loss: str) -> Tensor:
    """Return -E log D(G(z)) (`ns`, section 3) or E log(1 - D(G(z))) (`mm`, equation 1), from logits."""
    return softplus(-fake).mean() if loss == "ns" else -softplus(fake).mean()


def discriminator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Tell real rows from fakes, through which no gradient passes."""
    return discriminator_loss(*model.both(real, model.fakes(noise)))


def generator_objective(model: Gan, real: Tensor, noise: Tensor) -> Tensor:
    """Judge fakes alone."""
    return generator_loss(model.logits(model.generator(noise)), model.options.loss)


@hookimpl
def build(task: Task, options: Options) -> Gan:
    """Make the untrained model."""
    return laid_out(Gan(task, options), task)


@hookimpl
def train(model: Gan, batches: Batches) -> None:
    """Algorithm 1 with k = `critic_steps`: the discriminator on each hand-out, the generator on fresh noise alone.

    One set of fakes for both steps would save 0 to 14 % of a step; digits and ring8 could not tell the two apart.
    """
    duel(discriminator_objective, generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Generative Adversarial Nets, Ian Goodfellow et al., NIPS 2014, arXiv 1406.2661",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""R3GAN's objective: a relativistic pairing with R1 and R2 (Huang et al., 2024, arXiv 2501.05441)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch.nn.functional import softplus

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import duel
from genbench_gan.penalties import with_squared_slopes
from genbench_gan.players import Adversaries
from genbench_gan.searched import first_decay, ranged, second_decay
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{huang2024gan,
  title = {The {GAN} is dead; long live the {GAN}! A Modern {GAN} Baseline},
  author = {Huang, Yiwen and Gokaslan, Aaron and Kuleshov, Volodymyr and Tompkin, James},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2024},
}"""


class Options(players.Options):
    """What can be set."""

    beta1: float = first_decay(0.0)
    beta2: float = second_decay(0.99)
    gamma: float = Field(
        0.1,
        ge=0,
        le=1000,
        json_schema_extra=ranged(0.01, 10.0),
        description="weight of the squared slopes at real rows and fakes, halved",
    )


class RelativisticPair(Adversaries):
    """A generator and a discriminator that compares a real row with a fake."""

    options: Options


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E softplus(-(s(x) - s(G(z)))) over pairs, row by row (equation 2)."""
    return softplus(fake - real).mean()


def generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E softplus(-(s(G(z)) - s(x))) over the same pairs."""
    return softplus(real - fake).mean()


def discriminator_objective(model: RelativisticPair, real: Tensor, noise: Tensor) -> Tensor:
    """Return the pairing's loss + gamma / 2 (E |grad s(x)|^2 + E |grad s(G(z))|^2): R1 and R2, in one pass."""
    judged, squares = with_squared_slopes(model.logits, torch.cat([real, model.fakes(noise)]))
    return discriminator_loss(*judged.chunk(2)) + model.options.gamma * squares.mean()  # of 2n rows: half of the sum


def generator_objective(model: RelativisticPair, real: Tensor, noise: Tensor) -> Tensor:
    """Raise s at each fake above s at its real row."""
    return generator_loss(*model.both(real, model.generator(noise)))


@hookimpl
def build(task: Task, options: Options) -> RelativisticPair:
    """Make the untrained model."""
    return laid_out(RelativisticPair(task, options), task)


@hookimpl
def train(model: RelativisticPair, batches: Batches) -> None:
    """Descend both losses in turns; the generator's pairs take the hand-out that the discriminator has just seen."""
    duel(discriminator_objective, generator_objective, model, batches, differentiates=True)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "The GAN is dead; long live the GAN! A Modern GAN Baseline, Yiwen Huang, Aaron Gokaslan,"
        " Volodymyr Kuleshov, James Tompkin, NeurIPS 2024, arXiv 2501.05441",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

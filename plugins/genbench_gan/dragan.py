"""On convergence and stability of GANs: slopes around the data held at 1 (Kodali et al., 2017, arXiv 1705.07215)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.game import duel
from genbench_gan.gan import Gan
from genbench_gan.penalties import one_centred
from genbench_gan.searched import ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@misc{kodali2017convergence,
  title = {On Convergence and Stability of {GAN}s},
  author = {Kodali, Naveen and Abernethy, Jacob and Hays, James and Kira, Zsolt},
  year = {2017},
  eprint = {1705.07215},
  archiveprefix = {arXiv},
}"""


class Options(gan.Options):
    """What can be set."""

    penalty: float = Field(
        10.0, ge=0, le=1000, json_schema_extra=ranged(0.1, 100.0), description="weight of the penalty, lambda; 0: `gan`"
    )
    spread: float = Field(
        0.5,
        ge=0,
        le=10,
        json_schema_extra=ranged(0.05, 5.0),
        description="noise about real rows, in standard deviations of a batch",
    )


class LocalGan(Gan):
    """A generator and a discriminator whose slope around real rows is held at 1."""

    options: Options


def around(real: Tensor, spread: float) -> Tensor:
    """Return real rows with normal noise, of `spread` times the deviation of all their numbers together."""
    return real + spread * real.std() * torch.randn_like(real)


def discriminator_objective(model: LocalGan, real: Tensor, noise: Tensor) -> Tensor:
    """Return `gan`'s loss + lambda E (|grad s(x + noise)| - 1)^2, near real rows alone (section 2.3), of the logit."""
    loss, weight = gan.discriminator_objective(model, real, noise), model.options.penalty
    return loss + weight * one_centred(model.logits, around(real, model.options.spread)) if weight else loss


@hookimpl
def build(task: Task, options: Options) -> LocalGan:
    """Make the untrained model."""
    return laid_out(LocalGan(task, options), task)


@hookimpl
def train(model: LocalGan, batches: Batches) -> None:
    """Algorithm 1 with one step of each player."""
    duel(discriminator_objective, gan.generator_objective, model, batches, differentiates=True)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "On Convergence and Stability of GANs, Naveen Kodali, Jacob Abernethy, James Hays, Zsolt Kira, 2017,"
        " arXiv 1705.07215",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

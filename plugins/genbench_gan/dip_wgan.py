"""The Wasserstein form of InfoMax-GAN: its contrasts on a penalised critic (Lee et al., 2021, arXiv 2007.04589)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import wgan, wgan_gp
from genbench_gan.game import duel
from genbench_gan.infomax_gan import BIBTEX, kinds, weighed
from genbench_gan.locality import Seen, projections, see
from genbench_gan.penalties import one_centred
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, sample, variants
from genbench_gan.wgan_gp import PenalisedCritic, between

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]


class Options(wgan_gp.Options):
    """What can be set."""

    backbone: Literal["neutral", "canonical"] = Field(
        "canonical", json_schema_extra=KEPT, description="networks as all models', or DCGAN's"
    )
    of_fakes: float = Field(
        0.2, ge=0, le=10, json_schema_extra=ranged(0.02, 2.0), description="weight of the generator's contrast, alpha"
    )
    of_real: float = Field(
        0.2, ge=0, le=10, json_schema_extra=ranged(0.02, 2.0), description="weight of the critic's contrast, beta"
    )
    projection: int = Field(
        128, ge=1, le=2048, json_schema_extra=KEPT, description="dimensions in which features are compared"
    )


class DipWgan(PenalisedCritic):
    """The players of `wgan_gp`, and projections of the critic's features."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.projections = projections(self.discriminator, task, options.projection)

    def seen(self, x: Tensor) -> Seen:
        """Return what one pass of the critic shows of rows."""
        return see(self.discriminator, self.augmented(x))


def critic_objective(model: DipWgan, real: Tensor, noise: Tensor) -> Tensor:
    """Return the penalised critic's loss, and the contrast of the real rows alone."""
    fake = model.fakes(noise)
    seen = model.seen(torch.cat([real, fake]))
    penalty = model.penalty * one_centred(model.logits, between(real, fake))
    return (
        wgan.critic_loss(*seen.logits.chunk(2)) + penalty + weighed(model, seen.first(len(real)), model.options.of_real)
    )


def generator_objective(model: DipWgan, real: Tensor, noise: Tensor) -> Tensor:
    """Raise f at fakes, and draw such whose places are found."""
    seen = model.seen(model.generator(noise))
    return wgan.generator_loss(seen.logits) + weighed(model, seen, model.options.of_fakes)


@hookimpl
def build(task: Task, options: Options) -> DipWgan:
    """Make the untrained model."""
    return laid_out(DipWgan(task, options), task)


@hookimpl
def train(model: DipWgan, batches: Batches) -> None:
    """Play the game of `wgan_gp` with a contrast for each player; the projections move with the critic."""
    networks = (model.discriminator, model.projections)
    duel(critic_objective, generator_objective, model, batches, networks=networks, differentiates=True)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "The Wasserstein form, with a gradient penalty, of InfoMax-GAN (Kwot Sin Lee, Ngoc-Trung Tran and"
        " Ngai-Man Cheung, WACV 2021, arXiv 2007.04589)",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""Spectral normalisation (Miyato, Kataoka, Koyama & Yoshida, 2018, arXiv 1802.05957)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan, hinge_gan, players, residual
from genbench_gan.ema import RunningAverage
from genbench_gan.game import duel
from genbench_gan.players import Adversaries
from genbench_gan.searched import KEPT, first_decay, learning_rate, second_decay
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_gan.spectral import spectrally_normalised

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{miyato2018spectral,
  title = {Spectral Normalization for Generative Adversarial Networks},
  author = {Miyato, Takeru and Kataoka, Toshiki and Koyama, Masanori and Yoshida, Yuichi},
  booktitle = {International Conference on Learning Representations},
  year = {2018},
}"""


class Options(players.Options):
    """What can be set."""

    backbone: Literal["neutral", "canonical"] = Field(
        "neutral", json_schema_extra=KEPT, description="networks as all models', or residual"
    )
    loss: Literal["hinge", "ns"] = Field(
        "hinge", json_schema_extra=KEPT, description="hinge, or the non-saturating loss of `gan`"
    )
    lr: float = learning_rate(1e-3)
    beta1: float = first_decay(0.0)
    beta2: float = second_decay(0.9)


class SpectralGan(Adversaries):
    """A discriminator of which every layer has a spectral norm of 1; the generator is as it was."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        if options.backbone == "canonical":
            self.generator = residual.generator(task, inputs=self.latent, width=options.width)
            self.ema = RunningAverage(self.generator)
            self.discriminator = residual.discriminator(task, width=options.width)
        spectrally_normalised(self.discriminator)


def discriminator_objective(model: SpectralGan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell real rows from fakes, through which no gradient passes (equation 16, turned round)."""
    return judge(*model.both(real, model.fakes(noise)), model.options.loss)


def generator_objective(model: SpectralGan, real: Tensor, noise: Tensor) -> Tensor:
    """Judge fakes alone (equation 17)."""
    return fool(model.logits(model.generator(noise)), model.options.loss)


def judge(real: Tensor, fake: Tensor, loss: str) -> Tensor:
    """Return the discriminator's loss of logits."""
    return hinge_gan.discriminator_loss(real, fake) if loss == "hinge" else gan.discriminator_loss(real, fake)


def fool(fake: Tensor, loss: str) -> Tensor:
    """Return the generator's."""
    return hinge_gan.generator_loss(fake) if loss == "hinge" else gan.generator_loss(fake, "ns")


@hookimpl
def build(task: Task, options: Options) -> SpectralGan:
    """Make the untrained model."""
    return laid_out(SpectralGan(task, options), task)


@hookimpl
def train(model: SpectralGan, batches: Batches) -> None:
    """Play the game with a discriminator that cannot be steep; its weights are normalised once a pass."""
    duel(discriminator_objective, generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Spectral Normalization for Generative Adversarial Networks, Takeru Miyato et al., ICLR 2018,"
        " arXiv 1802.05957",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

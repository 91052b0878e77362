"""Energy-based generative adversarial networks (Zhao, Mathieu & LeCun, 2017, arXiv 1609.03126)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize, relu

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import energies
from genbench_gan.energies import Autoencoding
from genbench_gan.game import duel
from genbench_gan.networks import features
from genbench_gan.searched import ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{zhao2017energy,
  title = {Energy-based Generative Adversarial Networks},
  author = {Zhao, Junbo and Mathieu, Michael and LeCun, Yann},
  booktitle = {International Conference on Learning Representations},
  year = {2017},
}"""
MARGIN = 1.5  # times the energy of the first real rows, when no margin is given


class Options(energies.Options):
    """What can be set."""

    margin: float | None = Field(
        None, gt=0, le=100, description="energy up to which fakes are pushed; 1.5 x the first real rows' when not given"
    )
    pulling: float = Field(
        0.1,
        ge=0,
        le=10,
        json_schema_extra=ranged(0.01, 1.0),
        description="weight of the pulling-away term in the generator's loss",
    )


class EnergyBased(Autoencoding):
    """A generator, and an auto-encoder whose squared error is the energy."""

    options: Options
    margin: Tensor

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options, power=2)
        self.register_buffer("margin", torch.tensor(options.margin or 0.0))  # 0: not yet known

    @torch.no_grad()
    def settle_margin(self, real: Tensor) -> None:
        """Set the margin by energies of real rows, unless it is set."""
        self.margin.copy_(torch.where(self.margin > 0, self.margin, MARGIN * real.mean()))


def discriminator_loss(real: Tensor, fake: Tensor, margin: Tensor) -> Tensor:
    """Return E E(x) + E max(0, margin - E(G(z))), of energies (equation 1)."""
    return real.mean() + relu(margin - fake).mean()


def pulling_away(codes: Tensor) -> Tensor:
    """Return the mean squared cosine of pairs of different rows of codes [n, d] (equation 4)."""
    cosines = normalize(codes.float()) @ normalize(codes.float()).T
    count = len(codes)
    return (cosines.square().sum() - cosines.diagonal().square().sum()) / (count * (count - 1))


def discriminator_objective(model: EnergyBased, real: Tensor, noise: Tensor) -> Tensor:
    """Lower the energy of real rows; raise that of fakes, through which no gradient passes, to the margin."""
    of_real, of_fake = (-judged for judged in model.both(real, model.fakes(noise)))
    model.settle_margin(of_real)
    return discriminator_loss(of_real, of_fake, model.margin.clone())


def generator_objective(model: EnergyBased, real: Tensor, noise: Tensor) -> Tensor:
    """Return E E(G(z)) + the pulling-away term of the fakes' codes (equation 2, section 2.4)."""
    fake = model.augmented(model.generator(noise))
    codes = features(model.discriminator, fake)
    energy = model.errors(fake, model.discriminator[-1](codes)).mean()
    return energy + model.options.pulling * pulling_away(codes) if model.options.pulling else energy


@hookimpl
def build(task: Task, options: Options) -> EnergyBased:
    """Make the untrained model."""
    return laid_out(EnergyBased(task, options), task)


@hookimpl
def train(model: EnergyBased, batches: Batches) -> None:
    """Descend both losses in turns."""
    duel(discriminator_objective, generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Energy-based Generative Adversarial Networks, Junbo Zhao, Michael Mathieu, Yann LeCun, ICLR 2017,"
        " arXiv 1609.03126",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""DCGAN: convolutions alone, normalised over the batch in both players (Radford et al., 2016, arXiv 1511.06434)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import nn

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.canonical import SPREAD
from genbench_gan.ema import RunningAverage
from genbench_gan.game import duel
from genbench_gan.gan import discriminator_objective, generator_objective
from genbench_gan.networks import normalised, outputs_of
from genbench_gan.searched import KEPT
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{radford2016unsupervised,
  title = {Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks},
  author = {Radford, Alec and Metz, Luke and Chintala, Soumith},
  booktitle = {International Conference on Learning Representations},
  year = {2016},
}"""


class Options(gan.Options):
    """What can be set."""

    backbone: Literal["neutral", "canonical"] = Field(
        "canonical",
        json_schema_extra=KEPT,
        description="networks as all models', or DCGAN's; of points and waves always the former",
    )


class Dcgan(gan.Gan):
    """Players that are normalised over the batch: not the generator's output, nor the discriminator's first layer."""

    def __init__(self, task: Task, options: Options) -> None:
        images = task.kind == "image"
        super().__init__(task, options if images else options.model_copy(update={"backbone": "neutral"}))
        self.generator = normalised(self.generator, batch_normalisation, first=0)
        self.discriminator = normalised(self.discriminator, batch_normalisation, first=1)
        self.ema = RunningAverage(self.generator)

    def noise(self, count: int) -> Tensor:
        """Return noise [count, latent], uniform in -1 to 1, as in the paper (section 4)."""
        return 2 * torch.rand(count, self.latent, device=self.task.device) - 1

    def both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return s(real) and s(fake) in two passes: the statistics of a mixed batch would tell one from the other."""
        return self.logits(real), self.logits(fake)


def batch_normalisation(layer: nn.Module) -> nn.Module:
    """Return the normalisation over the batch of a layer's outputs, its factors drawn from N(1, 0.02^2)."""
    make = nn.BatchNorm2d if isinstance(layer, nn.Conv2d | nn.BatchNorm2d) else nn.BatchNorm1d
    norm = make(outputs_of(layer))
    nn.init.normal_(norm.weight, 1.0, SPREAD)
    return norm


@hookimpl
def build(task: Task, options: Options) -> Dcgan:
    """Make the untrained model."""
    return laid_out(Dcgan(task, options), task)


@hookimpl
def train(model: Dcgan, batches: Batches) -> None:
    """Play the plain game: the paper's objective is that of `gan`."""
    duel(discriminator_objective, generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks,"
        " Alec Radford, Luke Metz and Soumith Chintala, ICLR 2016, arXiv 1511.06434",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

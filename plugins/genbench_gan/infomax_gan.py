"""InfoMax-GAN: features of places and of the whole, contrasted (Lee, Tran & Cheung, 2021, arXiv 2007.04589)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import sn_gan
from genbench_gan.game import duel
from genbench_gan.locality import Seen, contrast, projections, see
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, sample, variants
from genbench_gan.sn_gan import SpectralGan, fool, judge
from genbench_gan.spectral import spectrally_normalised

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{lee2021infomax,
  title = {{InfoMax-GAN}: Improved Adversarial Image Generation via Information Maximization and Contrastive Learning},
  author = {Lee, Kwot Sin and Tran, Ngoc-Trung and Cheung, Ngai-Man},
  booktitle = {Winter Conference on Applications of Computer Vision},
  year = {2021},
}"""


class Options(sn_gan.Options):
    """What can be set."""

    backbone: Literal["neutral", "canonical"] = Field(
        "canonical", json_schema_extra=KEPT, description="networks as all models', or residual"
    )
    of_fakes: float = Field(
        0.2, ge=0, le=10, json_schema_extra=ranged(0.02, 2.0), description="weight of the generator's contrast, alpha"
    )
    of_real: float = Field(
        0.2,
        ge=0,
        le=10,
        json_schema_extra=ranged(0.02, 2.0),
        description="weight of the discriminator's contrast, beta",
    )
    projection: int = Field(
        128, ge=1, le=2048, json_schema_extra=KEPT, description="dimensions in which features are compared"
    )


class InfomaxGan(SpectralGan):
    """The spectrally normalised players, and projections of the discriminator's features."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.projections = spectrally_normalised(projections(self.discriminator, task, options.projection))

    def seen(self, x: Tensor) -> Seen:
        """Return what one pass of the discriminator shows of rows."""
        return see(self.discriminator, self.augmented(x))


def discriminator_objective(model: InfomaxGan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell real rows from fakes, and find the places of the real ones alone (equation 9)."""
    seen = model.seen(torch.cat([real, model.fakes(noise)]))
    of_real, of_fake = seen.logits.chunk(2)
    return judge(of_real, of_fake, model.options.loss) + weighed(model, seen.first(len(real)), model.options.of_real)


def generator_objective(model: InfomaxGan, real: Tensor, noise: Tensor) -> Tensor:
    """Fool, and draw fakes whose places are found (equation 8)."""
    seen = model.seen(model.generator(noise))
    return fool(seen.logits, model.options.loss) + weighed(model, seen, model.options.of_fakes)


def weighed(model: Any, seen: Seen, weight: float) -> Tensor | float:
    """Return the contrast of what is seen, weighed; without weight it is not computed."""
    return weight * contrast(*model.projections(seen.places, seen.whole)) if weight else 0.0


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task: what has places."""
    return ("image",)


@hookimpl
def build(task: Task, options: Options) -> InfomaxGan:
    """Make the untrained model."""
    return laid_out(InfomaxGan(task, options), task)


@hookimpl
def train(model: InfomaxGan, batches: Batches) -> None:
    """Play the game of `sn_gan` with a contrast for each player; the projections move with the discriminator."""
    networks = (model.discriminator, model.projections)
    duel(discriminator_objective, generator_objective, model, batches, networks=networks)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "InfoMax-GAN: Improved Adversarial Image Generation via Information Maximization and Contrastive"
        " Learning, Kwot Sin Lee, Ngoc-Trung Tran and Ngai-Man Cheung, WACV 2021, arXiv 2007.04589",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""The non-saturating game with R1, the slope at real rows (Mescheder, Geiger & Nowozin, 2018, arXiv 1801.04406)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.game import duel
from genbench_gan.gan import Gan
from genbench_gan.penalties import zero_centred
from genbench_gan.searched import ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{mescheder2018which,
  title = {Which Training Methods for {GAN}s do actually Converge?},
  author = {Mescheder, Lars and Geiger, Andreas and Nowozin, Sebastian},
  booktitle = {International Conference on Machine Learning},
  year = {2018},
}"""


class Options(gan.Options):
    """What can be set."""

    gamma: float = Field(
        1.0,
        ge=0,
        le=1000,
        json_schema_extra=ranged(0.1, 10.0),
        description="weight of the squared slope at real rows, halved; 0: `gan`",
    )


class SlopedGan(Gan):
    """A generator and a discriminator that is to be flat at real rows."""

    options: Options


def discriminator_objective(model: SlopedGan, real: Tensor, noise: Tensor) -> Tensor:
    """Return `gan`'s loss + gamma / 2 E |grad s(x)|^2 at real rows alone (equation 9)."""
    loss, gamma = gan.discriminator_objective(model, real, noise), model.options.gamma
    return loss + gamma / 2 * zero_centred(model.logits, real) if gamma else loss


@hookimpl
def build(task: Task, options: Options) -> SlopedGan:
    """Make the untrained model."""
    return laid_out(SlopedGan(task, options), task)


@hookimpl
def train(model: SlopedGan, batches: Batches) -> None:
    """Descend both losses in turns."""
    duel(discriminator_objective, gan.generator_objective, model, batches, differentiates=True)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Which Training Methods for GANs do actually Converge?, Lars Mescheder, Andreas Geiger,"
        " Sebastian Nowozin, ICML 2018, arXiv 1801.04406",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

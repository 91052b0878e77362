"""The hinge loss (Lim & Ye, Geometric GAN, 2017, arXiv 1705.02894; Miyato et al., 2018, arXiv 1802.05957)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.nn.functional import relu

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import duel
from genbench_gan.players import Adversaries
from genbench_gan.searched import learning_rate
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@misc{lim2017geometric,
  title = {Geometric {GAN}},
  author = {Lim, Jae Hyun and Ye, Jong Chul},
  year = {2017},
  eprint = {1705.02894},
  archiveprefix = {arXiv},
}"""


class Options(players.Options):
    """What can be set."""

    lr: float = learning_rate(2e-3)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E max(0, 1 - s(x)) + E max(0, 1 + s(G(z))): nothing is to be won beyond the margin."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Return -E s(G(z)): no hinge, fakes gain beyond the margin too."""
    return -fake.mean()


def discriminator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Bring real rows above 1 and fakes, through which no gradient passes, below -1."""
    return discriminator_loss(*model.both(real, model.fakes(noise)))


def generator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Raise s at fakes."""
    return generator_loss(model.logits(model.generator(noise)))


@hookimpl
def build(task: Task, options: Options) -> Adversaries:
    """Make the untrained model."""
    return laid_out(Adversaries(task, options), task)


@hookimpl
def train(model: Adversaries, batches: Batches) -> None:
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
        "paper": "Geometric GAN, Jae Hyun Lim, Jong Chul Ye, 2017, arXiv 1705.02894",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""Least squares generative adversarial networks (Mao et al., 2017, arXiv 1611.04076)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

BIBTEX = """@inproceedings{mao2017least,
  title = {Least Squares Generative Adversarial Networks},
  author = {Mao, Xudong and Li, Qing and Xie, Haoran and Lau, Raymond Y. K. and Wang, Zhen and Smolley, Stephen Paul},
  booktitle = {IEEE International Conference on Computer Vision},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    lr: float = learning_rate(2e-3)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E (s(x) - 1)^2 / 2 + E s(G(z))^2 / 2: equation 9, of outputs without a sigmoid."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def generator_loss(fake: Tensor) -> Tensor:
    """Return E (s(G(z)) - 1)^2 / 2: equation 9."""
    return (fake - 1).square().mean() / 2


def discriminator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Bring real rows to 1 and fakes, through which no gradient passes, to 0."""
    return discriminator_loss(*model.both(real, model.fakes(noise)))


def generator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Bring fakes to 1."""
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
        "paper": "Least Squares Generative Adversarial Networks, Xudong Mao et al., ICCV 2017, arXiv 1611.04076",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

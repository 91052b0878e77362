"""Wasserstein GAN with a penalty of the critic's gradient (Gulrajani et al., 2017, arXiv 1704.00028)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import duel
from genbench_gan.penalties import each_its_own, one_centred
from genbench_gan.players import Adversaries
from genbench_gan.searched import critic_steps, learning_rate, second_decay
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_gan.wgan import critic_loss, generator_objective

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{gulrajani2017improved,
  title = {Improved Training of {W}asserstein {GAN}s},
  author = {Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    lr: float = learning_rate(1e-3)
    beta2: float = second_decay(0.9)
    critic_steps: int = critic_steps(5)
    penalty: float | None = Field(
        None, ge=0, le=1000, description="weight of the penalty, lambda; by the task's kind when not given"
    )


class PenalisedCritic(Adversaries):
    """A generator and a critic f whose slope is held at 1."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        toy = 0.1 if task.kind == "points" else 10.0  # as in the paper's toys, and everywhere else in it
        self.penalty = toy if options.penalty is None else options.penalty


def between(real: Tensor, fake: Tensor) -> Tensor:
    """Return a point on the line from each fake to its real row, at one share U(0, 1) a row."""
    share = each_its_own(real)
    return share * real + (1 - share) * fake


def discriminator_objective(model: PenalisedCritic, real: Tensor, noise: Tensor) -> Tensor:
    """Return E f(G(z)) - E f(x) + lambda E (|grad f| - 1)^2 between them (equation 3)."""
    fake = model.fakes(noise)
    return critic_loss(*model.both(real, fake)) + model.penalty * one_centred(model.logits, between(real, fake))


@hookimpl
def build(task: Task, options: Options) -> PenalisedCritic:
    """Make the untrained model."""
    return laid_out(PenalisedCritic(task, options), task)


@hookimpl
def train(model: PenalisedCritic, batches: Batches) -> None:
    """Algorithm 1."""
    duel(discriminator_objective, generator_objective, model, batches, differentiates=True)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Improved Training of Wasserstein GANs, Ishaan Gulrajani et al., NIPS 2017, arXiv 1704.00028",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

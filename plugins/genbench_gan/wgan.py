"""Wasserstein GAN, by clipped weights (Arjovsky, Chintala & Bottou, 2017, arXiv 1701.07875)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from genbench import Task, hookimpl
from genbench.backbones import is_convolutional
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import duel
from genbench_gan.players import Adversaries
from genbench_gan.searched import KEPT, critic_steps, learning_rate
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{arjovsky2017wasserstein,
  title = {{W}asserstein Generative Adversarial Networks},
  author = {Arjovsky, Martin and Chintala, Soumith and Bottou, L{\\'e}on},
  booktitle = {International Conference on Machine Learning},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    lr: float = learning_rate(5e-4)
    optimiser: Literal["adam", "rmsprop"] = Field("rmsprop", json_schema_extra=KEPT, description="of both networks")
    critic_steps: int = critic_steps(5)
    clip: float | None = Field(
        None, ge=1e-4, le=10, description="largest weight of the critic; by the task's shape when not given"
    )


class ClippedCritic(Adversaries):
    """A generator and a critic f of small weights."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.largest = options.clip or default_clip(task)


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E f(G(z)) - E f(x): minus the distance's estimate, times an unknown Lipschitz constant."""
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Return -E f(G(z))."""
    return -fake.mean()


def discriminator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Raise f at real rows above f at fakes, through which no gradient passes."""
    return critic_loss(*model.both(real, model.fakes(noise)))


def generator_objective(model: Adversaries, real: Tensor, noise: Tensor) -> Tensor:
    """Raise f at fakes."""
    return generator_loss(model.logits(model.generator(noise)))


@torch.no_grad()
def clip(weights: list[Tensor], largest: float, model: Adversaries) -> None:
    """Bring every weight of the critic, biases too, to within [-largest, largest] (algorithm 1, line 7)."""
    torch._foreach_clamp_min_(weights, -largest)
    torch._foreach_clamp_max_(weights, largest)


def default_clip(task: Task) -> float:
    """Return the paper's 0.01 for convolutions; perceptrons of few units starve at that."""
    return 0.01 if is_convolutional(task) else 0.1


@hookimpl
def build(task: Task, options: Options) -> ClippedCritic:
    """Make the untrained model."""
    return laid_out(ClippedCritic(task, options), task)


@hookimpl
def train(model: ClippedCritic, batches: Batches) -> None:
    """Algorithm 1: the critic is clipped after each of its steps; no warm-up of a hundred critic steps."""
    then = partial(clip, list(model.discriminator.parameters()), model.largest)
    duel(discriminator_objective, generator_objective, model, batches, then=then)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Wasserstein GAN, Martin Arjovsky, Soumith Chintala, Leon Bottou, ICML 2017, arXiv 1701.07875",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

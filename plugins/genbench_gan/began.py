"""BEGAN: boundary equilibrium generative adversarial networks (Berthelot, Schumm & Metz, 2017, arXiv 1703.10717)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import energies
from genbench_gan.energies import Autoencoding
from genbench_gan.game import fooling, judging, play
from genbench_gan.searched import learning_rate, ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@misc{berthelot2017began,
  title = {{BEGAN}: Boundary Equilibrium Generative Adversarial Networks},
  author = {Berthelot, David and Schumm, Thomas and Metz, Luke},
  year = {2017},
  eprint = {1703.10717},
  archiveprefix = {arXiv},
}"""


class Options(energies.Options):
    """What can be set."""

    lr: float = learning_rate(3e-3)
    diversity: float = Field(
        1.0,
        ge=0,
        le=1,
        json_schema_extra=ranged(0.3, 1.0),
        description="gamma: the fakes' error that is sought, of the real rows'",
    )
    gain: float = Field(
        0.1, ge=0, le=1, json_schema_extra=ranged(0.001, 1.0), description="lambda_k: how fast the balance k is changed"
    )


class Balanced(Autoencoding):
    """A generator, an auto-encoder with absolute errors, and k: how much the fakes' error counts in its loss."""

    options: Options
    balance: Tensor
    error_of_real: Tensor
    error_of_fake: Tensor

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options, power=1)
        for name in ("balance", "error_of_real", "error_of_fake"):
            self.register_buffer(name, torch.zeros(()))


def discriminator_loss(real: Tensor, fake: Tensor, balance: Tensor) -> Tensor:
    """Return L(x) - k L(G(z)), of mean errors (equation 5)."""
    return real - balance * fake


def discriminator_objective(model: Balanced, real: Tensor, noise: Tensor) -> Tensor:
    """Reconstruct real rows, and fakes badly, through which no gradient passes."""
    of_real, of_fake = (-judged.mean() for judged in model.both(real, model.fakes(noise)))
    model.error_of_real.copy_(of_real.detach())
    return discriminator_loss(of_real, of_fake, model.balance.clone())


def generator_objective(model: Balanced, real: Tensor, noise: Tensor) -> Tensor:
    """Return L(G(z)): fakes are to be reconstructed well."""
    error = model.energies(model.generator(noise)).mean()
    model.error_of_fake.copy_(error.detach())
    return error


@torch.no_grad()
def rebalance(model: Balanced) -> None:
    """Set k to k + lambda_k (gamma L(x) - L(G(z))), within [0, 1] (equation 5)."""
    gap = model.options.diversity * model.error_of_real - model.error_of_fake
    model.balance.add_(model.options.gain * gap).clamp_(0, 1)


@hookimpl
def build(task: Task, options: Options) -> Balanced:
    """Make the untrained model."""
    return laid_out(Balanced(task, options), task)


@hookimpl
def train(model: Balanced, batches: Batches) -> None:
    """Descend both losses in turns, and bring k up to date after the generator's step."""
    moves = [judging(discriminator_objective, model), fooling(generator_objective, model, then=rebalance)]
    play(moves, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "BEGAN: Boundary Equilibrium Generative Adversarial Networks, David Berthelot, Thomas Schumm,"
        " Luke Metz, 2017, arXiv 1703.10717",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

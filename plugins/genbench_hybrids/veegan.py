"""VEEGAN: reducing mode collapse by implicit variational learning (Srivastava et al., 2017, arXiv 1705.07761)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import fooling, judging, play
from genbench_gan.gan import discriminator_loss
from genbench_gan.searched import ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_hybrids.encoders import Encoded, reader_of_pairs, reconstruct

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "reconstruct", "sample", "train", "variants"]

BIBTEX = """@inproceedings{srivastava2017veegan,
  title = {{VEEGAN}: Reducing Mode Collapse in {GANs} using Implicit Variational Learning},
  author = {Srivastava, Akash and Valkov, Lazar and Russell, Chris and Gutmann, Michael U. and Sutton, Charles},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    reconstruction: float = Field(
        1.0, ge=0, le=1e4, json_schema_extra=ranged(0.1, 10.0), description="weight of the squared error of noise"
    )


class Veegan(Encoded):
    """A generator, a reconstructor of noise, and a discriminator of pairs."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options, discriminator=reader_of_pairs(task, options))

    def pair_logits(self, x: Tensor, z: Tensor) -> Tensor:
        """Return D(z, x) [n, 1]: high where z came first, low where x did."""
        return self.discriminator((self.augmented(x), z)).float()  # type: ignore[no-any-return]


def noise_error(noise: Tensor, found: Tensor) -> Tensor:
    """Return |z - F(G(z))|^2, averaged over rows."""
    return (noise - found).square().sum(dim=1).mean()


def discriminator_objective(model: Veegan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell pairs (z, G(z)), the ones, from pairs (F(x), x)."""
    with torch.no_grad():
        x = torch.cat([model.decoded(noise), real])
        z = torch.cat([noise, model.codes(real)])
    return discriminator_loss(*model.pair_logits(x, z).chunk(2))


def generator_objective(model: Veegan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise E D(z, G(z)) + E |z - F(G(z))|^2 (equation 6); only the latter depends on F, as in algorithm 1."""
    fakes = model.decoded(noise)
    error = noise_error(noise, model.codes(fakes))
    return model.pair_logits(fakes, noise).mean() + model.options.reconstruction * error


@hookimpl
def build(task: Task, options: Options) -> Veegan:
    """Make the untrained model."""
    return laid_out(Veegan(task, options), task)


@hookimpl
def train(model: Veegan, batches: Batches) -> None:
    """Algorithm 1: the discriminator, then generator and reconstructor."""
    both = (model.generator, model.encoder)
    play([judging(discriminator_objective, model), fooling(generator_objective, model, networks=both)], model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, Akash Srivastava et al., "
        "NIPS 2017, arXiv 1705.07761",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""f-GAN: any f-divergence by its variational bound (Nowozin, Cseke & Tomioka, 2016, arXiv 1606.00709)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.divergences import DIVERGENCES, Divergence
from genbench_gan.game import fooling, judging, play
from genbench_gan.players import Adversaries
from genbench_gan.searched import KEPT
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{nowozin2016f,
  title = {f-{GAN}: Training Generative Neural Samplers using Variational Divergence Minimization},
  author = {Nowozin, Sebastian and Cseke, Botond and Tomioka, Ryota},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2016},
}"""
LONGEST = 10.0  # of either player's gradient: exponentials of s explode


class Options(players.Options):
    """What can be set."""

    divergence: Literal["kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "jeffrey", "js", "gan", "tv"] = (
        Field("js", json_schema_extra=KEPT, description="of the data P from the model Q, int q f(p/q)")
    )
    generator: Literal["minimise", "heuristic"] = Field(
        "heuristic",
        json_schema_extra=KEPT,
        description="its loss: -E f*(g_f(V)) of the bound, or -E g_f(V), which does not fade",
    )


class Variational(Adversaries):
    """A generator, and a network V whose g_f(V) estimates f'(p/q)."""

    options: Options

    @property
    def divergence(self) -> Divergence:
        """Return what is minimised."""
        return DIVERGENCES[self.options.divergence]


def bound(real: Tensor, fake: Tensor, divergence: Divergence) -> Tensor:
    """Return F = E_P g_f(V) - E_Q f*(g_f(V)), at most D_f(P||Q), from V at real rows and at fakes (equation 6)."""
    return divergence.output(real).mean() - divergence.conjugate(fake).mean()


def generator_loss(fake: Tensor, divergence: Divergence, loss: str) -> Tensor:
    """Return what of F depends on the generator (algorithm 1), or -E g_f(V) (section 3.2)."""
    return -(divergence.conjugate(fake) if loss == "minimise" else divergence.output(fake)).mean()


def discriminator_objective(model: Variational, real: Tensor, noise: Tensor) -> Tensor:
    """Raise F; no gradient passes through fakes."""
    return -bound(*model.both(real, model.fakes(noise)), model.divergence)


def generator_objective(model: Variational, real: Tensor, noise: Tensor) -> Tensor:
    """Lower F."""
    return generator_loss(model.logits(model.generator(noise)), model.divergence, model.options.generator)


@hookimpl
def build(task: Task, options: Options) -> Variational:
    """Make the untrained model."""
    return laid_out(Variational(task, options), task)


@hookimpl
def train(model: Variational, batches: Batches) -> None:
    """Algorithm 1: one step of each; gradients are cut down to a norm of 10."""
    moves = [
        judging(discriminator_objective, model, longest=LONGEST), fooling(generator_objective, model, longest=LONGEST)
    ]  # fmt: skip
    play(moves, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization,"
        " Sebastian Nowozin, Botond Cseke, Ryota Tomioka, NIPS 2016, arXiv 1606.00709",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }

"""Unrolled GANs: a generator that foresees the discriminator (Metz et al., 2017, arXiv 1611.02163)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch.func import functional_call

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.game import fooling, judging, make_optimiser, play
from genbench_gan.gan import discriminator_loss, generator_loss
from genbench_gan.searched import KEPT
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{metz2017unrolled,
  title = {Unrolled Generative Adversarial Networks},
  author = {Metz, Luke and Poole, Ben and Pfau, David and Sohl-Dickstein, Jascha},
  booktitle = {International Conference on Learning Representations},
  year = {2017},
}"""


TINY = 1e-16  # under the root, whose slope at 0 is infinite


class Options(gan.Options):
    """What can be set."""

    unroll: int = Field(
        5, ge=0, le=20, json_schema_extra=KEPT, description="steps of the discriminator that the generator foresees"
    )
    optimiser: Literal["adam"] = Field("adam", description="of both networks; its steps are foreseen")


class UnrolledGan(gan.Gan):
    """A generator and a discriminator."""

    options: Options


def foreseen(model: UnrolledGan, adam: Optimizer, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Return the discriminator's weights after `unroll` steps on these rows (equations 7 and 8).

    They are functions of its weights and of the fakes, through which gradients pass; the discriminator itself and its
    optimiser stay as they are. The steps are those that Adam would take from where it stands (as in the authors' code).
    """
    weights: dict[str, Tensor] = dict(model.discriminator.named_parameters())
    moments = [_moments(adam, weight) for weight in weights.values()]
    rows = torch.cat([real, fake])
    for ahead in range(1, model.options.unroll + 1):
        loss = discriminator_loss(*_logits(model, weights, rows).chunk(2))
        gradients = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
        steps = [_step(adam, held, gradient, ahead) for held, gradient in zip(moments, gradients, strict=True)]
        weights = {name: weight - step for (name, weight), step in zip(weights.items(), steps, strict=True)}
    return weights


def generator_objective(model: UnrolledGan, real: Tensor, noise: Tensor, *, adam: Optimizer) -> Tensor:
    """Judge fakes by the discriminator that they will have trained (equation 10)."""
    fake = model.generator(noise)
    return generator_loss(_logits(model, foreseen(model, adam, real, fake), fake), model.options.loss)


@hookimpl
def build(task: Task, options: Options) -> UnrolledGan:
    """Make the untrained model."""
    return laid_out(UnrolledGan(task, options), task)


@hookimpl
def train(model: UnrolledGan, batches: Batches) -> None:
    """Play the plain game, but that the generator's gradient passes through steps of the discriminator to come."""
    judge = judging(gan.discriminator_objective, model)
    adam = make_optimiser(judge.networks, model, lr=judge.lr)
    fool = fooling(partial(generator_objective, adam=adam), model, differentiates=model.options.unroll > 0)
    play([judging(gan.discriminator_objective, model, optimiser=adam), fool], model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Unrolled Generative Adversarial Networks, Luke Metz et al., ICLR 2017, arXiv 1611.02163",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }


def _logits(model: UnrolledGan, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """Return s(x) [n, 1] of the discriminator with other weights."""
    judged: Tensor = functional_call(model.discriminator, weights, (model.augmented(x),))
    return judged.float()


def _moments(adam: Optimizer, weight: Tensor) -> dict[str, Tensor]:
    """Return Adam's state of a weight: it has one, since the discriminator steps first."""
    return {name: adam.state[weight][name] for name in ("step", "exp_avg", "exp_avg_sq")}


def _step(adam: Optimizer, moments: dict[str, Tensor], gradient: Tensor, ahead: int) -> Tensor:
    """Return Adam's next step down a gradient, and move the moments."""
    (group,) = adam.param_groups
    (beta1, beta2), count = group["betas"], moments["step"] + ahead
    moments["exp_avg"] = beta1 * moments["exp_avg"] + (1 - beta1) * gradient
    moments["exp_avg_sq"] = beta2 * moments["exp_avg_sq"] + (1 - beta2) * gradient.square()
    mean = moments["exp_avg"] / (1 - beta1**count)
    spread = (moments["exp_avg_sq"] / (1 - beta2**count) + TINY).sqrt()
    step: Tensor = group["lr"] * mean / (spread + group["eps"])
    return step

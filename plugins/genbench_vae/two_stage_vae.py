"""The two-stage VAE: a second model of the codes of the first (Dai & Wipf, 2019, arXiv 1903.05789)."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from pydantic import Field
from torch import nn

from genbench import Likelihood, Task, graphed, hookimpl
from genbench.steps import adam, compiled, descend, laid_out
from genbench_vae import coder
from genbench_vae.bounds import divergences, likelihood_bound
from genbench_vae.coder import Coder, Variational
from genbench_vae.shared import SAMPLING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch.optim import Optimizer

    from genbench.batches import Batches
    from genbench.hookspecs import Kind
    from genbench_vae.likelihoods import Gaussian

STAGED = 0.5  # share of the budget after which the first stage stays and the second begins
START = -2.0  # log variance of codes given u
BIBTEX = """@inproceedings{dai2019diagnosing,
  title = {Diagnosing and Enhancing {VAE} Models},
  author = {Dai, Bin and Wipf, David},
  booktitle = {International Conference on Learning Representations},
  year = {2019},
}"""


class Options(coder.Options):
    """What can be set."""

    likelihood: Literal["gaussian"] = Field("gaussian", description="of one learned variance, gamma")
    second_width: int | None = Field(
        None, ge=1, le=2048, json_schema_extra={"tune": False}, description="hidden units of the second stage"
    )
    staging: Literal["together", "staged"] = Field(
        "together", description="second stage from the start, or the half on"
    )


class TwoStage(Variational):
    """A coder of x, and a coder of as many latents for the z that the first infers."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        first = Coder(task, options)
        super().__init__(task, options, 2 * first.latent)
        self.first = first
        codes = replace(task, kind="points", shape=(first.latent,), schema=None, dtype=torch.float32)
        second = coder.Options(latent=first.latent, width=options.second_width, likelihood="gaussian")
        self.second = Coder(codes, second)
        nn.init.constant_(cast("Gaussian", self.second.decoder).log_variance, START)

    @torch.no_grad()
    def codes(self, x: Tensor) -> Tensor:
        """Return a draw of z from q(z|x) [n, latent of the first stage]."""
        with self.autocast():
            mean, log_variance = self.first.posterior(x)
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)

    def warm(self, fraction: float) -> None:
        """Set the weight of the first stage's divergence to where it stands at that share of the budget."""
        self.first.warm(fraction)

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x|z) p(z|u) p(u) / q(z|x) q(u|z) [k, n] at the z and u of `noise` [k, n, latent]."""
        of_z, of_u = noise.chunk(2, dim=2)
        mean, log_variance = self.first.posterior(x)
        z = mean + torch.exp(log_variance / 2) * of_z
        repeated, rows = x.expand(len(z), *x.shape).flatten(0, 1), z.flatten(0, 1)
        log_conditional = self.first.decoder.log_prob(repeated, rows)
        log_prior = self.second.log_weights(rows, of_u.flatten(0, 1)[None])[0]
        log_posterior = -0.5 * (of_z.square() + log_variance + math.log(2 * math.pi)).sum(dim=2)
        return (log_conditional + log_prior).view(len(z), len(x)) - log_posterior


def objective(stage: Coder, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return a stage's evidence lower bound [n], and its z (equation 1); the second stage's x is the first one's z."""
    mean, log_variance = stage.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    return stage.decoder.log_prob(x, z) - stage.charged(divergences(mean, log_variance)), z


@hookimpl
def build(task: Task, options: Options) -> TwoStage:
    """Make the untrained model."""
    return laid_out(TwoStage(task, options), task)


@hookimpl
def train(model: TwoStage, batches: Batches) -> None:
    """Maximise both stages' bounds in every hand-out, or one after the other (section 4)."""
    firsts = adam(model.first.parameters(), model.task, lr=model.options.lr)
    seconds = adam(model.second.parameters(), model.task, lr=model.options.lr)
    batches.keep(first=firsts, second=seconds)
    bound = compiled(objective, model.task)
    first, second = partial(_step, bound, model.first, firsts), partial(_step, bound, model.second, seconds)
    if model.options.staging == "staged":
        _run(model, graphed(lambda x: {"loss": first(x)[0]}, model, firsts), batches.until(STAGED))
        _run(model, graphed(lambda x: {"loss_second": second(model.codes(x))[0]}, model, seconds), batches)
    else:
        _run(model, graphed(partial(_both, first, second), model, firsts, seconds), batches)


@hookimpl
def sample(model: TwoStage, count: int) -> Tensor:
    """Draw u, then z given u, then return the decoder's mean or a draw: `model.sampling` says which."""
    with model.autocast():
        z = model.second.decoder.draw(model.second.noise(count))
        decoder = model.first.decoder
        return decoder.mean(z) if model.sampling == "decoder mean" else decoder.draw(z)


@hookimpl
def log_likelihood(model: TwoStage, x: Tensor) -> Likelihood:
    """Bound log p(x), the integral of p(x|z) p(z|u) p(u), by importance sampling of z and u; always in float32."""
    samples = model.options.iwae_samples
    values = likelihood_bound(model, x, samples)
    return Likelihood(values=values, bound=f"iwae@{samples}", measure=model.first.decoder.measure)


@hookimpl
def reconstruct(model: TwoStage, x: Tensor) -> Tensor:
    """Return the decoder's mean at the first posterior's mean."""
    return model.first.decoder.mean(model.first.posterior(x)[0])


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Diagnosing and Enhancing VAE Models, Bin Dai, David Wipf, ICLR 2019, arXiv 1903.05789",
        "bibtex": BIBTEX,
        "sampling": f"z from the second stage; {SAMPLING}",
    }


def _run(model: TwoStage, step: Callable[[Tensor], dict[str, Tensor]], batches: Batches) -> None:
    for x in batches:
        model.warm(batches.fraction)
        batches.log(**step(x))


def _both(
    first: Callable[[Tensor], tuple[Tensor, Tensor]], second: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor
) -> dict[str, Tensor]:
    """Step both stages: the second on the z that the first drew."""
    loss, z = first(x)
    return {"loss": loss, "loss_second": second(z)[0]}


def _step(
    objective: Callable[[Coder, Tensor, Tensor], tuple[Tensor, Tensor]], stage: Coder, optimiser: Optimizer, x: Tensor
) -> tuple[Tensor, Tensor]:
    """Do all of one stage's step; return its loss and its z, detached: no stage learns by the other's loss."""
    with stage.autocast():
        bound, z = objective(stage, x, stage.noise(len(x)))
    loss = -bound.mean()
    descend(optimiser, loss)
    return loss, z.detach()

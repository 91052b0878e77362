"""Mixture density networks (Bishop, 1994): a network gives the parameters of a mixture of Gaussians.

As a generative model, of points: with a constant input, one mixture learnt by gradient. Of waves: autoregressive, the
mixture of a frame given the frames before it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench import Likelihood, Task, graphed, hookimpl
from genbench.backbones.causal import CausalSize
from genbench.steps import adam, autocast, compiled, descend, laid_out
from genbench_autoregressive.mixture_networks import ConstantMixture, FrameMixture

if TYPE_CHECKING:
    from genbench.batches import Batches
    from genbench.hookspecs import Kind

BIBTEX = """@techreport{bishop1994mixture,
  title = {Mixture Density Networks},
  author = {Bishop, Christopher M.},
  institution = {Aston University},
  number = {NCRG/94/004},
  year = {1994},
}"""
FRAME = 32  # samples


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    components: int | None = Field(
        None,
        ge=1,
        le=1024,
        json_schema_extra={"tune": {"low": 4, "high": 64, "log": True}},
        description="of a mixture; 32 of points, 5 of frames",
    )
    frame: int = Field(
        FRAME,
        ge=1,
        le=1024,
        json_schema_extra={"tune": False},
        description="samples of a wave at a time, or the next divisor below",
    )
    channels: int = Field(
        32, ge=1, le=512, json_schema_extra={"tune": False}, description="of the causal layers, waves only"
    )
    layers: int = Field(
        6, ge=1, le=12, json_schema_extra={"tune": False}, description="causal layers, dilations 1, 2, 4...; waves only"
    )
    lr: float | None = Field(
        None,
        ge=1e-5,
        le=1e-1,
        json_schema_extra={"tune": {"low": 1e-4, "high": 1e-2}},
        description="Adam's learning rate; 1e-2 for points, 1e-3 for waves",
    )


class Mdn(nn.Module):
    """A mixture of points, or of the frames of waves."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.network: ConstantMixture | FrameMixture
        if task.kind == "points":
            self.network = ConstantMixture(task.shape[0], options.components or 32)
        else:
            size = CausalSize(options.channels, options.channels, options.layers)
            frame = max(n for n in range(1, options.frame + 1) if task.shape[1] % n == 0)
            self.network = FrameMixture(task.shape, frame, options.components or 5, size)
        self.sampling = "draw from the mixture" if task.kind == "points" else "draw, frame by frame"


def objective(model: Mdn, x: Tensor) -> Tensor:
    """Return -log p(x) [n]."""
    return -model.network.log_prob(x)


@hookimpl
def build(task: Task, options: Options) -> Mdn:
    """Make the untrained model."""
    return laid_out(Mdn(task, options), task)


@hookimpl
def train(model: Mdn, batches: Batches) -> None:
    """Maximise the log-likelihood, averaged over the batch; of points the means begin at rows of the first hand-out."""
    default = 1e-2 if model.task.kind == "points" else 1e-3
    optimiser = adam(model.parameters(), model.task, lr=model.options.lr or default)
    batches.keep(optimiser=optimiser)
    step = graphed(partial(_step, compiled(objective, model.task), model, optimiser), model, optimiser)
    if isinstance(model.network, ConstantMixture) and not model.network.has_begun:
        first = next(batches)
        model.network.begin(first)
        batches.log(**step(first))
    for x in batches:
        batches.log(**step(x))


def _step(objective: Any, model: Mdn, optimiser: torch.optim.Adam, x: Tensor) -> dict[str, Tensor]:
    with autocast(model.task):
        loss = objective(model, x).mean() / x[0].numel()
    descend(optimiser, loss)
    return {"loss": loss}


@hookimpl
def sample(model: Mdn, count: int) -> Tensor:
    """Draw."""
    with autocast(model.task):
        return model.network.draw(count)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task; tokens have no density, and pixels are weakly served by one."""
    return ("points", "wave")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Mixture Density Networks, Christopher M. Bishop, Aston University, report NCRG/94/004, 1994",
        "bibtex": BIBTEX,
        "sampling": "a draw from the mixture; waves frame by frame, each clamped before the next is drawn",
    }


@hookimpl
def log_likelihood(model: Mdn, x: Tensor) -> Likelihood:
    """Return the log-density of the data as the task scales it, always in float32."""
    values = [model.network.log_prob(piece) for piece in torch.split(x, 64 if model.task.kind == "wave" else len(x))]
    return Likelihood(values=torch.cat(values), bound="exact", measure="density")

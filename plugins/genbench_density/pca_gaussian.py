"""Probabilistic principal components (Tipping and Bishop, 1999): one Gaussian, C = W W' + s2 I."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench import Likelihood, Task, hookimpl
from genbench.steps import laid_out
from genbench_density.moments import Moments
from genbench_density.shaping import as_examples

if TYPE_CHECKING:
    from genbench.batches import Batches
    from genbench.hookspecs import Kind

MOST = 128  # components by default
BIBTEX = """@article{tipping1999probabilistic,
  title = {Probabilistic Principal Component Analysis},
  author = {Tipping, Michael E. and Bishop, Christopher M.},
  journal = {Journal of the Royal Statistical Society, Series B},
  volume = {61}, number = {3}, pages = {611--622}, year = {1999},
}"""


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    components: int | None = Field(None, ge=0, le=256, description="q; half of the dimensions up to 128 by default")
    floor: float = Field(
        1e-6,
        gt=0,
        le=1,
        json_schema_extra={"tune": {"low": 1e-6, "high": 1e-2}},
        description="of variances: data may lie in a plane",
    )


class Fit(NamedTuple):
    """The most likely Gaussian with q free directions."""

    mean: Tensor  # [d]
    axes: Tensor  # [d, q]
    variances: Tensor  # [q] along the axes
    rest: Tensor  # s2, along all others

    def log_prob(self, rows: Tensor) -> Tensor:
        """Return log N(x; mean, C) [n] of [n, d]."""
        dimensions, directions = self.axes.shape
        centred = rows.double() - self.mean
        along = centred @ self.axes
        beside = (centred - along @ self.axes.T).square().sum(1)
        log_volume = self.variances.log().sum() + (dimensions - directions) * self.rest.log()
        distances = (along.square() / self.variances).sum(1) + beside / self.rest
        return -0.5 * (dimensions * math.log(2 * math.pi) + log_volume + distances)

    def draw(self, count: int) -> Tensor:
        """Draw rows [count, d]."""
        dimensions, directions = self.axes.shape
        along = self.mean.new_empty(count, directions).normal_() * (self.variances - self.rest).sqrt()
        noise = self.mean.new_empty(count, dimensions).normal_() * self.rest.sqrt()
        return self.mean + along @ self.axes.T + noise


class PcaGaussian(nn.Module):
    """Streaming moments, of which the Gaussian is a function."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.dimensions = math.prod(task.shape)
        self.moments = Moments(self.dimensions, task.examples)
        asked = min(MOST, self.dimensions // 2) if options.components is None else options.components
        self.components = min(asked, self.dimensions - 1)
        self.sampling = "draw from the Gaussian"

    def fit(self) -> Fit:
        """Return the maximum of the likelihood (equations 7 and 8), as far as the floor allows."""
        mean, values, vectors, total = self.moments.spectrum(self.components)
        rest = ((total - values.sum()) / (self.dimensions - self.components)).clamp(min=self.options.floor)
        return Fit(mean, vectors, torch.maximum(values, rest), rest)


@hookimpl
def build(task: Task, options: Options) -> PcaGaussian:
    """Make the model that has seen nothing."""
    return laid_out(PcaGaussian(task, options), task)


@hookimpl
def train(model: PcaGaussian, batches: Batches) -> None:
    """Add up the moments of the stream's first pass."""
    batches.keep()
    for x in batches:
        model.moments.add(x)


@hookimpl
def sample(model: PcaGaussian, count: int) -> Tensor:
    """Draw from the leading components and the same variance in all other directions."""
    return as_examples(model.fit().draw(count), model.task)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task; tokens have no density."""
    return ("image", "points", "wave")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Probabilistic Principal Component Analysis, Michael E. Tipping and Christopher M. Bishop, Journal of "
        "the Royal Statistical Society B 61, 1999",
        "bibtex": BIBTEX,
        "sampling": "a draw from the Gaussian; images and waves clamped to their range",
    }


@hookimpl
def log_likelihood(model: PcaGaussian, x: Tensor) -> Likelihood:
    """Return the log-density of the data as the task scales it; of pixels in a plane it hangs on the floor."""
    return Likelihood(values=model.fit().log_prob(x.flatten(1)), bound="exact", measure="density")

"""A kernel density estimate with Gaussian kernels: a Gaussian of one width on every stored row (Parzen, 1962)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench import Likelihood, Task, hookimpl
from genbench.steps import adam, descend, laid_out
from genbench_density.reservoir import MOST_ROWS, ROWS, reservoir_for
from genbench_density.shaping import as_examples

if TYPE_CHECKING:
    from genbench.batches import Batches
    from genbench.hookspecs import Kind

PAIRS_AT_ONCE = 2**19  # of rows and stored rows, to bound time and memory
FLOOR = 1e-3  # of the bandwidth
BIBTEX = """@article{parzen1962estimation,
  title = {On Estimation of a Probability Density Function and Mode},
  author = {Parzen, Emanuel},
  journal = {The Annals of Mathematical Statistics},
  volume = {33}, number = {3}, pages = {1065--1076}, year = {1962},
}"""


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bandwidth: float | None = Field(None, ge=FLOOR, le=10, description="fixed; when not given, by leave-one-out")
    lr: float = Field(
        0.03,
        ge=1e-5,
        le=1,
        json_schema_extra={"tune": {"low": 1e-3, "high": 1e-1}},
        description="Adam's learning rate of the bandwidth's logarithm",
    )
    rows: int = Field(
        ROWS,
        ge=2,
        le=MOST_ROWS,
        json_schema_extra={"tune": False},
        description="stored at most, as far as 2^23 values allow",
    )


class Kde(nn.Module):
    """Stored rows and a bandwidth."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.dimensions = math.prod(task.shape)
        self.reservoir = reservoir_for(task, options.rows)
        self.log_bandwidth = nn.Parameter(torch.tensor(math.log(options.bandwidth or 1.0)))
        self.sampling = "a stored row with noise"

    @property
    def bandwidth(self) -> Tensor:
        """The kernel's standard deviation, float64."""
        return self.log_bandwidth.double().clamp(min=math.log(FLOOR)).exp()

    def log_kernels(self, x: Tensor) -> Tensor:
        """Return log N(x_i | row_j, h^2) [n, rows]."""
        with torch.no_grad():
            rows = self.reservoir.rows.double()
            centre = rows.mean(0)
            squares = torch.cdist(x.flatten(1).double() - centre, rows - centre).square()
        h = self.bandwidth
        return -0.5 * squares / h**2 - self.dimensions * (0.5 * math.log(2 * math.pi) + h.log())

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) [n]."""
        pieces = torch.split(x, max(1, PAIRS_AT_ONCE // len(self.reservoir)))
        found = [torch.logsumexp(self.log_kernels(piece), dim=1) for piece in pieces]
        return torch.cat(found) - math.log(len(self.reservoir))

    def left_out(self, chosen: Tensor) -> Tensor:
        """Return log p [m] of the stored rows `chosen` [m], each by the other rows alone."""
        kernels = self.log_kernels(self.reservoir.rows[chosen]).scatter(1, chosen[:, None], -torch.inf)
        return torch.logsumexp(kernels, dim=1) - math.log(len(self.reservoir) - 1)


@hookimpl
def build(task: Task, options: Options) -> Kde:
    """Make the estimate that has no rows yet."""
    return laid_out(Kde(task, options), task)


@hookimpl
def train(model: Kde, batches: Batches) -> None:
    """Store rows while they are new; ascend the likelihood of stored rows that are left out (Duin, 1976)."""
    optimiser = adam([model.log_bandwidth], model.task, lr=model.options.lr)
    batches.keep(optimiser=optimiser)
    for x in batches:
        model.reservoir.add(x)
        stored = len(model.reservoir)
        if stored > 1 and model.options.bandwidth is None:
            count = max(1, min(len(x), PAIRS_AT_ONCE // stored))
            loss = -model.left_out(torch.randint(stored, (count,), device=x.device)).mean()
            descend(optimiser, loss)
            batches.log(loss=loss, bandwidth=model.bandwidth)


@hookimpl
def sample(model: Kde, count: int) -> Tensor:
    """Draw stored rows and add noise of the bandwidth."""
    rows = model.reservoir.rows
    chosen = rows[torch.randint(len(rows), (count,), device=rows.device)]
    return as_examples(chosen + model.bandwidth.float() * torch.randn_like(chosen), model.task)


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
        "paper": "On Estimation of a Probability Density Function and Mode, Emanuel Parzen, The Annals of Mathematical "
        "Statistics 33, 1962; bandwidth: R. P. W. Duin, IEEE Transactions on Computers C-25, 1976",
        "bibtex": BIBTEX,
        "sampling": "a stored train row with Gaussian noise; images and waves clamped to their range",
    }


@hookimpl
def log_likelihood(model: Kde, x: Tensor) -> Likelihood:
    """Return the log-density of the data as the task scales it."""
    return Likelihood(values=model.log_prob(x), bound="exact", measure="density")

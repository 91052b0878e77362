"""A mixture of Gaussians by expectation-maximisation (Dempster, Laird and Rubin, 1977) on stored rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from genbench import Likelihood, Task, hookimpl
from genbench.steps import laid_out
from genbench_density.components import Components
from genbench_density.reservoir import MOST_ROWS, ROWS, reservoir_for
from genbench_density.shaping import as_examples

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

FULL = 16  # dimensions up to which covariances are full
BIBTEX = """@article{dempster1977maximum,
  title = {Maximum Likelihood from Incomplete Data via the {EM} Algorithm},
  author = {Dempster, Arthur P. and Laird, Nan M. and Rubin, Donald B.},
  journal = {Journal of the Royal Statistical Society, Series B},
  volume = {39}, number = {1}, pages = {1--38}, year = {1977},
}"""


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    components: int | None = Field(
        None,
        ge=1,
        le=1024,
        json_schema_extra={"tune": {"low": 4, "high": 128, "log": True}},
        description="Gaussians; 32 of points, 16 of others",
    )
    covariance: Literal["auto", "full", "diagonal"] = Field(
        "auto", json_schema_extra={"tune": False}, description="auto: full up to 16 dimensions"
    )
    floor: float | None = Field(None, gt=0, le=1, description="of variances; 1e-5 of points, 1e-3 of others")
    rows: int = Field(
        ROWS,
        ge=2,
        le=MOST_ROWS,
        json_schema_extra={"tune": False},
        description="stored at most, as far as 2^23 values allow",
    )


class Gmm(nn.Module):
    """A mixture, and the rows that it is fitted to."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        dimensions, is_points = math.prod(task.shape), task.kind == "points"
        self.reservoir = reservoir_for(task, options.rows)
        self.components = Components(
            options.components or (32 if is_points else 16),
            dimensions,
            is_full=options.covariance == "full" or (options.covariance == "auto" and dimensions <= FULL),
            floor=options.floor or (1e-5 if is_points else 1e-3),
        )
        self.sampling = "draw from the mixture"


@hookimpl
def build(task: Task, options: Options) -> Gmm:
    """Make the mixture that is fitted to nothing yet."""
    return laid_out(Gmm(task, options), task)


@hookimpl
def train(model: Gmm, batches: Batches) -> None:
    """Store rows while they are new, and take one step of EM on all that are stored, a hand-out."""
    batches.keep()
    for x in batches:
        if not int(model.reservoir.seen):
            model.components.begin(x.flatten(1))
        model.reservoir.add(x)
        batches.log(loss=-model.components.step(model.reservoir.rows))


@hookimpl
def sample(model: Gmm, count: int) -> Tensor:
    """Draw a component by its weight, then from it."""
    return as_examples(model.components.draw(count), model.task)


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
        "paper": "Maximum Likelihood from Incomplete Data via the EM Algorithm, A. P. Dempster, N. M. Laird and "
        "D. B. Rubin, Journal of the Royal Statistical Society B 39, 1977",
        "bibtex": BIBTEX,
        "sampling": "a draw from the mixture; images and waves clamped to their range",
    }


@hookimpl
def log_likelihood(model: Gmm, x: Tensor) -> Likelihood:
    """Return the log-density of the data as the task scales it; of pixels it hangs on the floor of the variances."""
    return Likelihood(values=model.components.log_prob(x.flatten(1)), bound="exact", measure="density")

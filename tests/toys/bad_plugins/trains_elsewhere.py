"""Training goes on where nothing is charged: while the state is looked at, or while samples are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from genbench_badplugins.sound import Mean, kinds
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds"]


class Options(BaseModel):
    where: Literal["state_dict", "sample", "sample by hand"] = "state_dict"


class Restless(Mean):
    """Trains whenever it is looked at, once it has seen rows."""

    rows: Tensor | None = None

    def state_dict(self, *args: Any, **named: Any) -> Any:
        """Train, then return the state."""
        if self.rows is not None:
            step(self, self.rows)
        return super().state_dict(*args, **named)


def step(model: Mean, x: Tensor) -> None:
    """Take a step of an optimiser."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with torch.enable_grad():
        optimizer.zero_grad()
        (model.mean - x).square().mean().backward()
    optimizer.step()


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Restless(task) if options.where == "state_dict" else Mean(task)
    model.where = options.where
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        if isinstance(model, Restless):
            model.rows = x
        model.learn(x)


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    rows = torch.full((8, *model.mean.shape), 0.5)
    if model.where == "sample":
        step(model, rows)
    elif model.where == "sample by hand":
        with torch.enable_grad():
            model.learn(rows)
    return model.draw(count)

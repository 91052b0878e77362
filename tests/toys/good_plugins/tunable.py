"""Samples at a known distance from the data: for tests of tuning. Its Frechet distance on `tiny` is shift² or so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import torch
from pydantic import BaseModel, Field, model_validator
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches


class Options(BaseModel):
    shift: float = Field(2.0, ge=0, le=4)
    rate: float = Field(1e-3, ge=1e-5, le=1e-1)
    mode: Literal["a", "b"] = "a"
    units: int = Field(8, ge=1, le=1024, json_schema_extra={"tune": False})
    limit: float = Field(4.0, ge=0, le=4, json_schema_extra={"tune": False}, description="no shift beyond it")
    fails_above: float = Field(4.0, ge=0, le=4, json_schema_extra={"tune": False}, description="train raises beyond it")

    @model_validator(mode="after")
    def _is_within(self) -> Self:
        if self.shift > self.limit:
            raise ValueError(f"shift {self.shift:.3g} is beyond {self.limit}")
        return self


class Shifted(nn.Module):
    """Standard normal rows beside the data."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.mean = nn.Parameter(torch.full(task.shape, options.shift, device=task.device))


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Shifted:
    return Shifted(task, options)


@hookimpl
def train(model: Shifted, batches: Batches) -> None:
    if model.options.shift > model.options.fails_above:
        raise RuntimeError("the shift is too large")
    for _ in batches:
        pass


@hookimpl
def sample(model: Shifted, count: int) -> Tensor:
    drawn = torch.randn(count, *model.mean.shape, device=model.mean.device).add(model.mean)
    return drawn.clamp(0, 1) if drawn.ndim == 4 else drawn


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")

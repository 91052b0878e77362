"""A model that wants small batches: an option called `batch_size` sets the rows of a hand-out.

Principal components by Oja's rule, which learns from few rows at a time (Erkki Oja, Simplified neuron model as a
principal component analyzer, 1982); samples are Gaussian along the components.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches


class Options(BaseModel):
    batch_size: int = Field(16, ge=1, le=1024)
    components: int = Field(8, ge=1)
    rate: float = Field(0.01, gt=0, le=1)


class Components(nn.Module):
    """A mean and orthogonal directions with the variance along each."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.rate = task, options.rate
        size = math.prod(task.shape)
        kept = min(options.components, size)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("directions", torch.linalg.qr(torch.randn(size, kept)).Q)  # [d, k]
        self.register_buffer("variances", torch.ones(kept))

    def learn(self, x: Tensor) -> None:
        """Move towards the moments of `x` [n, d]."""
        self.mean.lerp_(x.mean(0), self.rate)
        centred = x - self.mean
        along = centred @ self.directions  # [n, k]
        self.variances.lerp_(along.square().mean(0), self.rate)
        self.directions.add_(centred.T @ along, alpha=self.rate / len(x))
        self.directions.copy_(torch.linalg.qr(self.directions).Q)


@hookimpl
def build(task: Task, options: Options) -> Components:
    return Components(task, options).to(task.device)


@hookimpl
def train(model: Components, batches: Batches) -> None:
    for x in batches:
        model.learn(x.flatten(1))


@hookimpl
def sample(model: Components, count: int) -> Tensor:
    along = torch.randn(count, len(model.variances), device=model.mean.device) * model.variances.sqrt()
    drawn = (model.mean + along @ model.directions.T).unflatten(1, model.task.shape)
    return drawn.clamp(0, 1) if model.task.kind == "image" else drawn


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")

"""Learns nothing, at once: for tests of what surrounds a model. Its weights depend on every hand-out and draw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches


class Options(BaseModel):
    batch_size: int = Field(8, ge=1)
    sleep: float = Field(0.0, ge=0, description="seconds a hand-out")


class Null(nn.Module):
    """A weight of the shape of a row."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.sleep = options.sleep
        self.mean = nn.Parameter(torch.randn(task.shape, device=task.device))


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Null:
    return Null(task, options)


@hookimpl
def train(model: Null, batches: Batches) -> None:
    for x in batches:
        with torch.no_grad():
            model.mean.lerp_(x.mean(0) + 0.01 * torch.randn_like(model.mean), 0.1)
        if model.sleep:
            time.sleep(model.sleep)


@hookimpl
def sample(model: Null, count: int) -> Tensor:
    drawn = torch.randn(count, *model.mean.shape, device=model.mean.device).add(model.mean)
    return drawn.clamp(0, 1) if drawn.ndim == 4 else drawn


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")

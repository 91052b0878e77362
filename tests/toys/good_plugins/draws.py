"""All that a checkpoint must hold: every generator, momentum, gradients of two hand-outs, a second stage that draws."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches


class Options(BaseModel):
    batch_size: int = Field(8, ge=1)
    second_stage: bool = True


class Draws(nn.Module):
    """Two weights of the shape of a row, and how many hand-outs they have seen."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.mean = nn.Parameter(torch.randn(task.shape, device=task.device))
        self.shift = nn.Parameter(torch.zeros(task.shape, device=task.device))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))


def noise(like: Tensor) -> Tensor:
    """Draw once from each generator; numpy's and random's Gaussians come in pairs, of which one is in store."""
    return torch.randn_like(like) + float(np.random.standard_normal()) + random.gauss()


def learn(weight: nn.Parameter, model: Draws, sgd: torch.optim.SGD, x: Tensor) -> Tensor:
    """Add the gradient of a hand-out; step at every second one."""
    loss = (weight - x.mean(0) - 0.1 * noise(weight)).square().mean()
    loss.backward()
    model.seen += 1
    if model.seen % 2 == 0:
        sgd.step()
        sgd.zero_grad()
    return loss


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Draws:
    return Draws(task, options)


@hookimpl
def train(model: Draws, batches: Batches) -> None:
    first = torch.optim.SGD([model.mean], lr=0.05, momentum=0.9)
    batches.keep(first=first)
    for x in batches.until(0.5 if model.options.second_stage else 1.0):
        batches.log(loss=learn(model.mean, model, first, x))
    with torch.no_grad():
        model.shift.normal_()
    second = torch.optim.SGD([model.shift], lr=0.05, momentum=0.9)
    batches.keep(second=second)
    for x in batches:
        batches.log(loss=learn(model.shift, model, second, x - model.mean.detach()))


@hookimpl
def sample(model: Draws, count: int) -> Tensor:
    drawn = torch.randn(count, *model.mean.shape, device=model.mean.device).mul(0.1).add(model.mean + model.shift)
    return drawn.clamp(0, 1) if drawn.ndim == 4 else drawn


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
